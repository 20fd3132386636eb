//! Every topic that clients send is answered, and every answer that says 0 is one that the strictest decoder takes: looked
//! at through the descriptors, nested messages included.

use bytes::Bytes;
use prost::Message;
use service::ConnId;
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{
        AddUnpushPeriodInput, ChrmInput, ChrmKvEntity, ChrmPullMsg, CleanHisMsgInput, CleanMsgBatchReq,
        DeleteMsg, DeleteMsgInput, DeleteUnpushPeriodInput, GetDownloadUrlInput, GetQNupTokenInput,
        GroupUnpushQuery, GroupUnpushSet, GrpReadReceiptMsg, GrpReadReceiptQryReq, HistoryMsgInput,
        MessageQueryInfo, MsgChangeReq, MsgQuery, OperateStatus, PullModifyMsgReq, QryRemindListReq,
        QueryChatRoomInfoInput, QueryChrmKv, QueryMsgChange, RelationDelBatchReq, RelationOpInput,
        RelationQryInput, RelationsInput, ReportSdkInput, SessionMsgReadInput, SessionReq, SessionState,
        SessionStateItem, SessionStateModifyReq, SessionTagAddInput, SessionTagDelInput, SessionTagItem,
        SetChrmKv, SetChrmKvs, SyncRequestMsg, TypeUnpushInput, UltraGrpPullMsg, UltraGrpPullSes,
        UpStreamMessage, UserIdInput,
    },
    reflect,
};

use crate::world::{Seen, World};

const NOT_SUPPORTED: u16 = 20606;

/// Queries with a name of their own here that nothing stands behind yet.
const UNANSWERED: [Topic; 3] = [Topic::PullSe, Topic::PullUserSub, Topic::PullSubData];

/// What else SDK generations send: hosted groups, friends, profiles, presence, edits, receipts, calls, and what only old
/// or only native engines ask for.
const ELSEWHERE: &str = "qryCMsg qryDMsg qryMCMsg qryMPMsg cleanCMsg cleanDMsg cleanMCMsg cleanMPMsg \
    qryRelationFilter qrySessions delSessions qrySessionsAtt qrySessionsUnread disTag setOfflineMsgDur qryMsgRead \
    qryMsgReadCntBatch readReceipt qryReceipt qryReceiptBatch aliUrl s3Url stcUrl minioUrl userInf crDiz dizInf invtDiz \
    evctDiz quitDiz rename pdOpen joinGrp exitGrp pGrps uGcmpr getUserStatus setUserStatus subUserStatus addRelation pullMp \
    schMp qryVoipK channelCreate upChannelInfo qChannelInfo channelMemKick channelMemQuit channelMemJoin channelMemInvite \
    channelDismiss channelTransfer upChannelManager upChannelMem qChannelMem qChannelSpeMem qChannelMemJoin \
    qChannelMemSpeJoin channelApplyResp qChannelApplyList upChannelRemark qChannelRemark upChannelFollow qChannelFollow \
    friendAdd friendDel friendHandle friendSetPf friendCheck friendsQuery friendsInfoQry friendAuthSet friendAuthGet \
    pullOwnProfile pullUserProfile updUserProfile updProfilePermiss qProfilePermiss searchUserProfile updUserSub qrySubData \
    setRtcRoomId delUgSe upConvertMsg transLan autoTrans reqCall pullKvMsg qBot rtcRJoin_data rtcRExit rtcPing rtcQryData";

const EVERYTHING: &str = r#"{"users": ["alice", "bob"], "groups": {"g": ["alice", "bob"]},
    "chatrooms": {"r": {"entries": {"topic": "news"}}, "left": {}},
    "ultraGroups": {"u": {"members": ["alice", "bob"], "channels": {"c": {}}}},
    "blacklists": {"alice": ["mallory"]},
    "switches": {"multiDeviceSync": true, "roamingHistory": true, "chatroomEntries": true, "chatroomHistory": true,
        "chatroomMultiJoin": true, "ultraGroup": true, "groupReceiptQueries": true},
    "limits": {"sendPerSecond": 0}}"#;

