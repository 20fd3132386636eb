//! What a seed draws where several things may happen first: which of them does.

/// A small generator (SplitMix64): the same draws for the same seed, everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `count`, from 0; 0 if there are none.
    pub(crate) fn one_of(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        drawn ^= drawn >> 31;
        // Counts are small: that some are a little likelier does not matter.
        usize::try_from(drawn.checked_rem(count as u64).unwrap_or(0)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_every_choice_comes() {
        let draws = |seed| {
            let mut chance = Chance::new(seed);
            (0..200).map(|_| chance.one_of(3)).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert!((0..3).all(|choice| draws(7).iter().filter(|drawn| **drawn == choice).count() > 30));
        assert_eq!(Chance::new(1).one_of(0), 0);
    }
}
