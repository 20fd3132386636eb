//! Who types in which channel (UGTYPE). The server collects and tells in batches.

use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{OperateStatus, OperateStatusNotify},
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    ultra_group::{Call, NUMBER, UltraGroups, channel, echo},
};

/// Bits of `notifyType`: which lists count.
const INFO: i64 = 1;
const SUMMARY: i64 = 2;
/// `opType` of a text, the only documented state.
const TEXT: i32 = 0;

/// `sendUltraGroupTypingStatus(targetId, channelId, typingStatus)`.
pub(crate) fn send(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let Some((group, channel)) = channel(args).filter(|_| text(args, "typingStatus") == "text") else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let body = OperateStatus {
        target_id: Some(group.clone()),
        r#type: Some(NUMBER),
        op_type: Some(TEXT),
        bus_channel: Some(channel),
    };
    let call = Call::Typing { echo: echo(args, &["targetId", "channelId", "typingStatus"]) };
    groups.ask(now, Topic::Operate, &group, body.encode_to_vec(), call);
    CallResult::Code(0)
}

/// A batch: an entry for each user who types, and one with a number where the server only counts (UGTYPE-003,
/// UGTYPE-006). How the two go together is assumed.
pub(crate) fn received(core: &mut Core, body: &[u8]) {
    let Ok(notify) = OperateStatusNotify::decode(body) else { return };
    if notify.r#type != Some(NUMBER) {
        return;
    }
    let has = |bit: i64| notify.notify_type() & bit != 0;
    let users = if has(INFO) { &notify.info[..] } else { &[] };
    let counts = if has(SUMMARY) { &notify.summary[..] } else { &[] };
    let mut told = Vec::new();
    for user in users {
        let here = |group: &str, channel: &str| group == user.target_id() && channel == user.bus_channel();
        let counted = counts.iter().find(|count| here(count.target_id(), count.bus_channel()));
        let listed = users.iter().filter(|other| here(other.target_id(), other.bus_channel())).count();
        let number = counted.map_or_else(|| i32::try_from(listed).unwrap_or(i32::MAX), |count| count.count());
        told.push(entry(user.target_id(), user.bus_channel(), user.user_id(), number, user.optime()));
    }
    for count in counts {
        let here = |group: &str, channel: &str| group == count.target_id() && channel == count.bus_channel();
        if !users.iter().any(|user| here(user.target_id(), user.bus_channel())) {
            told.push(entry(count.target_id(), count.bus_channel(), "", count.count(), 0));
        }
    }
    if core.has(Bug::TypingWithoutChannel) {
        told.iter_mut().for_each(|entry| entry["channelId"] = "".into());
    }
    if told.len() > 1 && core.has(Bug::OneTypingUser) {
        told.truncate(1);
    }
    if !told.is_empty() {
        core.fire("onUltraGroupTypingStatusChanged", json!({"info": told}));
    }
}

fn entry(group: &str, channel: &str, user: &str, number: i32, time: i64) -> Value {
    json!({
        "targetId": group, "channelId": channel, "userId": user, "userNums": number, "status": "text",
        "timestamp": time,
    })
}
