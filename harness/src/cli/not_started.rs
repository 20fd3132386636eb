//! A run that came to nothing says so in its reports.

use std::{ffi::OsString, path::Path};

use super::{
    Stop, exit,
    run::{REPORTS, rows, unix_ms},
};
use crate::{
    report::{self, Live},
    verdict::{ClientInfo, Clock, RunResult},
};

/// A run that came to nothing, for its reports.
pub(super) fn not_started(client: &str, seed: u64, stop: &Stop, planned: usize) -> RunResult {
    let client = ClientInfo { name: client.to_owned(), version: String::new(), clock: Clock::Virtual };
    let planned = if matches!(stop.code, exit::INCOMPLETE | exit::INTERRUPTED) { planned } else { 0 };
    let mut run = RunResult::new(client, seed, unix_ms(), planned);
    run.interrupted = stop.code == exit::INTERRUPTED;
    run.not_started = (stop.code != exit::NOTHING_SELECTED).then(|| stop.message.clone());
    run
}

/// The command line of a run is wrong: reports of a run before must not pass for this one's. Where they would be is read
/// from the arguments as far as it can be; a folder that is not there is not made for that.
pub(super) fn refused(args: &[OsString], why: &str) {
    let words: Vec<&str> = args.iter().skip(1).filter_map(|word| word.to_str()).collect();
    if words.first() != Some(&"run") {
        return;
    }
    let dir = words.iter().enumerate().find_map(|(n, word)| match word.strip_prefix("--reports") {
        Some("") => words.get(n + 1).copied(),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    let dir = Path::new(dir.unwrap_or(REPORTS));
    if report::FILES.iter().any(|name| dir.join(name).exists()) {
        let client = ClientInfo { name: "unknown".to_owned(), version: String::new(), clock: Clock::Virtual };
        let mut run = RunResult::new(client, 0, unix_ms(), 0);
        run.not_started = Some(why.lines().next().unwrap_or_default().to_owned());
        let mut live = Live::begin(dir, rows());
        live.ended(run);
        // What could not be written is told with the usage.
        let _ = live.finish();
    }
}
