//! What a run found, for programs and for people.

use std::{
    fmt,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Args, LoadError, Protocol, process::Target};

/// The figures of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `connect`, `idle`, `pairs`, `store`, `backlog`.
    pub scenario: &'static str,
    /// What the clients spoke.
    pub protocol: Protocol,
    /// Units of work that were measured.
    pub units: u64,
    /// Wall time for all of them, in seconds.
    pub seconds: f64,
    /// Units a second.
    pub per_second: f64,
    /// CPU time of the server a unit, in microseconds; absent if its process is not known.
    pub server_cpu_micros: Option<f64>,
    /// Resident memory of the server before and after, in bytes.
    pub server_rss_before: Option<u64>,
    /// See [`server_rss_before`](Self::server_rss_before).
    pub server_rss_after: Option<u64>,
    /// Growth of memory a unit, in bytes.
    pub server_bytes: Option<f64>,
    /// How long a unit took.
    pub latency: Option<Latency>,
    /// From starting the server to its ready line, in milliseconds, if it was started here.
    pub start_millis: Option<f64>,
    /// Messages that were not pushed but had to be pulled (pairs).
    pub pulled: u64,
}

/// Percentiles in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Half are faster.
    pub p50: u32,
    /// Nine of ten are faster.
    pub p90: u32,
    /// All but one in a hundred are faster.
    pub p99: u32,
    /// The slowest.
    pub max: u32,
}

impl Latency {
    /// Percentiles of times in microseconds; none of none.
    #[must_use]
    pub fn of(mut micros: Vec<u32>) -> Option<Self> {
        micros.sort_unstable();
        let max = *micros.last()?;
        let at = |percent: usize| micros[(micros.len() - 1) * percent / 100];
        Some(Self { p50: at(50), p90: at(90), p99: at(99), max })
    }
}

/// A measurement that runs.
pub(crate) struct Watch<'a> {
    target: &'a Target,
    begun: Instant,
    cpu: Option<Duration>,
    rss: Option<u64>,
}

impl<'a> Watch<'a> {
    pub(crate) fn start(target: &'a Target) -> Self {
        Self { target, rss: target.rss(), cpu: target.cpu(), begun: Instant::now() }
    }

    /// Ends the measurement.
    pub(crate) fn stop(
        self,
        args: &Args,
        scenario: &'static str,
        units: u64,
        latencies: Vec<u32>,
    ) -> Result<Report, LoadError> {
        let wall = self.begun.elapsed();
        let (cpu, rss) = (self.target.cpu(), self.target.rss());
        if units == 0 {
            return Err(LoadError::Protocol("nothing was done".to_owned()));
        }
        let each = 1.0 / units as f64;
        let cpu = self.cpu.zip(cpu).map(|(before, after)| after.saturating_sub(before));
        Ok(Report {
            scenario,
            protocol: args.protocol,
            units,
            seconds: wall.as_secs_f64(),
            per_second: units as f64 / wall.as_secs_f64().max(1e-9),
            server_cpu_micros: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 * each),
            server_rss_before: self.rss,
            server_rss_after: rss,
            server_bytes: self.rss.zip(rss).map(|(before, after)| (after as f64 - before as f64) * each),
            latency: Latency::of(latencies),
            start_millis: self.target.started_in.map(|time| time.as_secs_f64() * 1e3),
            pulled: 0,
        })
    }
}

/// Microseconds, as latencies are kept.
pub(crate) fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, units, seconds, per_second, .. } = self;
        let protocol = format!("{:?}", self.protocol).to_lowercase();
        write!(f, "{scenario} {protocol}: {units} in {seconds:.2} s, {per_second:.0}/s")?;
        if let Some(Latency { p50, p90, p99, max }) = self.latency {
            write!(f, "; µs p50 {p50} p90 {p90} p99 {p99} max {max}")?;
        }
        if let Some(cpu) = self.server_cpu_micros {
            write!(f, "; server {cpu:.2} µs of CPU each")?;
        }
        if let (Some(before), Some(after)) = (self.server_rss_before, self.server_rss_after) {
            write!(f, ", memory {} -> {} KiB", before / 1024, after / 1024)?;
        }
        if let ("idle", Some(bytes)) = (*scenario, self.server_bytes) {
            write!(f, ", {bytes:.0} bytes a connection")?;
        }
        if let ("store", Some(bytes)) = (*scenario, self.server_bytes) {
            write!(f, ", {bytes:.0} bytes a message")?;
        }
        if self.pulled > 0 {
            write!(f, "; {} messages had to be pulled", self.pulled)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_of_sorted_times() {
        let latency = Latency::of((1..=1000).rev().collect()).unwrap();
        assert_eq!(latency, Latency { p50: 500, p90: 900, p99: 990, max: 1000 });
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
