//! A case run again and again: what is flaky, and what a client in real time says every time.

use super::{Driver, Options, RanCase, run_case};
use crate::{
    scenario::{Case, Scenario},
    verdict::{SequenceLine, Verdict, lanes},
};

/// So many attempts at a case are compared with each other, however often it is repeated.
const MOST_COMPARED: usize = 5;

/// Runs one case as often as the options say. What is told of it is its first failure, or its last run.
pub(super) fn run_often(
    scenario: &Scenario,
    case: &Case,
    index: usize,
    options: &Options,
    driver: &mut dyn Driver,
) -> RanCase {
    let (mut attempts, mut failed) = (0, 0);
    let mut told: Option<RanCase> = None;
    let is_real = driver.abilities().clock == "real";
    let mut said: Vec<Vec<SequenceLine>> = Vec::new();
    loop {
        let ran = run_case(scenario, case, index, options, driver);
        attempts += 1;
        if is_real && options.repeat > 1 && said.len() < MOST_COMPARED {
            said.push(ran.result.sequence.clone());
        }
        let is_failure = matches!(ran.result.verdict, Verdict::Fail { .. });
        // What cannot be run is not run better by running it again.
        let is_judged = is_failure || matches!(ran.result.verdict, Verdict::Pass);
        if failed == 0 {
            told = Some(ran);
        }
        failed += u32::from(is_failure);
        let again = attempts < options.repeat.max(1) && !(options.until_fail && is_failure);
        let retried = is_failure && failed == attempts && attempts <= options.retries;
        if !is_judged || options.interrupt.is_set() || !(again || retried) {
            break;
        }
    }
    // The loop ran at least once.
    let Some(mut ran) = told else { return run_case(scenario, case, index, options, driver) };
    if said.len() > 1 {
        let agreed = lanes::agreed(&said.iter().map(Vec::as_slice).collect::<Vec<_>>());
        ran.result.stable = Some(agreed.is_some());
        // A failure keeps the sequence that it is about.
        if let (Some(n), 0) = (agreed, failed) {
            ran.result.sequence = said.swap_remove(n);
        }
    }
    if failed > 0 && failed < attempts {
        let verdict = std::mem::replace(&mut ran.result.verdict, Verdict::Pass);
        let findings = match verdict {
            Verdict::Fail { findings } => findings,
            _ => Vec::new(),
        };
        ran.result.verdict = Verdict::Flaky { attempts, failed, findings };
    }
    ran
}
