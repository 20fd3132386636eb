//! The journal from outside: page by page, as a stream of events, or waited for.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Call, Refusal, done};
use crate::{
    reply::{self, Reply},
    server,
    world::World,
};

/// Entries of a page that asks for no number, and the most of one that does.
const PAGE: u64 = 1000;
const LARGEST_PAGE: u64 = 10_000;
/// Events that may wait for a slow reader before the journal is no longer read for it.
const AHEAD: usize = 64;
/// How long `await` waits at most, and when no limit is given.
const LONGEST_WAIT_MS: u64 = 60_000;
const WAIT_MS: u64 = 10_000;

/// `?after=N&limit=…`: entries behind number N, oldest first.
pub(super) fn page(world: &World, call: &Call<'_>) -> Result<Reply, Refusal> {
    let after = call.number("after")?.unwrap_or(0);
    let limit = call.number("limit")?.unwrap_or(PAGE).min(LARGEST_PAGE);
    Ok(done(&world.look(|service| {
        let journal = service.journal();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let entries: Vec<Value> = journal.after(after).take(limit).map(|entry| entry.to_json()).collect();
        json!({"entries": entries, "last": journal.last(), "dropped": journal.dropped()})
    })))
}

/// Server-sent events, from `?after=N` or `Last-Event-ID` on, or else from now.
pub(super) fn stream(world: Rc<World>, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resumed = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let newest = world.look(|service| service.journal().last());
    let mut after = resumed.or(call.number("after")?).unwrap_or(newest);
    let (events, body) = mpsc::channel(AHEAD);
    tokio::task::spawn_local(async move {
        // A first comment: the reader knows at once that it is connected.
        let mut sent = events.send(Bytes::from_static(b": journal\n\n")).await;
        while sent.is_ok() {
            let next = || {
                world.look(|service| {
                    service.journal().after(after).next().map(|entry| (entry.n, event(entry)))
                })
            };
            let found = tokio::select! {
                found = server::until(&world, next) => found,
                () = events.closed() => return,
            };
            let Some((n, text)) = found else { return };
            after = n;
            sent = events.send(text).await;
        }
    });
    Ok(reply::events(body))
}

fn event(entry: &service::journal::Entry) -> Bytes {
    format!("id: {}\nevent: journal\ndata: {}\n\n", entry.n, entry.to_json()).into()
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
    let look = || {
        world.look(|service| {
            let entries = service.journal().after(after);
            let mut entries = entries.inspect(|entry| after = entry.n).map(|entry| entry.to_json());
            entries.find(|entry| matches(&wanted, entry))
        })
    };
    match tokio::time::timeout(Duration::from_millis(limit), server::until(world, look)).await {
        Ok(Some(entry)) => Ok(done(&json!({"entry": entry}))),
        Ok(None) => Err(Refusal::not_found("the world was closed meanwhile").at("appKey")),
        Err(_) => {
            let message = format!("no entry matched within {limit} ms");
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).at("match"))
        }
    }
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
