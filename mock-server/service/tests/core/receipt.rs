//! Receipts and read states: who hears of them, and the queries of the second scheme.

use prost::Message;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{
        DownStreamMessages, GrpReadReceiptMsg, GrpReadReceiptQryReq, GrpReadReceiptQryResp, SyncRequestMsg,
        UpStreamMessage,
    },
};

use crate::world::{Seen, World};

const GROUP: &str = r#"{"users": ["alice", "bob", "carol"], "groups": {"g": ["alice", "bob", "carol"]},
                        "switches": {"groupReceiptQueries": true}}"#;

fn read(uids: &[&str]) -> GrpReadReceiptMsg {
    GrpReadReceiptMsg { msg_id: uids.iter().map(|uid| (*uid).to_owned()).collect(), channel_id: None }
}

fn who(uid: &str) -> GrpReadReceiptQryReq {
    GrpReadReceiptQryReq { msg_id: vec![uid.to_owned()], channel_id: None }
}

#[test]
fn the_second_scheme_knows_who_has_read_a_group_message_first() {
    let mut world = World::new(GROUP);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    let first = world.now.0;
    assert_eq!(world.query(bob, Topic::RrMsg, "g", &read(&["m1", "m2"])).0, 0);
    world.advance(1000);
    assert_eq!(world.query(bob, Topic::RrMsg, "g", &read(&["m1"])).0, 0);
    let (status, body) = world.query(alice, Topic::RrList, "g", &who("m1"));
    let answer = GrpReadReceiptQryResp::decode(body).unwrap();
    assert_eq!((status, answer.total_member_num, answer.list.len()), (0, 2, 1));
    assert_eq!((answer.list[0].user_id.as_str(), answer.list[0].read_time), ("bob", first));
    let (_, body) = world.query(alice, Topic::RrList, "g", &who("m3"));
    assert!(GrpReadReceiptQryResp::decode(body).unwrap().list.is_empty());
    assert_eq!(world.query(bob, Topic::RrMsg, "g", &read(&[])).0, 26010);
    assert_eq!(world.query(bob, Topic::RrMsg, "other", &read(&["m1"])).0, 22406);
    world.act(r#"{"setSwitch": {"name": "groupReceiptQueries", "value": false}}"#);
    assert_eq!(world.query(bob, Topic::RrMsg, "g", &read(&["m1"])).0, 20606);
    assert_eq!(world.query(alice, Topic::RrList, "g", &who("m1")).0, 20606);
}

#[test]
fn a_read_state_goes_to_the_users_own_devices_alone() {
    // Not even a blacklist of the peer's stands in its way: the peer is not written to.
    let setup = r#"{"users": ["alice", "bob"], "blacklists": {"bob": ["alice"]}, "switches": {"multiDeviceSync": true}}"#;
    let mut world = World::new(setup);
    let phone = world.settled("alice", "Android");
    let page = world.settled("alice", "Web");
    let bob = world.settled("bob", "Android");
    for conn in [phone, page, bob] {
        world.seen(conn);
    }
    let up = UpStreamMessage {
        classname: "RC:SRSMsg".into(),
        content: r#"{"lastMessageSendTime":5}"#.into(),
        user_id: vec!["alice".into()],
        ..UpStreamMessage::default()
    };
    let request = Request::new(Topic::PpMsgP, "bob", 9, up.encode_to_vec().into());
    world.frame(phone, ClientFrame::Publish(request));
    assert!(world.seen(bob).is_empty());
    let mirrored = |seen: &Seen| matches!(seen, Seen::Frame(ServerFrame::Publish { dup: true, target, .. }) if target == "bob");
    assert!(world.seen(page).iter().any(mirrored));
    assert!(matches!(world.seen(phone)[..], [Seen::Frame(ServerFrame::PubAck { id: 9, status: 0, .. })]));
    assert_eq!(world.service.state("mailboxes", Some("bob")).unwrap()["count"], 0);
}

#[test]
fn group_messages_of_the_server_api_reach_members_named_or_all_and_the_sender_on_request() {
    let mut world = World::new(GROUP);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    let carol = world.settled("carol", "Android");
    let form = |extra: &str| {
        format!(
            "fromUserId=alice&toGroupId=g&objectName=RC:TxtMsg&content=%7B%22content%22%3A%22x%22%7D{extra}"
        )
    };
    let (status, answer) = world.api("/message/group/publish.json", &form(""));
    assert_eq!((status, answer["messageUIDs"][0]["groupId"].as_str()), (200, Some("g")));
    let counts = [alice, bob, carol].map(|conn| world.pushed(conn).len());
    assert_eq!(counts, [0, 1, 1]);
    world.api("/message/group/publish.json", &form("&isIncludeSender=1&toUserId=bob"));
    let counts = [bob, carol].map(|conn| world.pushed(conn).len());
    assert_eq!((counts, world.announced(alice)), ([1, 0], 1));
    let own = world.pull(alice, 0).list;
    assert_eq!((own.len(), own[0].direction(), own[0].group_id()), (1, true, "g"));
    let (status, _) = world.api("/message/group/publish.json", &form("&toGroupId=h&toUserId=bob"));
    assert_eq!(status, 400);
    let (status, _) = world.api("/message/group/publish.json", &form("&toGroupId=h,i,j"));
    assert_eq!(status, 400);
}

#[test]
fn without_sync_a_sender_is_told_to_pull_what_is_shown_to_it_and_gets_it_while_it_is_online() {
    let mut world = World::new(GROUP);
    let alice = world.settled("alice", "Web");
    let publish = |world: &mut World| {
        let form = "fromUserId=alice&toUserId=bob&objectName=RC:TxtMsg&content=%7B%22content%22%3A%22x%22%7D&isIncludeSender=1";
        assert_eq!(world.api("/message/private/publish.json", form).0, 200);
    };
    let pull = |world: &mut World, conn, sent_after: i64, sent_too: bool| {
        let ask = SyncRequestMsg {
            sync_time: Some(1),
            is_pull_send: Some(sent_too),
            send_box_sync_time: Some(sent_after),
            ..SyncRequestMsg::default()
        };
        DownStreamMessages::decode(world.query(conn, Topic::PullMsg, "me", &ask).1).unwrap()
    };
    world.seen(alice);
    publish(&mut world);
    publish(&mut world);
    // Never as a body: engine 5.28 takes that for a mere reason to pull, and finds what waits.
    let is_body = |seen: &Seen| matches!(seen, Seen::Frame(ServerFrame::Publish { topic: Topic::SMsg, .. }));
    assert!(!world.seen(alice).iter().any(is_body));
    let given = pull(&mut world, alice, 0, true);
    let own: Vec<_> = given.list.iter().map(|own| (own.direction(), own.from_user_id.as_str())).collect();
    assert_eq!(own, [(true, "bob"), (true, "bob")]);
    assert!(given.finished() && given.sync_time >= given.list[1].data_time);
    // As far as it has come it has them; an answer that was lost is given again.
    assert_eq!(pull(&mut world, alice, given.list[0].data_time, true).list.len(), 1);
    assert_eq!(pull(&mut world, alice, given.list[1].data_time, true).list.len(), 0);
    // What it has not pulled when it goes is gone, and nobody else of the user gets it.
    publish(&mut world);
    let phone = world.login("alice", "Android");
    assert_eq!(pull(&mut world, phone, 0, true).list.len(), 0);
    world.service.handle(world.now, service::Input::Closed { conn: alice });
    world.service.handle(world.now, service::Input::Closed { conn: phone });
    let alice = world.login("alice", "Web");
    assert_eq!(pull(&mut world, alice, 0, true).list.len(), 0);
    // The native client asks for what its user sent when it logs in alone. What it is told of later it is given all the same,
    // and once.
    publish(&mut world);
    let given = pull(&mut world, alice, 0, false).list;
    assert_eq!(given.iter().map(|own| own.direction()).collect::<Vec<_>>(), [true]);
    assert_eq!(pull(&mut world, alice, 0, false).list.len(), 0);
    // A client that does not pull what its user sent is given the body.
    world.seen(alice);
    publish(&mut world);
    assert!(world.seen(alice).iter().any(is_body));
}
