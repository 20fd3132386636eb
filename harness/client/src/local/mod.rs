//! Calls that the local store answers: no frame, the same while disconnected, one result callback each (ENG-007).
//!
//! The database is that of the user who is logged in or was last; before the first login there is none, and such calls
//! are answered with code 33002 (assumed after the vendor's engines).

pub(crate) mod conversation;
pub(crate) mod draft;
pub(crate) mod insert;
pub(crate) mod message_state;
pub(crate) mod search;
pub(crate) mod unread;

use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::{
    core::{
        code,
        io::CallResult,
        message::{Object, is_conversation, is_message_type, text},
        store::Key,
    },
    engine::Engine,
};

/// The longest channel id, in characters (MSG-002).
pub(crate) const LONGEST_CHANNEL: usize = 20;

/// What a call came to: its callback and the code and values in it; `None`: an argument is wrong.
pub(crate) type Answered = Option<Answer>;

/// The result callback of a local call.
pub(crate) struct Answer {
    pub(crate) event: &'static str,
    /// Arguments of the call that the callback repeats.
    pub(crate) echoed: &'static [&'static str],
    /// The values that were asked for, and what they are where there are none.
    pub(crate) result: rusqlite::Result<Vec<(&'static str, Value)>>,
    pub(crate) otherwise: Vec<(&'static str, Value)>,
}

impl Engine {
    /// What something asked of the database comes to. Before the first login there is none to ask.
    pub(crate) fn of_database<T: Default>(&self, asked: rusqlite::Result<T>) -> (i64, T) {
        match asked {
            Ok(found) if self.store.is_open() => (0, found),
            _ => (code::DATABASE_ERROR, T::default()),
        }
    }

    /// A call of the conversation list, unread counts, drafts, insertion, search or local deletion; `None`: it is
    /// another's.
    pub(crate) fn local_call(&mut self, now: UnixMillis, method: &str, args: &Object) -> Option<CallResult> {
        // `get…` is the later name of `load…`: the same arguments and the same answer.
        let asks_for = method.strip_prefix("load").or_else(|| method.strip_prefix("get"));
        let answered = match (method, asks_for) {
            (_, Some("Conversation")) => self.load_conversation(args),
            (_, Some("Conversations")) => self.load_conversations(args),
            ("removeConversation", _) => self.remove_conversation(args),
            ("removeConversations", _) => self.remove_conversations(args),
            (_, Some("UnreadCount")) => self.load_unread_count(args, false),
            (_, Some("UnreadMentionedCount")) => self.load_unread_count(args, true),
            (_, Some("TotalUnreadCount")) => self.load_total_unread_count(args),
            (_, Some("UnreadCountByConversationTypes")) => self.load_unread_count_by_types(args),
            (_, Some("FirstUnreadMessage")) => self.load_first_unread_message(args),
            (_, Some("UnreadMentionedMessages")) => self.load_unread_mentioned_messages(args),
            (_, Some("ConversationsForAllChannel")) => self.load_channels(args),
            (_, Some("UltraGroupAllUnreadCount")) => self.load_all_channels_unread(false),
            (_, Some("UltraGroupAllUnreadMentionedCount")) => self.load_all_channels_unread(true),
            (_, Some("UltraGroupUnreadCount")) => self.load_group_unread(args, false),
            (_, Some("UltraGroupUnreadMentionedCount")) => self.load_group_unread(args, true),
            ("clearUnreadCount", _) => self.clear_unread_count(args),
            ("saveDraftMessage", _) => self.save_draft(now, args),
            (_, Some("DraftMessage")) => self.load_draft(args),
            ("clearDraftMessage", _) => self.clear_draft(args),
            ("insertMessage", _) => self.insert_message(now, args),
            ("insertMessages", _) => self.insert_messages(now, args),
            ("searchMessages", _) => self.search_messages(args),
            ("searchMessagesByTimeRange", _) => self.search_messages_by_time_range(args),
            ("searchMessagesByUserId", _) => self.search_messages_by_user(args),
            ("searchConversations", _) => self.search_conversations(args),
            ("deleteLocalMessages", _) => self.delete_local_messages(args),
            ("changeMessageSentStatus", _) => self.change_message_status(args, true),
            ("changeMessageReceiveStatus", _) => self.change_message_status(args, false),
            _ => return None,
        };
        let Some(Answer { event, echoed, result, otherwise }) = answered else {
            return Some(CallResult::Code(code::PARAM_ERROR));
        };
        let (code, values) = match result {
            _ if !self.store.is_open() => (code::DATABASE_ERROR, otherwise),
            Ok(values) => (0, values),
            Err(rusqlite::Error::QueryReturnedNoRows) => (code::NATIVE_OPERATION_ERROR, otherwise),
            Err(_) => (code::DATABASE_ERROR, otherwise),
        };
        let mut told = Map::new();
        told.insert("code".to_owned(), code.into());
        for name in echoed {
            told.insert((*name).to_owned(), args.get(*name).cloned().unwrap_or_default());
        }
        told.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.fire(event, Value::Object(told));
        Some(CallResult::Code(0))
    }
}

/// The conversation that `type`, `targetId` and `channelId` name; `None`: they name none (ERR-002).
pub(crate) fn conversation(args: &Object) -> Option<Key> {
    let (kind, target, channel) = (text(args, "type"), text(args, "targetId"), channel(args)?);
    (is_conversation(&kind) && !target.is_empty()).then(|| Key::new(kind, target, channel))
}

/// `channelId`: absent and null are the same as an empty one (MSG-042).
pub(crate) fn channel(args: &Object) -> Option<String> {
    let channel = match args.get("channelId") {
        None | Some(Value::Null) => "",
        Some(channel) => channel.as_str()?,
    };
    (channel.chars().count() <= LONGEST_CHANNEL).then(|| channel.to_owned())
}

/// A list of conversation types that is not empty; its nulls are passed over.
pub(crate) fn conversation_types(args: &Object) -> Option<Vec<String>> {
    names(args, "conversationTypes", is_conversation)
}

/// A list of message types that is not empty.
pub(crate) fn message_types(args: &Object) -> Option<Vec<String>> {
    names(args, "messageTypes", is_message_type)
}

fn names(args: &Object, name: &str, known: fn(&str) -> bool) -> Option<Vec<String>> {
    let list = args.get(name)?.as_array()?.iter().filter(|item| !item.is_null());
    let list: Vec<String> = list
        .map(|item| item.as_str().filter(|item| known(item)).map(str::to_owned))
        .collect::<Option<_>>()?;
    (!list.is_empty()).then_some(list)
}

/// A whole number in a range.
pub(crate) fn number(args: &Object, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    args.get(name)?.as_i64().filter(|number| range.contains(number))
}
