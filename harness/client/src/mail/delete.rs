//! Deleting history: `clearMessages` by time, `deleteMessages` by message, both for this user alone (DEL).

use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{CleanHisMsgInput, DeleteMsg, DeleteMsgInput},
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

/// A call of `clearMessages` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Clear {
    kind: String,
    target: String,
    channel: String,
    timestamp: i64,
    with_local: bool,
}

/// A call of `deleteMessages` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Delete {
    kind: String,
    target: String,
    channel: String,
    messages: Vec<Object>,
}

/// `clearMessages(type, targetId, channelId, timestamp, policy)`: everything up to and including the time, 0 for all
/// (DEL-008 to DEL-015). A time later than the last message clears all (AMB-42).
pub(crate) fn clear(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    let timestamp = args.get("timestamp").and_then(Value::as_i64).filter(|time| *time >= 0);
    let (kind, target) = (text(args, "type"), text(args, "targetId"));
    let policy = text(args, "policy");
    let (Some(timestamp), Some(topic)) = (timestamp, clear_topic(&kind)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    if target.is_empty() || !matches!(policy.as_str(), "local" | "remote" | "local_remote") {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let with_local = policy != "remote" || mail.core.has(Bug::RemoteClearingClearsHere);
    let clear = Clear { kind, target, channel: text(args, "channelId"), timestamp, with_local };
    if policy == "local" && !mail.core.has(Bug::LocalClearingClearsThere) {
        cleared(mail.core, &clear, 0);
        return CallResult::Code(0);
    }
    let ask = CleanHisMsgInput {
        target_id: Some(clear.target.clone()),
        data_time: Some(timestamp),
        conversation_type: conversation_number(&clear.kind),
        bus_channel: channel_of(&clear.kind, &clear.channel),
    };
    let me = mail.core.user.clone();
    mail.ask(now, topic, &me, ask.encode_to_vec(), Call::Clear(Box::new(clear)));
    CallResult::Code(0)
}

/// Ends `clearMessages`. What the server refuses is not done here either.
pub(crate) fn cleared(core: &mut Core, clear: &Clear, mut code: i64) {
    let here = code == 0 || core.has(Bug::RefusedClearingClearsHere);
    if here && clear.with_local {
        let Clear { kind, target, channel, timestamp, .. } = clear;
        let excluded = i64::from(*timestamp > 0 && core.has(Bug::ClearingExcludesBound));
        let done = core.store.forget_until((kind, target, channel), *timestamp - excluded);
        if code == 0 {
            (code, ()) = core.store.outcome(done);
        }
    }
    core.fire(
        "onMessagesCleared",
        json!({
            "code": code, "type": clear.kind, "targetId": clear.target, "channelId": clear.channel,
            "timestamp": clear.timestamp,
        }),
    );
}

/// `deleteMessages(type, targetId, channelId, messages)`: on the server and here (DEL-004 to DEL-007).
pub(crate) fn delete(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    let (kind, target) = (text(args, "type"), text(args, "targetId"));
    let given = args.get("messages").and_then(Value::as_array);
    let messages: Option<Vec<Object>> =
        given.into_iter().flatten().map(|message| message.as_object().cloned()).collect();
    let messages = messages.filter(|messages| !messages.is_empty());
    let (Some(messages), Some(_)) = (messages, clear_topic(&kind)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    // A message that belongs elsewhere would be deleted here alone.
    let named = |message: &Object, name: &str, value: &str| {
        message.get(name).is_none_or(|found| found.as_str() == Some(value))
    };
    let belongs = |message: &Object| {
        named(message, "conversationType", &kind)
            && named(message, "targetId", &target)
            && (kind != "ultra_group" || text(message, "channelId") == text(args, "channelId"))
    };
    if target.is_empty() || !messages.iter().all(belongs) {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let msgs: Vec<DeleteMsg> = messages
        .iter()
        .filter(|message| !text(message, "messageUId").is_empty())
        .map(|message| DeleteMsg {
            msg_id: Some(text(message, "messageUId")),
            msg_data_time: message.get("sentTime").and_then(Value::as_i64),
            direct: Some(if text(message, "direction") == "send" { 1 } else { 2 }),
        })
        .collect();
    let r#type = conversation_number(&kind);
    let delete = Delete { kind, target, channel: text(args, "channelId"), messages };
    if msgs.is_empty() {
        // None of them ever reached the server.
        deleted(mail.core, &delete, 0);
        return CallResult::Code(0);
    }
    let conversation_id = Some(delete.target.clone());
    let bus_channel = channel_of(&delete.kind, &delete.channel);
    let topic = if bus_channel.is_some() { Topic::DelUgMsg } else { Topic::DelMsg };
    let ask = DeleteMsgInput { r#type, conversation_id, msgs, bus_channel };
    let me = mail.core.user.clone();
    mail.ask(now, topic, &me, ask.encode_to_vec(), Call::Delete(Box::new(delete)));
    CallResult::Code(0)
}

/// Ends `deleteMessages`. What the server refuses is not done here either.
pub(crate) fn deleted(core: &mut Core, delete: &Delete, mut code: i64) {
    let here = code == 0 || core.has(Bug::RefusedDeletionDeletesHere);
    if here && !core.has(Bug::DeletesRemotelyAlone) {
        let done = delete.messages.iter().try_for_each(|message| {
            let id = message.get("messageId").and_then(Value::as_i64);
            if id.is_none() && core.has(Bug::DeletesByNumberOnly) {
                return Ok(());
            }
            core.store.forget(id, &text(message, "messageUId"))
        });
        if code == 0 {
            (code, ()) = core.store.outcome(done);
        }
    }
    core.fire(
        "onMessagesDeleted",
        json!({
            "code": code, "type": delete.kind, "targetId": delete.target, "channelId": delete.channel,
            "messages": delete.messages,
        }),
    );
}

/// How a conversation type's history is cleared; `None`: no call does (DEL-020).
fn clear_topic(kind: &str) -> Option<Topic> {
    match kind {
        "private" => Some(Topic::CleanPMsg),
        "group" | "ultra_group" => Some(Topic::CleanGMsg),
        "system" => Some(Topic::CleanSMsg),
        _ => None,
    }
}

/// `busChannel`, which ultra groups alone have.
fn channel_of(kind: &str, channel: &str) -> Option<String> {
    (kind == "ultra_group").then(|| channel.to_owned())
}
