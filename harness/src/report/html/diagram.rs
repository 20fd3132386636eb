//! The sequence diagram: a lifeline for each client and one for the service; calls and callbacks on a client's line,
//! frames as arrows between the lines.

use crate::{
    report::text,
    verdict::{Direction, LineKind, Mark, ScenarioResult, SequenceLine, TraceEntry, TraceKind},
};

/// Rows shown of one diagram; the rest is in `run.jsonl`.
const MOST_ROWS: usize = 300;
/// Name of the service's lifeline.
const SERVICE: &str = "service";

/// A diagram. Columns of its grid: 1 is time, then one for each lifeline.
pub(super) struct Diagram {
    pub(super) lanes: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) more: usize,
}

/// A row.
pub(super) struct Row {
    /// Empty if it is the time of the row above.
    pub(super) at: String,
    pub(super) class: &'static str,
    /// First column of the grid and the one after the last.
    pub(super) from: usize,
    pub(super) to: usize,
    /// The sign before the text: `+` unexpected, `−` missing.
    pub(super) sign: &'static str,
    pub(super) head: String,
    pub(super) rest: String,
}

enum Item<'a> {
    Line(&'a SequenceLine),
    Trace(&'a TraceEntry),
}

impl Diagram {
    /// Of a result; `None` if it has no sequence.
    pub(super) fn new(result: &ScenarioResult) -> Option<Self> {
        if result.sequence.is_empty() {
            return None;
        }
        let mut lanes: Vec<String> = Vec::new();
        let clients = result.sequence.iter().map(|line| line.client.as_str());
        for client in clients.chain(result.trace.iter().filter_map(|entry| entry.client.as_deref())) {
            if !client.is_empty() && !lanes.iter().any(|lane| lane == client) {
                lanes.push(client.to_owned());
            }
        }
        lanes.push(SERVICE.to_owned());
        let mut items: Vec<((i64, u32), Item<'_>)> = Vec::new();
        items.extend(result.sequence.iter().map(|line| ((line.at_ms, line.order), Item::Line(line))));
        items.extend(result.trace.iter().map(|entry| ((entry.at_ms, entry.order), Item::Trace(entry))));
        items.sort_by_key(|(key, _)| *key);
        let more = items.len().saturating_sub(MOST_ROWS);
        let mut last = None;
        let rows = items.iter().take(MOST_ROWS).map(|((at_ms, _), item)| {
            let at = if last == Some(*at_ms) { String::new() } else { text::at(*at_ms) };
            last = Some(*at_ms);
            let row = match item {
                Item::Line(line) => Row::of_line(line, &lanes),
                Item::Trace(entry) => Row::of_trace(entry, &lanes),
            };
            Row { at, ..row }
        });
        Some(Self { rows: rows.collect(), lanes, more })
    }
}

impl Row {
    fn of_line(line: &SequenceLine, lanes: &[String]) -> Self {
        let class = match (line.mark, line.kind) {
            (Some(Mark::Missing), _) => "missing",
            (Some(Mark::Unexpected), _) => "unexpected",
            (None, LineKind::Call) => "call",
            (None, LineKind::Return) => "return",
            (None, LineKind::Callback) => "callback",
            (None, LineKind::Step) => "step",
        };
        let sign = match line.mark {
            Some(Mark::Missing) => "−",
            Some(Mark::Unexpected) => "+",
            None => "",
        };
        let (from, to) = match lanes.iter().position(|lane| *lane == line.client) {
            Some(lane) => (lane + 2, lane + 3),
            None => (2, lanes.len() + 2),
        };
        let (head, rest) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        Self { at: String::new(), class, from, to, sign, head: head.to_owned(), rest: rest.to_owned() }
    }

    fn of_trace(entry: &TraceEntry, lanes: &[String]) -> Self {
        let lane = entry.client.as_ref().and_then(|client| lanes.iter().position(|lane| lane == client));
        let (class, from) = match (entry.direction, entry.kind, lane) {
            (_, TraceKind::Fault, _) => ("fault", 2),
            (Direction::ToService, _, Some(lane)) => ("arrow up", lane + 2),
            (Direction::ToClient, _, Some(lane)) => ("arrow down", lane + 2),
            // Nobody to draw an arrow to: a note on the service's line.
            _ => ("note", lanes.len() + 1),
        };
        let head = entry.text.clone();
        Self { at: String::new(), class, from, to: lanes.len() + 2, sign: "", head, rest: String::new() }
    }

    /// How many lanes it spans, for the ends of arrows.
    pub(super) fn lanes(&self) -> usize {
        self.to - self.from
    }
}
