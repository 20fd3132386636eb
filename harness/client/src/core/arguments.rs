//! Arguments that several calls have.

use serde_json::Value;

use super::{
    message::{Object, is_conversation, is_message_type, text},
    store::Key,
};

/// The longest channel id, in characters (MSG-002).
pub(crate) const LONGEST_CHANNEL: usize = 20;

/// The conversation that `type`, `targetId` and `channelId` name; `None`: they name none (ERR-002).
pub(crate) fn conversation_of(args: &Object) -> Option<Key> {
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
