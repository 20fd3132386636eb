//! All cases of one client: the run.

use serde::{Deserialize, Serialize};

use super::{ClientInfo, Outcome, ScenarioResult, VerdictKind};

/// All cases of one client.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// Version of the suite.
    pub suite: String,
    /// Who was tested.
    pub client: ClientInfo,
    /// The run's seed.
    pub seed: u64,
    /// Wall-clock start, milliseconds since 1970.
    pub started_ms: i64,
    /// Wall time of the whole run, microseconds.
    pub wall_us: u64,
    /// How many cases were selected, known before the first one runs.
    pub planned: usize,
    /// Stopped by a signal.
    pub interrupted: bool,
    /// Why nothing was run at all: a wrong file, a client that does not start.
    pub not_started: Option<String>,
    /// Faults of the harness itself, one sentence each.
    pub faults: Vec<String>,
    /// What is wrong with the client's baseline: expired, unmatched or stale entries.
    pub baseline_problems: Vec<String>,
    /// One for each case that ended, in the order planned.
    pub results: Vec<ScenarioResult>,
}

impl RunResult {
    /// A run that has not begun.
    #[must_use]
    pub fn new(client: ClientInfo, seed: u64, started_ms: i64, planned: usize) -> Self {
        Self {
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            client,
            seed,
            started_ms,
            wall_us: 0,
            planned,
            interrupted: false,
            not_started: None,
            faults: Vec::new(),
            baseline_problems: Vec::new(),
            results: Vec::with_capacity(planned),
        }
    }

    /// How many of each verdict.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { planned: self.planned, ..Totals::default() };
        for result in &self.results {
            totals.reported += 1;
            *totals.slot(result.verdict.kind()) += 1;
        }
        totals
    }

    /// Whether something that was planned was not judged: a case could not run, never reported, or the run was stopped.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.interrupted || self.totals().incomplete()
    }

    /// What the run says as a whole, and its exit code.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self)
    }

    /// The exit code of this run.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.outcome().code()
    }
}

/// How many of each verdict. Every number is always shown, zeros too: what was not judged is never silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Selected.
    pub planned: usize,
    /// Ended, in whatever way.
    pub reported: usize,
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// The client cannot do it.
    pub unsupported: usize,
    /// No judgement.
    pub could_not_run: usize,
    /// Failing as the baseline says.
    pub known_failing: usize,
    /// Passing against the baseline.
    pub unexpectedly_passing: usize,
    /// Attempts did not agree.
    pub flaky: usize,
}

impl Totals {
    /// The number of one kind.
    #[must_use]
    pub fn of(&self, kind: VerdictKind) -> usize {
        let mut copy = *self;
        *copy.slot(kind)
    }

    /// How many were judged: everything but what is unsupported or could not run.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.reported - self.unsupported - self.could_not_run
    }

    /// Whether something that was planned has no judgement for a reason other than "unsupported".
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.planned != self.reported || self.could_not_run > 0
    }

    fn slot(&mut self, kind: VerdictKind) -> &mut usize {
        match kind {
            VerdictKind::Pass => &mut self.pass,
            VerdictKind::Fail => &mut self.fail,
            VerdictKind::Unsupported => &mut self.unsupported,
            VerdictKind::CouldNotRun => &mut self.could_not_run,
            VerdictKind::KnownFailing => &mut self.known_failing,
            VerdictKind::UnexpectedlyPassing => &mut self.unexpectedly_passing,
            VerdictKind::Flaky => &mut self.flaky,
        }
    }
}
