//! What a client never tells, or tells beyond the one that was recorded, where that was another.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
};

use recording::{Reader, Seen, What};
use serde_json::Value;
use service::{Input, Taken};

use crate::{
    recorded::meaning::{Difference, How},
    runner::Abilities,
};

/// What tells one kind of client from another: what it says of itself when it connects.
type Kind = (String, String);

/// What a client of a session told of, and what kind of client it was.
#[derive(Debug, Default)]
struct Teller {
    kind: Option<Kind>,
    /// Callbacks by their names, and fields of them by callback and path.
    tells: BTreeSet<String>,
}

/// The natures of the clients of two sessions.
pub(super) struct Nature<'a> {
    can: &'a Abilities,
    then: BTreeMap<String, Teller>,
    now: BTreeMap<String, Teller>,
    /// Whether the session as a whole is of another client.
    is_another: bool,
}

impl<'a> Nature<'a> {
    /// Reads both sessions for what their clients tell.
    ///
    /// # Errors
    /// One cannot be read: a sentence.
    pub(super) fn of(
        can: &'a Abilities,
        then: &mut Reader<impl BufRead>,
        now: &mut Reader<impl BufRead>,
    ) -> Result<Self, String> {
        let is_another = then.header().client != can.client;
        Ok(Self { can, then: tellers(then)?, now: tellers(now)?, is_another })
    }

    /// In words what a difference comes of, if it is no more than the nature of a client.
    pub(super) fn explains(&self, difference: &Difference) -> Option<String> {
        let (event, client) = (difference.what.as_str(), &self.can.client);
        let (then, now) = (self.then.get(&difference.whose.0), self.now.get(&difference.whose.1));
        let told =
            |teller: Option<&Teller>, what: &str| teller.is_some_and(|teller| teller.tells.contains(what));
        let kind = |teller: Option<&Teller>| teller.and_then(|teller| teller.kind.clone());
        let is_another = self.is_another || kind(then) != kind(now);
        match &difference.how {
            How::Missing if difference.a.is_some() => {
                let never = !self.can.events.is_empty() && !self.can.events.contains(event);
                never.then(|| format!("{client} never tells {event}"))
            }
            How::Missing => {
                let beyond = is_another && !told(then, event);
                beyond.then(|| format!("{event} is told beyond the recorded client"))
            }
            How::Field(path, there, here, _) => {
                let field = format!("{event}.{}", plain_path(path.strip_prefix("args.").unwrap_or(path)));
                if self.can.unknown_args.contains(&field) {
                    return Some(format!("{client} never tells {field}"));
                }
                match (there, here) {
                    (Some(_), None) if is_another && !told(now, &field) => {
                        Some(format!("{client} never told {field}"))
                    }
                    (None, Some(_)) if is_another && !told(then, &field) => {
                        Some(format!("{field} is told beyond the recorded client"))
                    }
                    _ => None,
                }
            }
            How::Order => None,
        }
    }
}

/// A path without the numbers of places in lists.
fn plain_path(path: &str) -> String {
    let parts = path.split('.').filter(|part| part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join(".")
}

/// The clients of a session by their names.
fn tellers(reader: &mut Reader<impl BufRead>) -> Result<BTreeMap<String, Teller>, String> {
    let mut found: BTreeMap<String, Teller> = BTreeMap::new();
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        match entry.what {
            What::Seen(Seen::Callback { client, name, args }) => {
                let teller = found.entry(client).or_default();
                walk(&name, &Value::Object(args), &mut teller.tells);
                teller.tells.insert(name);
            }
            What::Taken(Taken::Input(Input::Open { login, .. })) => {
                if let Some((client, _)) = login.label.rsplit_once('/') {
                    let teller = found.entry(client.to_owned()).or_default();
                    teller.kind = Some((login.platform.clone(), login.sdk_version.clone()));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn walk(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                if !value.is_null() {
                    found.insert(path.clone());
                }
                walk(&path, value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(path, item, found)),
        _ => {}
    }
}
