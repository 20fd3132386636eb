//! An adapter's process and whatever it starts: one process group, ended as one.
//!
//! On Unix everything that an adapter starts is in its group unless it leaves it on purpose. On Windows only the
//! adapter itself is ended; what it started notices that its input ends.

use std::{
    collections::BTreeSet,
    process::{Child, Command, ExitStatus},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How often an end is looked for.
const MOMENT: Duration = Duration::from_millis(10);

/// Groups that are running, by the id of their first process: a second interruption ends them at once.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Ends every adapter that this process has started, at once.
pub(crate) fn end_all() {
    for id in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        signal(*id);
    }
}

/// A process and its group; dropped, both are ended.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    status: Option<ExitStatus>,
}

impl Group {
    /// Starts a process in a group of its own.
    pub(super) fn spawn(command: &mut Command) -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(0);
        }
        let child = command.spawn()?;
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(child.id());
        Ok(Self { child, status: None })
    }

    /// The process, for its pipes.
    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the process ended, if it has.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// As [`Self::status`], looked for as long as that; `meanwhile` is called again and again.
    pub(super) fn wait(&mut self, limit: Duration, mut meanwhile: impl FnMut()) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.status() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            meanwhile();
            thread::sleep(MOMENT);
        }
    }

    /// Ends the whole group; what has ended already stays so.
    pub(super) fn kill(&mut self) {
        signal(self.child.id());
        if self.status().is_none() {
            // Gone meanwhile is as good; a killed process ends, so this wait does.
            let _ = self.child.kill();
            self.status = self.child.wait().ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.child.id());
    }
}

/// Ends every process of a group.
#[cfg(unix)]
fn signal(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // Nobody left in it is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn signal(_id: u32) {}
