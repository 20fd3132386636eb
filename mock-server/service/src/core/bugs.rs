//! The bugs that a world has, and those that somebody asked about: what nobody asked about changes nothing.

use std::{cell::Cell, collections::BTreeSet};

use super::bug::Bug;

/// Words of 64 bits, one bit a bug.
const WORDS: usize = Bug::ALL.len().div_ceil(64);

/// Which bugs a world has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bugs {
    on: BTreeSet<Bug>,
    /// Those that the code has come to, a bit each.
    asked: Cell<[u64; WORDS]>,
}

impl Bugs {
    /// Whether the world has it; notes that the code came to it.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        let mut asked = self.asked.get();
        let n = bug as usize;
        asked[n / 64] |= 1 << (n % 64);
        self.asked.set(asked);
        self.on.contains(&bug)
    }

    /// Whether the world has it, for those who show it.
    pub(crate) fn is_on(&self, bug: Bug) -> bool {
        self.on.contains(&bug)
    }

    pub(crate) fn set(&mut self, bug: Bug, on: bool) {
        if on {
            self.on.insert(bug);
        } else {
            self.on.remove(&bug);
        }
    }

    /// Those that the code has come to.
    pub(crate) fn asked(&self) -> Vec<Bug> {
        let asked = self.asked.get();
        let came = |bug: &Bug| asked[*bug as usize / 64] & (1 << (*bug as usize % 64)) != 0;
        Bug::ALL.iter().map(|(bug, _)| *bug).filter(came).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_about_is_known_and_what_was_shown_is_not() {
        let mut bugs = Bugs::default();
        bugs.set(Bug::NoKick, true);
        assert!(bugs.is_on(Bug::NoKick) && bugs.asked().is_empty());
        assert!(bugs.has(Bug::NoKick) && !bugs.has(Bug::RoutesNoChanges));
        assert_eq!(bugs.asked(), [Bug::NoKick, Bug::RoutesNoChanges]);
        bugs.set(Bug::NoKick, false);
        assert!(!bugs.has(Bug::NoKick));
    }
}
