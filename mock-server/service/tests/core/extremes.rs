//! Numbers at the ends of their ranges, in frames, acts and set-ups: nothing overflows, nothing goes on without end.

use bytes::{BufMut as _, Bytes, BytesMut};
use proptest::prelude::*;
use prost::encoding::{WireType, encode_key, encode_varint};
use service::{act::Act, caps};
use wire::{
    ClientFrame, Request, Topic, UnixMillis,
    body::{
        DeleteMsg, DeleteMsgInput, MessageQueryInfo, MsgQuery, RelationDelBatchReq, RelationOpInput,
        UpStreamMessage,
    },
    code::status,
};

use super::world::World;

const SETUP: &str = r#"{
    "users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob"]}, "chatrooms": {"r": {"entries": {"k": "v"}}},
    "ultraGroups": {"u": {"members": ["alice", "bob"], "channels": {"c": {}}}},
    "backlog": [{"from": "bob", "to": "alice", "count": 3}, {"from": "bob", "to": "g", "conversation": "group"},
        {"from": "bob", "to": "u", "conversation": "ultraGroup", "channel": "c"}],
    "switches": {"ultraGroup": true, "roamingHistory": true, "chatroomEntries": true, "chatroomHistory": true,
        "multiDeviceSync": true, "groupReceiptQueries": true, "chatroomKeepAlive": true},
    "limits": {"sendPerSecond": 0}
}"#;

/// A field of a body: any number, any short text that may name something.
fn field() -> impl Strategy<Value = (u32, Result<u64, &'static str>)> {
    let number = prop_oneof![
        Just(0u64),
        Just(1),
        Just(u64::MAX),
        Just(i64::MAX as u64),
        Just(i64::MIN as u64),
        Just(i32::MIN as u64),
        Just(i32::MAX as u64),
        Just(u64::from(u32::MAX)),
        Just(1_767_225_600_000),
        any::<u64>()
    ];
    let text =
        prop_oneof![Just(""), Just("bob"), Just("g"), Just("r"), Just("u"), Just("c"), Just("k"), Just("{}")];
    (1u32..24, prop_oneof![number.prop_map(Ok), text.prop_map(Err)])
}

