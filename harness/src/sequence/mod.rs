//! The canonical callback sequence: what a person reviews, free of whatever changes from run to run.
//!
//! Volatile values are named by identity (`msg#1` wherever the first message's UID appears), times are counted from
//! the start (`t0+30.000s`), runs of like events are folded, and what happens at one instant to different clients
//! because of one step is sorted by client, so that a legal reordering is no difference.

pub(crate) mod file;
mod fold;
mod names;

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::verdict::{LineKind, SequenceLine};

/// Something that was done or seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Number of the step that caused it: order between steps is kept.
    pub step: usize,
    /// Position in the case's one stream of observations.
    pub order: u32,
    /// When.
    pub at: UnixMillis,
    /// Whose; empty for what concerns all.
    pub client: String,
    /// What it is.
    pub kind: LineKind,
    /// `call connect`, `onConnected`, `service` …
    pub name: String,
    /// Arguments.
    pub args: Map<String, Value>,
    /// What a call returned.
    pub returned: Option<Value>,
}

/// Names of values that are not to be shown as they are: tokens, app keys.
pub type Aliases = IndexMap<String, String>;

/// The canonical lines of what happened; `clients` gives the order of those that act at one instant.
#[must_use]
pub fn canonical(
    entries: &[Entry],
    clients: &[String],
    start: UnixMillis,
    aliases: &Aliases,
) -> Vec<SequenceLine> {
    let lane = |entry: &Entry| clients.iter().position(|client| *client == entry.client);
    let mut ordered: Vec<&Entry> = entries.iter().collect();
    // Stable: what one client sees keeps its order. What is done stands before what it causes.
    ordered.sort_by_key(|entry| (entry.step, entry.at, entry.kind == LineKind::Callback, lane(entry)));
    let mut names = names::Names::new(start, aliases);
    let pieces: Vec<fold::Piece> = ordered.iter().map(|entry| names.piece(entry)).collect();
    let mut lines = Vec::new();
    let mut rest = &pieces[..];
    while let Some(first) = rest.first() {
        let (text, count) = fold::folded(rest);
        lines.push(SequenceLine {
            // A run of like events stands where its first does.
            order: ordered[pieces.len() - rest.len()].order,
            at_ms: first.at_ms,
            client: first.client.clone(),
            kind: first.kind,
            text,
            mark: None,
        });
        rest = &rest[count..];
    }
    lines
}

/// A canonical text for each of these entries, in their order, folded with no other: two that say the same have the same.
pub(crate) fn told(entries: &[Entry], start: UnixMillis, aliases: &Aliases) -> Vec<String> {
    let mut names = names::Names::new(start, aliases);
    entries.iter().map(|entry| fold::folded(&[names.piece(entry)]).0).collect()
}

/// The sequence as text, a line each: time, client, what.
#[must_use]
pub fn text(lines: &[SequenceLine]) -> String {
    let width = lines.iter().map(|line| line.client.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let instant = names::instant(line.at_ms);
        let _ = writeln!(text, "{instant:>13}  {:width$}  {}", line.client, line.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const START: UnixMillis = UnixMillis(1_767_225_600_000);

    fn event(step: usize, ms: i64, client: &str, name: &str, args: Value) -> Entry {
        Entry {
            step,
            order: 0,
            at: UnixMillis(START.0 + ms),
            client: client.into(),
            kind: LineKind::Callback,
            name: name.into(),
            args: args.as_object().unwrap().clone(),
            returned: None,
        }
    }

    fn message(uid: &str, id: i64, text: &str) -> Value {
        json!({"messageUId": uid, "messageId": id, "text": text, "sentTime": START.0 + id})
    }

    fn written(entries: &[Entry]) -> String {
        text(&canonical(entries, &["a".to_owned(), "b".to_owned()], START, &Aliases::new()))
    }

    #[test]
    fn a_uid_is_the_same_name_everywhere() {
        let entries = [
            event(0, 0, "a", "onMessageSent", json!({"code": 0, "message": message("X-1", 1, "hi")})),
            event(0, 0, "b", "onMessageReceived", json!({"message": message("X-1", 7, "hi")})),
        ];
        let text = written(&entries);
        assert_eq!(text.matches("msg#1").count(), 2, "{text}");
        assert!(!text.contains("X-1"), "{text}");
    }

    #[test]
    fn runs_are_folded_and_a_new_package_begins_a_new_run() {
        let mut entries = Vec::new();
        for n in 0..7_i64 {
            let left = if n < 4 { 3 - n } else { 6 - n };
            let args = json!({"message": message(&format!("U{n}"), n + 1, &format!("m {n}")), "left": left});
            entries.push(event(0, 0, "a", "onMessageReceived", args));
        }
        insta::assert_snapshot!(written(&entries), @r#"
                t0+0.000s  a  onMessageReceived ×4 message={messageUId: msg#1..4, messageId: local#1..4, text: "m 0..3", sentTime: t0+0.001s..t0+0.004s} left=3..0
                t0+0.000s  a  onMessageReceived ×3 message={messageUId: msg#5..7, messageId: local#5..7, text: "m 4..6", sentTime: t0+0.005s..t0+0.007s} left=2..0
        "#);
    }

    #[test]
    fn concurrent_events_of_different_clients_have_one_order() {
        let a = event(0, 5, "a", "onConnected", json!({"code": 0}));
        let b = event(0, 5, "b", "onConnected", json!({"code": 0}));
        assert_eq!(written(&[a.clone(), b.clone()]), written(&[b, a]));
    }

    #[test]
    fn the_order_of_one_clients_events_is_kept() {
        let first = event(0, 5, "a", "onB", json!({}));
        let second = event(0, 5, "a", "onA", json!({}));
        assert_ne!(written(&[first.clone(), second.clone()]), written(&[second, first]));
    }
}
