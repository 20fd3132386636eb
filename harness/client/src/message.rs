//! Canonical messages (documented property names) and what they are on the wire.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::{
    body::{DownStreamMessage, UpStreamMessage},
    flags,
};

pub(crate) type Object = Map<String, Value>;

/// Conversation types with their documented names and wire numbers.
const CONVERSATIONS: [(&str, i32); 5] =
    [("private", 1), ("group", 3), ("chatroom", 4), ("system", 6), ("ultra_group", 10)];

pub(crate) fn is_conversation(name: &str) -> bool {
    CONVERSATIONS.iter().any(|(known, _)| *known == name)
}

fn conversation_name(number: i32) -> String {
    CONVERSATIONS
        .iter()
        .find(|(_, n)| *n == number)
        .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

/// Object names of built-in messages and their documented types.
const TYPES: [(&str, &str); 12] = [
    ("RC:TxtMsg", "text"),
    ("RC:ImgMsg", "image"),
    ("RC:VcMsg", "voice"),
    ("RC:HQVCMsg", "voice"),
    ("RC:FileMsg", "file"),
    ("RC:SightMsg", "sight"),
    ("RC:GIFMsg", "gif"),
    ("RC:ReferenceMsg", "reference"),
    ("RC:LBSMsg", "location"),
    ("RC:CmdMsg", "command"),
    ("RC:CmdNtf", "command_notification"),
    ("RC:RcNtf", "recall"),
];

pub(crate) fn text(object: &Object, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a message becomes on the wire.
pub(crate) struct Outgoing {
    pub(crate) up: UpStreamMessage,
    /// Kept in the local store; then it is attached before it is sent (SEND-006).
    pub(crate) stored: bool,
    /// Online receivers only, nothing waits for its acknowledgement elsewhere.
    pub(crate) status: bool,
}

/// The wire form of a message that `sendMessage` takes; `None`: not one of its kinds (SEND-005).
pub(crate) fn outgoing(message: &Object) -> Option<Outgoing> {
    let stored_and_counted = flags::up::PERSIST | flags::up::COUNT;
    let (classname, content, session_id, status) = match text(message, "messageType").as_str() {
        "text" => (
            "RC:TxtMsg".to_owned(),
            json!({"content": message.get("text")?.as_str()?}),
            stored_and_counted,
            false,
        ),
        "reference" => {
            let quoted = message.get("referenceMessage")?.as_object()?;
            let content = json!({
                "content": text(message, "text"), "referMsgUserId": text(quoted, "senderUserId"),
                "referMsg": {"content": text(quoted, "text")}, "referMsgUid": text(quoted, "messageUId"),
                "objName": "RC:TxtMsg",
            });
            ("RC:ReferenceMsg".to_owned(), content, stored_and_counted, false)
        }
        "custom" => {
            let flags = match text(message, "policy").as_str() {
                "command" | "status" => 0,
                "storage" => flags::up::PERSIST,
                _ => stored_and_counted,
            };
            let identifier = text(message, "identifier");
            if identifier.is_empty() {
                return None;
            }
            let fields = message.get("fields").cloned().unwrap_or_else(|| json!({}));
            (identifier, fields, flags, text(message, "policy") == "status")
        }
        _ => return None,
    };
    let content: Bytes = content.to_string().into();
    let up = UpStreamMessage { session_id, classname, content, ..UpStreamMessage::default() };
    Some(Outgoing { stored: up.session_id & flags::up::PERSIST != 0, up, status })
}

/// A received message by its documented properties.
pub(crate) fn received(down: &DownStreamMessage, me: &str, offline: bool) -> Object {
    let own = down.direction == Some(1);
    let target = match down.r#type {
        1 | 6 => down.from_user_id.clone(),
        _ => down.group_id.clone().unwrap_or_default(),
    };
    let sender = if own { me } else { &down.from_user_id };
    let mut message =
        base(&conversation_name(down.r#type), &target, down.bus_channel.as_deref().unwrap_or_default());
    message.insert("messageUId".into(), down.msg_id.clone().unwrap_or_default().into());
    message.insert("senderUserId".into(), sender.into());
    message.insert("direction".into(), if own { "send" } else { "receive" }.into());
    message.insert("sentTime".into(), down.data_time.into());
    message.insert("receivedStatus".into(), "unread".into());
    message.insert("sentStatus".into(), if own { "sent" } else { "received" }.into());
    message.insert("offLine".into(), offline.into());
    describe(&mut message, &down.classname, &down.content);
    message
}

/// Whether a received message has a place in the local store.
pub(crate) fn is_stored(down: &DownStreamMessage) -> bool {
    down.status & flags::down::PERSIST != 0
}

fn base(conversation: &str, target: &str, channel: &str) -> Object {
    let mut message = Object::new();
    message.insert("conversationType".into(), conversation.into());
    message.insert("targetId".into(), target.into());
    message.insert("channelId".into(), channel.into());
    message
}

/// Type and content. What is neither built in nor a flat mapping is an unknown message (ENG-017).
fn describe(message: &mut Object, classname: &str, content: &[u8]) {
    let known = TYPES.iter().find(|(name, _)| *name == classname).map(|(_, kind)| *kind);
    let body = serde_json::from_slice::<Value>(content).ok();
    let flat = |body: &Object| body.values().all(Value::is_string);
    match (known, body) {
        (Some("text"), Some(Value::Object(body))) => {
            message.insert("messageType".into(), "text".into());
            message.insert("text".into(), text(&body, "content").into());
        }
        (Some("reference"), Some(Value::Object(body))) => {
            message.insert("messageType".into(), "reference".into());
            message.insert("text".into(), text(&body, "content").into());
        }
        (Some(kind), Some(body)) => {
            message.insert("messageType".into(), kind.into());
            message.insert("rawData".into(), body.to_string().into());
        }
        (None, Some(Value::Object(body))) if flat(&body) && !classname.starts_with("RC:") => {
            message.insert("messageType".into(), "custom".into());
            message.insert("identifier".into(), classname.into());
            message.insert("fields".into(), body.into());
        }
        _ => {
            message.insert("messageType".into(), "unknown".into());
            message.insert("objectName".into(), classname.into());
            message.insert("rawData".into(), String::from_utf8_lossy(content).into_owned().into());
        }
    }
}

/// `create*Message`: plain data, checked like the documented wrapper does; `None` where it gives no message.
pub(crate) fn create(method: &str, args: &Object) -> Option<Object> {
    let (kind, target) = (text(args, "type"), text(args, "targetId"));
    if !is_conversation(&kind) || target.is_empty() {
        return None;
    }
    let mut message = base(&kind, &target, &text(args, "channelId"));
    message.insert("direction".into(), "send".into());
    match method {
        "createTextMessage" => {
            message.insert("messageType".into(), "text".into());
            message.insert("text".into(), args.get("text").filter(|text| text.is_string())?.clone());
        }
        "createReferenceMessage" => {
            message.insert("messageType".into(), "reference".into());
            message.insert(
                "referenceMessage".into(),
                args.get("referenceMessage").filter(|m| m.is_object())?.clone(),
            );
            message.insert("text".into(), text(args, "text").into());
        }
        _ => {
            message.insert("messageType".into(), "custom".into());
            message.insert("identifier".into(), text(args, "messageIdentifier").into());
            message.insert("policy".into(), args.get("policy").cloned().unwrap_or_else(|| "normal".into()));
            message.insert("fields".into(), args.get("fields").cloned().unwrap_or_else(|| json!({})));
        }
    }
    Some(message)
}
