//! Canonical messages: objects with the documented property names, and what they are on the wire.

mod common;
mod create;
pub(crate) mod expansion;
mod incoming;
mod insert;
mod kind;
mod media;
mod outgoing;
mod push_options;

use serde_json::{Map, Value};

pub(crate) use common::mentions;
pub(crate) use create::create;
pub(crate) use incoming::{describe, received};
pub(crate) use insert::to_insert;
pub(crate) use kind::{counts, is_counted, is_message_type, is_stored};
pub(crate) use media::{create_media, media_kind, outgoing_media};
pub(crate) use outgoing::{Outgoing, outgoing};

pub(crate) type Object = Map<String, Value>;

/// Conversation types with their documented names and wire numbers.
const CONVERSATIONS: [(&str, i32); 5] =
    [("private", 1), ("group", 3), ("chatroom", 4), ("system", 6), ("ultra_group", 10)];

pub(crate) fn is_conversation(name: &str) -> bool {
    CONVERSATIONS.iter().any(|(known, _)| *known == name)
}

/// The wire number of a conversation type.
pub(crate) fn conversation_number(name: &str) -> Option<i32> {
    CONVERSATIONS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// The documented name of a conversation type's wire number.
pub(crate) fn conversation_name(number: i32) -> Option<&'static str> {
    CONVERSATIONS.iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
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
