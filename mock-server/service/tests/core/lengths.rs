//! No door lets an id in that is longer than ids are: logins, frames, acts, set-ups.

use bytes::Bytes;
use service::{Login, act::Act, setup::WorldSetup};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    code::status::{BAD_PARAMETER, ROOM_PARAMETER},
};

use crate::world::{Seen, World};

/// One byte more than an id may have.
fn long() -> String {
    format!("long{}", "x".repeat(61))
}

/// Nothing of what the world holds has it.
fn assert_nowhere(world: &World, door: &str) {
    let held = format!("{:?}", world.service);
    let at = held.find(&long());
    assert!(at.is_none(), "{door}: {}", &held[at.unwrap_or(0).saturating_sub(200)..][..300]);
}

/// A world whose journal keeps nothing: it may name what was refused.
fn world() -> World {
    World::new(
        r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]}, "chatrooms": {"r": {}},
            "ultraGroups": {"u": {"members": ["alice", "bob"]}},
            "switches": {"ultraGroup": true, "roamingHistory": true}, "limits": {"journal": 0, "sendPerSecond": 0}}"#,
    )
}

#[test]
fn a_login_is_refused_whatever_of_it_is_too_long() {
    let mut world = world();
    let plain = Login { token: "test:alice".into(), platform: "Android".into(), ..Login::default() };
    let logins = [
        (4, Login { token: format!("test:{}", long()), ..plain.clone() }),
        (4, Login { token: format!("test:{}", "x".repeat(60_000)), ..plain.clone() }),
        (4, Login { token: format!("test:alice@{}", "x".repeat(60_000)), ..plain.clone() }),
        (2, Login { device_id: "x".repeat(60_000), ..plain.clone() }),
        (2, Login { platform: "x".repeat(60_000), ..plain.clone() }),
        (2, Login { sdk_version: "x".repeat(60_000), ..plain.clone() }),
        (2, Login { label: "x".repeat(60_000), ..plain.clone() }),
        (0, Login { token: format!("test:{}", &long()[..64]), ..plain }),
    ];
    for (status, login) in logins {
        let conn = world.open(login);
        let seen = world.seen(conn);
        assert!(
            matches!(&seen[0], Seen::Frame(ServerFrame::ConnAck(ack)) if ack.status == status),
            "{status}: {seen:?}"
        );
        assert_nowhere(&world, "a login");
    }
}

#[test]
fn a_frame_with_a_long_target_is_answered_with_a_bad_parameter() {
    let mut world = world();
    let conn = world.login("alice", "Android");
    for topic in topics() {
        for publish in [true, false] {
            let request = Request::new(topic.clone(), &long(), 9, Bytes::new());
            let frame = if publish { ClientFrame::Publish(request) } else { ClientFrame::Query(request) };
            world.out.clear();
            world.frame(conn, frame);
            let refused = world.out.iter().any(|(_, seen)| {
                matches!(seen, Seen::Frame(
                    ServerFrame::PubAck { id: 9, status, .. } | ServerFrame::QueryAck { id: 9, status, .. },
                ) if matches!(*status, BAD_PARAMETER | ROOM_PARAMETER))
            });
            assert!(refused, "{topic:?}: {:?}", world.out);
        }
    }
    assert_nowhere(&world, "targets");
}

/// Bodies of every shape that two levels of protobuf can have: whatever field of whatever message is an id, one of them puts
/// a long one into it.
#[test]
fn no_body_of_a_frame_brings_a_long_id_in() {
    let mut world = world();
    let conn = world.login("alice", "Android");
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    for field in 1..=16 {
        bodies.push(text(field, &long()));
        bodies.push([varint(1, 3), text(field, &long())].concat());
        for inner in 1..=12 {
            let named = [varint(1, 1), text(2, "g"), text(inner, &long())].concat();
            bodies.push(nested(field, &text(inner, &long())));
            bodies.push(nested(field, &named));
        }
    }
    for topic in topics() {
        // What a message says is not ours to shorten, nor is the name of a file an id.
        if matches!(topic.as_str(), "ppMsgP" | "pgMsgP" | "chatMsg" | "ugMsg" | "setKV" | "setKVs" | "qnTkn")
        {
            continue;
        }
        for target in ["bob", "g", "r", "u"] {
            for body in &bodies {
                let request = Request::new(topic.clone(), target, 9, Bytes::from(body.clone()));
                world.frame(conn, ClientFrame::Query(request.clone()));
                world.frame(conn, ClientFrame::Publish(request));
            }
            world.out.clear();
            assert_nowhere(&world, topic.as_str());
        }
    }
}

