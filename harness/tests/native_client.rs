//! The vendor's native client, unmodified and installed from npm, over real sockets and in real time: what web SDKs take,
//! phones' engines need not.
//!
//! Needs Node.js and npm. Everything is bounded: a wait has a limit and says what it waited for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "native_client/peer.rs"]
mod peer;

use std::{collections::BTreeSet, time::Duration};

use mock_server::{Config, Server};
use peer::Peer;
use serde_json::{Value, json};
use service::act::Act;

const APP: &str = mock_server::DEFAULT_APP_KEY;
const PRIVATE: i32 = 1;
const GROUP: i32 = 3;

/// Longer than anything takes on a busy machine, and an end to what never comes.
const LIMIT: Duration = Duration::from_secs(60);

fn server(setup: Value) -> Server {
    let world = serde_json::from_value(setup).unwrap();
    Server::start(Config { world: Some(world), ..Config::default() }).unwrap()
}

fn act(server: &Server, act: Value) {
    let act: Act = serde_json::from_value(act).unwrap();
    server.with_world(APP, move |service, now| service.act(now, &act).map(drop)).unwrap().unwrap();
}

/// Messages that the service pushed as such, not in a package.
fn pushed(server: &Server) -> usize {
    let count = |service: &service::Service| {
        service.journal().after(0).filter(|entry| entry.to_json()["topic"] == "s_msg").count()
    };
    server.with_world(APP, move |service, _| count(service)).unwrap()
}

fn step(what: &str) {
    eprintln!("step: {what}");
}

/// A message that came: not the receiver's own, from its real sender, in its conversation.
fn received(kind: i32, target: &str, sender: &str, text: &str) -> Value {
    json!({"type": kind, "target": target, "sender": sender, "own": false, "text": text})
}

