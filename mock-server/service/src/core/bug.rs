//! Named bugs: deliberately wrong behaviours that prove that scenarios notice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! bugs {
    ($($(#[doc = $doc:literal])* $name:ident = $wire:literal,)*) => {
        /// A deliberately wrong behaviour of the service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Bug {
            $($(#[doc = $doc])* #[serde(rename = $wire)] $name,)*
        }
        impl Bug {
            /// Every bug with its name.
            pub const ALL: &[(Bug, &str)] = &[$((Bug::$name, $wire)),*];

            /// What it does wrong, a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim_ascii(),)*
                }
            }
        }
    };
}

bugs! {
    /// The last message of every package is left out.
    SkipsLastOfPackage = "skips_last_of_package",
    /// A pull after a reconnect begins one message too early.
    DuplicatesAfterReconnect = "duplicates_after_reconnect",
    /// Packages hold 199 messages, so that clients count `left` wrongly.
    WrongLeftCount = "wrong_left_count",
    /// A second device of the same class does not kick the first.
    NoKick = "no_kick",
    /// A kick happens before the new login is judged.
    KicksBeforeLogin = "kicks_before_login",
    /// Every token is accepted as the user its text ends with, or as it stands.
    AcceptsAnyToken = "accepts_any_token",
    /// Wrong tokens are refused with "not authorised" instead of "token incorrect".
    WrongTokenCode = "wrong_token_code",
    /// Bans do not cut connections.
    BanKeepsConnection = "ban_keeps_connection",
    /// Bans do not refuse logins.
    BanIsNotChecked = "ban_is_not_checked",
    /// The blacklist is ignored.
    IgnoresBlacklist = "ignores_blacklist",
    /// The blacklist works both ways.
    BlacklistBothWays = "blacklist_both_ways",
    /// Refused messages are stored all the same.
    StoresRefused = "stores_refused",
    /// Messages for offline users are thrown away.
    DropsOffline = "drops_offline",
    /// Mailboxes never forget by age.
    KeepsForEver = "keeps_for_ever",
    /// Messages are pushed in pairs swapped.
    SwapsOrder = "swaps_order",
    /// A message is pushed twice under two UIDs.
    DoublesMessage = "doubles_message",
    /// Pings are not answered.
    IgnoresPings = "ignores_pings",
    /// The send rate is not limited.
    NoRateLimit = "no_rate_limit",
    /// The notification of a mention tells the push content instead of what the mention says.
    PushIgnoresMention = "push_ignores_mention",
    /// The time of a message takes no account of what its sender has already received.
    ForgetsSendersTime = "forgets_senders_time",
    /// Received messages, pushed ones and those of packages and histories, say 2 in `direction`, which must be absent:
    /// native clients take them for the user's own.
    ReceivedMessagesSayDirection = "received_messages_say_direction",
    /// Every receiver gets a message under a UID of its own.
    UidPerReceiver = "uid_per_receiver",
    /// The content of messages reaches receivers without mentions and user information.
    StripsContent = "strips_content",
    /// Mutes are ignored, of members and of groups.
    IgnoresMutes = "ignores_mutes",
    /// Who left a group still gets its messages.
    QuitKeepsMember = "quit_keeps_member",
    /// A directed group message reaches every member.
    DirectedReachesAll = "directed_reaches_all",
    /// Group messages reach who is no member.
    ServesNonMembers = "serves_non_members",
    /// Pushes are sent whatever the do-not-disturb settings say.
    IgnoresDoNotDisturb = "ignores_do_not_disturb",
    /// Quiet hours are ignored.
    IgnoresQuietHours = "ignores_quiet_hours",
    /// What do-not-disturb keeps from pushing is not delivered either.
    DropsUnpushed = "drops_unpushed",
    /// Changed settings are never given back.
    ForgetsSettings = "forgets_settings",
    /// Other devices are not told of changed settings.
    NoSettingNotice = "no_setting_notice",
    /// The Server API's rates are not limited.
    NoApiRateLimit = "no_api_rate_limit",
    /// History is answered though the service is off.
    IgnoresHistorySwitch = "ignores_history_switch",
    /// History is never forgotten by age.
    HistoryForEver = "history_for_ever",
    /// A page of history begins at the time asked for, instead of beyond it.
    HistoryIncludesBound = "history_includes_bound",
    /// Older messages are given where newer ones are asked for.
    IgnoresHistoryOrder = "ignores_history_order",
    /// Reading history empties the mailbox.
    HistoryConsumesOffline = "history_consumes_offline",
    /// Deletions are accepted and not carried out.
    IgnoresDeletion = "ignores_deletion",
    /// Deletions empty the conversation of every participant.
    DeletesForAll = "deletes_for_all",
    /// Clearing by time leaves the message of just that time.
    ClearsOnlyOlder = "clears_only_older",
    /// Deletions by message leave what compensation brings.
    CompensatesDeleted = "compensates_deleted",
    /// Clearing by time always clears what compensation would bring.
    ClearsCompensation = "clears_compensation",
    /// With multi-device sync on, other devices' messages are not compensated.
    NoCompensation = "no_compensation",
    /// Compensation knows no window: everything the mailbox holds is given.
    CompensatesEverything = "compensates_everything",
    /// Whoever asks may recall.
    IgnoresRecallRule = "ignores_recall_rule",
    /// Recalls are accepted and told to nobody.
    DropsRecall = "drops_recall",
    /// Recalled messages stay what they were in history and mailboxes.
    KeepsRecalled = "keeps_recalled",
    /// Limits of expansions are not checked.
    IgnoresExpansionLimits = "ignores_expansion_limits",
    /// Every message can be expanded.
    ExpandsAny = "expands_any",
    /// Expansions are accepted and told to nobody.
    DropsExpansion = "drops_expansion",
    /// Logs of messages are kept for ever.
    KeepsLogs = "keeps_logs",
    /// Broadcasts reach only users who are online.
    BroadcastMissesOffline = "broadcast_misses_offline",
    /// Pushes for users with a label go to everybody.
    IgnoresLabels = "ignores_labels",
    /// Templates are sent with their gaps unfilled.
    LeavesGaps = "leaves_gaps",
    /// A message with a number that was used within the minute is sent again.
    SendsRepeats = "sends_repeats",
    /// Directed group messages are kept as history, switch or not.
    KeepsDirected = "keeps_directed",
    /// New members read a group's whole history, switch or not.
    NewMembersReadAll = "new_members_read_all",
    /// The acknowledgement of a message comes without a UID.
    NoMessageUid = "no_message_uid",
    /// Messages reach every device and sent ones the sender's others, whether or not multi-device sync is on.
    SyncsWithoutSwitch = "syncs_without_switch",
    /// What a user sends is not shown on the user's other devices, sync or not.
    NeverSyncsSent = "never_syncs_sent",
    /// The sync of a read state goes to the peer, and not to the user's own devices.
    ReadSyncReachesPeer = "read_sync_reaches_peer",
    /// Private read receipts are accepted and thrown away.
    LosesPrivateReceipts = "loses_private_receipts",
    /// Responses to group receipt requests go to all members.
    ReceiptResponsesReachAll = "receipt_responses_reach_all",
    /// Typing states are thrown away.
    TypingIsNotForwarded = "typing_is_not_forwarded",
    /// Status messages wait for offline devices like others.
    StoresStatusMessages = "stores_status_messages",
    /// Only the first half of an uploaded file is kept.
    CutsFilesShort = "cuts_files_short",
    /// Messages of the Server API reach their sender, asked for or not.
    AlwaysIncludesSender = "always_includes_sender",
    /// Messages of the Server API never reach their sender.
    NeverIncludesSender = "never_includes_sender",
    /// Messages that include their sender wait for it, multi-device sync or not.
    KeepsForSender = "keeps_for_sender",
    /// Uploaded files cannot be read again.
    LosesFiles = "loses_files",
    /// Whoever asks for a part of a file gets the whole.
    IgnoresRanges = "ignores_ranges",
    /// Media messages reach receivers without what they tell of their file: thumbnail, name, size, length, pixels.
    StripsMedia = "strips_media",
    /// A message is for one of the user's devices alone, whatever multi-device sync says.
    NeverSyncs = "never_syncs",
    /// Groups take any number of members.
    NoMemberLimit = "no_member_limit",
    /// A sync of a user's groups ends no membership.
    SyncOnlyJoins = "sync_only_joins",
    /// A user can be in 500 groups.
    LimitsGroupsOfAUser = "limits_groups_of_a_user",
    /// Pushes go out for users without a phone.
    PushesWithoutPhone = "pushes_without_phone",
    /// A mention of somebody else counts as one of the receiver.
    CountsOthersMentions = "counts_others_mentions",
    /// Quiet hours are asked last.
    QuietHoursLast = "quiet_hours_last",
    /// Quiet hours end a minute late.
    QuietEndsLate = "quiet_ends_late",
    /// Quiet hours end at midnight at the latest.
    QuietEndsAtMidnight = "quiet_ends_at_midnight",
    /// Quiet hours are in force, and cannot be read back.
    HidesQuietHours = "hides_quiet_hours",
    /// Pages of history hold ten messages at most.
    ShortHistoryPages = "short_history_pages",
    /// History leaves out what the user sent itself.
    HistoryOmitsOwn = "history_omits_own",
    /// Messages come without the expansion they were sent with.
    DropsInitialExpansion = "drops_initial_expansion",
    /// A chatroom that does not exist is created whatever the client says.
    JoinsUnknownRooms = "joins_unknown_rooms",
    /// Joining an existing chatroom makes a new one of it.
    CreatesRoomsAnew = "creates_rooms_anew",
    /// Joining a chatroom leaves the former one, switch or not.
    OneRoomAlways = "one_room_always",
    /// Who joins another chatroom stays in the former one, switch or not.
    KeepsFormerRoom = "keeps_former_room",
    /// Who left a chatroom still is its member.
    LeavingKeepsMember = "leaving_keeps_member",
    /// Joining a chatroom brings 50 messages, whatever was asked for.
    IgnoresJoinCount = "ignores_join_count",
    /// Joining a chatroom brings messages of all types.
    IgnoresJoinTypes = "ignores_join_types",
    /// Only one member of a chatroom is told of a message.
    TellsOneMember = "tells_one_member",
    /// Messages of chatrooms are pushed to everybody who is online.
    RoomReachesEveryone = "room_reaches_everyone",
    /// Messages of chatrooms wait for members who are offline.
    KeepsRoomMessages = "keeps_room_messages",
    /// Offline members of a chatroom get push notifications.
    PushesRoomMessages = "pushes_room_messages",
    /// A join does not keep a chatroom alive.
    JoinsAreNoActivity = "joins_are_no_activity",
    /// A message does not keep a chatroom alive.
    MessagesAreNoActivity = "messages_are_no_activity",
    /// Chatrooms are never destroyed by themselves.
    RoomsNeverEnd = "rooms_never_end",
    /// Members are not told that a chatroom is gone.
    EndsRoomsSilently = "ends_rooms_silently",
    /// Every chatroom that is gone was reset, as clients are told.
    WrongDestroyType = "wrong_destroy_type",
    /// A reset of a chatroom is told as its destruction by the Server API.
    NoResets = "no_resets",
    /// The keep-alive list of chatrooms is ignored.
    IgnoresKeepAlive = "ignores_keep_alive",
    /// Chatrooms on the keep-alive list cannot be destroyed.
    KeepAliveIsForEver = "keep_alive_is_for_ever",
    /// A member of a chatroom whose connection breaks is taken out at once.
    DroppingLeaves = "dropping_leaves",
    /// Offline members stay in chatrooms.
    NeverAutoExits = "never_auto_exits",
    /// Offline members are taken out of chatrooms one message too early.
    AutoExitsTooEarly = "auto_exits_too_early",
    /// However long a member was offline, it takes 31 messages to take it out of a chatroom.
    AutoExitForgetsTime = "auto_exit_forgets_time",
    /// Offline members on a chatroom's white list are taken out like others.
    AutoExitsWhiteList = "auto_exits_white_list",
    /// With an offline member everybody is taken out of a chatroom.
    AutoExitTakesEveryone = "auto_exit_takes_everyone",
    /// Who joins and leaves chatrooms is told to nobody.
    NoMemberChanges = "no_member_changes",
    /// Who joins and leaves chatrooms is told, switch or not.
    AlwaysMemberChanges = "always_member_changes",
    /// Mutes in chatrooms are ignored.
    IgnoresRoomMutes = "ignores_room_mutes",
    /// The white list of a muted chatroom is ignored.
    IgnoresRoomSpeakers = "ignores_room_speakers",
    /// Who is banned from a chatroom may enter it.
    RoomBanIsNotChecked = "room_ban_is_not_checked",
    /// Who is banned from a chatroom stays in it.
    RoomBanKeepsMember = "room_ban_keeps_member",
    /// However many messages a chatroom gets, none is discarded.
    NeverSheds = "never_sheds",
    /// White lists and low-level types of chatrooms count, switch or not.
    ListsWithoutService = "lists_without_service",
    /// An overloaded chatroom discards all but low-level types first.
    ShedsHighLevelFirst = "sheds_high_level_first",
    /// An overloaded chatroom discards types on the white list.
    ShedsWhiteTypes = "sheds_white_types",
    /// An overloaded chatroom discards messages of users on its white list.
    ShedsWhiteUsers = "sheds_white_users",
    /// The app's server is not told of chatrooms.
    NoRoomCallbacks = "no_room_callbacks",
    /// The app's server is not told of devices that go offline.
    ForgetsOfflineCallbacks = "forgets_offline_callbacks",
    /// A logout is told to the app's server as a lost connection.
    LogoutIsToldAsOffline = "logout_is_told_as_offline",
    /// Group messages are not copied to the app's server.
    RoutesNoGroupMessages = "routes_no_group_messages",
    /// Messages of chatrooms are not copied to the app's server.
    RoutesNoRoomMessages = "routes_no_room_messages",
    /// Messages of the Server API are copied to the app's server whatever the switch says.
    RoutesApiMessages = "routes_api_messages",
    /// A message to all chatrooms reaches one.
    BroadcastReachesOneRoom = "broadcast_reaches_one_room",
    /// A chatroom takes any number of entries.
    EntriesWithoutLimit = "entries_without_limit",
    /// Entries of other members are changed without overwriting.
    IgnoresEntryOwner = "ignores_entry_owner",
    /// Entries are never changed or removed once they are set.
    NeverOverwritesEntries = "never_overwrites_entries",
    /// Entries stay when their owner leaves, whatever was asked for.
    KeepsAutoEntries = "keeps_auto_entries",
    /// All entries go with their owner.
    RemovesAllEntriesOfLeavers = "removes_all_entries_of_leavers",
    /// Entries work though the service is off.
    IgnoresEntrySwitch = "ignores_entry_switch",
    /// Members are not told of changed entries.
    NoEntryNotice = "no_entry_notice",
    /// A batch of entries is answered as if all of it had worked.
    HidesFailedEntries = "hides_failed_entries",
    /// Who joins a chatroom is given none of its entries.
    JoinersGetNoEntries = "joiners_get_no_entries",
    /// Who comes back into a chatroom is not told of entries that changed meanwhile.
    ReturnersHearNoEntries = "returners_hear_no_entries",
    /// Private channels of ultra groups are open to every member.
    PrivateChannelsAreOpen = "private_channels_are_open",
    /// Ultra groups have any number of channels.
    NoChannelLimit = "no_channel_limit",
    /// A deleted channel goes on as if nothing had happened.
    DeletedChannelsStay = "deleted_channels_stay",
    /// Channels stay public or private, as they were created.
    ChannelTypesStay = "channel_types_stay",
    /// Who is taken off the list of a private channel can use it as before.
    UnlistedStay = "unlisted_stay",
    /// A user may be in any number of ultra groups.
    NoUltraGroupLimit = "no_ultra_group_limit",
    /// Who left an ultra group still gets its messages.
    QuittersStay = "quitters_stay",
    /// Levels for all members of an ultra group or channel are taken and forgotten.
    ForgetsDefaultLevels = "forgets_default_levels",
    /// Levels for all members of an ultra group or channel decide nothing.
    IgnoresDefaultLevels = "ignores_default_levels",
    /// Levels for all members come before those that users set for themselves.
    DefaultLevelsFirst = "default_levels_first",
    /// A user's level of an ultra group comes before that of one of its channels.
    GroupLevelsFirst = "group_levels_first",
    /// A dissolved ultra group goes on as if nothing had happened.
    DissolvedGroupsStay = "dissolved_groups_stay",
    /// Messages of ultra groups lose their channel on the way.
    LosesChannels = "loses_channels",
    /// Only one member of an ultra group is told of a message.
    TellsOneUltraMember = "tells_one_ultra_member",
    /// Who logs in gets what was said in ultra groups while it was offline.
    UltraGroupsGiveOffline = "ultra_groups_give_offline",
    /// Reading a channel of an ultra group reads only up to the time that the client names.
    TakesReadTimestamp = "takes_read_timestamp",
    /// Reading a channel reads the whole ultra group.
    ReadsEveryChannel = "reads_every_channel",
    /// What was read in ultra groups is unread again after the next login.
    ForgetsReadTimes = "forgets_read_times",
    /// Other devices are not told that a channel was read.
    NoReadSync = "no_read_sync",
    /// Messages of ultra groups can be modified by whoever asks.
    ModifiesAnyMessage = "modifies_any_message",
    /// Modified messages of ultra groups stay what they were.
    KeepsModified = "keeps_modified",
    /// Members are not told that a message of an ultra group was modified.
    ModifiesSilently = "modifies_silently",
    /// Each member who types in an ultra group is told at once.
    TellsTypingAtOnce = "tells_typing_at_once",
    /// Pushes of ultra groups go out as often as there are messages, whatever was ordered.
    PushesTooOften = "pushes_too_often",
    /// Changes of messages are not copied to the app's server.
    RoutesNoChanges = "routes_no_changes",
}
