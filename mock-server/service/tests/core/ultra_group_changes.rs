//! Ultra groups: what changes after it was said, and history.

use prost::Message;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{
        CleanHisMsgInput, DeleteMsg, DeleteMsgInput, DownStreamMessage, HistoryMsgInput, HistoryMsgOuput,
        MessageQueryInfo, ModifyMsgResp, MsgChange, MsgChangeList, MsgChangeReq, MsgQuery, MsgQueryAck,
        OperateStatus, OperateStatusNotify, QueryMsgChange, RelationsOutput, UltraGrpPullSes,
        UpStreamMessage,
    },
};

use crate::{
    ultra_group::{commands, publish, pull, say, text, texts},
    world::{Seen, World, text_of},
};
use service::ConnId;

const TOWN: &str = r#"{"users": ["alice", "bob", "carol"],
    "ultraGroups": {"town": {"name": "Town", "members": ["alice", "bob", "carol"], "channels": {"news": {},
        "council": {"type": "private", "members": ["alice", "bob"]}}}},
    "switches": {"ultraGroup": true}, "limits": {"sendPerSecond": 0}}"#;

fn changes(world: &mut World, conn: ConnId, sync_time: i64) -> (Vec<MsgChange>, i64) {
    let ask = QueryMsgChange { sync_time: Some(sync_time), ..Default::default() };
    let (status, body) = world.query(conn, Topic::QryMsgChange, "me", &ask);
    assert_eq!(status, 0);
    let answer = MsgChangeList::decode(body).unwrap();
    assert!(answer.sync_time >= sync_time && answer.has_next.is_some());
    (answer.list, answer.sync_time)
}

fn kinds(changes: &[MsgChange]) -> Vec<(i32, i32)> {
    changes.iter().map(|change| (change.change_type, change.sub_change_type())).collect()
}

fn change(uid: &str, content: &str) -> MsgChangeReq {
    MsgChangeReq {
        target_id: Some("town".into()),
        r#type: Some(10),
        msg_uid: Some(uid.to_owned()),
        bus_channel: Some("news".into()),
        content: Some(content.to_owned()),
        ..Default::default()
    }
}

