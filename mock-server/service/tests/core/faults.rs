//! Armed faults, one effect each.

use prost::Message;
use wire::{ClientFrame, Request, ServerFrame, Topic, body::UpStreamMessage};

use crate::world::{Seen, World};

fn armed(fault: &str) -> (World, service::ConnId) {
    let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
    let bob = world.settled("bob", "Android");
    world.act(&format!(r#"{{"fault": {fault}}}"#));
    world.out.clear();
    (world, bob)
}

fn text() -> ClientFrame {
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: "{}".into(),
        ..Default::default()
    };
    ClientFrame::Publish(Request::new(Topic::PpMsgP, "alice", 9, up.encode_to_vec().into()))
}

fn held(world: &World) -> u64 {
    world.service.state("mailboxes", Some("alice")).unwrap()["count"].as_u64().unwrap()
}

#[test]
fn a_lost_request_and_a_lost_acknowledgement_differ() {
    let (mut world, bob) = armed(r#"{"on": {"topic": "ppMsgP"}, "effect": "drop"}"#);
    world.frame(bob, text());
    assert_eq!((world.seen(bob), held(&world)), (vec![], 0));

    let (mut world, bob) = armed(r#"{"on": {"kind": "pubAck", "direction": "down"}, "effect": "drop"}"#);
    world.frame(bob, text());
    assert_eq!((world.seen(bob), held(&world)), (vec![], 1));
}

#[test]
fn a_cut_comes_before_or_after_the_frame_is_carried_out() {
    let (mut world, bob) = armed(r#"{"on": {"kind": "publish"}, "effect": "cut"}"#);
    world.frame(bob, text());
    assert_eq!((world.seen(bob), held(&world)), (vec![Seen::Closed], 0));

    let (mut world, bob) = armed(r#"{"on": {"kind": "publish"}, "effect": "cutAfter"}"#);
    world.frame(bob, text());
    assert_eq!((world.seen(bob), held(&world)), (vec![Seen::Closed], 1));
}

#[test]
fn an_answer_replaces_carrying_it_out() {
    let (mut world, bob) =
        armed(r#"{"on": {"user": "bob", "kind": "publish"}, "effect": {"answer": 12345}}"#);
    world.frame(bob, text());
    assert!(matches!(world.seen(bob)[..], [Seen::Frame(ServerFrame::PubAck { status: 12345, .. })]));
    assert_eq!(held(&world), 0);
    world.frame(bob, text());
    assert_eq!(held(&world), 1, "it acts once");
}

#[test]
fn a_delay_lasts_as_long_as_it_says() {
    let (mut world, bob) =
        armed(r#"{"on": {"kind": "pong", "direction": "down"}, "effect": {"delayMs": 500}}"#);
    world.frame(bob, ClientFrame::Ping);
    assert_eq!(world.seen(bob), []);
    assert_eq!(world.service.next_deadline().map(|at| at.since(world.now).as_millis()), Some(500));
    world.advance(499);
    assert_eq!(world.seen(bob), []);
    world.advance(1);
    assert_eq!(world.seen(bob), [Seen::Frame(ServerFrame::Pong)]);
}

#[test]
fn the_journal_names_the_fault_that_acted() {
    let (mut world, bob) = armed(r#"{"on": {"kind": "ping"}, "effect": "drop"}"#);
    world.frame(bob, ClientFrame::Ping);
    let last = world.service.journal().after(0).last().unwrap().to_json();
    assert_eq!((&last["kind"], &last["effect"]), (&"fault".into(), &"drop".into()));
}

#[test]
fn bytes_that_are_no_frame_close_only_their_connection() {
    let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
    let (alice, bob) = (world.login("alice", "Android"), world.login("bob", "Android"));
    world.out.clear();
    world
        .service
        .handle(world.now, service::Input::Garbage { conn: bob, error: wire::FrameError::Empty.to_string() });
    world.frame(alice, ClientFrame::Ping);
    assert_eq!(world.seen(bob), [Seen::Closed]);
    assert_eq!(world.seen(alice), [Seen::Frame(ServerFrame::Pong)]);
}

/// The journal is what reports and control calls show: a frame that it lacks, or has twice, would be a lie.
#[test]
fn every_frame_in_or_out_is_one_entry_of_the_journal() {
    let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
    let (alice, bob) = (world.settled("alice", "Android"), world.settled("bob", "Android"));
    for fault in [
        r#"{"on": {"kind": "pubAck", "direction": "down"}, "effect": "duplicate"}"#,
        r#"{"on": {"kind": "pong", "direction": "down"}, "effect": "drop"}"#,
        r#"{"on": {"topic": "pullMsg"}, "effect": {"delayMs": 10}}"#,
    ] {
        world.act(&format!(r#"{{"fault": {fault}}}"#));
    }
    let since = world.service.journal().last();
    world.out.clear();
    let pull = Request::new(Topic::PullMsg, "alice", 7, bytes::Bytes::new());
    let frames = [
        (bob, text()),
        (alice, ClientFrame::Ping),
        (bob, ClientFrame::Ping),
        (alice, ClientFrame::Query(pull)),
    ];
    for (conn, frame) in frames.clone() {
        world.frame(conn, frame);
    }
    world.advance(10);
    let entries: Vec<_> = world.service.journal().after(since).map(|entry| entry.to_json()).collect();
    let noted = |direction: &str| {
        entries.iter().filter(|entry| entry["kind"] == "frame" && entry["direction"] == direction).count()
    };
    let written = world.out.iter().filter(|(_, seen)| matches!(seen, Seen::Frame(_))).count();
    assert!(written > frames.len(), "{:?}", world.out);
    assert_eq!((noted("up"), noted("down")), (frames.len(), written), "{entries:#?}");
}
