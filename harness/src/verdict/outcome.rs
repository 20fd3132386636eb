//! What a run says as a whole: the exit code, and the sentence that goes with it.
//!
//! Several things can be true of one run; the exit code is the worst in the order interrupted, harness fault, incomplete, failed,
//! stale baseline, and [`Outcome::all`] has all of them. A run in which every case is unsupported judged nothing: that
//! is *incomplete* (3), never *conforms*. A flaky case counts as failed, an unexpected pass as a stale baseline.

use super::RunResult;

/// What a run says as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Interrupted; the report is written all the same.
    Interrupted,
    /// A fault of the harness itself, or a report that it could not write.
    HarnessFault,
    /// Wrong usage or a wrong file: nothing was run.
    Refused,
    /// Not everything that was planned could be run, or nothing at all could be judged.
    Incomplete,
    /// An expectation failed, or attempts did not agree.
    Failed,
    /// The client's baseline no longer says what is so.
    StaleBaseline,
    /// Nothing was selected.
    NothingSelected,
    /// Everything judged conforms, and something was judged.
    Conforms,
}

impl Outcome {
    /// Everything that applies to a run, the worst first; never empty.
    #[must_use]
    pub fn all(run: &RunResult) -> Vec<Self> {
        let totals = run.totals();
        let nothing_judged = totals.planned > 0 && totals.judged() == 0;
        let refused = totals.planned == 0 && run.not_started.is_some();
        let mut all = Vec::new();
        let mut add = |applies: bool, outcome: Self| {
            if applies {
                all.push(outcome);
            }
        };
        add(run.interrupted, Self::Interrupted);
        add(!run.faults.is_empty(), Self::HarnessFault);
        add(refused, Self::Refused);
        add(run.lacks() || nothing_judged, Self::Incomplete);
        add(totals.fail + totals.flaky > 0, Self::Failed);
        add(totals.unexpectedly_passing > 0 || !run.baseline_problems.is_empty(), Self::StaleBaseline);
        add(totals.planned == 0 && !refused && !run.interrupted, Self::NothingSelected);
        if all.is_empty() {
            all.push(Self::Conforms);
        }
        all
    }

    /// The worst that applies.
    #[must_use]
    pub fn of(run: &RunResult) -> Self {
        Self::all(run).first().copied().unwrap_or(Self::Conforms)
    }

