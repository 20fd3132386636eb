//! What came of a run: findings, a verdict a case, results of a run. Reporters read these and nothing else.

use std::time::Duration;

use serde::Serialize;

/// Version of the JSON forms of this module.
pub const FORMAT: u32 = 1;

/// What kind of expectation was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FindingKind {
    /// A written expectation: callbacks that must or must not come.
    Expectation,
    /// What a call returned at once.
    ReturnCode,
    /// A Server API answer.
    Api,
    /// What the service holds, or its journal.
    Service,
    /// The watching oracle.
    Oracle,
    /// The whole sequence differs from the reviewed one.
    Snapshot,
}

/// One rule broken: what was expected, what was seen, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which kind of rule.
    pub kind: FindingKind,
    /// What was expected.
    pub expected: String,
    /// What was seen instead.
    pub seen: String,
    /// `file:line:column` of the expectation; empty for the oracle.
    pub place: String,
    /// Virtual milliseconds since the case began.
    pub at_ms: i64,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "verdict")]
pub enum Verdict {
    /// Every expectation was met.
    Pass,
    /// Some was not.
    Fail {
        /// Which.
        findings: Vec<Finding>,
    },
    /// The client lacks something the case needs: neither passed nor failed, and counted apart.
    Unsupported {
        /// What it lacks.
        reason: String,
    },
    /// Something broke that was not under test: an adapter that crashed, a reference that leads nowhere.
    CouldNotRun {
        /// What broke.
        reason: String,
    },
}

impl Verdict {
    /// One word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::Unsupported { .. } => "unsupported",
            Self::CouldNotRun { .. } => "could not run",
        }
    }
}

/// One case, run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseResult {
    /// File of the scenario.
    pub path: String,
    /// Its sentence.
    pub title: String,
    /// The matrix axes of the case; empty without a matrix.
    pub label: String,
    /// Requirements it covers.
    pub covers: Vec<String>,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The canonical callback sequence.
    pub sequence: String,
    /// Frames, calls and acts as the service saw them, a line each.
    pub trace: Vec<String>,
    /// Virtual milliseconds it took.
    pub virtual_ms: i64,
    /// Wall time it took.
    #[serde(skip)]
    pub wall: Duration,
}

impl CaseResult {
    /// Path and axes: the case's name everywhere.
    #[must_use]
    pub fn name(&self) -> String {
        if self.label.is_empty() { self.path.clone() } else { format!("{} [{}]", self.path, self.label) }
    }
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Unsupported by the client.
    pub unsupported: usize,
    /// Could not run.
    pub could_not_run: usize,
}

/// A whole run against one client.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// [`FORMAT`].
    pub format: u32,
    /// `reference`, `web-sdk@4.6.4` …
    pub client: String,
    /// What the client says it is.
    pub version: String,
    /// `virtual` or `real`.
    pub clock: String,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Cases that were to be run.
    pub planned: usize,
    /// Cases in the order of the files.
    pub results: Vec<CaseResult>,
    /// Wall time of the whole run.
    #[serde(skip)]
    pub wall: Duration,
}

impl RunResult {
    /// How many of each verdict.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for result in &self.results {
            match result.verdict {
                Verdict::Pass => totals.passed += 1,
                Verdict::Fail { .. } => totals.failed += 1,
                Verdict::Unsupported { .. } => totals.unsupported += 1,
                Verdict::CouldNotRun { .. } => totals.could_not_run += 1,
            }
        }
        totals
    }

    /// Whether a planned case has no result.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.results.len() < self.planned
    }

    /// The exit code the run deserves: a broken expectation weighs most, then what could not be run. A run in which
    /// nothing was supported has shown nothing and is incomplete.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        use crate::cli::exit;
        let totals = self.totals();
        if self.planned == 0 {
            exit::NOTHING_SELECTED
        } else if totals.failed > 0 {
            exit::FAILED
        } else if totals.could_not_run > 0 || self.is_incomplete() || totals.passed == 0 {
            exit::INCOMPLETE
        } else {
            exit::CONFORMS
        }
    }
}
