//! Whose a message is: in everything that a client gets, a received message has its sender and no `direction`, an own one
//! says 1. The vendor's native client takes any other number for "sent by me".

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message;
use wire::{
    ServerFrame, Topic,
    body::{
        ChrmInput, ChrmPullMsg, HistoryMsgInput, MessageQueryInfo, MsgChangeReq, MsgQuery,
        RelationDelBatchReq, RelationOpInput, RelationQryInput, UltraGrpPullMsg, UltraGrpPullSes,
    },
    comet, reflect,
};

use crate::{
    ultra_group::text,
    world::{World, text_of},
};
use service::ConnId;

const WORLD: &str = r#"{"users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob"]}, "chatrooms": {"r": {}},
    "ultraGroups": {"town": {"members": ["alice", "bob"], "channels": {"news": {}}}},
    "switches": {"roamingHistory": true, "chatroomHistory": true, "multiDeviceSync": true, "ultraGroup": true},
    "limits": {"sendPerSecond": 0},
    "backlog": [{"from": "bob", "to": "alice", "text": "bob waits"},
        {"from": "bob", "to": "g", "conversation": "group", "text": "bob waits too"},
        {"from": "office", "to": "alice", "conversation": "system", "text": "office"}]}"#;

/// What alice got, and in what.
struct Alice {
    world: World,
    /// Names of messages of `im.proto` that had messages of users in them.
    holders: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

impl Alice {
    fn ask(&mut self, conn: ConnId, topic: Topic, target: &str, body: &impl Message) {
        let (status, answer) = self.world.query(conn, topic.clone(), target, body);
        assert_eq!(status, 0, "{topic}");
        let name = topic.answer().expect("its answer is known");
        let found = self.look(topic.as_str(), name, &answer);
        assert!(found > 0, "{topic} brought no message");
        self.look_polled(&topic, answer);
    }

    /// Judges every message in a body; gives their number.
    fn look(&mut self, how: &str, name: &'static str, body: &Bytes) -> usize {
        let found = reflect::messages_in(name, body).unwrap();
        for down in &found {
            let text = text_of(down);
            let said = text.split(' ').next().unwrap_or_default();
            let own = said == "alice";
            // A private message that is one's own names the peer.
            let from = if own && down.r#type == 1 { down.group_id() } else { said };
            if down.direction != own.then_some(true) || down.from_user_id != from {
                self.wrong.push(format!("{how}: {text:?} from {}: {:?}", down.from_user_id, down.direction));
            }
        }
        if !found.is_empty() {
            self.holders.insert(name);
        }
        found.len()
    }

