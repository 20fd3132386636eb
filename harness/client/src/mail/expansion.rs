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
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{
            Object,
            expansion::{MOST_AT_ONCE, fits, is_key},
            text,
        },
    },
    mail::{Call, Mail},
};

/// Object name of a change.
pub(crate) const CHANGE: &str = "RC:MsgExMsg";

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

/// `updateMessageExpansion(messageUId, expansion)`.
pub(crate) fn update(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    match Change::update(args) {
        Some(what) => change(mail, now, &text(args, "messageUId"), what),
        None => CallResult::Code(code::PARAM_ERROR),
    }
}

/// `removeMessageExpansionForKeys(messageUId, keys)`.
pub(crate) fn remove(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    match Change::removal(args) {
        Some(what) => change(mail, now, &text(args, "messageUId"), what),
        None => CallResult::Code(code::PARAM_ERROR),
    }
}

/// The message must be here: its UID alone does not say where it belongs (EXP-008).
fn change(mail: &mut Mail<'_>, now: UnixMillis, uid: &str, change: Change) -> CallResult {
    let stored = mail.core.store.by_uid(uid).ok().flatten();
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
    let pending = Call::Expansion { uid: uid.to_owned(), change };
    mail.ask(now, topic, &text(&message, "targetId"), up.encode_to_vec(), pending);
    CallResult::Code(0)
}

/// Ends a change: the stored message has it, the app hears of it with what it passed (EXP-004 to EXP-007).
pub(crate) fn answered(core: &mut Core, uid: &str, change: &Change, code: i64, change_uid: &str) {
    if code == 0 || core.has(Bug::RefusedExpansionApplied) {
        // The mailbox may give our own change back; it is known.
        let _ = core.store.see(change_uid);
        let (put, removed) = change.parts();
        if !core.has(Bug::OwnExpansionNotKept) {
            apply(core, uid, &put, &removed, false);
        }
    }
    match change {
        Change::Update(pairs) => core
            .fire("onMessageExpansionUpdated", json!({"code": code, "messageUId": uid, "expansion": pairs})),
        Change::Remove(keys) => core
            .fire("onMessageExpansionForKeysRemoved", json!({"code": code, "messageUId": uid, "keys": keys})),
    }
}

/// A change by somebody else, or by another device of the user; `None`: known already, or about a message that is
/// not here.
pub(crate) fn expanded(core: &Core, down: &DownStreamMessage) -> Option<Told> {
    if !core.store.see(down.msg_id()).unwrap_or(true) {
        return None;
    }
    let Ok(Value::Object(change)) = serde_json::from_slice(&down.content) else { return None };
    let put = change.get("put").and_then(Value::as_object).cloned().unwrap_or_default();
    let removed = change.get("del").and_then(Value::as_array).cloned().unwrap_or_default();
    let all = change.get("removeAll").and_then(Value::as_i64) == Some(1);
    apply(core, &text(&change, "mid"), &put, &removed, all)
}

/// Tells the app: what was set, what was removed.
pub(crate) fn tell(core: &mut Core, told: Told) {
    let Told { message, put, removed } = told;
    if !put.is_empty() {
        core.fire("onRemoteMessageExpansionUpdated", json!({"expansion": put, "message": message}));
    }
    if !removed.is_empty() {
        core.fire("onRemoteMessageExpansionForKeyRemoved", json!({"message": message, "keys": removed}));
    }
}

/// Changes the expansion of a stored message; `None`: it is not here.
pub(crate) fn apply(core: &Core, uid: &str, put: &Object, removed: &[Value], all: bool) -> Option<Told> {
    let mut message = core.store.by_uid(uid).ok()??;
    let mut pairs = message.get("expansion").and_then(Value::as_object).cloned().unwrap_or_default();
    let removed: Vec<Value> =
        if all { pairs.keys().map(|key| key.as_str().into()).collect() } else { removed.to_vec() };
    for key in removed.iter().filter_map(Value::as_str) {
        if !core.has(Bug::RemovedKeysStay) {
            pairs.remove(key);
        }
    }
    if !put.is_empty() && !pairs.is_empty() && core.has(Bug::ExpansionReplaced) {
        pairs.clear();
    }
    pairs.extend(put.clone());
    let whole = pairs.len() > put.len() && !put.is_empty() && core.has(Bug::ExpansionToldWhole);
    let told = if whole { pairs.clone() } else { put.clone() };
    message.insert("expansion".into(), pairs.into());
    let id = message.get("messageId").and_then(Value::as_i64)?;
    // Told even if the store cannot keep it.
    let _ = core.store.update(id, &message);
    Some(Told { message, put: told, removed })
}
