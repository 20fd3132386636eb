//! RECV and OFFL: packages, real-time messages, duplicates, watermarks, mirrors, recalls.

use std::collections::VecDeque;

use prost::Message as _;
use reference_client::{CallResult, Store};
use serde_json::{Value, json};
use wire::{
    ClientFrame, ServerFrame, Topic,
    body::{DownStreamMessage, NotifyMsg, UpStreamMessage},
};

use crate::rig::{Rig, START, package, seconds, text_at};

/// `count` offline messages in packages of 200, as the service sends them.
fn backlog(count: i64) -> VecDeque<wire::body::DownStreamMessages> {
    let first = START.0 - count - 1;
    let all: Vec<_> = (0..count).map(|n| text_at(first + n, &format!("u{n}"))).collect();
    let packages: Vec<_> = all.chunks(200).map(<[_]>::to_vec).collect();
    let last = packages.len().saturating_sub(1);
    packages.into_iter().enumerate().map(|(n, list)| package(list, n < last)).collect()
}

fn flags(rig: &Rig) -> Vec<(i64, bool, bool)> {
    let left = rig.values("onMessageReceived", "left");
    let rest = rig
        .values("onMessageReceived", "offline")
        .into_iter()
        .zip(rig.values("onMessageReceived", "hasPackage"));
    left.into_iter()
        .zip(rest)
        .map(|(left, (offline, more))| (left.as_i64().unwrap(), offline == true, more == true))
        .collect()
}