/// A world in which something was said everywhere, so that no answer is empty for want of content.
struct Talked {
    world: World,
    alice: ConnId,
    /// Of bob's messages: private, in the group, in the ultra group, and alice's own there.
    private: String,
    group: String,
    ultra: String,
    own: String,
}

impl Talked {
    fn new() -> Self {
        let mut world = World::new(EVERYTHING);
        let (alice, bob) = (world.settled("alice", "Web"), world.settled("bob", "Web"));
        for conn in [alice, bob] {
            for room in ["r", "left"] {
                assert_eq!(world.query(conn, Topic::JoinChrm, room, &ChrmInput::default()).0, 0);
            }
        }
        let mut say = |conn, topic, to: &str, channel: Option<&str>| {
            let content = r#"{"content":"hi","mentionedInfo":{"type":1}}"#;
            let up = UpStreamMessage {
                session_id: 7 | 64,
                classname: "RC:TxtMsg".into(),
                content: content.into(),
                bus_channel: channel.map(str::to_owned),
                ..UpStreamMessage::default()
            };
            acknowledged(&mut world, conn, topic, to, &up)
        };
        let private = say(bob, Topic::PpMsgP, "alice", None).1;
        let group = say(bob, Topic::PgMsgP, "g", None).1;
        let ultra = say(bob, Topic::UgMsg, "u", Some("c")).1;
        let own = say(alice, Topic::UgMsg, "u", Some("c")).1;
        say(bob, Topic::ChatMsg, "r", None);
        say(alice, Topic::PpMsgP, "bob", None);
        let change = MsgChangeReq { content: Some(r#"{"k":"v"}"#.into()), ..ultra_change(&own) };
        assert_eq!(world.query(alice, Topic::UpMsgEx, "u", &change).0, 0);
        let tags = SessionTagAddInput { tags: vec![tag(Some("work"))], ..SessionTagAddInput::default() };
        assert_eq!(world.query(alice, Topic::AddSeTag, "alice", &tags).0, 0);
        assert_eq!(world.query(alice, Topic::SetSeAtt, "alice", &state(2, "1", vec![])).0, 0);
        let quiet = AddUnpushPeriodInput {
            start_time: "22:00:00".into(),
            span_minutes: 60,
            level: Some(5),
            timezone: None,
        };
        assert_eq!(world.query(alice, Topic::AddUnpush, "alice", &quiet).0, 0);
        world.advance(10_000);
        Self { world, alice, private, group, ultra, own }
    }

    /// A request of that topic as an SDK would send it, and where its answer must carry something.
    fn asked(&self, topic: &Topic) -> (&'static str, Bytes, &'static str) {
        let me = "alice";
        match topic {
            Topic::PullMsg => {
                let ask =
                    SyncRequestMsg { sync_time: Some(1), is_pull_send: Some(true), ..Default::default() };
                (me, body(&ask), "/list/0/fromUserId")
            }
            Topic::PullUgMsg => {
                (me, body(&UltraGrpPullMsg { sync_time: 1, compressio_enabled: None }), "/list/0/busChannel")
            }
            Topic::ChrmPull => {
                ("r", body(&ChrmPullMsg { count: 10, ..Default::default() }), "/list/0/fromUserId")
            }
            Topic::PullSeAtts => (me, body(&SessionReq { time: Some(0) }), "/state/0/stateItem/0/value"),
            Topic::PullUs => (me, Bytes::new(), "/items/0/tags/0/tagId"),
            Topic::QAppBot => (me, Bytes::new(), ""),
            Topic::PullEventChange => {
                (me, body(&QueryMsgChange { sync_time: Some(5), ..Default::default() }), "/syncTime")
            }
            Topic::PullModifyMsg => {
                (me, body(&PullModifyMsgReq { pull_version: Some(5), ..Default::default() }), "/nextVersion")
            }
            Topic::QryMsgChange => {
                (me, body(&QueryMsgChange { sync_time: Some(1), ..Default::default() }), "/list/0/msgUID")
            }
            Topic::PullUgSes => (me, body(&UltraGrpPullSes::default()), "/info/0/msg/fromUserId"),
            Topic::QryRelationR | Topic::QryRelation => (
                me,
                body(&RelationQryInput { count: Some(10), ..Default::default() }),
                "/info/0/msg/fromUserId",
            ),
            Topic::QryRlBatch | Topic::DelRelationBatch => {
                let named = RelationOpInput {
                    conversation_id: Some("bob".into()),
                    conversation_type: Some(1),
                    bus_channel: None,
                };
                let found = if *topic == Topic::QryRlBatch { "/info/0/msg/fromUserId" } else { "" };
                (me, body(&RelationDelBatchReq { relation: vec![named], clean_msg: None }), found)
            }
            Topic::DelRelation => {
                ("bob", body(&RelationsInput { r#type: Some(1), ..Default::default() }), "")
            }
            Topic::ModifyMsg => {
                let ask =
                    MsgChangeReq { content: Some(r#"{"content":"new"}"#.into()), ..ultra_change(&self.own) };
                ("u", body(&ask), "/msg/fromUserId")
            }
            Topic::UpMsgEx => (
                "u",
                body(&MsgChangeReq { content: Some(r#"{"a":"b"}"#.into()), ..ultra_change(&self.own) }),
                "",
            ),
            Topic::QryUgUal => {
                let ask = QryRemindListReq {
                    group_id: "u".into(),
                    bus_channel: Some("c".into()),
                    msg_time: Some(0),
                    size: Some(10),
                };
                (me, body(&ask), "/msgInfo/0/msgId")
            }
            Topic::UgUnpushQuery => {
                ("u", body(&GroupUnpushQuery { bus_channel: Some("c".into()) }), "/groupId")
            }
            Topic::UgUnpushSet => {
                ("u", body(&GroupUnpushSet { bus_channel: Some("c".into()), unpush_level: 5 }), "")
            }
            Topic::SetSeAtt => (me, body(&state(1, "5", vec![])), "/version"),
            Topic::AddTag | Topic::DelTag => (me, body(&state(3, "", vec![tag(None)])), "/version"),
            Topic::AddSeTag => (
                me,
                body(&SessionTagAddInput { tags: vec![tag(Some("x"))], ..Default::default() }),
                "/version",
            ),
            Topic::DelSeTag => {
                (me, body(&SessionTagDelInput { tags: vec![tag(None)], ..Default::default() }), "/version")
            }
            Topic::SetTypeUnpush => (
                me,
                body(&TypeUnpushInput { r#type: Some(1), unpush_level: Some(5), ..Default::default() }),
                "/version",
            ),
            Topic::AddUnpush => {
                let ask = AddUnpushPeriodInput {
                    start_time: "23:00:00".into(),
                    span_minutes: 5,
                    ..Default::default()
                };
                (me, body(&ask), "")
            }
            Topic::QryUnpush => (me, Bytes::new(), "/startTime"),
            Topic::DelUnpush => (me, body(&DeleteUnpushPeriodInput { nothing: 1 }), ""),
            Topic::QryPMsg | Topic::QryGMsg | Topic::QryUgMsg | Topic::QryChMsg => {
                let (tid, target, channel) = match topic {
                    Topic::QryPMsg => (me, "bob", ""),
                    Topic::QryGMsg => (me, "g", ""),
                    Topic::QryUgMsg => (me, "u", "c"),
                    _ => ("r", "r", ""),
                };
                (tid, body(&history(target, channel)), "/list/0/fromUserId")
            }
            Topic::QrySMsg => (me, body(&history("bob", "")), "/syncTime"),
            Topic::QryMsg => {
                let query = vec![MessageQueryInfo {
                    msg_time: Some(0),
                    msg_uid: Some(self.ultra.clone()),
                    bus_channel: Some("c".into()),
                }];
                let ask = MsgQuery { target_id: Some("u".into()), r#type: Some(10), query };
                (me, body(&ask), "/list/0/fromUserId")
            }
            Topic::RrMsg => {
                ("g", body(&GrpReadReceiptMsg { msg_id: vec![self.group.clone()], channel_id: None }), "")
            }
            Topic::RrList => {
                let ask = GrpReadReceiptQryReq { msg_id: vec![self.group.clone()], channel_id: None };
                ("g", body(&ask), "/totalMemberNum")
            }
            Topic::QnTkn => {
                (me, body(&GetQNupTokenInput { key: Some("k".into()), ..Default::default() }), "/token")
            }
            Topic::QnUrl => (
                me,
                body(&GetDownloadUrlInput { key: Some("k".into()), ..Default::default() }),
                "/downloadUrl",
            ),
            Topic::DelMsg | Topic::DelUgMsg => {
                let ultra = *topic == Topic::DelUgMsg;
                let msg = DeleteMsg {
                    msg_id: Some(if ultra { self.ultra.clone() } else { self.private.clone() }),
                    msg_data_time: Some(1),
                    direct: Some(2),
                };
                let ask = DeleteMsgInput {
                    r#type: Some(if ultra { 10 } else { 1 }),
                    conversation_id: Some(if ultra { "u" } else { "bob" }.into()),
                    msgs: vec![msg],
                    bus_channel: ultra.then(|| "c".into()),
                };
                (me, body(&ask), "")
            }
            Topic::CleanPMsg | Topic::CleanGMsg | Topic::CleanSMsg => {
                let (target, kind) = match topic {
                    Topic::CleanPMsg => ("bob", 1),
                    Topic::CleanGMsg => ("g", 3),
                    _ => ("bob", 6),
                };
                let ask = CleanHisMsgInput {
                    target_id: Some(target.into()),
                    data_time: Some(self.world.now.0),
                    conversation_type: Some(kind),
                    bus_channel: None,
                };
                (me, body(&ask), "")
            }
            Topic::CleanMsgBatch => {
                let one = |target: &str, kind, channel: Option<&str>| CleanHisMsgInput {
                    target_id: Some(target.into()),
                    data_time: Some(self.world.now.0),
                    conversation_type: Some(kind),
                    bus_channel: channel.map(str::to_owned),
                };
                let input = vec![
                    one("bob", 1, None),
                    one("g", 3, None),
                    one("bob", 6, None),
                    one("u", 10, Some("c")),
                ];
                (me, body(&CleanMsgBatchReq { input }), "")
            }
            Topic::AddBlack | Topic::RmBlack => {
                ("bob", body(&UserIdInput { user_id: Some("bob".into()) }), "")
            }
            Topic::BlackStat => ("mallory", Bytes::new(), ""),
            Topic::GetBlack => (me, Bytes::new(), "/userIds/0"),
            Topic::JoinChrm | Topic::JoinChrmR => {
                ("r", body(&ChrmInput { nothing: 1, extra: None }), "/sessionId")
            }
            Topic::ExitChrm => ("left", body(&ChrmInput { nothing: 1, extra: None }), ""),
            Topic::QueryChrmI => {
                ("r", body(&QueryChatRoomInfoInput { count: 10, order: Some(1) }), "/userInfos/0/id")
            }
            Topic::SetKv => ("r", body(&SetChrmKv { entry: entry("a"), ..Default::default() }), "/nothing"),
            Topic::DelKv => {
                let entry = ChrmKvEntity { status: Some(6), ..entry("topic") };
                ("r", body(&SetChrmKv { entry, ..Default::default() }), "/nothing")
            }
            Topic::SetKvs => (
                "r",
                body(&SetChrmKvs { entry: vec![entry("a")], ..Default::default() }),
                "/keysVersion/0/key",
            ),
            Topic::DelKvs => {
                let entry = vec![ChrmKvEntity { status: Some(6), ..entry("topic") }];
                ("r", body(&SetChrmKvs { entry, ..Default::default() }), "/keysVersion/0/key")
            }
            Topic::PullKv => ("r", body(&QueryChrmKv::default()), "/entries/0/key"),
            Topic::Reportsdk => (me, body(&ReportSdkInput { sdk_info: Some("{}".into()) }), ""),
            other => panic!("say here how `{other}` is asked"),
        }
    }
}

fn body(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

fn tag(name: Option<&str>) -> SessionTagItem {
    SessionTagItem { tag_id: "t".into(), name: name.map(str::to_owned), ..SessionTagItem::default() }
}

fn entry(key: &str) -> ChrmKvEntity {
    ChrmKvEntity { key: key.into(), ..ChrmKvEntity::default() }
}

/// One setting of the private conversation with bob.
fn state(kind: i32, value: &str, tags: Vec<SessionTagItem>) -> SessionStateModifyReq {
    let item = SessionStateItem { session_state_type: kind, value: value.into(), tags, time: None };
    let state =
        SessionState { r#type: 1, channel_id: "bob".into(), state_item: vec![item], ..Default::default() };
    SessionStateModifyReq { state: vec![state], ..SessionStateModifyReq::default() }
}

fn history(target: &str, channel: &str) -> HistoryMsgInput {
    HistoryMsgInput {
        target_id: Some(target.into()),
        bus_channel: Some(channel.into()),
        time: Some(0),
        count: Some(10),
        order: Some(0),
        ..HistoryMsgInput::default()
    }
}

fn ultra_change(uid: &str) -> MsgChangeReq {
    MsgChangeReq {
        target_id: Some("u".into()),
        r#type: Some(10),
        msg_uid: Some(uid.to_owned()),
        bus_channel: Some("c".into()),
        ..MsgChangeReq::default()
    }
}

/// The one answer to a frame: status and body of a QUERYACK, or status and UID of a PUBACK.
enum Answered {
    Query(u16, Bytes),
    Publish(u16, String),
}

fn answered(world: &mut World, conn: ConnId, frame: ClientFrame, what: &str) -> Answered {
    world.seen(conn);
    world.frame(conn, frame);
    let mut answers: Vec<Answered> = world
        .seen(conn)
        .into_iter()
        .filter_map(|seen| match seen {
            Seen::Frame(ServerFrame::QueryAck { id: 11, status, body, .. }) => {
                Some(Answered::Query(status, body))
            }
            Seen::Frame(ServerFrame::PubAck { id: 11, status, message_uid, .. }) => {
                Some(Answered::Publish(status, message_uid))
            }
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 1, "{what}: answered exactly once");
    answers.remove(0)
}

fn queried(world: &mut World, conn: ConnId, topic: &Topic, target: &str, body: Bytes) -> (u16, Bytes) {
    let request = Request::new(topic.clone(), target, 11, body);
    match answered(world, conn, ClientFrame::Query(request), topic.as_str()) {
        Answered::Query(status, body) => (status, body),
        Answered::Publish(..) => panic!("the query {topic} is answered like a message"),
    }
}

fn acknowledged(
    world: &mut World,
    conn: ConnId,
    topic: Topic,
    to: &str,
    body: &impl Message,
) -> (u16, String) {
    let name = topic.to_string();
    let request = Request::new(topic, to, 11, body.encode_to_vec().into());
    match answered(world, conn, ClientFrame::Publish(request), &name) {
        Answered::Publish(status, uid) => (status, uid),
        Answered::Query(..) => panic!("{name} is answered like a query"),
    }
}

/// A body that a strict decoder takes.
fn assert_decodes(topic: &Topic, body: &Bytes) {
    let message = topic.answer().unwrap_or_else(|| panic!("{topic} is answered with what?"));
    let judged = reflect::judge(message, body).unwrap_or_else(|error| panic!("{topic}: {error}"));
    assert_eq!(judged.missing, Vec::<String>::new(), "{topic}: {message} lacks");
    assert_eq!(judged.unknown, Vec::<u32>::new(), "{topic}: {message} has unknown fields");
}

/// Topics that are asked as a QUERY.
fn queries() -> impl Iterator<Item = &'static Topic> {
    Topic::KNOWN.iter().filter(|topic| topic.answer().is_some())
}

#[test]
fn what_an_sdk_asks_is_answered_with_every_required_field() {
    for topic in queries() {
        let mut talked = Talked::new();
        if UNANSWERED.contains(topic) {
            let answer = queried(&mut talked.world, talked.alice, topic, "alice", Bytes::new());
            assert_eq!(answer, (NOT_SUPPORTED, Bytes::new()), "{topic}");
            continue;
        }
        let (target, ask, carries) = talked.asked(topic);
        let (status, body) = queried(&mut talked.world, talked.alice, topic, target, ask);
        assert_eq!(status, 0, "{topic}");
        assert_decodes(topic, &body);
        // Fields that nest others are not left out for want of content.
        let message = topic.answer().unwrap();
        let fields = reflect::judge(message, &body).unwrap().json;
        assert!(fields.pointer(carries).is_some(), "{topic}: nothing at {carries} of {fields}");
    }
}

#[test]
fn in_an_empty_world_too_and_to_an_empty_request() {
    for switches in [
        "{}",
        r#"{"roamingHistory": true, "chatroomEntries": true, "chatroomHistory": true, "ultraGroup": true}"#,
    ] {
        let setup = format!(r#"{{"users": ["alice"], "switches": {switches}}}"#);
        let mut world = World::new(&setup);
        let alice = world.login("alice", "Web");
        for (topic, target) in
            queries().flat_map(|topic| ["", "alice", "nowhere"].map(|target| (topic, target)))
        {
            let (status, body) = queried(&mut world, alice, topic, target, Bytes::new());
            if status == 0 {
                assert_decodes(topic, &body);
            } else {
                assert!(body.is_empty(), "{topic}: a refusal with {body:?}");
            }
        }
    }
}

#[test]
fn what_is_not_there_is_refused_and_never_left_unanswered() {
    let mut world = World::new(EVERYTHING);
    let alice = world.settled("alice", "Web");
    let named = ELSEWHERE.split_whitespace().map(Topic::from);
    // Messages and pushes are no queries.
    let others = Topic::KNOWN.iter().filter(|topic| topic.answer().is_none()).cloned();
    for topic in named.chain(others) {
        for body in [Bytes::new(), Bytes::from_static(b"\x08\x01"), Bytes::from_static(b"\xff")] {
            let answer = queried(&mut world, alice, &topic, "alice", body);
            assert_eq!(answer, (NOT_SUPPORTED, Bytes::new()), "{topic}");
        }
    }
}

#[test]
fn every_publish_is_acknowledged_and_what_was_taken_has_a_uid() {
    let mut talked = Talked::new();
    let (world, alice) = (&mut talked.world, talked.alice);
    let text = |channel: Option<&str>| UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: r#"{"content":"hi"}"#.into(),
        bus_channel: channel.map(str::to_owned),
        ..UpStreamMessage::default()
    };
    let recall = UpStreamMessage {
        classname: "RC:RcCmd".into(),
        content: format!(
            r#"{{"conversationType":3,"targetId":"g","messageUId":"{}","sentTime":1}}"#,
            talked.group
        )
        .into(),
        ..UpStreamMessage::default()
    };
    let read = SessionMsgReadInput {
        r#type: Some(10),
        msg_time: Some(1),
        channel_id: Some("u".into()),
        bus_channel: None,
    };
    let typing = OperateStatus {
        target_id: Some("u".into()),
        r#type: Some(10),
        op_type: Some(0),
        bus_channel: Some("c".into()),
    };
    let change = |content: &str| MsgChangeReq { content: Some(content.into()), ..ultra_change(&talked.own) };
    let taken: Vec<(Topic, &str, Bytes)> = vec![
        (Topic::PpMsgP, "bob", body(&text(None))),
        (Topic::PpMsgS, "bob", body(&text(None))),
        (Topic::PgMsgP, "g", body(&text(None))),
        (Topic::PgMsgS, "g", body(&text(None))),
        (Topic::ChatMsg, "r", body(&text(None))),
        (Topic::ChatMsgS, "r", body(&text(None))),
        (Topic::UgMsg, "u", body(&text(Some("c")))),
        (Topic::RecallMsg, "alice", body(&recall)),
        (Topic::UpdUgRTime, "alice", body(&read)),
        (Topic::UpMsgEx, "u", body(&change(r#"{"a":"b"}"#))),
        (Topic::ModifyMsg, "u", body(&change(r#"{"content":"new"}"#))),
        (Topic::Operate, "u", body(&typing)),
    ];
    for (topic, target, body) in &taken {
        let request = Request::new(topic.clone(), target, 11, body.clone());
        let Answered::Publish(status, uid) =
            answered(world, alice, ClientFrame::Publish(request), topic.as_str())
        else {
            panic!("{topic} is answered like a query");
        };
        assert_eq!((status, uid.is_empty()), (0, false), "{topic}");
    }
    // Old SDKs ask for changes by PUBLISH, and want what answers a QUERY.
    let request = Request::new(Topic::QryMsgChange, "alice", 11, Bytes::new());
    let answer = answered(world, alice, ClientFrame::Publish(request), "qryMsgChange");
    let Answered::Query(0, body) = answer else { panic!("qryMsgChange is answered like a message") };
    assert_decodes(&Topic::QryMsgChange, &body);
    let named = "updRTime updRRTime sendMsgRead pcMsgP pbMsgP prMsgS noSuchTopic".split(' ').map(Topic::from);
    let queries = queries().filter(|topic| **topic != Topic::QryMsgChange).cloned();
    let others = named.chain(queries).filter(|topic| taken.iter().all(|(known, ..)| known != topic));
    for topic in others {
        let request = Request::new(topic.clone(), "alice", 11, Bytes::new());
        let answer = answered(world, alice, ClientFrame::Publish(request), topic.as_str());
        assert!(matches!(answer, Answered::Publish(NOT_SUPPORTED, _)), "{topic}");
    }
}

#[test]
fn the_journal_shows_what_an_answer_says() {
    let mut talked = Talked::new();
    let (target, ask, _) = talked.asked(&Topic::ChrmPull);
    queried(&mut talked.world, talked.alice, &Topic::ChrmPull, target, ask);
    let last = || talked.world.service.journal().after(0).last().unwrap().to_json();
    let entry = last();
    assert_eq!((entry["frame"].as_str(), entry["topic"].as_str()), (Some("QUERYACK"), Some("chrmPull")));
    let shown = &entry["body"]["fields"];
    // Messages within are shown too, as deep as they go.
    assert_eq!(shown.pointer("/list/0/classname").and_then(|name| name.as_str()), Some("RC:TxtMsg"));
    assert!(shown["syncTime"].is_i64() && entry["body"].get("missing").is_none(), "{entry}");
    // A refusal says which question it refuses, and carries nothing.
    queried(&mut talked.world, talked.alice, &Topic::from("friendAdd"), "alice", Bytes::new());
    let entry = talked.world.service.journal().after(0).last().unwrap().to_json();
    assert_eq!(
        (entry["topic"].as_str(), entry["status"].as_i64(), &entry["body"]),
        (Some("friendAdd"), Some(20606), &serde_json::json!({"bytes": 0}))
    );
}
