//! A world's time: the machine's clock with an offset, or a hand that only `advance` moves. Never backwards.

use std::time::{SystemTime, UNIX_EPOCH};

use wire::UnixMillis;

use crate::config::Clock;

/// The machine's clock. The only place that reads it.
pub(crate) fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// No world's time is before 1970 or beyond what frames can carry; whoever may ask for such a time is refused earlier.
fn within(at: UnixMillis) -> UnixMillis {
    at.clamp(UnixMillis(0), UnixMillis::LAST)
}

#[derive(Debug)]
pub(crate) struct WorldClock {
    /// Added to the machine's clock, milliseconds; `None`: moved by hand.
    offset: Option<i64>,
    /// The latest time told.
    last: UnixMillis,
}

impl WorldClock {
    /// `start` shifts a wall clock so that it begins there.
    pub(crate) fn new(clock: Clock, start: Option<UnixMillis>) -> Self {
        match clock {
            Clock::Manual(at) => Self { offset: None, last: within(at) },
            Clock::Wall => {
                let wall = wall();
                let last = within(start.unwrap_or(wall));
                Self { offset: Some(last.0.saturating_sub(wall.0)), last }
            }
        }
    }

    /// A clock that goes on: the machine's with that offset, or one that is moved by hand; at `last` it stood at least.
    pub(crate) fn resumed(offset: Option<i64>, last: UnixMillis) -> Self {
        Self { offset, last: within(last) }
    }

    pub(crate) fn now(&mut self) -> UnixMillis {
        if let Some(offset) = self.offset {
            self.last = self.last.max(within(UnixMillis(wall().0.saturating_add(offset))));
        }
        self.last
    }

    /// The latest time that was told; of a new clock the time at which it begins.
    pub(crate) fn last(&self) -> UnixMillis {
        self.last
    }

    /// Moves the time forward to `at`; an earlier time changes nothing.
    pub(crate) fn advance_to(&mut self, at: UnixMillis) {
        let (now, at) = (self.now(), within(at));
        if at > now {
            if let Some(offset) = &mut self.offset {
                *offset = offset.saturating_add(at.0.saturating_sub(now.0));
            }
            self.last = at;
        }
    }

    pub(crate) fn offset(&self) -> Option<i64> {
        self.offset
    }

    /// When, on the machine's clock, the world's time will be `at`; `None` on a clock moved by hand.
    pub(crate) fn on_wall(&self, at: UnixMillis) -> Option<UnixMillis> {
        self.offset.map(|offset| UnixMillis(at.0.saturating_sub(offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_only_moves_forward_by_hand() {
        let mut clock = WorldClock::new(Clock::Manual(UnixMillis(5)), None);
        clock.advance_to(UnixMillis(9));
        clock.advance_to(UnixMillis(7));
        assert_eq!(clock.now(), UnixMillis(9));
        assert_eq!(clock.on_wall(UnixMillis(10)), None);
    }

    #[test]
    fn a_clock_at_the_extremes_does_not_overflow() {
        for start in [i64::MIN, -1, 0, i64::MAX] {
            for to in [i64::MIN, 0, i64::MAX] {
                let mut clock = WorldClock::new(Clock::Wall, Some(UnixMillis(start)));
                clock.advance_to(UnixMillis(to));
                assert!(clock.now().is_reached(), "{start} to {to}");
                let _ = clock.on_wall(UnixMillis(to));
            }
        }
    }

    #[test]
    fn a_wall_clock_begins_at_its_start_and_jumps() {
        let mut clock = WorldClock::new(Clock::Wall, Some(UnixMillis(1000)));
        assert_eq!(clock.last(), UnixMillis(1000));
        let begun = clock.now();
        assert!(begun >= UnixMillis(1000));
        let later = begun + std::time::Duration::from_secs(3600);
        clock.advance_to(later);
        assert!(clock.now() >= later);
    }
}
