//! Ultra groups: what clients depend on, and what many members cost.

use bytes::Bytes;
use prost::Message;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{
        DownStreamMessages, NotifyMsg, QryRemindListReq, QryRemindListResp, RelationInfo, RelationsOutput,
        SessionMsgReadInput, UltraGrpPullMsg, UltraGrpPullSes, UpStreamMessage,
    },
};

use crate::world::{Seen, World, text_of};
use service::ConnId;

const TOWN: &str = r#"{"users": ["alice", "bob", "carol"],
    "ultraGroups": {"town": {"name": "Town", "members": ["alice", "bob", "carol"], "channels": {"news": {},
        "council": {"type": "private", "members": ["alice", "bob"]}}}, "village": {"members": ["alice", "bob"]}},
    "switches": {"ultraGroup": true}, "limits": {"sendPerSecond": 0}}"#;

pub(crate) fn say(
    world: &mut World,
    conn: ConnId,
    group: &str,
    channel: &str,
    content: &str,
) -> (u16, String, i64) {
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: content.to_owned().into(),
        bus_channel: Some(channel.to_owned()),
        ..Default::default()
    };
    publish(world, conn, Topic::UgMsg, group, &up)
}

/// Status, UID and time of the acknowledgement.
pub(crate) fn publish(
    world: &mut World,
    conn: ConnId,
    topic: Topic,
    target: &str,
    body: &impl Message,
) -> (u16, String, i64) {
    world.frame(conn, ClientFrame::Publish(Request::new(topic, target, 9, body.encode_to_vec().into())));
    let acks = world.out.iter().rev().filter(|(to, _)| *to == conn);
    let ack = acks.into_iter().find_map(|(_, seen)| match seen {
        Seen::Frame(ServerFrame::PubAck { id: 9, status, time, message_uid }) => {
            Some((*status, message_uid.clone(), time.0))
        }
        _ => None,
    });
    ack.expect("an acknowledgement")
}

