//! What the worlds' ids are drawn from. Tokens and sessions of a world that is gone must mean nothing to any other, so a
//! world draws on fresh randomness, unless somebody asked for ids that can be told beforehand.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
};

/// The seeds of one server's worlds.
#[derive(Debug)]
pub(crate) struct Seeds {
    /// The seed that the whole server was started with.
    asked: Option<u64>,
    /// How many worlds an App Key has had, where that makes a difference.
    generations: RefCell<BTreeMap<String, u64>>,
}

impl Seeds {
    pub(crate) fn new(asked: Option<u64>) -> Self {
        Self { asked, generations: RefCell::default() }
    }

    /// The seed of an App Key's next world. `named` is for this one world alone: the same again gives the same ids.
    pub(crate) fn next(&self, app_key: &str, named: Option<u64>) -> u64 {
        match (named, self.asked) {
            (Some(seed), _) => mixed(seed, app_key, 0),
            (None, Some(seed)) => {
                // 0 is that of worlds with a seed of their own.
                let before = self.generations.borrow().get(app_key).copied().unwrap_or_default();
                mixed(seed, app_key, before + 1)
            }
            (None, None) => entropy(),
        }
    }

    /// A world of that App Key was made.
    pub(crate) fn made(&self, app_key: &str) {
        if self.asked.is_some() {
            *self.generations.borrow_mut().entry(app_key.to_owned()).or_default() += 1;
        }
    }
}

/// Sixty-four bits that nobody can tell beforehand: the standard library keys its hashers with the system's randomness.
fn entropy() -> u64 {
    RandomState::new().hash_one("a world's ids")
}

/// Two App Keys, or two worlds of one, share no ids (FNV-1a, then the finisher of SplitMix64).
fn mixed(seed: u64, app_key: &str, generation: u64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(generation.to_le_bytes()).chain(app_key.bytes());
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn without_a_seed_no_two_worlds_are_alike() {
        let seeds: BTreeSet<u64> = (0..100).map(|_| Seeds::new(None).next("k", None)).collect();
        assert_eq!(seeds.len(), 100);
    }

    #[test]
    fn a_servers_seed_is_repeatable_and_keeps_apps_and_generations_apart() {
        let run = || {
            let seeds = Seeds::new(Some(7));
            let mut drawn = Vec::new();
            for key in ["a", "b", "a", "a"] {
                drawn.push(seeds.next(key, None));
                seeds.made(key);
            }
            drawn
        };
        assert_eq!(run(), run());
        assert_eq!(run().into_iter().collect::<BTreeSet<_>>().len(), 4);
        assert_ne!(Seeds::new(Some(8)).next("a", None), Seeds::new(Some(7)).next("a", None));
    }

    #[test]
    fn a_world_that_was_not_made_takes_no_generation() {
        let seeds = Seeds::new(Some(7));
        assert_eq!(seeds.next("a", None), seeds.next("a", None));
    }

    #[test]
    fn a_named_seed_is_the_same_each_time_and_another_in_each_app() {
        let seeds = Seeds::new(None);
        seeds.made("a");
        assert_eq!(seeds.next("a", Some(3)), Seeds::new(Some(9)).next("a", Some(3)));
        assert_ne!(seeds.next("a", Some(3)), seeds.next("b", Some(3)));
        assert_ne!(seeds.next("a", Some(3)), Seeds::new(Some(3)).next("a", None));
    }
}
