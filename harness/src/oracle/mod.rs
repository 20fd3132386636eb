//! The oracle: rules that hold in every run, watched without being asked for.
//!
//! It says only what is certain. Rules that a fault, a cut or a deliberate bug may break legally are
//! judged in undisturbed cases only.

mod unread;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;
use simulation::Event;

use crate::{
    catalogue::{EventKind, api},
    sequence::Entry,
};

/// What the oracle looks at.
#[derive(Debug)]
pub struct Watched<'a> {
    /// Callbacks of all clients, in order.
    pub events: &'a [Event],
    /// Calls with their immediate results, in order.
    pub calls: &'a [Entry],
    /// The user of each client.
    pub users: &'a BTreeMap<String, String>,
    /// How many callbacks there were when each step began.
    pub begun: &'a [usize],
    /// Faults, acts, cuts or restarts took place.
    pub disturbed: bool,
    /// After the last step more time passed than any wait of an engine lasts ([`LONGEST_WAIT`]).
    pub waited: bool,
}

/// A broken rule: what is always expected, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: String,
    /// What broke it.
    pub seen: String,
}

/// Longer than an accepted call may last, the upload of a file included, whatever happens on the way.
pub const LONGEST_WAIT: Duration = Duration::from_secs(11 * 60);

/// A cancelled transfer ends in the result of the cancellation, not in its own (MEDIA-004).
const CANCELLED: [(&str, &str); 2] = [
    ("onMediaMessageSent", "onSendingMediaMessageCanceled"),
    ("onMediaMessageDownloaded", "onDownloadingMediaMessageCanceled"),
];

/// The callback that ends an accepted call, with the methods it ends. The table of the documented API names a method's
/// callbacks in their order; what ends it stands last, and is a result. Two names of one method share theirs.
fn endings() -> &'static [(&'static str, Vec<&'static str>)] {
    static ENDINGS: OnceLock<Vec<(&str, Vec<&str>)>> = OnceLock::new();
    ENDINGS.get_or_init(|| {
        let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, method) in &api().methods {
            if let Some(ends) = method.answers.last() {
                methods.entry(ends).or_default().push(name);
            }
        }
        let results = api().events.iter().filter(|(_, info)| info.kind == EventKind::Result);
        results.filter_map(|(event, _)| Some((event.as_str(), methods.remove(event.as_str())?))).collect()
    })
}

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
        broken.extend(after_log_out(client, watched));
        broken.extend(lost(client, watched));
        broken.extend(same_status_twice(client, &events));
        broken.extend(unread::miscounted(client, &events, watched));
    }
    broken
}

fn message<'a>(event: &'a Event, field: &str) -> Option<&'a Value> {
    event.args.get("message")?.get(field)
}

