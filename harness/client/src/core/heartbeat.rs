//! The keep-alive of an open connection (RECON-015). Times are those of the vendor's engines; the guide names none.

use std::time::Duration;

use wire::UnixMillis;

use super::bug::{Bug, Bugs};

/// Time from a pong to the next ping, and the longest wait for a pong.
const PING_EVERY: Duration = Duration::from_secs(15);
/// How many pongs in a row may be missing before the connection counts as lost.
const MISSES: u8 = 2;
/// A connection that ended sooner than this and never said anything was no success.
const SETTLED: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    pub(crate) due: UnixMillis,
    began: UnixMillis,
    heard: bool,
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
        Self { due: now + PING_EVERY, began: now, heard: false, awaits_pong: true, misses: 0 }
    }

    /// The server said something after its greeting.
    pub(crate) fn heard(&mut self) {
        self.heard = true;
    }

    /// Whether this connection was a success, after which the ladder begins anew (RECON-014). A server that greets
    /// and hangs up is a failing one: without this, two machines would connect and part without end or pause.
    pub(crate) fn was_a_success(&self, now: UnixMillis) -> bool {
        self.heard || now.since(self.began) >= SETTLED
    }

    pub(crate) fn pong(&mut self, now: UnixMillis, bugs: &Bugs) {
        self.due = now + PING_EVERY;
        self.awaits_pong = false;
        if self.misses > 0 && !bugs.has(Bug::PongClearsNoMisses) {
            self.misses = 0;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_missing_pongs_in_a_row_are_a_lost_connection() {
        let at = UnixMillis;
        let mut beat = Heartbeat::started(at(0));
        assert_eq!(beat.on_deadline(at(15_000)), Beat::Ping);
        assert_eq!(beat.on_deadline(at(30_000)), Beat::Lost);
        let mut beat = Heartbeat::started(at(0));
        assert_eq!(beat.on_deadline(at(15_000)), Beat::Ping);
        beat.pong(at(15_000), &Bugs::default());
        assert_eq!(beat.on_deadline(at(30_000)), Beat::Ping);
        assert_eq!(beat.on_deadline(at(45_000)), Beat::Ping);
        assert_eq!(beat.on_deadline(at(60_000)), Beat::Lost);
    }

    #[test]
    fn a_greeting_alone_is_no_success() {
        let mut beat = Heartbeat::started(UnixMillis(0));
        assert!(!beat.was_a_success(UnixMillis(99)));
        assert!(beat.was_a_success(UnixMillis(100)));
        beat.heard();
        assert!(beat.was_a_success(UnixMillis(0)));
    }
}
