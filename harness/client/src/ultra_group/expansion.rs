//! Expansions of ultra-group messages: calls of their own, told to others as changes (UGEXP). The limits are those of all
//! expansions (AMB-07).

use prost::Message as _;
use serde_json::{Value, json};
use wire::{Topic, UnixMillis, body::MsgChangeReq};

use crate::{
    core::{
        Core, code,
        io::CallResult,
        message::{Object, text},
    },
    mail::expansion::{Change, apply},
    ultra_group::{Call, UltraGroups, modify::request},
};

/// `updateUltraGroupMessageExpansion(messageUId, expansion)`.
pub(crate) fn update(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    change(groups, now, args, Change::update(args))
}

/// `removeUltraGroupMessageExpansionForKeys(messageUId, keys)`.
pub(crate) fn remove(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    change(groups, now, args, Change::removal(args))
}

/// The message must be here: its UID alone does not say where it belongs.
fn change(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    args: &Object,
    change: Option<Change>,
) -> CallResult {
    let uid = text(args, "messageUId");
    let stored = groups
        .core
        .store
        .by_uid(&uid)
        .ok()
        .flatten()
        .filter(|message| !uid.is_empty() && text(message, "conversationType") == "ultra_group");
    let (Some(message), Some(change)) = (stored, change) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let content = match &change {
        Change::Update(pairs) => json!({"mid": uid, "put": pairs}),
        Change::Remove(keys) => json!({"mid": uid, "del": keys}),
    };
    let body = MsgChangeReq { content: Some(content.to_string()), ..request(&message, &uid) };
    let group = text(&message, "targetId");
    let call = Call::Expansion { uid, change };
    groups.ask(now, Topic::UpMsgEx, &group, body.encode_to_vec(), call);
    CallResult::Code(0)
}

/// Ends the call: the stored message has the change.
pub(super) fn answered(core: &mut Core, uid: &str, change: &Change, code: i64) {
    if code == 0 {
        let (put, removed) = change.parts();
        let _ = apply(core, uid, &put, &removed, false);
    }
    match change {
        Change::Update(pairs) => core.fire(
            "onUltraGroupMessageExpansionUpdated",
            json!({"code": code, "expansion": pairs, "messageUId": uid}),
        ),
        Change::Remove(keys) => core.fire(
            "onUltraGroupMessageExpansionForKeysRemoved",
            json!({"code": code, "messageUId": uid, "keys": Value::from(keys.clone())}),
        ),
    }
}
