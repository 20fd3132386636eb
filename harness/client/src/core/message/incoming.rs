//! What arrives, by its documented properties.

use serde_json::{Map, Value, json};
use wire::{body::DownStreamMessage, flags};

use crate::{
    core::message::expansion,
    core::message::{CONVERSATIONS, Object, base, common, kind, media, text},
};

/// A received message by its documented properties.
pub(crate) fn received(down: &DownStreamMessage, me: &str, offline: bool) -> Object {
    let own = down.is_own();
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
    if message.get("messageType") == Some(&Value::from("custom")) {
        message.insert("policy".into(), policy(down).into());
    }
    message
}

fn conversation_name(number: i32) -> String {
    let known = CONVERSATIONS.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

/// The policy that the sender of a custom message chose, by its flags.
fn policy(down: &DownStreamMessage) -> &'static str {
    let has = |bit: i64| down.status & bit != 0;
    if down.ext_status() & flags::ext::STATUS != 0 {
        "status"
    } else if !has(flags::down::PERSIST) {
        "command"
    } else if has(flags::down::COUNT) {
        "normal"
    } else {
        "storage"
    }
}

/// Type and content. What is neither built in nor a flat mapping is an unknown message (ENG-017, MSG-028).
pub(crate) fn describe(message: &mut Object, classname: &str, content: &[u8]) {
    let known = kind::type_of(classname);
    let Ok(Value::Object(whole)) = serde_json::from_slice::<Value>(content) else {
        return unknown(message, classname, content);
    };
    let mut body = whole.clone();
    let mut common = Object::new();
    common::take(&mut common, &mut body);
    let own = match known {
        Some("text") => json!({"text": text(&body, "content")}),
        Some("reference") => {
            json!({"text": text(&body, "content"), "referenceMessage": quoted(message, &body)})
        }
        Some("location") => json!({
            "longitude": number(&body, "longitude"), "latitude": number(&body, "latitude"),
            "poiName": text(&body, "poi"),
        }),
        Some("command" | "command_notification") => {
            json!({"name": text(&body, "name"), "data": text(&body, "data")})
        }
        Some("recall") => {
            let flag = |name: &str| body.get(name) == Some(&Value::Bool(true));
            json!({
                "admin": flag("admin"), "deleted": flag("delete"), "recallTime": number(&body, "recallTime"),
                "recallActionTime": number(&body, "recallActionTime"),
            })
        }
        Some(kind) if media::is_media(kind) => media::properties(kind, &body).into(),
        Some(_) => json!({"rawData": Value::Object(whole).to_string()}),
        None if !classname.starts_with("RC:") && body.values().all(Value::is_string) => {
            json!({"identifier": classname, "fields": body})
        }
        None => return unknown(message, classname, content),
    };
    message.insert("messageType".into(), known.unwrap_or("custom").into());
    if let Value::Object(own) = own {
        message.extend(own);
    }
    message.extend(common);
}

fn unknown(message: &mut Object, classname: &str, content: &[u8]) {
    message.insert("messageType".into(), "unknown".into());
    message.insert("objectName".into(), classname.into());
    message.insert("rawData".into(), String::from_utf8_lossy(content).into_owned().into());
}

/// The message that a reference message quotes, as far as the wire tells: conversation, sender, UID and content.
fn quoted(message: &Object, body: &Map<String, Value>) -> Object {
    let of = |name: &str| text(message, name);
    let mut quoted = base(&of("conversationType"), &of("targetId"), &of("channelId"));
    quoted.insert("senderUserId".into(), text(body, "referMsgUserId").into());
    quoted.insert("messageUId".into(), text(body, "referMsgUid").into());
    let content = body.get("referMsg").cloned().unwrap_or_default();
    describe(&mut quoted, &text(body, "objName"), content.to_string().as_bytes());
    quoted
}

fn number(body: &Map<String, Value>, name: &str) -> Value {
    body.get(name).filter(|value| value.is_number()).cloned().unwrap_or(0.into())
}