fn by_uid(world: &mut World, conn: ConnId, uids: &[&str]) -> (Vec<DownStreamMessage>, Vec<String>) {
    let query = uids.iter().map(|uid| MessageQueryInfo {
        msg_time: Some(0),
        msg_uid: Some((*uid).to_owned()),
        bus_channel: None,
    });
    let ask = MsgQuery { target_id: Some("town".into()), r#type: Some(10), query: query.collect() };
    let (status, body) = world.query(conn, Topic::QryMsg, "me", &ask);
    assert_eq!(status, 0);
    let answer = MsgQueryAck::decode(body).unwrap();
    (answer.list, answer.not_exist_msg_id)
}

fn history(
    world: &mut World,
    conn: ConnId,
    channel: &str,
    time: i64,
    order: i32,
    count: i32,
) -> (Vec<String>, bool) {
    let ask = HistoryMsgInput {
        target_id: Some("town".into()),
        bus_channel: Some(channel.into()),
        time: Some(time),
        order: Some(order),
        count: Some(count),
        ..Default::default()
    };
    let (status, body) = world.query(conn, Topic::QryUgMsg, "me", &ask);
    assert_eq!(status, 0);
    let answer = HistoryMsgOuput::decode(body).unwrap();
    (answer.list.iter().map(text_of).collect(), answer.has_msg == 1)
}

fn recall(world: &mut World, conn: ConnId, uid: &str, delete: bool) -> u16 {
    let content = serde_json::json!({"conversationType": 10, "targetId": "town", "messageUId": uid, "sentTime": 1,
        "channelId": "news", "isDelete": delete});
    let up = UpStreamMessage {
        session_id: 1,
        classname: "RC:RcCmd".into(),
        content: content.to_string().into(),
        ..Default::default()
    };
    publish(world, conn, Topic::RecallMsg, "me", &up).0
}

#[test]
fn a_message_is_modified_by_its_sender_alone_and_stays_where_it_is() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = changes(&mut world, bob, 0).1;
    let (uid, time) = text(&mut world, alice, "town", "news", "befor");
    world.out.clear();
    assert_eq!(world.query(bob, Topic::ModifyMsg, "me", &change(&uid, r#"{"content":"mine"}"#)).0, 22204);
    assert!(commands(&mut world, 7).is_empty());
    let (status, body) = world.query(alice, Topic::ModifyMsg, "me", &change(&uid, r#"{"content":"before"}"#));
    let answer = ModifyMsgResp::decode(body).unwrap();
    assert_eq!((status, text_of(answer.msg.as_ref().unwrap())), (0, "before".into()));
    let told = commands(&mut world, 7);
    assert_eq!(told.iter().map(|(conn, _)| *conn).collect::<Vec<_>>(), [alice, bob]);
    assert_eq!(told[0].1.time, answer.modify_time);
    let (list, end) = changes(&mut world, bob, start);
    assert_eq!(
        (kinds(&list), list[0].msg_uid.as_str(), list[0].msg_time),
        (vec![(2, 0)], uid.as_str(), time)
    );
    assert!(changes(&mut world, bob, end).0.is_empty());
    // An old SDK, by PUBLISH; the answer to its question has to be that of a QUERY.
    assert_eq!(
        publish(&mut world, alice, Topic::ModifyMsg, "town", &change(&uid, r#"{"content":"again"}"#)).0,
        0
    );
    let ask = QueryMsgChange { sync_time: Some(end), ..Default::default() };
    world.frame(
        bob,
        ClientFrame::Publish(Request::new(Topic::QryMsgChange, "me", 3, ask.encode_to_vec().into())),
    );
    assert!(matches!(
        world.seen(bob).last(),
        Some(Seen::Frame(ServerFrame::QueryAck { id: 3, status: 0, .. }))
    ));
    let (found, missing) = by_uid(&mut world, bob, &[&uid, "38H2-3RTL-I000-8ERC"]);
    assert_eq!((text_of(&found[0]), found[0].ext_status(), found[0].data_time), ("again".into(), 4, time));
    assert_eq!(missing, ["38H2-3RTL-I000-8ERC"]);
    let unknown = change("38H2-3RTL-I000-8ERC", "{}");
    assert_eq!(world.query(alice, Topic::ModifyMsg, "me", &unknown).0, 22201);
    let elsewhere = MsgChangeReq { r#type: Some(3), ..change(&uid, "{}") };
    assert_eq!(world.query(alice, Topic::ModifyMsg, "me", &elsewhere).0, 20606);
}

#[test]
fn pairs_are_put_and_taken_away_within_their_limits() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = changes(&mut world, bob, 0).1;
    let (plain, _) = text(&mut world, alice, "town", "news", "plain");
    let up = UpStreamMessage {
        session_id: 3 | 64,
        classname: "RC:TxtMsg".into(),
        content: r#"{"content":"x"}"#.into(),
        bus_channel: Some("news".into()),
        extra_content: Some(r#"{"a":{"v":"1"}}"#.into()),
        ..Default::default()
    };
    let (_, uid, _) = publish(&mut world, alice, Topic::UgMsg, "town", &up);
    assert_eq!(world.query(bob, Topic::UpMsgEx, "town", &change(&plain, r#"{"put":{"k":"v"}}"#)).0, 22202);
    let expand =
        |world: &mut World, content: &str| world.query(bob, Topic::UpMsgEx, "town", &change(&uid, content)).0;
    assert_eq!(expand(&mut world, r#"{"put":{"b":"2","c":"3"},"clear":0}"#), 0);
    assert_eq!(expand(&mut world, r#"{"del":["a","c"]}"#), 0);
    let many: serde_json::Map<String, serde_json::Value> =
        (0..21).map(|n| (n.to_string(), "v".into())).collect();
    assert_eq!(expand(&mut world, &serde_json::json!({"put": many}).to_string()), 22203);
    let (list, _) = changes(&mut world, alice, start);
    assert_eq!(kinds(&list), [(1, 0), (1, 0)]);
    assert_eq!(by_uid(&mut world, alice, &[&uid]).0[0].extra_content(), r#"{"b":{"v":"2"}}"#);
    assert_eq!(publish(&mut world, alice, Topic::UpMsgEx, "town", &change(&uid, r#"{"clear":1}"#)).0, 0);
    assert_eq!(by_uid(&mut world, alice, &[&uid]).0[0].extra_content(), "{}");
}

#[test]
fn a_recalled_message_leaves_a_notice_or_nothing_and_counts_no_longer() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = changes(&mut world, bob, 0).1;
    let (first, _) = text(&mut world, alice, "town", "news", "one");
    let mention = r#"{"content":"two","mentionedInfo":{"type":2,"userIdList":["bob"]}}"#;
    let (_, second, _) = say(&mut world, alice, "town", "news", mention);
    assert_eq!(recall(&mut world, alice, &first, true), 0);
    assert_eq!(recall(&mut world, alice, &second, false), 0);
    assert_eq!(recall(&mut world, alice, &second, false), 25101);
    let (list, _) = changes(&mut world, bob, start);
    assert_eq!(kinds(&list), [(3, 0), (3, 0)]);
    assert_eq!((list[0].is_del(), list[0].operator_id(), list[1].is_del()), (true, "alice", false));
    assert_eq!((list[1].remind_type(), list[1].is_remind_me()), (2, true));
    // Neither comes back as a message, or old SDKs would show it as expanded.
    assert_eq!(by_uid(&mut world, bob, &[&first, &second]).0, []);
    assert_eq!(history(&mut world, bob, "news", 0, 0, 20).0.len(), 1);
    let ask = UltraGrpPullSes { sync_time: 0, is_erase_msg_content: None };
    let list = RelationsOutput::decode(world.query(bob, Topic::PullUgSes, "me", &ask).1).unwrap().info;
    assert_eq!((list[0].unread_count(), list[0].remind_count()), (0, 0));
    assert_eq!(list[0].msg.as_ref().unwrap().classname, "RC:RcNtf");
}

#[test]
fn history_goes_both_ways_and_is_each_members_own() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let said: Vec<(String, i64)> =
        (1..=5).map(|n| text(&mut world, alice, "town", "news", &n.to_string())).collect();
    text(&mut world, alice, "town", "", "elsewhere");
    assert_eq!(history(&mut world, bob, "news", 0, 0, 2), (vec!["5".into(), "4".into()], true));
    assert_eq!(
        history(&mut world, bob, "news", said[3].1, 0, 20),
        (vec!["3".into(), "2".into(), "1".into()], false)
    );
    assert_eq!(history(&mut world, bob, "news", said[2].1, 1, 1), (vec!["4".into()], true));
    assert_eq!(history(&mut world, bob, "news", 1, 1, 2), (vec!["1".into(), "2".into()], true));
    let delete = DeleteMsgInput {
        r#type: Some(10),
        conversation_id: Some("town".into()),
        bus_channel: Some("news".into()),
        msgs: vec![DeleteMsg { msg_id: Some(said[4].0.clone()), ..Default::default() }],
    };
    assert_eq!(world.query(bob, Topic::DelUgMsg, "me", &delete).0, 0);
    let clear = CleanHisMsgInput {
        target_id: Some("town".into()),
        data_time: Some(said[1].1),
        conversation_type: Some(10),
        bus_channel: Some("news".into()),
    };
    assert_eq!(world.query(bob, Topic::CleanGMsg, "me", &clear).0, 0);
    assert_eq!(history(&mut world, bob, "news", 0, 0, 20).0, ["4", "3"]);
    // That of the default channel has to be asked for by its name (UG-023).
    assert_eq!(history(&mut world, bob, "RCDefault", 0, 0, 20).0, ["elsewhere"]);
    assert!(history(&mut world, bob, "", 0, 0, 20).0.is_empty());
    assert_eq!(history(&mut world, alice, "news", 0, 0, 20).0.len(), 5);
}

#[test]
fn messages_are_kept_for_seven_days_or_as_many_months_as_ordered() {
    for (limits, hours, kept) in [
        ("", 7 * 24 - 1, 1),
        ("", 7 * 24 + 1, 0),
        (r#", "ultraGroupHistoryMonths": 3"#, 80 * 24, 1),
        (r#", "ultraGroupHistoryMonths": 3"#, 93 * 24, 0),
    ] {
        let mut world =
            World::new(&TOWN.replace("\"sendPerSecond\": 0", &format!("\"sendPerSecond\": 0{limits}")));
        let alice = world.settled("alice", "Web");
        text(&mut world, alice, "town", "news", "x");
        world.advance(hours * 3_600_000);
        assert_eq!(history(&mut world, alice, "news", 0, 0, 20).0.len(), kept, "{limits} {hours}");
    }
}

#[test]
fn new_members_read_what_was_said_before_where_that_is_switched_on() {
    let mut world = World::new(TOWN);
    let (alice, dave) = (world.settled("alice", "Web"), world.settled("dave", "Web"));
    text(&mut world, alice, "town", "news", "before");
    assert_eq!(world.api("/ultragroup/join.json", "groupId=town&userId=dave").0, 200);
    text(&mut world, alice, "town", "news", "after");
    assert_eq!(history(&mut world, dave, "news", 0, 0, 20).0, ["after"]);
    world.act(r#"{"setSwitch": {"name": "ultraGroupEarlierHistory", "value": true}}"#);
    assert_eq!(history(&mut world, dave, "news", 0, 0, 20).0, ["after", "before"]);
}

#[test]
fn changes_of_channels_are_told_to_those_they_concern() {
    let mut world = World::new(TOWN);
    let (alice, carol) = (world.settled("alice", "Web"), world.settled("carol", "Web"));
    let (mine, hers) = (changes(&mut world, alice, 0).1, changes(&mut world, carol, 0).1);
    let start = pull(&mut world, carol, 0).0.sync_time;
    let api = |world: &mut World, path: &str, form: &str| {
        assert_eq!(
            world.api(&format!("/ultragroup/channel/{path}.json"), &format!("groupId=town&{form}")).0,
            200
        );
    };
    api(&mut world, "private/users/add", "busChannel=news&userIds=alice");
    api(&mut world, "type/change", "busChannel=news&type=1");
    text(&mut world, alice, "town", "news", "closed");
    api(&mut world, "private/users/add", "busChannel=council&userIds=carol");
    api(&mut world, "private/users/del", "busChannel=council&userIds=carol");
    api(&mut world, "type/change", "busChannel=news&type=0");
    text(&mut world, alice, "town", "news", "open");
    api(&mut world, "del", "busChannel=council");
    assert_eq!(kinds(&changes(&mut world, alice, mine).0), [(4, 2), (4, 5), (4, 3), (4, 1)]);
    let (list, _) = changes(&mut world, carol, hers);
    assert_eq!(kinds(&list), [(4, 6), (4, 4), (4, 5), (4, 3)]);
    assert_eq!(
        (list[2].operator_id(), list[2].bus_channel(), list[2].bus_channel_type()),
        ("carol", "council", 1)
    );
    // What was said while it was private stays with those who were on the list.
    assert_eq!(texts(&pull(&mut world, carol, start).0), ["news:open"]);
    assert_eq!(history(&mut world, carol, "news", 0, 0, 20).0, ["open"]);
    assert_eq!(history(&mut world, alice, "news", 0, 0, 20).0, ["open", "closed"]);
}

#[test]
fn members_of_a_bound_user_group_see_a_private_channel() {
    let mut world = World::new(TOWN);
    let (alice, carol) = (world.settled("alice", "Web"), world.settled("carol", "Web"));
    let (start, hers) = (pull(&mut world, carol, 0).0.sync_time, changes(&mut world, carol, 0).1);
    let mut create = crate::world::signed(
        "/ultragroup/usergroup/add.json",
        r#"{"groupId":"town","userGroups":[{"userGroupId":"press"}]}"#,
    );
    create.headers.retain(|(name, _)| name != "content-type");
    create.headers.push(("content-type".into(), "application/json".into()));
    assert_eq!(world.http(create).status, 200);
    let api = |world: &mut World, path: &str, form: &str| {
        let (status, answer) =
            world.api(&format!("/ultragroup/{path}.json"), &format!("groupId=town&{form}"));
        assert_eq!(status, 200, "{path} {answer}");
        answer
    };
    api(&mut world, "usergroup/user/add", "userGroupId=press&userIds=carol");
    text(&mut world, alice, "town", "council", "before");
    api(&mut world, "channel/usergroup/bind", "busChannel=council&userGroupIds=press");
    text(&mut world, alice, "town", "council", "bound");
    assert_eq!(texts(&pull(&mut world, carol, start).0), ["council:bound"]);
    assert_eq!(api(&mut world, "user/channel/query", "userId=carol")["data"], serde_json::json!(["council"]));
    api(&mut world, "channel/usergroup/unbind", "busChannel=council&userGroupIds=press");
    assert_eq!(say(&mut world, carol, "town", "council", "{}").0, 24416);
    api(&mut world, "usergroup/user/del", "userGroupId=press&userIds=carol");
    api(&mut world, "usergroup/del", "userGroupIds=press");
    let (list, _) = changes(&mut world, carol, hers);
    assert_eq!(kinds(&list), [(5, 2), (5, 4), (5, 5), (5, 3)]);
    assert_eq!(list[1].user_group_ids, ["press"]);
}

#[test]
fn who_is_muted_in_a_channel_is_told_so_and_the_white_list_lifts_the_channels_mute() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let api = |world: &mut World, path: &str, form: &str| {
        assert_eq!(world.api(&format!("/ultragroup/{path}.json"), &format!("groupId=town&{form}")).0, 200);
    };
    api(&mut world, "userbanned/add", "busChannel=news&userIds=alice");
    assert_eq!(say(&mut world, alice, "town", "news", "{}").0, 24408);
    text(&mut world, alice, "town", "", "elsewhere");
    api(&mut world, "userbanned/del", "busChannel=news&userIds=alice");
    api(&mut world, "globalbanned/set", "busChannel=news&status=true");
    api(&mut world, "banned/whitelist/add", "busChannel=news&userIds=bob");
    assert_eq!(say(&mut world, alice, "town", "news", "{}").0, 24408);
    text(&mut world, bob, "town", "news", "x");
    api(&mut world, "globalbanned/set", "status=true");
    assert_eq!(say(&mut world, bob, "town", "", "{}").0, 24408);
}

#[test]
fn who_types_is_told_to_the_others_at_once_when_the_period_is_over() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let carol = world.settled("carol", "Web");
    let types = |world: &mut World, conn, channel: &str| {
        let status = OperateStatus {
            target_id: Some("town".into()),
            r#type: Some(10),
            op_type: Some(0),
            bus_channel: Some(channel.into()),
        };
        publish(world, conn, Topic::Operate, "town", &status).0
    };
    assert_eq!(types(&mut world, alice, "news"), 0);
    world.advance(2000);
    assert_eq!((types(&mut world, bob, "news"), types(&mut world, bob, "council")), (0, 0));
    assert_eq!(types(&mut world, carol, "council"), 24416);
    world.out.clear();
    world.advance(2999);
    assert!(world.out.is_empty());
    world.advance(1);
    let mut told = Vec::new();
    for (conn, seen) in std::mem::take(&mut world.out) {
        let Seen::Frame(ServerFrame::Publish { topic: Topic::SOpNtf, body, .. }) = seen else {
            panic!("{seen:?}")
        };
        let notify = OperateStatusNotify::decode(body).unwrap();
        let info = notify.info.iter().map(|info| format!("{} {}", info.bus_channel(), info.user_id()));
        told.push((conn, info.collect::<Vec<_>>().join(", ")));
    }
    let expected = [(alice, "council bob, news bob"), (bob, "news alice"), (carol, "news alice, news bob")];
    assert_eq!(told, expected.map(|(conn, info)| (conn, info.to_owned())));
    world.advance(10_000);
    assert!(world.out.is_empty());
}

#[test]
fn the_app_server_changes_and_reads_messages_in_their_senders_names() {
    let mut world = World::new(TOWN);
    let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
    let start = changes(&mut world, bob, 0).1;
    let (before, _) = text(&mut world, alice, "town", "news", "one");
    let sent = world.api(
        "/message/ultragroup/publish.json",
        r#"{"fromUserId": "alice", "toGroupIds": ["town"], "busChannel": "news", "expansion": true,
            "objectName": "RC:TxtMsg", "content": "{\"content\":\"two\"}"}"#,
    );
    let uid = sent.1["messageUIDs"][0]["messageUID"].as_str().unwrap().to_owned();
    let named = |rest: &str| format!("groupId=town&msgUID={uid}&busChannel=news&{rest}");
    let mut good = |path: &str, form: &str| {
        let (status, answer) = world.api(path, form);
        assert_eq!(status, 200, "{path} {answer}");
        answer
    };
    good("/ultragroup/msg/modify.json", &named("fromUserId=alice&content=%7B%22content%22%3A%22three%22%7D"));
    good("/ultragroup/message/expansion/set.json", &named(r#"userId=alice&extraKeyVal={"k":"v"}"#));
    let pairs = good("/ultragroup/message/expansion/query.json", &named("pageNo=1"));
    assert_eq!(pairs["extraContent"]["k"]["v"], "v");
    let asked =
        format!(r#"groupId=town&msgs=[{{"msgUID":"{uid}","busChannel":"news"}},{{"msgUID":"none"}}]"#);
    let got = good("/ultragroup/msg/get.json", &asked);
    assert_eq!(
        (got["data"].as_array().unwrap().len(), got["data"][0]["content"].as_str()),
        (1, Some(r#"{"content":"three"}"#))
    );
    assert_eq!(got["data"][0]["extraContent"], r#"{"k":{"v":"v"}}"#);
    good("/ultragroup/message/expansion/delete.json", &named(r#"userId=alice&extraKey=["k"]"#));
    let around = good("/ultragroup/hismsg/msgid/query.json", &named("prevNum=1&lastNum=1"));
    assert_eq!(
        around["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["msgUID"].as_str().unwrap())
            .collect::<Vec<_>>(),
        [&before, &uid]
    );
    assert_eq!(around["data"][0]["conversionType"], 10);
    let times = "groupId=town&busChannel=news&startTime=1767225600000&endTime=1767312000000&pageSize=1";
    assert_eq!(
        good("/ultragroup/hismsg/query.json", times)["data"][0]["msgUID"].as_str(),
        Some(before.as_str())
    );
    let recall = format!(
        "fromUserId=alice&conversationType=10&targetId=town&messageUID={uid}&sentTime=1&busChannel=news"
    );
    good("/message/recall.json", &recall);
    good(
        "/conversation/message/history/clean.json",
        "conversationType=10&fromUserId=bob&targetId=town&busChannel=news",
    );
    assert_eq!(kinds(&changes(&mut world, bob, start).0), [(2, 0), (1, 0), (1, 0), (3, 0)]);
    assert_eq!(history(&mut world, bob, "news", 0, 0, 20).0.len(), 0);
    assert_eq!(history(&mut world, alice, "news", 0, 0, 20).0.len(), 2);
}

#[test]
fn the_older_way_to_ask_does_the_same() {
    let mut world = World::new(TOWN);
    let mut ask = |method: &str, path: &str, body: &str| {
        let mut request = crate::world::signed(path, body);
        request.method = method.into();
        if let Some((path, query)) = path.split_once('?') {
            (request.path, request.query) = (path.into(), query.into());
        }
        let response = world.http(request);
        (response.status, serde_json::from_slice::<serde_json::Value>(&response.body).unwrap())
    };
    let (status, made) =
        ask("POST", "/v2/ultragroups", r#"{"user_id":"alice","group_id":"v","group_name":"V"}"#);
    assert_eq!((status, made), (200, serde_json::json!({"code": 10000, "msg": "ok"})));
    assert_eq!(ask("POST", "/v2/ultragroups/v/users/bob", "").0, 200);
    let page = ask("GET", "/v2/ultragroups/v/users?page=1&size=1", "").1;
    assert_eq!(page["data"], serde_json::json!({"users": [{"id": "alice"}]}));
    assert_eq!(
        ask("GET", "/v2/ultragroups/users/bob/groups", "").1["data"]["groups"].as_array().unwrap().len(),
        2
    );
    assert_eq!(ask("POST", "/v2/ultragroups/channels", r#"{"group_id":"v","channel_id":"c"}"#).0, 200);
    let channels = ask("GET", "/v2/ultragroups/v/channels?page=1&limit=10", "").1;
    assert_eq!(channels["data"]["channel_list"][1]["channel_id"], "c");
    assert_eq!(ask("PUT", "/v2/ultragroups/v/muted-status", r#"{"status":true}"#).0, 200);
    assert_eq!(
        ask("GET", "/v2/ultragroups/v/muted-status", "").1["data"],
        serde_json::json!({"status": true})
    );
    assert_eq!(ask("POST", "/v2/ultragroups/v/allowed-users", r#"{"user_ids":["bob"]}"#).0, 200);
    let send = r#"{"from_user_id":"alice","to_group_ids":["v"],"object_name":"RC:TxtMsg","content":"{}","bus_channel":"c"}"#;
    assert_eq!(ask("POST", "/v2/message/ultragroup/send", send).1["code"], 10000);
    let (status, refused) = ask("POST", "/v2/ultragroups/none/users/bob", "");
    assert_eq!((status, refused["code"].as_i64(), refused["msg"].is_string()), (200, Some(24410), true));
    assert_eq!(ask("DELETE", "/v2/ultragroups/v/channels/c", "").0, 200);
    assert_eq!(
        (
            ask("DELETE", "/v2/ultragroups/v", "").0,
            ask("GET", "/v2/ultragroups/v/users", "").1["code"].as_i64()
        ),
        (200, Some(24410))
    );
}
