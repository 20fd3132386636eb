//! What breaks a rule of ultra groups is refused with the documented code, and nothing changes by it.

use prost::Message;
use wire::{
    Topic,
    body::{
        HistoryMsgInput, HistoryMsgOuput, MessageQueryInfo, MsgChangeList, MsgChangeReq, MsgQuery,
        QueryMsgChange, SessionMsgReadInput, UpStreamMessage,
    },
};

use crate::{
    ultra_group::{publish, say, text},
    world::{World, text_of},
};
use service::ConnId;

const WORLD: &str = r#"{"users": ["alice", "bob", "carol", "dave"],
    "ultraGroups": {"u": {"members": ["alice", "bob", "carol"],
                          "channels": {"open": {}, "closed": {"type": "private", "members": ["alice", "bob"]}}}},
    "switches": {"ultraGroup": true, "recallOwnOnly": true}, "limits": {"sendPerSecond": 0}}"#;

/// Everything that could have changed: the groups, what is in the channels, and the list of changes.
fn everything(world: &mut World, conn: ConnId) -> (String, Vec<String>, usize) {
    let state = world.service.state("ultragroups", None).unwrap().to_string();
    let mut texts = Vec::new();
    for channel in ["RCDefault", "open", "closed"] {
        let ask = HistoryMsgInput {
            target_id: Some("u".into()),
            bus_channel: Some(channel.into()),
            time: Some(0),
            order: Some(0),
            count: Some(100),
            ..Default::default()
        };
        let (status, body) = world.query(conn, Topic::QryUgMsg, "me", &ask);
        assert_eq!(status, 0);
        let page = HistoryMsgOuput::decode(body).unwrap();
        texts.extend(
            page.list.iter().map(|down| format!("{channel} {} {}", text_of(down), down.extra_content())),
        );
    }
    let ask = QueryMsgChange { sync_time: Some(1), ..Default::default() };
    let (_, body) = world.query(conn, Topic::QryMsgChange, "me", &ask);
    (state, texts, MsgChangeList::decode(body).unwrap().list.len())
}

#[test]
fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let mut world = World::new(WORLD);
    let [alice, carol, dave] = ["alice", "carol", "dave"].map(|user| world.settled(user, "Web"));
    let bob = world.settled("bob", "Web");
    let (foreign, _) = text(&mut world, bob, "u", "open", "bob's");
    let (hidden, _) = text(&mut world, bob, "u", "closed", "bob's secret");
    let before = everything(&mut world, alice);

    for (conn, group, channel, code) in [
        (alice, "nowhere", "open", 24410),
        (alice, "u", "nowhere", 24414),
        (dave, "u", "open", 24406),
        (carol, "u", "closed", 24416),
        (alice, "u", "longer-than-20-letters", 24403),
    ] {
        assert_eq!(say(&mut world, conn, group, channel, "{}").0, code, "{group} {channel}");
        let ask = SessionMsgReadInput {
            r#type: Some(10),
            msg_time: Some(1),
            channel_id: Some(group.into()),
            bus_channel: Some(channel.into()),
        };
        assert_eq!(
            publish(&mut world, conn, Topic::UpdUgRTime, "me", &ask).0,
            code,
            "read {group} {channel}"
        );
        let ask = HistoryMsgInput {
            target_id: Some(group.into()),
            bus_channel: Some(channel.into()),
            count: Some(10),
            ..Default::default()
        };
        assert_eq!(world.query(conn, Topic::QryUgMsg, "me", &ask).0, code, "history {group} {channel}");
    }

    let change = |uid: &str, channel: &str, content: &str| MsgChangeReq {
        target_id: Some("u".into()),
        r#type: Some(10),
        msg_uid: Some(uid.to_owned()),
        bus_channel: Some(channel.into()),
        content: Some(content.to_owned()),
        ..Default::default()
    };
    let mut ask = |conn, topic, uid: &str, content: &str| {
        world.query(conn, topic, "u", &change(uid, "open", content)).0
    };
    // Another's message; one that is none; one in a channel that carol does not see.
    assert_eq!(ask(alice, Topic::ModifyMsg, &foreign, r#"{"content":"mine"}"#), 22204);
    assert_eq!(ask(bob, Topic::ModifyMsg, "38H2-3RTL-I000-8ERC", "{}"), 22201);
    assert_eq!(ask(bob, Topic::ModifyMsg, "no uid", "{}"), 22201);
    assert_eq!(ask(carol, Topic::UpMsgEx, &hidden, r#"{"put":{"k":"v"}}"#), 24416);
    // Sent without expansion; not what an expansion is; from outside.
    assert_eq!(ask(bob, Topic::UpMsgEx, &foreign, r#"{"put":{"k":"v"}}"#), 22202);
    assert_eq!(ask(bob, Topic::UpMsgEx, &foreign, "no JSON"), 22203);
    assert_eq!(ask(dave, Topic::UpMsgEx, &foreign, r#"{"put":{"k":"v"}}"#), 24406);

    let content = serde_json::json!({"conversationType": 10, "targetId": "u", "messageUId": foreign, "sentTime": 1,
        "channelId": "open", "isDelete": true});
    let recall = UpStreamMessage {
        session_id: 1,
        classname: "RC:RcCmd".into(),
        content: content.to_string().into(),
        ..Default::default()
    };
    assert_eq!(publish(&mut world, alice, Topic::RecallMsg, "me", &recall).0, 25107);

    let one = || MessageQueryInfo { msg_uid: Some(foreign.clone()), ..Default::default() };
    let ask = MsgQuery { target_id: Some("u".into()), r#type: Some(10), query: vec![one(); 21] };
    assert_eq!(world.query(alice, Topic::QryMsg, "me", &ask).0, 24403);

    let after = everything(&mut world, alice);
    assert_eq!(after, before);
    assert_eq!(before.1, ["open bob's ", "closed bob's secret "]);
}
