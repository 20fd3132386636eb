//! The server's conversation list, as web SDKs ask for it.

use prost::Message;
use wire::{
    Topic,
    body::{
        DownStreamMessage, RelationDelBatchReq, RelationOpInput, RelationQryInput, RelationsInput,
        RelationsOutput,
    },
};

use crate::world::{World, text_of};

const WORLD: &str = r#"{"switches": {"roamingHistory": true}, "users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob"]},
    "backlog": [{"from": "bob", "to": "alice", "text": "old"}, {"from": "bob", "to": "alice", "text": "from bob"},
        {"from": "bob", "to": "g", "conversation": "group", "text": "to the group"},
        {"from": "office", "to": "alice", "conversation": "system", "text": "notice"}]}"#;

fn ask(world: &mut World, conn: service::ConnId, asked: &RelationQryInput) -> RelationsOutput {
    let (status, body) = world.query(conn, Topic::QryRelationR, "alice", asked);
    assert_eq!(status, 0);
    RelationsOutput::decode(body).unwrap()
}

/// Type, target and last text of each conversation.
fn list(world: &mut World, conn: service::ConnId, asked: &RelationQryInput) -> Vec<(i32, String, String)> {
    let output = ask(world, conn, asked);
    let last = |message: &Option<DownStreamMessage>| message.as_ref().map(text_of).unwrap();
    output.info.iter().map(|info| (info.r#type, info.user_id.clone(), last(&info.msg))).collect()
}

fn row(kind: i32, target: &str, text: &str) -> (i32, String, String) {
    (kind, target.to_owned(), text.to_owned())
}

#[test]
fn every_type_is_listed_newest_first_whatever_type_was_asked_with() {
    let mut world = World::new(WORLD);
    let alice = world.settled("alice", "Web");
    let all = RelationQryInput { r#type: Some(1), count: Some(100), ..RelationQryInput::default() };
    let expected = [row(6, "office", "notice"), row(3, "g", "to the group"), row(1, "bob", "from bob")];
    assert_eq!(list(&mut world, alice, &all), expected);
    let groups = RelationQryInput { channel_type: vec![3], ..all.clone() };
    assert_eq!(list(&mut world, alice, &groups), expected[1..2]);
    // Page by page, then the same from the oldest on.
    let first = ask(&mut world, alice, &RelationQryInput { count: Some(2), ..all.clone() });
    assert_eq!((first.info.len(), first.is_finished), (2, Some(false)));
    let start_time = first.info[1].version_time;
    assert_eq!(list(&mut world, alice, &RelationQryInput { start_time, ..all.clone() }), expected[2..]);
    assert_eq!(
        list(&mut world, alice, &RelationQryInput { start_time, order: Some(1), ..all }),
        expected[..1]
    );
}

#[test]
fn an_own_message_is_the_last_one_as_its_sender_sees_it() {
    let mut world = World::new(WORLD);
    let alice = world.settled("alice", "Web");
    world.send_text(alice, "carol", "mine");
    let newest = ask(&mut world, alice, &RelationQryInput { count: Some(1), ..RelationQryInput::default() });
    let last = newest.info[0].msg.as_ref().unwrap();
    assert_eq!((newest.info[0].user_id.as_str(), last.direction), ("carol", Some(true)));
    assert_eq!((last.from_user_id.as_str(), text_of(last)), ("carol", "mine".to_owned()));
}

#[test]
fn a_removed_conversation_is_back_with_its_next_message() {
    let mut world = World::new(WORLD);
    let alice = world.settled("alice", "Web");
    let bob = world.settled("bob", "Web");
    let all = RelationQryInput::default();
    let private = RelationsInput { r#type: Some(1), ..RelationsInput::default() };
    assert_eq!(world.query(alice, Topic::DelRelation, "bob", &private).0, 0);
    let relation = RelationOpInput {
        conversation_id: Some("g".into()),
        conversation_type: Some(3),
        ..RelationOpInput::default()
    };
    let batch = RelationDelBatchReq { relation: vec![relation], ..RelationDelBatchReq::default() };
    assert_eq!(world.query(alice, Topic::DelRelationBatch, "alice", &batch).0, 0);
    assert_eq!(list(&mut world, alice, &all), [row(6, "office", "notice")]);
    world.send_text(bob, "alice", "again");
    assert_eq!(list(&mut world, alice, &all), [row(1, "bob", "again"), row(6, "office", "notice")]);
    // Nothing is named: nothing is removed.
    let nothing = RelationDelBatchReq { relation: vec![RelationOpInput::default()], ..batch };
    assert_ne!(world.query(alice, Topic::DelRelationBatch, "alice", &nothing).0, 0);
    assert_ne!(world.query(alice, Topic::DelRelation, "", &private).0, 0);
}

#[test]
fn without_cloud_storage_the_list_is_empty_and_the_question_still_answered() {
    let mut world = World::new(&WORLD.replacen("true", "false", 1));
    let alice = world.settled("alice", "Web");
    let output =
        ask(&mut world, alice, &RelationQryInput { start_time: Some(7), ..RelationQryInput::default() });
    assert_eq!((output.info.len(), output.is_finished), (0, Some(true)));
    assert!(output.pull_time() >= 7);
}

#[test]
fn conversations_asked_for_by_name_come_with_their_last_messages() {
    let mut world = World::new(WORLD);
    let alice = world.settled("alice", "Web");
    let named = |kind, id: &str| RelationOpInput {
        conversation_id: Some(id.into()),
        conversation_type: Some(kind),
        ..RelationOpInput::default()
    };
    let asked = RelationDelBatchReq {
        relation: vec![named(3, "g"), named(1, "g"), named(1, "bob"), named(1, "stranger")],
        ..RelationDelBatchReq::default()
    };
    let (status, body) = world.query(alice, Topic::QryRlBatch, "alice", &asked);
    let output = RelationsOutput::decode(body).unwrap();
    let found: Vec<_> = output.info.iter().map(|info| (info.r#type, info.user_id.as_str())).collect();
    assert_eq!((status, output.is_finished), (0, Some(true)));
    assert_eq!(found, [(3, "g"), (1, "bob")]);
    assert_eq!(text_of(output.info[1].msg.as_ref().unwrap()), "from bob");
}
