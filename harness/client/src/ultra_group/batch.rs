//! `loadBatchRemoteUltraGroupMessages`: certain messages, from the server whatever is here (UGHIST-006 to UGHIST-013).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{MessageQueryInfo, MsgQuery, MsgQueryAck},
    code::status,
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    ultra_group::{Call, NUMBER, UltraGroups, history, receive},
};

/// Messages of one call, and of one request of any kind (UGHIST-009).
pub(super) const MOST: usize = 20;

/// 1 to 20 messages of one channel, named by UID and sent time (UGHIST-010 to UGHIST-012).
pub(crate) fn load(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let given = args.get("messages").and_then(Value::as_array);
    let given = given.into_iter().flatten().filter(|message| !message.is_null());
    let asked: Option<Vec<Object>> = given.map(|message| message.as_object().cloned()).collect();
    let Some(asked) = asked.filter(|asked| (1..=MOST).contains(&asked.len()) && of_one_channel(asked)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let body = MsgQuery {
        target_id: Some(text(&asked[0], "targetId")),
        r#type: Some(NUMBER),
        query: asked.iter().map(query).collect(),
    };
    groups.ask_own(now, Topic::QryMsg, body.encode_to_vec(), Call::Batch(asked));
    CallResult::Code(0)
}

/// Of what was asked for nothing is left out: what the server has not, or would not say, is not matched.
pub(super) fn loaded(core: &mut Core, asked: Vec<Object>, code: i64, body: &Bytes) {
    let (mut code, found) = match MsgQueryAck::decode(body.clone()) {
        Ok(answer) if code == 0 => (0, answer.list),
        Err(_) if code == 0 => (i64::from(status::BAD_PARAMETER), Vec::new()),
        _ => (code, Vec::new()),
    };
    if code != 0 && core.has(Bug::RefusedBatchIsUnmatched) {
        code = 0;
    }
    let (mut matched, mut not_matched) = (Vec::new(), Vec::new());
    for asked in asked {
        let uid = text(&asked, "messageUId");
        let Some(down) = found.iter().find(|down| down.msg_id() == uid) else {
            if !core.has(Bug::UnmatchedAreLost) {
                not_matched.push(asked);
            }
            continue;
        };
        let mut message = receive::channel_received(core, down);
        for name in ["targetId", "channelId"] {
            message.insert(name.into(), text(&asked, name).into());
        }
        history::add_local_state(core, &mut message);
        matched.push(message);
    }
    core.fire(
        "onBatchRemoteUltraGroupMessagesLoaded",
        json!({"code": code, "matchedMessages": matched, "notMatchedMessages": not_matched}),
    );
}

pub(super) fn query(message: &Object) -> MessageQueryInfo {
    MessageQueryInfo {
        msg_time: Some(message.get("sentTime").and_then(Value::as_i64).unwrap_or_default()),
        msg_uid: Some(text(message, "messageUId")),
        bus_channel: Some(text(message, "channelId")),
    }
}

fn of_one_channel(messages: &[Object]) -> bool {
    let named = |message: &Object| (text(message, "targetId"), text(message, "channelId"));
    let first = messages.first().map(named);
    messages.iter().all(|message| {
        text(message, "conversationType") == "ultra_group"
            && !text(message, "messageUId").is_empty()
            && !text(message, "targetId").is_empty()
            && Some(named(message)) == first
    })
}
