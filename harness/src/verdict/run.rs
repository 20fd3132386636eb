//! All cases of one client: the run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ClientInfo, Outcome, ScenarioResult, Shard, VerdictKind, area_of};

/// All cases of one client.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// Version of the suite.
    pub suite: String,
    /// Changes with the text of any scenario file that was read, selected or not: what has another one is of another suite.
    /// `None` where nobody counted.
    pub suite_hash: Option<String>,
    /// Which part of the cases it is of; `None`: of all.
    pub shard: Option<Shard>,
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
    /// Ended by its first red case, as it was asked to: cases that did not run are no surprise.
    pub failed_fast: bool,
    /// What it lacks beside cases that it planned, one sentence each: shards that nobody brought, areas without a verdict.
    pub missing: Vec<String>,
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
            suite_hash: None,
            shard: None,
            client,
            seed,
            started_ms,
            wall_us: 0,
            planned,
            interrupted: false,
            not_started: None,
            failed_fast: false,
            missing: Vec::new(),
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
        self.interrupted || self.lacks()
    }

    /// As [`Self::incomplete`], an interruption aside.
    pub(super) fn lacks(&self) -> bool {
        let totals = self.totals();
        let unreported = totals.planned != totals.reported && !self.failed_fast;
        unreported || totals.could_not_run > 0 || !self.missing.is_empty()
    }

    /// Areas (folders of scenarios) of which something was run and nothing is supported.
    #[must_use]
    pub fn unjudged_areas(&self) -> Vec<String> {
        let mut areas: BTreeMap<String, bool> = BTreeMap::new();
        for result in &self.results {
            let is_unsupported = result.verdict.kind() == VerdictKind::Unsupported;
            *areas.entry(area_of(&result.name()).to_owned()).or_insert(true) &= is_unsupported;
        }
        areas.into_iter().filter(|(_, unjudged)| *unjudged).map(|(area, _)| area).collect()
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