#[test]
fn acts_and_set_ups_say_which_id_is_too_long() {
    let mut world = world();
    let long = long();
    let user = format!(r#"{{"user": "{long}"}}"#);
    let acts = [
        format!(r#"{{"kick": {user}}}"#),
        format!(r#"{{"ban": {{"user": "{long}", "minutes": 1}}}}"#),
        format!(r#"{{"unban": {user}}}"#),
        format!(r#"{{"deactivate": {user}}}"#),
        format!(r#"{{"reactivate": {user}}}"#),
        format!(r#"{{"invalidateTokens": {user}}}"#),
        format!(r#"{{"cut": {user}}}"#),
        format!(r#"{{"redirect": {user}}}"#),
        format!(r#"{{"push": {{"from": "{long}", "to": "bob", "message": {{"text": "x"}}}}}}"#),
        format!(r#"{{"push": {{"from": "bob", "to": "{long}", "message": {{"text": "x"}}}}}}"#),
        format!(r#"{{"resetChatroom": {{"chatroom": "{long}"}}}}"#),
        format!(r#"{{"blacklist": {{"owner": "{long}", "user": "bob"}}}}"#),
        format!(r#"{{"unblacklist": {{"owner": "bob", "user": "{long}"}}}}"#),
    ];
    for text in acts {
        let act: Act = serde_json::from_str(&text).unwrap();
        let refused = world.service.act(world.now, &act).unwrap_err().to_string();
        assert!(refused.contains("65 bytes; at most 64"), "{text}: {refused}");
    }
    assert_nowhere(&world, "acts");
    let setups = [
        format!(r#"{{"users": ["{long}"]}}"#),
        format!(r#"{{"tokens": {{"t": {{"user": "{long}"}}}}}}"#),
        format!(r#"{{"groups": {{"{long}": ["a"]}}}}"#),
        format!(r#"{{"groups": {{"g": ["{long}"]}}}}"#),
        format!(r#"{{"chatrooms": {{"{long}": {{}}}}}}"#),
        format!(r#"{{"ultraGroups": {{"{long}": {{"members": ["a"]}}}}}}"#),
        format!(r#"{{"blacklists": {{"a": ["{long}"]}}}}"#),
        format!(r#"{{"whitelists": {{"{long}": ["a"]}}}}"#),
        format!(r#"{{"backlog": [{{"from": "{long}", "to": "a"}}]}}"#),
    ];
    for text in setups {
        let setup: WorldSetup = serde_json::from_str(&text).unwrap();
        let mistakes = setup.mistakes().join("; ");
        assert!(mistakes.contains("65 bytes; at most 64"), "{text}: {mistakes}");
    }
}

fn topics() -> impl Iterator<Item = Topic> {
    Topic::KNOWN.iter().cloned().chain([Topic::from("neverHeardOf")])
}

fn varint(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

fn text(field: u8, value: &str) -> Vec<u8> {
    nested(field, value.as_bytes())
}

fn nested(field: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Fields from 16 on have tags of two bytes.
    let tag = (u16::from(field) << 3) | 2;
    if tag < 0x80 {
        bytes.push(tag as u8);
    } else {
        bytes.extend([(tag & 0x7F) as u8 | 0x80, (tag >> 7) as u8]);
    }
    let length = value.len();
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        bytes.extend([(length & 0x7F) as u8 | 0x80, (length >> 7) as u8]);
    }
    bytes.extend(value);
    bytes
}
