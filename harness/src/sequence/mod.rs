//! The canonical callback sequence: what a person reviews, free of whatever changes from run to run.
//!
//! Volatile values are named by identity (`msg#1` wherever the first message's UID appears), times are counted from
//! the start (`t0+30.000s`), runs of like events are folded, and what happens at one instant to different clients is
//! sorted by client, so that a legal reordering is no difference.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wire::UnixMillis;

/// Something a client did or saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: UnixMillis,
    /// Whose.
    pub client: String,
    /// `call connect`, `onConnected` …
    pub name: String,
    /// Arguments.
    pub args: Map<String, Value>,
    /// What a call returned.
    pub returned: Option<Value>,
}

/// Names of values that are not to be shown as they are: tokens, app keys.
pub type Aliases = IndexMap<String, String>;

/// Keys whose values are instants.
const INSTANTS: [&str; 3] = ["sentTime", "receivedTime", "timestamp"];
/// Keys that may differ along a folded run.
const VARYING: [&str; 5] = ["messageUId", "messageId", "sentTime", "receivedTime", "text"];

/// A line of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, milliseconds since the start.
    pub at_ms: i64,
    /// Whose.
    pub client: String,
    /// It is a call, not a callback.
    pub is_call: bool,
    /// Name, how often, arguments, result.
    pub text: String,
}

/// The sequence, a line an entry or run.
#[must_use]
pub fn canonical(entries: &[Entry], clients: &[String], start: UnixMillis, aliases: &Aliases) -> Vec<Line> {
    let mut names = Names { start, aliases, uids: IndexMap::new() };
    // Identities are given in the order of what happened, before clients are sorted apart.
    for entry in entries {
        names.learn(&Value::Object(entry.args.clone()));
    }
    let lane = |entry: &Entry| clients.iter().position(|client| *client == entry.client);
    let mut ordered: Vec<&Entry> = entries.iter().collect();
    ordered.sort_by_key(|entry| (entry.at, lane(entry)));
    let mut lines = Vec::new();
    let mut index = 0;
    while index < ordered.len() {
        let first = ordered[index];
        let shape = shape(first);
        let mut run = 1;
        while let Some(next) = ordered.get(index + run)
            && is_next(ordered[index + run - 1], next)
            && shape == self::shape(next)
        {
            run += 1;
        }
        let last = ordered[index + run - 1];
        let mut text = first.name.clone();
        if run > 1 {
            let _ = write!(text, " ×{run}");
            names.write_run(&mut text, first, last);
        } else {
            names.write_args(&mut text, &first.args);
        }
        if let Some(returned) = &first.returned {
            let _ = write!(text, " -> {}", names.value(returned));
        }
        let at_ms = first.at.0 - start.0;
        lines.push(Line { at_ms, client: first.client.clone(), is_call: first.returned.is_some(), text });
        index += run;
    }
    lines
}

/// The sequence as the text that is reviewed.
#[must_use]
pub fn text(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.client.len()).max().unwrap_or(0);
    let line = |line: &Line| format!("{:>13}  {:width$}  {}\n", instant(line.at_ms), line.client, line.text);
    lines.iter().map(line).collect()
}

/// `t0+30.000s`
fn instant(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    format!("t0{sign}{}.{:03}s", ms.abs() / 1000, ms.abs() % 1000)
}

/// An event without what varies along a run.
fn shape(entry: &Entry) -> Map<String, Value> {
    let mut args = entry.args.clone();
    args.shift_remove("left");
    if let Some(Value::Object(message)) = args.get_mut("message") {
        for key in VARYING {
            message.shift_remove(key);
        }
    }
    args
}

/// Whether an event goes on with the run of the one before: a package that counts down by one. Calls are never folded:
/// each is a step of the scenario.
fn is_next(before: &Entry, next: &Entry) -> bool {
    let left = |entry: &Entry| entry.args.get("left").and_then(Value::as_i64);
    before.returned.is_none()
        && next.returned.is_none()
        && (before.at, &before.client, &before.name) == (next.at, &next.client, &next.name)
        && left(before).is_some()
        && left(before) == left(next).map(|left| left + 1)
}

struct Names<'a> {
    start: UnixMillis,
    aliases: &'a Aliases,
    uids: IndexMap<String, usize>,
}

impl Names<'_> {
    fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(uid) if key == "messageUId" && !uid.is_empty() => {
                            let next = self.uids.len() + 1;
                            self.uids.entry(uid.clone()).or_insert(next);
                        }
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    fn instant(&self, at: UnixMillis) -> String {
        instant(at.0 - self.start.0)
    }

    fn text(&self, text: &str) -> String {
        if let Some(n) = self.uids.get(text) {
            return format!("msg#{n}");
        }
        match self.aliases.get(text) {
            Some(alias) => alias.clone(),
            None if text.chars().count() > 80 => {
                let head: String = text.chars().take(40).collect();
                format!("\"{head}…\"({} chars)", text.chars().count())
            }
            None => format!("{text:?}"),
        }
    }

    fn field(&self, key: &str, value: &Value) -> String {
        match value {
            Value::Number(number) if INSTANTS.contains(&key) => match number.as_i64() {
                Some(ms) if ms > 0 => self.instant(UnixMillis(ms)),
                _ => number.to_string(),
            },
            other => self.value(other),
        }
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                format!("[{}]", items.iter().map(|item| self.value(item)).collect::<Vec<_>>().join(", "))
            }
            Value::Object(map) => {
                let fields = map.iter().map(|(key, value)| format!("{key}: {}", self.field(key, value)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        }
    }

    fn write_args(&self, text: &mut String, args: &Map<String, Value>) {
        for (key, value) in args {
            let _ = write!(text, " {key}={}", self.field(key, value));
        }
    }

    fn write_run(&self, text: &mut String, first: &Entry, last: &Entry) {
        for (key, value) in &first.args {
            match (value, last.args.get(key)) {
                (Value::Object(a), Some(Value::Object(b))) => {
                    let fields = a.iter().map(|(name, value)| {
                        let from = self.field(name, value);
                        let to = b.get(name).map_or_else(String::new, |value| self.field(name, value));
                        if from == to { format!("{name}: {from}") } else { format!("{name}: {from}..{to}") }
                    });
                    let _ = write!(text, " {key}={{{}}}", fields.collect::<Vec<_>>().join(", "));
                }
                (from, Some(to)) if from != to => {
                    let _ = write!(text, " {key}={}..{}", self.field(key, from), self.field(key, to));
                }
                (value, _) => {
                    let _ = write!(text, " {key}={}", self.field(key, value));
                }
            }
        }
    }
}
