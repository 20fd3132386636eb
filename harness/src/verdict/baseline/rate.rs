//! How often a flaky case fails, and whether it does so more often than was said.

/// A share of runs, written `20%` or `1/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    failed: u32,
    of: u32,
}

/// What comes about less often than this, if the rate is what was said, is no chance.
const CHANCE: f64 = 0.01;

impl Rate {
    /// Reads `20%` or `1/5`; `None` if it is no share above 0 and below all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (failed, of) = match text.strip_suffix('%') {
            Some(percent) => (percent.trim_end().parse().ok()?, 100),
            None => {
                let (failed, of) = text.split_once('/')?;
                (failed.trim().parse().ok()?, of.trim().parse().ok()?)
            }
        };
        (0 < failed && failed < of).then_some(Self { failed, of })
    }

    /// Whether so many failures say that it fails more often than this: by chance they come less than once in a hundred times.
    #[must_use]
    pub fn is_exceeded(self, failed: u32, attempts: u32) -> bool {
        let rate = f64::from(self.failed) / f64::from(self.of);
        if failed == 0 || failed > attempts {
            return failed > attempts;
        }
        // The chance of `n` failures, from none on: each from the one before.
        let mut chance = (1.0 - rate).powi(i32::try_from(attempts).unwrap_or(i32::MAX));
        let mut fewer = 0.0;
        for n in 0..failed {
            fewer += chance;
            chance *= f64::from(attempts - n) / f64::from(n + 1) * rate / (1.0 - rate);
        }
        1.0 - fewer < CHANCE
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of == 100 { write!(f, "{}%", self.failed) } else { write!(f, "{}/{}", self.failed, self.of) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_share() {
        for text in ["20%", "1/5", " 1 / 5 "] {
            assert!(Rate::parse(text).is_some(), "{text}");
        }
        for text in ["0%", "100%", "5/5", "6/5", "0.2", "often", "", "1/0", "-1/5"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
        assert_eq!(
            [Rate::parse("20%"), Rate::parse("1/5")].map(|rate| rate.unwrap().to_string()),
            ["20%", "1/5"]
        );
    }

    #[test]
    fn what_chance_explains_exceeds_nothing() {
        let fifth = Rate::parse("20%").unwrap();
        for (failed, attempts, exceeds) in [
            (0, 10, false),
            (1, 1, false),
            (2, 2, false),
            (3, 3, true),
            (2, 10, false),
            (5, 10, false),
            (6, 10, true),
            (20, 100, false),
            (40, 100, true),
        ] {
            assert_eq!(fifth.is_exceeded(failed, attempts), exceeds, "{failed} of {attempts}");
        }
    }
}
