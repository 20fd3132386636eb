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
    /// What is known so far; `None` before it began, and once it is written.
    run: Option<RunResult>,
    failures: Vec<ReportError>,
}

impl Live {
    /// Makes the folder and removes the reports of a run before from it: only files of the names in [`FILES`].
    ///
    /// What goes wrong is told by [`finish`](Self::finish): it is no reason not to run.
    #[must_use]
    pub fn begin(dir: &Path, requirements: Vec<RequirementRow>) -> Self {
        let mut live =
            Self { dir: dir.to_owned(), requirements, lines: None, run: None, failures: Vec::new() };
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
            RunEvent::RunStarted { suite, client, seed, started_ms, planned, .. } => {
                let run = RunResult::new(client.clone(), *seed, *started_ms, *planned);
                let run = RunResult { suite: suite.clone(), interrupted: true, ..run };
                let path = self.dir.join(FILES[1]);
                if self.failures.is_empty()
                    && let Err(error) = write(&path, &junit(std::slice::from_ref(&run)))
                {
                    self.failures.push(error);
                }
                self.run = Some(run);
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
        if let Some(lines) = &mut self.lines
            && let Err(error) = lines.event(event)
        {
            self.failures.push(failed(&self.dir.join(FILES[0]), &error));
            self.lines = None;
        }
    }

    /// Writes the reports of the whole run. What cannot be written becomes a fault of the run, which the others tell.
    pub fn finish(mut self, run: &mut RunResult) {
        self.run = None;
        self.lines = None;
        let mut failures = std::mem::take(&mut self.failures);
        if self.dir.is_dir() {
            for failure in write_all(&self.dir, std::slice::from_ref(run), &self.requirements) {
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
        if failures.is_empty() {
            return;
        }
        run.faults.extend(failures.iter().map(ToString::to_string));
        if self.dir.is_dir() {
            // The same files fail again, and that is said already.
            let _ = write_all(&self.dir, std::slice::from_ref(run), &self.requirements);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(mut run) = self.run.take() {
            run.faults.extend(self.failures.iter().map(ToString::to_string));
            run.faults.push("the run ended before its results were judged".to_owned());
            for failure in write_all(&self.dir, std::slice::from_ref(&run), &self.requirements) {
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