/// The parts of a message that [`received`] names.
fn parts(message: &Value) -> Value {
    let names = ["type", "target", "sender", "own", "text"];
    names
        .iter()
        .map(|name| ((*name).to_owned(), message[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A message of bob's, with a UID that none had before; gives its text.
fn from_bob(alice: &mut Peer, uids: &mut BTreeSet<String>) -> String {
    let message = alice.event("message", LIMIT);
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    assert_eq!(parts(&message), received(PRIVATE, "bob", "bob", &text));
    let uid = message["uid"].as_str().unwrap_or_default().to_owned();
    assert!(uids.insert(uid.clone()), "{uid}, {text:?}, came before");
    text
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn a_native_client_gets_a_long_backlog_and_then_what_is_live() {
    let backlog =
        json!([{"from": "bob", "to": "alice", "count": 2000, "text": "waits {n}", "ageMs": 3_600_000}]);
    let server = server(json!({"users": ["alice", "bob"], "backlog": backlog}));
    step("the native client starts and logs in");
    let mut alice = Peer::native(&server.addresses().navi, "alice");
    alice.connect();
    step("2,000 messages that waited come in order and once");
    let mut uids = BTreeSet::new();
    for n in 1..=2_000 {
        assert_eq!(from_bob(&mut alice, &mut uids), format!("waits {n}"));
    }
    alice.event("pullFinished", LIMIT);
    step("200 live messages come in order and once");
    // For a second after a package, messages are announced instead.
    let later = server.now(APP).unwrap() + Duration::from_secs(2);
    server.advance_to(APP, later).unwrap();
    let push = |text: &str, count: u32| {
        act(
            &server,
            json!({"push": {"from": "bob", "to": "alice", "count": count, "message": {"text": text}}}),
        );
    };
    for n in 1..=200 {
        push(&format!("live {n}"), 1);
        assert_eq!(from_bob(&mut alice, &mut uids), format!("live {n}"));
    }
    step("200 at once come once");
    // Not held to their order: seen with 5.46.1, the client hands over neighbours swapped in about one such burst of twenty,
    // though they come and are acknowledged in order.
    push("burst {n}", 200);
    let burst: BTreeSet<String> = (0..200).map(|_| from_bob(&mut alice, &mut uids)).collect();
    assert_eq!(burst, (1..=200).map(|n| format!("burst {n}")).collect());
    // Whatever came again would stand before this one.
    push("last", 1);
    assert_eq!(from_bob(&mut alice, &mut uids), "last");
    assert_eq!((uids.len(), pushed(&server)), (2_401, 401));
    step("the client ends");
    alice.end();
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn a_native_client_and_two_web_generations_talk() {
    let users = ["alice", "bob", "carol"];
    let server = server(json!({"users": users, "groups": {"g": users}, "limits": {"sendPerSecond": 0}}));
    step("native, imlib-v4 4.6.4 and imlib-next 5.38.0 log in");
    let mut peers = [
        Peer::native(&server.addresses().navi, "alice"),
        Peer::page(&server.addresses().navi, "bob", "4.6.4", &[]),
        Peer::page(&server.addresses().navi, "carol", "5.38.0", &[]),
    ];
    for peer in &mut peers {
        peer.connect();
    }
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        let (sender, target) = (users[from], users[to]);
        let text = format!("{sender} to {target}");
        step(&text);
        let sent = peers[from].send(PRIVATE, target, &text);
        let got = peers[to].event("message", LIMIT);
        assert_eq!(parts(&got), received(PRIVATE, sender, sender, &text), "{target} got");
        assert_eq!(got["uid"], sent["uid"], "{target} got {got}");
    }
    for from in 0..peers.len() {
        let text = format!("{} to the group", users[from]);
        step(&text);
        let sent = peers[from].send(GROUP, "g", &text);
        for to in (0..peers.len()).filter(|to| *to != from) {
            let got = peers[to].event("message", LIMIT);
            assert_eq!(parts(&got), received(GROUP, "g", users[from], &text), "{} got", users[to]);
            assert_eq!(got["uid"], sent["uid"], "{} got {got}", users[to]);
        }
    }
    for (from, to) in [(0, 1), (1, 0), (2, 0)] {
        step(&format!("{} recalls what it said to {}", users[from], users[to]));
        let sent = peers[from].send(PRIVATE, users[to], "a mistake");
        peers[to].event("message", LIMIT);
        peers[from].recall(PRIVATE, users[to], &sent);
        let recalled = peers[to].event("recalled", LIMIT);
        assert_eq!(
            (&recalled["uid"], &recalled["sender"]),
            (&sent["uid"], &json!(users[from])),
            "{recalled}"
        );
    }
    step("the native client is cut off, comes back and gets what was said meanwhile, once");
    let [alice, bob, _] = &mut peers;
    act(&server, json!({"cut": {"user": "alice"}}));
    act(&server, json!({"push": {"from": "bob", "to": "alice", "message": {"text": "meanwhile"}}}));
    alice.event("onSuspend", LIMIT);
    alice.event("onConnected", LIMIT);
    let got = alice.event("message", LIMIT);
    assert_eq!(parts(&got), received(PRIVATE, "bob", "bob", "meanwhile"));
    bob.send(PRIVATE, "alice", "and after");
    let got = alice.event("message", LIMIT);
    assert_eq!(parts(&got), received(PRIVATE, "bob", "bob", "and after"));
    step("the clients end");
    peers.into_iter().for_each(Peer::end);
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn a_native_client_reads_history_page_by_page() {
    // Older than what waits for who is away: the cloud alone has them.
    let backlog = json!([{"from": "bob", "to": "alice", "count": 30, "text": "{n}", "ageMs": 864_000_000}]);
    let switches = json!({"roamingHistory": true});
    let server = server(json!({"users": ["alice", "bob"], "switches": switches, "backlog": backlog}));
    step("the native client logs in");
    let mut alice = Peer::native(&server.addresses().navi, "alice");
    alice.connect();
    step("30 messages of the history come as three pages, and no more");
    let (mut pages, mut before) = (Vec::new(), 0);
    loop {
        let page = alice.history(PRIVATE, "bob", before);
        let messages = page["messages"].as_array().unwrap();
        let mut numbers: Vec<u32> = Vec::new();
        for message in messages {
            let text = message["text"].as_str().unwrap();
            assert_eq!(parts(message), received(PRIVATE, "bob", "bob", text));
            numbers.push(text.parse().unwrap());
        }
        numbers.sort_unstable();
        pages.push(numbers);
        if page["more"] == false {
            break;
        }
        assert!(pages.len() < 6, "it has no end: {pages:?}, {page}");
        before = page["next"].as_i64().unwrap();
    }
    pages.retain(|page| !page.is_empty());
    assert_eq!(pages, [(21..=30).collect::<Vec<_>>(), (11..=20).collect(), (1..=10).collect()]);
    alice.end();
}

/// The tests above can fail: this is what they would see.
#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn a_native_client_takes_a_received_message_with_a_direction_for_its_own() {
    let backlog =
        json!([{"from": "bob", "to": "alice", "count": 2, "text": "waits {n}", "ageMs": 3_600_000}]);
    let server = server(json!({"users": ["alice", "bob"], "backlog": backlog}));
    act(&server, json!({"misbehave": {"bug": "received_messages_say_direction", "on": true}}));
    let mut alice = Peer::native(&server.addresses().navi, "alice");
    alice.connect();
    let got = alice.event("message", LIMIT);
    let own = json!({"type": PRIVATE, "target": "bob", "sender": "alice", "own": true, "text": "waits 1"});
    assert_eq!(parts(&got), own);
    alice.end();
}
