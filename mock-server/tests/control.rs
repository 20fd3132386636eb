//! The control API, call by call.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::io::{BufRead, BufReader, Write};

use serde_json::json;
use support::{APP, Web, control, http, send_http, server, socket};
use wire::ServerFrame;

#[test]
fn the_root_tells_version_worlds_and_counters() {
    let server = server();
    let (status, root) = control(&server, "GET", "/", "");
    assert_eq!((status, root["version"].as_str()), (200, Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(root["apps"][0]["appKey"], APP);
    assert_eq!(root["counters"]["worlds"], 1);
    assert_eq!(http(&server, "GET", "/control/v1", &[], "").status, 200);
}

#[test]
fn a_world_is_created_replaced_and_deleted() {
    let server = server();
    let yaml = "appSecret: s\nusers: [a]\n";
    let (status, world) = control(&server, "PUT", "/apps/new", yaml);
    assert_eq!((status, world["appSecret"].as_str()), (201, Some("s")), "{world}");
    let (status, world) = control(&server, "PUT", "/apps/new", r#"{"service": {"start": 1000}}"#);
    assert_eq!(status, 200);
    assert!(world["now"].as_i64().unwrap() < 1_000_000, "{world}");
    assert!(world["switches"]["directPush"]["meaning"].is_string(), "{world}");
    assert_eq!(control(&server, "DELETE", "/apps/new", "").0, 200);
    assert_eq!(control(&server, "GET", "/apps/new", "").0, 404);
    assert_eq!(control(&server, "DELETE", "/apps/new", "").0, 404);
}

#[test]
fn deleting_a_world_closes_its_connections() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    assert_eq!(control(&server, "DELETE", &format!("/apps/{APP}"), "").0, 200);
    assert_eq!(web.next(), None);
}

#[test]
fn a_mistake_in_a_set_up_has_its_place() {
    let server = server();
    let (status, answer) = control(&server, "PUT", "/apps/new", "users: [a]\nuzers: []\n");
    assert_eq!(status, 400);
    assert_eq!(
        (answer["error"]["code"].as_str(), answer["error"]["at"].as_str()),
        (Some("invalid"), Some("2:1"))
    );
    let (status, answer) = control(&server, "PUT", "/apps/new", "groups: {g: []}\n");
    assert_eq!((status, answer["error"]["at"].as_str()), (400, Some("service")));
    assert!(answer["error"]["message"].as_str().unwrap().contains("no members"));
    assert_eq!(control(&server, "GET", "/apps/new", "").0, 404);
}

#[test]
fn time_is_advanced_and_deadlines_run_on_the_way() {
    let server = server();
    let fault = r#"{"on": {"kind": "ping"}, "effect": {"delayMs": 60000}}"#;
    assert_eq!(control(&server, "POST", "/apps/mock-app-key/faults", fault).0, 200);
    let mut web = Web::login(&server, "u1");
    web.send(&wire::ClientFrame::Ping);
    let limit = std::time::Duration::from_secs(10);
    server.wait(APP, limit, |service, _| service.next_deadline()).unwrap();
    let before = control(&server, "GET", "/apps/mock-app-key/clock", "").1;
    assert_eq!(before["mode"], "wall");
    let (status, after) = control(&server, "POST", "/apps/mock-app-key/clock/advance", r#"{"ms": 60000}"#);
    assert_eq!(status, 200);
    assert!(after["now"].as_i64().unwrap() >= before["now"].as_i64().unwrap() + 60_000);
    assert_eq!(web.read(), ServerFrame::Pong);

    for wrong in [r#"{"ms": -1}"#, "{}", r#"{"to": 1}"#, r#"{"ms": 1, "to": 2}"#, "nonsense"] {
        assert_eq!(control(&server, "POST", "/apps/mock-app-key/clock/advance", wrong).0, 400, "{wrong}");
    }
}

#[test]
fn acts_reach_clients_and_state_shows_them() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    let (status, state) = control(&server, "GET", "/apps/mock-app-key/state/users/u1", "");
    assert_eq!((status, state["online"].as_bool()), (200, Some(true)));
    assert!(control(&server, "GET", "/apps/mock-app-key/state", "").1["mailboxes"].is_object());
    assert_eq!(control(&server, "GET", "/apps/mock-app-key/state/users/nobody", "").0, 404);
    assert_eq!(control(&server, "GET", "/apps/mock-app-key/state/nothing", "").0, 404);

    let (status, outcome) = control(&server, "POST", "/apps/mock-app-key/act", r#"{"kick": {"user": "u1"}}"#);
    assert_eq!((status, outcome), (200, json!({"connections": 1})));
    assert!(matches!(web.read(), ServerFrame::Disconnect { status: 1, .. }));
    assert_eq!(web.next(), None);

    for wrong in [r#"{"kick": {}}"#, r#"{"nonsense": {}}"#, r#"{"ban": {"user": "u1", "minutes": 0}}"#] {
        let (status, answer) = control(&server, "POST", "/apps/mock-app-key/act", wrong);
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("invalid")), "{wrong}");
    }
}

#[test]
fn faults_are_armed_and_disarmed() {
    let server = server();
    let fault = r#"{"on": {"kind": "ping", "times": 0}, "effect": "drop"}"#;
    let (_, armed) = control(&server, "POST", "/apps/mock-app-key/faults", fault);
    let path = format!("/apps/mock-app-key/faults/{}", armed["id"]);
    assert_eq!(control(&server, "DELETE", &path, "").0, 200);
    assert_eq!(control(&server, "DELETE", &path, "").0, 404);
    Web::login(&server, "u1").ping();
}

#[test]
fn the_journal_is_read_in_pages_and_waited_for() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.ping();
    let (_, page) = control(&server, "GET", "/apps/mock-app-key/journal?after=1&limit=1", "");
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
    assert_eq!(page["entries"][0]["n"], 2);
    let last = page["last"].as_u64().unwrap();
    assert_eq!(control(&server, "GET", "/apps/mock-app-key/journal?after=x", "").0, 400);

    let held = r#"{"match": {"kind": "frame", "frame": "PINGREQ"}}"#;
    let (status, answer) = control(&server, "POST", "/apps/mock-app-key/await", held);
    assert_eq!((status, answer["entry"]["direction"].as_str()), (200, Some("up")));

    // One that is yet to come: the call is on its way before the ping is.
    let mut stream = socket(&server);
    let later = format!(r#"{{"match": {{"frame": "PINGREQ"}}, "after": {last}, "timeoutMs": 60000}}"#);
    send_http(&mut stream, "POST", "/control/v1/apps/mock-app-key/await", &[], &later);
    web.ping();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");

    let never = r#"{"match": {"frame": "NEVER"}, "timeoutMs": 1}"#;
    let (status, answer) = control(&server, "POST", "/apps/mock-app-key/await", never);
    assert_eq!((status, answer["error"]["code"].as_str()), (408, Some("timeout")));
    let long = r#"{"match": {}, "timeoutMs": 60001}"#;
    assert_eq!(control(&server, "POST", "/apps/mock-app-key/await", long).0, 400);
}

#[test]
fn the_journal_is_streamed() {
    let server = server();
    let mut stream = socket(&server);
    stream
        .write_all(b"GET /control/v1/apps/mock-app-key/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut until =
        |start: &str| lines.by_ref().map(Result::unwrap).find(|line| line.starts_with(start)).unwrap();
    until(": journal");
    let _web = Web::login(&server, "u1");
    assert_eq!(until("id:"), "id: 1");
    let data = until("data:");
    let entry: serde_json::Value = serde_json::from_str(data.trim_start_matches("data:")).unwrap();
    assert_eq!((entry["kind"].as_str(), entry["user"].as_str()), (Some("open"), Some("u1")));
}

#[test]
fn unknown_calls_say_so() {
    let server = server();
    assert_eq!(control(&server, "GET", "/nonsense", "").0, 404);
    assert_eq!(control(&server, "POST", "/apps/mock-app-key/clock", "").0, 405);
    assert_eq!(control(&server, "GET", "/apps/nobody/clock", "").0, 404);
}

#[test]
fn the_description_has_every_call() {
    let server = server();
    let (_, description) = control(&server, "GET", "/openapi.json", "");
    let mut paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    paths.sort_unstable();
    let app = "/apps/{appKey}";
    let mut expected: Vec<String> = ["/", "/openapi.json"].map(str::to_owned).to_vec();
    for below in [
        "",
        "/act",
        "/await",
        "/clock",
        "/clock/advance",
        "/faults",
        "/faults/{id}",
        "/journal",
        "/journal/stream",
        "/recording",
        "/state",
        "/state/{kind}",
        "/state/{kind}/{id}",
    ] {
        expected.push(format!("{app}{below}"));
    }
    expected.sort_unstable();
    assert_eq!(paths, expected);
}
