//! What a message becomes on the wire.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::{body::UpStreamMessage, flags};

use crate::{
    core::message::expansion,
    core::message::{Object, common, kind, media, push_options, text},
};

#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) up: UpStreamMessage,
    /// Kept in the local store; then it is attached before it is sent (SEND-006).
    pub(crate) stored: bool,
    /// For receivers that are online, kept by nobody.
    pub(crate) status: bool,
}

const STORED_AND_COUNTED: i32 = flags::up::PERSIST | flags::up::COUNT;

/// Flags of a `RCIMIWCustomMessagePolicy`; `None`: there is no such policy. Assumed from their names: a command is
/// delivered and kept nowhere, storage is kept and not counted as unread, status reaches online receivers only.
pub(super) fn policy_flags(policy: &str) -> Option<i32> {
    match policy {
        "command" | "status" => Some(0),
        "storage" => Some(flags::up::PERSIST),
        "normal" => Some(STORED_AND_COUNTED),
        _ => None,
    }
}

/// The wire form of a message that `sendMessage` takes; `None`: not one of its kinds, or incomplete (SEND-005).
pub(crate) fn outgoing(message: &Object) -> Option<Outgoing> {
    let (classname, content) = content(message)?;
    let policy = if text(message, "messageType") == "custom" { policy(message) } else { "normal".to_owned() };
    wrap(message, classname, content, &policy)
}

/// A content with what messages of every kind carry beside it.
pub(super) fn wrap(
    message: &Object,
    classname: String,
    mut content: Map<String, Value>,
    policy: &str,
) -> Option<Outgoing> {
    let conversation = text(message, "conversationType");
    let mut session_id = policy_flags(policy)?;
    if common::can_mention(&conversation) && message.get("mentionedInfo").is_some_and(Value::is_object) {
        session_id |= flags::up::MENTION;
    }
    let extra_content = expansion::initial(message).ok()?;
    if extra_content.is_some() {
        session_id |= flags::up::EXPANSION;
    }
    common::write(message, &mut content);
    let content: Bytes = Value::Object(content).to_string().into();
    let mut up =
        UpStreamMessage { session_id, classname, extra_content, content, ..UpStreamMessage::default() };
    if conversation == "ultra_group" {
        up.bus_channel = Some(text(message, "channelId"));
    }
    push_options::write(message, &mut up);
    // Rooms are kept by no client.
    let stored = session_id & flags::up::PERSIST != 0 && conversation != "chatroom";
    Some(Outgoing { up, stored, status: policy == "status" })
}

fn policy(message: &Object) -> String {
    let policy = Some(text(message, "policy")).filter(|policy| !policy.is_empty());
    policy.unwrap_or_else(|| "normal".to_owned())
}

/// Object name and content of a message that needs no upload.
fn content(message: &Object) -> Option<(String, Map<String, Value>)> {
    let kind = text(message, "messageType");
    let (classname, content) = match kind.as_str() {
        "text" => ("RC:TxtMsg".to_owned(), json!({"content": message.get("text")?.as_str()?})),
        "reference" => {
            let quoted = message.get("referenceMessage")?.as_object()?;
            let (name, content) = quoted_content(quoted);
            let content = json!({
                "content": text(message, "text"), "referMsgUserId": text(quoted, "senderUserId"),
                "referMsg": content, "referMsgUid": text(quoted, "messageUId"), "objName": name,
            });
            ("RC:ReferenceMsg".to_owned(), content)
        }
        "location" => {
            let degrees = |name: &str| message.get(name).filter(|value| value.is_number()).cloned();
            // The picture of the map would be made from a file; this engine reads none.
            let content = json!({
                "longitude": degrees("longitude")?, "latitude": degrees("latitude")?,
                "poi": text(message, "poiName"), "content": "",
            });
            ("RC:LBSMsg".to_owned(), content)
        }
        "custom" => {
            let identifier = Some(text(message, "identifier")).filter(|identifier| !identifier.is_empty())?;
            (identifier, message.get("fields").cloned().unwrap_or(json!({})))
        }
        _ => return None,
    };
    match content {
        Value::Object(content) => Some((classname, content)),
        _ => None,
    }
}

/// The same of a quoted message of any kind: what it was made of, or what it arrived as.
fn quoted_content(quoted: &Object) -> (String, Value) {
    if let Some((name, mut content)) = content(quoted).or_else(|| media::content(quoted)) {
        common::write(quoted, &mut content);
        return (name, Value::Object(content));
    }
    let named = kind::object_name(&text(quoted, "messageType")).map(str::to_owned);
    let raw = serde_json::from_str(&text(quoted, "rawData")).ok().filter(Value::is_object);
    (named.unwrap_or_else(|| text(quoted, "objectName")), raw.unwrap_or(json!({})))
}
