//! What a plain user meets with the documentation's defaults, what the journal says of it, and what it is with everything on.

use prost::Message;
use serde_json::Value;
use service::ConnId;
use wire::{
    Topic,
    body::{
        ChrmInput, ChrmKvEntity, GrpReadReceiptMsg, HistoryMsgInput, HistoryMsgOuput, RelationQryInput,
        RelationsOutput, SetChrmKv,
    },
};

use crate::{ultra_group::say, world::World};

fn world(more: &str) -> World {
    World::new(&format!(
        r#"{{"users": ["alice", "bob"], "groups": {{"g": ["alice", "bob"]}}, "chatrooms": {{"r": {{}}}},
            "ultraGroups": {{"u": {{"members": ["alice", "bob"], "channels": {{"c": {{}}}}}}}} {more}}}"#
    ))
}

/// The newest journal entry that is an answer, as JSON.
fn answered(world: &World) -> Value {
    let entries: Vec<Value> = world.service.journal().after(0).map(|entry| entry.to_json()).collect();
    let answers = ["QUERYACK", "PUBACK"];
    let is_answer = |entry: &&Value| {
        entry["kind"] == "http" || entry["frame"].as_str().is_some_and(|frame| answers.contains(&frame))
    };
    entries.iter().rev().find(is_answer).cloned().unwrap()
}

fn history(world: &mut World, conn: ConnId) -> (u16, usize) {
    let ask =
        HistoryMsgInput { target_id: Some("bob".into()), count: Some(20), ..HistoryMsgInput::default() };
    let (status, body) = world.query(conn, Topic::QryPMsg, "bob", &ask);
    (status, HistoryMsgOuput::decode(body).map_or(0, |page| page.list.len()))
}

fn conversations(world: &mut World, conn: ConnId) -> (u16, usize) {
    let (status, body) = world.query(conn, Topic::QryRelationR, "alice", &RelationQryInput::default());
    (status, RelationsOutput::decode(body).map_or(0, |list| list.info.len()))
}

fn entry(world: &mut World, conn: ConnId) -> (u16, usize) {
    world.query(conn, Topic::JoinChrm, "r", &ChrmInput { nothing: 1, extra: None });
    let entry = ChrmKvEntity { key: "k".into(), value: "v".into(), ..ChrmKvEntity::default() };
    (world.query(conn, Topic::SetKv, "r", &SetChrmKv { entry, ..SetChrmKv::default() }).0, 0)
}

