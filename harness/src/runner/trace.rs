//! The service's journal as a report shows it.

use serde_json::Value as Json;
use wire::UnixMillis;

use crate::verdict::{Direction, TraceEntry, TraceKind};

/// One journal entry.
pub(super) fn entry(order: u32, entry: &Json, start: UnixMillis) -> TraceEntry {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let (kind, direction) = match text("kind") {
        "frame" if text("direction") == "up" => (TraceKind::Frame, Direction::ToService),
        "frame" => (TraceKind::Frame, Direction::ToClient),
        "http" => (TraceKind::Http, Direction::ToService),
        "act" => (TraceKind::Act, Direction::Within),
        "fault" => (TraceKind::Fault, Direction::Within),
        _ => (TraceKind::Connection, Direction::Within),
    };
    let short = match kind {
        TraceKind::Frame => format!("{} {}", text("frame"), text("topic")),
        TraceKind::Http => format!("{} {} -> {}", text("method"), text("path"), entry["status"]),
        TraceKind::Act => entry["act"].to_string(),
        TraceKind::Fault => entry["effect"].to_string(),
        TraceKind::Connection => text("kind").to_owned(),
    };
    TraceEntry {
        order,
        at_ms: entry["at"].as_i64().unwrap_or_default() - start.0,
        client: None,
        connection: if entry["conn"].is_null() { String::new() } else { entry["conn"].to_string() },
        direction,
        kind,
        text: short.trim_end().to_owned(),
        detail: entry.to_string(),
    }
}
