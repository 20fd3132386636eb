//! How fast a recording plays.

use std::{str::FromStr, time::Duration};

/// How much faster than it was, at most.
const FASTEST: f64 = 1_000_000.0;

/// The pace of playing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Pace {
    /// As fast as it goes.
    #[default]
    Virtual,
    /// So many times as fast as it was recorded.
    Times(f64),
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "virtual" => return Ok(Self::Virtual),
            "real" => return Ok(Self::Times(1.0)),
            _ => {}
        }
        let times = text.strip_prefix(['x', '×']).and_then(|times| times.parse::<f64>().ok());
        match times.filter(|times| times.is_finite() && *times > 0.0 && *times <= FASTEST) {
            Some(times) => Ok(Self::Times(times)),
            None => Err("it is `virtual`, `real`, or `xN`: N times as fast as recorded, as `x10` or `x0.5`"
                .to_owned()),
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Virtual => f.write_str("as fast as it goes"),
            Self::Times(times) if *times == 1.0 => f.write_str("at its own pace"),
            Self::Times(times) => write!(f, "{times} times as fast"),
        }
    }
}

impl Pace {
    /// The recording's time once it has played for `played` from `from` on; `None`: it does not wait for any.
    #[must_use]
    pub fn reaches(self, from: Duration, played: Duration) -> Option<Duration> {
        match self {
            Self::Virtual => None,
            Self::Times(times) => Some(from.saturating_add(
                Duration::try_from_secs_f64(played.as_secs_f64() * times).unwrap_or(Duration::MAX),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_word_or_a_number_of_times() {
        assert_eq!("virtual".parse(), Ok(Pace::Virtual));
        assert_eq!("real".parse(), Ok(Pace::Times(1.0)));
        let fast: Pace = "x10".parse().unwrap();
        assert_eq!(
            fast.reaches(Duration::from_secs(5), Duration::from_millis(250)),
            Some(Duration::from_millis(7_500))
        );
        for text in ["", "x", "x0", "x-1", "xinf", "x1e9", "10", "fast"] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
    }
}
