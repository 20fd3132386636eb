//! Messages at hand: `getMessageById`, `getMessageByUId`, `loadMessages` from the local store, the server, or both
//! (HIST).
//!
//! Reading the server's history writes nothing into the local store: what was deleted here stays deleted here, and a
//! message that never arrived gets no `messageId`.

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{HistoryMsgInput, HistoryMsgOuput},
    code::status,
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{self, Object, is_conversation, text},
        store::Conversation,
    },
    mail::{Call, Mail},
};

/// A call of `loadMessages` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) channel: String,
    pub(crate) time: i64,
    order: String,
    pub(crate) count: i64,
    /// What the local store has belongs to the result too.
    pub(crate) with_local: bool,
    /// What the server has does.
    pub(crate) remote: bool,
}

impl Load {
    /// `loadMessages`: at most 20 (HIST-008 to HIST-011), from where the policy says (HIST-005 to HIST-007); `None`: an
    /// argument is wrong.
    pub(crate) fn read(args: &Map<String, Value>) -> Option<Self> {
        let number = |name: &str| args.get(name).and_then(Value::as_i64);
        let (with_local, remote) = match text(args, "policy").as_str() {
            "local" => (true, false),
            "local_remote" => (true, true),
            "remote" => (false, true),
            _ => return None,
        };
        let load = Self {
            kind: text(args, "type"),
            target: text(args, "targetId"),
            channel: crate::core::arguments::channel(args)?,
            time: number("sentTime")?,
            order: text(args, "order"),
            count: number("count")?,
            with_local,
            remote,
        };
        let ordered = matches!(load.order.as_str(), "before" | "after");
        let in_range = load.time >= 0 && (1..=20).contains(&load.count);
        (ordered && is_conversation(&load.kind) && !load.target.is_empty() && in_range).then_some(load)
    }

    /// Messages earlier than the time, newest first; else later ones.
    pub(crate) fn is_before(&self) -> bool {
        self.order == "before"
    }
}

/// The stored message of that number, or null (AMB-38).
pub(crate) fn by_id(core: &Core, args: &Map<String, Value>) -> CallResult {
    let id = args.get("messageId").and_then(Value::as_i64);
    found(id.and_then(|id| core.store.by_id(id).ok().flatten()))
}

/// The stored message of that UID, or null.
pub(crate) fn by_uid(core: &Core, uid: &str) -> CallResult {
    found(core.store.by_uid(uid).ok().flatten())
}

/// `loadMessageCount(type, targetId, channelId)`: messages of a conversation in the local store.
pub(crate) fn count(core: &mut Core, args: &Map<String, Value>) -> CallResult {
    let (kind, target, channel) = (text(args, "type"), text(args, "targetId"), text(args, "channelId"));
    if !is_conversation(&kind) || target.is_empty() {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let (code, count) = core.store.outcome(core.store.count(&kind, &target, &channel));
    core.fire(
        "onMessageCountLoaded",
        json!({"code": code, "type": kind, "targetId": target, "channelId": channel, "count": count}),
    );
    CallResult::Code(0)
}

/// A call whose policy names the local store alone, or the server's history of anything but channels.
pub(crate) fn load(mail: &mut Mail<'_>, now: UnixMillis, load: Load) -> CallResult {
    if !load.remote {
        let (code, messages) = local(mail.core, &load);
        loaded(mail.core, &load, code, messages);
        return CallResult::Code(0);
    }
    // Rooms have a history of their own.
    let Some(topic) = topic(&load.kind) else { return CallResult::Code(code::PARAM_ERROR) };
    let ask = HistoryMsgInput {
        target_id: Some(load.target.clone()),
        time: Some(load.time),
        count: i32::try_from(load.count).ok(),
        order: Some(i32::from(load.order == "after")),
        ..HistoryMsgInput::default()
    };
    let me = mail.core.user.clone();
    mail.ask(now, topic, &me, ask.encode_to_vec(), Call::Load(Box::new(load)));
    CallResult::Code(0)
}

/// The server answered, or did not: exactly one callback either way (HIST-001, HIST-002).
pub(crate) fn answered(core: &mut Core, load: &Load, code: i64, body: &Bytes) {
    let with_local = load.with_local || core.has(Bug::LocalReadsAskServer);
    let (local_code, local) = if with_local { local(core, load) } else { (0, Vec::new()) };
    if load.with_local
        && i64::try_from(local.len()) == Ok(load.count)
        && core.has(Bug::FullLocalPageHidesHoles)
    {
        return loaded(core, load, local_code, local);
    }
    if code != 0 {
        let code = if core.has(Bug::RefusedHistoryIsSuccess) { 0 } else { code };
        return loaded(core, load, code, local);
    }
    let Ok(page) = HistoryMsgOuput::decode(body.clone()) else {
        return loaded(core, load, i64::from(status::BAD_PARAMETER), local);
    };
    let mut messages = local;
    for down in &page.list {
        let uid = down.msg_id();
        if messages.iter().any(|message| text(message, "messageUId") == uid)
            && !core.has(Bug::RemotePagesDouble)
        {
            continue;
        }
        let mut message = message::received(down, &core.user, false);
        // The conversation is the one asked for, whoever wrote the message.
        message.insert("targetId".into(), load.target.as_str().into());
        if let Ok(Some(stored)) = core.store.by_uid(uid) {
            for name in ["messageId", "receivedTime", "receivedStatus"] {
                if let Some(value) = stored.get(name) {
                    message.insert(name.into(), value.clone());
                }
            }
        }
        messages.push(message);
    }
    // Both sources gave the nearest to the time asked for, so the nearest of both have no gap (HIST-007).
    let time = |message: &Object| message.get("sentTime").and_then(Value::as_i64).unwrap_or_default();
    messages.sort_by_key(time);
    if load.is_before() || (messages.len() > 1 && core.has(Bug::LaterPagesBackwards)) {
        messages.reverse();
    }
    let count = usize::try_from(load.count).unwrap_or(0);
    if messages.len() > count && !core.has(Bug::PagesAreNotCut) {
        messages.truncate(count);
    }
    loaded(core, load, local_code, messages);
}

/// What the local store has of it.
pub(crate) fn local(core: &Core, load: &Load) -> (i64, Vec<Object>) {
    let of = Conversation {
        kind: &load.kind,
        target: &load.target,
        channel: &load.channel,
        time: load.time,
        count: load.count,
        after: !load.is_before(),
    };
    core.store.outcome(core.store.conversation(&of))
}

pub(crate) fn loaded(core: &mut Core, load: &Load, code: i64, messages: Vec<Object>) {
    core.fire(
        "onMessagesLoaded",
        json!({
            "code": code, "type": load.kind, "targetId": load.target, "channelId": load.channel,
            "sentTime": load.time, "order": load.order, "messages": messages,
        }),
    );
}

/// The history a conversation type has on the server.
fn topic(kind: &str) -> Option<Topic> {
    match kind {
        "private" => Some(Topic::QryPMsg),
        "group" => Some(Topic::QryGMsg),
        "system" => Some(Topic::QrySMsg),
        _ => None,
    }
}

fn found(message: Option<Object>) -> CallResult {
    CallResult::Value(message.map_or(Value::Null, Value::Object))
}
