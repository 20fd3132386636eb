//! What an adapter has brought in one case, and how much that may be.

use serde_json::Value;

/// Events of one adapter in one case, and the bytes of memory that they take.
const MOST_EVENTS: u64 = 50_000;
const MOST_EVENT_BYTES: u64 = 64 << 20;
/// What a value costs beside its text once it is read, bytes.
const VALUE_COST: u64 = size_of::<Value>() as u64;
/// `log` messages of one adapter in one case, and their bytes.
const MOST_LOGS: u64 = 50_000;
const MOST_LOG_BYTES: u64 = 8 << 20;
/// Messages that nobody asked for.
const MOST_ODD: u64 = 10_000;

/// What an adapter wrote in one case.
#[derive(Debug, Default)]
pub(super) struct Brought {
    events: u64,
    event_bytes: u64,
    logs: u64,
    log_bytes: u64,
    odd: u64,
}

impl Brought {
    /// An event came, in that line.
    pub(super) fn event(&mut self, line: &str) {
        self.events += 1;
        self.event_bytes += line.len() as u64 + VALUE_COST * values(line);
    }

    /// A log message came, in that line.
    pub(super) fn log(&mut self, line: &str) {
        self.logs += 1;
        self.log_bytes += line.len() as u64;
    }

    /// A message came that is neither, nor the reply.
    pub(super) fn odd(&mut self) {
        self.odd += 1;
    }

    /// What there is too much of.
    pub(super) fn flood(&self) -> Option<String> {
        let Self { events, event_bytes, logs, log_bytes, odd } = self;
        let what = if *events > MOST_EVENTS || *event_bytes > MOST_EVENT_BYTES {
            format!(
                "{events} events, {event_bytes} bytes in memory (at most {MOST_EVENTS}, {MOST_EVENT_BYTES})"
            )
        } else if *logs > MOST_LOGS || *log_bytes > MOST_LOG_BYTES {
            format!("{logs} log messages, {log_bytes} bytes (at most {MOST_LOGS}, {MOST_LOG_BYTES})")
        } else if *odd > MOST_ODD {
            format!("{odd} messages that are neither events nor logs nor the reply (at most {MOST_ODD})")
        } else {
            return None;
        };
        Some(format!("it floods: {what} in one case"))
    }
}

/// About how many values a line of JSON holds; a few more if its texts hold commas and brackets.
fn values(line: &str) -> u64 {
    line.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() as u64
}
