//! The result of one case of one scenario, with everything a report shows of it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Finding, baseline::EntryKind, name_of};

/// The result of one case of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioResult {
    /// Path of the scenario file as given, with `/`.
    pub path: String,
    /// The sentence it proves.
    pub title: String,
    /// Matrix axes of the case; empty without a matrix.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub case: IndexMap<String, String>,
    /// Requirement ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// Who was tested.
    pub client: ClientInfo,
    /// Seed of ids and randomness; the same seed gives the same sequence.
    pub seed: u64,
    /// What came of it.
    pub verdict: Verdict,
    /// Wall time, microseconds.
    pub wall_us: u64,
    /// Virtual time, milliseconds.
    pub virtual_ms: u64,
    /// The canonical sequence of calls, return codes and callbacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequence: Vec<SequenceLine>,
    /// Of a client in real time whose case was repeated: whether two attempts said the same, which then is the sequence.
    /// `None`: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable: Option<bool>,
    /// Where the sequence first differs from what was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<Difference>,
    /// Frames, HTTP exchanges and acts, decoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceEntry>,
    /// What the adapter wrote to stderr or as `log` meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// The command that runs this case again, for a shell; empty if none is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub again: String,
}

impl ScenarioResult {
    /// A result of which no more is known yet than who ran what.
    #[must_use]
    pub fn new(
        path: impl Into<String>,
        title: impl Into<String>,
        client: ClientInfo,
        verdict: Verdict,
    ) -> Self {
        Self {
            path: path.into(),
            title: title.into(),
            case: IndexMap::new(),
            covers: Vec::new(),
            client,
            seed: 0,
            verdict,
            wall_us: 0,
            virtual_ms: 0,
            sequence: Vec::new(),
            stable: None,
            first_difference: None,
            trace: Vec::new(),
            log: Vec::new(),
            again: String::new(),
        }
    }

    /// The case's name: the path without `scenarios/` and `.yaml` (or `.yml`), then the axes: `message/send[type=group]`.
    /// Baselines match it and reports show it.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.path, &self.case)
    }
}

/// Who was tested.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientInfo {
    /// `reference`, `web-sdk`, or what the adapter's hello says.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Which time it lives in.
    pub clock: Clock,
}

impl std::fmt::Display for ClientInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Which time a client lives in; a report says in which one a verdict was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The harness moves it.
    Virtual,
    /// The wall clock.
    Real,
}

impl Clock {
    /// The word for it, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Real => "real",
        }
    }
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// Every expectation held and the oracle was content.
    Pass,
    /// Something is broken; at least one finding.
    Fail {
        /// The gravest or first first.
        findings: Vec<Finding>,
    },
    /// The client says it cannot do what the scenario needs. Neither passed nor failed.
    Unsupported {
        /// The missing capability or method.
        what: String,
        /// In the client's words.
        reason: String,
    },
    /// No judgement: the adapter crashed, timed out, wrote garbage. Makes the run incomplete.
    CouldNotRun {
        /// What happened, and what was under way.
        reason: String,
    },
    /// The baseline says it fails (or cannot run, or flakes), and so it was.
    KnownFailing {
        /// What the baseline says of it.
        kind: EntryKind,
        /// The findings, if it failed.
        findings: Vec<Finding>,
        /// Why, from the baseline.
        reason: String,
        /// Where it is tracked, from the baseline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issue: Option<String>,
    },
    /// The baseline says it fails, and it passed: red until the entry is removed.
    UnexpectedlyPassing {
        /// The entry's pattern.
        entry: String,
        /// Why it was expected to fail.
        reason: String,
    },
    /// Attempts with the same seed did not agree. Red: retries classify, they never excuse.
    Flaky {
        /// How often it ran.
        attempts: u32,
        /// How often it failed.
        failed: u32,
        /// Findings of the first failed attempt.
        findings: Vec<Finding>,
    },
}

impl Verdict {
    /// `Pass` without findings, else `Fail`.
    #[must_use]
    pub fn from_findings(findings: Vec<Finding>) -> Self {
        if findings.is_empty() { Self::Pass } else { Self::Fail { findings } }
    }

