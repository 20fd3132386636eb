//! What an entry means as a tree: JSON in which some leaves are slots, things that have a name of the session's own.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::rules::Of;

/// The key that no JSON of ours has.
const SLOT: &str = "\u{1}";

/// A thing that has another name in another session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    /// What kind of thing.
    pub(crate) kind: &'a str,
    /// Its name in this session.
    pub(crate) name: &'a str,
    /// A new thing begins here, whatever had the name before.
    pub(crate) begins: bool,
}

/// A slot as a leaf.
pub(crate) fn slot(of: Of, name: &str, begins: bool) -> Value {
    let kind = match of {
        Of::FrameIds => "frame",
        Of::MessageUids => "message",
        Of::LocalIds => "local",
        Of::Tokens => "token",
        Of::Names => "name",
        _ => "made",
    };
    json!({SLOT: kind, "name": name, "begins": begins})
}

/// The slot that a leaf is.
pub(crate) fn as_slot(value: &Value) -> Option<Slot<'_>> {
    let kind = value.as_object()?.get(SLOT)?.as_str()?;
    Some(Slot { kind, name: value["name"].as_str()?, begins: value["begins"] == true })
}

/// A hash of all but the names in slots: equal ones mean the same as far as names allow.
pub(crate) fn shape(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    walk(value, &mut hasher);
    hasher.finish()
}

pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn walk(value: &Value, to: &mut DefaultHasher) {
    if let Some(slot) = as_slot(value) {
        return (1_u8, slot.kind).hash(to);
    }
    match value {
        Value::Null => 2_u8.hash(to),
        Value::Bool(is) => (3_u8, is).hash(to),
        Value::Number(number) => (4_u8, number.to_string()).hash(to),
        Value::String(text) => (5_u8, text).hash(to),
        Value::Array(list) => {
            (6_u8, list.len()).hash(to);
            list.iter().for_each(|item| walk(item, to));
        }
        // Whatever order a map keeps: its keys count, not their order.
        Value::Object(map) => {
            (7_u8, map.len()).hash(to);
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            for key in keys {
                key.hash(to);
                walk(&map[key], to);
            }
        }
    }
}

/// As people read it: slots by the names that they have in this session.
pub(crate) fn plain(value: &Value) -> Value {
    if let Some(slot) = as_slot(value) {
        return slot.name.into();
    }
    match value {
        Value::Array(list) => list.iter().map(plain).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        leaf => leaf.clone(),
    }
}

/// Slots by their kind, for what counts as the same difference again.
pub(crate) fn kinds(value: &Value) -> String {
    match as_slot(value) {
        Some(slot) => format!("a {}", slot.kind),
        None => value.to_string(),
    }
}
