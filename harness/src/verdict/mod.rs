//! What came of a run: findings, a verdict a case, results of a run, its events and its exit code.
//!
//! The runner fills these, reporters read them and nothing else. A client's known deviations live in [`baseline`]s.

pub mod baseline;
mod event;
mod finding;
pub(crate) mod lanes;
mod merge;
mod name;
mod outcome;
mod result;
mod run;
mod shard;

pub use event::{EventError, FORMAT, RunEvent};
pub use finding::{Finding, FindingKind, Place};
pub use merge::merge;
pub use name::{area_of, name_of};
pub use outcome::Outcome;
pub use result::{
    ClientInfo, Clock, Difference, Direction, LineKind, Mark, ScenarioResult, SequenceLine, TraceEntry,
    TraceKind, Verdict, VerdictKind,
};
pub use run::{RunResult, Totals};
pub use shard::Shard;
