//! Canonical messages: objects with the documented property names, and what they are on the wire.

mod create;
mod incoming;
mod outgoing;

use serde_json::{Map, Value};

pub(crate) use create::create;
pub(crate) use incoming::{is_stored, received};
pub(crate) use outgoing::{Outgoing, outgoing};

pub(crate) type Object = Map<String, Value>;

/// Conversation types with their documented names and wire numbers.
const CONVERSATIONS: [(&str, i32); 5] =
    [("private", 1), ("group", 3), ("chatroom", 4), ("system", 6), ("ultra_group", 10)];

pub(crate) fn is_conversation(name: &str) -> bool {
    CONVERSATIONS.iter().any(|(known, _)| *known == name)
}

/// The wire's number of a conversation type.
pub(crate) fn conversation_number(name: &str) -> Option<i32> {
    CONVERSATIONS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// A property as text; empty if it is missing or none.
pub(crate) fn text(object: &Object, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The properties every message has.
fn base(conversation: &str, target: &str, channel: &str) -> Object {
    let mut message = Object::new();
    message.insert("conversationType".into(), conversation.into());
    message.insert("targetId".into(), target.into());
    message.insert("channelId".into(), channel.into());
    message
}
