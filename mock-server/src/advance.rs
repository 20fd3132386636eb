//! A world's time moved forward: every deadline on the way at its own time and in order, in slices that let others in, one
//! advance after the other.

use std::time::Duration;

use service::Service;
use wire::UnixMillis;

use crate::{slices::Slices, world::World};

/// The longest that one advance goes on, waiting for another one included.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);
/// The most deadlines that one advance runs.
pub(crate) const MOST_DEADLINES: u64 = 1_000_000;

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// So much later than it is when the advance begins.
    By(Duration),
    /// To a time that is still to come.
    To(UnixMillis),
    /// To that time, if it is still to come.
    AtLeast(UnixMillis),
}

/// Why the time did not come where it was to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Time only goes forward.
    #[error("{to} is in the past: it is {now}, and time only goes forward")]
    Past {
        /// Where it was to go.
        to: UnixMillis,
        /// What it is.
        now: UnixMillis,
    },
    /// No world's time goes that far.
    #[error("{to} is beyond the end of time, {}: frames carry seconds in 32 bits", UnixMillis::LAST)]
    Beyond {
        /// Where it was to go.
        to: UnixMillis,
    },
    /// Another advance of the same world did not end.
    #[error("another advance of this world has been under way for {0:?}; it is {1} now")]
    Busy(Duration, UnixMillis),
    /// Too much is due on the way.
    #[error("{ran} deadlines ran in {took:?} and the time came to {now}; the rest of the way to {to} is left: go on from there, or in shorter steps")]
    TooMuch {
        /// How many deadlines ran.
        ran: u64,
        /// How long that took, machine's time.
        took: Duration,
        /// How far the time came.
        now: UnixMillis,
        /// Where it was to go.
        to: UnixMillis,
    },
    /// The world was deleted or replaced.
    #[error("the world was closed meanwhile, when its time had come to {0}")]
    Closed(UnixMillis),
}

impl World {
    /// Moves the time forward; tells the new time. Dropped half way, it stops there. Nobody may move the same world's time
    /// meanwhile but the machine's clock: a second advance waits for its turn.
    pub(crate) async fn advance(&self, target: Target) -> Result<UnixMillis, AdvanceError> {
        let mut slices = Slices::begin();
        let turn = tokio::time::timeout(LONGEST, self.advancing.lock()).await;
        let _turn = turn.map_err(|_| AdvanceError::Busy(LONGEST, self.now()))?;
        let now = self.now();
        let to = match target {
            Target::By(duration) => now + duration,
            Target::To(to) if to < now => return Err(AdvanceError::Past { to, now }),
            Target::To(to) | Target::AtLeast(to) => to,
        };
        if to > UnixMillis::LAST {
            return Err(AdvanceError::Beyond { to });
        }
        let mut ran = 0;
        while let Some(at) = self.look(Service::next_deadline).filter(|at| *at <= to) {
            if ran >= MOST_DEADLINES || slices.elapsed() >= LONGEST {
                return Err(AdvanceError::TooMuch { ran, took: slices.elapsed(), now: self.now(), to });
            }
            self.move_to(at);
            ran += self.with(|service, now| service.on_deadline(now)) as u64;
            slices.breathe().await;
            if self.is_removed() {
                return Err(AdvanceError::Closed(self.now()));
            }
        }
        self.move_to(to);
        self.settle();
        Ok(self.now())
    }
}