    /// Its kind, without the particulars.
    #[must_use]
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Pass => VerdictKind::Pass,
            Self::Fail { .. } => VerdictKind::Fail,
            Self::Unsupported { .. } => VerdictKind::Unsupported,
            Self::CouldNotRun { .. } => VerdictKind::CouldNotRun,
            Self::KnownFailing { .. } => VerdictKind::KnownFailing,
            Self::UnexpectedlyPassing { .. } => VerdictKind::UnexpectedlyPassing,
            Self::Flaky { .. } => VerdictKind::Flaky,
        }
    }

    /// Its findings; empty for verdicts that have none.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Fail { findings } | Self::KnownFailing { findings, .. } | Self::Flaky { findings, .. } => {
                findings
            }
            _ => &[],
        }
    }
}

/// A verdict's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// [`Verdict::Fail`]
    Fail,
    /// [`Verdict::UnexpectedlyPassing`]
    UnexpectedlyPassing,
    /// [`Verdict::Flaky`]
    Flaky,
    /// [`Verdict::CouldNotRun`]
    CouldNotRun,
    /// [`Verdict::KnownFailing`]
    KnownFailing,
    /// [`Verdict::Unsupported`]
    Unsupported,
    /// [`Verdict::Pass`]
    Pass,
}

impl VerdictKind {
    /// Every kind, the worst first: the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Fail,
        Self::UnexpectedlyPassing,
        Self::Flaky,
        Self::CouldNotRun,
        Self::KnownFailing,
        Self::Unsupported,
        Self::Pass,
    ];

    /// The word for it in JSON, CSS classes and filters.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::UnexpectedlyPassing => "unexpectedly-passing",
            Self::Flaky => "flaky",
            Self::CouldNotRun => "could-not-run",
            Self::KnownFailing => "known-failing",
            Self::Unsupported => "unsupported",
            Self::Pass => "pass",
        }
    }

    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fail => "failed",
            Self::UnexpectedlyPassing => "unexpectedly passing",
            Self::Flaky => "flaky",
            Self::CouldNotRun => "could not run",
            Self::KnownFailing => "known failing",
            Self::Unsupported => "unsupported",
            Self::Pass => "passed",
        }
    }

    /// Whether it needs somebody to act.
    #[must_use]
    pub fn is_red(self) -> bool {
        matches!(self, Self::Fail | Self::UnexpectedlyPassing | Self::Flaky | Self::CouldNotRun)
    }
}

/// One line of the canonical sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SequenceLine {
    /// Position in the case's one stream of observations, shared with [`TraceEntry::order`].
    pub order: u32,
    /// Virtual time since the scenario's start, in milliseconds.
    pub at_ms: i64,
    /// The client, by its name in the scenario; empty for what concerns all.
    pub client: String,
    /// What it is.
    pub kind: LineKind,
    /// The canonical text without time and client: `onConnected {code: 0, userId: alice}`.
    pub text: String,
    /// Set where the sequence differs from what was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// What a line of the sequence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// A method was called.
    Call,
    /// Its own return.
    Return,
    /// A callback arrived.
    Callback,
    /// The scenario did something: an act of the service, a fault, time passing.
    Step,
}

/// How a line differs from what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Expected and absent: the line stands where it should have been.
    Missing,
    /// Present and not expected.
    Unexpected,
}

/// The first difference: some lines that agree, then what was expected and what was seen instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The last lines that agree.
    pub before: Vec<String>,
    /// What was expected next; empty if nothing was.
    pub expected: Vec<String>,
    /// What came instead; empty if nothing did.
    pub seen: Vec<String>,
}

/// A frame, an HTTP exchange or an act on the service's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceEntry {
    /// Position in the case's one stream of observations, shared with [`SequenceLine::order`].
    pub order: u32,
    /// Virtual time since the scenario's start, in milliseconds.
    pub at_ms: i64,
    /// The client at the other end, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The connection, as `conn#1`; empty for what has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub connection: String,
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: TraceKind,
    /// One line: `PUBLISH 3 pcMsgP 42 bytes`.
    pub text: String,
    /// The decoded body, as many lines as it takes; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From a client to the service.
    ToService,
    /// From the service to a client.
    ToClient,
    /// Neither: something that happened at the service, or on the network.
    Within,
}

/// What a trace entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceKind {
    /// A frame on a connection.
    Frame,
    /// An HTTP request or response.
    Http,
    /// A connection opened or closed.
    Connection,
    /// A server-side act, or a push.
    Act,
    /// A fault took effect.
    Fault,
}
