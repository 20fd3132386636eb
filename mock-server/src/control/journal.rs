//! The journal from outside: page by page, as a stream of events, or waited for.

use std::{fmt::Write as _, rc::Rc, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use service::journal::Journal;
use tokio::sync::mpsc;

use super::{Call, Refusal, done};
use crate::{
    bounds::Bound,
    meter::{Did, Meter, Seat},
    reply::{self, Reply},
    server,
    world::World,
};

/// Entries of a page that asks for no number, and the most of one that does; the bound `journalPage` is beside it.
const PAGE: u64 = 1000;
const LARGEST_PAGE: u64 = 10_000;
/// Events that go to a stream's reader in one piece, bytes: at least one.
const PIECE: usize = 64 << 10;
/// Pieces that may wait for a slow reader before the journal is no longer read for it.
const AHEAD: usize = 2;
/// Bytes of entries that are looked at for one who waits before others have their turn.
const LOOK: usize = 256 << 10;
/// How long `await` waits at most, and when no limit is given.
const LONGEST_WAIT_MS: u64 = 60_000;
const WAIT_MS: u64 = 10_000;

/// `?after=N&limit=…`: entries behind number N, oldest first.
pub(super) fn page(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let after = call.number("after")?.unwrap_or(0);
    let limit = call.number("limit")?.unwrap_or(PAGE).min(LARGEST_PAGE);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let most = world.meter.bounds.journal_page;
    let page = world.look(|service| {
        let journal = service.journal();
        let mut entries = String::new();
        let (mut next, mut more) = (after, false);
        for (taken, entry) in journal.after(after).enumerate() {
            // How long an entry is is only known once it is written: one may go beyond the bound.
            if taken == limit || entries.len() >= most {
                more = true;
                break;
            }
            if taken > 0 {
                entries.push(',');
            }
            entries.push_str(&entry.to_json().to_string());
            next = entry.n;
        }
        let (last, dropped) = (journal.last(), journal.dropped());
        format!(r#"{{"entries":[{entries}],"last":{last},"dropped":{dropped},"next":{next},"more":{more}}}"#)
    });
    Ok(reply::whole(StatusCode::OK, reply::JSON, page))
}

/// Server-sent events, from `?after=N` or `Last-Event-ID` on, or else from now.
pub(super) fn stream(world: Rc<World>, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resumed = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let newest = world.look(|service| service.journal().last());
    let mut after = resumed.or(call.number("after")?).unwrap_or(newest);
    let seat = seat(&world.meter)?;
    let (events, body) = mpsc::channel(AHEAD);
    let world = Rc::downgrade(&world);
    tokio::task::spawn_local(async move {
        let _seat = seat;
        // A first comment: the reader knows at once that it is connected.
        let mut sent = events.send(Bytes::from_static(b": journal\n\n")).await;
        while sent.is_ok() {
            // A reader that takes nothing in does not keep a world that is closed meanwhile.
            let Some(world) = world.upgrade() else { return };
            let next = || world.look(|service| piece(service.journal(), after));
            let found = tokio::select! {
                found = server::until(&world, next) => found,
                () = events.closed() => return,
            };
            drop(world);
            let Some((n, text)) = found else { return };
            after = n;
            // A reader that takes nothing in is cut by its connection; a fast one does not keep others waiting.
            sent = events.send(text).await;
            tokio::task::yield_now().await;
        }
    });
    Ok(reply::events(body))
}

/// A place among those who read a stream.
///
/// # Errors
/// There is none.
pub(super) fn seat(meter: &Rc<Meter>) -> Result<Seat, Refusal> {
    let seat = Seat::stream(meter);
    if meter.streams.get() > meter.bounds.streams {
        meter.count(Did::Refused, Bound::Streams);
        let message = format!("{} streams are open: the bound `streams`", meter.bounds.streams);
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).at("streams"));
    }
    Ok(seat)
}

/// Events of what follows an entry, and the number of their last.
fn piece(journal: &Journal, after: u64) -> Option<(u64, Bytes)> {
    let (mut text, mut last) = (String::new(), None);
    for entry in journal.after(after) {
        let _ = write!(text, "id: {}\nevent: journal\ndata: {}\n\n", entry.n, entry.to_json());
        last = Some(entry.n);
        if text.len() >= PIECE {
            break;
        }
    }
    last.map(|last| (last, text.into()))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Await {
    /// Fields an entry must have; objects match in part, everything else exactly.
    #[schemars(with = "serde_json::Map<String, Value>")]
    r#match: Value,
    /// Only entries behind that number; all that are still held if not given.
    #[serde(default)]
    after: u64,
    /// At most 60000; 10000 if not given.
    #[schemars(range(max = 60_000))]
    timeout_ms: Option<u64>,
}

/// Answers with the first entry that matches, or 408.
pub(super) async fn wait(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let Await { r#match: wanted, mut after, timeout_ms } = call.json()?;
    let limit = timeout_ms.unwrap_or(WAIT_MS);
    if limit > LONGEST_WAIT_MS {
        return Err(Refusal::invalid(format!("waits last at most {LONGEST_WAIT_MS} ms")).at("timeoutMs"));
    }
    if !wanted.is_object() {
        return Err(Refusal::invalid("`match` is an object with the fields to look for").at("match"));
    }
    let search = async {
        loop {
            let next = || world.look(|service| look(service.journal(), &mut after, &wanted));
            match server::until(world, next).await {
                Some(Looked::More) => tokio::task::yield_now().await,
                Some(Looked::Found(entry)) => return Some(entry),
                None => return None,
            }
        }
    };
    match tokio::time::timeout(Duration::from_millis(limit), search).await {
        Ok(Some(entry)) => Ok(done(&json!({"entry": entry}))),
        Ok(None) => Err(Refusal::not_found("the world was closed meanwhile").at("appKey")),
        Err(_) => {
            let message = format!("no entry matched within {limit} ms");
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).at("match"))
        }
    }
}

enum Looked {
    Found(Value),
    /// So much was looked at that others should have their turn.
    More,
}

/// Looks at entries behind `after`, each once. `None`: there is nothing more to look at.
fn look(journal: &Journal, after: &mut u64, wanted: &Value) -> Option<Looked> {
    let kind = wanted.get("kind");
    let mut looked = 0;
    for entry in journal.after(*after) {
        if looked >= LOOK {
            return Some(Looked::More);
        }
        *after = entry.n;
        // Most need not be decoded to be told apart.
        if kind.is_some_and(|kind| kind != entry.kind()) {
            continue;
        }
        looked += entry.size();
        let seen = entry.to_json();
        if matches(wanted, &seen) {
            return Some(Looked::Found(seen));
        }
    }
    None
}

/// Every field that is wanted is there: objects in part, lists and other values exactly.
fn matches(wanted: &Value, seen: &Value) -> bool {
    match (wanted, seen) {
        (Value::Object(wanted), Value::Object(seen)) => {
            wanted.iter().all(|(key, wanted)| seen.get(key).is_some_and(|seen| matches(wanted, seen)))
        }
        _ => wanted == seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_partial_in_objects_only() {
        let entry = json!({"kind": "frame", "body": {"fields": {"a": 1, "b": [1, 2]}}});
        assert!(matches(&json!({"body": {"fields": {"a": 1}}}), &entry));
        assert!(!matches(&json!({"body": {"fields": {"b": [1]}}}), &entry));
        assert!(!matches(&json!({"other": null}), &entry));
    }
}
