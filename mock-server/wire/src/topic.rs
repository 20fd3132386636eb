//! Topics: what a PUBLISH or QUERY is about.

use std::fmt;

macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
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
    PpMsgP = "ppMsgP",
    /// Private status message: online receivers only, nothing stored.
    PpMsgS = "ppMsgS",
    /// Group message.
    PgMsgP = "pgMsgP",
    /// Group status message.
    PgMsgS = "pgMsgS",
    /// Chatroom message.
    ChatMsg = "chatMsg",
    /// Chatroom status message.
    ChatMsgS = "chatMsgS",
    /// Ultragroup message.
    UgMsg = "ugMsg",
    /// System message sent by a client.
    PbMsgP = "pbMsgP",
    /// Customer service message.
    PcMsgP = "pcMsgP",
    /// Recall of a message.
    RecallMsg = "recallMsg",
    /// Read time of an ultragroup channel.
    UpdUgRTime = "updUgRTime",
    /// Read time of a conversation, server-side unread.
    UpdRTime = "updRTime",

    // pushed (PUBLISH, server to client)
    /// "Something new, pull."
    SNtf = "s_ntf",
    /// A message itself.
    SMsg = "s_msg",
    /// A command: something other than messages has changed.
    SCmd = "s_cmd",
    /// User settings have changed.
    SUs = "s_us",
    /// Presence.
    SStat = "s_stat",
    /// Ultragroup typing.
    SOpNtf = "s_opNtf",

    // queries at start
    /// Messages of the mailbox.
    PullMsg = "pullMsg",
    /// Conversation settings.
    PullSeAtts = "pullSeAtts",
    /// User settings.
    PullUs = "pullUS",
    /// The client's package versions.
    Reportsdk = "reportsdk",
    /// Robots of the app.
    QAppBot = "qAppBot",
    /// Events (groups, friends, receipts v5).
    PullEventChange = "pullEventChange",
    /// Modified messages.
    PullModifyMsg = "pullModifyMsg",
    /// Server-side unread of conversations.
    PullSe = "pullSe",
    /// Ultragroup messages.
    PullUgMsg = "pullUgMsg",
    /// Ultragroup conversations.
    PullUgSes = "pullUgSes",
    /// Ultragroup changes.
    QryMsgChange = "qryMsgChange",
    /// Subscriptions of the user.
    PullUserSub = "pullUserSub",
    /// Data of subscriptions.
    PullSubData = "pullSubData",

    // conversations, settings, history
    /// Conversation list.
    QryRelationR = "qryRelationR",
    /// Conversation list, old form.
    QryRelation = "qryRelation",
    /// Conversations of the list by name.
    QryRlBatch = "qryRLBatch",
    /// Removes a conversation.
    DelRelation = "delRelation",
    /// Removes conversations.
    DelRelationBatch = "delRelationBatch",
    /// Sets top, do-not-disturb.
    SetSeAtt = "setSeAtt",
    /// Sets do-not-disturb for a conversation type.
    SetTypeUnpush = "setTypeUnpush",
    /// Sets quiet hours.
    AddUnpush = "addUnpush",
    /// The quiet hours.
    QryUnpush = "qryUnpush",
    /// Removes the quiet hours.
    DelUnpush = "delUnpush",
    /// Creates or renames tags.
    AddSeTag = "addSeTag",
    /// Deletes tags.
    DelSeTag = "delSeTag",
    /// Tags conversations.
    AddTag = "addTag",
    /// Untags conversations.
    DelTag = "delTag",
    /// Private history.
    QryPMsg = "qryPMsg",
    /// Group history.
    QryGMsg = "qryGMsg",
    /// System history.
    QrySMsg = "qrySMsg",
    /// Chatroom history.
    QryChMsg = "qryCHMsg",
    /// Messages by UID.
    QryMsg = "qryMsg",
    /// Deletes messages.
    DelMsg = "delMsg",
    /// Clears private history.
    CleanPMsg = "cleanPMsg",
    /// Clears group history.
    CleanGMsg = "cleanGMsg",
    /// Clears system history.
    CleanSMsg = "cleanSMsg",
    /// Clears the history of several conversations.
    CleanMsgBatch = "cleanMsgBatch",
    /// Ultragroup history.
    QryUgMsg = "qryUgMsg",
    /// Deletes ultragroup messages.
    DelUgMsg = "delUgMsg",
    /// Unread mentions of an ultragroup channel.
    QryUgUal = "qryUgUal",
    /// Changes the expansion of an ultragroup message.
    UpMsgEx = "upMsgEx",
    /// Changes the content of a message.
    ModifyMsg = "modifyMsg",
    /// Typing in an ultragroup.
    Operate = "operate",
    /// Sets do-not-disturb for all members of an ultragroup, or of one of its channels.
    UgUnpushSet = "ugUnpushSet",
    /// What is set there.
    UgUnpushQuery = "ugUnpushQuery",
    /// Group receipt.
    RrMsg = "rrMsg",
    /// Group receipt list.
    RrList = "rrList",
    /// Upload token.
    QnTkn = "qnTkn",
    /// Download address.
    QnUrl = "qnUrl",

    // blacklist
    /// Adds to the blacklist; the frame's target is the user to add.
    AddBlack = "addBlack",
    /// Removes from the blacklist.
    RmBlack = "rmBlack",
    /// Whether a user is on the blacklist.
    BlackStat = "blackStat",
    /// The blacklist.
    GetBlack = "getBlack",

    // chatrooms
    /// Joins a chatroom, creating it.
    JoinChrm = "joinChrm",
    /// Joins an existing chatroom.
    JoinChrmR = "joinChrmR",
    /// Leaves a chatroom.
    ExitChrm = "exitChrm",
    /// Messages of a chatroom.
    ChrmPull = "chrmPull",
    /// Members of a chatroom.
    QueryChrmI = "queryChrmI",
    /// Sets an entry of a chatroom.
    SetKv = "setKV",
    /// Removes an entry of a chatroom.
    DelKv = "delKV",
    /// Sets entries of a chatroom.
    SetKvs = "setKVS",
    /// Removes entries of a chatroom.
    DelKvs = "delKVS",
    /// Entries of a chatroom.
    PullKv = "pullKV",
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
    fn an_unknown_topic_is_kept() {
        assert_eq!(Topic::from("noSuch").as_str(), "noSuch");
    }
}
