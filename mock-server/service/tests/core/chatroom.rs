//! Chatrooms: what old and new engines depend on, what many members cost, and queries with many members.

use bytes::Bytes;
use prost::Message;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{
        ChrmDownStreamMessages, ChrmInput, ChrmKvEntity, ChrmKvOutput, ChrmOutput, ChrmPullMsg,
        DownStreamMessage, NotifyMsg, QueryChatRoomInfoInput, QueryChatRoomInfoOutput, QueryChrmKv,
        SetChrmKv,
    },
};

use crate::world::{Seen, World};
use service::ConnId;

const ROOM: &str = r#"{"users": ["alice", "bob"], "chatrooms": {"r": {}, "other": {"entries": {"a": "1"}}},
                       "switches": {"chatroomEntries": true, "chatroomMultiJoin": true},
                       "limits": {"sendPerSecond": 0}}"#;

fn join(world: &mut World, conn: ConnId, room: &str) -> ChrmOutput {
    let (status, body) = world.query(conn, Topic::JoinChrm, room, &ChrmInput { nothing: 1, extra: None });
    assert_eq!(status, 0);
    ChrmOutput::decode(body).unwrap()
}

fn pull(world: &mut World, conn: ConnId, sync_time: i64, count: i32) -> (Vec<DownStreamMessage>, i64, Bytes) {
    let ask = ChrmPullMsg { sync_time, count, ..Default::default() };
    let (status, body) = world.query(conn, Topic::ChrmPull, "r", &ask);
    assert_eq!(status, 0);
    let answer = ChrmDownStreamMessages::decode(body.clone()).unwrap();
    // A third field means one thing to old engines and another to new ones.
    assert_eq!((answer.compressio_enabled, &answer.compressed_data), (None, &None));
    let list = answer.list.iter().map(|bytes| DownStreamMessage::decode(bytes.clone()).unwrap());
    (list.collect(), answer.sync_time, body)
}

