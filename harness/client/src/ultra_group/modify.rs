//! `modifyUltraGroupMessage`: new content for a message that was sent, of the same type (UGMOD).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{ModifyMsgResp, MsgChangeReq},
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{self, Object, media_kind, outgoing, outgoing_media, text},
    },
    ultra_group::{NUMBER, UltraGroups},
};

/// A call on its way.
#[derive(Debug, Clone)]
pub(crate) struct Modify {
    uid: String,
    classname: String,
    content: Bytes,
}

/// `modifyUltraGroupMessage(messageUId, message)`: where the original stands the store knows, or the new message says.
/// Whose it is the server knows (UGMOD-003); of which type it was nobody tells the server (UGMOD-004, UGMOD-007).
pub(crate) fn modify(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let uid = text(args, "messageUId");
    let Some(new) = args.get("message").and_then(Value::as_object).filter(|_| !uid.is_empty()) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let original = groups.core.store.by_uid(&uid).ok().flatten();
    let place = original.as_ref().unwrap_or(new);
    let here = [place, new].iter().all(|message| text(message, "conversationType") == "ultra_group");
    let same = |name: &str| original.as_ref().is_none_or(|original| original.get(name) == new.get(name));
    let group = text(place, "targetId");
    if !here || !same("messageType") || !same("identifier") || group.is_empty() {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let out = if media_kind(new).is_some() { outgoing_media(new) } else { outgoing(new) };
    let Some(out) = out else { return CallResult::Code(code::PARAM_ERROR) };
    let body = MsgChangeReq { content: Some(utf8(&out.up.content)), ..request(place, &uid) };
    let modify = Modify { uid, classname: out.up.classname, content: out.up.content };
    groups.ask_own(now, Topic::ModifyMsg, body.encode_to_vec(), crate::ultra_group::Call::Modify(modify));
    CallResult::Code(0)
}

/// Ends the call: the stored message has the new content, as the server took it.
pub(super) fn modified(core: &mut Core, modify: &Modify, code: i64, body: &Bytes) {
    let Modify { uid, classname, content } = modify;
    if code == 0 || core.has(Bug::RefusedModificationApplied) {
        let told = ModifyMsgResp::decode(body.clone()).unwrap_or_default().msg.filter(|_| code == 0);
        let content = told.as_ref().map_or(content, |told| &told.content);
        if let Ok(Some(mut stored)) = core.store.by_uid(uid) {
            crate::ultra_group::change::set_content(&mut stored, |message| {
                message::describe(message, classname, content)
            });
            if let Some(id) = stored.get("messageId").and_then(Value::as_i64) {
                // The app hears of it even if the store cannot keep it.
                let _ = core.store.update(id, &stored);
            }
        }
    }
    core.fire("onUltraGroupMessageModified", json!({"code": code, "messageUId": uid}));
}

/// A change of a message, without what is changed.
pub(super) fn request(message: &Object, uid: &str) -> MsgChangeReq {
    MsgChangeReq {
        from_user_id: Some(text(message, "senderUserId")),
        target_id: Some(text(message, "targetId")),
        r#type: Some(NUMBER),
        msg_uid: Some(uid.to_owned()),
        msg_time: Some(message.get("sentTime").and_then(Value::as_i64).unwrap_or_default()),
        bus_channel: Some(text(message, "channelId")),
        content: None,
    }
}

/// Content is made as text.
fn utf8(content: &Bytes) -> String {
    String::from_utf8_lossy(content).into_owned()
}
