//! JSON Lines: the run's events, one object a line, written as they happen or all at once.

use std::io::{self, Write};

use serde::Serialize;

use super::ReportError;
use crate::verdict::{EventError, RunEvent, RunResult, ScenarioResult};

/// [`RunEvent::ScenarioFinished`] without owning the result: the same line.
#[derive(Serialize)]
#[serde(tag = "event", rename = "scenarioFinished")]
struct Finished<'a> {
    #[serde(flatten)]
    result: &'a ScenarioResult,
}

/// Writes events as they happen (`--format json`).
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// Onto a writer.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes one line and flushes it: a reader sees every event at once.
    ///
    /// # Errors
    /// The writer's.
    pub fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, event)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// The stream of finished runs, one after another. `scenarioStarted` lines, which a finished run no longer needs, are
/// left out.
///
/// # Errors
/// Only if a value cannot be JSON, which would be a fault of the harness.
pub fn json_lines(runs: &[RunResult]) -> Result<String, ReportError> {
    let mut text = Vec::new();
    for run in runs {
        line(&mut text, &run.started_event())?;
        for result in &run.results {
            line(&mut text, &Finished { result })?;
        }
        line(&mut text, &run.finished_event())?;
    }
    String::from_utf8(text)
        .map_err(|error| ReportError::Render { what: "JSON Lines", why: error.to_string() })
}

fn line(text: &mut Vec<u8>, event: &impl Serialize) -> Result<(), ReportError> {
    serde_json::to_writer(&mut *text, event)
        .map_err(|error| ReportError::Render { what: "JSON Lines", why: error.to_string() })?;
    text.push(b'\n');
    Ok(())
}

/// Why a stream could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A line is no event.
    #[error("line {line} is no event: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What the parser says.
        why: String,
    },
    /// The events are no run.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// Reads the runs of a stream, or of several put together: `harness report merge`. Empty lines are skipped.
///
/// # Errors
/// With the line that is no event, or why the events are no run.
pub fn read_json_lines(text: &str) -> Result<Vec<RunResult>, ReadError> {
    let mut events = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let event = serde_json::from_str(line)
            .map_err(|error| ReadError::Line { line: index + 1, why: error.to_string() })?;
        events.push(event);
    }
    Ok(RunResult::from_events(events)?)
}
