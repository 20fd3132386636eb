//! A case of which nothing but its verdict is wanted: as fast as it can be had.

use super::{
    CaseLimit, Driver, Options,
    case::{Left, Run, Stop},
    seed_of, verdict_of, waited, watch,
};
use crate::{
    bug::Bug,
    scenario::{Case, Scenario},
    verdict::Verdict,
};

/// What became of such a case.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// The deliberate bugs that the case has come to.
    pub(crate) asked: Vec<Bug>,
}

/// Runs a case and judges it as [`run_case`](super::run_case) does: the same steps, the same oracle. No sequence, no trace, no report.
pub(crate) fn judge_case(
    scenario: &Scenario,
    case: &Case,
    index: usize,
    options: &Options,
    driver: &mut dyn Driver,
) -> Judged {
    let app_key = format!("{}-{index}", options.app_keys);
    *driver.limit() = CaseLimit::begin(options.case_limit, options.interrupt.clone());
    let seed = seed_of(options.seed, scenario.path(), &case.label());
    let (outcome, left, events) = match Run::begin(scenario, case, seed, options, &app_key, driver) {
        Ok(mut run) => {
            let outcome = run.misbehave(&options.bugs).and_then(|()| run.steps());
            let events = run.driver.events().to_vec();
            (outcome, run.finish(false), events)
        }
        Err(stop) => (Err(stop), Left::default(), Vec::new()),
    };
    let ran = !matches!(outcome, Err(Stop::Unsupported { .. }));
    let (outcome, later) = waited(outcome, case, &left, &events, driver);
    driver.limit().end();
    let asked = driver.bugs_asked();
    driver.end();
    let mut verdict = verdict_of(outcome);
    if ran {
        let waited = later.is_some();
        watch(case, &left, later.as_deref().unwrap_or(&events), waited, &mut verdict);
    }
    Judged { verdict, asked }
}
