//! Topics: what a PUBLISH or QUERY is about, and which messages of `im.proto` stand in it.

use std::fmt;

// One row a topic: its name on the wire, `: Request -> Answer` of a client's frame, `<- Push` of the server's. An answer
// that no SDK looks at is `Nothing`: an empty body is one.
macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(: $request:ident)? $(-> $answer:ident)? $(<- $push:ident)?,)*) => {
        /// The topic of a PUBLISH or QUERY. Names not known here are kept as [`Topic::Other`].
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Topic {
            $($(#[$doc])* $name,)*
            /// Any other name, as it came.
            Other(Box<str>),
        }

        impl Topic {
            /// Every known topic.
            pub const KNOWN: &[Topic] = &[$(Topic::$name),*];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$name => $text,)* Self::Other(name) => name }
            }

            /// The message that a client's PUBLISH or QUERY of this topic carries, where known.
            #[must_use]
            pub fn request(&self) -> Option<&'static str> {
                match self { $($(Self::$name => Some(stringify!($request)),)?)* _ => None }
            }

            /// The message that the answer to this QUERY carries when it says 0, as the strictest SDK decodes it;
            /// `Nothing` where none looks at it. `None`: no QUERY, or one that nobody answers.
            ///
            /// Generations differ. `addTag` and `delTag` are not looked at up to engine 5.7 and decoded from 5.28 on;
            /// `setKV` and `delKV` are decoded up to 5.7 and not looked at from 5.28 on (seen with 4.6.4, 5.3.4, 5.7.3,
            /// 5.28.0, 5.38.0).
            #[must_use]
            pub fn answer(&self) -> Option<&'static str> {
                match self { $($(Self::$name => Some(stringify!($answer)),)?)* _ => None }
            }

            /// The message that a server's PUBLISH of this topic carries, where known. `dup`: the frame is the copy of what
            /// another device of the user's sent, and carries what that one did.
            #[must_use]
            pub fn push(&self, dup: bool) -> Option<&'static str> {
                match self {
                    Self::UpdUgRTime if dup => self.request(),
                    _ if dup => Some("UpStreamMessage"),
                    $($(Self::$name => Some(stringify!($push)),)?)*
                    _ => None,
                }
            }
        }

        impl From<&str> for Topic {
            fn from(name: &str) -> Self {
                match name { $($text => Self::$name,)* _ => Self::Other(name.into()) }
            }
        }
    };
}