fn uids(rig: &Rig) -> Vec<String> {
    let messages = rig.values("onMessageReceived", "message");
    messages.iter().map(|message| message["messageUId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn packages_count_down_and_the_last_one_says_so() {
    for (count, sizes) in [
        (1, vec![1]),
        (199, vec![199]),
        (200, vec![200]),
        (201, vec![200, 1]),
        (400, vec![200, 200]),
        (401, vec![200, 200, 1]),
        (450, vec![200, 200, 50]),
    ] {
        let mut rig = Rig::new();
        rig.script.packages = backlog(count);
        rig.connect();
        let last = sizes.len() - 1;
        let expected: Vec<_> = sizes
            .iter()
            .enumerate()
            .flat_map(|(n, size)| (0..*size).rev().map(move |left| (left, true, n < last)))
            .collect();
        assert_eq!(flags(&rig), expected, "{count}");
        assert_eq!(uids(&rig), (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>());
    }
}

#[test]
fn a_second_login_pulls_from_the_watermark_also_after_a_restart() {
    let mut rig = Rig::new();
    rig.script.packages = backlog(3);
    rig.connect();
    rig.cut();
    rig.advance(seconds(1));
    assert_eq!(rig.pulls.iter().map(|pull| pull.sync_time()).collect::<Vec<_>>(), [0, START.0 - 2]);
    let store = rig.engine.into_store();
    let mut again = Rig::over("Android", json!({"naviServer": "http://navi.test"}), store);
    // Even a server that sends everything again shows nothing twice.
    again.script.packages = backlog(3);
    again.connect();
    assert_eq!(again.pulls[0].sync_time(), START.0 - 2);
    assert!(again.values("onMessageReceived", "left").is_empty());
    let found = again.call("getMessageByUId", json!({"messageUId": "u1"}));
    let CallResult::Value(message) = found else { panic!("{found:?}") };
    assert_eq!((&message["text"], &message["messageId"]), (&json!("u1"), &json!(2)));
}

#[test]
fn users_and_app_keys_share_a_file_and_nothing_else() {
    let dir = std::env::temp_dir().join(format!("reference-client-{}", std::process::id()));
    let _ = std::fs::remove_file(&dir);
    let mut rig = Rig::over("Android", json!({"naviServer": "http://navi.test"}), Store::open(&dir).unwrap());
    rig.script.packages = backlog(2);
    rig.connect();
    rig.accepted("destroy", json!({}));
    rig.accepted("create", json!({"appKey": "other"}));
    rig.connect();
    assert_eq!(rig.pulls.last().unwrap().sync_time(), 0);
    assert_eq!(rig.call("getMessageByUId", json!({"messageUId": "u1"})), CallResult::Value(Value::Null));
    drop(rig);
    let mut rig = Rig::over("Android", json!({"naviServer": "http://navi.test"}), Store::open(&dir).unwrap());
    rig.connect();
    assert_eq!(rig.pulls[0].sync_time(), START.0 - 2);
    drop(rig);
    std::fs::remove_file(&dir).unwrap();
}

#[test]
fn a_real_time_message_counts_nothing_however_it_comes() {
    let mut rig = Rig::new();
    rig.connect();
    rig.push(Topic::SMsg, false, 7, text_at(START.0 + 1, "pushed").encode_to_vec());
    assert_eq!(rig.frames.last().unwrap(), &ClientFrame::PubAck { id: 7 });
    rig.script.packages.push_back(package(vec![text_at(START.0 + 2, "a"), text_at(START.0 + 3, "b")], false));
    rig.announce(START.0 + 3);
    assert_eq!(rig.pulls.last().unwrap().sync_time(), START.0 + 1);
    assert_eq!(uids(&rig), ["pushed", "a", "b"]);
    assert_eq!(flags(&rig), [(0, false, false); 3]);
    // An announcement of what is here already asks for nothing.
    let pulls = rig.pulls.len();
    rig.announce(START.0 + 3);
    assert_eq!(rig.pulls.len(), pulls);
    // One without a time cannot be judged: it is followed.
    let timeless = NotifyMsg { r#type: 1, ..NotifyMsg::default() };
    rig.push(Topic::SNtf, false, 1, timeless.encode_to_vec());
    assert_eq!(rig.pulls.len(), pulls + 1);
}

#[test]
fn a_push_during_a_pull_waits_for_the_pull() {
    let mut rig = Rig::new();
    rig.script.answer_pulls = false;
    rig.connect();
    rig.push(Topic::SMsg, false, 1, text_at(START.0 + 5, "later").encode_to_vec());
    assert!(uids(&rig).is_empty());
    rig.script.answer_pulls = true;
    rig.script.packages.push_back(package(vec![text_at(START.0 + 5, "later")], false));
    rig.deliver(&package(vec![text_at(START.0 - 5, "earlier")], false));
    assert_eq!(uids(&rig), ["earlier", "later"]);
    assert_eq!(flags(&rig), [(0, true, false), (0, false, false)]);
}

#[test]
fn what_comes_twice_is_acknowledged_twice_and_shown_once() {
    let mut rig = Rig::new();
    rig.connect();
    let command =
        DownStreamMessage { status: 0, classname: "app:cmd".into(), ..text_at(START.0 + 2, "command") };
    for message in [text_at(START.0 + 1, "stored"), command] {
        for id in [1, 2] {
            rig.push(Topic::SMsg, false, id, message.encode_to_vec());
            assert_eq!(rig.frames.last().unwrap(), &ClientFrame::PubAck { id });
        }
    }
    assert_eq!(uids(&rig), ["stored", "command"]);
}

#[test]
fn signalling_is_no_message() {
    let mut rig = Rig::new();
    rig.connect();
    for (id, name) in ["RC:TypSts", "RC:ReadNtf", "RC:SRSMsg", "RC:RRReqMsg"].into_iter().enumerate() {
        let time = START.0 + 1 + i64::try_from(id).unwrap();
        let message = DownStreamMessage { classname: name.into(), status: 0, ..text_at(time, name) };
        rig.push(Topic::SMsg, false, 1, message.encode_to_vec());
    }
    assert!(uids(&rig).is_empty());
}

#[test]
fn broken_promises_of_a_server_do_not_make_a_loop() {
    let mut rig = Rig::new();
    // More is promised for ever, and never comes.
    rig.script.packages = (0..50).map(|_| package(Vec::new(), true)).collect();
    rig.connect();
    assert_eq!(rig.pulls.len(), 1);
    // A time is announced that no answer reaches.
    rig.script.packages.clear();
    rig.announce(START.0 + 1000);
    rig.announce(START.0 + 1000);
    assert_eq!(rig.pulls.len(), 3);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_a_push_does_not_pass_it() {
    let mut rig = Rig::new();
    rig.script.answer_pulls = false;
    rig.connect();
    rig.advance(seconds(29));
    assert_eq!(rig.pulls.len(), 1);
    rig.script.answer_pulls = true;
    rig.script.packages = backlog(2);
    rig.advance(seconds(1));
    assert_eq!(uids(&rig), ["u0", "u1"]);
}

#[test]
fn a_mirror_is_shown_when_its_acknowledgement_comes() {
    let mut rig = Rig::new();
    rig.connect();
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".into(),
        content: json!({"content": "from my page"}).to_string().into(),
        ..UpStreamMessage::default()
    };
    let frames = rig.frames.len();
    rig.push(Topic::PpMsgP, true, 9, up.encode_to_vec());
    assert!(uids(&rig).is_empty());
    let time = START + seconds(1);
    rig.server(ServerFrame::PubAck { id: 9, status: 0, time, message_uid: "mine".into() });
    let messages = rig.values("onMessageReceived", "message");
    let message = messages[0].as_object().unwrap();
    assert_eq!((&message["direction"], &message["targetId"]), (&json!("send"), &json!("bob")));
    assert_eq!((&message["senderUserId"], &message["text"]), (&json!("alice"), &json!("from my page")));
    assert_eq!(rig.frames.len(), frames, "a mirror is not acknowledged");
}

#[test]
fn a_query_answer_that_wants_to_be_confirmed_is() {
    let mut rig = Rig::new();
    rig.script.answer_pulls = false;
    rig.connect();
    rig.server(ServerFrame::QueryAck { id: 1, qos: 1, seconds: 0, status: 1, body: bytes::Bytes::new() });
    assert_eq!(rig.frames.last().unwrap(), &ClientFrame::QueryCon { id: 1 });
}

#[test]
fn a_recall_turns_the_message_into_a_notice() {
    let mut rig = Rig::new();
    let recall = |uid: &str, time: i64| DownStreamMessage {
        classname: "RC:RcCmd".into(),
        content: json!({"messageUId": uid, "isAdmin": true}).to_string().into(),
        status: 0,
        ..text_at(time, &format!("recall of {uid}"))
    };
    let list =
        vec![text_at(START.0 - 9, "first"), recall("first", START.0 - 8), recall("unknown", START.0 - 7)];
    rig.script.packages.push_back(package(list, false));
    rig.connect();
    assert_eq!(rig.story()[4..], ["onMessageReceived", "onRemoteMessageRecalled"]);
    assert_eq!(flags(&rig), [(0, true, false)]);
    let notice = rig.values("onRemoteMessageRecalled", "message").remove(0);
    assert_eq!((&notice["messageType"], &notice["admin"]), (&json!("recall"), &json!(true)));
    assert_eq!(notice["originalMessage"]["text"], "first");
    let CallResult::Value(stored) = rig.call("getMessageByUId", json!({"messageUId": "first"})) else {
        panic!()
    };
    assert_eq!(stored["messageType"], "recall");
}

#[test]
fn custom_and_unknown_messages_are_told_apart() {
    let mut rig = Rig::new();
    rig.connect();
    for (n, (name, content)) in
        [("app:flat", r#"{"a":"1"}"#), ("app:old", r#"{"a":{"b":1}}"#), ("app:odd", "null")]
            .into_iter()
            .enumerate()
    {
        let time = START.0 + 1 + i64::try_from(n).unwrap();
        let content = bytes::Bytes::from(content.to_owned());
        let message = DownStreamMessage { classname: name.into(), content, ..text_at(time, name) };
        rig.push(Topic::SMsg, false, 1, message.encode_to_vec());
    }
    let messages = rig.values("onMessageReceived", "message");
    let types: Vec<&Value> = messages.iter().map(|message| &message["messageType"]).collect();
    assert_eq!(types, ["custom", "unknown", "unknown"]);
    assert_eq!(messages[1]["objectName"], "app:old");
}
