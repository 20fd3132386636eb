//! Where the connection stands.

use wire::UnixMillis;

use crate::core::heartbeat::Heartbeat;

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
