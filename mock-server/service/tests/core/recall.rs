//! Recalls and expansions through the core: who may, of what, how much, and that a refusal changes nothing (RECALL, EXP).

use prost::Message;
use serde_json::{Value, json};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{DownStreamMessage, HistoryMsgInput, HistoryMsgOuput, UpStreamMessage},
};

use crate::world::{Seen, World};

const THREE: &str = r#"{"users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob"]},
                        "switches": {"roamingHistory": true}, "limits": {"sendPerSecond": 0}}"#;

/// Publishes, and gives status and UID of the acknowledgement.
fn publish(
    world: &mut World,
    conn: service::ConnId,
    topic: Topic,
    to: &str,
    up: &UpStreamMessage,
) -> (u16, String) {
    world.seen(conn);
    world.frame(conn, ClientFrame::Publish(Request::new(topic, to, 9, up.encode_to_vec().into())));
    let seen = world.out.iter().rev().find_map(|(seer, seen)| match seen {
        Seen::Frame(ServerFrame::PubAck { id: 9, status, message_uid, .. }) if *seer == conn => {
            Some((*status, message_uid.clone()))
        }
        _ => None,
    });
    seen.expect("an acknowledgement")
}

fn text(expandable: bool) -> UpStreamMessage {
    UpStreamMessage {
        session_id: 3 | if expandable { wire::flags::up::EXPANSION } else { 0 },
        classname: "RC:TxtMsg".into(),
        content: r#"{"content":"x"}"#.into(),
        ..UpStreamMessage::default()
    }
}

fn command(classname: &str, content: &Value) -> UpStreamMessage {
    UpStreamMessage { classname: classname.into(), content: content.to_string().into(), ..Default::default() }
}

fn recall(world: &mut World, conn: service::ConnId, uid: &str) -> u16 {
    let content = json!({"conversationType": 1, "targetId": "bob", "messageUId": uid, "sentTime": 0});
    publish(world, conn, Topic::RecallMsg, "me", &command("RC:RcCmd", &content)).0
}

fn expand(world: &mut World, conn: service::ConnId, change: &Value) -> u16 {
    publish(world, conn, Topic::PpMsgP, "bob", &command("RC:MsgExMsg", change)).0
}

/// What alice's history has of her conversation with bob, oldest first.
fn history(world: &mut World) -> Vec<DownStreamMessage> {
    let alice = world.login("alice", "Android");
    let ask = HistoryMsgInput {
        target_id: Some("bob".into()),
        order: Some(1),
        count: Some(100),
        ..Default::default()
    };
    HistoryMsgOuput::decode(world.query(alice, Topic::QryPMsg, "bob", &ask).1).unwrap().list
}

/// The pairs of the oldest message of that history.
fn pairs(world: &mut World) -> Value {
    let list = history(world);
    serde_json::from_str(list[0].extra_content()).unwrap_or(Value::Null)
}

#[test]
fn only_participants_recall_and_only_once() {
    for (own_only, by_peer) in [(false, 0), (true, 25107)] {
        let mut world = World::new(THREE);
        world.act(&json!({"setSwitch": {"name": "recallOwnOnly", "value": own_only}}).to_string());
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|user| world.settled(user, "Android"));
        let uids = [(); 2].map(|()| publish(&mut world, alice, Topic::PpMsgP, "bob", &text(false)).1);
        assert_eq!(recall(&mut world, carol, &uids[0]), if own_only { 25107 } else { 25101 });
        assert_eq!(recall(&mut world, bob, &uids[0]), by_peer);
        assert_eq!(recall(&mut world, alice, &uids[1]), 0);
        for gone in [&*uids[1], "", "no-uid", "0000-0000-0000-0000"] {
            assert_eq!(recall(&mut world, alice, gone), 25101, "{gone}");
        }
        let names: Vec<String> = history(&mut world).into_iter().map(|message| message.classname).collect();
        let first = if own_only { "RC:TxtMsg" } else { "RC:RcNtf" };
        assert_eq!(names, [first, "RC:RcNtf"]);
    }
}

#[test]
fn a_recall_that_cannot_be_read_is_refused() {
    let mut world = World::new(THREE);
    let alice = world.settled("alice", "Android");
    for content in ["", "[]", "{", "\"text\""] {
        let up =
            UpStreamMessage { classname: "RC:RcCmd".into(), content: content.into(), ..Default::default() };
        assert_eq!(publish(&mut world, alice, Topic::RecallMsg, "me", &up).0, 26010, "{content}");
    }
    assert!(history(&mut world).is_empty());
}

