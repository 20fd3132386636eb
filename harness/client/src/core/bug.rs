//! Named bugs: what client SDKs plausibly do wrong, to prove that scenarios notice.
//!
//! Each bites in one small condition, where the right behaviour stands, and only in an engine whose
//! [`ClientEnv`](crate::ClientEnv) asks for it. What was asked about is remembered: a case in which nobody asked about a
//! bug passes with it as it does without.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use super::bug_list::Bug;

/// Words of 64 bits, one bit a bug.
const WORDS: usize = Bug::ALL.len().div_ceil(64);

/// The bugs that an engine has, and those it was asked about. Clones are one.
#[derive(Clone, Default)]
pub struct Bugs(Arc<Inner>);

#[derive(Default)]
struct Inner {
    alive: [u64; WORDS],
    asked: [AtomicU64; WORDS],
}

impl Bugs {
    /// These bugs, and no other.
    #[must_use]
    pub fn of(bugs: &[Bug]) -> Self {
        let mut inner = Inner::default();
        for (word, bit) in bugs.iter().copied().map(place) {
            inner.alive[word] |= bit;
        }
        Self(Arc::new(inner))
    }

    /// Whether the engine has that bug; notes that it was asked.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        let (word, bit) = place(bug);
        // Most are asked about again and again: reading is cheaper than writing.
        if self.0.asked[word].load(Ordering::Relaxed) & bit == 0 {
            self.0.asked[word].fetch_or(bit, Ordering::Relaxed);
        }
        self.0.alive[word] & bit != 0
    }

    /// The bugs that anybody has asked about, in the order of [`Bug::ALL`].
    #[must_use]
    pub fn asked(&self) -> Vec<Bug> {
        let asked = |bug: &Bug| {
            let (word, bit) = place(*bug);
            self.0.asked[word].load(Ordering::Relaxed) & bit != 0
        };
        Bug::ALL.iter().copied().filter(asked).collect()
    }
}

impl fmt::Debug for Bugs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alive = Bug::ALL.iter().filter(|bug| {
            let (word, bit) = place(**bug);
            self.0.alive[word] & bit != 0
        });
        f.debug_set().entries(alive).finish()
    }
}

fn place(bug: Bug) -> (usize, u64) {
    let n = bug as usize;
    (n / 64, 1 << (n % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_engine_has_what_was_asked_for_and_remembers_what_it_was_asked_about() {
        let (first, last) = (Bug::ALL[0], Bug::ALL[Bug::ALL.len() - 1]);
        let bugs = Bugs::of(&[last]);
        let clone = bugs.clone();
        assert!(clone.has(last) && !clone.has(first));
        assert_eq!(bugs.asked(), [first, last]);
        assert!(!Bugs::default().has(last));
    }

    #[test]
    fn names_are_unlike_each_other_and_meanings_are_sentences() {
        let names: BTreeSet<&str> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), Bug::ALL.len());
        for bug in Bug::ALL {
            assert_eq!(Bug::named(bug.name()), Some(*bug));
            assert!(bug.meaning().ends_with('.') && bug.meaning().len() > 20, "{}", bug.name());
        }
    }
}
