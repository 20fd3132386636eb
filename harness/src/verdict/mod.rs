//! What came of a run: findings, a verdict a case, results of a run, its events and its exit code.
//!
//! The runner fills these, reporters read them and nothing else. A client's known deviations live in [`baseline`]s.

pub mod baseline;
mod event;
mod finding;
mod outcome;
mod result;
mod run;

pub use event::{EventError, FORMAT, RunEvent};
pub use finding::{Finding, FindingKind, Place};
pub use outcome::Outcome;
pub use result::{
    ClientInfo, Clock, Difference, Direction, LineKind, Mark, ScenarioResult, SequenceLine, TraceEntry,
    TraceKind, Verdict, VerdictKind, name_of,
};
pub use run::{RunResult, Totals};
