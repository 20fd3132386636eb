//! What ends a case early: its wall-clock limit, and somebody who interrupts the run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::Fault;

/// How long a case may take by the wall clock unless somebody says otherwise. Chosen, not measured: the slowest case of
/// the suite takes a few seconds.
pub const CASE_LIMIT: Duration = Duration::from_secs(60);

/// How much virtual time makes a second more of the wall clock: a real SDK in virtual time pings four times a minute, and
/// days of that take it minutes. Measured with web SDKs on a busy machine.
const VIRTUAL_A_SECOND: u32 = 1_800;
/// How many times its limit a case has at most, however much virtual time passes in it.
const MOST_TIMES: u32 = 10;

/// Somebody asks for the end of a run (Ctrl-C): running cases are given up, no further one begins. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks for the end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Until when a case may run. Drivers look at it wherever time passes: between steps, and in every wait.
#[derive(Debug, Clone, Default)]
pub struct CaseLimit {
    /// `None`: no case is under way.
    until: Option<Instant>,
    limit: Duration,
    /// What virtual time has added.
    earned: Duration,
    interrupt: Interrupt,
}

impl CaseLimit {
    /// A case begins now.
    #[must_use]
    pub fn begin(limit: Duration, interrupt: Interrupt) -> Self {
        Self { until: Instant::now().checked_add(limit), limit, earned: Duration::ZERO, interrupt }
    }

    /// No case is under way: only an interruption ends a wait.
    #[must_use]
    pub fn outside(interrupt: Interrupt) -> Self {
        Self { until: None, limit: Duration::ZERO, earned: Duration::ZERO, interrupt }
    }

    /// The case is over: what tidies up after it is not held to its limit.
    pub fn end(&mut self) {
        self.until = None;
    }

    /// What took this long is no matter of the case (a client was installed): it gets as much more.
    pub fn extend(&mut self, by: Duration) {
        self.until = self.until.and_then(|until| until.checked_add(by));
    }

    /// So much virtual time has passed with the client under test in it, which takes it time: a second more for each half
    /// hour, up to ten times the limit. One that hangs passes none.
    pub fn passed(&mut self, virtual_time: Duration) {
        let most = self.limit.saturating_mul(MOST_TIMES - 1).saturating_sub(self.earned);
        let more = (virtual_time / VIRTUAL_A_SECOND).min(most);
        self.earned += more;
        self.extend(more);
    }

    /// Whether the time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Goes on unless the case must end.
    ///
    /// # Errors
    /// Its time is over, or the run was interrupted.
    pub fn check(&self) -> Result<(), Fault> {
        if self.interrupt.is_set() {
            return Err(Fault("the run was interrupted".to_owned()));
        }
        if self.is_over() {
            let limit = (self.limit + self.earned).as_secs_f64();
            return Err(Fault(format!("the case took longer than its limit of {limit} s (`--case-limit`)")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_ends_at_its_limit_or_when_interrupted_and_not_before() {
        let interrupt = Interrupt::default();
        let mut limit = CaseLimit::begin(Duration::from_secs(3_600), interrupt.clone());
        assert_eq!(limit.check(), Ok(()));
        limit = CaseLimit::begin(Duration::ZERO, interrupt.clone());
        assert!(limit.check().unwrap_err().0.contains("longer than its limit of 0 s (`--case-limit`)"));
        limit.extend(Duration::from_secs(3_600));
        assert_eq!(limit.check(), Ok(()));
        let mut limit = CaseLimit::begin(Duration::from_secs(60), interrupt.clone());
        limit.passed(Duration::from_secs(3_600));
        assert_eq!(limit.earned, Duration::from_secs(2));
        limit.passed(Duration::from_secs(100 * 366 * 24 * 3_600));
        assert_eq!(limit.earned, Duration::from_secs(540));
        interrupt.set();
        assert!(limit.check().unwrap_err().0.contains("interrupted"));
    }
}
