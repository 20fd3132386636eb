//! Expansions: key-value pairs that participants put on a message after it was sent (EXP).
//!
//! A change travels as a message `RC:MsgExMsg` that names the original; the service keeps the outcome with the original
//! in the archive, so that history shows it as it is now.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::{UnixMillis, code::status, flags};

use crate::core::message::Message;

/// Object name of a change.
pub(crate) const CHANGE: &str = "RC:MsgExMsg";

/// Longest key and value, characters (EXP-017, EXP-018).
const LONGEST_KEY: usize = 32;
const LONGEST_VALUE: usize = 4096;

/// The pairs of a message, each with the time it was set.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pairs(BTreeMap<String, (String, UnixMillis)>);

/// How a change of an expansion is judged.
pub(crate) struct Rules {
    pub(crate) now: UnixMillis,
    /// Pairs of one change.
    pub(crate) most: usize,
    /// Pairs of a message.
    pub(crate) whole: usize,
    /// The limits count.
    pub(crate) bound: bool,
}

impl Pairs {
    /// What a message was sent with (EXP-003).
    pub(crate) fn of(message: &Message) -> Self {
        if !message.expandable {
            return Self::default();
        }
        let down = message.as_sent();
        let Ok(Value::Object(pairs)) = serde_json::from_str(down.extra_content()) else {
            return Self::default();
        };
        let text = |value: &Value| value.get("v").and_then(Value::as_str).map(str::to_owned);
        Self(pairs.iter().filter_map(|(key, v)| Some((key.clone(), (text(v)?, message.time)))).collect())
    }

    /// What they are after a change: `put` sets, `del` removes, `removeAll` empties, or `clear` as ultra groups have it.
    ///
    /// # Errors
    /// The change is malformed, or goes beyond the limits.
    pub(crate) fn changed(&self, change: &Value, rules: &Rules) -> Result<Self, u16> {
        let mut pairs = self.clone();
        let set = |name: &str| change.get(name).and_then(Value::as_i64) == Some(1);
        if set("removeAll") || set("clear") {
            pairs.0.clear();
        }
        let keys = change.get("del").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for key in keys {
            pairs.0.remove(key.as_str().ok_or(status::EXPANSION_FORMAT)?);
        }
        if let Some(put) = change.get("put") {
            let put = put.as_object().ok_or(status::EXPANSION_FORMAT)?;
            for (key, value) in put {
                let value = value.as_str().ok_or(status::EXPANSION_FORMAT)?;
                if rules.bound && !fits(key, value) {
                    return Err(status::EXPANSION_FORMAT);
                }
                pairs.0.insert(key.clone(), (value.to_owned(), rules.now));
            }
            if rules.bound && (put.len() > rules.most || pairs.0.len() > rules.whole) {
                return Err(status::EXPANSION_FORMAT);
            }
        }
        Ok(pairs)
    }

    /// As messages carry them.
    pub(crate) fn on_the_wire(&self) -> String {
        let pairs: serde_json::Map<String, Value> =
            self.0.iter().map(|(key, (value, _))| (key.clone(), json!({"v": value}))).collect();
        Value::Object(pairs).to_string()
    }

    /// A page of them, with their times, as the Server API tells them.
    pub(crate) fn page(&self, page: usize, size: usize) -> Value {
        let pairs = self.0.iter().skip(page.saturating_mul(size)).take(size);
        pairs.map(|(key, (value, at))| (key.clone(), json!({"v": value, "ts": at.0}))).collect()
    }
}

/// Whether a pair is within its limits (EXP-017, EXP-018).
pub(crate) fn fits(key: &str, value: &str) -> bool {
    !key.is_empty() && key.chars().count() <= LONGEST_KEY && value.chars().count() <= LONGEST_VALUE
}

/// Whether a sender's flags make a message one that can be expanded (EXP-001).
pub(crate) fn is_expandable(session_id: i32) -> bool {
    session_id & flags::up::EXPANSION != 0
}
