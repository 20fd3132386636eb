//! NAVI and CONN: navigation, the first connection, its time limit, refusals.

use reference_client::{CallResult, Route};
use serde_json::json;
use wire::ClientFrame;

use crate::rig::{Reply, Rig, START, seconds};

#[test]
fn a_first_connection_is_told_in_order_and_once() {
    let mut rig = Rig::new();
    rig.connect();
    assert_eq!(
        rig.story(),
        [
            r#"onConnectionStatusChanged "connecting""#,
            "onDatabaseOpened 0",
            r#"onConnectionStatusChanged "connected""#,
            "onConnected 0",
        ]
    );
    assert_eq!(rig.values("onConnected", "userId"), ["alice"]);
    assert_eq!(rig.navi.len(), 1);
    assert_eq!(rig.navi[0].1, "http://navi.test/v2/navi.json");
    let Some(ClientFrame::Connect(connect)) = rig.frames.first() else { panic!("no CONNECT") };
    assert_eq!((connect.token.as_str(), connect.client_info.as_str()), ("alice", "Android--5.2.5"));
    rig.advance(seconds(600));
    assert_eq!(rig.connects(), 1);
}

#[test]
fn pages_speak_websocket_and_name_themselves_in_the_query() {
    let mut rig = Rig::with("Web", json!({"naviServer": "http://navi.test"}));
    rig.connect();
    let (_, address, Route::WebSocket { path_and_query }) = &rig.opens[0] else { panic!("no WebSocket") };
    assert_eq!(address, "im5.test:1");
    assert!(path_and_query.starts_with("/websocket?appId=app&token=alice&"), "{path_and_query}");
    assert_eq!(rig.values("onConnected", "code"), [0]);
}

#[test]
fn wrong_arguments_are_refused_at_once_and_nothing_follows() {
    let mut rig = Rig::new();
    assert_eq!(rig.call("connect", json!({"token": "", "timeout": 5})), CallResult::Code(1));
    assert_eq!(rig.call("connect", json!({"token": "alice", "timeout": "5"})), CallResult::Code(1));
    let mut odd = Rig::with("Android", json!({"compressOptions": 1}));
    assert_eq!(odd.call("connect", json!({"token": "alice", "timeout": 5})), CallResult::Code(1));
    rig.advance(seconds(60));
    assert!(rig.events.is_empty() && rig.navi.is_empty() && odd.navi.is_empty());
}

#[test]
fn a_time_limit_ends_the_attempts_once() {
    for silent in [Reply::Silence, Reply::Refuse] {
        let mut rig = Rig::new();
        rig.script.open = silent;
        rig.accepted("connect", json!({"token": "alice", "timeout": 5}));
        rig.advance(seconds(4));
        assert!(rig.values("onConnected", "code").is_empty());
        rig.advance(seconds(600));
        let (at, _, args) = rig.events.last().unwrap();
        assert_eq!((*at, &args["code"], &args["userId"]), (5000, &json!(34_006), &json!("")));
        assert_eq!(rig.values("onConnected", "code").len(), 1);
        assert_eq!(rig.statuses().last().unwrap(), "timeout");
        assert!(rig.attempts_since(START).iter().all(|at| *at <= 5000));
        // Only a new call begins again (CONN-007).
        rig.script.open = Reply::Accept;
        rig.connect();
        assert_eq!(rig.values("onConnected", "code"), [34_006, 0]);
    }
}

#[test]
fn without_a_limit_it_goes_on_until_it_connects() {
    for timeout in [0, -1] {
        let mut rig = Rig::new();
        rig.script.navi = Reply::Refuse;
        rig.accepted("connect", json!({"token": "alice", "timeout": timeout}));
        rig.advance(seconds(300));
        assert!(rig.values("onConnected", "code").is_empty());
        rig.script.navi = Reply::Accept;
        rig.advance(seconds(64));
        assert_eq!(rig.values("onConnected", "code"), [0]);
    }
}

