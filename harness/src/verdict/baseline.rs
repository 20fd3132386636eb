//! The deviations that a client is known for.
use serde::{Deserialize, Serialize};

/// What an entry of a baseline says of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// It fails.
    Failing,
    /// It sometimes fails.
    Flaky,
    /// It cannot be run.
    CouldNotRun,
    /// The client has no such thing.
    Unsupported,
}
