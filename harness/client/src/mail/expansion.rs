//! Expansions: pairs that participants put on a message after it was sent (EXP).
//!
//! Which messages can be expanded, by whom, and up to how many pairs in all is the server's to judge; what no request may
//! carry is refused here.

use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
};

use crate::{
    core::{
        code,
        io::CallResult,
        message::{Object, text},
        request::Pending,
    },
    engine::Engine,
};

/// Object name of a change.
pub(crate) const CHANGE: &str = "RC:MsgExMsg";

/// Pairs of one update; pairs of a message; longest key and value in characters (EXP-013 to EXP-018).
const MOST_AT_ONCE: usize = 20;
const MOST: usize = 300;
const LONGEST_KEY: usize = 32;
const LONGEST_VALUE: usize = 4096;

/// What a call changes.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Update(Object),
    Remove(Vec<Value>),
}

impl Change {
    /// `expansion` of a call; `None`: it holds nothing, or too much.
    pub(crate) fn update(args: &Object) -> Option<Self> {
        let pairs = args.get("expansion")?.as_object()?;
        (!pairs.is_empty() && fits(pairs, MOST_AT_ONCE)).then(|| Self::Update(pairs.clone()))
    }

    /// `keys` of a call; `None`: there are none, or some are no keys.
    pub(crate) fn removal(args: &Object) -> Option<Self> {
        let keys = args.get("keys")?.as_array()?;
        (!keys.is_empty() && keys.iter().all(is_key)).then(|| Self::Remove(keys.clone()))
    }

    /// Pairs to set and keys to remove.
    pub(crate) fn parts(&self) -> (Object, Vec<Value>) {
        match self {
            Self::Update(pairs) => (pairs.clone(), Vec::new()),
            Self::Remove(keys) => (Map::new(), keys.clone()),
        }
    }
}

/// What the app is told of a change that somebody else made.
#[derive(Debug)]
pub(crate) struct Told {
    message: Object,
    /// The pairs of this change alone (EXP-009).
    put: Object,
    removed: Vec<Value>,
}

impl Engine {
    /// `updateMessageExpansion(messageUId, expansion)`.
    pub(crate) fn update_expansion(&mut self, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
        match Change::update(args) {
            Some(change) => self.change_expansion(now, &text(args, "messageUId"), change),
            None => CallResult::Code(code::PARAM_ERROR),
        }
    }

    /// `removeMessageExpansionForKeys(messageUId, keys)`.
    pub(crate) fn remove_expansion(&mut self, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
        match Change::removal(args) {
            Some(change) => self.change_expansion(now, &text(args, "messageUId"), change),
            None => CallResult::Code(code::PARAM_ERROR),
        }
    }

    /// The message must be here: its UID alone does not say where it belongs (EXP-008).
    fn change_expansion(&mut self, now: UnixMillis, uid: &str, change: Change) -> CallResult {
        let stored = self.store.by_uid(uid).ok().flatten();
        let Some(message) = stored.filter(|_| !uid.is_empty()) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let topic = match text(&message, "conversationType").as_str() {
            "private" => Topic::PpMsgP,
            "group" => Topic::PgMsgP,
            // Neither rooms nor system conversations have expansions (EXP-019, EXP-020).
            _ => return CallResult::Code(code::PARAM_ERROR),
        };
        let content = match &change {
            Change::Update(pairs) => json!({"mid": uid, "put": pairs}),
            Change::Remove(keys) => json!({"mid": uid, "del": keys}),
        };
        let up = UpStreamMessage {
            classname: CHANGE.to_owned(),
            content: content.to_string().into(),
            ..UpStreamMessage::default()
        };
        let pending = Pending::Expansion { uid: uid.to_owned(), change };
        self.ask(now, topic, &text(&message, "targetId"), up.encode_to_vec().into(), pending);
        CallResult::Code(0)
    }

