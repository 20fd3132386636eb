//! The run without bugs: what each case comes to, and how.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::Wanted;
use crate::{
    bug::Bug,
    runner::{self, Driver as _, Judged, Options, SimDriver, case_name, judge_case},
    scenario::{Case, Scenario},
    verdict::Verdict,
};

/// A case of the suite, in the order of the files.
pub(super) struct Planned<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) case: Cow<'a, Case>,
}

impl Planned<'_> {
    /// As `--case` names it.
    pub(super) fn name(&self) -> String {
        case_name(self.scenario.path(), &self.case.label())
    }
}

/// What a case came to.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// The bugs that it asked about. Empty of one that does not pass: it judges nothing.
    pub(super) asked: Vec<Bug>,
    /// The reference client passes it.
    pub(super) passes: bool,
    /// Why it does not, if that is no lack of the client's.
    pub(super) wrong: Option<String>,
}

pub(super) fn cases(scenarios: &[Scenario]) -> Vec<Planned<'_>> {
    let driver = SimDriver::default();
    let plan = runner::planned(scenarios, driver.abilities());
    plan.into_iter().map(|(scenario, case)| Planned { scenario, case }).collect()
}

/// How a case is run with these bugs.
pub(super) fn options(wanted: &Wanted, bugs: Vec<Bug>) -> Options {
    Options {
        seed: wanted.seed,
        bugs,
        case_limit: wanted.case_limit,
        interrupt: wanted.interrupt.clone(),
        ..Options::default()
    }
}

/// Runs a case; a panic is a verdict, too, and leaves a driver that nobody knows.
pub(super) fn judged(
    planned: &Planned<'_>,
    index: usize,
    options: &Options,
    driver: &mut SimDriver,
) -> Judged {
    let run = || judge_case(planned.scenario, &planned.case, index, options, driver);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        *driver = SimDriver::default();
        let reason = format!("panic: {}", runner::panic_text(panic.as_ref()));
        Judged { verdict: Verdict::CouldNotRun { reason }, asked: Vec::new() }
    })
}

/// Every case without a bug.
pub(super) fn run(cases: &[Planned<'_>], wanted: &Wanted) -> Vec<Plain> {
    each(cases.len(), wanted, |index, driver| {
        let Judged { verdict, asked } = judged(&cases[index], index, &options(wanted, Vec::new()), driver);
        match verdict {
            Verdict::Pass => Plain { asked, passes: true, wrong: None },
            Verdict::Unsupported { .. } => Plain::default(),
            Verdict::CouldNotRun { reason } => Plain { wrong: Some(reason), ..Plain::default() },
            _ => Plain { wrong: Some("it fails without any bug".to_owned()), ..Plain::default() },
        }
    })
}

/// Does `work` for each number below `count`, on as many threads as are wanted; the results in the order of the numbers. What an
/// interruption leaves undone has a default.
pub(super) fn each<T: Default + Send>(
    count: usize,
    wanted: &Wanted,
    work: impl Fn(usize, &mut SimDriver) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<T>> = Mutex::new((0..count).map(|_| T::default()).collect());
    let run = || {
        let mut driver = SimDriver::default();
        while !wanted.interrupt.is_set() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let result = work(index, &mut driver);
            // Nobody panics while holding it.
            results.lock().unwrap_or_else(PoisonError::into_inner)[index] = result;
        }
    };
    thread::scope(|scope| {
        for _ in 1..wanted.jobs.get().min(count.max(1)) {
            scope.spawn(run);
        }
        run();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
