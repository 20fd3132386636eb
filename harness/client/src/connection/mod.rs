//! Connecting and staying connected (NAVI, CONN, RECON, KICK).
//!
//! ```text
//!            connect                  answer            opened            CONNACK 0
//!   Idle ──────────────▶ Navigating ─────────▶ Opening ─────────▶ Greeting ─────────▶ Online
//!    ▲                      ▲   │ failed          │ failed          │ refused/closed    │ lost
//!    │ disconnect, kick,    │   └────────────┬────┴─────────────────┘                   │
//!    │ fatal code, timeout  │ due            ▼                                          │
//!    └───────────────────── Waiting ◀───────────────────────────────────────────────────┘
//! ```
//!
//! `life` decides when there is an attempt and when there is none any more, `navi` and `attempt` carry one out.

mod attempt;
mod heartbeat;
mod ladder;
mod life;
mod navi;

use std::time::Duration;

use wire::UnixMillis;

use heartbeat::Heartbeat;
pub(crate) use navi::Navi;

/// The version this engine presents itself with.
const VERSION: &str = "5.2.5";

/// How long a step of an attempt (navi, opening, CONNACK) may take. Assumed: the documentation gives no number.
const STEP_LIMIT: Duration = Duration::from_secs(10);

/// Where the connection stands. What a state needs lives in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing wanted, nothing done.
    Idle,
    /// Waiting for the next attempt; `None` while there is no network.
    Waiting { until: Option<UnixMillis> },
    /// Asking the navi host of that index.
    Navigating { http: u64, host: usize, until: UnixMillis },
    /// Opening a connection to the address of that index.
    Opening { conn: u64, address: usize, until: UnixMillis },
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

    pub(crate) fn is_online(&self) -> bool {
        matches!(self, Self::Online { .. })
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
    /// The server sent us elsewhere in this attempt.
    pub(crate) redirected: bool,
}