fn body(fields: &[(u32, Result<u64, &'static str>)]) -> Bytes {
    let mut body = BytesMut::new();
    for (tag, value) in fields {
        match value {
            Ok(number) => {
                encode_key(*tag, WireType::Varint, &mut body);
                encode_varint(*number, &mut body);
            }
            Err(text) => {
                encode_key(*tag, WireType::LengthDelimited, &mut body);
                encode_varint(text.len() as u64, &mut body);
                body.put_slice(text.as_bytes());
            }
        }
    }
    body.freeze()
}

fn request() -> impl Strategy<Value = (bool, Request)> {
    let topic = prop::sample::select(Topic::KNOWN);
    let target = prop::sample::select(vec!["bob", "g", "r", "u", "alice", ""]);
    (any::<bool>(), topic, target, prop::collection::vec(field(), 0..12))
        .prop_map(|(publish, topic, target, fields)| (publish, Request::new(topic, target, 7, body(&fields))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_with_extreme_numbers_change_no_clock_and_overflow_nothing(requests in prop::collection::vec(request(), 1..48)) {
        let mut world = World::new(SETUP);
        let conn = world.login("alice", "Android");
        let other = world.login("carol", "Web");
        for (publish, request) in requests {
            let frame = if publish { ClientFrame::Publish(request) } else { ClientFrame::Query(request) };
            world.frame(conn, frame);
            world.advance(1);
        }
        // The other one's world is as it should be: what it gets comes with times that are near.
        prop_assert_eq!(world.send_text(other, "alice", "still here"), 0);
        let package = world.pull(conn, 0);
        let near = world.now.0 - 86_400_000..=world.now.0 + 86_400_000;
        prop_assert!(package.list.iter().all(|message| near.contains(&message.data_time)), "{:?}", package.sync_time);
        // At the end of time nothing is left that would go on for ever.
        world.now = UnixMillis::LAST;
        for _ in 0..10_000 {
            if world.service.on_deadline(world.now) == 0 {
                break;
            }
        }
        prop_assert_eq!(world.service.on_deadline(world.now), 0);
    }
}

#[test]
fn acts_that_ask_for_too_much_change_nothing_and_say_what_is_possible() {
    let mut world = World::new(SETUP);
    let last = world.service.journal().last();
    for (act, told) in [
        (
            r#"{"push": {"from": "a", "to": "bob", "message": {"text": "m"}, "count": 4294967295}}"#,
            "`count` is 4294967295; at most 100000",
        ),
        (
            r#"{"ban": {"user": "bob", "minutes": 4294967295}}"#,
            "a ban lasts 1 to 43200 minutes, not 4294967295",
        ),
        (r#"{"ban": {"user": "bob", "minutes": 0}}"#, "a ban lasts 1 to 43200 minutes, not 0"),
        (
            r#"{"fault": {"effect": {"delayMs": 18446744073709551615}}}"#,
            "`delayMs` is 18446744073709551615; at most 86400000",
        ),
    ] {
        let act: Act = serde_json::from_str(act).unwrap();
        let error = world.service.act(world.now, &act).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(world.service.journal().last(), last, "nothing was done");
    for act in [
        r#"{"push": {"from": "a", "to": "bob", "message": {"text": "m"}, "count": -1}}"#,
        r#"{"push": {"from": "a", "to": "bob", "message": {"text": "m"}, "count": 1e99}}"#,
        r#"{"fault": {"effect": {"delayMs": -1}}}"#,
    ] {
        assert!(serde_json::from_str::<Act>(act).is_err(), "{act}");
    }
}

#[test]
fn a_push_to_a_group_counts_every_member() {
    let members: Vec<String> = (0..100).map(|n| format!("u{n}")).collect();
    let setup = serde_json::json!({"users": ["a"], "groups": {"g": members}}).to_string();
    let mut world = World::new(&setup);
    let push = |count: u64| {
        let act = serde_json::json!({"push": {"from": "a", "to": "g", "conversation": "group",
            "message": {"text": "m"}, "count": count}});
        serde_json::from_value::<Act>(act).unwrap()
    };
    let error = world.service.act(world.now, &push(caps::DELIVERED / 100 + 1)).unwrap_err().to_string();
    assert!(error.contains("2000100 deliveries; at most 2000000"), "{error}");
    assert!(world.service.act(world.now, &push(2)).is_ok());
}

#[test]
fn no_more_faults_are_armed_than_a_frame_is_held_against() {
    let mut world = World::new(SETUP);
    let fault: Act = serde_json::from_str(r#"{"fault": {"effect": "drop"}}"#).unwrap();
    for _ in 0..caps::ARMED {
        world.service.act(world.now, &fault).unwrap();
    }
    let error = world.service.act(world.now, &fault).unwrap_err().to_string();
    assert!(error.contains("1000 faults are armed"), "{error}");
    world.act(r#"{"clearFaults": {}}"#);
    world.service.act(world.now, &fault).unwrap();
}

#[test]
fn a_push_in_pieces_is_the_same_push() {
    let push = r#"{"push": {"from": "a", "to": "bob", "message": {"text": "m {n}"}, "count": 10}}"#;
    let act: Act = serde_json::from_str(push).unwrap();
    let (mut whole, mut pieces) = (World::new(SETUP), World::new(SETUP));
    let outcome = whole.service.act(whole.now, &act).unwrap();
    let mut progress = service::Progress::default();
    let mut rounds = 1;
    let in_pieces = loop {
        match pieces.service.act_piece(pieces.now, &act, &mut progress, 3).unwrap() {
            Some(outcome) => break outcome,
            None => rounds += 1,
        }
    };
    assert_eq!((in_pieces, rounds), (outcome, 4));
    let mailbox = |world: &World| world.service.state("mailboxes", Some("bob"));
    assert_eq!(mailbox(&pieces), mailbox(&whole));
    assert_eq!(pieces.service.journal().last(), whole.service.journal().last());
}

#[test]
fn a_push_given_up_half_way_stands_in_the_journal_as_far_as_it_came() {
    let push = r#"{"push": {"from": "a", "to": "bob", "message": {"text": "m"}, "count": 10}}"#;
    let act: Act = serde_json::from_str(push).unwrap();
    let mut world = World::new(SETUP);
    let mut progress = service::Progress::default();
    assert_eq!(world.service.act_piece(world.now, &act, &mut progress, 4), Ok(None));
    world.service.act_given_up(world.now, &act, &progress);
    let last = world.service.journal().after(0).last().unwrap().to_json();
    assert_eq!((last["kind"].as_str(), last["act"]["push"]["count"].as_u64()), (Some("act"), Some(4)));
}

#[test]
fn what_is_due_at_one_instant_is_run_in_pieces_and_in_order() {
    let mut world = World::new(r#"{"users": ["alice"]}"#);
    let conn = world.login("alice", "Web");
    world.act(r#"{"fault": {"on": {"kind": "ping", "times": 0}, "effect": {"delayMs": 5000}}}"#);
    for _ in 0..1000 {
        world.frame(conn, ClientFrame::Ping);
    }
    world.now = UnixMillis(world.now.0 + 5000);
    let mut pieces = Vec::new();
    while world.service.next_deadline().is_some_and(|at| at <= world.now) {
        pieces.push(world.service.on_deadline(world.now));
    }
    assert!(pieces.len() > 3 && pieces.iter().sum::<usize>() >= 1000, "{pieces:?}");
}

#[test]
fn a_request_names_no_more_than_a_list_may_have() {
    let mut world = World::new(SETUP);
    let conn = world.settled("alice", "Android");
    let uid =
        world.act(r#"{"push": {"from": "bob", "to": "alice", "message": {"text": "once"}}}"#)["messageUIds"]
            [0]
        .as_str()
        .unwrap()
        .to_owned();
    let asked = |count: usize| MsgQuery {
        query: vec![MessageQueryInfo { msg_uid: Some(uid.clone()), ..Default::default() }; count],
        target_id: Some("bob".into()),
        r#type: Some(1),
    };
    assert_eq!(world.query(conn, Topic::QryMsg, "bob", &asked(100)).0, 0);
    assert_eq!(world.query(conn, Topic::QryMsg, "bob", &asked(101)).0, status::BAD_PARAMETER);
    let msgs = vec![DeleteMsg { msg_id: Some("x".into()), ..Default::default() }; caps::LISTED + 1];
    let delete =
        DeleteMsgInput { r#type: Some(1), conversation_id: Some("bob".into()), msgs, ..Default::default() };
    assert_eq!(world.query(conn, Topic::DelMsg, "bob", &delete).0, status::BAD_PARAMETER);
    // A conversation is answered once, however often it is named.
    let one = RelationOpInput {
        conversation_type: Some(1),
        conversation_id: Some("bob".into()),
        ..Default::default()
    };
    let named = RelationDelBatchReq { relation: vec![one; 500], ..Default::default() };
    let (code, body) = world.query(conn, Topic::QryRlBatch, "", &named);
    let list: wire::body::RelationsOutput = prost::Message::decode(body).unwrap();
    assert_eq!((code, list.info.len()), (0, 1));
}

#[test]
fn a_directed_message_may_name_many() {
    let mut world = World::new(SETUP);
    let conn = world.login("alice", "Android");
    let mut names: Vec<String> = (0..20_000).map(|n| format!("nobody-{n}")).collect();
    names.push("bob".to_owned());
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: "{}".into(),
        user_id: names,
        ..Default::default()
    };
    let body = prost::Message::encode_to_vec(&up).into();
    world.frame(conn, ClientFrame::Publish(Request::new(Topic::PgMsgP, "g", 9, body)));
    let bob = world.service.state("mailboxes", Some("bob")).unwrap();
    assert_eq!(bob["count"], 1, "{bob}");
}
