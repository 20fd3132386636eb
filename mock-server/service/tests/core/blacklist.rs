//! Black and white lists.

use prost::Message;
use wire::{
    Topic,
    body::{Nothing, QueryBlackListOutput, UserIdInput},
};

use crate::world::World;

const TWO: &str = r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]}}"#;

fn user(id: &str) -> UserIdInput {
    UserIdInput { user_id: Some(id.into()) }
}

#[test]
fn a_listed_sender_is_refused_one_way_and_only_in_private() {
    let mut world = World::new(TWO);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    assert_eq!(world.query(alice, Topic::AddBlack, "bob", &user("bob")).0, 0);
    assert_eq!(world.send_text(bob, "alice", "x"), 405);
    assert_eq!(world.send_text(alice, "bob", "x"), 0);
    assert_eq!(world.send(bob, Topic::PgMsgP, "g", "x"), 0);
    assert_eq!(world.query(alice, Topic::RmBlack, "bob", &user("bob")).0, 0);
    assert_eq!(world.send_text(bob, "alice", "x"), 0);
    assert_eq!(world.service.state("mailboxes", Some("alice")).unwrap()["count"], 2);
}

#[test]
fn status_and_list_follow_and_the_list_is_full_at_its_limit() {
    let mut world = World::new(r#"{"users": ["alice"], "limits": {"blacklist": 2}}"#);
    let alice = world.settled("alice", "Android");
    assert_eq!(world.query(alice, Topic::BlackStat, "bob", &user("bob")).0, service::NOT_BLACKLISTED);
    for id in ["bob", "carol", "bob"] {
        assert_eq!(world.query(alice, Topic::AddBlack, id, &user(id)).0, 0);
    }
    assert_eq!(world.query(alice, Topic::AddBlack, "dave", &user("dave")).0, 20405);
    assert_eq!(world.query(alice, Topic::BlackStat, "bob", &user("bob")).0, 0);
    let (_, body) = world.query(alice, Topic::GetBlack, "alice", &Nothing::default());
    assert_eq!(QueryBlackListOutput::decode(body).unwrap().user_ids, ["bob", "carol"]);
}

#[test]
fn a_white_list_lets_only_its_users_through() {
    let mut world = World::new(r#"{"users": ["alice", "bob", "carol"], "whitelists": {"alice": ["carol"]}}"#);
    let bob = world.settled("bob", "Android");
    let carol = world.settled("carol", "Android");
    assert_eq!(world.send_text(bob, "alice", "x"), 407);
    assert_eq!(world.send_text(carol, "alice", "x"), 0);
}
