//! An adapter that is a process of ours: its pipes and its process group.

use std::{
    io::Write,
    process::{Command as Process, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    time::Duration,
};

use super::{
    Command,
    group::Group,
    log::{CaseLog, Show},
    pipes::{Input, Queue, read_errors, read_output},
    transport::{LastLines, Left, Transport, remember},
};
use crate::runner::Fault;

/// A process, its group and its pipes.
#[derive(Debug)]
pub(super) struct Spawned {
    group: Group,
    input: Option<Input>,
    stderr_bytes: Arc<AtomicU64>,
    /// Disconnected once its stderr has been read to the end.
    errors_end: Receiver<()>,
}

impl Spawned {
    /// Starts it. What it writes goes into `queue`; its stderr into `log`, and the end of that into `last`.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(
        command: &Command,
        log: &Arc<CaseLog>,
        queue: &Arc<Queue>,
        last: &LastLines,
    ) -> Result<Self, Fault> {
        let mut process = Process::new(&command.program);
        process.args(&command.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::spawn(&mut process)
            .map_err(|error| Fault(format!("the adapter `{}` does not start: {error}", command.program)))?;
        let child = group.child();
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Fault("the adapter has no standard streams".to_owned()));
        };
        let stderr_bytes = Arc::new(AtomicU64::new(0));
        let (ends, errors_end) = sync_channel::<()>(1);
        read_output(output, Arc::clone(queue));
        let tell = {
            let (log, last) = (Arc::clone(log), Arc::clone(last));
            let name = command.name.clone();
            move |line: String, bytes: u64| {
                remember(&last, format!("stderr: {line}"));
                // People see it at once, and the report keeps it.
                let mut stderr = std::io::stderr();
                let _ = match log.keep(format!("stderr: {line}"), bytes) {
                    Show::Yes => writeln!(stderr, "{line}"),
                    Show::NoMore => writeln!(
                        stderr,
                        "harness: what {name} writes further in this case stands in the report"
                    ),
                    Show::No => Ok(()),
                };
            }
        };
        read_errors(errors, Arc::clone(queue), Arc::clone(&stderr_bytes), ends, tell);
        Ok(Self { group, input: Some(Input::new(input)), stderr_bytes, errors_end })
    }
}

fn told(status: ExitStatus) -> Left {
    Left { in_peace: status.success(), how: status.to_string() }
}

impl Transport for Spawned {
    fn write(&self, line: &str) -> bool {
        self.input.as_ref().is_some_and(|input| input.write(line))
    }

    fn unread(&self) -> usize {
        self.input.as_ref().map_or(0, Input::unread)
    }

    fn close_input(&mut self) {
        self.input = None;
    }

    fn left(&mut self) -> Option<Left> {
        self.group.status().map(told)
    }

    fn wait(&mut self, limit: Duration, meanwhile: &mut dyn FnMut()) -> Option<Left> {
        self.group.wait(limit, meanwhile).map(told)
    }

    fn end(&mut self) {
        self.group.kill();
    }

    fn last_words(&mut self, limit: Duration) {
        // Somebody else may hold its stderr open: not for ever.
        let _ = self.errors_end.recv_timeout(limit);
    }

    fn begin_case(&mut self) {
        self.stderr_bytes.store(0, Ordering::Relaxed);
    }
}