    /// The same for clients that poll: the field is a number of its JSON, or is not there.
    fn look_polled(&mut self, topic: &Topic, body: Bytes) {
        let frame = ServerFrame::QueryAck { id: 7, qos: 0, seconds: 0, status: 0, body };
        let signal = comet::signal(&frame, Some(topic)).unwrap();
        let data = signal["data"].as_str().unwrap();
        let values = data.split(r#""direction":"#).skip(1).map(|rest| &rest[..2]);
        self.wrong.extend(
            values
                .filter(|value| !["1,", "1}"].contains(value))
                .map(|value| format!("{topic} polled: {value}")),
        );
    }

    /// The bodies that were pushed to a connection.
    fn pushed(&mut self, conn: ConnId) -> usize {
        let bodies = self.world.bodies(conn).into_iter();
        bodies.map(|body| self.look("s_msg", "DownStreamMessage", &body)).sum()
    }
}

fn page(target: &str, channel: Option<&str>) -> HistoryMsgInput {
    HistoryMsgInput {
        target_id: Some(target.to_owned()),
        time: Some(0),
        count: Some(20),
        order: Some(0),
        bus_channel: channel.map(str::to_owned),
        ..HistoryMsgInput::default()
    }
}

fn by_uid(target: &str, kind: i32, uid: &str) -> MsgQuery {
    let query =
        vec![MessageQueryInfo { msg_time: Some(0), msg_uid: Some(uid.to_owned()), bus_channel: None }];
    MsgQuery { target_id: Some(target.to_owned()), r#type: Some(kind), query }
}

fn conversation(target: &str) -> RelationDelBatchReq {
    let relation = vec![RelationOpInput {
        conversation_id: Some(target.to_owned()),
        conversation_type: Some(1),
        ..RelationOpInput::default()
    }];
    RelationDelBatchReq { relation, ..RelationDelBatchReq::default() }
}

/// Everything that is answered or pushed with messages of users in it.
fn everything(setup: impl FnOnce(&mut World)) -> Alice {
    let mut world = World::new(WORLD);
    setup(&mut world);
    let mut alice = Alice { world, holders: BTreeSet::new(), wrong: Vec::new() };
    let phone = alice.world.login("alice", "Android");
    let waiting = wire::body::SyncRequestMsg { sync_time: Some(0), ..Default::default() };
    alice.ask(phone, Topic::PullMsg, "alice", &waiting);
    alice.world.confirm(phone);
    alice.world.advance(2000);
    let bob = alice.world.settled("bob", "Android");
    let enter = ChrmInput { nothing: 1, extra: None };
    for (conn, user) in [(phone, "alice"), (bob, "bob")] {
        assert_eq!(alice.world.query(conn, Topic::JoinChrm, "r", &enter).0, 0, "{user}");
    }
    let room = ChrmPullMsg { sync_time: 0, count: -1, ..Default::default() };
    let before = alice.world.query(phone, Topic::ChrmPull, "r", &room).1;
    let before = wire::body::ChrmDownStreamMessages::decode(before).unwrap().sync_time;
    alice.world.out.clear();
    let mut uid = String::new();
    for (conn, who, peer) in [(bob, "bob", "alice"), (phone, "alice", "bob")] {
        alice.world.advance(10);
        assert_eq!(alice.world.send(conn, Topic::PpMsgP, peer, &format!("{who} privately")), 0);
        assert_eq!(alice.world.send(conn, Topic::PgMsgP, "g", &format!("{who} to the group")), 0);
        assert_eq!(alice.world.send(conn, Topic::PpMsgS, peer, &format!("{who} fleetingly")), 0);
        assert_eq!(alice.world.send(conn, Topic::ChatMsg, "r", &format!("{who} in the room")), 0);
        uid = text(&mut alice.world, conn, "town", "news", &format!("{who} in the channel")).0;
    }
    // Straight bodies: private, group, status; and of the app's server, which include the sender.
    let form = "fromUserId=alice&toUserId=carol&objectName=RC:TxtMsg&isIncludeSender=1&content=%7B%22content%22%3A%22alice+by+the+server%22%7D";
    assert_eq!(alice.world.api("/message/private/publish.json", form).0, 200);
    assert_eq!(alice.pushed(phone), 4);

    alice.ask(
        phone,
        Topic::ChrmPull,
        "r",
        &ChrmPullMsg { sync_time: before, count: 20, ..Default::default() },
    );
    for (topic, target) in
        [(Topic::QryPMsg, "bob"), (Topic::QryGMsg, "g"), (Topic::QrySMsg, "office"), (Topic::QryChMsg, "r")]
    {
        alice.ask(phone, topic, target, &page(target, None));
    }
    alice.ask(phone, Topic::QryUgMsg, "alice", &page("town", Some("news")));
    alice.ask(phone, Topic::PullUgMsg, "alice", &UltraGrpPullMsg { sync_time: 1, compressio_enabled: None });
    let sessions = UltraGrpPullSes { sync_time: 0, is_erase_msg_content: Some(false) };
    alice.ask(phone, Topic::PullUgSes, "alice", &sessions);
    alice.ask(phone, Topic::QryMsg, "alice", &by_uid("town", 10, &uid));
    let better = MsgChangeReq {
        target_id: Some("town".into()),
        r#type: Some(10),
        msg_uid: Some(uid),
        bus_channel: Some("news".into()),
        content: Some(r#"{"content": "alice better"}"#.into()),
        ..MsgChangeReq::default()
    };
    alice.ask(phone, Topic::ModifyMsg, "alice", &better);
    let list = RelationQryInput { r#type: Some(1), count: Some(100), ..RelationQryInput::default() };
    alice.ask(phone, Topic::QryRelationR, "alice", &list);
    alice.ask(phone, Topic::QryRelation, "alice", &list);
    alice.ask(phone, Topic::QryRlBatch, "alice", &conversation("bob"));
    // Compensation: another device gets both sides.
    let page = alice.world.login("alice", "Web");
    let ask = wire::body::SyncRequestMsg {
        sync_time: Some(0),
        is_pull_send: Some(true),
        send_box_sync_time: Some(0),
        ..Default::default()
    };
    alice.ask(page, Topic::PullMsg, "alice", &ask);
    alice
}

#[test]
fn only_own_messages_have_a_direction_wherever_they_are_written() {
    let alice = everything(|_| {});
    assert_eq!(alice.wrong, Vec::<String>::new());
    // Nothing that can hold messages was left out, but what clients write, parts of what was seen, and an answer that
    // the service gives without any.
    let known = reflect::holders_of_messages();
    let left: Vec<&str> =
        known.iter().map(String::as_str).filter(|name| !alice.holders.contains(name)).collect();
    assert_eq!(left, ["RelationInfo", "RelationsInput", "PullModifyMsgResp", "ModifyMsg"]);
}

#[test]
fn the_named_bug_is_seen_in_pushes_packages_and_histories() {
    let alice = everything(|world| {
        world.act(r#"{"misbehave": {"bug": "received_messages_say_direction", "on": true}}"#);
    });
    let seen: BTreeSet<&str> =
        alice.wrong.iter().map(|wrong| wrong.split([':', ' ']).next().unwrap_or_default()).collect();
    let expected = [
        "chrmPull",
        "pullMsg",
        "pullUgMsg",
        "qryCHMsg",
        "qryGMsg",
        "qryPMsg",
        "qrySMsg",
        "qryUgMsg",
        "s_msg",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}
