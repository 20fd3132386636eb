//! The oracle: rules that hold in every run, watched without being asked for.
//!
//! It says only what is certain. Rules that a fault, a cut or a deliberate bug may break legally are
//! judged in undisturbed cases only.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulation::Event;

use crate::sequence::Entry;

/// What the oracle looks at.
#[derive(Debug)]
pub struct Watched<'a> {
    /// Callbacks of all clients, in order.
    pub events: &'a [Event],
    /// Calls with their immediate results, in order.
    pub calls: &'a [Entry],
    /// The user of each client.
    pub users: &'a BTreeMap<String, String>,
    /// Faults, acts, cuts or restarts took place.
    pub disturbed: bool,
}

/// A broken rule: what is always expected, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: String,
    /// What broke it.
    pub seen: String,
}

/// Calls that end in exactly one callback.
const OUTCOMES: [(&str, &str); 6] = [
    ("connect", "onConnected"),
    ("sendMessage", "onMessageSent"),
    ("addToBlacklist", "onBlacklistAdded"),
    ("removeFromBlacklist", "onBlacklistRemoved"),
    ("loadBlacklistStatus", "onBlacklistStatusLoaded"),
    ("loadBlacklist", "onBlacklistLoaded"),
];

/// Every rule that is broken.
#[must_use]
pub fn judge(watched: &Watched<'_>) -> Vec<Broken> {
    let mut broken = Vec::new();
    for client in watched.users.keys() {
        let events: Vec<&Event> = watched.events.iter().filter(|event| event.client == *client).collect();
        broken.extend(twice(client, &events, watched));
        broken.extend(out_of_order(client, &events));
        broken.extend(outcomes(client, &events, watched));
        broken.extend(after_the_end(client, &events, watched));
        broken.extend(same_status_twice(client, &events));
    }
    broken
}

fn message<'a>(event: &'a Event, field: &str) -> Option<&'a Value> {
    event.args.get("message")?.get(field)
}

/// No message is handed over twice to one installation (OFFL-022).
fn twice(client: &str, events: &[&Event], watched: &Watched<'_>) -> Option<Broken> {
    // A reinstalled client may be given again what it lost.
    if watched.disturbed {
        return None;
    }
    let mut seen = BTreeSet::new();
    let again = events
        .iter()
        .filter(|event| event.name == "onMessageReceived")
        .filter_map(|event| message(event, "messageUId")?.as_str())
        .find(|uid| !uid.is_empty() && !seen.insert(*uid))?;
    Some(Broken { rule: format!("{client}: no message twice"), seen: format!("{again} twice") })
}

/// Within a conversation, times do not fall (SEND-021, RECV-007).
fn out_of_order(client: &str, events: &[&Event]) -> Option<Broken> {
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    for event in events.iter().filter(|event| event.name == "onMessageReceived") {
        let text = |field| message(event, field).and_then(Value::as_str).unwrap_or_default();
        if text("direction") == "send" {
            continue;
        }
        let Some(time) = message(event, "sentTime").and_then(Value::as_i64) else { continue };
        let conversation = format!("{} {}", text("conversationType"), text("targetId"));
        let before = newest.insert(conversation.clone(), time);
        if before.is_some_and(|before| before > time) {
            let rule = format!("{client}: messages of {conversation} in the order of their times");
            return Some(Broken { rule, seen: format!("{time} after {}", before.unwrap_or_default()) });
        }
    }
    None
}

/// An accepted call ends in exactly one callback (ERR-008); while a case is disturbed, in at most one.
fn outcomes(client: &str, events: &[&Event], watched: &Watched<'_>) -> Vec<Broken> {
    let mine = || watched.calls.iter().filter(|call| call.client == client);
    // A cleared listener, or the end of the engine, takes callbacks away legally.
    let silenced = mine().any(|call| call.name.starts_with("call setOn") || call.name == "call destroy");
    let mut broken = Vec::new();
    for (method, event) in OUTCOMES {
        let accepted = mine()
            .filter(|call| call.name.strip_prefix("call ") == Some(method))
            .filter(|call| call.returned.as_ref().and_then(Value::as_i64) == Some(0))
            .count();
        let ended = events.iter().filter(|seen| seen.name == event).count();
        let exact = !watched.disturbed && !silenced && method != "connect";
        if ended > accepted || (exact && ended < accepted) {
            broken.push(Broken {
                rule: format!("{client}: one {event} for each accepted {method}"),
                seen: format!("{ended} for {accepted}"),
            });
        }
    }
    broken
}

/// After `destroy` there is silence (ENG-004).
fn after_the_end(client: &str, events: &[&Event], watched: &Watched<'_>) -> Option<Broken> {
    let destroyed =
        watched.calls.iter().rfind(|call| call.client == client && call.name == "call destroy")?;
    let restarted = watched.calls.iter().any(|call| call.client == client && call.at > destroyed.at);
    if restarted || watched.disturbed {
        return None;
    }
    let late = events.iter().find(|event| event.at > destroyed.at)?;
    Some(Broken { rule: format!("{client}: no callback after destroy"), seen: late.name.clone() })
}

/// A state is reported when it changes, not again (CONN-022).
fn same_status_twice(client: &str, events: &[&Event]) -> Option<Broken> {
    let mut last = None;
    for event in events.iter().filter(|event| event.name == "onConnectionStatusChanged") {
        let status = event.args.get("status");
        if status.is_some() && status == last {
            let seen = format!("{} twice in a row", status.map(ToString::to_string).unwrap_or_default());
            return Some(Broken { rule: format!("{client}: a connection state is reported once"), seen });
        }
        last = status;
    }
    None
}