fn ultra_group(world: &mut World, conn: ConnId) -> (u16, usize) {
    (say(world, conn, "u", "c", r#"{"content":"x"}"#).0, 0)
}

/// The status of the first of fifty messages that was refused, and how many were not.
fn fifty(world: &mut World, conn: ConnId) -> (u16, usize) {
    for sent in 0..50 {
        let status = world.send_text(conn, "bob", "x");
        if status != 0 {
            return (status, sent);
        }
    }
    (0, 50)
}

/// A status, and how much came with it.
type Outcome = (u16, usize);
type Flow = fn(&mut World, ConnId) -> Outcome;
/// A flow, what becomes of it without and with the preset, and the hint.
type Case = (Flow, Outcome, Outcome, &'static str);

const FLOWS: [Case; 5] = [
    (history, (33007, 0), (0, 1), "switch roamingHistory is off; --preset everything turns it on"),
    (conversations, (0, 0), (0, 1), "switch roamingHistory is off; --preset everything turns it on"),
    (entry, (23426, 0), (0, 0), "switch chatroomEntries is off; --preset everything turns it on"),
    (ultra_group, (24401, 0), (0, 0), "switch ultraGroup is off; --preset everything turns it on"),
    (fifty, (20604, 5), (0, 50), "limit sendPerSecond is 5; --preset everything turns it off"),
];

/// Alice, who has heard from bob.
fn alice(world: &mut World) -> ConnId {
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    assert_eq!(world.send_text(bob, "alice", "hello"), 0);
    world.advance(1000);
    alice
}

#[test]
fn with_the_documented_defaults_the_journal_says_what_would_help() {
    for (flow, refused, _, hint) in FLOWS {
        for preset in ["", r#", "preset": "documented""#] {
            let mut world = world(preset);
            let alice = alice(&mut world);
            assert_eq!(flow(&mut world, alice), refused, "{hint}");
            assert_eq!(answered(&world)["hint"], hint);
            // Of what follows nothing is said that was not so.
            world.send_text(alice, "bob", "later");
            world.advance(2000);
            assert_eq!(world.send_text(alice, "bob", "later"), 0);
            assert_eq!(answered(&world)["hint"], Value::Null);
        }
    }
}

#[test]
fn with_everything_each_of_them_works_and_no_hint_is_given() {
    for (flow, _, granted, hint) in FLOWS {
        let mut world = world(r#", "preset": "everything""#);
        let alice = alice(&mut world);
        assert_eq!(flow(&mut world, alice), granted, "{hint}");
        assert_eq!(answered(&world)["hint"], Value::Null);
    }
}

#[test]
fn what_a_set_up_says_wins_and_the_hint_does_not_promise_the_preset() {
    let explicit =
        r#", "preset": "everything", "switches": {"roamingHistory": false}, "limits": {"sendPerSecond": 5}"#;
    let mut world = world(explicit);
    let alice = alice(&mut world);
    assert_eq!(history(&mut world, alice).0, 33007);
    let hint = "switch roamingHistory is off; `switches: {roamingHistory: true}` in the set-up turns it on";
    assert_eq!(answered(&world)["hint"], hint);
    assert_eq!(fifty(&mut world, alice), (20604, 5));
    let entry = answered(&world);
    assert_eq!(
        entry["hint"],
        "limit sendPerSecond is 5; `limits: {sendPerSecond: 0}` in the set-up turns it off"
    );
    assert_eq!(entry["refusedBy"]["limit"], "sendPerSecond");
    // What an act turns off, too.
    world.act(r#"{"setSwitch": {"name": "ultraGroup", "value": false}}"#);
    world.advance(1000);
    assert_eq!(ultra_group(&mut world, alice).0, 24401);
    assert!(answered(&world)["hint"].as_str().unwrap().contains("`switches: {ultraGroup: true}`"));
}

#[test]
fn a_rule_that_refuses_is_not_promised_by_a_preset() {
    let mut world = world(r#", "preset": "everything""#);
    let alice = alice(&mut world);
    let read = GrpReadReceiptMsg { msg_id: vec!["x".into()], ..GrpReadReceiptMsg::default() };
    assert_eq!(world.query(alice, Topic::RrMsg, "g", &read).0, 20606);
    assert!(answered(&world)["hint"].as_str().unwrap().contains("`switches: {groupReceiptQueries: true}`"));
}

#[test]
fn the_server_api_has_its_hints_in_the_journal_too() {
    let mut world = world(r#", "limits": {"apiPerSecond": 1}"#);
    let query = |world: &mut World, path: &str, form: &str| {
        let (_, answer) = world.api(path, form);
        (answer["code"].as_i64().unwrap(), answered(world)["hint"].clone())
    };
    for (path, form, switch) in [
        ("/message/history.json", "date=2026010108", "messageLog"),
        ("/chatroom/keepalive/add.json", "chatroomId=r", "chatroomKeepAlive"),
        ("/chatroom/whitelist/query.json", "", "chatroomWhiteLists"),
        ("/chatroom/user/ban/add.json", "userId=alice&minute=1", "chatroomGlobalMute"),
        ("/chatroom/entry/query.json", "chatroomId=r", "chatroomEntries"),
        ("/ultragroup/dis.json", "groupId=u", "ultraGroup"),
    ] {
        let hint = format!("switch {switch} is off; --preset everything turns it on");
        assert_eq!(query(&mut world, path, form), (1009, hint.into()), "{path}");
    }
    assert_eq!(query(&mut world, "/user/info.json", "userId=alice"), (200, Value::Null));
    let (code, hint) = query(&mut world, "/user/info.json", "userId=alice");
    assert_eq!(code, 1008);
    assert!(hint.as_str().unwrap().starts_with("limit apiPerSecond is 1"), "{hint}");
}

#[test]
fn a_delayed_answer_keeps_its_hint_and_another_gets_none() {
    let mut world = world("");
    let alice = alice(&mut world);
    let late = r#"{"fault": {"on": {"kind": "queryAck", "direction": "down"}, "effect": {"delayMs": 5000}}}"#;
    world.act(late);
    let ask = HistoryMsgInput { target_id: Some("bob".into()), ..HistoryMsgInput::default() };
    let request = wire::Request::new(Topic::QryPMsg, "bob", 7, ask.encode_to_vec().into());
    world.frame(alice, wire::ClientFrame::Query(request));
    assert_eq!(world.send_text(alice, "bob", "meanwhile"), 0);
    assert_eq!(answered(&world)["hint"], Value::Null);
    world.advance(5000);
    assert!(answered(&world)["hint"].as_str().unwrap().contains("roamingHistory"));
}
