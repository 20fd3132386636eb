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
        code,
        io::CallResult,
        message::{self, Object, is_conversation, text},
        request::Pending,
        store::Conversation,
    },
    engine::Engine,
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
}

impl Load {
    /// Messages earlier than the time, newest first; else later ones.
    pub(crate) fn is_before(&self) -> bool {
        self.order == "before"
    }
}

impl Engine {
    /// The stored message of that number, or null (AMB-38).
    pub(crate) fn message_by_id(&self, args: &Map<String, Value>) -> CallResult {
        let id = args.get("messageId").and_then(Value::as_i64);
        found(id.and_then(|id| self.store.by_id(id).ok().flatten()))
    }

    /// The stored message of that UID, or null.
    pub(crate) fn message_by_uid(&self, uid: &str) -> CallResult {
        found(self.store.by_uid(uid).ok().flatten())
    }

    /// `loadMessageCount(type, targetId, channelId)`: messages of a conversation in the local store.
    pub(crate) fn load_message_count(&mut self, args: &Map<String, Value>) -> CallResult {
        let (kind, target, channel) = (text(args, "type"), text(args, "targetId"), text(args, "channelId"));
        if !is_conversation(&kind) || target.is_empty() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let (code, count) = self.of_database(self.store.count(&kind, &target, &channel));
        self.fire(
            "onMessageCountLoaded",
            json!({"code": code, "type": kind, "targetId": target, "channelId": channel, "count": count}),
        );
        CallResult::Code(0)
    }

    /// `loadMessages`: at most 20 (HIST-008 to HIST-011), from where the policy says (HIST-005 to HIST-007).
    pub(crate) fn load_messages(&mut self, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
        let number = |name: &str| args.get(name).and_then(Value::as_i64);
        let channel = crate::local::channel(args);
        let (Some(time), Some(count), Some(channel)) = (number("sentTime"), number("count"), channel) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let mut load = Load {
            kind: text(args, "type"),
            target: text(args, "targetId"),
            channel,
            time,
            order: text(args, "order"),
            count,
            with_local: true,
        };
        let ordered = matches!(load.order.as_str(), "before" | "after");
        let in_range = time >= 0 && (1..=20).contains(&count);
        if !ordered || !is_conversation(&load.kind) || load.target.is_empty() || !in_range {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let remote = match text(args, "policy").as_str() {
            "local" => false,
            "local_remote" => true,
            "remote" => {
                load.with_local = false;
                true
            }
            _ => return CallResult::Code(code::PARAM_ERROR),
        };
        if !remote {
            let (code, messages) = self.local(&load);
            self.loaded(&load, code, messages);
            return CallResult::Code(0);
        }
        if load.kind == "ultra_group" {
            self.load_channel_messages(now, load);
            return CallResult::Code(0);
        }
        // Rooms have a history of their own.
        let Some(topic) = topic(&load.kind) else { return CallResult::Code(code::PARAM_ERROR) };
        let ask = HistoryMsgInput {
            target_id: Some(load.target.clone()),
            time: Some(time),
            count: i32::try_from(count).ok(),
            order: Some(i32::from(load.order == "after")),
            ..HistoryMsgInput::default()
        };
        let me = self.user.clone();
        self.ask(now, topic, &me, ask.encode_to_vec().into(), Pending::Load(Box::new(load)));
        CallResult::Code(0)
    }

    /// The server answered, or did not: exactly one callback either way (HIST-001, HIST-002).
    pub(crate) fn history_answered(&mut self, load: &Load, code: i64, body: &Bytes) {
        let (local_code, local) = if load.with_local { self.local(load) } else { (0, Vec::new()) };
        if code != 0 {
            return self.loaded(load, code, local);
        }
        let Ok(page) = HistoryMsgOuput::decode(body.clone()) else {
            return self.loaded(load, i64::from(status::BAD_PARAMETER), local);
        };
        let mut messages = local;
        for down in &page.list {
            let uid = down.msg_id();
            if messages.iter().any(|message| text(message, "messageUId") == uid) {
                continue;
            }
            let mut message = message::received(down, &self.user, false);
            // The conversation is the one asked for, whoever wrote the message.
            message.insert("targetId".into(), load.target.as_str().into());
            if let Ok(Some(stored)) = self.store.by_uid(uid) {
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
        if load.is_before() {
            messages.reverse();
        }
        messages.truncate(usize::try_from(load.count).unwrap_or(0));
        self.loaded(load, local_code, messages);
    }

    /// What the local store has of it.
    pub(crate) fn local(&self, load: &Load) -> (i64, Vec<Object>) {
        let of = Conversation {
            kind: &load.kind,
            target: &load.target,
            channel: &load.channel,
            time: load.time,
            count: load.count,
            after: !load.is_before(),
        };
        self.of_database(self.store.conversation(&of))
    }

    pub(crate) fn loaded(&mut self, load: &Load, code: i64, messages: Vec<Object>) {
        self.fire(
            "onMessagesLoaded",
            json!({
                "code": code, "type": load.kind, "targetId": load.target, "channelId": load.channel,
                "sentTime": load.time, "order": load.order, "messages": messages,
            }),
        );
    }
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
