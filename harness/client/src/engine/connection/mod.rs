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
mod ladder;
mod life;
mod navi;

use std::time::Duration;

use wire::UnixMillis;

/// The version this engine presents itself with.
const VERSION: &str = "5.2.5";

/// How long a step of an attempt (navi, opening, CONNACK) may take. Assumed: the documentation gives no number.
const STEP_LIMIT: Duration = Duration::from_secs(10);

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