pub(crate) fn text(world: &mut World, conn: ConnId, group: &str, channel: &str, text: &str) -> (String, i64) {
    let (status, uid, time) = say(world, conn, group, channel, &format!(r#"{{"content":"{text}"}}"#));
    assert_eq!(status, 0);
    (uid, time)
}

pub(crate) fn pull(world: &mut World, conn: ConnId, sync_time: i64) -> (DownStreamMessages, Bytes) {
    let ask = UltraGrpPullMsg { sync_time, compressio_enabled: None };
    let (status, body) = world.query(conn, Topic::PullUgMsg, "me", &ask);
    assert_eq!(status, 0);
    let answer = DownStreamMessages::decode(body.clone()).unwrap();
    assert!(answer.sync_time >= sync_time && answer.finished.is_some());
    (answer, body)
}

pub(crate) fn texts(answer: &DownStreamMessages) -> Vec<String> {
    answer.list.iter().map(|message| format!("{}:{}", message.bus_channel(), text_of(message))).collect()
}

fn sessions(world: &mut World, conn: ConnId, sync_time: i64) -> (Vec<RelationInfo>, bool) {
    let ask = UltraGrpPullSes { sync_time, is_erase_msg_content: Some(false) };
    let (status, body) = world.query(conn, Topic::PullUgSes, "me", &ask);
    assert_eq!(status, 0);
    let answer = RelationsOutput::decode(body).unwrap();
    (answer.info.clone(), answer.is_finished.expect("always set"))
}

pub(crate) fn commands(world: &mut World, kind: i32) -> Vec<(ConnId, NotifyMsg)> {
    let notice = |(conn, seen)| match seen {
        Seen::Frame(ServerFrame::Publish { topic: Topic::SCmd, body, .. }) => {
            Some((conn, NotifyMsg::decode(body).unwrap())).filter(|(_, notify)| notify.r#type == kind)
        }
        _ => None,
    };
    std::mem::take(&mut world.out).into_iter().filter_map(notice).collect()
}

fn told(world: &mut World) -> Vec<ConnId> {
    commands(world, 6).into_iter().map(|(conn, _)| conn).collect()
}

fn read(world: &mut World, conn: ConnId, channel: &str) -> (u16, String, i64) {
    let ask = SessionMsgReadInput {
        r#type: Some(10),
        msg_time: Some(0),
        channel_id: Some("town".into()),
        bus_channel: Some(channel.into()),
    };
    publish(world, conn, Topic::UpdUgRTime, "me", &ask)
}

#[test]
fn one_watermark_stands_for_all_groups_and_channels() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = pull(&mut world, alice, 0).0;
    assert!(start.list.is_empty() && start.sync_time > 0);
    // All in one millisecond, each later than the one before, whatever its group.
    let first = text(&mut world, bob, "town", "news", "one");
    text(&mut world, bob, "village", "", "two");
    let own = text(&mut world, alice, "town", "council", "mine");
    assert!(first.1 > start.sync_time && own.1 > first.1);
    let (answer, _) = pull(&mut world, alice, start.sync_time);
    assert_eq!(texts(&answer), ["news:one", "RCDefault:two", "council:mine"]);
    let message = &answer.list[0];
    assert_eq!((message.r#type, message.group_id(), message.status), (10, "town", 16 | 32));
    assert_eq!((message.msg_id(), message.data_time, message.direction), (first.0.as_str(), first.1, None));
    assert_eq!((answer.list[2].direction, answer.list[2].ext_status()), (Some(true), 8));
    assert_eq!((answer.sync_time, answer.finished()), (own.1, true));
    assert!(pull(&mut world, alice, own.1).0.list.is_empty());
}

#[test]
fn packages_end_before_they_are_too_large() {
    let mut world = World::new(&TOWN.replace("\"limits\": {", "\"limits\": {\"package\": 2, "));
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let mut since = pull(&mut world, alice, 0).0.sync_time;
    let mut got = Vec::new();
    for (n, group) in ["town", "village", "town", "village", "town"].into_iter().enumerate() {
        text(&mut world, bob, group, "", &n.to_string());
    }
    loop {
        let (answer, _) = pull(&mut world, alice, since);
        assert!(answer.list.len() <= 2);
        got.extend(texts(&answer));
        since = answer.sync_time;
        if answer.finished() {
            break;
        }
    }
    assert_eq!(got, ["RCDefault:0", "RCDefault:1", "RCDefault:2", "RCDefault:3", "RCDefault:4"]);
}

#[test]
fn members_who_see_the_channel_are_told_once_until_they_pull() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let (carol, phone) = (world.settled("carol", "Web"), world.settled("alice", "Android"));
    world.out.clear();
    let (_, time) = text(&mut world, alice, "town", "news", "one");
    let notices = commands(&mut world, 6);
    assert_eq!(notices.iter().map(|(conn, _)| *conn).collect::<Vec<_>>(), [bob, carol, phone]);
    assert!(notices.iter().all(|(_, notify)| notify.time == Some(time)));
    text(&mut world, alice, "town", "news", "two");
    assert!(told(&mut world).is_empty());
    pull(&mut world, bob, time);
    world.out.clear();
    text(&mut world, alice, "town", "council", "three");
    assert_eq!(told(&mut world), [bob]);
    // What was not followed by a pull is taken for lost.
    world.advance(5000);
    world.out.clear();
    text(&mut world, alice, "town", "council", "four");
    assert_eq!(told(&mut world), [bob, phone]);
    assert_eq!(texts(&pull(&mut world, carol, time).0), ["news:two"]);
}

#[test]
fn who_may_not_send_is_told_why_and_nobody_hears_of_it() {
    let mut world = World::new(TOWN);
    let (alice, carol) = (world.settled("alice", "Web"), world.settled("carol", "Web"));
    let start = pull(&mut world, alice, 0).0.sync_time;
    world.out.clear();
    for (conn, group, channel, code) in [
        (alice, "nowhere", "news", 24410),
        (carol, "village", "", 24406),
        (alice, "town", "none", 24414),
        (carol, "town", "council", 24416),
        (alice, "town", "longer-than-20-letters", 24403),
    ] {
        assert_eq!(say(&mut world, conn, group, channel, "{}").0, code, "{group} {channel}");
    }
    assert!(told(&mut world).is_empty());
    assert!(pull(&mut world, alice, start).0.list.is_empty());
    world.act(r#"{"setSwitch": {"name": "ultraGroup", "value": false}}"#);
    assert_eq!(say(&mut world, alice, "town", "news", "{}").0, 24401);
    // Old SDKs sync whatever navigation says.
    assert!(pull(&mut world, alice, start).0.list.is_empty());
    assert_eq!(sessions(&mut world, alice, 0), (Vec::new(), true));
}

#[test]
fn without_the_default_channel_a_message_belongs_to_none() {
    let mut world =
        World::new(&TOWN.replace("\"ultraGroup\"", "\"ultraGroupDefaultChannel\": false, \"ultraGroup\""));
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = pull(&mut world, alice, 0).0.sync_time;
    text(&mut world, bob, "town", "", "one");
    assert_eq!(say(&mut world, bob, "town", "RCDefault", "{}").0, 24414);
    // The service is moved to how it is today.
    world.act(r#"{"setSwitch": {"name": "ultraGroupDefaultChannel", "value": true}}"#);
    text(&mut world, bob, "town", "", "two");
    assert_eq!(texts(&pull(&mut world, alice, start).0), [":one", "RCDefault:two"]);
}

#[test]
fn the_list_counts_what_is_unread_and_who_is_mentioned() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let (first, first_time) = text(&mut world, bob, "town", "news", "one");
    text(&mut world, alice, "town", "news", "own");
    let mention = |kind: &str| format!(r#"{{"content":"x","mentionedInfo":{{{kind}}}}}"#);
    say(&mut world, bob, "town", "news", &mention(r#""type":1"#));
    say(&mut world, bob, "town", "news", &mention(r#""type":2,"userIdList":["alice"]"#));
    let last = say(&mut world, bob, "town", "news", &mention(r#""type":2,"userIdList":["carol"]"#));
    text(&mut world, bob, "village", "", "two");
    let (list, finished) = sessions(&mut world, alice, 0);
    let info = &list[0];
    assert_eq!(
        (list.len(), finished, info.r#type, info.user_id.as_str(), info.bus_channel()),
        (2, true, 10, "town", "news")
    );
    assert_eq!((info.unread_count(), info.remind_count(), info.remind_me_count()), (4, 2, 1));
    assert_eq!((info.version_time(), info.read_msg_time(), info.bus_channel_type()), (last.2, 0, 0));
    let unread = info.msg_info.clone().unwrap();
    assert_eq!(
        (unread.msg_id.clone(), unread.msg_time, unread.class_name()),
        (first, first_time, "RC:TxtMsg")
    );
    assert_eq!(info.msg.as_ref().unwrap().msg_id(), last.1);
    // Only what changed since.
    assert_eq!(sessions(&mut world, alice, last.2).0.len(), 1);
    let digests = |world: &mut World, msg_time| {
        let ask = QryRemindListReq {
            group_id: "town".into(),
            bus_channel: Some("news".into()),
            msg_time: Some(msg_time),
            size: Some(10),
        };
        let (status, body) = world.query(alice, Topic::QryUgUal, "me", &ask);
        assert_eq!(status, 0);
        QryRemindListResp::decode(body).unwrap().msg_info
    };
    let mentions = digests(&mut world, 0);
    assert_eq!(mentions.iter().map(|info| info.remind_type()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(digests(&mut world, mentions[0].msg_time).len(), 1);
    let (status, _, time) = read(&mut world, alice, "news");
    let (list, _) = sessions(&mut world, alice, last.2);
    let info = list.iter().find(|info| info.bus_channel() == "news").unwrap();
    assert_eq!((status, info.unread_count(), info.remind_count(), info.read_msg_time()), (0, 0, 0, time));
    assert!(info.msg_info.is_none() && digests(&mut world, 0).is_empty());
    assert_eq!(sessions(&mut world, bob, 0).0[0].unread_count(), 1);
}

#[test]
fn a_count_ends_at_999_and_the_list_comes_in_pages() {
    let mut world = World::new(&TOWN.replace("\"limits\": {", "\"limits\": {\"package\": 2, "));
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    for n in 0..1000 {
        text(&mut world, bob, "town", "news", &n.to_string());
        world.out.clear();
    }
    text(&mut world, bob, "town", "", "x");
    text(&mut world, bob, "village", "", "x");
    let (first, finished) = sessions(&mut world, alice, 0);
    assert_eq!((first.len(), finished, first[0].unread_count()), (2, false, 999));
    let (rest, finished) = sessions(&mut world, alice, first[1].version_time());
    assert_eq!((rest.len(), finished, rest[0].user_id.as_str()), (1, true, "village"));
}

#[test]
fn other_devices_of_the_user_learn_what_was_read() {
    let mut world = World::new(TOWN);
    let (web, phone) = (world.settled("alice", "Web"), world.settled("alice", "Android"));
    let bob = world.settled("bob", "Web");
    world.out.clear();
    read(&mut world, web, "news");
    let seen = world.seen(phone);
    let [Seen::Frame(ServerFrame::Publish { dup: true, qos: 1, topic, id, body, .. }), Seen::Frame(ack)] =
        &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!(*topic, Topic::UpdUgRTime);
    assert_eq!(SessionMsgReadInput::decode(body.clone()).unwrap().bus_channel(), "news");
    assert!(matches!(ack, ServerFrame::PubAck { id: acked, status: 0, .. } if acked == id), "{ack:?}");
    assert!(world.seen(bob).is_empty());
}

#[test]
fn who_joins_later_neither_gets_nor_counts_what_was_said_before() {
    let mut world = World::new(TOWN);
    let (alice, dave) = (world.settled("alice", "Web"), world.settled("dave", "Web"));
    let start = pull(&mut world, dave, 0).0.sync_time;
    text(&mut world, alice, "town", "news", "before");
    assert_eq!(world.api("/ultragroup/join.json", "groupId=town&userId=dave").0, 200);
    assert!(sessions(&mut world, dave, 0).0.is_empty());
    text(&mut world, alice, "town", "news", "after");
    assert_eq!(texts(&pull(&mut world, dave, start).0), ["news:after"]);
    assert_eq!(sessions(&mut world, dave, 0).0[0].unread_count(), 1);
    let add = "groupId=town&busChannel=council&userIds=dave";
    text(&mut world, alice, "town", "council", "secret");
    assert_eq!(world.api("/ultragroup/channel/private/users/add.json", add).0, 200);
    text(&mut world, alice, "town", "council", "shared");
    assert_eq!(texts(&pull(&mut world, dave, start).0), ["news:after", "council:shared"]);
    assert_eq!(world.api("/ultragroup/channel/private/users/del.json", add).0, 200);
    assert_eq!(texts(&pull(&mut world, dave, start).0), ["news:after"]);
    assert_eq!(world.api("/ultragroup/quit.json", "groupId=town&userId=dave").0, 200);
    assert!(pull(&mut world, dave, start).0.list.is_empty());
    assert_eq!(say(&mut world, dave, "town", "news", "{}").0, 24406);
}

#[test]
fn a_message_costs_as_much_as_members_are_online() {
    const MEMBERS: usize = 20_000;
    const ONLINE: usize = 50;
    let members: Vec<String> = (0..MEMBERS).map(|n| format!("\"u{n}\"")).collect();
    let mut world = World::new(&format!(
        r#"{{"ultraGroups": {{"city": {{"members": [{}]}}}}, "switches": {{"ultraGroup": true}},
            "limits": {{"sendPerSecond": 0}}}}"#,
        members.join(",")
    ));
    let conns: Vec<ConnId> = (0..ONLINE).map(|n| world.settled(&format!("u{n}"), "Web")).collect();
    let since = pull(&mut world, conns[0], 0).0.sync_time;
    let before = format!("{:?}", world.service.state("mailboxes", None)).len();
    world.out.clear();
    for n in 0..100 {
        text(&mut world, conns[0], "city", "", &n.to_string());
    }
    assert_eq!(told(&mut world).len(), ONLINE - 1, "one each");
    let bodies: Vec<Bytes> = conns[1..].iter().map(|conn| pull(&mut world, *conn, since).1).collect();
    assert_eq!(DownStreamMessages::decode(bodies[0].clone()).unwrap().list.len(), 100);
    assert!(bodies.iter().all(|body| body.as_ptr() == bodies[0].as_ptr()), "encoded once");
    assert_eq!(
        format!("{:?}", world.service.state("mailboxes", None)).len(),
        before,
        "nothing is kept a member"
    );
    assert_eq!(world.service.state("pushes", None), Some(serde_json::json!([])), "nobody has a phone");
}

#[test]
fn members_with_a_phone_who_are_offline_get_pushes() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Android"));
    let carol = world.settled("carol", "Android");
    for conn in [bob, carol] {
        world.service.handle(world.now, service::Input::Closed { conn });
    }
    text(&mut world, alice, "town", "council", "hi");
    let pushes = world.service.state("pushes", None).unwrap();
    let [push] = pushes.as_array().unwrap().as_slice() else { panic!("{pushes}") };
    assert_eq!((push["user"].as_str(), push["sent"].as_bool()), (Some("bob"), Some(true)));
    assert_eq!((push["title"].as_str(), push["content"].as_str()), (Some("Town"), Some("alice: hi")));
}

#[test]
fn pushes_of_a_group_are_as_far_apart_as_ordered() {
    let mut world = World::new(
        &TOWN.replace("\"sendPerSecond\": 0", "\"sendPerSecond\": 0, \"ultraGroupPushSeconds\": 60"),
    );
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Android"));
    world.service.handle(world.now, service::Input::Closed { conn: bob });
    for wait in [0, 59_999, 1] {
        world.advance(wait);
        text(&mut world, alice, "town", "news", "hi");
    }
    text(&mut world, alice, "village", "", "hi");
    let pushes = world.service.state("pushes", None).unwrap();
    let sent: Vec<Option<bool>> =
        pushes.as_array().unwrap().iter().map(|push| push["sent"].as_bool()).collect();
    assert_eq!(sent, [Some(true), Some(false), Some(true), Some(true)]);
    assert_eq!(pushes[1]["setting"], "frequency");
}
