//! The catalogue of the client's bugs.

macro_rules! bugs {
    ($($area:literal { $($(#[doc = $doc:literal])* $name:ident = $wire:literal, $breaks:literal;)* })*) => {
        /// A deliberately wrong behaviour of the reference client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Bug {
            $($($(#[doc = $doc])* $name,)*)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &[Bug] = &[$($(Bug::$name),*),*];

            /// Its name, by which scenarios cite it (`client:NAME`).
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => $wire,)*)*
                }
            }

            /// What it does wrong, a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$name => concat!($($doc),*).trim_ascii(),)*)*
                }
            }

            /// The requirement that it breaks, or the rule that everybody takes for granted (area `IMPL`).
            #[must_use]
            pub fn breaks(self) -> &'static str {
                match self {
                    $($(Self::$name => $breaks,)*)*
                }
            }

            /// The part of a client in which it lies.
            #[must_use]
            pub fn area(self) -> &'static str {
                match self {
                    $($(Self::$name => $area,)*)*
                }
            }

            /// The bug of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|bug| bug.name() == name)
            }
        }
    };
}

bugs! {
    "heartbeat" {
        /// A pong does not take back that an earlier one was missing.
        PongClearsNoMisses = "pong_clears_no_misses", "RECON-015";
        /// Every ping goes out twice.
        PingsTwice = "pings_twice", "IMPL-006";
        /// A client that was kicked connects again by itself.
        KickedComesBack = "kicked_comes_back", "KICK-003";
        /// A kick is told as an ordinary end of the connection.
        HidesKicks = "hides_kicks", "KICK-001";
        /// A reconnecting client that has to give way tries again for ever.
        KickedWhileReconnectingKeepsTrying = "kicked_while_reconnecting_keeps_trying", "RECON-023";
        /// A client that was cut off by a ban connects again by itself.
        BannedComesBack = "banned_comes_back", "RECON-019";
        /// A first login presents itself as a reconnect, and gives way like one.
        AlwaysReconnects = "always_reconnects", "RECON-027";
        /// The reconnect says nothing of giving way, whatever the options ask for.
        NeverGivesWay = "never_gives_way", "RECON-026";
    }
    "offline" {
        /// How far the mailbox was fetched is not kept: an app that was started anew fetches from the beginning.
        ForgetsWatermarks = "forgets_watermarks", "IMPL-019";
        /// A message that is not stored is told twice where it comes twice.
        TellsUnstoredTwice = "tells_unstored_twice", "IMPL-001";
        /// While packages are still to come, the mailbox is noted down as fetched up to the login.
        KeepsWatermarkTooEarly = "keeps_watermark_too_early", "OFFL-023";
        /// A message that is pushed during a pull is taken at once, and what the pull had still to bring counts
        /// as fetched.
        PushesOvertakePulls = "pushes_overtake_pulls", "SEND-022";
        /// What is announced for the mailbox while it is pulled is not fetched.
        DeafDuringPulls = "deaf_during_pulls", "IMPL-010";
        /// A message counts itself among those that are left of its package.
        LeftCountsItself = "left_counts_itself", "RECV-003";
        /// The last package says, too, that the server holds more.
        AlwaysHasPackage = "always_has_package", "RECV-004";
        /// Messages that waited on the server are offline messages for ever, wherever they are read.
        StoresOfflineMark = "stores_offline_mark", "MSG-011";
        /// Every message that was pulled counts as one that waited on the server.
        PulledIsOffline = "pulled_is_offline", "RECV-002";
        /// The messages of a package are handed over newest first.
        PackageBackwards = "package_backwards", "RECV-007";
        /// What the user sent from other devices is not asked for.
        PullsNoOwn = "pulls_no_own", "SYNC-005";
        /// A package whose answer got lost is not asked for again on the same connection.
        GivesUpLostPackages = "gives_up_lost_packages", "SEND-022";
        /// Of several packages only the first is fetched.
        OnePackageOnly = "one_package_only", "OFFL-006";
        /// The last but one of the messages of a package says already that nothing is left.
        TellsPackageAtOnce = "tells_package_at_once", "RECV-005";
        /// An announcement that names no time is not followed.
        DeafToTimelessNotices = "deaf_to_timeless_notices", "IMPL-010";
    }
    "sending" {
        /// A message sent while there is no connection gets its outcome only when there is one.
        SendsWhenBack = "sends_when_back", "ERR-008";
        /// What is published asks for no acknowledgement (QoS 0).
        PublishesUnconfirmed = "publishes_unconfirmed", "IMPL-005";
        /// The stored message of a sending that failed stays in the state of being sent.
        FailedStaySending = "failed_stay_sending", "SEND-009";
        /// The same instance sent again is stored a second time.
        ResendingDoubles = "resending_doubles", "SEND-010";
        /// Messages that are not stored are told as attached, too.
        AttachesUnstored = "attaches_unstored", "SEND-006";
        /// The sender's copy of a message keeps the time of the device instead of that of the server.
        KeepsOwnTime = "keeps_own_time", "IMPL-017";
        /// The sender's stored copy of a message has no UID.
        ForgetsUids = "forgets_uids", "MSG-005";
        /// A message that the server refuses is in the state of having been sent.
        RefusedIsSent = "refused_is_sent", "MSG-009";
        /// A message whose acknowledgement a cut took away is sent again by itself.
        ResendsAfterCut = "resends_after_cut", "SEND-009";
        /// A message whose acknowledgement a cut took away never gets an outcome.
        CutSwallowsResults = "cut_swallows_results", "ERR-008";
        /// A request that is not answered ends after a day.
        WaitsADay = "waits_a_day", "SEND-009";
        /// A message that mentions somebody is not marked as one, so that the server does not know.
        MentionsUnmarked = "mentions_unmarked", "MENT-001";
        /// A message to certain members of a group goes to all.
        DirectedToAll = "directed_to_all", "GRP-015";
        /// The push options of a message are not sent.
        DropsPushOptions = "drops_push_options", "PUSH-001";
        /// A message loses the expansion that it is sent with.
        DropsInitialExpansion = "drops_initial_expansion", "EXP-003";
        /// Custom messages of the status policy are sent like any other.
        StatusMessagesAreKept = "status_messages_are_kept", "MSG-027";
        /// The message that is told as attached does not have its number yet.
        AttachedWithoutNumber = "attached_without_number", "SEND-006";
        /// Texts of more than a thousand characters are cut.
        LongTextsCut = "long_texts_cut", "SEND-020";
        /// Blanks around a text are not sent.
        TrimsTexts = "trims_texts", "SEND-020";
        /// Ids of conversations are sent in lower case.
        LowersIds = "lowers_ids", "MSG-001";
    }
    "search" {
        /// `%` and `_` in a keyword stand for anything.
        SearchTakesWildcards = "search_takes_wildcards", "SRCH-004";
        /// A search before a time finds the message of that time.
        SearchIncludesStart = "search_includes_start", "SRCH-006";
        /// A search in a range of time finds what is older than its beginning.
        SearchRangeIsOpen = "search_range_is_open", "SRCH-013";
        /// The offset of a search is ignored.
        SearchOffsetIgnored = "search_offset_ignored", "SRCH-014";
        /// A search in a channel finds messages of the whole ultra group.
        SearchInEveryChannel = "search_in_every_channel", "UG-008";
        /// A search over conversations tells each with one match.
        SearchCountsConversationsOnce = "search_counts_conversations_once", "SRCH-001";
        /// Where the local store has a whole page, the server is not asked, whatever is missing between.
        FullLocalPageHidesHoles = "full_local_page_hides_holes", "HIST-007";
        /// Messages that are here and on the server come twice.
        RemotePagesDouble = "remote_pages_double", "HIST-007";
        /// Newer messages come newest first.
        LaterPagesBackwards = "later_pages_backwards", "HIST-004";
        /// A page of both sources holds more messages than were asked for.
        PagesAreNotCut = "pages_are_not_cut", "HIST-012";
        /// A refused page of history is told as an empty one.
        RefusedHistoryIsSuccess = "refused_history_is_success", "HIST-002";
        /// Messages that are deleted on the server stay here.
        DeletesRemotelyAlone = "deletes_remotely_alone", "DEL-006";
        /// Messages that the server refuses to delete are gone here.
        RefusedDeletionDeletesHere = "refused_deletion_deletes_here", "IMPL-013";
        /// A conversation that the server refuses to clear is empty here.
        RefusedClearingClearsHere = "refused_clearing_clears_here", "IMPL-013";
        /// Clearing up to a time leaves the message of that time.
        ClearingExcludesBound = "clearing_excludes_bound", "DEL-011";
        /// Clearing a channel clears the whole ultra group.
        ClearsEveryChannel = "clears_every_channel", "UGDEL-005";
        /// Of a batch with a message that cannot be inserted the others are.
        InsertsWhatItCan = "inserts_what_it_can", "INS-011";
        /// A message that is inserted as unread is not counted.
        InsertedAreRead = "inserted_are_read", "INS-008";
        /// An inserted message has the time of its insertion.
        InsertsBesideTime = "inserts_beside_time", "INS-006";
        /// Of several local messages only the first is deleted.
        DeletesFirstOnly = "deletes_first_only", "DEL-003";
        /// Reading the server's history gives what is here, too.
        LocalReadsAskServer = "local_reads_ask_server", "HIST-006";
        /// A message that is deleted by its UID alone stays here.
        DeletesByNumberOnly = "deletes_by_number_only", "DEL-006";
        /// Clearing the server's history clears the local one, too.
        RemoteClearingClearsHere = "remote_clearing_clears_here", "DEL-014";
        /// Clearing the local history clears the server's, too.
        LocalClearingClearsThere = "local_clearing_clears_there", "DEL-013";
    }
    "conversation" {
        /// Pinned conversations come first only within the page that is cut by time.
        PinsAfterCut = "pins_after_cut", "CONV-016";
        /// Messages that the user sent from another device count as unread.
        OwnCountAsUnread = "own_count_as_unread", "UNREAD-004";
        /// The last message read stays unread.
        ClearsUpToExcluded = "clears_up_to_excluded", "UNREAD-010";
        /// Clearing up to a time clears what is newer, too.
        ClearsAllUnread = "clears_all_unread", "UNREAD-010";
        /// System conversations are left out of the total unread count.
        TotalWithoutSystem = "total_without_system", "UNREAD-002";
        /// A mention of all counts as a mention for nobody.
        MentionOfAllIgnored = "mention_of_all_ignored", "MENT-005";
        /// A mention of somebody else counts as a mention of the user.
        EveryMentionCounts = "every_mention_counts", "MENT-004";
        /// A conversation that is taken out of the list loses its messages.
        RemovalDeletesMessages = "removal_deletes_messages", "CONV-023";
        /// A draft does not move its conversation to the front.
        DraftsMoveNothing = "drafts_move_nothing", "DRAFT-002";
        /// The page of conversations older than a time has those of that time.
        StartBelongsToPage = "start_belongs_to_page", "CONV-017";
        /// Of several conversation types that are asked for, the first is returned.
        OneTypeAtATime = "one_type_at_a_time", "CONV-020";
        /// All channels of an ultra group share one draft.
        DraftsOfGroups = "drafts_of_groups", "UG-008";
        /// Drafts are gone when the app is started anew.
        DraftsEndWithApp = "drafts_end_with_app", "DRAFT-004";
        /// What is unread is read when the app is started anew.
        UnreadEndsWithApp = "unread_ends_with_app", "UNREAD-004";
        /// A user and a group of the same id share their messages.
        SameIdsMix = "same_ids_mix", "CONV-008";
        /// Do-not-disturb conversations are counted whatever was asked for.
        SilentCountAnyway = "silent_count_anyway", "UNREAD-008";
        /// A conversation that was removed does not come back with a new message.
        RemovedStayAway = "removed_stay_away", "CONV-024";
        /// The unread count of a channel is that of its whole ultra group.
        UnreadOfAllChannels = "unread_of_all_channels", "UG-008";
        /// The first unread message of a conversation is the newest.
        FirstUnreadIsNewest = "first_unread_is_newest", "CONV-009";
        /// No conversation has more than 99 unread messages.
        CountsTo99 = "counts_to_99", "UNREAD-004";
        /// Blanks around a draft are lost.
        DraftsAreTrimmed = "drafts_are_trimmed", "DRAFT-004";
        /// Conversations that are removed by type keep their messages.
        RemovedTypesKeepMessages = "removed_types_keep_messages", "CONV-027";
        /// Lists of conversations tell no do-not-disturb level.
        ListsTellNoLevel = "lists_tell_no_level", "CONV-009";
        /// Lists of conversations tell no draft.
        ListsTellNoDraft = "lists_tell_no_draft", "CONV-009";
    }
    "connect" {
        /// A connection that was made does not begin the delays between attempts anew.
        LadderNeverResets = "ladder_never_resets", "RECON-014";
        /// Coming to the foreground does not begin the delays between attempts anew.
        ForegroundKeepsLadder = "foreground_keeps_ladder", "RECON-012";
        /// Another network does not begin the delays between attempts anew.
        NetworkChangeKeepsLadder = "network_change_keeps_ladder", "RECON-013";
        /// Attempts go on while the system says that there is no network.
        TriesWithoutNetwork = "tries_without_network", "RECON-017";
        /// Of several addresses that navigation gives, only the first is tried.
        OneAddressOnly = "one_address_only", "IMPL-008";
        /// A login that is answered by a redirect is repeated at the same address.
        RedirectKeepsAddress = "redirect_keeps_address", "IMPL-009";
        /// A server that sends a connected client elsewhere is connected to again.
        RedirectOnlineKeepsAddress = "redirect_online_keeps_address", "IMPL-009";
        /// The time limit of a connect ends the connection that was made in time.
        TimeoutEndsSessions = "timeout_ends_sessions", "CONN-008";
        /// A negative time limit is over at once.
        NegativeTimeoutEndsAtOnce = "negative_timeout_ends_at_once", "CONN-010";
        /// The time limit of a connect counts milliseconds.
        TimeoutInMilliseconds = "timeout_in_milliseconds", "CONN-005";
        /// Of two calls of connect made before there is a connection, one is answered.
        SecondConnectSwallowsFirst = "second_connect_swallows_first", "ERR-008";
        /// A connect with the same token while connected makes another session.
        ConnectsTwice = "connects_twice", "IMPL-003";
        /// The app hears that it is connected before the local database is open.
        ConnectedBeforeDatabase = "connected_before_database", "CONN-021";
        /// A state of the connection is told again though it has not changed.
        RepeatsStatus = "repeats_status", "CONN-022";
        /// A lost connection is no state that the app hears of.
        HidesSuspend = "hides_suspend", "CONN-022";
        /// Whatever the app asks for, leaving keeps remote push.
        AlwaysKeepsPush = "always_keeps_push", "CONN-026";
        /// A disconnect closes the connection without telling the server.
        ClosesWithoutAWord = "closes_without_a_word", "IMPL-016";
        /// A login that is refused because of a ban is tried again for ever.
        BannedKeepsTrying = "banned_keeps_trying", "RECON-019";
        /// A server that takes the connection and says nothing is waited for for ever.
        WaitsForGreeting = "waits_for_greeting", "RECON-016";
        /// A connection that is given up is not closed.
        LeavesConnectionsOpen = "leaves_connections_open", "IMPL-003";
        /// An address that does not answer is waited for for ever.
        WaitsForAddresses = "waits_for_addresses", "IMPL-008";
        /// A navigation server that does not answer is waited for for ever.
        WaitsForNavi = "waits_for_navi", "RECON-016";
        /// A disconnect while an attempt is awaited does not cancel it.
        DisconnectCancelsNothing = "disconnect_cancels_nothing", "RECON-021";
        /// After ten attempts in vain there is no further one.
        GivesUpAfterTen = "gives_up_after_ten", "RECON-011";
        /// Refusals of a login that have no status of their own lose their code.
        HidesRefusals = "hides_refusals", "ERR-007";
        /// A connect that fails tells the user who was connected before.
        FailureNamesUser = "failure_names_user", "CONN-003";
    }
    "token" {
        /// A login that is refused because the token has expired is tried again for ever.
        ExpiredTokenKeepsTrying = "expired_token_keeps_trying", "CONN-014";
        /// A token that navigation refuses is tried again for ever.
        NaviRefusalKeepsTrying = "navi_refusal_keeps_trying", "CONN-012";
        /// A client that is cut off because its token has expired connects again with it for ever.
        ExpiryOnlineKeepsTrying = "expiry_online_keeps_trying", "CONN-014";
        /// Navigation is asked at each attempt, whatever it has said before.
        AsksNaviEveryTime = "asks_navi_every_time", "IMPL-007";
        /// What navigation has said counts for ever.
        NaviNeverExpires = "navi_never_expires", "IMPL-007";
        /// What navigation has said for one token counts for another.
        NaviOfAnotherToken = "navi_of_another_token", "IMPL-007";
        /// The addresses behind the token go to the server with it.
        SendsWholeToken = "sends_whole_token", "IMPL-014";
        /// Of several navigation servers that a token names, only the first is asked.
        OneNaviHostOnly = "one_navi_host_only", "NAVI-001";
        /// The navigation servers that a token names are asked instead of that of the options.
        TokenOverrulesOwnNavi = "token_overrules_own_navi", "NAVI-002";
        /// Addresses are tried from the lightest to the heaviest.
        PrefersLightAddresses = "prefers_light_addresses", "IMPL-008";
        /// Files go where navigation says, whatever file server the options name.
        IgnoresOwnFileServer = "ignores_own_file_server", "NAVI-005";
        /// A navigation server that fails ends connecting.
        NaviFailureIsFinal = "navi_failure_is_final", "RECON-016";
        /// What navigation has said counts for a minute.
        NaviLastsAMinute = "navi_lasts_a_minute", "IMPL-007";
        /// That the licence has run out is not told, and connecting goes on for ever.
        LicenceKeepsTrying = "licence_keeps_trying", "ERR-007";
    }
    "kinds" {
        /// Messages of unknown types are not handed to the app.
        DropsUnknown = "drops_unknown", "MSG-028";
        /// Command messages are stored.
        StoresCommands = "stores_commands", "MSG-025";
        /// The free text that the sender put beside the content is lost.
        LosesExtra = "loses_extra", "MSG-016";
        /// The user information that the sender put on the message is lost.
        LosesUserInfo = "loses_user_info", "MSG-013";
        /// The mentions of a message are lost on its way to the app.
        LosesMentions = "loses_mentions", "MSG-014";
        /// A reference message arrives without the message that it quotes.
        QuotesNothing = "quotes_nothing", "MSG-037";
        /// Command notifications count as unread.
        NoticesCount = "notices_count", "MSG-026";
        /// A recalled message still counts as unread.
        RecalledCount = "recalled_count", "MSG-024";
        /// Custom messages of the storage policy count as unread.
        StorageCounts = "storage_counts", "MSG-027";
        /// File messages arrive without the name of their file.
        LosesFileNames = "loses_file_names", "MSG-034";
        /// In groups the sender of a message is the group.
        SenderIsConversation = "sender_is_conversation", "MSG-010";
        /// The app is told of a received message as of one that the user sent.
        ReceivedSaysSend = "received_says_send", "MSG-007";
        /// Messages of ultra groups say nothing of their channel.
        LosesChannel = "loses_channel", "UG-002";
        /// Voice messages arrive without their length.
        VoicesWithoutLength = "voices_without_length", "MSG-032";
        /// Images arrive without their thumbnail.
        PicturesWithoutThumbnail = "pictures_without_thumbnail", "MSG-033";
        /// Custom messages arrive without their fields.
        LosesCustomFields = "loses_custom_fields", "MSG-038";
        /// Characters beyond the first plane of Unicode arrive as question marks.
        LosesEmoji = "loses_emoji", "SEND-020";
    }
    "recall" {
        /// The content of a recalled message stays in the local store.
        RecalledContentStays = "recalled_content_stays", "RECALL-005";
        /// A recall that waited on the server is ignored.
        DeafToOfflineRecalls = "deaf_to_offline_recalls", "RECALL-008";
        /// A recall that comes by two ways is told twice.
        RecallsToldTwice = "recalls_told_twice", "IMPL-001";
        /// A recall by another device of the user is ignored.
        OwnRecallsElsewhereIgnored = "own_recalls_elsewhere_ignored", "SYNC-014";
        /// The app is told of a recall without the original message.
        RecallLosesOriginal = "recall_loses_original", "MSG-040";
        /// A message whose recall the server refuses is recalled here.
        RefusedRecallRecallsHere = "refused_recall_recalls_here", "IMPL-013";
        /// A change of an expansion replaces all pairs by its own.
        ExpansionReplaced = "expansion_replaced", "EXP-010";
        /// A change of an expansion that the server refuses is kept here.
        RefusedExpansionApplied = "refused_expansion_applied", "IMPL-013";
        /// A change of an expansion is told with all pairs of the message.
        ExpansionToldWhole = "expansion_told_whole", "EXP-009";
        /// Keys that others remove from an expansion stay.
        RemovedKeysStay = "removed_keys_stay", "EXP-011";
        /// A change that the user makes to an expansion is not kept here.
        OwnExpansionNotKept = "own_expansion_not_kept", "EXP-012";
        /// A peer that stops typing types for ever.
        TypingNeverEnds = "typing_never_ends", "TYPE-003";
        /// A peer that goes on typing is told again and again.
        TypingRetold = "typing_retold", "TYPE-003";
        /// Whatever a peer types, it is told as a text.
        TypingKindLost = "typing_kind_lost", "TYPE-004";
        /// A typing state goes out as an ordinary message.
        TypingIsStored = "typing_is_stored", "TYPE-005";
        /// A recall by the app's administrator is told as one by the sender.
        RecallsByAdminsUnmarked = "recalls_by_admins_unmarked", "MSG-040";
        /// Recalls in rooms are ignored.
        RoomRecallsIgnored = "room_recalls_ignored", "RECALL-010";
    }
    "read" {
        /// A private receipt marks all messages as read, later ones too.
        ReceiptCoversAll = "receipt_covers_all", "PRR-004";
        /// A private receipt is told, and the messages stay unread in the store.
        ReceiptMarksNothing = "receipt_marks_nothing", "MSG-009";
        /// A receipt that another device of the user sent is told as one of the peer.
        OwnReceiptsTold = "own_receipts_told", "PRR-003";
        /// A read state from another device reads the whole conversation.
        ReadSyncCoversAll = "read_sync_covers_all", "SYNC-023";
        /// A read state from another device is told, and the unread count stays.
        ReadSyncCountsNothing = "read_sync_counts_nothing", "SYNC-019";
        /// A message that another device has read before it arrives here is unread.
        ReadSyncMissesLater = "read_sync_misses_later", "SYNC-019";
        /// Of several members who have read a message, the last is told.
        OneResponder = "one_responder", "GRR-011";
        /// Responses are told for messages for which nobody asked.
        UnrequestedResponsesTold = "unrequested_responses_told", "GRR-014";
        /// Of several messages in a response, the first is told.
        OneMessageAResponse = "one_message_a_response", "GRR-008";
        /// A receipt or read state that comes by two ways is told twice.
        SignalsToldTwice = "signals_told_twice", "IMPL-001";
        /// A received private message sends a receipt by itself.
        ReceiptsByThemselves = "receipts_by_themselves", "PRR-005";
        /// A read state that somebody else sent reads the conversation.
        ReadSyncByEverybody = "read_sync_by_everybody", "SYNC-022";
    }
    "settings" {
        /// A pin that the server refuses is kept here.
        RefusedPinsStay = "refused_pins_stay", "IMPL-013";
        /// A do-not-disturb level that the server refuses is kept here.
        RefusedLevelsStay = "refused_levels_stay", "IMPL-013";
        /// That another device took a pin off is not taken over.
        UnpinningElsewhereIgnored = "unpinning_elsewhere_ignored", "TOP-006";
        /// Do-not-disturb levels that another device set are not taken over.
        LevelsElsewhereIgnored = "levels_elsewhere_ignored", "TOP-008";
        /// After a change of its own a client does not fetch what others changed before.
        SettingsSkipGaps = "settings_skip_gaps", "TOP-006";
        /// Settings whose answer got lost are not asked for again on the same connection.
        GivesUpLostSettings = "gives_up_lost_settings", "TOP-006";
        /// That another device pinned a conversation is taken over and not told.
        PinsElsewhereUntold = "pins_elsewhere_untold", "TOP-007";
        /// The level of all messages comes back from the server as none.
        AllMessagesLevelLost = "all_messages_level_lost", "DND-025";
        /// Quiet hours are read back without their level.
        QuietLevelLost = "quiet_level_lost", "QUIET-005";
        /// A refused question about the blacklist says that the user is not on it.
        BlacklistErrorsHidden = "blacklist_errors_hidden", "BLK-014";
        /// Of several users on the blacklist one is told.
        OneBlacklistedUser = "one_blacklisted_user", "BLK-015";
        /// Pinned conversations of other types than those asked for are told, too.
        PinnedOfAllTypes = "pinned_of_all_types", "TOP-004";
        /// A conversation whose pin was taken off stays in front.
        UnpinnedStayInFront = "unpinned_stay_in_front", "TOP-005";
        /// The level of one channel is set for the whole ultra group.
        LevelsOfAllChannels = "levels_of_all_channels", "UGDND-056";
    }
    "media" {
        /// An upload that the app cancels is told as one that failed.
        CancelledUploadFails = "cancelled_upload_fails", "IMPL-018";
        /// An upload whose connection to the service ends never gets an outcome.
        CutSwallowsUploads = "cut_swallows_uploads", "ERR-008";
        /// A file from a server that gives no parts of files is not taken.
        NeedsRanges = "needs_ranges", "IMPL-015";
        /// A message whose upload failed is published without a file.
        PublishesFailedUploads = "publishes_failed_uploads", "SEND-018";
        /// A download tells its progress once it is there.
        ProgressAtEndOnly = "progress_at_end_only", "MEDIA-002";
        /// An upload tells nothing of its progress.
        UploadUntold = "upload_untold", "SEND-016";
        /// Of a large file the first parts are taken for the whole.
        LargeFilesCutShort = "large_files_cut_short", "IMPL-015";
        /// A download that the app cancels goes on and is told as complete.
        CancelledDownloadGoesOn = "cancelled_download_goes_on", "MEDIA-004";
        /// A download that fails is told as complete.
        FailedDownloadIsSuccess = "failed_download_is_success", "MEDIA-003";
        /// A media message that is sent on is uploaded once more.
        ForwardingUploadsAgain = "forwarding_uploads_again", "SEND-023";
        /// A stored message does not learn where its downloaded file is.
        DownloadNotKept = "download_not_kept", "IMPL-017";
        /// A cancelled upload leaves a message that has failed.
        CancelledUploadIsMarkedFailed = "cancelled_upload_is_marked_failed", "IMPL-018";
        /// Two files of the same name are one on the file server.
        UploadsShareNames = "uploads_share_names", "IMPL-015";
        /// A second file is not taken while another one comes.
        OneDownloadAtATime = "one_download_at_a_time", "MEDIA-001";
    }
    "chatroom" {
        /// A room that threw the user out is joined again after a reconnect.
        BannedRoomJoinedAgain = "banned_room_joined_again", "CHRM-018";
        /// A leave that is not answered never gets a result.
        UnansweredLeaveNeverEnds = "unanswered_leave_never_ends", "ERR-008";
        /// Rooms that were joined before a logout are joined again after the next login.
        RoomsSurviveLogout = "rooms_survive_logout", "IMPL-011";
        /// After a reconnect only one of several rooms is joined again.
        LastRoomJoinedAgain = "last_room_joined_again", "CHRM-020";
        /// A room that was left is joined again after a reconnect.
        LeftRoomJoinedAgain = "left_room_joined_again", "CHRM-019";
        /// The messages of a room that was left stay in the local store.
        LeftRoomKeepsMessages = "left_room_keeps_messages", "CHRM-014";
        /// A room that is gone is joined again after a reconnect.
        DestroyedRoomJoinedAgain = "destroyed_room_joined_again", "CHRM-018";
        /// A room that is joined again is created if it is gone.
        JoinsAgainByCreating = "joins_again_by_creating", "CHRM-018";
        /// Messages of a room whose answer got lost are not asked for again on the same connection.
        GivesUpLostRoomPulls = "gives_up_lost_room_pulls", "IMPL-010";
        /// What is announced for a room while it is pulled is not fetched.
        DeafDuringRoomPulls = "deaf_during_room_pulls", "IMPL-010";
        /// Messages of rooms make conversations of the list and count as unread.
        RoomMessagesAreListed = "room_messages_are_listed", "CHRM-041";
        /// A reset room is told as one that was destroyed.
        ResetIsDestruction = "reset_is_destruction", "CHST-002";
        /// The room that another one replaced is joined again after a reconnect.
        FormerRoomIsKept = "former_room_is_kept", "CHRM-010";
        /// A page of a room's history tells no time for the next one.
        RoomHistoryNeverPages = "room_history_never_pages", "CHHIST-008";
        /// Members who leave are told as such that join.
        LeaversAreJoiners = "leavers_are_joiners", "CHST-017";
        /// Joining a room again brings once more what was told before.
        RejoinBringsHistory = "rejoin_brings_history", "IMPL-001";
        /// A room that refused the user is joined again after a reconnect.
        RefusedJoinIsJoined = "refused_join_is_joined", "IMPL-013";
        /// Messages of rooms that the user is not in are handed over.
        PushedRoomMessagesOfOthers = "pushed_room_messages_of_others", "CHRM-013";
    }
    "entries" {
        /// Entries that a complete answer does not name any more stay.
        GoneEntriesStay = "gone_entries_stay", "CHKV-029";
        /// An entry that was removed is still loaded.
        RemovedEntriesStay = "removed_entries_stay", "CHKV-030";
        /// Each change of entries tells again that all are there.
        EntriesSyncedAgain = "entries_synced_again", "CHKV-028";
        /// A batch of entries tells no keys that failed.
        FailedEntriesHidden = "failed_entries_hidden", "CHKV-026";
        /// Entries that change while entries are pulled are not fetched.
        DeafDuringEntryPulls = "deaf_during_entry_pulls", "IMPL-010";
        /// Entries whose answer got lost are not asked for again on the same connection.
        GivesUpLostEntryPulls = "gives_up_lost_entry_pulls", "IMPL-010";
        /// Removals of entries are told as updates.
        EntriesToldAsUpdates = "entries_told_as_updates", "CHKV-030";
        /// An entry is set by force, whatever the app says of overwriting.
        OverwritesWhatever = "overwrites_whatever", "CHKV-002";
        /// An entry is set to outlast the stay, whatever the app says.
        EntriesOutliveStays = "entries_outlive_stays", "CHKV-002";
        /// Entries are loaded from the copy while it is being renewed.
        CopyAnswersWhilePulling = "copy_answers_while_pulling", "CHKV-008";
    }
    "ultra_group" {
        /// Changes that are listed count as taken over before the changed messages are fetched.
        ChangesKeptTooEarly = "changes_kept_too_early", "UGMOD-005";
        /// What a list of changes still had when the connection broke is never asked for.
        CutEndsChangeList = "cut_ends_change_list", "UGRECALL-007";
        /// Of several pages of changes only the first is fetched.
        OnePageOfChanges = "one_page_of_changes", "UGMOD-005";
        /// What is announced for ultra groups while they are pulled is not fetched.
        DeafDuringChannelPulls = "deaf_during_channel_pulls", "IMPL-010";
        /// Changes that are announced while changes are pulled are not fetched.
        DeafDuringChangePulls = "deaf_during_change_pulls", "IMPL-010";
        /// Messages of ultra groups whose answer got lost are not asked for again on the same connection.
        GivesUpLostChannelPulls = "gives_up_lost_channel_pulls", "IMPL-010";
        /// Changes whose answer got lost are not asked for again on the same connection.
        GivesUpLostChanges = "gives_up_lost_changes", "IMPL-010";
        /// What was said in ultra groups during an outage is not fetched.
        OutageIsSkipped = "outage_is_skipped", "SEND-022";
        /// Of several pages of the channel list only the first is fetched.
        OnePageOfChannels = "one_page_of_channels", "UG-031";
        /// Of several packages of ultra groups only the first is fetched.
        OnePageOfMessages = "one_page_of_messages", "SEND-022";
        /// Reading a channel reads the whole ultra group here.
        ReadsWholeGroup = "reads_whole_group", "UGREAD-005";
        /// A channel that another device has read stays unread here.
        ReadingElsewhereCountsNothing = "reading_elsewhere_counts_nothing", "UGREAD-008";
        /// A message that others modified is told, and stays what it was in the store.
        ModifiedNotKept = "modified_not_kept", "UGMOD-005";
        /// A recall that is to leave nothing leaves a notice.
        DeletedRecallsLeaveNotices = "deleted_recalls_leave_notices", "UGRECALL-006";
        /// More than 999 unread messages of an ultra group are counted.
        CountsAbove999 = "counts_above_999", "UGUNREAD-006";
        /// Messages of a batch that the server has not are not told.
        UnmatchedAreLost = "unmatched_are_lost", "UGHIST-013";
        /// Of several users who type in ultra groups one is told.
        OneTypingUser = "one_typing_user", "UGTYPE-003";
        /// A modification that the server refuses is kept here.
        RefusedModificationApplied = "refused_modification_applied", "IMPL-013";
        /// A channel is read here though the server refuses it.
        RefusedReadingReads = "refused_reading_reads", "IMPL-013";
        /// A channel that the server refuses to clear is empty here.
        RefusedChannelClearingClears = "refused_channel_clearing_clears", "IMPL-013";
        /// Where the local store has a whole page of a channel, the server is not asked, whatever is missing
        /// between.
        FullChannelPageHidesHoles = "full_channel_page_hides_holes", "UGHIST-001";
        /// The server is asked for a page of a channel that is here.
        AsksForWhatIsHere = "asks_for_what_is_here", "UGHIST-003";
        /// Reading a channel reads up to the time that the app names.
        ReadTimestampCounts = "read_timestamp_counts", "UGREAD-007";
        /// A channel that was deleted stays in the local list.
        DeletedChannelsStay = "deleted_channels_stay", "UG-033";
        /// In ultra groups the user's own messages are told as received.
        OwnChannelMessagesReceived = "own_channel_messages_received", "MSG-007";
        /// An app that is started anew does not hear what became of messages meanwhile.
        ChangesBeginAnew = "changes_begin_anew", "UGRECALL-007";
        /// Keys that others remove from an expansion in an ultra group stay.
        RemovedUltraKeysStay = "removed_ultra_keys_stay", "UGEXP-007";
        /// A changed expansion of an ultra-group message is not taken over.
        ModifiedKeepOldExpansion = "modified_keep_old_expansion", "UGEXP-006";
        /// The count of an ultra group is that of one of its channels.
        GroupCountIsFirstChannels = "group_count_is_first_channels", "UGUNREAD-009";
        /// Who types in an ultra group is told without the channel.
        TypingWithoutChannel = "typing_without_channel", "UGTYPE-006";
        /// The default level of a channel is set for its whole ultra group.
        ChannelDefaultsOfGroups = "channel_defaults_of_groups", "UGDND-052";
        /// The list of a group's channels has those of other groups.
        ChannelsOfAllGroups = "channels_of_all_groups", "UG-031";
        /// What was unread in ultra groups before the login is not counted.
        UnreadBeforeLoginLost = "unread_before_login_lost", "UGUNREAD-003";
        /// What was unread in ultra groups before the login stays so when another device reads it.
        UnreadBeforeLoginStays = "unread_before_login_stays", "UGREAD-008";
        /// Pages of channels that the server gave are not kept here.
        FetchedHistoryNotKept = "fetched_history_not_kept", "UGHIST-001";
        /// A refused question for certain messages is told as one that found none.
        RefusedBatchIsUnmatched = "refused_batch_is_unmatched", "UGHIST-007";
    }
    "life" {
        /// After another user has logged in, the local store is still that of the former one.
        StoreOfFormerUser = "store_of_former_user", "IMPL-002";
        /// The local store of a user is the same whatever the app.
        StoreOfFormerApp = "store_of_former_app", "IMPL-002";
        /// An engine that is created again without options has those of the former one.
        OptionsSurviveDestroy = "options_survive_destroy", "ENG-002";
        /// The connection ends when the app goes to the background.
        BackgroundDisconnects = "background_disconnects", "DND-004";
        /// A listener that was cleared is still called.
        ClearedListenersHear = "cleared_listeners_hear", "ENG-010";
        /// A listener that is set again stays the first one.
        FirstListenerStays = "first_listener_stays", "ENG-008";
        /// A destroyed engine accepts calls.
        DestroyedEngineAccepts = "destroyed_engine_accepts", "ENG-003";
        /// A destroyed engine tells what its end has ended.
        DestroyedEngineTells = "destroyed_engine_tells", "ENG-004";
        /// Options of the wrong kind are accepted.
        UnknownOptionsHold = "unknown_options_hold", "ENG-013";
        /// An engine that is created again still has the local store of the user before.
        KeptUserAfterDestroy = "kept_user_after_destroy", "ENG-005";
    }
    "wire" {
        /// An answer that asks for a confirmation gets two.
        ConfirmsAnswersTwice = "confirms_answers_twice", "IMPL-004";
        /// What the server publishes is acknowledged twice.
        AcknowledgesTwice = "acknowledges_twice", "IMPL-004";
        /// What the server publishes is not acknowledged.
        AcknowledgesNothing = "acknowledges_nothing", "IMPL-004";
        /// Answers that ask for a confirmation get none.
        ConfirmsNothing = "confirms_nothing", "IMPL-004";
        /// Each connection comes from another device id.
        DeviceIdChanges = "device_id_changes", "IMPL-012";
        /// A reconnect presents itself with another version of the SDK.
        VersionChanges = "version_changes", "IMPL-012";
        /// Settings are asked for twice at a login.
        PullsSettingsTwice = "pulls_settings_twice", "IMPL-019";
        /// The mailbox is asked for once more when a login has emptied it.
        PullsMailboxTwice = "pulls_mailbox_twice", "IMPL-019";
        /// A message that was pushed is pulled as well.
        PullsPushedMessages = "pulls_pushed_messages", "IMPL-019";
        /// Whatever its platform, the client presents itself as Android.
        ForgetsPlatform = "forgets_platform", "IMPL-012";
    }
}