#[test]
fn without_history_the_newest_messages_can_be_recalled() {
    let mut world =
        World::new(r#"{"users": ["alice", "bob"], "limits": {"sendPerSecond": 0, "remembered": 3}}"#);
    let alice = world.settled("alice", "Android");
    let uids: Vec<String> =
        (0..4).map(|_| publish(&mut world, alice, Topic::PpMsgP, "bob", &text(false)).1).collect();
    let codes: Vec<u16> = uids.iter().map(|uid| recall(&mut world, alice, uid)).collect();
    assert_eq!(codes, [25101, 0, 0, 0]);
}

#[test]
fn a_recalled_message_waits_as_a_notice_with_the_times_of_both() {
    let mut world = World::new(THREE);
    let alice = world.settled("alice", "Android");
    let sent = world.now.0;
    let uid = publish(&mut world, alice, Topic::PpMsgP, "bob", &text(false)).1;
    world.advance(5000);
    assert_eq!(recall(&mut world, alice, &uid), 0);
    let bob = world.login("bob", "Android");
    let list = world.pull(bob, 0).list;
    let names: Vec<&str> = list.iter().map(|message| &*message.classname).collect();
    assert_eq!(names, ["RC:RcNtf", "RC:RcCmd"]);
    let notice: Value = serde_json::from_slice(&list[0].content).unwrap();
    assert_eq!((list[0].msg_id(), list[0].data_time), (uid.as_str(), sent));
    assert_eq!((&notice["recallTime"], &notice["recallActionTime"]), (&json!(sent), &json!(sent + 5000)));
    assert!(notice.get("content").is_none());
}

#[test]
fn an_expansion_takes_so_much_and_no_more() {
    let numbered = |from: usize, count: usize| -> Value {
        (from..from + count)
            .map(|n| (format!("k{n}"), Value::from("v")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let one = |key: String, value: String| json!({ key: value });
    let cases = [
        ("20 pairs at once", numbered(0, 20), 0),
        ("21 pairs at once", numbered(0, 21), 22203),
        ("a key of 32 letters", one("é".repeat(32), "v".into()), 0),
        ("a key of 33 letters", one("k".repeat(33), "v".into()), 22203),
        ("an empty key", one(String::new(), "v".into()), 22203),
        ("a value of 4096 letters", one("k".into(), "文".repeat(4096)), 0),
        ("a value of 4097 letters", one("k".into(), "v".repeat(4097)), 22203),
        ("a value that is a number", json!({"k": 1}), 22203),
        ("pairs that are a list", json!(["k"]), 22203),
    ];
    for (name, put, code) in cases {
        let mut world = World::new(THREE);
        let alice = world.settled("alice", "Android");
        let uid = publish(&mut world, alice, Topic::PpMsgP, "bob", &text(true)).1;
        assert_eq!(expand(&mut world, alice, &json!({"mid": uid, "put": put})), code, "{name}");
        let kept = pairs(&mut world).as_object().map_or(0, serde_json::Map::len);
        let expected = if code == 0 { put.as_object().map_or(0, serde_json::Map::len) } else { 0 };
        assert_eq!(kept, expected, "{name}: a refused change changes nothing");
    }
    // The 300 are those of the message: what is replaced is not counted twice, what is removed makes room.
    let mut world = World::new(THREE);
    let alice = world.settled("alice", "Android");
    let uid = publish(&mut world, alice, Topic::PpMsgP, "bob", &text(true)).1;
    for n in 0..15 {
        assert_eq!(expand(&mut world, alice, &json!({"mid": uid, "put": numbered(n * 20, 20)})), 0);
    }
    let put = |from: usize, count: usize| json!({"mid": uid, "put": numbered(from, count)});
    assert_eq!(expand(&mut world, alice, &put(300, 1)), 22203);
    assert_eq!(expand(&mut world, alice, &put(280, 20)), 0);
    assert_eq!(expand(&mut world, alice, &json!({"mid": uid, "del": ["k0"], "put": numbered(300, 1)})), 0);
    assert_eq!(expand(&mut world, alice, &json!({"mid": uid, "del": ["k0", "never there"]})), 0);
    assert_eq!(pairs(&mut world).as_object().map(serde_json::Map::len), Some(300));
}

#[test]
fn expansions_are_for_participants_and_expandable_messages() {
    let mut world = World::new(THREE);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|user| world.settled(user, "Android"));
    let uid = publish(&mut world, alice, Topic::PpMsgP, "bob", &text(true)).1;
    let rigid = publish(&mut world, alice, Topic::PpMsgP, "bob", &text(false)).1;
    let put = |uid: &str| json!({"mid": uid, "put": {"k": "v"}});
    assert_eq!(expand(&mut world, alice, &put(&rigid)), 22202);
    assert_eq!(expand(&mut world, carol, &put(&uid)), 22204);
    for unknown in ["", "no-uid", "0000-0000-0000-0000"] {
        assert_eq!(expand(&mut world, alice, &put(unknown)), 22201, "{unknown}");
    }
    assert_eq!(pairs(&mut world), Value::Null);
    let by_bob = command("RC:MsgExMsg", &put(&uid));
    assert_eq!(publish(&mut world, bob, Topic::PpMsgP, "alice", &by_bob).0, 0);
    assert_eq!(pairs(&mut world), json!({"k": {"v": "v"}}));
    // A recalled message has nothing to expand.
    assert_eq!(recall(&mut world, bob, &uid), 0);
    assert_eq!(publish(&mut world, bob, Topic::PpMsgP, "alice", &by_bob).0, 22201);
}
