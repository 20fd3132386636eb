//! The one notion of time of all cores: unix milliseconds, as the wire carries them.

use std::{
    fmt,
    ops::{Add, AddAssign, Sub},
    time::Duration,
};

/// A point in (virtual or real) time, in milliseconds since the unix epoch.
///
/// Cores get it as an argument and never read a clock.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The last instant that a world's time reaches, 2106-02-07T06:28:15.999Z: frames carry seconds in 32 bits.
    pub const LAST: Self = Self(u32::MAX as i64 * 1000 + 999);

    /// Whether a world's time can be this: from 1970 to [`LAST`](Self::LAST).
    #[must_use]
    pub fn is_reached(self) -> bool {
        (Self(0)..=Self::LAST).contains(&self)
    }

    /// The millisecond after; the last of all stays what it is.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The millisecond before; the first of all stays what it is.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Whole seconds, as the frame layouts carry them (wraps behind [`LAST`](Self::LAST), like the protocol).
    #[must_use]
    pub fn seconds(self) -> u32 {
        (self.0.max(0) / 1000) as u32
    }

    /// The milliseconds beyond [`seconds`](Self::seconds), 0..=999.
    #[must_use]
    pub fn subsec_millis(self) -> u16 {
        (self.0.max(0) % 1000) as u16
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        // A difference of two 64-bit numbers may need 65.
        let ms = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_millis(u64::try_from(ms.max(0)).unwrap_or(u64::MAX))
    }

    /// Puts the seconds and milliseconds of a frame together again.
    #[must_use]
    pub fn from_parts(seconds: u32, millis: u16) -> Self {
        Self(i64::from(seconds) * 1000 + i64::from(millis))
    }
}

impl Add<Duration> for UnixMillis {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl AddAssign<Duration> for UnixMillis {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for UnixMillis {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTREMES: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];

    #[test]
    fn no_arithmetic_of_extremes_overflows() {
        for a in EXTREMES {
            for b in EXTREMES {
                let since = UnixMillis(a).since(UnixMillis(b));
                let exact = (i128::from(a) - i128::from(b)).max(0);
                assert_eq!(i128::try_from(since.as_millis()).unwrap(), exact, "{a} since {b}");
            }
            for duration in [Duration::ZERO, Duration::from_millis(u64::MAX), Duration::MAX] {
                assert!(UnixMillis(a) + duration >= UnixMillis(a));
                assert!(UnixMillis(a) - duration <= UnixMillis(a));
            }
            assert!(UnixMillis(a).next() >= UnixMillis(a) && UnixMillis(a).previous() <= UnixMillis(a));
        }
    }

    #[test]
    fn a_worlds_time_ends_with_what_frames_can_carry() {
        let last = UnixMillis::LAST;
        assert!(last.is_reached() && !last.next().is_reached());
        assert!(UnixMillis(0).is_reached() && !UnixMillis(0).previous().is_reached());
        assert_eq!(UnixMillis::from_parts(last.seconds(), last.subsec_millis()), last);
    }
}
