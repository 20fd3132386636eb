//! `recallUltraGroupMessage`: the server deletes the message; here and at the receivers a notice stands in its place, or
//! nothing (UGRECALL, AMB-18).

use serde_json::{Map, Value, json};
use wire::{Topic, UnixMillis, body::MsgChange};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    mail::recall,
    ultra_group::{Call, UltraGroups},
};

/// `recallUltraGroupMessage(message, deleteRemote)`: only one that was sent has the UID it takes (UGRECALL-003).
pub(crate) fn recall(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let delete = args.get("deleteRemote").and_then(Value::as_bool);
    let message = args.get("message").and_then(Value::as_object);
    let (Some(message), Some(delete)) = (message, delete) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let command = recall::command(message, delete);
    let Some(up) = command.filter(|_| text(message, "conversationType") == "ultra_group") else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let me = groups.core.user.clone();
    let call = Call::Recall { message: message.clone(), delete };
    let body = prost::Message::encode_to_vec(&up);
    groups.ask(now, Topic::RecallMsg, &me, body, call);
    CallResult::Code(0)
}

pub(super) fn answered(core: &mut Core, now: UnixMillis, message: Object, delete: bool, code: i64) {
    if code == 0 {
        let command = json!({"isDelete": delete});
        take_back(core, now, &text(&message, "messageUId"), now, command.as_object().unwrap_or(&Map::new()));
    }
    core.fire(
        "onUltraGroupMessageRecalled",
        json!({"code": code, "message": message, "deleteRemote": delete}),
    );
}

/// A recall in the change list; `None`: the message is not here, or its recall is known.
pub(super) fn recalled(core: &Core, now: UnixMillis, change: &MsgChange) -> Option<Object> {
    let command = json!({"isAdmin": change.is_admin(), "isDelete": change.is_del()});
    take_back(core, now, &change.msg_uid, UnixMillis(change.time), command.as_object()?)
}

/// Puts the notice in the message's place, or takes the message away. What the app is told is the same.
fn take_back(core: &Core, now: UnixMillis, uid: &str, at: UnixMillis, command: &Object) -> Option<Object> {
    core.store.by_uid(uid).ok()??;
    if !recall::is_news(core, uid) {
        return None;
    }
    let notice = recall::put_notice(core, now, uid, at, command)?;
    if command.get("isDelete") == Some(&Value::Bool(true)) && !core.has(Bug::DeletedRecallsLeaveNotices) {
        let _ = core.store.forget(None, uid);
    }
    Some(notice)
}