topics! {
    // sending (PUBLISH, client to server)
    /// Private message.
    PpMsgP = "ppMsgP": UpStreamMessage,
    /// Private status message: online receivers only, nothing stored.
    PpMsgS = "ppMsgS": UpStreamMessage,
    /// Group message.
    PgMsgP = "pgMsgP": UpStreamMessage,
    /// Group status message.
    PgMsgS = "pgMsgS": UpStreamMessage,
    /// Chatroom message.
    ChatMsg = "chatMsg": UpStreamMessage,
    /// Chatroom status message.
    ChatMsgS = "chatMsgS": UpStreamMessage,
    /// Ultragroup message.
    UgMsg = "ugMsg": UpStreamMessage,
    /// System message sent by a client.
    PbMsgP = "pbMsgP": UpStreamMessage,
    /// Customer service message.
    PcMsgP = "pcMsgP": UpStreamMessage,
    /// Recall of a message.
    RecallMsg = "recallMsg": UpStreamMessage,
    /// Read time of an ultragroup channel.
    UpdUgRTime = "updUgRTime": SessionMsgReadInput,
    /// Read time of a conversation, server-side unread.
    UpdRTime = "updRTime": SessionMsgReadInput,

    // pushed (PUBLISH, server to client)
    /// "Something new, pull."
    SNtf = "s_ntf" <- NotifyMsg,
    /// A message itself.
    SMsg = "s_msg" <- DownStreamMessage,
    /// A command: something other than messages has changed.
    SCmd = "s_cmd" <- NotifyMsg,
    /// User settings have changed.
    SUs = "s_us" <- UserSettingNotification,
    /// Presence.
    SStat = "s_stat" <- GetUserStatusOutput,
    /// Ultragroup typing.
    SOpNtf = "s_opNtf" <- OperateStatusNotify,

    // queries at start
    /// Messages of the mailbox.
    PullMsg = "pullMsg": SyncRequestMsg -> DownStreamMessages,
    /// Conversation settings.
    PullSeAtts = "pullSeAtts": SessionReq -> SessionStates,
    /// User settings.
    PullUs = "pullUS": PullUserSettingInput -> PullUserSettingOutput,
    /// The client's package versions.
    Reportsdk = "reportsdk": ReportSDKInput -> Nothing,
    /// Robots of the app.
    QAppBot = "qAppBot": BotInput -> BotOutput,
    /// Events (groups, friends, receipts v5).
    PullEventChange = "pullEventChange": QueryMsgChange -> EventChangeList,
    /// Modified messages.
    PullModifyMsg = "pullModifyMsg": PullModifyMsgReq -> PullModifyMsgResp,
    /// Server-side unread of conversations.
    PullSe = "pullSe": SessionQryInput -> SessionsOutput,
    /// Ultragroup messages.
    PullUgMsg = "pullUgMsg": UltraGrpPullMsg -> DownStreamMessages,
    /// Ultragroup conversations.
    PullUgSes = "pullUgSes": UltraGrpPullSes -> RelationsOutput,
    /// Ultragroup changes.
    QryMsgChange = "qryMsgChange": QueryMsgChange -> MsgChangeList,
    /// Subscriptions of the user.
    PullUserSub = "pullUserSub": PullUserSubReq -> PullUserSubResp,
    /// Data of subscriptions.
    PullSubData = "pullSubData": PullSubDataReq -> PullSubDataResp,

    // conversations, settings, history
    /// Conversation list.
    QryRelationR = "qryRelationR": RelationQryInput -> RelationsOutput,
    /// Conversation list, old form.
    QryRelation = "qryRelation": RelationQryInput -> RelationsOutput,
    /// Conversations of the list by name.
    QryRlBatch = "qryRLBatch": RelationDelBatchReq -> RelationsOutput,
    /// Removes a conversation.
    DelRelation = "delRelation": RelationsInput -> Nothing,
    /// Removes conversations.
    DelRelationBatch = "delRelationBatch": RelationDelBatchReq -> Nothing,
    /// Sets top, do-not-disturb.
    SetSeAtt = "setSeAtt": SessionStateModifyReq -> SessionStateModifyResp,
    /// Sets do-not-disturb for a conversation type.
    SetTypeUnpush = "setTypeUnpush": TypeUnpushInput -> TypeUnpushOutput,
    /// Sets quiet hours.
    AddUnpush = "addUnpush": AddUnpushPeriodInput -> Nothing,
    /// The quiet hours.
    QryUnpush = "qryUnpush": QueryUnpushPeriodInput -> QueryUnpushPeriodOutput,
    /// Removes the quiet hours.
    DelUnpush = "delUnpush": DeleteUnpushPeriodInput -> Nothing,
    /// Creates or renames tags.
    AddSeTag = "addSeTag": SessionTagAddInput -> SetUserSettingOutput,
    /// Deletes tags.
    DelSeTag = "delSeTag": SessionTagDelInput -> SetUserSettingOutput,
    /// Tags conversations.
    AddTag = "addTag": SessionStateModifyReq -> SessionStateModifyResp,
    /// Untags conversations.
    DelTag = "delTag": SessionStateModifyReq -> SessionStateModifyResp,
    /// Private history.
    QryPMsg = "qryPMsg": HistoryMsgInput -> HistoryMsgOuput,
    /// Group history.
    QryGMsg = "qryGMsg": HistoryMsgInput -> HistoryMsgOuput,
    /// System history.
    QrySMsg = "qrySMsg": HistoryMsgInput -> HistoryMsgOuput,
    /// Chatroom history.
    QryChMsg = "qryCHMsg": HistoryMsgInput -> HistoryMsgOuput,
    /// Messages by UID.
    QryMsg = "qryMsg": MsgQuery -> MsgQueryAck,
    /// Deletes messages.
    DelMsg = "delMsg": DeleteMsgInput -> Nothing,
    /// Clears private history.
    CleanPMsg = "cleanPMsg": CleanHisMsgInput -> Nothing,
    /// Clears group history.
    CleanGMsg = "cleanGMsg": CleanHisMsgInput -> Nothing,
    /// Clears system history.
    CleanSMsg = "cleanSMsg": CleanHisMsgInput -> Nothing,
    /// Clears the history of several conversations.
    CleanMsgBatch = "cleanMsgBatch": CleanMsgBatchReq -> Nothing,
    /// Ultragroup history.
    QryUgMsg = "qryUgMsg": HistoryMsgInput -> HistoryMsgOuput,
    /// Deletes ultragroup messages.
    DelUgMsg = "delUgMsg": DeleteMsgInput -> Nothing,
    /// Unread mentions of an ultragroup channel.
    QryUgUal = "qryUgUal": QryRemindListReq -> QryRemindListResp,
    /// Changes the expansion of an ultragroup message.
    UpMsgEx = "upMsgEx": MsgChangeReq -> Nothing,
    /// Changes the content of a message.
    ModifyMsg = "modifyMsg": MsgChangeReq -> ModifyMsgResp,
    /// Typing in an ultragroup.
    Operate = "operate": OperateStatus,
    /// Sets do-not-disturb for all members of an ultragroup, or of one of its channels.
    UgUnpushSet = "ugUnpushSet": GroupUnpushSet -> Nothing,
    /// What is set there.
    UgUnpushQuery = "ugUnpushQuery": GroupUnpushQuery -> GroupUnpushResult,
    /// Group receipt.
    RrMsg = "rrMsg": GrpReadReceiptMsg -> Nothing,
    /// Group receipt list.
    RrList = "rrList": GrpReadReceiptQryReq -> GrpReadReceiptQryResp,
    /// Upload token.
    QnTkn = "qnTkn": GetQNupTokenInput -> GetQNupTokenOutput,
    /// Download address.
    QnUrl = "qnUrl": GetDownloadUrlInput -> GetDownloadUrlOutput,

    // blacklist
    /// Adds to the blacklist; the frame's target is the user to add.
    AddBlack = "addBlack": UserIdInput -> Nothing,
    /// Removes from the blacklist.
    RmBlack = "rmBlack": UserIdInput -> Nothing,
    /// Whether a user is on the blacklist.
    BlackStat = "blackStat": UserIdInput -> Nothing,
    /// The blacklist.
    GetBlack = "getBlack": Nothing -> QueryBlackListOutput,

    // chatrooms
    /// Joins a chatroom, creating it.
    JoinChrm = "joinChrm": ChrmInput -> ChrmOutput,
    /// Joins an existing chatroom.
    JoinChrmR = "joinChrmR": ChrmInput -> ChrmOutput,
    /// Leaves a chatroom.
    ExitChrm = "exitChrm": ChrmInput -> Nothing,
    /// Messages of a chatroom.
    ChrmPull = "chrmPull": ChrmPullMsg -> ChrmDownStreamMessages,
    /// Members of a chatroom.
    QueryChrmI = "queryChrmI": QueryChatRoomInfoInput -> QueryChatRoomInfoOutput,
    /// Sets an entry of a chatroom.
    SetKv = "setKV": SetChrmKV -> ChrmOutput,
    /// Removes an entry of a chatroom.
    DelKv = "delKV": SetChrmKV -> ChrmOutput,
    /// Sets entries of a chatroom.
    SetKvs = "setKVS": SetChrmKVS -> ChrmKVSOutput,
    /// Removes entries of a chatroom.
    DelKvs = "delKVS": DeleteChrmKVS -> ChrmKVSOutput,
    /// Entries of a chatroom.
    PullKv = "pullKV": QueryChrmKV -> ChrmKVOutput,
}

impl Topic {
    /// Whether it carries a status message: forwarded to who is online, never stored, acknowledged at once.
    #[must_use]
    pub fn is_status(&self) -> bool {
        matches!(self, Self::PpMsgS | Self::PgMsgS | Self::ChatMsgS)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_topic_reads_back_as_itself() {
        for topic in Topic::KNOWN {
            assert_eq!(&Topic::from(topic.as_str()), topic);
        }
    }

    #[test]
    fn every_message_that_a_topic_names_is_one_of_the_file() {
        for topic in Topic::KNOWN {
            let named = [topic.request(), topic.answer(), topic.push(false), topic.push(true)];
            for message in named.into_iter().flatten() {
                assert!(crate::reflect::descriptor(message).is_some(), "{topic}: im.proto has no {message}");
            }
        }
    }

    #[test]
    fn an_unknown_topic_is_kept() {
        assert_eq!(Topic::from("noSuch").as_str(), "noSuch");
    }
}
