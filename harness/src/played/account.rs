//! What went otherwise than it was recorded, on the wire.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use service::Login;
use wire::ClientFrame;

use super::asked::words;

/// Things of one kind are told so many of.
const MOST: usize = 8;

/// What went otherwise, by kind and in words, with how often.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    kinds: BTreeMap<Kind, BTreeMap<String, Vec<u64>>>,
}

/// What went otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Stranger,
    Extra,
    Again,
    CameAgain,
    Missing,
    Unsaid,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Stranger, Self::Extra, Self::Again, Self::CameAgain, Self::Missing, Self::Unsaid];

    /// As machines know it.
    fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Extra => "extra",
            Self::Again => "again",
            Self::CameAgain => "cameAgain",
            Self::Missing => "missing",
            Self::Unsaid => "unsaid",
        }
    }
}

impl Account {
    fn note(&mut self, kind: Kind, what: String, n: u64) {
        self.kinds.entry(kind).or_default().entry(what).or_default().push(n);
    }

    /// Somebody connected whose token nobody has in the recording.
    pub(super) fn stranger(&mut self, login: &Login) {
        let token: String = login.token.chars().take(24).collect();
        self.note(Kind::Stranger, token, 0);
    }

    /// A request that the recording does not have at all.
    pub(super) fn extra(&mut self, user: &str, frame: &ClientFrame) {
        self.note(Kind::Extra, format!("{user}: {}", words(frame)), 0);
    }

    /// A request that was made more often than in the recording.
    pub(super) fn again(&mut self, user: &str, frame: &ClientFrame) {
        self.note(Kind::Again, format!("{user}: {}", words(frame)), 0);
    }

    /// A connection was opened more often.
    pub(super) fn came_again(&mut self, user: &str) {
        self.note(Kind::CameAgain, user.to_owned(), 0);
    }

    /// A request of the recording was not made.
    pub(super) fn missing(&mut self, user: &str, n: u64, frame: &ClientFrame) {
        self.note(Kind::Missing, format!("{user}: {}", words(frame)), n);
    }

    /// What the service said could not be said.
    pub(super) fn unsaid(&mut self, user: &str, n: u64) {
        self.note(Kind::Unsaid, user.to_owned(), n);
    }

    /// By kind a list of what, with how often, and the entries of the recording.
    pub(super) fn told(&self) -> Value {
        let kinds = self.kinds.iter().map(|(kind, all)| {
            let all: Vec<Value> = (all.iter())
                .map(|(what, entries)| {
                    let numbers: Vec<u64> = entries.iter().copied().filter(|n| *n > 0).collect();
                    json!({"what": what, "times": entries.len(), "entries": numbers})
                })
                .collect();
            (kind.name().to_owned(), all.into())
        });
        Value::Object(kinds.collect())
    }
}

/// What [`Account::told`] tells, in sentences.
pub(super) fn sentences(told: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    for kind in Kind::ALL {
        let all = told[kind.name()].as_array().map_or(&[][..], Vec::as_slice);
        for one in all.iter().take(MOST) {
            let what = one["what"].as_str().unwrap_or_default();
            let times = one["times"].as_u64().unwrap_or(1);
            let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
            let entries = entries_of(one);
            notes.push(match kind {
                Kind::Stranger => format!(
                    "a client came with a token that nobody has in the recording ({what}…): it was turned away{times}"
                ),
                Kind::Extra => format!("{what}: the recording has none: it was refused{times}"),
                Kind::Again => format!("{what}: asked once more than recorded: answered as before{times}"),
                Kind::CameAgain => format!("{what} connected once more than recorded{times}"),
                Kind::Missing => format!("{what}: not asked for again{entries}{times}"),
                Kind::Unsaid => {
                    format!("{what}: what the service said could not be said, for there was no connection{entries}{times}")
                }
            });
        }
        if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
            notes.push(format!("and {more} more of that kind"));
        }
    }
    notes
}

/// Whether nothing went otherwise.
pub(super) fn is_clean(told: &Value) -> bool {
    told.as_object().is_none_or(serde_json::Map::is_empty)
}

fn entries_of(one: &Value) -> String {
    let entries: Vec<String> =
        one["entries"].as_array().into_iter().flatten().take(MOST).map(ToString::to_string).collect();
    match entries.len() {
        0 => String::new(),
        1 => format!(" (entry {})", entries[0]),
        _ => format!(" (entries {})", entries.join(", ")),
    }
}
