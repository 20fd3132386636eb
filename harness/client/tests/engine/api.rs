//! ENG and BLK: the life cycle, listeners, and the blacklist's requests.

use prost::Message as _;
use reference_client::{CallResult, Engine};
use serde_json::{Value, json};
use wire::{
    ClientFrame, Topic,
    body::{QueryBlackListOutput, UserIdInput},
};

use crate::rig::{Reply, Rig, seconds};

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig.events.clear();
    rig
}

#[test]
fn a_destroyed_engine_answers_2_and_is_silent() {
    let mut rig = connected();
    rig.script.publish = Reply::Silence;
    let args = json!({"type": "private", "targetId": "bob", "channelId": "", "text": "x"});
    let CallResult::Value(message) = rig.call("createTextMessage", args) else { panic!() };
    rig.accepted("sendMessage", json!({"message": message}));
    rig.events.clear();
    rig.accepted("destroy", json!({}));
    let frames = rig.frames.len();
    for method in Engine::methods().filter(|method| method != "create") {
        assert_eq!(
            rig.call(&method, json!({"token": "alice", "userId": "bob"})),
            CallResult::Code(2),
            "{method}"
        );
    }
    rig.advance(seconds(600));
    assert!(rig.events.is_empty());
    assert_eq!((rig.frames.len(), rig.engine.next_deadline()), (frames, None));
    // A new life begins with `create` (ENG-005).
    rig.accepted("create", json!({}));
    rig.connect();
    assert_eq!(rig.values("onConnected", "code"), [0]);
}

#[test]
fn every_method_is_there_and_others_are_named_as_missing() {
    for method in Engine::methods() {
        let mut rig = Rig::new();
        assert!(!matches!(rig.call(&method, json!({})), CallResult::Unsupported(_)), "{method}");
    }
    for method in ["joinNothing", "setOnNothingListener", "setListener", ""] {
        assert!(matches!(Rig::new().call(method, json!({})), CallResult::Unsupported(_)), "{method}");
    }
}

#[test]
fn the_last_listener_counts_and_none_clears() {
    let mut rig = Rig::new();
    let setter = "setOnConnectedListener";
    rig.accepted(setter, json!({"listener": "A"}));
    rig.accepted(setter, json!({"listener": "B"}));
    rig.connect();
    assert_eq!(rig.values("onConnected", "listener"), ["B"]);
    rig.accepted(setter, json!({}));
    rig.connect();
    rig.accepted(setter, json!({"enabled": false}));
    rig.connect();
    assert_eq!(rig.values("onConnected", "code").len(), 1);
    rig.accepted(setter, json!({"enabled": true}));
    rig.connect();
    assert_eq!(rig.values("onConnected", "code").len(), 2);
    assert!(rig.events.last().unwrap().2.get("listener").is_none());
}

#[test]
fn blacklist_requests_are_answered_with_their_own_arguments() {
    for (method, event, topic) in [
        ("addToBlacklist", "onBlacklistAdded", Topic::AddBlack),
        ("removeFromBlacklist", "onBlacklistRemoved", Topic::RmBlack),
        ("loadBlacklistStatus", "onBlacklistStatusLoaded", Topic::BlackStat),
    ] {
        let mut rig = connected();
        rig.accepted(method, json!({"userId": "bob"}));
        rig.script.query = Reply::Status(20_405);
        rig.accepted(method, json!({"userId": "carol"}));
        assert_eq!(rig.values(event, "userId"), ["bob", "carol"]);
        assert_eq!(rig.values(event, "code"), [0, 20_405]);
        let Some(ClientFrame::Query(request)) = rig.frames.last() else { panic!("no QUERY") };
        assert_eq!((&request.topic, request.target.as_str()), (&topic, "carol"));
        assert_eq!(UserIdInput::decode(request.body.clone()).unwrap().user_id(), "carol");
        rig.script.query = Reply::Silence;
        rig.accepted(method, json!({"userId": "dave"}));
        rig.advance(seconds(30));
        assert_eq!(rig.values(event, "code")[2..], [30_003]);
        assert_eq!(rig.call(method, json!({"userId": ""})), CallResult::Code(1));
        let mut rig = Rig::new();
        rig.accepted(method, json!({"userId": "bob"}));
        assert_eq!(rig.values(event, "code"), [30_001]);
    }
}

#[test]
fn a_blacklist_status_tells_in_from_out() {
    let mut rig = connected();
    for reply in [Reply::Accept, Reply::Status(101), Reply::Status(500)] {
        rig.script.query = reply;
        rig.accepted("loadBlacklistStatus", json!({"userId": "bob"}));
    }
    let event = "onBlacklistStatusLoaded";
    assert_eq!(rig.values(event, "status"), ["in_blacklist", "not_in_blacklist", "unknown"]);
    assert_eq!(rig.values(event, "code"), [0, 0, 500]);
}

#[test]
fn the_blacklist_is_loaded_whole() {
    let mut rig = connected();
    let list = QueryBlackListOutput { user_ids: vec!["bob".into(), "carol".into()] };
    rig.script.query_body = list.encode_to_vec().into();
    rig.accepted("loadBlacklist", json!({}));
    assert_eq!(rig.values("onBlacklistLoaded", "userIds"), [json!(["bob", "carol"])]);
    rig.script.query = Reply::Status(1);
    rig.script.query_body = bytes::Bytes::new();
    rig.accepted("loadBlacklist", json!({}));
    assert_eq!(rig.values("onBlacklistLoaded", "code"), [0, 1]);
}

#[test]
fn load_messages_checks_its_arguments() {
    let mut rig = connected();
    let good = json!({"type": "private", "targetId": "bob", "channelId": "", "sentTime": 0, "order": "before",
        "policy": "local", "count": 20});
    rig.accepted("loadMessages", good.clone());
    for (name, value) in [
        ("count", json!(0)),
        ("count", json!(21)),
        ("sentTime", json!(-1)),
        ("order", json!("sideways")),
        ("policy", json!("none")),
        ("targetId", json!("")),
        ("type", Value::Null),
    ] {
        let mut args = good.clone();
        args[name] = value;
        assert_eq!(rig.call("loadMessages", args), CallResult::Code(1), "{name}");
    }
    assert_eq!(rig.values("onMessagesLoaded", "code"), [0]);
}
