//! From what the decoder tells of an entry to what it means: fields that the rules leave out are gone, names that are the
//! session's own are slots, instants count from its beginning.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    modes::{Mode, Rules},
    node::{as_slot, slot},
    rules::Of,
};

/// Instants lie so near the beginning of a session, milliseconds; nothing else that is a number does.
const NEAR: i64 = 3 * 366 * 24 * 3600 * 1000;
/// JSON within text within JSON is read so deep.
const DEPTH: usize = 12;
/// Longer texts are no JSON that is read.
const LONGEST: usize = 1 << 20;

/// Reads fields of one session.
#[derive(Debug)]
pub(crate) struct Fields<'r> {
    pub(crate) rules: &'r Rules,
    pub(crate) start: i64,
    pub(crate) app_key: String,
    /// Where the service is found, the longest first: `http://127.0.0.1:80`, `127.0.0.1:80`.
    addresses: Vec<String>,
    /// Ids of users, groups and the like that were seen.
    pub(crate) names: BTreeSet<String>,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(rules: &'r Rules, start: i64, app_key: &str) -> Self {
        let app_key = app_key.to_owned();
        Self { rules, start, app_key, addresses: Vec::new(), names: BTreeSet::new() }
    }

    /// The service is found there, too.
    pub(crate) fn found_at(&mut self, address: &str) {
        let address = address.trim_end_matches('/');
        let bare = address.split_once("://").map_or(address, |(_, bare)| bare);
        let host = bare.split('/').next().unwrap_or_default();
        if host.len() < 4 || self.addresses.iter().any(|known| known == host) || self.addresses.len() > 63 {
            return;
        }
        for scheme in ["https://", "http://", "wss://", "ws://", ""] {
            self.addresses.push(format!("{scheme}{host}"));
        }
        self.addresses.sort_by_key(|known| std::cmp::Reverse(known.len()));
    }

    /// What a value means; `None`: it is left out.
    pub(crate) fn means(&mut self, key: &str, value: &Value) -> Option<Value> {
        self.at(key, value, 0)
    }

    fn at(&mut self, key: &str, value: &Value, depth: usize) -> Option<Value> {
        let of = Rules::of_field(key);
        let of = of.filter(|of| self.applies(*of, key, value));
        if of.is_some_and(|of| self.rules.leaves_out(of)) {
            return None;
        }
        match value {
            Value::Object(_) if as_slot(value).is_some() => Some(value.clone()),
            Value::Object(map) => {
                let fields = map.iter().filter_map(|(key, value)| {
                    Some((key.clone(), self.at(key, value, depth).filter(|value| !value.is_null())?))
                });
                let fields: Map<String, Value> = fields.collect();
                Some(Value::Object(fields))
            }
            Value::Array(list) => {
                Some(Value::Array(list.iter().filter_map(|item| self.at(key, item, depth)).collect()))
            }
            Value::Number(number) => {
                if let Some(instant) = number.as_i64().and_then(|ms| self.instant(ms)) {
                    return instant;
                }
                Some(match of {
                    Some(of @ (Of::LocalIds | Of::MadeIds)) => self.named(of, &number.to_string()),
                    _ => value.clone(),
                })
            }
            Value::String(text) => self.text(of, key, text, depth),
            other => Some(other.clone()),
        }
    }

    /// Some names of fields mean different things in different places.
    fn applies(&self, of: Of, key: &str, value: &Value) -> bool {
        match (of, key) {
            // Of an ultra group's change, or an entry's owner; a UID is told by its looks.
            (Of::Names, "from" | "to" | "uid") => value.is_string(),
            // The version of a body's format, the weight of nothing: numbers and texts of other places.
            (Of::Client, "v" | "m") => value.as_str().is_some_and(|text| text.contains(['.', ':'])),
            (Of::LocalIds, _) => value.as_i64().is_some_and(|id| id > 0),
            _ => true,
        }
    }

    fn text(&mut self, of: Option<Of>, key: &str, text: &str, depth: usize) -> Option<Value> {
        if text.is_empty() {
            return Some(Value::String(String::new()));
        }
        if text.len() == 13
            && let Some(instant) = text.parse().ok().and_then(|ms| self.instant(ms))
        {
            return instant;
        }
        if is_uid(text) {
            return if self.rules.leaves_out(Of::MessageUids) {
                None
            } else {
                Some(self.named(Of::MessageUids, text))
            };
        }
        match of {
            Some(Of::Tokens) => {
                // What stands behind `@` is where the service is found.
                let token = text.split('@').next().unwrap_or_default();
                return Some(self.named(Of::Tokens, token));
            }
            // A stay in a room; in other places it holds flags.
            _ if key == "sessionId" && !self.rules.leaves_out(Of::MadeIds) => {
                return Some(self.named(Of::MadeIds, text));
            }
            _ if key == "sessionId" => return None,
            Some(of @ (Of::MessageUids | Of::MadeIds)) => return Some(self.named(of, text)),
            Some(Of::Names) => {
                self.names.insert(text.to_owned());
                return Some(self.named(Of::Names, text));
            }
            _ => {}
        }
        if depth < DEPTH
            && text.len() < LONGEST
            && text.starts_with(['{', '['])
            && !is_plain(key)
            && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
        {
            return self.at("", &inner, depth + 1);
        }
        let text = self.without_addresses(text);
        Some(if self.rules.mode(Of::MessageUids) == Mode::Strict { text } else { without_uids(&text) }.into())
    }

    fn without_addresses(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.rules.leaves_out(Of::Addresses) {
            for address in &self.addresses {
                if text.contains(address.as_str()) {
                    text = text.replace(address.as_str(), "<service>");
                }
            }
        }
        if self.rules.leaves_out(Of::AppKey) && !self.app_key.is_empty() && text.contains("<service>") {
            text = text.replace(&self.app_key, "<app key>");
        }
        text
    }

    fn named(&self, of: Of, name: &str) -> Value {
        match self.rules.mode(of) {
            Mode::Usual => slot(of, name, false),
            Mode::Strict | Mode::Ignored => name.into(),
        }
    }

    /// `None`: it is no instant; `Some(None)`: it is one, and left out.
    fn instant(&self, ms: i64) -> Option<Option<Value>> {
        let after = ms.checked_sub(self.start)?;
        if after.abs() > NEAR || ms < NEAR {
            return None;
        }
        Some(match self.rules.mode(Of::Instants) {
            Mode::Ignored => None,
            Mode::Strict => Some(ms.into()),
            Mode::Usual if self.rules.any_instant => Some("an instant".into()),
            Mode::Usual => Some(
                format!(
                    "{}{}.{:03}s",
                    if after < 0 { "-" } else { "+" },
                    after.abs() / 1000,
                    after.abs() % 1000
                )
                .into(),
            ),
        })
    }
}

/// What people wrote is what it looks like.
fn is_plain(key: &str) -> bool {
    key == "text"
}

/// Sentences name messages, too: which one is told elsewhere.
fn without_uids(text: &str) -> String {
    let mut parts = text.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('`');
        out.push_str(if is_uid(part) { "<message>" } else { part });
    }
    out
}

/// Four times four signs.
fn is_uid(text: &str) -> bool {
    text.len() == 19
        && text.bytes().enumerate().all(|(at, byte)| match at % 5 {
            4 => byte == b'-',
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        })
}

/// `a=1&b=2` as an object; a key that comes again makes a list.
pub(crate) fn form(text: &str) -> Value {
    let mut fields = Map::new();
    for (key, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(&*key) {
            None => drop(fields.insert(key.into_owned(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    Value::Object(fields)
}