fn notices(world: &mut World) -> Vec<(ConnId, NotifyMsg)> {
    let notice = |(conn, seen)| match seen {
        Seen::Frame(ServerFrame::Publish { topic: Topic::SNtf, body, .. }) => {
            Some((conn, NotifyMsg::decode(body).unwrap())).filter(|(_, notify)| notify.r#type == 2)
        }
        _ => None,
    };
    std::mem::take(&mut world.out).into_iter().filter_map(notice).collect()
}

fn say(world: &mut World, conn: ConnId, text: &str) {
    assert_eq!(world.send(conn, Topic::ChatMsg, "r", text), 0);
}

#[test]
fn an_answers_time_never_falls_and_leaves_no_message_out() {
    let mut world = World::new(ROOM);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let joined = join(&mut world, alice, "r");
    join(&mut world, bob, "r");
    let (none, first, _) = pull(&mut world, alice, 0, -1);
    assert!(none.is_empty());
    // An empty room's answer does not make the next pull look like the first one.
    assert!(first >= joined.join_time.unwrap() && first > 0);
    // In the same millisecond as the join, and each later than the one before.
    for text in ["one", "two", "three"] {
        say(&mut world, bob, text);
    }
    let (all, second, _) = pull(&mut world, alice, first, -1);
    let times: Vec<i64> = all.iter().map(|message| message.data_time).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]) && times[0] > first, "{times:?}");
    assert_eq!((all.len(), second), (3, times[2]));
    assert_eq!((all[0].r#type, all[0].group_id(), all[0].direction), (4, "r", None));
    // Asked from beyond, the answer is not lower.
    assert_eq!(pull(&mut world, alice, second + 1000, 10).1, second + 1000);
}

#[test]
fn a_sender_gets_its_messages_back_on_its_other_devices_alone() {
    let mut world = World::new(ROOM);
    world.act(r#"{"setSwitch": {"name": "multiDeviceSync", "value": true}}"#);
    let (phone, web) = (world.settled("alice", "Android"), world.settled("alice", "Web"));
    join(&mut world, phone, "r");
    join(&mut world, web, "r");
    let (_, since, _) = pull(&mut world, phone, 0, 10);
    pull(&mut world, web, 0, 10);
    world.out.clear();
    say(&mut world, phone, "mine");
    assert_eq!(notices(&mut world).iter().map(|(conn, _)| *conn).collect::<Vec<_>>(), [web]);
    assert!(pull(&mut world, phone, since, 10).0.is_empty());
    let (mine, ..) = pull(&mut world, web, since, 10);
    assert_eq!((mine.len(), mine[0].direction), (1, Some(true)));
    // Reconnected, the phone still does not; joining anew, it does: its messages went with the stay.
    world.service.handle(world.now, service::Input::Closed { conn: phone });
    let phone = world.settled("alice", "Android");
    join(&mut world, phone, "r");
    assert!(pull(&mut world, phone, since, 10).0.is_empty());
    assert_eq!(pull(&mut world, phone, 0, 10).0.len(), 1);
}

#[test]
fn a_burst_costs_a_member_one_notice_and_everybody_gets_the_same_bytes() {
    const MEMBERS: usize = 500;
    let mut world = World::new(ROOM);
    let speaker = world.settled("alice", "Web");
    join(&mut world, speaker, "r");
    let members: Vec<ConnId> = (0..MEMBERS).map(|n| world.login(&format!("u{n}"), "Web")).collect();
    let mut since = 0;
    for member in &members {
        join(&mut world, *member, "r");
        since = pull(&mut world, *member, 0, -1).1;
        world.out.clear();
    }
    world.advance(2000);
    world.out.clear();
    for n in 0..100 {
        say(&mut world, speaker, &format!("m{n}"));
    }
    let told = notices(&mut world);
    assert_eq!(told.len(), MEMBERS, "one each");
    let bodies: Vec<Bytes> = members.iter().map(|member| pull(&mut world, *member, since, -1).2).collect();
    assert_eq!(ChrmDownStreamMessages::decode(bodies[0].clone()).unwrap().list.len(), 100);
    assert!(bodies.iter().all(|body| body.as_ptr() == bodies[0].as_ptr()), "encoded once");
    // Having pulled, they are told again; a notice that may have got lost is repeated after a while.
    say(&mut world, speaker, "next");
    assert_eq!(notices(&mut world).len(), MEMBERS);
    world.advance(4999);
    say(&mut world, speaker, "too soon");
    assert_eq!(notices(&mut world).len(), 0);
    world.advance(1);
    say(&mut world, speaker, "again");
    assert_eq!(notices(&mut world).len(), MEMBERS);
}

#[test]
fn what_is_older_than_a_room_retains_is_lost_to_who_pulls_late() {
    let mut world = World::new(
        r#"{"users": ["alice", "bob"], "chatrooms": {"r": {}},
            "limits": {"chatroomRetained": 60, "sendPerSecond": 0}}"#,
    );
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    join(&mut world, alice, "r");
    join(&mut world, bob, "r");
    let (_, since, _) = pull(&mut world, alice, 0, -1);
    for n in 0..100 {
        say(&mut world, bob, &format!("m{n}"));
    }
    assert_eq!(pull(&mut world, alice, since, 10).0.len(), 60);
}

#[test]
fn the_first_pull_of_entries_brings_all_of_them_whatever_it_asks_for() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    join(&mut world, alice, "r");
    join(&mut world, alice, "other");
    let entries = |world: &mut World, timestamp| {
        let ask = QueryChrmKv { timestamp, compressio_enabled: Some(true) };
        let (status, body) = world.query(alice, Topic::PullKv, "other", &ask);
        assert_eq!(status, 0);
        ChrmKvOutput::decode(body).unwrap()
    };
    // Engine 5.2 asks from where another room's entries ended.
    let elsewhere = world.now.0;
    let first = entries(&mut world, elsewhere);
    assert_eq!((first.entries.len(), first.b_full_update()), (1, true));
    assert!(first.sync_time() >= elsewhere);
    // What changes in that very millisecond is later than what the client has.
    let entry = ChrmKvEntity { key: "b".into(), value: "2".into(), ..Default::default() };
    let set = SetChrmKv { entry, ..Default::default() };
    assert_eq!(world.query(alice, Topic::SetKv, "other", &set).0, 0);
    let changed = entries(&mut world, first.sync_time());
    assert_eq!((changed.entries.len(), changed.b_full_update()), (1, false));
    let change = &changed.entries[0];
    assert_eq!((change.key.as_str(), change.uid(), change.version()), ("b", "alice", change.timestamp()));
}

#[test]
fn members_are_told_in_the_order_they_joined() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    let bob = world.settled("bob", "Web");
    for conn in [bob, alice] {
        join(&mut world, conn, "r");
        world.advance(1000);
    }
    let info = |world: &mut World, count, order| {
        let ask = QueryChatRoomInfoInput { count, order: Some(order) };
        let (status, body) = world.query(alice, Topic::QueryChrmI, "r", &ask);
        assert_eq!(status, 0);
        let answer = QueryChatRoomInfoOutput::decode(body).unwrap();
        let ids: Vec<&str> = answer.user_infos.iter().map(|member| member.id.as_str()).collect();
        (answer.user_total_nums(), ids.join(" "))
    };
    let info = |world: &mut World, count, order| {
        let (total, ids) = info(world, count, order);
        assert_eq!(total, 2);
        ids
    };
    assert_eq!(info(&mut world, 20, 1), "bob alice");
    assert_eq!(info(&mut world, 1, 2), "alice");
    assert_eq!((info(&mut world, 0, 1), info(&mut world, 5, 0)), (String::new(), String::new()));
}

