//! Writes down what runs said: terminal, JUnit XML, JSON Lines, one HTML page.
//!
//! Reporters read only [`RunEvent`](crate::verdict::RunEvent)s and [`RunResult`]s and decide nothing. All but the
//! terminal's are functions from data to text, the same text for the same run.

mod diff;
mod html;
mod jsonl;
mod junit;
mod live;
mod terminal;
mod text;
mod xml;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use diff::{Both, CaseDiff, FirstDifference, RunDiff, VerdictSaid, diff};
pub use html::{RequirementRow, html};
pub use jsonl::{JsonLines, ReadError, json_lines, read_json_lines};
pub use junit::junit;
pub use live::Live;
pub use terminal::{Terminal, TerminalOptions};

use crate::verdict::RunResult;

/// The files that [`write_all`] writes, beside each other.
pub const FILES: [&str; 3] = ["run.jsonl", "junit.xml", "index.html"];

/// Why a report was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file system refused.
    #[error("failed to write {path}: {why}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A template or serialiser refused; a fault of the harness.
    #[error("failed to render {what}: {why}")]
    Render {
        /// Which report.
        what: &'static str,
        /// Why.
        why: String,
    },
}

/// Writes `run.jsonl`, `junit.xml` and `index.html` of runs into a folder that is there, each whole or not at all. Several
/// runs (the same suite against several clients) are one stream, one JUnit file with a suite for each, one page whose
/// matrix has a column for each.
///
/// What cannot be written keeps nothing else from being: every failure is given.
#[must_use]
pub fn write_all(dir: &Path, runs: &[RunResult], requirements: &[RequirementRow]) -> Vec<ReportError> {
    let texts = [json_lines(runs), junit(runs), html(runs, requirements)];
    FILES.iter().zip(texts).filter_map(|(name, text)| write(&dir.join(name), &text).err()).collect()
}

/// Writes beside the file, then in its place: nobody ever reads half of it.
fn write(path: &Path, text: &Result<String, ReportError>) -> Result<(), ReportError> {
    let text = text.as_ref().map_err(Clone::clone)?;
    let part = path.with_extension("part");
    fs::write(&part, text).and_then(|()| fs::rename(&part, path)).map_err(|source| {
        // Perhaps it never came to be.
        let _ = fs::remove_file(&part);
        failed(path, &source)
    })
}

fn failed(path: &Path, error: &io::Error) -> ReportError {
    ReportError::Write { path: path.to_owned(), why: error.to_string() }
}
