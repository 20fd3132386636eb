//! Looking at bodies without trusting them: unknown fields shown, missing required fields named.
//!
//! Typed decoding fills a missing `required` with a default and forgets unknown fields; a conformance lab must
//! see both. The descriptors are the ones the types are generated from.

use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    SerializeOptions, Value,
};

use crate::body::DownStreamMessage;

/// The message that users send each other, as a server writes it.
const DOWN: &str = "DownStreamMessage";

/// Messages of `im.proto` lie in each other, but not deeper.
const MAX_DEPTH: u32 = 16;

mod required;
mod rewrite;

pub use rewrite::{Rewrite, rewrite};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/im.descriptors")).as_ref())
        .expect("the descriptor set was written by the build script of this crate")
});

/// The message of that name in `im.proto`.
#[must_use]
pub fn descriptor(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(&format!("im.{name}"))
}

/// The message that stands encoded in a bytes field: what reads the outer message reads it next.
pub(crate) fn embedded(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match (field.parent_message().name(), field.name()) {
        ("ChrmDownStreamMessages", "list") => descriptor("DownStreamMessage"),
        _ => None,
    }
}

/// A body as a person reads it, and what is odd about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The message's name in `im.proto`.
    pub message: &'static str,
    /// The fields by name; bytes that are JSON text appear as text.
    pub json: serde_json::Value,
    /// Required fields that are not there, by their paths: `syncTime`, `list[3].dataTime`.
    pub missing: Vec<String>,
    /// Numbers of fields the descriptors do not know.
    pub unknown: Vec<u32>,
}

/// Decodes `body` as the message `name` of `im.proto`.
///
/// # Errors
/// What makes it undecodable, or that there is no such message.
pub fn judge(name: &'static str, body: &[u8]) -> Result<Judged, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    let message = DynamicMessage::decode(descriptor.clone(), body).map_err(|error| error.to_string())?;
    let missing = required::missing(&descriptor, body)?;
    let unknown = message.unknown_fields().map(prost_reflect::UnknownField::number).collect();
    let json = shown(&message)?;
    Ok(Judged { message: name, json, missing, unknown })
}

/// The fields by name, and what bytes fields hold where it is text or a message.
fn shown(message: &DynamicMessage) -> Result<serde_json::Value, String> {
    let options = SerializeOptions::new().stringify_64_bit_integers(false).use_proto_field_name(true);
    let mut json = message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| error.to_string())?;
    show_content(message, &mut json);
    Ok(json)
}

/// The required fields that `body` lacks as the message `name`, nested ones by their paths. Cheaper than [`judge`]: nothing
/// is decoded.
///
/// # Errors
/// What makes it unreadable, or that there is no such message.
pub fn missing(name: &str, body: &[u8]) -> Result<Vec<String>, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    required::missing(&descriptor, body)
}

/// The messages that users sent each other in a body of the message `name`, however deep, in the order of its fields.
///
/// # Errors
/// What makes it undecodable, or that `im.proto` has no such message.
pub fn messages_in(name: &str, body: &[u8]) -> Result<Vec<DownStreamMessage>, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    let message = DynamicMessage::decode(descriptor, body).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    collect(&message, &mut found)?;
    Ok(found)
}

fn collect(message: &DynamicMessage, found: &mut Vec<DownStreamMessage>) -> Result<(), String> {
    if message.descriptor().name() == DOWN {
        found.push(message.transcode_to().map_err(|error| error.to_string())?);
        return Ok(());
    }
    for (field, value) in message.fields() {
        for item in value.as_list().unwrap_or(std::slice::from_ref(value)) {
            match (item, embedded(&field)) {
                (Value::Message(inner), _) => collect(inner, found)?,
                (Value::Bytes(bytes), Some(inner)) => {
                    let inner = DynamicMessage::decode(inner, bytes.as_ref());
                    collect(&inner.map_err(|error| error.to_string())?, found)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The names of all messages of `im.proto` in which [`messages_in`] may find some, in the order of that file.
#[must_use]
pub fn holders_of_messages() -> Vec<String> {
    POOL.all_messages()
        .filter(|message| may_hold(message, 0))
        .map(|message| message.name().to_owned())
        .collect()
}

fn may_hold(message: &MessageDescriptor, depth: u32) -> bool {
    message.name() == DOWN
        || depth < MAX_DEPTH
            && message.fields().any(|field| match field.kind() {
                Kind::Message(inner) => may_hold(&inner, depth + 1),
                _ => embedded(&field).is_some(),
            })
}

/// `content` is JSON text in a bytes field: shown as text, not as base64.
fn show_content(message: &DynamicMessage, json: &mut serde_json::Value) {
    for (field, value) in message.fields() {
        let name = field.name();
        match value {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    show_value(&field, item, &mut json[name][index]);
                }
            }
            value => show_value(&field, value, &mut json[name]),
        }
    }
}

fn show_value(field: &FieldDescriptor, value: &Value, json: &mut serde_json::Value) {
    match value {
        Value::Bytes(bytes) => {
            let inner = embedded(field).and_then(|inner| DynamicMessage::decode(inner, bytes.as_ref()).ok());
            if let Some(inner) = inner.and_then(|inner| shown(&inner).ok()) {
                *json = inner;
            } else if let Ok(text) = std::str::from_utf8(bytes) {
                *json = text.into();
            }
        }
        Value::Message(inner) => show_content(inner, json),
        _ => {}
    }
}
