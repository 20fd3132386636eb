//! What a message becomes on the wire.

use bytes::Bytes;
use serde_json::{Value, json};
use wire::{body::UpStreamMessage, flags};

use super::{Object, text};
use crate::expansion;

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
    let mut content = json!({});
    let (classname, session_id, policy) = match text(message, "messageType").as_str() {
        "text" => {
            content["content"] = message.get("text")?.as_str()?.into();
            ("RC:TxtMsg".to_owned(), STORED_AND_COUNTED, String::new())
        }
        "reference" => {
            let quoted = message.get("referenceMessage")?.as_object()?;
            content = json!({
                "content": text(message, "text"), "referMsgUserId": text(quoted, "senderUserId"),
                "referMsg": {"content": text(quoted, "text")}, "referMsgUid": text(quoted, "messageUId"),
                "objName": "RC:TxtMsg",
            });
            ("RC:ReferenceMsg".to_owned(), STORED_AND_COUNTED, String::new())
        }
        "custom" => {
            let policy = Some(text(message, "policy")).filter(|policy| !policy.is_empty());
            let policy = policy.unwrap_or_else(|| "normal".to_owned());
            content = message.get("fields").cloned().unwrap_or(content);
            (text(message, "identifier"), policy_flags(&policy)?, policy)
        }
        _ => return None,
    };
    if classname.is_empty() || !content.is_object() {
        return None;
    }
    if let Some(Value::String(extra)) = message.get("extra") {
        content["extra"] = extra.as_str().into();
    }
    let content: Bytes = content.to_string().into();
    let extra_content = expansion::initial(message).ok()?;
    let expandable = if extra_content.is_some() { flags::up::EXPANSION } else { 0 };
    let session_id = session_id | expandable;
    let up = UpStreamMessage { session_id, classname, extra_content, content, ..UpStreamMessage::default() };
    // Rooms are kept by no client.
    let stored = session_id & flags::up::PERSIST != 0 && text(message, "conversationType") != "chatroom";
    Some(Outgoing { up, stored, status: policy == "status" })
}
