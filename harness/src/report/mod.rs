//! Writes down what runs said: terminal, JUnit XML, JSON Lines, one HTML page.
//!
//! Reporters read only [`RunEvent`](crate::verdict::RunEvent)s and [`RunResult`]s and decide nothing. All but the
//! terminal's are functions from data to text, the same text for the same run.

mod html;
mod jsonl;
mod junit;
mod terminal;
mod text;
mod xml;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use html::{RequirementRow, html};
pub use jsonl::{JsonLines, ReadError, json_lines, read_json_lines};
pub use junit::junit;
pub use terminal::{Terminal, TerminalOptions};

use crate::verdict::RunResult;

/// The files that [`write_all`] writes, beside each other.
pub const FILES: [&str; 3] = ["run.jsonl", "junit.xml", "index.html"];

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file system refused.
    #[error("failed to write {path}: {source}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
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

/// Writes `run.jsonl`, `junit.xml` and `index.html` into a folder, which is made if it is missing; gives their paths.
///
/// # Errors
/// If a file cannot be written. Files written before stay.
pub fn write_all(
    dir: &Path,
    run: &RunResult,
    requirements: &[RequirementRow],
) -> Result<Vec<PathBuf>, ReportError> {
    write_merged(dir, std::slice::from_ref(run), requirements)
}

/// As [`write_all`] for several runs (the same suite against several clients): one stream, one JUnit file with a suite
/// for each, one page whose matrix has a column for each.
///
/// # Errors
/// As [`write_all`].
pub fn write_merged(
    dir: &Path,
    runs: &[RunResult],
    requirements: &[RequirementRow],
) -> Result<Vec<PathBuf>, ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Write { path, source }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    let texts = [json_lines(runs)?, junit(runs)?, html(runs, requirements)?];
    let mut written = Vec::with_capacity(FILES.len());
    for (name, text) in FILES.iter().zip(texts) {
        let path = dir.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
        written.push(path);
    }
    Ok(written)
}
