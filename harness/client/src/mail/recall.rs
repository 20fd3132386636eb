//! `recallMessage`, and recalls by others or by another device of the user: the message becomes a notice of its recall,
//! here as on the server (RECALL).

use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, conversation_number, text},
    },
    mail::{Call, Mail},
};

/// Object name of the command that recalls a message.
pub(crate) const COMMAND: &str = "RC:RcCmd";

/// Object name of the notice that stands where a recalled message stood.
pub(crate) const NOTICE: &str = "RC:RcNtf";

/// Properties that tell which message it is and what became of it: its notice of recall shares them, a change of its content
/// leaves them.
pub(crate) const LASTING: [&str; 11] = [
    "conversationType",
    "targetId",
    "channelId",
    "messageId",
    "messageUId",
    "senderUserId",
    "direction",
    "sentTime",
    "receivedTime",
    "sentStatus",
    "receivedStatus",
];

/// `recallMessage(message)`: only one that was sent has the UID it takes (RECALL-003).
pub(crate) fn recall(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    let Some(Value::Object(message)) = args.get("message") else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let Some(up) = command(message, false) else { return CallResult::Code(code::PARAM_ERROR) };
    let me = mail.core.user.clone();
    let pending = Call::Recall(message.clone());
    mail.ask(now, Topic::RecallMsg, &me, up.encode_to_vec(), pending);
    CallResult::Code(0)
}

/// Ends `recallMessage`: the stored message loses its content, the app gets what it passed (RECALL-001, RECALL-002).
pub(crate) fn answered(core: &mut Core, now: UnixMillis, message: Object, code: i64) {
    let uid = text(&message, "messageUId");
    let here = code == 0 || core.has(Bug::RefusedRecallRecallsHere);
    if here && is_news(core, &uid) {
        put_notice(core, now, &uid, now, &Map::new());
    }
    core.fire("onMessageRecalled", json!({"code": code, "message": message}));
}

/// What the app is told of a recall; `None` if the message is unknown here, or the recall is (RECALL-009).
pub(crate) fn recalled(core: &Core, now: UnixMillis, down: &DownStreamMessage) -> Option<Object> {
    let Ok(Value::Object(command)) = serde_json::from_slice(&down.content) else { return None };
    let uid = text(&command, "messageUId");
    core.store.by_uid(&uid).ok()??;
    if !is_news(core, &uid) {
        return None;
    }
    put_notice(core, now, &uid, UnixMillis(down.data_time), &command)
}

/// Whether that recall was not heard of before: it may come by push, by pull and by a mirror.
pub(crate) fn is_news(core: &Core, uid: &str) -> bool {
    core.store.see(&format!("recall of {uid}")).unwrap_or(true) || core.has(Bug::RecallsToldTwice)
}

/// Puts the notice in the message's place. The app's copy has the original with it, the store's has not: a recalled
/// message is gone (RECALL-005).
pub(crate) fn put_notice(
    core: &Core,
    now: UnixMillis,
    uid: &str,
    at: UnixMillis,
    command: &Object,
) -> Option<Object> {
    let original = core.store.by_uid(uid).ok()??;
    let flag = |name: &str| command.get(name) == Some(&Value::Bool(true));
    let mut notice = Map::new();
    for name in LASTING {
        if let Some(value) = original.get(name) {
            notice.insert(name.to_owned(), value.clone());
        }
    }
    notice.insert("messageType".into(), "recall".into());
    let admin = flag("isAdmin") && !core.has(Bug::RecallsByAdminsUnmarked);
    notice.insert("admin".into(), admin.into());
    notice.insert("deleted".into(), flag("isDelete").into());
    notice.insert("recallTime".into(), original.get("sentTime").cloned().unwrap_or(now.0.into()));
    notice.insert("recallActionTime".into(), at.0.into());
    let id = original.get("messageId").and_then(Value::as_i64)?;
    // Told even if the store cannot keep it.
    if core.has(Bug::RecalledContentStays) {
        for name in ["text", "name", "fields"] {
            if let Some(value) = original.get(name) {
                notice.insert(name.to_owned(), value.clone());
            }
        }
    }
    let _ = core.store.update(id, &notice);
    let lost = core.has(Bug::RecallLosesOriginal);
    if original.get("messageType") != Some(&Value::from("recall")) && !lost {
        notice.insert("originalMessage".into(), original.into());
    }
    Some(notice)
}

/// The command that recalls a message; `None`: it was never sent, or says not where. `delete`: nothing is to stand in its
/// place.
pub(crate) fn command(message: &Object, delete: bool) -> Option<UpStreamMessage> {
    let (uid, target) = (text(message, "messageUId"), text(message, "targetId"));
    let kind = text(message, "conversationType");
    let number = conversation_number(&kind).filter(|_| !uid.is_empty() && !target.is_empty())?;
    let mut content = json!({
        "conversationType": number, "targetId": target, "messageUId": uid,
        "sentTime": message.get("sentTime").and_then(Value::as_i64).unwrap_or_default(),
        "isAdmin": false, "isDelete": delete,
    });
    let channel = (kind == "ultra_group").then(|| text(message, "channelId"));
    if let Some(channel) = &channel {
        content["channelId"] = channel.as_str().into();
    }
    Some(UpStreamMessage {
        classname: COMMAND.to_owned(),
        content: content.to_string().into(),
        bus_channel: channel,
        ..UpStreamMessage::default()
    })
}
