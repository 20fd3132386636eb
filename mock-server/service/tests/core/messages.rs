//! Sending, pushing, announcing, mirroring.

use prost::Message;
use serde_json::json;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{DownStreamMessage, DownStreamMessages, NotifyMsg, SyncRequestMsg, UpStreamMessage},
    flags,
};

use crate::world::{Seen, World, text_of};
use service::{Login, Transport};

const TWO: &str = r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob", "carol"]}}"#;

#[test]
fn a_quiet_receiver_gets_the_body_and_the_sender_its_uid() {
    let mut world = World::new(TWO);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    world.out.clear();
    assert_eq!(world.send_text(bob, "alice", "hello"), 0);
    let Some(Seen::Frame(ServerFrame::PubAck { message_uid, .. })) = world.seen(bob).pop() else { panic!() };
    let Some(Seen::Frame(ServerFrame::Publish { topic: Topic::SMsg, qos: 1, body, .. })) =
        world.seen(alice).pop()
    else {
        panic!()
    };
    let down = DownStreamMessage::decode(body).unwrap();
    assert_eq!((down.msg_id.as_deref(), down.status), (Some(message_uid.as_str()), 48));
    assert_eq!((down.from_user_id.as_str(), down.group_id, down.direction), ("bob", None, None));
}

