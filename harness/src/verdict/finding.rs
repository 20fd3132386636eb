//! One broken rule: what was expected, what was seen, where and when.

use serde::{Deserialize, Serialize};

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Requirements it breaks; those of the scenario where no narrower ones are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// Who judged.
    pub kind: FindingKind,
    /// What should have been, in the words of the scenario; may have several lines.
    pub expected: String,
    /// What was; may have several lines.
    pub seen: String,
    /// The client concerned, by its name in the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The place in the scenario (or the snapshot) that says so.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Virtual time since the scenario's start, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// What usually causes this, or what to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Reason from the client's baseline that already accounts for this finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

impl Finding {
    /// A finding with the three things that every one has.
    #[must_use]
    pub fn new(kind: FindingKind, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            requirements: Vec::new(),
            kind,
            expected: expected.into(),
            seen: seen.into(),
            client: None,
            place: None,
            at_ms: None,
            hint: None,
            known: None,
        }
    }
}

/// Who judged: a finding's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A written expectation (`expect`, `none`, `wire`) did not hold.
    Expectation,
    /// The callback sequence differs from its snapshot.
    Snapshot,
    /// The oracle that watches every run saw a broken invariant.
    Oracle,
    /// A call returned another code than `returns` says.
    ReturnCode,
    /// A Server API answer differs from the `api` step.
    Api,
    /// What the service holds or recorded differs from a `state` or `journal` step.
    Service,
}

impl FindingKind {
    /// The word for it, as in JSON and in a baseline.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Expectation => "expectation",
            Self::Snapshot => "snapshot",
            Self::Oracle => "oracle",
            Self::ReturnCode => "return-code",
            Self::Api => "api",
            Self::Service => "service",
        }
    }
}

/// A place in a file, for people and editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path as given on the command line, with `/`.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// The lines of the file around the place, so that a report needs no file; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub snippet: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
