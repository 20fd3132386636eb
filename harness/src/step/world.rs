//! The world of a recording as it was behind an entry, made again from what was done to it.

use std::collections::BTreeMap;

use recording::{Entry, Header, Said, What, replay::Replay};
use serde_json::Value;
use service::{ConnId, Service};

use super::{
    compare::{Compare, Differs},
    kept::Kept,
};

/// Differences that are kept; all are counted.
const MOST_DIFFERENCES: usize = 10_000;

/// A world in time.
#[derive(Debug)]
pub struct World {
    /// Behind which entry it is.
    at: u64,
    state: Option<State>,
    kept: Kept<State>,
    /// Why there is none.
    why_none: Option<String>,
    compares: bool,
    differences: BTreeMap<u64, Differs>,
}

/// All of it at an instant.
#[derive(Debug, Clone)]
struct State {
    replay: Replay,
    compare: Compare,
    /// What it said because of the last entry, where no recording tells.
    says: Vec<Said>,
}

impl World {
    /// In the beginning.
    #[must_use]
    pub fn begin(header: &Header) -> Self {
        let (state, why_none) = match Replay::begin(header) {
            Ok(replay) => (Some(State { replay, compare: Compare::default(), says: Vec::new() }), None),
            Err(mistakes) => (None, Some(mistakes.join("; "))),
        };
        let mut kept = Kept::default();
        if let Some(state) = &state {
            kept.keep(0, state.clone());
        }
        let differences = BTreeMap::new();
        Self { at: 0, state, kept, why_none, compares: header.said, differences }
    }

    /// Behind which entry it is.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Why there is no world, only entries.
    #[must_use]
    pub fn why_none(&self) -> Option<&str> {
        self.why_none.as_deref()
    }

    /// Whether the recording tells what was said, to be compared.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.compares && self.state.is_some()
    }

    /// The service as it was then.
    #[must_use]
    pub fn service(&self) -> Option<&Service> {
        self.state.as_ref().map(|state| state.replay.service())
    }

    /// What it holds of a kind, as the control API tells it.
    #[must_use]
    pub fn state(&self, kind: &str, id: Option<&str>) -> Option<Value> {
        self.service()?.state(kind, id)
    }

    /// Whose an open connection is.
    #[must_use]
    pub fn user_of(&self, conn: ConnId) -> Option<&str> {
        self.service()?.user_of(conn)
    }

    /// What the service says because of the last entry, where the recording tells nothing of what was said.
    #[must_use]
    pub fn says(&self) -> &[Said] {
        self.state.as_ref().map_or(&[], |state| &state.says)
    }

    /// Where something else is said now, as far as the world has come.
    #[must_use]
    pub fn differences(&self) -> &BTreeMap<u64, Differs> {
        &self.differences
    }

    /// Goes to the nearest state that was kept on the way to entry `n`, from where it is gone on entry by entry.
    pub fn jump(&mut self, n: u64) {
        if self.state.is_none() {
            // Without a world every entry is as good as another.
            self.at = n;
        } else if let Some((at, state)) = self.kept.before(n)
            && (n < self.at || at > self.at)
        {
            (self.at, self.state) = (at, Some(state.clone()));
        }
    }

    /// Goes on by an entry, on the way to entry `goal`; `is_last`: no other can follow.
    pub fn go_on(&mut self, entry: &Entry, goal: u64, is_last: bool) {
        self.at = entry.n;
        let Some(state) = &mut self.state else { return };
        if !self.compares {
            if let What::Taken(_) = entry.what {
                state.says = state.replay.spoken(entry.clone());
            } else {
                state.says.clear();
            }
        } else {
            let said = state.replay.spoken(entry.clone());
            if let Some((differs, before)) = state.compare.take(&entry.what, said) {
                note(&mut self.differences, entry.n - u64::from(before), differs);
            }
            if is_last && let Some(differs) = state.compare.rest() {
                note(&mut self.differences, entry.n, differs);
            }
        }
        if self.kept.wants(entry.n, goal) && !is_last {
            self.kept.keep(entry.n, state.clone());
        }
    }

    /// States that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }
}

fn note(differences: &mut BTreeMap<u64, Differs>, n: u64, found: Differs) {
    if let Some(known) = differences.get_mut(&n) {
        // What is said besides is found out later than what is said otherwise.
        if known.more.is_empty() {
            known.more = found.more;
        }
    } else if differences.len() < MOST_DIFFERENCES {
        differences.insert(n, found);
    }
}