#[test]
fn a_query_of_the_server_api_names_five_hundred_members() {
    let mut world = World::new(ROOM);
    for n in 0..600 {
        let conn = world.login(&format!("u{n:03}"), "Web");
        join(&mut world, conn, "r");
        world.advance(1);
        world.out.clear();
    }
    let (status, answer) = world.api("/chatroom/user/query.json", "chatroomId=r&count=600&order=1");
    let users = answer["users"].as_array().unwrap();
    assert_eq!((status, answer["total"].as_i64(), users.len()), (200, Some(600), 500));
    assert_eq!((users[0]["id"].as_str(), users[499]["id"].as_str()), (Some("u000"), Some("u499")));
    let (_, answer) = world.api("/chatroom/user/query.json", "chatroomId=r&count=500&order=2");
    assert_eq!(answer["users"][0]["id"].as_str(), Some("u599"));
}

#[test]
fn who_is_no_member_gets_neither_messages_nor_entries_nor_a_word_in() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    let ask = ChrmPullMsg { sync_time: 0, count: 10, ..Default::default() };
    let keys = QueryChrmKv { timestamp: 0, compressio_enabled: None };
    for (room, code) in [("r", 23406), ("nowhere", 23410)] {
        assert_eq!(world.query(alice, Topic::ChrmPull, room, &ask).0, code);
        assert_eq!(world.query(alice, Topic::PullKv, room, &keys).0, code);
        assert_eq!(world.send(alice, Topic::ChatMsg, room, "hello"), code);
        assert_eq!(world.query(alice, Topic::ExitChrm, room, &ChrmInput { nothing: 1, extra: None }).0, code);
    }
    let long = "r".repeat(65);
    assert_eq!(world.query(alice, Topic::JoinChrm, &long, &ChrmInput { nothing: 1, extra: None }).0, 23412);
    // A body that is none: a status, and a world as before.
    let before = world.service.state("chatrooms", None);
    world.frame(alice, ClientFrame::Query(Request::new(Topic::SetKvs, "r", 9, Bytes::from_static(b"\x0a"))));
    assert_eq!(world.service.state("chatrooms", None), before);
}

#[test]
fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    join(&mut world, alice, "r");
    let set = |world: &mut World, key: &str, value: &str| {
        let entry = ChrmKvEntity { key: key.into(), value: value.into(), ..Default::default() };
        let ask = SetChrmKv { entry, ..Default::default() };
        world.query(alice, Topic::SetKv, "r", &ask).0
    };
    let (most_key, most_value) = ("k".repeat(128), "v".repeat(4096));
    assert_eq!(set(&mut world, &most_key, &most_value), 0);
    for n in 1..100 {
        assert_eq!(set(&mut world, &format!("k{n}"), "x"), 0);
        world.advance(1000);
    }
    let before = world.service.state("chatrooms", None);
    let refused = [
        ("k100", "x", 23423),
        ("a b", "x", 23412),
        ("", "x", 23412),
        (&"k".repeat(129), "x", 23412),
        ("k1", &"v".repeat(4097), 23412),
    ];
    for (key, value, code) in refused {
        assert_eq!(set(&mut world, key, value), code, "{key}");
        world.advance(1000);
    }
    let tomorrow = world.now.0 + 24 * 3_600_000;
    let ask = ChrmPullMsg { sync_time: tomorrow, count: 10, ..Default::default() };
    assert_eq!(world.query(alice, Topic::ChrmPull, "r", &ask).0, 23412);
    let ask = QueryChrmKv { timestamp: tomorrow, compressio_enabled: None };
    assert_eq!(world.query(alice, Topic::PullKv, "r", &ask).0, 23412);
    for idle in [59, 24 * 60 + 1] {
        let form = format!("chatroomId=r&destroyType=0&destroyTime={idle}");
        assert_eq!(world.api("/chatroom/destroy/set.json", &form).0, 400, "{idle}");
    }
    assert_eq!(world.service.state("chatrooms", None), before);
    // Nobody has gone deaf.
    let since = pull(&mut world, alice, 0, -1).1;
    assert_eq!(
        world
            .api(
                "/message/chatroom/publish.json",
                "fromUserId=bob&toChatroomId=r&objectName=RC:TxtMsg&content=%7B%7D"
            )
            .0,
        200
    );
    assert_eq!(pull(&mut world, alice, since, -1).0.len(), 1);
}

