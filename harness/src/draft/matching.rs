//! What of a callback's arguments a step expects: what is the same in every run, and what a bug makes otherwise.

use serde_json::{Map, Value, json};

use super::yaml;

/// Whole numbers from here on are instants.
const INSTANTS: i64 = 1_000_000_000_000;

/// Codes of refusals: nothing else that callbacks tell is so large and no instant.
const CODES: std::ops::Range<i64> = 20_000..40_000;

/// A code that documents state is itself, any other is one that is not 0.
pub(super) fn judged(code: i64) -> Value {
    if (0..=4).contains(&code) || code == 405 || code == 31004 { code.into() } else { json!({"not": 0}) }
}

/// Puts what differs into a matcher, whatever it is.
pub(super) fn differing(
    right: &Map<String, Value>,
    wrong: &Map<String, Value>,
    into: &mut Map<String, Value>,
    known: &[(&str, &Value)],
) {
    for (key, value) in right {
        let other = wrong.get(key).unwrap_or(&Value::Null);
        if value == other {
            continue;
        }
        if let (Value::Object(value), Value::Object(other)) = (value, other) {
            let inner = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                differing(value, other, inner, known);
            }
            continue;
        }
        match (named(value, known), value) {
            (Some(name), _) => into.insert(key.clone(), name.into()),
            // An id of this run, or an instant, is another in the next; that there is one can be said.
            (None, Value::String(_)) if is_volatile(key, value) && is_nothing(other) => {
                into.insert(key.clone(), json!({"regex": "."}))
            }
            (None, Value::Number(_)) if is_volatile(key, value) && is_nothing(other) => {
                into.insert(key.clone(), json!({"gt": 0}))
            }
            (None, _) if is_volatile(key, value) => None,
            (None, value) => into.insert(key.clone(), escaped(value)),
        };
    }
    for (key, value) in wrong {
        if !right.contains_key(key) && !value.is_null() {
            into.insert(key.clone(), yaml::word("absent"));
        }
    }
}

/// What of a callback's arguments is the same in every run, and worth to be expected.
pub(super) fn matcher(args: &Map<String, Value>, known: &[(&str, &Value)]) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in args {
        let expected = match (key.as_str(), value) {
            ("code", Value::Number(code)) => Some(judged(code.as_i64().unwrap_or_default())),
            (_, value) if is_nothing(value) => None,
            (_, value) => match named(value, known) {
                Some(name) => Some(name.into()),
                None if is_volatile(key, value) => None,
                None => expected(value, known),
            },
        };
        if let Some(expected) = expected {
            kept.insert(key.clone(), expected);
        }
    }
    kept
}

fn expected(value: &Value, known: &[(&str, &Value)]) -> Option<Value> {
    match value {
        Value::Object(fields)
            if fields.contains_key("conversationType") && fields.contains_key("targetId") =>
        {
            Some(Value::Object(message(fields, known)))
        }
        Value::Object(fields) => {
            let inner = matcher(fields, known);
            (!inner.is_empty()).then_some(Value::Object(inner))
        }
        // A list is matched element by element: all of them stand in it, or none is looked at.
        Value::Array(items) => {
            let items: Option<Vec<Value>> = items.iter().map(|item| expected(item, known)).collect();
            items.filter(|items| !items.is_empty()).map(Value::Array)
        }
        // A code within an answer is as little stated as the answer's own.
        Value::Number(number) if number.as_i64().is_some_and(|number| CODES.contains(&number)) => {
            Some(json!({"not": 0}))
        }
        value => Some(escaped(value)),
    }
}

/// Of a message or conversation: where it stands, whose it is, and what it says.
fn message(fields: &Map<String, Value>, known: &[(&str, &Value)]) -> Map<String, Value> {
    const TELLING: [&str; 10] = [
        "messageUId",
        "conversationType",
        "targetId",
        "channelId",
        "senderUserId",
        "messageType",
        "text",
        "identifier",
        "expansion",
        "unreadCount",
    ];
    let usual = |key: &str, value: &Value| {
        (key == "conversationType" && value == "private") || (key == "messageType" && value == "text")
    };
    let mut kept = Map::new();
    for (key, value) in fields {
        if !TELLING.contains(&key.as_str()) || is_nothing(value) || usual(key, value) {
            continue;
        }
        match named(value, known) {
            Some(name) => kept.insert(key.clone(), name.into()),
            None if is_volatile(key, value) => None,
            None => kept.insert(key.clone(), escaped(value)),
        };
    }
    kept
}

/// The name of a UID or instant that a message with a name has.
fn named(value: &Value, known: &[(&str, &Value)]) -> Option<String> {
    let of = |field: &'static str| {
        let holds = |(_, message): &&(&str, &Value)| message[field] == *value;
        known.iter().find(holds).map(|(name, _)| format!("{name}.{field}"))
    };
    match value {
        Value::String(text) if !text.is_empty() => of("messageUId"),
        Value::Number(number) if number.as_i64().is_some_and(|number| number >= INSTANTS) => of("sentTime"),
        _ => None,
    }
}

/// Whether another run has another value there.
fn is_volatile(key: &str, value: &Value) -> bool {
    let instant = value.as_i64().is_some_and(|number| number >= INSTANTS);
    instant
        || matches!(
            key,
            "messageUId"
                | "messageId"
                | "sessionId"
                | "token"
                | "receivedTime"
                | "thumbnail"
                | "localPath"
                | "remotePath"
        )
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value as it is: a text that begins with `$` is no name.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => yaml::literal(text).into(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), escaped(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(escaped).collect()),
        value => value.clone(),
    }
}