    /// The worst of several runs, for `harness run` with several clients; conforms if there is none.
    #[must_use]
    pub fn worst<'a>(runs: impl IntoIterator<Item = &'a RunResult>) -> Self {
        runs.into_iter().map(Self::of).min().unwrap_or(Self::NothingSelected)
    }

    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::Failed => 1,
            Self::Refused => 2,
            Self::Incomplete => 3,
            Self::StaleBaseline => 4,
            Self::HarnessFault => 5,
            Self::NothingSelected => 6,
            Self::Interrupted => 130,
        }
    }

    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Failed => "does not conform",
            Self::Refused => "not started",
            Self::Incomplete => "incomplete",
            Self::StaleBaseline => "baseline stale",
            Self::HarnessFault => "fault of the harness",
            Self::NothingSelected => "nothing selected",
            Self::Interrupted => "interrupted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{
        ClientInfo, Clock, Finding, FindingKind, ScenarioResult, Verdict, baseline::EntryKind,
    };

    fn result(verdict: Verdict) -> ScenarioResult {
        ScenarioResult::new("scenarios/a/b.yaml", "t", client(), verdict)
    }

    fn client() -> ClientInfo {
        ClientInfo { name: "reference".into(), version: "0".into(), clock: Clock::Virtual }
    }

    fn run(verdicts: Vec<Verdict>) -> RunResult {
        let mut run = RunResult::new(client(), 1, 0, verdicts.len());
        run.results = verdicts.into_iter().map(result).collect();
        run
    }

    fn fail() -> Verdict {
        Verdict::Fail { findings: vec![Finding::new(FindingKind::Oracle, "a", "b")] }
    }
    fn unsupported() -> Verdict {
        Verdict::Unsupported { what: "chatroom".into(), reason: "no such method".into() }
    }
    fn could_not_run() -> Verdict {
        Verdict::CouldNotRun { reason: "crashed".into() }
    }
    fn known() -> Verdict {
        Verdict::KnownFailing { kind: EntryKind::Failing, findings: vec![], reason: "r".into(), issue: None }
    }
    fn unexpected() -> Verdict {
        Verdict::UnexpectedlyPassing { entry: "a".into(), reason: "r".into() }
    }
    fn flaky() -> Verdict {
        Verdict::Flaky { attempts: 3, failed: 1, findings: vec![] }
    }

    #[test]
    fn each_verdict_has_its_exit_code() {
        let table = [
            (vec![Verdict::Pass], 0),
            (vec![Verdict::Pass, known(), unsupported()], 0),
            (vec![known()], 0),
            (vec![Verdict::Pass, fail()], 1),
            (vec![Verdict::Pass, flaky()], 1),
            (vec![Verdict::Pass, could_not_run()], 3),
            (vec![fail(), could_not_run()], 3),
            (vec![Verdict::Pass, unexpected()], 4),
            (vec![fail(), unexpected()], 1),
            (vec![], 6),
        ];
        for (verdicts, code) in table {
            assert_eq!(run(verdicts.clone()).exit_code(), code, "{verdicts:?}");
        }
    }

    #[test]
    fn a_run_that_judged_nothing_does_not_conform() {
        let run = run(vec![unsupported(), unsupported()]);
        assert_eq!(run.outcome(), Outcome::Incomplete);
    }

    #[test]
    fn fewer_reported_than_planned_is_incomplete() {
        let mut run = run(vec![Verdict::Pass]);
        run.planned = 2;
        assert!(run.incomplete());
        assert_eq!(run.exit_code(), 3);
    }

    #[test]
    fn a_run_that_its_first_red_case_ended_failed_and_is_not_incomplete() {
        let mut run = run(vec![Verdict::Pass, fail()]);
        run.planned = 7;
        run.failed_fast = true;
        assert_eq!(Outcome::all(&run), [Outcome::Failed]);
    }

    #[test]
    fn what_a_run_lacks_makes_it_incomplete() {
        let mut run = run(vec![Verdict::Pass]);
        run.missing.push("shard 2/2 is missing".into());
        assert_eq!((run.outcome(), run.incomplete()), (Outcome::Incomplete, true));
    }

    #[test]
    fn a_fault_of_the_harness_outweighs_all_but_an_interruption() {
        let mut run = run(vec![fail(), could_not_run(), unexpected()]);
        run.faults.push("two callbacks carry the number 41".into());
        assert_eq!(
            Outcome::all(&run),
            [Outcome::HarnessFault, Outcome::Incomplete, Outcome::Failed, Outcome::StaleBaseline]
        );
        run.interrupted = true;
        assert_eq!(run.exit_code(), 130);
    }

    #[test]
    fn a_run_that_did_not_start_says_whose_fault_it_is() {
        let mut run = run(vec![]);
        run.not_started = Some("2 scenario files are wrong".into());
        assert_eq!((run.outcome(), run.exit_code()), (Outcome::Refused, 2));
        run.planned = 3;
        assert_eq!((run.outcome(), run.exit_code()), (Outcome::Incomplete, 3));
        run.interrupted = true;
        assert_eq!(run.exit_code(), 130);
    }

    #[test]
    fn a_stale_entry_alone_makes_the_baseline_stale() {
        let mut run = run(vec![Verdict::Pass]);
        run.baseline_problems.push("expired".into());
        assert_eq!(run.exit_code(), 4);
    }

    #[test]
    fn the_worst_of_several_runs_counts() {
        assert_eq!(Outcome::worst(&[run(vec![Verdict::Pass]), run(vec![fail()])]), Outcome::Failed);
    }
}
