//! The expansion of a message: as an app holds it, and as the wire has it (EXP).

use serde_json::{Map, Value, json};
use wire::body::DownStreamMessage;

use super::{Object, text};

/// Pairs of one update; pairs of a message; longest key and value in characters (EXP-013 to EXP-018).
pub(crate) const MOST_AT_ONCE: usize = 20;
const MOST: usize = 300;
const LONGEST_KEY: usize = 32;
const LONGEST_VALUE: usize = 4096;

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

/// Whether so many pairs may stand in one request.
pub(crate) fn fits(pairs: &Object, most: usize) -> bool {
    let value = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() <= LONGEST_VALUE);
    pairs.len() <= most && pairs.iter().all(|(key, v)| is_key(&key.as_str().into()) && value(v))
}

/// Whether it may be a key.
pub(crate) fn is_key(key: &Value) -> bool {
    key.as_str().is_some_and(|key| (1..=LONGEST_KEY).contains(&key.chars().count()))
}
