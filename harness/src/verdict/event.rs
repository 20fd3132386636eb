//! A run as a stream: one JSON object a line, in the order things happened.
//!
//! Format 1. Readers ignore fields they do not know; a new meaning of an old field is a new number. The stream of a run
//! that was cut short has no `runFinished`: [`RunResult::from_events`] then gives an interrupted run.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{ClientInfo, Outcome, RunResult, ScenarioResult, Shard, Totals};

/// Version of the JSON Lines format.
pub const FORMAT: u32 = 1;

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunEvent {
    /// The first line.
    RunStarted {
        /// [`FORMAT`]
        format: u32,
        /// Version of the suite.
        suite: String,
        /// What the suite is, as [`RunResult::suite_hash`] has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suite_hash: Option<String>,
        /// Which part of the cases it is of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shard: Option<Shard>,
        /// Who is tested.
        client: ClientInfo,
        /// The run's seed.
        seed: u64,
        /// Wall clock, milliseconds since 1970.
        started_ms: i64,
        /// How many cases were selected.
        planned: usize,
    },
    /// A case begins.
    ScenarioStarted {
        /// Path of the file.
        path: String,
        /// The sentence it proves.
        title: String,
        /// Matrix axes.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        case: IndexMap<String, String>,
        /// Who is tested; streams of before have it in the first line alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientInfo>,
    },
    /// A case ended.
    ScenarioFinished(Box<ScenarioResult>),
    /// The last line.
    RunFinished {
        /// Who was tested; streams of before have it in the first line alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientInfo>,
        /// How many of each.
        totals: Totals,
        /// The exit code that this run alone gives.
        exit_code: u8,
        /// What it means, in words.
        outcome: String,
        /// Wall time, microseconds.
        wall_us: u64,
        /// Stopped by a signal.
        interrupted: bool,
        /// Why nothing was run at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_started: Option<String>,
        /// Ended by its first red case, as it was asked to.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        failed_fast: bool,
        /// What it lacks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
        /// Faults of the harness.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<String>,
        /// What is wrong with the baseline.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        baseline_problems: Vec<String>,
    },
}

/// Why a stream of events is no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// Something before `runStarted`.
    #[error("the stream does not begin with runStarted")]
    NoStart,
    /// A format this version does not read.
    #[error("format {0} is not known; this version reads {FORMAT}")]
    Format(u32),
    /// `runStarted` twice.
    #[error("a second run begins before the first one ended")]
    SecondStart,
}

impl RunResult {
    /// The first event of this run.
    #[must_use]
    pub fn started_event(&self) -> RunEvent {
        RunEvent::RunStarted {
            format: FORMAT,
            suite: self.suite.clone(),
            suite_hash: self.suite_hash.clone(),
            shard: self.shard,
            client: self.client.clone(),
            seed: self.seed,
            started_ms: self.started_ms,
            planned: self.planned,
        }
    }

    /// The last event of this run.
    #[must_use]
    pub fn finished_event(&self) -> RunEvent {
        let outcome = self.outcome();
        RunEvent::RunFinished {
            client: Some(self.client.clone()),
            totals: self.totals(),
            exit_code: outcome.code(),
            outcome: Outcome::words(outcome).to_owned(),
            wall_us: self.wall_us,
            interrupted: self.interrupted,
            not_started: self.not_started.clone(),
            failed_fast: self.failed_fast,
            missing: self.missing.clone(),
            faults: self.faults.clone(),
            baseline_problems: self.baseline_problems.clone(),
        }
    }

    /// The runs of a stream that may hold several, one after another (several clients, or files put together).
    ///
    /// # Errors
    /// If something stands outside a run, or the format is not known.
    pub fn from_events(events: impl IntoIterator<Item = RunEvent>) -> Result<Vec<Self>, EventError> {
        let (mut runs, mut open): (Vec<Self>, Option<Self>) = (Vec::new(), None);
        for event in events {
            match (event, &mut open) {
                (RunEvent::RunStarted { .. }, Some(_)) => return Err(EventError::SecondStart),
                (
                    RunEvent::RunStarted {
                        format,
                        suite,
                        suite_hash,
                        shard,
                        client,
                        seed,
                        started_ms,
                        planned,
                    },
                    None,
                ) => {
                    if format != FORMAT {
                        return Err(EventError::Format(format));
                    }
                    // Interrupted until the last line says otherwise.
                    let run = Self::new(client, seed, started_ms, 0);
                    open = Some(Self { suite, suite_hash, shard, planned, interrupted: true, ..run });
                }
                (_, None) => return Err(EventError::NoStart),
                (RunEvent::ScenarioStarted { .. }, Some(_)) => {}
                (RunEvent::ScenarioFinished(result), Some(run)) => run.results.push(*result),
                (
                    RunEvent::RunFinished {
                        wall_us,
                        interrupted,
                        not_started,
                        failed_fast,
                        missing,
                        faults,
                        baseline_problems,
                        ..
                    },
                    Some(run),
                ) => {
                    run.wall_us = wall_us;
                    run.interrupted = interrupted;
                    run.not_started = not_started;
                    run.failed_fast = failed_fast;
                    run.missing = missing;
                    run.faults = faults;
                    run.baseline_problems = baseline_problems;
                    runs.extend(open.take());
                }
            }
        }
        runs.extend(open);
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Clock;

    fn run() -> RunResult {
        let client = ClientInfo { name: "reference".into(), version: "0.1.0".into(), clock: Clock::Virtual };
        RunResult { wall_us: 5, ..RunResult::new(client, 9, 1_000, 0) }
    }

    #[test]
    fn a_run_survives_the_stream() {
        let run = run();
        let read = RunResult::from_events([run.started_event(), run.finished_event()]).unwrap();
        assert_eq!(read, [run]);
    }

    #[test]
    fn a_stream_without_its_end_is_an_interrupted_run() {
        let read = RunResult::from_events([run().started_event()]).unwrap();
        assert!(read[0].interrupted);
    }

    #[test]
    fn an_event_outside_a_run_is_refused() {
        assert_eq!(RunResult::from_events([run().finished_event()]), Err(EventError::NoStart));
        let twice = [run().started_event(), run().started_event()];
        assert_eq!(RunResult::from_events(twice), Err(EventError::SecondStart));
    }

    #[test]
    fn another_format_is_refused() {
        let mut event = run().started_event();
        let RunEvent::RunStarted { format, .. } = &mut event else {
            unreachable!("started_event gives a start");
        };
        *format = 2;
        assert_eq!(RunResult::from_events([event]), Err(EventError::Format(2)));
    }
}
