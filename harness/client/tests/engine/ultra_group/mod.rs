//! UG and its areas: the start of a session, pulls, counts, changes, history, and each call's one result.

use prost::Message as _;
use reference_client::{CallResult, Store};
use serde_json::{Value, json};
use wire::{
    ClientFrame, ServerFrame, Topic,
    body::{
        CleanHisMsgInput, DeleteMsgInput, DownStreamMessage, DownStreamMessages, GroupUnpushResult,
        GroupUnpushSet, HistoryMsgInput, HistoryMsgOuput, MsgChange, MsgChangeList, MsgChangeReq, MsgQuery,
        MsgQueryAck, NotifyMsg, OperateInfo, OperateStatus, OperateStatusNotify, OperateSummary,
        QueryMsgChange, RelationInfo, RelationsOutput, SessionMsgReadInput, UltraGrpPullMsg, UltraGrpPullSes,
        UpStreamMessage,
    },
};

mod calls;
mod change;
mod history;
mod read;
mod session;

use crate::rig::{Reply, Rig, START, seconds};

const T: i64 = START.0;

fn rig() -> Rig {
    rig_over(Store::in_memory().unwrap())
}

fn rig_over(store: Store) -> Rig {
    let mut rig = Rig::over("Android", json!({"naviServer": "http://navi.test"}), store);
    rig.script.addresses["ugMsg"] = 1.into();
    rig
}

/// A session in which nothing was listed; the server's time was `T`.
fn synced() -> Rig {
    let mut rig = rig();
    start(&mut rig, Vec::new());
    rig.connect();
    rig.events.clear();
    rig
}

fn start(rig: &mut Rig, info: Vec<RelationInfo>) {
    rig.will_answer(Topic::PullUgMsg, &package(Vec::new(), T));
    rig.will_answer(
        Topic::PullUgSes,
        &RelationsOutput { info, is_finished: Some(true), ..Default::default() },
    );
    idle(rig);
}

/// Nothing is new.
fn idle(rig: &mut Rig) {
    rig.will_answer(Topic::PullUgMsg, &package(Vec::new(), T));
    rig.will_answer(Topic::QryMsgChange, &MsgChangeList { sync_time: T, ..Default::default() });
}

fn package(list: Vec<DownStreamMessage>, sync_time: i64) -> DownStreamMessages {
    DownStreamMessages { list, sync_time, finished: Some(true), ..Default::default() }
}

fn said(from: &str, channel: &str, time: i64, uid: &str) -> DownStreamMessage {
    DownStreamMessage {
        from_user_id: from.into(),
        r#type: 10,
        group_id: Some("g".into()),
        bus_channel: Some(channel.into()),
        classname: "RC:TxtMsg".into(),
        content: json!({"content": uid}).to_string().into(),
        data_time: time,
        status: 48 | 1024,
        msg_id: Some(uid.into()),
        ..Default::default()
    }
}

fn listed(channel: &str, last: DownStreamMessage, unread: i64, version: i64) -> RelationInfo {
    RelationInfo {
        r#type: 10,
        user_id: "g".into(),
        bus_channel: Some(channel.into()),
        msg: Some(last),
        unread_count: Some(unread),
        version_time: Some(version),
        ..Default::default()
    }
}

fn notice(rig: &mut Rig, kind: i32, time: i64) {
    let body = NotifyMsg { r#type: kind, time: Some(time), ..NotifyMsg::default() };
    rig.push(Topic::SCmd, false, 9, body.encode_to_vec());
}

/// The server announces messages and gives them.
fn arrive(rig: &mut Rig, list: Vec<DownStreamMessage>) {
    let time = list.iter().map(|message| message.data_time).max().unwrap();
    rig.will_answer(Topic::PullUgMsg, &package(list, time));
    notice(rig, 6, time);
}

fn change(kind: i32, uid: &str, time: i64) -> MsgChange {
    MsgChange {
        target_id: "g".into(),
        r#type: 10,
        time,
        change_type: kind,
        msg_uid: uid.into(),
        bus_channel: Some("c".into()),
        ..Default::default()
    }
}

fn changed(rig: &mut Rig, list: Vec<MsgChange>) {
    let time = list.iter().map(|change| change.time).max().unwrap();
    rig.will_answer(Topic::QryMsgChange, &MsgChangeList { list, sync_time: time, ..Default::default() });
    notice(rig, 7, time);
}

fn count(rig: &mut Rig, method: &str, args: Value) -> i64 {
    rig.events.clear();
    rig.accepted(method, args);
    let [(_, _, args)] = &rig.events[..] else { panic!("{:?}", rig.events) };
    assert_eq!(args["code"], 0);
    args["count"].as_i64().unwrap()
}

fn unread(rig: &mut Rig, channel: &str) -> i64 {
    count(rig, "loadUnreadCount", json!({"type": "ultra_group", "targetId": "g", "channelId": channel}))
}

fn uids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|message| message["messageUId"].as_str().unwrap()).collect()
}

fn stored(rig: &mut Rig, uid: &str) -> Value {
    let CallResult::Value(found) = rig.call("getMessageByUId", json!({"messageUId": uid})) else { panic!() };
    found
}

fn text(channel: &str, text: &str) -> Value {
    json!({"conversationType": "ultra_group", "targetId": "g", "channelId": channel, "messageType": "text", "text": text})
}

/// alice has sent a message; its UID.
fn sent(rig: &mut Rig) -> Value {
    rig.accepted("sendMessage", json!({"message": text("c", "first")}));
    let message = rig.values("onMessageSent", "message").pop().unwrap();
    rig.events.clear();
    message
}

fn load(policy: &str, order: &str, time: i64, count: i64) -> Value {
    json!({"type": "ultra_group", "targetId": "g", "channelId": "c", "sentTime": time, "order": order,
        "policy": policy, "count": count})
}