/// No message is handed over twice to one installation, whatever happens to its connection (OFFL-022).
fn twice(client: &str, events: &[&Event], watched: &Watched<'_>) -> Option<Broken> {
    // One that begins anew may be given again what it lost.
    let anew = |entry: &Entry| matches!(entry.name.as_str(), "restart" | "reinstall");
    if watched.calls.iter().any(|entry| entry.client == client && anew(entry)) {
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

/// An accepted call ends in exactly one callback (ERR-008); at most one as long as it may still be waiting for it.
fn outcomes(client: &str, events: &[&Event], watched: &Watched<'_>) -> Vec<Broken> {
    let mine = || watched.calls.iter().filter(|call| call.client == client);
    // A cleared listener, the end of the engine or of the app takes callbacks away legally.
    let silenced = mine().any(|call| {
        call.name.starts_with("call setOn")
            || matches!(call.name.as_str(), "call destroy" | "restart" | "reinstall")
    });
    let exact = !silenced && (watched.waited || !watched.disturbed);
    let tallied = tallied(client, events, watched);
    // After a reconnect rooms are joined again without a call (CHRM-018): each joining has its end.
    let joinings = events.iter().filter(|event| event.name == "onChatRoomJoining").count();
    let wrong = tallied.into_iter().filter(|tally| {
        let connects = tally.event == "onConnected";
        let most =
            if tally.event == "onChatRoomJoined" { joinings.max(tally.accepted) } else { tally.accepted };
        tally.ended > most || (exact && !connects && tally.ended < tally.accepted)
    });
    wrong
        .map(|tally| Broken {
            rule: format!("{client}: one {} for each accepted {}", tally.event, tally.methods.join(" or ")),
            seen: format!("{} for {}", tally.ended, tally.accepted),
        })
        .collect()
}

/// Whether an accepted call, `connect` aside, has not ended yet.
#[must_use]
pub fn awaits(watched: &Watched<'_>) -> bool {
    watched.users.keys().any(|client| {
        let events: Vec<&Event> = watched.events.iter().filter(|event| event.client == *client).collect();
        let tallied = tallied(client, &events, watched);
        tallied.iter().any(|tally| tally.event != "onConnected" && tally.ended < tally.accepted)
    })
}

/// Accepted calls of methods that one callback ends, and how many ended.
struct Tally {
    event: &'static str,
    methods: &'static [&'static str],
    accepted: usize,
    ended: usize,
}

fn tallied(client: &str, events: &[&Event], watched: &Watched<'_>) -> Vec<Tally> {
    let mut called: BTreeMap<&str, usize> = BTreeMap::new();
    let accepted = |call: &&Entry| call.returned.as_ref().and_then(Value::as_i64) == Some(0);
    for call in watched.calls.iter().filter(|call| call.client == client).filter(accepted) {
        if let Some(method) = call.name.strip_prefix("call ") {
            *called.entry(method).or_default() += 1;
        }
    }
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events {
        *ended.entry(&event.name).or_default() += 1;
        let transfer = CANCELLED.iter().find(|(_, by)| *by == event.name);
        if let Some((transfer, _)) = transfer.filter(|_| event.args.get("code") == Some(&Value::from(0))) {
            *ended.entry(transfer).or_default() += 1;
        }
    }
    let tally = |(event, methods): &'static (&'static str, Vec<&'static str>)| {
        let accepted = methods.iter().filter_map(|method| called.get(method)).sum();
        Tally { event, methods, accepted, ended: ended.get(event).copied().unwrap_or_default() }
    };
    endings().iter().map(tally).collect()
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

/// Whoever has logged out is handed nothing until the next `connect` (CONN-025, CONN-026).
fn after_log_out(client: &str, watched: &Watched<'_>) -> Option<Broken> {
    let mine = || watched.calls.iter().filter(|call| call.client == client);
    let left = mine().rfind(|call| call.name == "call disconnect")?;
    let back = |call: &Entry| matches!(call.name.as_str(), "call connect" | "restart" | "reinstall");
    if mine().any(|call| call.step >= left.step && back(call)) {
        return None;
    }
    let first = watched.begun.get(left.step).copied().unwrap_or(usize::MAX);
    let mut late = watched.events.iter().skip(first).filter(|event| event.client == client);
    let late = late.find(|event| event.name == "onMessageReceived")?;
    let uid = message(late, "messageUId").map(ToString::to_string).unwrap_or_default();
    Some(Broken { rule: format!("{client}: no message after logging out"), seen: uid })
}

/// What a client was told is sent reaches a peer that is online all the time (SEND-007, RECV-001). Judged in
/// undisturbed cases, for private messages and clients that listen.
fn lost(client: &str, watched: &Watched<'_>) -> Option<Broken> {
    let user = watched.users.get(client)?;
    let deaf = |call: &Entry| {
        call.name.starts_with("call setOn")
            || matches!(call.name.as_str(), "call destroy" | "call disconnect")
    };
    if watched.disturbed || watched.calls.iter().any(|call| call.client == client && deaf(call)) {
        return None;
    }
    let mut states = watched.events.iter().enumerate();
    let (online, last) =
        states.rfind(|(_, event)| event.client == client && event.name == "onConnectionStatusChanged")?;
    if last.args.get("status").and_then(Value::as_str) != Some("connected") {
        return None;
    }
    let text = |event: &Event, field: &str| {
        message(event, field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let got: BTreeSet<String> = watched
        .events
        .iter()
        .filter(|event| event.client == client && event.name == "onMessageReceived")
        .map(|event| text(event, "messageUId"))
        .collect();
    let missing = watched.events.iter().skip(online).find(|event| {
        event.name == "onMessageSent"
            && event.args.get("code").and_then(Value::as_i64) == Some(0)
            && text(event, "conversationType") == "private"
            && text(event, "targetId") == *user
            && !text(event, "messageUId").is_empty()
            && !got.contains(&text(event, "messageUId"))
    })?;
    let seen = format!("{} of {} did not", text(missing, "messageUId"), missing.client);
    Some(Broken { rule: format!("{client}: what is sent arrives"), seen })
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::UnixMillis;

    use super::*;
    use crate::verdict::LineKind;

    fn event(client: &str, name: &str, args: Value) -> Event {
        let args = args.as_object().unwrap().clone();
        Event { n: 0, at: UnixMillis(0), client: client.into(), name: name.into(), args, after: Vec::new() }
    }

    fn call(step: usize, client: &str, method: &str) -> Entry {
        Entry {
            step,
            order: 0,
            at: UnixMillis(0),
            client: client.into(),
            kind: LineKind::Call,
            name: format!("call {method}"),
            args: serde_json::Map::new(),
            returned: Some(json!(0)),
        }
    }

    fn received(client: &str, uid: &str, time: i64) -> Event {
        let message = json!({
            "messageUId": uid, "conversationType": "private", "targetId": "bob", "sentTime": time,
            "direction": "receive",
        });
        event(client, "onMessageReceived", json!({"message": message}))
    }

    fn rules(events: &[Event], calls: &[Entry], begun: &[usize]) -> Vec<String> {
        let users =
            BTreeMap::from([("a".to_owned(), "alice".to_owned()), ("b".to_owned(), "bob".to_owned())]);
        let watched = Watched { events, calls, users: &users, begun, disturbed: false, waited: false };
        judge(&watched).into_iter().map(|broken| broken.rule).collect()
    }

    fn online(client: &str) -> Event {
        event(client, "onConnectionStatusChanged", json!({"status": "connected"}))
    }

    #[test]
    fn a_message_twice_or_out_of_order_is_seen() {
        let twice = [received("a", "u1", 1), received("a", "u1", 1)];
        assert_eq!(rules(&twice, &[], &[]), ["a: no message twice"]);
        let swapped = [received("a", "u1", 2), received("a", "u2", 1)];
        assert_eq!(rules(&swapped, &[], &[]), ["a: messages of private bob in the order of their times"]);
        assert!(rules(&[received("a", "u1", 1), received("b", "u1", 1)], &[], &[]).is_empty());
    }

    #[test]
    fn a_lost_message_is_seen() {
        let message = json!({"messageUId": "u1", "conversationType": "private", "targetId": "bob"});
        let sent = event("a", "onMessageSent", json!({"code": 0, "message": message}));
        let calls = [call(0, "a", "sendMessage")];
        let lost = [online("a"), online("b"), sent.clone()];
        assert_eq!(rules(&lost, &calls, &[0]), ["b: what is sent arrives"]);
        let arrived = [online("a"), online("b"), sent.clone(), received("b", "u1", 1)];
        assert!(rules(&arrived, &calls, &[0]).is_empty());
        // Who was not there at that time may get it otherwise.
        assert!(rules(&[online("a"), sent, online("b")], &calls, &[0]).is_empty());
    }

    #[test]
    fn a_second_outcome_and_a_message_after_logging_out_are_seen() {
        let sent = || event("a", "onMessageSent", json!({"code": 0, "message": {}}));
        let calls = [call(0, "a", "sendMessage")];
        let rule = ["a: one onMessageSent for each accepted sendMessage"];
        assert_eq!(rules(&[sent(), sent()], &calls, &[0]), rule);
        assert_eq!(rules(&[], &calls, &[0]), rule);
        let calls = [call(1, "a", "disconnect")];
        let events = [received("a", "u1", 1), received("a", "u2", 2)];
        assert_eq!(rules(&events, &calls, &[0, 1]), ["a: no message after logging out"]);
        assert!(rules(&events[..1], &calls, &[0, 1]).is_empty());
    }

    #[test]
    fn every_result_of_the_table_ends_a_call_and_two_names_share_one() {
        let counted = |count| event("a", "onUnreadCountLoaded", json!({"code": 0, "count": count}));
        let calls = [call(0, "a", "loadUnreadCount"), call(1, "a", "getUnreadCount")];
        let rule = ["a: one onUnreadCountLoaded for each accepted loadUnreadCount or getUnreadCount"];
        assert!(rules(&[counted(0), counted(0)], &calls, &[0, 1]).is_empty());
        assert_eq!(rules(&[counted(0)], &calls, &[0, 1]), rule);
        // Progress and attachments end nothing, and what joins a room by itself is no result.
        let sent =
            [event("a", "onMessageAttached", json!({})), event("a", "onMessageSent", json!({"code": 1}))];
        assert!(rules(&sent, &[call(0, "a", "sendMessage")], &[0]).is_empty());
        let ending: Vec<&str> = endings().iter().map(|(event, _)| *event).collect();
        for (event, info) in &api().events {
            let on_the_way = event.ends_with("Attached")
                || ["onMediaMessageSending", "onMediaMessageDownloading", "onDatabaseOpened"]
                    .contains(&event.as_str());
            let ends = info.kind == EventKind::Result && !on_the_way;
            assert_eq!(ending.contains(&event.as_str()), ends, "{event}");
        }
    }

    #[test]
    fn a_room_may_be_joined_again_without_a_call_but_not_without_beginning() {
        let calls = [call(0, "a", "joinChatRoom")];
        let joining = || event("a", "onChatRoomJoining", json!({"targetId": "r"}));
        let joined = || event("a", "onChatRoomJoined", json!({"code": 0, "targetId": "r"}));
        assert!(rules(&[joining(), joined(), joining(), joined()], &calls, &[0]).is_empty());
        let rule = ["a: one onChatRoomJoined for each accepted joinChatRoom"];
        assert_eq!(rules(&[joining(), joined(), joined()], &calls, &[0]), rule);
    }

    #[test]
    fn a_cancelled_transfer_ends_in_its_cancellation() {
        let calls = [call(0, "a", "sendMediaMessage"), call(1, "a", "cancelSendingMediaMessage")];
        let cancelled = |code| event("a", "onSendingMediaMessageCanceled", json!({"code": code}));
        let sent = event("a", "onMediaMessageSent", json!({"code": 0, "message": {}}));
        assert!(rules(&[cancelled(0)], &calls, &[0, 1]).is_empty());
        assert!(rules(&[cancelled(3), sent.clone()], &calls, &[0, 1]).is_empty());
        let rule = ["a: one onMediaMessageSent for each accepted sendMediaMessage"];
        assert_eq!(rules(&[cancelled(0), sent], &calls, &[0, 1]), rule);
    }

    #[test]
    fn after_the_longest_wait_a_disturbance_excuses_nothing() {
        let users = BTreeMap::from([("a".to_owned(), "alice".to_owned())]);
        let calls = [call(0, "a", "sendMessage")];
        let mut watched = Watched {
            events: &[],
            calls: &calls,
            users: &users,
            begun: &[0],
            disturbed: true,
            waited: false,
        };
        assert!(awaits(&watched) && judge(&watched).is_empty());
        watched.waited = true;
        assert_eq!(judge(&watched).len(), 1);
    }
}
