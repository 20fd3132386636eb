//! States of a world that is replayed, kept to go back to: dense near where one is, sparse far away, and not more than a few.

use std::collections::BTreeMap;

/// States that are kept.
const MOST: usize = 24;
/// What they weigh together, where the state behind entry n weighs n: a world grows with what was done to it.
const MOST_ENTRIES: u64 = 4_000_000;
/// This many are kept whatever they weigh.
const LEAST: usize = 4;
/// Entries between two states, at least.
const NEAREST: u64 = 1_024;

/// States by the entry behind which the world was so.
#[derive(Debug)]
pub(super) struct Kept<S>(BTreeMap<u64, S>);

impl<S> Default for Kept<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S> Kept<S> {
    /// Whether the state behind entry `n` is worth a copy on the way to entry `goal`: some on every way, whose distance grows with
    /// the world, and two shortly before its end, from where one goes back step by step.
    #[must_use]
    pub(super) fn wants(&self, n: u64, goal: u64) -> bool {
        let apart = (n / 16).next_power_of_two().max(NEAREST);
        let is_near = matches!(goal.saturating_sub(n), 64 | 512) || goal == n && n.is_multiple_of(512);
        (n.is_multiple_of(apart) || is_near) && !self.0.contains_key(&n)
    }

    /// Keeps the state behind entry `n`, where the world is.
    pub(super) fn keep(&mut self, n: u64, state: S) {
        self.0.insert(n, state);
        while self.0.len() > MOST || self.0.keys().sum::<u64>() > MOST_ENTRIES && self.0.len() > LEAST {
            let Some(least) = self.least(n) else { return };
            self.0.remove(&least);
        }
    }

    /// The one that is missed least by whoever is at `now`: between near neighbours, far away. Never the first one.
    fn least(&self, now: u64) -> Option<u64> {
        let keys: Vec<u64> = self.0.keys().copied().collect();
        let missed = |at: usize| {
            let behind = keys.get(at + 1).copied().unwrap_or(u64::MAX / 2);
            let gap = u128::from(behind - keys[at - 1]);
            gap * 1_000_000 / u128::from(keys[at].abs_diff(now) + 1)
        };
        (1..keys.len()).filter(|at| keys[*at] != now).min_by_key(|at| missed(*at)).map(|at| keys[at])
    }

    /// The last state that is not behind entry `n`.
    #[must_use]
    pub(super) fn before(&self, n: u64) -> Option<(u64, &S)> {
        self.0.range(..=n).next_back().map(|(n, state)| (*n, state))
    }

    /// How many there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk to the end and back: never many, and one close by wherever one stands.
    #[test]
    fn few_are_kept_and_one_is_near() {
        let mut kept = Kept::default();
        kept.keep(0, ());
        let mut copies = 0;
        for n in 1..=300_000_u64 {
            if kept.wants(n, 300_000) {
                kept.keep(n, ());
                copies += 1;
            }
            assert!(kept.len() <= MOST);
            let (near, ()) = kept.before(n).unwrap();
            assert!(n - near <= (n / 8).max(2 * NEAREST), "{n}: {near}");
        }
        assert!(copies < 200, "{copies} copies");
        assert_eq!(kept.before(299_999).unwrap().0, 300_000 - 64);
        assert_eq!(kept.before(5).unwrap().0, 0);
    }

    #[test]
    fn large_worlds_are_kept_less_often() {
        let mut kept = Kept::default();
        kept.keep(0, ());
        for n in (0..10_000_000_u64).step_by(50_000) {
            kept.keep(n, ());
        }
        assert!(kept.len() <= LEAST, "{}", kept.len());
        assert!(kept.before(9_940_000).is_some_and(|(n, ())| n > 5_000_000));
    }
}
