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
    /// Whole seconds, as the frame layouts carry them (wraps in 2106, like the protocol).
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
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
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