#[test]
fn a_receiver_that_just_pulled_is_told_to_pull_again() {
    let mut world = World::new(TWO);
    let bob = world.settled("bob", "Android");
    let alice = world.login("alice", "Android");
    world.pull(alice, 0);
    world.out.clear();
    world.send_text(bob, "alice", "hello");
    let Some(Seen::Frame(ServerFrame::Publish { topic: Topic::SNtf, body, .. })) = world.seen(alice).pop()
    else {
        panic!()
    };
    let notify = NotifyMsg::decode(body).unwrap();
    assert_eq!(notify.r#type, 1);
    let package = world.pull(alice, notify.time() - 1);
    assert_eq!(package.list.len(), 1);
    assert!(package.sync_time >= notify.time());
}

#[test]
fn with_direct_push_off_messages_are_only_announced() {
    let mut world = World::new(r#"{"users": ["alice", "bob"], "switches": {"directPush": false}}"#);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    world.out.clear();
    world.send_text(bob, "alice", "hello");
    assert!(matches!(world.seen(alice)[..], [Seen::Frame(ServerFrame::Publish { topic: Topic::SNtf, .. })]));
}

#[test]
fn group_messages_reach_members_and_strangers_are_refused() {
    let mut world = World::new(TWO);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    let dave = world.settled("dave", "Android");
    world.out.clear();
    assert_eq!(world.send(bob, Topic::PgMsgP, "g", "hi all"), 0);
    assert_eq!(world.pushed(alice), ["hi all"]);
    assert_eq!(world.send(dave, Topic::PgMsgP, "g", "me too"), 22406);
    assert_eq!(world.send(bob, Topic::PgMsgP, "nowhere", "?"), 22406);
}

#[test]
fn status_messages_reach_who_is_online_and_are_not_kept() {
    let mut world = World::new(TWO);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    world.out.clear();
    assert_eq!(world.send(bob, Topic::PpMsgS, "alice", "typing"), 0);
    assert_eq!(world.pushed(alice), ["typing"]);
    assert_eq!(world.service.state("mailboxes", Some("alice")).unwrap()["count"], 0);
}

#[test]
fn own_devices_see_a_mirror_and_then_its_acknowledgement() {
    let mut world = World::new(r#"{"users": ["alice", "bob"], "switches": {"multiDeviceSync": true}}"#);
    let phone = world.settled("bob", "Android");
    let web = world.settled("bob", "Web");
    world.out.clear();
    world.send_text(phone, "alice", "hello");
    let seen = world.seen(web);
    let [
        Seen::Frame(ServerFrame::Publish { dup: true, topic: Topic::PpMsgP, target, id, .. }),
        Seen::Frame(ServerFrame::PubAck { id: acked, .. }),
    ] = &seen[..]
    else {
        panic!("{seen:?}")
    };
    assert_eq!((target.as_str(), id), ("alice", acked));
}

/// The answer to a poll cannot say that a message is a copy, and the vendor's native client makes nothing of one.
#[test]
fn an_own_device_that_polls_or_is_native_is_told_to_pull_what_another_one_sent() {
    for transport in [Transport::Comet, Transport::Tcp] {
        let mut world = World::new(r#"{"users": ["alice", "bob"], "switches": {"multiDeviceSync": true}}"#);
        let phone = world.settled("bob", "Android");
        let token = world.service.issue_token(world.now, "bob");
        let page = world.open(Login {
            token,
            platform: "Web".into(),
            device_id: "page".into(),
            transport,
            ..Login::default()
        });
        world.out.clear();
        world.send_text(phone, "alice", "hello");
        let seen = world.seen(page);
        let [Seen::Frame(ServerFrame::Publish { dup: false, topic: Topic::SNtf, .. })] = &seen[..] else {
            panic!("{seen:?}")
        };
        let ask = SyncRequestMsg {
            sync_time: Some(0),
            is_pull_send: Some(true),
            send_box_sync_time: Some(0),
            ..Default::default()
        };
        let (_, body) = world.query(page, Topic::PullMsg, "bob", &ask);
        let package = DownStreamMessages::decode(body).unwrap();
        assert_eq!(package.list.iter().map(text_of).collect::<Vec<_>>(), ["hello"]);
        // What is shown and not stored cannot be pulled.
        world.send(phone, Topic::PpMsgS, "alice", "typing");
        let seen = world.seen(page);
        assert!(
            !seen
                .iter()
                .any(|seen| matches!(seen, Seen::Frame(ServerFrame::Publish { topic: Topic::SNtf, .. })))
        );
    }
}

#[test]
fn the_sixth_message_of_a_second_is_refused_and_the_next_second_is_free() {
    let mut world = World::new(TWO);
    let bob = world.settled("bob", "Android");
    let statuses: Vec<u16> = (0..6).map(|_| world.send_text(bob, "alice", "x")).collect();
    assert_eq!(statuses, [0, 0, 0, 0, 0, 20604]);
    world.advance(1000);
    assert_eq!(world.send_text(bob, "alice", "x"), 0);
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_code() {
    let mut world = World::new(TWO);
    let bob = world.settled("bob", "Android");
    let mut status = |topic: Topic, target: &str, body: Vec<u8>| {
        world.frame(bob, ClientFrame::Publish(Request::new(topic, target, 3, body.into())));
        match world.seen(bob).pop() {
            Some(Seen::Frame(ServerFrame::PubAck { id: 3, status, .. })) => status,
            other => panic!("{other:?}"),
        }
    };
    let fine = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: "{}".into(),
        ..Default::default()
    };
    assert_eq!(status(Topic::PpMsgP, "", fine.encode_to_vec()), 26010);
    assert_eq!(status(Topic::PpMsgP, "alice", vec![0xFF, 0xFF]), 26010);
    let large = UpStreamMessage { content: vec![b'x'; 128 * 1024 + 1].into(), ..fine.clone() };
    assert_eq!(status(Topic::PpMsgP, "alice", large.encode_to_vec()), 26010);
    assert_eq!(status(Topic::Other("noSuch".into()), "alice", fine.encode_to_vec()), 20606);
}

#[test]
fn a_push_record_tells_whether_a_notification_would_have_been_sent() {
    for (status, sent) in [(3, true), (4, false)] {
        let mut world = World::new(TWO);
        let alice = world.settled("alice", "Android");
        let bob = world.settled("bob", "Android");
        world.frame(alice, ClientFrame::Disconnect { status });
        world.send_text(bob, "alice", "hello");
        let pushes = world.service.state("pushes", Some("alice")).unwrap();
        assert_eq!(pushes[0]["sent"], sent, "{pushes}");
    }
}

#[test]
fn a_message_to_oneself_is_one_message_that_comes_once() {
    for sync in [true, false] {
        let mut world = World::new(&format!(
            r#"{{"users": ["bob"], "switches": {{"multiDeviceSync": {sync}, "roamingHistory": true}}}}"#
        ));
        let bob = world.settled("bob", "Android");
        let before = world.pull(bob, 0).sync_time;
        assert_eq!(world.send_text(bob, "bob", "one"), 0, "sync {sync}");
        assert_eq!(world.send_text(bob, "bob", "two"), 0, "sync {sync}");
        let package = world.pull(bob, before);
        let texts: Vec<_> = package.list.iter().map(text_of).collect();
        assert_eq!(texts, ["one", "two"], "sync {sync}");
        assert_eq!(world.pull(bob, package.sync_time).list.len(), 0, "sync {sync}");
    }
}

#[test]
fn a_push_that_mentions_somebody_says_so_beside_its_content() {
    let mut world = World::new(r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]}}"#);
    let alice = world.login("alice", "Android");
    for (content, flag) in [
        (json!({"content": "to nobody"}), 0),
        (json!({"content": "to nobody", "mentionedInfo": null}), 0),
        (json!({"content": "to all", "mentionedInfo": {"type": 1, "userIdList": []}}), flags::down::MENTION),
        (
            json!({"content": "to alice", "mentionedInfo": {"type": 2, "userIdList": ["alice"]}}),
            flags::down::MENTION,
        ),
    ] {
        let push =
            json!({"from": "bob", "to": "g", "conversation": "group", "message": {"content": content}});
        world.act(&json!({"push": push}).to_string());
        let last = world.pull(alice, 0).list.pop().unwrap();
        assert_eq!(last.status & flags::down::MENTION, flag, "{content}");
    }
}
