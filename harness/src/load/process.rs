//! The server under load: started here or running already; its CPU time and memory as Linux counts them.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{Args, LoadError};

/// A server. One that was started here is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pid: Option<u32>,
    child: Option<Child>,
    /// From starting the process to its ready line.
    pub(crate) started_in: Option<Duration>,
}

impl Target {
    /// The server that the arguments name.
    pub(crate) fn of(args: &Args) -> Result<Self, LoadError> {
        match (&args.spawn, args.address) {
            (Some(program), _) => Self::spawn(program),
            (None, Some(address)) => Ok(Self { address, pid: args.pid, child: None, started_in: None }),
            (None, None) => Err(LoadError::Server("name a server: --address or --spawn".to_owned())),
        }
    }

    fn spawn(program: &Path) -> Result<Self, LoadError> {
        let failed = |what: &str| LoadError::Server(format!("{}: {what}", program.display()));
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error.to_string()))?;
        let pid = Some(child.id());
        let stdout = child.stdout.take();
        // From here on the child is ended on every way out.
        let mut target = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            pid,
            child: Some(child),
            started_in: None,
        };
        let mut line = String::new();
        BufReader::new(stdout.ok_or_else(|| failed("no stdout"))?).read_line(&mut line)?;
        target.started_in = Some(begun.elapsed());
        let ready: serde_json::Value =
            serde_json::from_str(&line).map_err(|_| failed("it printed no ready line"))?;
        target.address = ready["tcp"]
            .as_str()
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| failed("its ready line names no address"))?;
        Ok(target)
    }

    /// User and system time of the process so far; `None` if it is not known or not Linux.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let pid = self.pid?;
        by_scheduler(pid).or_else(|| by_ticks(pid))
    }

    /// Resident memory in bytes.
    pub(crate) fn rss(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only if it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Time on a processor in nanoseconds, summed over threads; exact where the kernel keeps it.
fn by_scheduler(pid: u32) -> Option<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += text.split(' ').next()?.parse::<u64>().ok()?;
    }
    (total > 0).then(|| Duration::from_nanos(total))
}

/// `utime` and `stime`, in hundredths of a second.
fn by_ticks(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; fields 14 and 15 are counted from behind it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let target = Target { address, pid: Some(std::process::id()), child: None, started_in: None };
        assert!(target.cpu().is_some());
        assert!(target.rss().unwrap() > 100_000);
        let nobody = Target { pid: None, address, child: None, started_in: None };
        assert_eq!((nobody.cpu(), nobody.rss()), (None, None));
    }
}
