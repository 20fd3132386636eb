//! The log of all messages, by the hour, that an app's server can download for three days (LIM-006).
//!
//! It has to be enabled (switch `messageLog`). A line a message, JSON; an hour's log can be had when the hour is over
//! (assumed), in the service's zone.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::{Core, bug::Bug, calendar::date_text, message::Message},
    files::{Files, file_server, zip},
};

/// How long an hour's log can be downloaded.
const KEPT: Duration = Duration::from_secs(3 * 24 * 3600);
/// Object keys of logs on the file server begin so.
pub(crate) const FOLDER: &str = "message-log-";

/// Messages by their hour, written YYYYMMDDHH.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageLog {
    hours: BTreeMap<String, Vec<Line>>,
}

#[derive(Debug, Clone)]
struct Line {
    message: Arc<Message>,
    /// The sender's platform; empty for messages of the app's server.
    source: String,
}

impl MessageLog {
    /// Writes a message down, and forgets what is too old.
    pub(crate) fn write(&mut self, core: &Core, now: UnixMillis, message: &Arc<Message>, source: &str) {
        if !core.switches.message_log {
            return;
        }
        let line = Line { message: message.clone(), source: source.to_owned() };
        self.hours.entry(hour_of(message.time)).or_default().push(line);
        let since = log_since(core, now);
        while self.hours.first_key_value().is_some_and(|(hour, _)| *hour < since) {
            self.hours.pop_first();
        }
    }
}

fn log_since(core: &Core, now: UnixMillis) -> String {
    if core.has(Bug::KeepsLogs) { String::new() } else { hour_of(now - KEPT) }
}

impl Files<'_> {
    /// Where an hour's log is; `None`: nothing was said in that hour, it is not over, or it is too long ago.
    pub(crate) fn log_address(&self, now: UnixMillis, hour: &str, origin: &str) -> Option<String> {
        let there = self.message_log.hours.contains_key(hour);
        let there = there && *hour < *hour_of(now) && *hour >= *log_since(self.core, now);
        there.then(|| format!("{}/{FOLDER}{hour}.zip", file_server(self.core, origin)))
    }

    /// Takes an hour's log away.
    pub(crate) fn remove_log(&mut self, hour: &str) {
        self.message_log.hours.remove(hour);
    }

    /// The archive of that object key.
    pub(crate) fn log_archive(&self, key: &str) -> Option<Bytes> {
        let hour = key.strip_prefix(FOLDER)?.strip_suffix(".zip")?;
        let lines = self.message_log.hours.get(hour)?;
        let mut text = String::new();
        for line in lines {
            text.push_str(&self.line(line).to_string());
            text.push('\n');
        }
        Some(zip::archive(&format!("{hour}.txt"), text.as_bytes()))
    }

    fn line(&self, line: &Line) -> Value {
        let Line { message, source } = line;
        // Own bytes decode.
        let down = message.as_sent();
        let group = down.group_id();
        let content: Value = serde_json::from_slice(&down.content).unwrap_or_default();
        json!({
            "appId": self.core.app_key, "fromUserId": &*message.from, "targetId": &*message.target,
            "targetType": message.conversation as i32, "GroupId": group, "classname": down.classname,
            "content": content, "dateTime": date_text(message.time), "timestamp": message.time.0,
            "msgUID": message.uid.as_str(), "source": source, "isSensitiveWord": false,
        })
    }
}

/// An hour as the log names it.
pub(crate) fn hour_of(at: UnixMillis) -> String {
    date_text(at).chars().filter(char::is_ascii_digit).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_written_in_the_services_zone() {
        assert_eq!(hour_of(UnixMillis(1_767_225_600_000 + 3_599_999)), "2026010108");
        assert_eq!(hour_of(UnixMillis(1_767_225_600_000 + 3_600_000)), "2026010109");
    }
}
