//! Connecting and staying connected: navigation, attempts, the back-off ladder, the heartbeat (CONN, RECON).
//!
//! ```text
//!            connect                  answer            opened            CONNACK 0
//!   Idle ──────────────▶ Navigating ─────────▶ Opening ─────────▶ Greeting ─────────▶ Online
//!    ▲                      ▲   │ failed          │ failed          │ refused/closed    │ lost
//!    │ disconnect, kick,    │   └────────────┬────┴─────────────────┘                   │
//!    │ fatal code, timeout  │ due            ▼                                          │
//!    └───────────────────── Waiting ◀───────────────────────────────────────────────────┘
//! ```

use std::time::Duration;

use wire::UnixMillis;

/// Delays before the attempts of one outage; the last one repeats for ever (RECON-002 to RECON-011).
const LADDER_MS: [u64; 10] = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000];

/// How long a step of an attempt (navi, opening, CONNACK) may take. Assumed: the documentation gives no number.
pub(crate) const STEP_LIMIT: Duration = Duration::from_secs(10);
/// Time from a pong to the next ping, and the longest wait for a pong, as the vendor's engines have it.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(15);
/// How many pongs in a row may be missing before the connection counts as lost.
const MISSES: u8 = 2;

/// The delay before attempt `index` (from 0) of an outage.
pub(crate) fn ladder(index: usize) -> Duration {
    Duration::from_millis(LADDER_MS[index.min(LADDER_MS.len() - 1)])
}

/// Where the connection stands. What a state needs lives in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing wanted, nothing done.
    Idle,
    /// Waiting for the next attempt; `None` while there is no network.
    Waiting { until: Option<UnixMillis> },
    /// Asking navi.
    Navigating { http: u64, host: usize, until: UnixMillis },
    /// Opening a connection.
    Opening { conn: u64, until: UnixMillis },
    /// Waiting for the CONNACK.
    Greeting { conn: u64, until: UnixMillis },
    /// Connected.
    Online { conn: u64, heartbeat: Heartbeat },
}

impl Link {
    /// The connection that is open or opening.
    pub(crate) fn conn(&self) -> Option<u64> {
        match self {
            Self::Opening { conn, .. } | Self::Greeting { conn, .. } | Self::Online { conn, .. } => {
                Some(*conn)
            }
            _ => None,
        }
    }

    pub(crate) fn online(&self) -> Option<u64> {
        match self {
            Self::Online { conn, .. } => Some(*conn),
            _ => None,
        }
    }

    pub(crate) fn deadline(&self) -> Option<UnixMillis> {
        match self {
            Self::Idle => None,
            Self::Waiting { until } => *until,
            Self::Navigating { until, .. } | Self::Opening { until, .. } | Self::Greeting { until, .. } => {
                Some(*until)
            }
            Self::Online { heartbeat, .. } => Some(heartbeat.due),
        }
    }
}

/// The keep-alive of an open connection (RECON-015).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    due: UnixMillis,
    awaits_pong: bool,
    misses: u8,
}

/// What the heartbeat wants at its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    Ping,
    Lost,
}

impl Heartbeat {
    /// Begins with a ping that was just sent.
    pub(crate) fn started(now: UnixMillis) -> Self {
        Self { due: now + PING_EVERY, awaits_pong: true, misses: 0 }
    }

    pub(crate) fn pong(&mut self, now: UnixMillis) {
        *self = Self { due: now + PING_EVERY, awaits_pong: false, misses: 0 };
    }

    pub(crate) fn on_deadline(&mut self, now: UnixMillis) -> Beat {
        if self.awaits_pong {
            self.misses += 1;
            if self.misses >= MISSES {
                return Beat::Lost;
            }
        }
        self.awaits_pong = true;
        self.due = now + PING_EVERY;
        Beat::Ping
    }
}

/// What the app asked for with `connect`, until it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) token: String,
    /// Calls whose `onConnected` is still owed.
    pub(crate) owed: u32,
    /// When a first connection is given up (CONN-005, CONN-006); `None`: never (CONN-009, CONN-010).
    pub(crate) give_up: Option<UnixMillis>,
    /// Attempts of this outage so far.
    pub(crate) attempts: usize,
    /// It was connected before: from now on reconnecting is automatic (RECON-001).
    pub(crate) established: bool,
}

/// Where navi sent us, good for two hours a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Navi {
    pub(crate) token: String,
    pub(crate) addresses: Vec<String>,
    pub(crate) until: UnixMillis,
}

pub(crate) const NAVI_LIFE: Duration = Duration::from_secs(2 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_the_documented_one() {
        let delays: Vec<u128> = (0..12).map(|index| ladder(index).as_millis()).collect();
        assert_eq!(delays, [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 64_000, 64_000]);
    }

    #[test]
    fn two_missing_pongs_in_a_row_are_a_lost_connection() {
        let at = |ms| UnixMillis(ms);
        let mut beat = Heartbeat::started(at(0));
        assert_eq!(beat.on_deadline(at(15_000)), Beat::Ping);
        assert_eq!(beat.on_deadline(at(30_000)), Beat::Lost);
        let mut beat = Heartbeat::started(at(0));
        assert_eq!(beat.on_deadline(at(15_000)), Beat::Ping);
        beat.pong(at(15_000));
        assert_eq!(beat.on_deadline(at(30_000)), Beat::Ping);
        assert_eq!(beat.on_deadline(at(45_000)), Beat::Ping);
    }
}
