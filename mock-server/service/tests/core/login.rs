//! Who may connect, and whom that disturbs.

use service::{ConnId, Login};
use wire::{ConnAck, ServerFrame};

use crate::world::{Seen, World};

const TWO: &str = r#"{"users": ["alice", "bob"], "switches": {"testTokens": false}}"#;

fn connack(world: &mut World, conn: ConnId) -> ConnAck {
    match world.seen(conn).into_iter().next() {
        Some(Seen::Frame(ServerFrame::ConnAck(ack))) => ack,
        other => panic!("no CONNACK but {other:?}"),
    }
}

fn with_token(token: &str) -> Login {
    Login { token: token.into(), platform: "Android".into(), ..Login::default() }
}

#[test]
fn a_valid_token_is_accepted_with_its_user_and_the_servers_time() {
    let mut world = World::new(TWO);
    let conn = world.login("alice", "Android");
    let accepted = connack(&mut world, conn).accepted.unwrap();
    assert_eq!((accepted.user_id.as_str(), accepted.time), ("alice", world.now));
}

#[test]
fn unknown_expired_and_foreign_tokens_are_refused_and_the_connection_is_closed() {
    let mut world = World::new(
        r#"{"users": ["alice"], "switches": {"testTokens": false}, "tokens": {
            "old": {"user": "alice", "kind": "expired"}, "other": {"user": "alice", "kind": "otherApp"}}}"#,
    );
    let old = world.service.named_token("old").unwrap().to_owned();
    let other = world.service.named_token("other").unwrap().to_owned();
    for (token, status) in [(old.as_str(), 4), (other.as_str(), 4), ("nonsense", 4), ("test:alice", 4)] {
        let conn = world.open(with_token(token));
        let seen = world.seen(conn);
        assert!(
            matches!(&seen[0], Seen::Frame(ServerFrame::ConnAck(ack)) if ack.status == status),
            "{token}: {seen:?}"
        );
        assert_eq!(seen[1], Seen::Closed);
    }
}

#[test]
fn with_the_switch_expired_tokens_have_a_status_of_their_own() {
    let mut world = World::new(
        r#"{"users": ["alice"], "switches": {"expiredTokenStatus": true}, "tokens": {
            "old": {"user": "alice", "kind": "expired"}}}"#,
    );
    let old = world.service.named_token("old").unwrap().to_owned();
    let conn = world.open(with_token(&old));
    assert_eq!(connack(&mut world, conn).status, 10);
    let conn = world.open(with_token("nonsense"));
    assert_eq!(connack(&mut world, conn).status, 4);
}

#[test]
fn a_new_token_leaves_earlier_ones_valid_until_they_are_invalidated() {
    let mut world = World::new(TWO);
    let first = world.service.issue_token(world.now, "alice");
    world.service.issue_token(world.now, "alice");
    let conn = world.open(with_token(&first));
    assert_eq!(connack(&mut world, conn).status, 0);
    world.act(r#"{"invalidateTokens": {"user": "alice"}}"#);
    let conn = world.open(with_token(&first));
    assert_eq!(connack(&mut world, conn).status, 4);
    world.advance(1);
    let conn = world.login("alice", "Android");
    assert_eq!(connack(&mut world, conn).status, 0);
}

#[test]
fn a_later_mobile_login_kicks_the_earlier_and_other_classes_stay() {
    let mut world = World::new(TWO);
    let android = world.login("alice", "Android");
    let desktop = world.login("alice", "PC");
    let web = world.login("alice", "Web");
    world.out.clear();
    world.login("alice", "iOS");
    let seen = world.seen(android);
    assert!(
        matches!(seen[..], [Seen::Frame(ServerFrame::Disconnect { status: 1, .. }), Seen::Closed]),
        "{seen:?}"
    );
    assert_eq!((world.seen(desktop), world.seen(web)), (vec![], vec![]));
}

#[test]
fn a_refused_login_disturbs_nobody() {
    let mut world = World::new(TWO);
    let android = world.login("alice", "Android");
    world.out.clear();
    world.open(with_token("nonsense"));
    assert_eq!(world.seen(android), []);
}

#[test]
fn the_eleventh_web_page_makes_the_oldest_leave() {
    let mut world = World::new(r#"{"users": ["alice"], "switches": {"multiDeviceSync": true}}"#);
    let pages: Vec<_> = (0..10).map(|_| world.login("alice", "Web")).collect();
    world.out.clear();
    world.login("alice", "Web");
    assert_eq!(world.seen(pages[0]).len(), 2);
    assert!(pages[1..].iter().all(|page| world.seen(*page).is_empty()));
}

#[test]
fn a_reconnect_that_gives_way_is_refused_only_with_the_service_on() {
    for (on, status) in [(true, 13), (false, 0)] {
        let setup = format!(r#"{{"users": ["alice"], "switches": {{"reconnectKick": {on}}}}}"#);
        let mut world = World::new(&setup);
        world.login("alice", "iOS");
        let token = world.service.issue_token(world.now, "alice");
        let login = Login { reconnect: true, give_way: true, device_id: "mine".into(), ..with_token(&token) };
        let conn = world.open(login);
        assert_eq!(connack(&mut world, conn).status, status);
    }
}

#[test]
fn a_ban_cuts_at_once_refuses_and_ends() {
    let mut world = World::new(TWO);
    let conn = world.login("alice", "Android");
    world.out.clear();
    world.act(r#"{"ban": {"user": "alice", "minutes": 5}}"#);
    let seen = world.seen(conn);
    assert!(
        matches!(seen[..], [Seen::Frame(ServerFrame::Disconnect { status: 2, .. }), Seen::Closed]),
        "{seen:?}"
    );
    world.advance(5 * 60_000 - 1);
    let conn = world.login("alice", "Android");
    assert_eq!(connack(&mut world, conn).status, 9);
    world.advance(1);
    let conn = world.login("alice", "Android");
    assert_eq!(connack(&mut world, conn).status, 0);
}
