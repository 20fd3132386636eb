//! Whose a mention is: the bit beside a message's content is set for the mentioned alone. The vendor's native client
//! counts by that bit and never looks at the list.

use prost::Message;
use wire::{
    ClientFrame, Request, Topic,
    body::{
        DownStreamMessage, DownStreamMessages, HistoryMsgInput, HistoryMsgOuput, MsgChangeReq,
        RelationQryInput, RelationsOutput, SyncRequestMsg, UltraGrpPullSes, UpStreamMessage,
    },
    flags,
};

use crate::{
    ultra_group::{publish, pull},
    world::{World, text_of},
};
use service::ConnId;

const WORLD: &str = r#"{"users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob", "carol"]},
    "chatrooms": {"r": {}},
    "ultraGroups": {"town": {"members": ["alice", "bob", "carol"], "channels": {"news": {}}}},
    "switches": {"roamingHistory": true, "multiDeviceSync": true, "ultraGroup": true}, "limits": {"sendPerSecond": 0}}"#;

/// A text whose sender set the bit of mentions.
fn flagged(text: &str, mentioned: &str, channel: Option<&str>) -> UpStreamMessage {
    UpStreamMessage {
        session_id: flags::up::PERSIST | flags::up::COUNT | flags::up::MENTION,
        classname: "RC:TxtMsg".into(),
        content: format!(r#"{{"content":"{text}","mentionedInfo":{mentioned}}}"#).into(),
        bus_channel: channel.map(str::to_owned),
        ..Default::default()
    }
}

const ALL: &str = r#"{"type":1,"userIdList":[]}"#;
const BOB: &str = r#"{"type":2,"userIdList":["bob"]}"#;
const NOBODY: &str = r#"{"type":2,"userIdList":[]}"#;

fn bits(list: &[DownStreamMessage]) -> Vec<(String, bool)> {
    list.iter().map(|down| (text_of(down), down.status & flags::down::MENTION != 0)).collect()
}

fn expected(list: &[(&str, bool)]) -> Vec<(String, bool)> {
    list.iter().map(|(text, bit)| ((*text).to_owned(), *bit)).collect()
}

fn history(
    world: &mut World,
    conn: ConnId,
    topic: Topic,
    target: &str,
    channel: Option<&str>,
) -> Vec<DownStreamMessage> {
    let page = HistoryMsgInput {
        target_id: Some(target.to_owned()),
        time: Some(0),
        count: Some(20),
        order: Some(0),
        bus_channel: channel.map(str::to_owned),
        ..HistoryMsgInput::default()
    };
    let (status, body) = world.query(conn, topic, target, &page);
    assert_eq!(status, 0);
    let mut list = HistoryMsgOuput::decode(body).unwrap().list;
    list.sort_by_key(|down| down.data_time);
    list
}

fn pushed(world: &mut World, conn: ConnId) -> Vec<DownStreamMessage> {
    world.bodies(conn).into_iter().map(|body| DownStreamMessage::decode(body).unwrap()).collect()
}

#[test]
fn the_bit_of_a_group_message_is_for_the_mentioned_however_it_comes() {
    let mut world = World::new(WORLD);
    let alice = world.settled("alice", "Android");
    let (bob, carol) = (world.settled("bob", "Android"), world.settled("carol", "Android"));
    for (text, mentioned) in [("all", ALL), ("bob", BOB), ("nobody", NOBODY)] {
        world.advance(1000);
        assert_eq!(publish(&mut world, alice, Topic::PgMsgP, "g", &flagged(text, mentioned, None)).0, 0);
    }
    let for_bob = expected(&[("all", true), ("bob", true), ("nobody", false)]);
    let for_carol = expected(&[("all", true), ("bob", false), ("nobody", false)]);
    for (user, conn, bits_of) in [("bob", bob, &for_bob), ("carol", carol, &for_carol)] {
        assert_eq!(bits(&pushed(&mut world, conn)), *bits_of, "pushed to {user}");
        assert_eq!(bits(&world.pull(conn, 0).list), *bits_of, "pulled by {user}");
        let read = history(&mut world, conn, Topic::QryGMsg, "g", None);
        assert_eq!(bits(&read), *bits_of, "read by {user}");
    }
    // Its sender has it as it was sent, here on another device.
    let page = world.login("alice", "Web");
    let ask = SyncRequestMsg {
        sync_time: Some(0),
        is_pull_send: Some(true),
        send_box_sync_time: Some(0),
        ..Default::default()
    };
    let (_, body) = world.query(page, Topic::PullMsg, "alice", &ask);
    let own = DownStreamMessages::decode(body).unwrap().list;
    assert_eq!(bits(&own), expected(&[("all", true), ("bob", true), ("nobody", true)]));
    // The list of conversations shows the last one to each as it got it.
    world.advance(1000);
    assert_eq!(publish(&mut world, alice, Topic::PgMsgP, "g", &flagged("bob", BOB, None)).0, 0);
    for (conn, bit) in [(bob, true), (carol, false)] {
        let list = RelationQryInput { r#type: Some(3), count: Some(100), ..RelationQryInput::default() };
        let (_, body) = world.query(conn, Topic::QryRelationR, "me", &list);
        let last: Vec<_> =
            RelationsOutput::decode(body).unwrap().info.into_iter().filter_map(|info| info.msg).collect();
        assert_eq!(bits(&last), expected(&[("bob", bit)]));
    }
}

#[test]
fn what_a_client_set_is_nothing_in_private_chats_and_rooms() {
    let mut world = World::new(WORLD);
    let (alice, bob) = (world.settled("alice", "Android"), world.settled("bob", "Android"));
    assert_eq!(publish(&mut world, alice, Topic::PpMsgP, "bob", &flagged("private", ALL, None)).0, 0);
    let enter = wire::body::ChrmInput { nothing: 1, extra: None };
    for conn in [alice, bob] {
        assert_eq!(world.query(conn, Topic::JoinChrm, "r", &enter).0, 0);
    }
    assert_eq!(publish(&mut world, alice, Topic::ChatMsg, "r", &flagged("room", ALL, None)).0, 0);
    assert_eq!(bits(&pushed(&mut world, bob)), expected(&[("private", false)]));
    let ask = wire::body::ChrmPullMsg { sync_time: 1, count: 20, ..Default::default() };
    let (_, body) = world.query(bob, Topic::ChrmPull, "r", &ask);
    let room = wire::body::ChrmDownStreamMessages::decode(body).unwrap();
    let room: Vec<_> = room.list.into_iter().map(|body| DownStreamMessage::decode(body).unwrap()).collect();
    assert_eq!(bits(&room), expected(&[("room", false)]));
    assert_eq!(
        bits(&history(&mut world, bob, Topic::QryPMsg, "alice", None)),
        expected(&[("private", false)])
    );
}

#[test]
fn members_of_an_ultra_group_share_an_answer_only_where_they_are_mentioned_alike() {
    let mut world = World::new(WORLD);
    let alice = world.login("alice", "Web");
    let (bob, carol) = (world.login("bob", "Web"), world.login("carol", "Web"));
    let (_, uid, time) = publish(&mut world, alice, Topic::UgMsg, "town", &flagged("bob", BOB, Some("news")));
    for (user, conn, bit) in [("bob", bob, true), ("carol", carol, false), ("bob again", bob, true)] {
        assert_eq!(bits(&pull(&mut world, conn, time - 1).0.list), expected(&[("bob", bit)]), "{user}");
        let read = history(&mut world, conn, Topic::QryUgMsg, "town", Some("news"));
        assert_eq!(bits(&read), expected(&[("bob", bit)]), "{user}");
        let ask = UltraGrpPullSes { sync_time: 0, is_erase_msg_content: Some(false) };
        let (_, body) = world.query(conn, Topic::PullUgSes, "me", &ask);
        let last: Vec<_> =
            RelationsOutput::decode(body).unwrap().info.into_iter().filter_map(|info| info.msg).collect();
        assert_eq!(bits(&last), expected(&[("bob", bit)]), "{user}");
    }
    // A modified content mentions whom it names now.
    let now_all = MsgChangeReq {
        target_id: Some("town".into()),
        r#type: Some(10),
        msg_uid: Some(uid),
        bus_channel: Some("news".into()),
        content: Some(format!(r#"{{"content":"all","mentionedInfo":{ALL}}}"#)),
        ..MsgChangeReq::default()
    };
    let ask = Request::new(Topic::ModifyMsg, "alice", 11, now_all.encode_to_vec().into());
    world.frame(alice, ClientFrame::Query(ask));
    for conn in [bob, carol] {
        assert_eq!(bits(&pull(&mut world, conn, time - 1).0.list), expected(&[("all", true)]));
    }
}