#[test]
fn refusals_are_final_with_their_codes() {
    for (status, code, state) in [
        (4, 31_004, "token_incorrect"),
        (10, 31_004, "token_incorrect"),
        (8, 31_008, "unconnected"),
        (9, 31_009, "conn_user_blocked"),
        (19, 31_029, "unconnected"),
    ] {
        let mut rig = Rig::new();
        rig.script.greet = Reply::Status(status);
        rig.connect();
        assert_eq!(rig.values("onConnected", "code"), [code]);
        assert_eq!(rig.values("onConnected", "userId"), [""]);
        assert_eq!(rig.statuses(), ["connecting", state]);
        rig.advance(seconds(600));
        assert_eq!(rig.connects(), 1);
        assert!(rig.values("onDatabaseOpened", "code").is_empty());
        // A fresh token then succeeds (CONN-016).
        rig.script.greet = Reply::Accept;
        rig.accepted("connect", json!({"token": "fresh", "timeout": 0}));
        assert_eq!(rig.values("onConnected", "code"), [code, 0]);
    }
}

#[test]
fn navi_may_refuse_a_token_itself() {
    let mut rig = Rig::new();
    rig.script.navi = Reply::Status(401);
    rig.connect();
    rig.advance(seconds(60));
    assert_eq!(rig.values("onConnected", "code"), [31_004]);
    assert_eq!((rig.navi.len(), rig.opens.len()), (1, 0));
}

#[test]
fn a_busy_server_is_tried_again() {
    let mut rig = Rig::new();
    rig.script.greet = Reply::Status(3);
    rig.connect();
    rig.script.greet = Reply::Accept;
    rig.advance(seconds(1));
    assert_eq!(rig.values("onConnected", "code"), [0]);
}

#[test]
fn a_redirect_asks_navi_anew_and_a_loop_of_them_backs_off() {
    let mut rig = Rig::new();
    rig.script.greet = Reply::Status(6);
    rig.connect();
    assert_eq!((rig.navi.len(), rig.opens.len()), (2, 2));
    rig.advance(seconds(3));
    assert!(rig.navi.len() <= 10, "{}", rig.navi.len());
    rig.script.greet = Reply::Accept;
    rig.advance(seconds(60));
    assert_eq!(rig.values("onConnected", "code"), [0]);
}

#[test]
fn navi_hosts_come_from_the_app_then_the_token_then_the_default() {
    let hosts = |options: serde_json::Value, token: &str| {
        let mut rig = Rig::with("Android", options);
        rig.script.navi = Reply::Refuse;
        rig.accepted("connect", json!({"token": token, "timeout": 1}));
        let first: Vec<String> =
            rig.navi.iter().filter(|(at, ..)| *at == 0).map(|(_, url, _)| url.clone()).collect();
        first
    };
    let own = json!({"naviServer": "http://own.test/"});
    assert_eq!(hosts(own, "t@http://a.test"), ["http://own.test/v2/navi.json"]);
    let both = ["http://a.test/v2/navi.json", "https://b.test/v2/navi.json"];
    assert_eq!(hosts(json!({}), "t@http://a.test;b.test"), both);
    assert_eq!(hosts(json!({}), "t"), ["https://nav.cn.ronghub.com/v2/navi.json"]);
    // Nothing is asked at what is no address (NAVI-004).
    assert!(hosts(json!({"naviServer": "http://"}), "t").is_empty());
}

#[test]
fn navi_is_asked_again_only_after_two_hours() {
    let mut rig = Rig::new();
    rig.connect();
    rig.advance(seconds(3600));
    rig.cut();
    rig.advance(seconds(1));
    assert_eq!((rig.navi.len(), rig.opens.len()), (1, 2));
    rig.advance(seconds(3600));
    rig.cut();
    rig.advance(seconds(1));
    assert_eq!((rig.navi.len(), rig.opens.len()), (2, 3));
}

#[test]
fn every_address_is_tried_in_one_attempt() {
    let mut rig = Rig::new();
    rig.script.addresses = json!({"server": "a.test:1", "backupServer": "b.test:1,c.test:1"});
    rig.script.open = Reply::Refuse;
    rig.connect();
    let tried: Vec<&str> = rig.opens.iter().map(|(_, address, _)| address.as_str()).collect();
    assert_eq!(tried, ["a.test:1", "b.test:1", "c.test:1"]);
}

#[test]
fn every_accepted_connect_is_answered_once() {
    let mut rig = Rig::new();
    rig.script.greet = Reply::Silence;
    rig.connect();
    rig.connect();
    rig.accepted("disconnect", json!({"receivePush": true}));
    assert_eq!(rig.values("onConnected", "code"), [30_001, 30_001]);
    rig.script.greet = Reply::Accept;
    rig.connect();
    rig.connect();
    assert_eq!(rig.values("onConnected", "code"), [30_001, 30_001, 0, 0]);
    assert_eq!(rig.opens.len(), 3);
}