#[test]
fn while_spreading_is_stopped_members_hear_nothing_and_later_nothing_of_it() {
    let mut world = World::new(ROOM);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    join(&mut world, alice, "r");
    join(&mut world, bob, "r");
    let since = pull(&mut world, bob, 0, -1).1;
    world.out.clear();
    assert_eq!(world.api("/chatroom/message/stopDistribution.json", "chatroomId=r").0, 200);
    say(&mut world, alice, "unheard");
    assert!(notices(&mut world).is_empty());
    assert!(pull(&mut world, bob, since, -1).0.is_empty());
    assert_eq!(world.api("/chatroom/message/resumeDistribution.json", "chatroomId=r").0, 200);
    say(&mut world, alice, "heard");
    assert_eq!(notices(&mut world).len(), 1);
    assert_eq!(pull(&mut world, bob, since, -1).0.len(), 1);
}

/// Sets an entry for the app server, or removes it.
fn write_entry(world: &mut World, room: &str, key: &str, value: Option<&str>) {
    let (path, more) = match value {
        Some(value) => ("/chatroom/entry/set.json", format!("&value={value}")),
        None => ("/chatroom/entry/remove.json", String::new()),
    };
    assert_eq!(world.api(path, &format!("chatroomId={room}&userId=host&key={key}{more}")).0, 200);
}

fn pull_entries(world: &mut World, conn: ConnId, room: &str, timestamp: i64) -> ChrmKvOutput {
    let ask = QueryChrmKv { timestamp, compressio_enabled: None };
    let (status, body) = world.query(conn, Topic::PullKv, room, &ask);
    assert_eq!(status, 0);
    ChrmKvOutput::decode(body).unwrap()
}

/// The times of entries that the connection was told of since the last call.
fn told_of_entries(world: &mut World, conn: ConnId) -> Vec<i64> {
    let frames = world.seen(conn).into_iter();
    frames
        .filter_map(|seen| match seen {
            Seen::Frame(ServerFrame::Publish { topic: Topic::SCmd, body, .. }) => {
                let notify = NotifyMsg::decode(body).unwrap();
                (notify.r#type == 2).then(|| notify.time())
            }
            _ => None,
        })
        .collect()
}

/// Cut off, and back in the room as an SDK comes back by itself.
fn back(world: &mut World, conn: ConnId, room: &str) -> ConnId {
    world.service.handle(world.now, service::Input::Closed { conn });
    let conn = world.login("alice", "Web");
    let (status, _) = world.query(conn, Topic::JoinChrmR, room, &ChrmInput { nothing: 1, extra: None });
    assert_eq!(status, 0);
    conn
}

#[test]
fn who_comes_back_and_asks_for_no_entries_is_told_of_newer_ones() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    join(&mut world, alice, "other");
    let had = pull_entries(&mut world, alice, "other", 0).sync_time();
    // Nothing is newer: nobody is told.
    let alice = back(&mut world, alice, "other");
    world.advance(60_000);
    assert!(told_of_entries(&mut world, alice).is_empty());
    // Cut again: a second after it is back it is told, once, and gets what changed since it had everything, removals too.
    world.service.handle(world.now, service::Input::Closed { conn: alice });
    write_entry(&mut world, "other", "a", None);
    write_entry(&mut world, "other", "b", Some("2"));
    let alice = back(&mut world, alice, "other");
    world.advance(999);
    assert!(told_of_entries(&mut world, alice).is_empty());
    world.advance(60_000);
    let told = told_of_entries(&mut world, alice);
    assert_eq!(told.len(), 1);
    // Engine 5.2 may ask from where another room's entries ended.
    let now = world.now.0;
    let given = pull_entries(&mut world, alice, "other", now);
    assert!(given.sync_time() >= told[0] && told[0] > had);
    let changes: Vec<(&str, bool)> =
        given.entries.iter().map(|entry| (entry.key.as_str(), entry.status() & 4 != 0)).collect();
    assert_eq!((changes, given.b_full_update()), (vec![("a", true), ("b", false)], false));
    // Who asks by itself is not told beside.
    world.service.handle(world.now, service::Input::Closed { conn: alice });
    write_entry(&mut world, "other", "b", Some("3"));
    let alice = back(&mut world, alice, "other");
    assert_eq!(pull_entries(&mut world, alice, "other", given.sync_time()).entries.len(), 1);
    world.seen(alice);
    world.advance(60_000);
    assert!(told_of_entries(&mut world, alice).is_empty());
}

