//! What arrives, by its documented properties.

use serde_json::Value;
use wire::{body::DownStreamMessage, flags};

use super::{CONVERSATIONS, Object, base, text};
use crate::expansion;

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

/// A received message by its documented properties.
pub(crate) fn received(down: &DownStreamMessage, me: &str, offline: bool) -> Object {
    let own = down.direction == Some(1);
    let target = match down.r#type {
        // The other side; an own message names the peer in that field too.
        1 | 6 => down.from_user_id.clone(),
        _ => down.group_id.clone().unwrap_or_default(),
    };
    let sender = if own { me } else { &down.from_user_id };
    let channel = down.bus_channel.as_deref().unwrap_or_default();
    let mut message = base(&conversation_name(down.r#type), &target, channel);
    let retrieved = down.status & flags::down::RETRIEVED != 0;
    message.insert("messageUId".into(), down.msg_id.clone().unwrap_or_default().into());
    message.insert("senderUserId".into(), sender.into());
    message.insert("direction".into(), if own { "send" } else { "receive" }.into());
    message.insert("sentTime".into(), down.data_time.into());
    message.insert("receivedStatus".into(), if retrieved { "retrieved" } else { "unread" }.into());
    message.insert("sentStatus".into(), if own { "sent" } else { "received" }.into());
    message.insert("offLine".into(), offline.into());
    if down.status & flags::down::EXPANSION != 0 {
        message.insert("expansion".into(), expansion::received(down).into());
    }
    describe(&mut message, &down.classname, &down.content);
    message
}

/// Whether a received message has a place in the local store.
pub(crate) fn is_stored(down: &DownStreamMessage) -> bool {
    down.status & flags::down::PERSIST != 0
}

fn conversation_name(number: i32) -> String {
    let known = CONVERSATIONS.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

/// Type and content. What is neither built in nor a flat mapping is an unknown message (ENG-017).
fn describe(message: &mut Object, classname: &str, content: &[u8]) {
    let known = TYPES.iter().find(|(name, _)| *name == classname).map(|(_, kind)| *kind);
    let body = serde_json::from_slice::<Value>(content).ok();
    let flat = |body: &Object| body.values().all(Value::is_string);
    if let (Some(_), Some(Value::Object(body))) = (known, &body)
        && let Some(extra) = body.get("extra").filter(|extra| extra.is_string())
    {
        message.insert("extra".into(), extra.clone());
    }
    match (known, body) {
        (Some("text"), Some(Value::Object(body))) => {
            message.insert("messageType".into(), "text".into());
            message.insert("text".into(), text(&body, "content").into());
        }
        (Some("reference"), Some(Value::Object(body))) => {
            message.insert("messageType".into(), "reference".into());
            message.insert("text".into(), text(&body, "content").into());
        }
        (Some("recall"), Some(Value::Object(body))) => {
            message.insert("messageType".into(), "recall".into());
            let flag = |name: &str| body.get(name) == Some(&Value::Bool(true));
            message.insert("admin".into(), flag("admin").into());
            message.insert("deleted".into(), flag("delete").into());
            for name in ["recallTime", "recallActionTime"] {
                message.insert(name.into(), body.get(name).cloned().unwrap_or(0.into()));
            }
        }
        (Some(kind), Some(body @ Value::Object(_))) => {
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
