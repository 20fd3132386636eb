//! A run as it goes, told of as it was asked for.

use std::{
    io::Write,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::{
    report::{JsonLines, Terminal},
    verdict::{RunEvent, RunResult},
};

/// How often it is looked at what runs.
const TICK: Duration = Duration::from_secs(1);

/// How a run is told of as it goes.
pub(super) enum Progress<W: Write> {
    /// For people.
    Text(Box<Terminal<W>>),
    /// A line an event, each as it happens.
    Json(JsonLines<W>),
}

impl<W: Write> Progress<W> {
    pub(super) fn event(&mut self, event: &RunEvent) -> std::io::Result<()> {
        match self {
            Self::Text(terminal) => terminal.event(event),
            // How the run ended is known when the baseline has been looked at.
            Self::Json(_) if matches!(event, RunEvent::RunFinished { .. }) => Ok(()),
            Self::Json(lines) => lines.event(event),
        }
    }

    /// Time goes on.
    pub(super) fn tick(&mut self, now: Instant) -> std::io::Result<()> {
        match self {
            Self::Text(terminal) => terminal.tick(now),
            Self::Json(_) => Ok(()),
        }
    }

    /// Several clients have their turn.
    pub(super) fn of_several(&mut self) {
        if let Self::Text(terminal) = self {
            terminal.of_several();
        }
    }

    /// A client had its turn, and is not the last.
    pub(super) fn ended(&mut self, run: &RunResult) -> std::io::Result<()> {
        match self {
            // People read it beside the others, below all of them.
            Self::Text(_) => Ok(()),
            Self::Json(lines) => lines.event(&run.finished_event()),
        }
    }

    /// All clients had their turn; so many of the slowest cases are named.
    pub(super) fn finish(mut self, runs: &[RunResult], slowest: Option<usize>) -> std::io::Result<()> {
        match &mut self {
            Self::Text(terminal) => {
                for run in runs {
                    terminal.summary(run)?;
                }
                if runs.len() > 1 {
                    terminal.side_by_side(runs)?;
                }
                slowest.map_or(Ok(()), |most| terminal.slowest(runs, most))
            }
            Self::Json(lines) => runs.last().map_or(Ok(()), |run| lines.event(&run.finished_event())),
        }
    }
}

/// Does something while another thread ticks.
pub(super) fn ticking<T>(tick: &(dyn Fn() + Sync), work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (going, ends) = channel::<()>();
        scope.spawn(move || {
            while ends.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                tick();
            }
        });
        // Dropped when the work is done, or panics.
        let _going = going;
        work()
    })
}
