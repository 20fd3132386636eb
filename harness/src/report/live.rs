//! The reports of a run under way: old ones go, new ones are there from the first moment on, and are completed whatever
//! ends the run.
//!
//! Until the run has ended, `junit.xml` says that it has not, and `run.jsonl` has a line for all that happened so far. A
//! run that ends without [`Live::finish`] (a panic, an early return) is completed as an interrupted one when this is dropped.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use super::{FILES, JsonLines, ReportError, RequirementRow, failed, junit, write, write_all};
use crate::verdict::{RunEvent, RunResult};

/// The reports of a run under way.
#[derive(Debug)]
pub struct Live {
    dir: PathBuf,
    requirements: Vec<RequirementRow>,
    lines: Option<JsonLines<File>>,
    /// What is known so far of the client whose turn it is; `None` before it began, and once it has ended.
    run: Option<RunResult>,
    /// The runs of clients that have had their turn.
    ended: Vec<RunResult>,
    failures: Vec<ReportError>,
}

impl Live {
    /// Makes the folder and removes the reports of a run before from it: only files of the names in [`FILES`].
    ///
    /// What goes wrong is told by [`finish`](Self::finish): it is no reason not to run.
    #[must_use]
    pub fn begin(dir: &Path, requirements: Vec<RequirementRow>) -> Self {
        let mut live = Self {
            dir: dir.to_owned(),
            requirements,
            lines: None,
            run: None,
            ended: Vec::new(),
            failures: Vec::new(),
        };
        if let Err(error) = fs::create_dir_all(dir) {
            live.failures.push(failed(dir, &error));
            return live;
        }
        live.failures.extend(remove(dir));
        match File::create(dir.join(FILES[0])) {
            Ok(file) => live.lines = Some(JsonLines::new(file)),
            Err(error) => live.failures.push(failed(&dir.join(FILES[0]), &error)),
        }
        live
    }

    /// Something happened: a line more, and what is known if the run ends here.
    pub fn event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::RunStarted { .. } => {
                let begun = RunResult::from_events([event.clone()]).ok().and_then(|mut runs| runs.pop());
                self.ended.extend(begun);
                let path = self.dir.join(FILES[1]);
                if self.failures.is_empty()
                    && let Err(error) = write(&path, &junit(&self.ended))
                {
                    self.failures.push(error);
                }
                self.run = self.ended.pop();
            }
            RunEvent::ScenarioFinished(result) => {
                if let Some(run) = &mut self.run {
                    run.results.push((**result).clone());
                }
            }
            // Not the last word: sequences are compared and the baseline is looked at after it.
            RunEvent::RunFinished { .. } => return,
            RunEvent::ScenarioStarted { .. } => {}
        }
        self.line(event);
    }

    fn line(&mut self, event: &RunEvent) {
        if let Some(lines) = &mut self.lines
            && let Err(error) = lines.event(event)
        {
            self.failures.push(failed(&self.dir.join(FILES[0]), &error));
            self.lines = None;
        }
    }

    /// A client has had its turn; this is what came of it.
    pub fn ended(&mut self, run: RunResult) {
        if self.run.take().is_none() {
            self.line(&run.started_event());
        }
        self.line(&run.finished_event());
        self.ended.push(run);
    }

    /// Writes the reports of all clients that have had their turn, and gives their runs. What cannot be written becomes a
    /// fault of the last one, which the other reports tell.
    #[must_use]
    pub fn finish(mut self) -> Vec<RunResult> {
        self.run = None;
        self.lines = None;
        let mut runs = std::mem::take(&mut self.ended);
        let mut failures = std::mem::take(&mut self.failures);
        if self.dir.is_dir() {
            for failure in write_all(&self.dir, &runs, &self.requirements) {
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
        if let (Some(last), false) = (runs.last_mut(), failures.is_empty()) {
            last.faults.extend(failures.iter().map(ToString::to_string));
            if self.dir.is_dir() {
                // The same files fail again, and that is said already.
                let _ = write_all(&self.dir, &runs, &self.requirements);
            }
        }
        runs
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.lines = None;
        let mut runs = std::mem::take(&mut self.ended);
        if let Some(mut run) = self.run.take() {
            run.faults.push("the run ended before its results were judged".to_owned());
            runs.push(run);
        }
        if let Some(last) = runs.last_mut() {
            last.faults.extend(self.failures.iter().map(ToString::to_string));
            for failure in write_all(&self.dir, &runs, &self.requirements) {
                // Nobody else is left to be told.
                let _ = writeln!(std::io::stderr(), "harness: {failure}");
            }
        }
    }
}

/// Removes reports from a folder; gives what could not be removed.
fn remove(dir: &Path) -> Vec<ReportError> {
    let mut failures = Vec::new();
    for path in FILES.map(|name| dir.join(name)) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => failures.push(failed(&path, &error)),
            _ => {}
        }
    }
    failures
}