    /// Ends a change: the stored message has it, the app hears of it with what it passed (EXP-004 to EXP-007).
    pub(crate) fn expansion_answered(&mut self, uid: &str, change: &Change, code: i64, change_uid: &str) {
        if code == 0 {
            // The mailbox may give our own change back; it is known.
            let _ = self.store.see(change_uid);
            let (put, removed) = change.parts();
            self.expand_stored(uid, &put, &removed, false);
        }
        match change {
            Change::Update(pairs) => self.fire(
                "onMessageExpansionUpdated",
                json!({"code": code, "messageUId": uid, "expansion": pairs}),
            ),
            Change::Remove(keys) => self.fire(
                "onMessageExpansionForKeysRemoved",
                json!({"code": code, "messageUId": uid, "keys": keys}),
            ),
        }
    }

    /// A change by somebody else, or by another device of the user; `None`: known already, or about a message that is
    /// not here.
    pub(crate) fn expanded(&self, down: &DownStreamMessage) -> Option<Told> {
        if !self.store.see(down.msg_id()).unwrap_or(true) {
            return None;
        }
        let Ok(Value::Object(change)) = serde_json::from_slice(&down.content) else { return None };
        let put = change.get("put").and_then(Value::as_object).cloned().unwrap_or_default();
        let removed = change.get("del").and_then(Value::as_array).cloned().unwrap_or_default();
        let all = change.get("removeAll").and_then(Value::as_i64) == Some(1);
        self.expand_stored(&text(&change, "mid"), &put, &removed, all)
    }

    /// Tells the app: what was set, what was removed.
    pub(crate) fn tell_expansion(&mut self, told: Told) {
        let Told { message, put, removed } = told;
        if !put.is_empty() {
            self.fire("onRemoteMessageExpansionUpdated", json!({"expansion": put, "message": message}));
        }
        if !removed.is_empty() {
            self.fire("onRemoteMessageExpansionForKeyRemoved", json!({"message": message, "keys": removed}));
        }
    }

    /// Changes the expansion of a stored message; `None`: it is not here.
    pub(crate) fn expand_stored(
        &self,
        uid: &str,
        put: &Object,
        removed: &[Value],
        all: bool,
    ) -> Option<Told> {
        let mut message = self.store.by_uid(uid).ok()??;
        let mut pairs = message.get("expansion").and_then(Value::as_object).cloned().unwrap_or_default();
        let removed: Vec<Value> =
            if all { pairs.keys().map(|key| key.as_str().into()).collect() } else { removed.to_vec() };
        for key in removed.iter().filter_map(Value::as_str) {
            pairs.remove(key);
        }
        pairs.extend(put.clone());
        message.insert("expansion".into(), pairs.into());
        let id = message.get("messageId").and_then(Value::as_i64)?;
        // Told even if the store cannot keep it.
        let _ = self.store.update(id, &message);
        Some(Told { message, put: put.clone(), removed })
    }
}

/// A message's expansion cannot be sent.
#[derive(Debug)]
pub(crate) struct Unfit;

/// The expansion a message is sent with, as the wire has it; `None` where it has none (EXP-001, EXP-003).
pub(crate) fn initial(message: &Object) -> Result<Option<String>, Unfit> {
    let pairs = match message.get("expansion") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(pairs)) => pairs,
        Some(_) => return Err(Unfit),
    };
    let allowed = matches!(text(message, "conversationType").as_str(), "private" | "group" | "ultra_group");
    if !allowed || !fits(pairs, MOST) {
        return Err(Unfit);
    }
    let wire: Object = pairs.iter().map(|(key, value)| (key.clone(), json!({"v": value}))).collect();
    Ok(Some(Value::Object(wire).to_string()))
}

/// The expansion a message came with.
pub(crate) fn received(down: &DownStreamMessage) -> Object {
    let Ok(Value::Object(pairs)) = serde_json::from_str(down.extra_content()) else { return Map::new() };
    pairs.into_iter().filter_map(|(key, value)| Some((key, value.get("v")?.clone()))).collect()
}

fn fits(pairs: &Object, most: usize) -> bool {
    let value = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() <= LONGEST_VALUE);
    pairs.len() <= most && pairs.iter().all(|(key, v)| is_key(&key.as_str().into()) && value(v))
}

fn is_key(key: &Value) -> bool {
    key.as_str().is_some_and(|key| (1..=LONGEST_KEY).contains(&key.chars().count()))
}