#[test]
fn who_comes_back_and_asks_for_no_messages_is_told_of_newer_ones() {
    let mut world = World::new(ROOM);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let first = join(&mut world, alice, "r").join_time();
    join(&mut world, bob, "r");
    world.advance(1000);
    say(&mut world, bob, "before");
    pull(&mut world, alice, first, 20);
    // Nothing is newer: nobody is told.
    let mut alice = back(&mut world, alice, "r");
    notices(&mut world);
    world.advance(60_000);
    assert_eq!(notices(&mut world), []);
    // Who asks by itself is not told beside.
    for asks in [false, true] {
        world.service.handle(world.now, service::Input::Closed { conn: alice });
        say(&mut world, bob, "meanwhile");
        alice = back(&mut world, alice, "r");
        if asks {
            pull(&mut world, alice, first, 20);
        }
        notices(&mut world);
        world.advance(60_000);
        let told: Vec<ConnId> = notices(&mut world).into_iter().map(|(conn, _)| conn).collect();
        assert_eq!(told, if asks { vec![] } else { vec![alice] }, "asks {asks}");
        pull(&mut world, alice, first, 20);
    }
    // Who is a member still came when it came first: clients pull from there on. Who joins by a call begins anew.
    let (_, body) = world.query(alice, Topic::JoinChrmR, "r", &ChrmInput { nothing: 1, extra: None });
    assert_eq!(ChrmOutput::decode(body).unwrap().join_time(), first);
    assert!(join(&mut world, alice, "r").join_time() > first);
}

#[test]
fn who_joins_by_a_call_or_whose_stay_was_over_begins_anew() {
    let mut world = World::new(ROOM);
    let alice = world.settled("alice", "Web");
    join(&mut world, alice, "other");
    let had = pull_entries(&mut world, alice, "other", 0).sync_time();
    world.service.handle(world.now, service::Input::Closed { conn: alice });
    write_entry(&mut world, "other", "b", Some("2"));
    // By a call: all of them, whatever it had.
    let alice = world.login("alice", "Web");
    join(&mut world, alice, "other");
    let given = pull_entries(&mut world, alice, "other", had);
    assert_eq!((given.entries.len(), given.b_full_update()), (2, true));
    // The room has forgotten it: it is told, and gets all.
    assert_eq!(world.query(alice, Topic::ExitChrm, "other", &ChrmInput { nothing: 1, extra: None }).0, 0);
    let alice = back(&mut world, alice, "other");
    world.advance(60_000);
    assert_eq!(told_of_entries(&mut world, alice).len(), 1);
    let given = pull_entries(&mut world, alice, "other", given.sync_time());
    assert_eq!((given.entries.len(), given.b_full_update()), (2, true));
    // With the bug nobody is told.
    world.act(r#"{"misbehave": {"bug": "returners_hear_no_entries", "on": true}}"#);
    world.service.handle(world.now, service::Input::Closed { conn: alice });
    write_entry(&mut world, "other", "b", Some("4"));
    let alice = back(&mut world, alice, "other");
    world.advance(60_000);
    assert!(told_of_entries(&mut world, alice).is_empty());
}

#[test]
fn a_key_that_passed_to_somebody_else_is_told_as_forced() {
    let mut world = World::new(ROOM);
    let [alice, bob] = ["alice", "bob"].map(|user| world.settled(user, "Web"));
    for conn in [alice, bob] {
        join(&mut world, conn, "r");
    }
    let change = |world: &mut World, conn, value: &str, status| {
        let entry = ChrmKvEntity { key: "k".into(), value: value.into(), status, ..Default::default() };
        let topic = if status.is_some() { Topic::DelKv } else { Topic::SetKv };
        assert_eq!(world.query(conn, topic, "r", &SetChrmKv { entry, ..Default::default() }).0, 0);
        world.advance(1000);
    };
    change(&mut world, alice, "alice's", None);
    let had = pull_entries(&mut world, bob, "r", 0);
    assert_eq!(had.entries[0].status(), 0);
    // Given up, taken without force, changed again: who asks for what changed sees one change, by another owner.
    change(&mut world, alice, "", Some(4));
    change(&mut world, bob, "bob's", None);
    change(&mut world, bob, "bob's too", None);
    let given = pull_entries(&mut world, bob, "r", had.sync_time());
    let told: Vec<(&str, &str, i32)> =
        given.entries.iter().map(|entry| (entry.value.as_str(), entry.uid(), entry.status())).collect();
    assert_eq!(told, [("bob's too", "bob", 2)]);
}
