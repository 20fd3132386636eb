//! Plain HTTP on the one port: navi for every SDK generation, CORS, the Server API, and answers that come late or never.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::io::{Read, Write};

use mock_server::{Config, Server};
use support::{APP, http, send_http, server, socket};

#[test]
fn navi_answers_old_sdks_with_jsonp() {
    let server = server();
    let target = format!("/navi.js?appId={APP}&token=test%3Au1&callBack=getServerEndpoint&v=4.6.4&r=1");
    let answer = http(&server, "GET", &target, &["Origin: http://page"], "");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let json =
        answer.body.strip_prefix("getServerEndpoint(").and_then(|rest| rest.strip_suffix(");")).unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["server"], server.addresses().websocket.as_str());
}

#[test]
fn navi_answers_new_sdks_with_json_behind_a_preflight() {
    let server = server();
    let asked = ["Origin: http://page", "Access-Control-Request-Headers: rc-appkey, rc-negotiate"];
    let preflight = http(&server, "OPTIONS", "/v2/navi.json?cloud=0", &asked, "");
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    for header in ["RC-Appkey", "RC-Negotiate", "Content-Type", "X-Requested-With"] {
        assert!(allowed.contains(header), "{header} is not in {allowed}");
    }

    let appkey = format!("RC-Appkey: {APP}");
    let headers = [appkey.as_str(), "Content-Type: Application/x-www-form-urlencoded"];
    let answer =
        http(&server, "POST", "/v2/navi.json?cloud=0", &headers, "token=test%3Au1&v=5.38.0&platfrom=browser");
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (200, Some(200)));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn a_chunked_body_and_repeated_slashes_are_understood() {
    let server = server();
    let mut stream = socket(&server);
    let head = format!(
        "POST //v2/navi.json HTTP/1.1\r\nHost: h\r\nRC-Appkey: {APP}\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"7\r\ntoken=x\r\n0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[test]
fn ping_answers_pages() {
    let answer = http(&server(), "GET", "/ping?r=1", &[], "");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
}

#[test]
fn an_app_key_becomes_a_world_on_first_sight() {
    let server = server();
    let answer = http(&server, "GET", "/navi.js?appId=never-seen&token=t", &[], "");
    assert_eq!(answer.status, 200);
    assert_eq!(
        server.with_world("never-seen", |service, _| service.app_secret().to_owned()).unwrap(),
        "mock-secret"
    );
}

#[test]
fn strict_refuses_unknown_app_keys() {
    let server = Server::start(Config { strict: true, ..Config::default() }).unwrap();
    let navi = http(&server, "POST", "/v2/navi.json", &["RC-Appkey: other"], "token=t");
    assert_eq!((navi.status, navi.json()["code"].as_i64()), (403, Some(403)));
    let api = http(&server, "POST", "/user/getToken.json", &["App-Key: other"], "userId=u1");
    assert_eq!((api.status, api.json()["code"].as_i64()), (401, Some(1001)));
    let none = http(&server, "POST", "/user/getToken.json", &[], "userId=u1");
    assert_eq!((none.status, none.json()["code"].as_i64()), (401, Some(1001)));
}

#[test]
fn the_server_api_checks_its_signature_and_issues_tokens() {
    let server = server();
    let wrong = ["App-Key: mock-app-key", "Nonce: 1", "Timestamp: 2", "Signature: 00"];
    let refused = http(&server, "POST", "/user/getToken.json", &wrong, "userId=u9&name=n");
    assert_eq!(refused.status, 401, "{}", refused.body);

    let now = server.now(APP).unwrap().0.to_string();
    let signature = service::signature_of("mock-secret", "1", &now);
    let timestamp = format!("Timestamp: {now}");
    let signature = format!("Signature: {signature}");
    let headers = [
        "App-Key: mock-app-key",
        "Nonce: 1",
        &timestamp,
        &signature,
        "Content-Type: application/x-www-form-urlencoded",
    ];
    let issued = http(&server, "POST", "/user/getToken.json", &headers, "userId=u9&name=n");
    assert_eq!(issued.status, 200, "{}", issued.body);
    let token = issued.json()["token"].as_str().unwrap().to_owned();
    assert!(token.ends_with(&format!("@{}", server.addresses().navi)), "{token}");
}

/// Everything the world's journal tells.
fn journal(server: &Server) -> String {
    let (_, page) = support::control(server, "GET", &format!("/apps/{APP}/journal"), "");
    page.to_string()
}

#[test]
fn the_journal_holds_no_token() {
    let server = server();
    let token = server.with_world(APP, |service, now| service.issue_token(now, "u1")).unwrap();
    let opaque = token.split('@').next().unwrap().to_owned();
    let form: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let app = format!("RC-Appkey: {APP}");
    http(
        &server,
        "POST",
        "/v2/navi.json",
        &[&app, "Authorization: Bearer x"],
        &format!("token={form}&v=5.38.0"),
    );
    http(&server, "GET", &format!("/navi.js?appId={APP}&token={form}"), &[], "");
    let json = serde_json::json!({"userId": "u1", "token": token}).to_string();
    http(&server, "POST", "/user/info.json", &[&app, "Content-Type: application/json"], &json);
    support::assert_accepted(&support::Web::open(&server, &opaque, "").read(), "u1");
    let mut native = support::Native::open(&server, &opaque);
    support::assert_accepted(&native.read(), "u1");
    // A second CONNECT is a frame like others.
    native.send(&wire::ClientFrame::Connect(support::connect(&opaque)));
    native.ping();
    let journal = journal(&server);
    assert!(journal.contains(&format!("token={}...&v=5.38.0", &opaque[..4])), "{journal}");
    assert!(journal.contains(&format!(r#"\"token\":\"{}...\""#, &opaque[..4])), "{journal}");
    assert!(!journal.contains(&opaque[..8]), "{journal}");
}

#[test]
fn a_wrong_path_without_an_app_key_is_a_wrong_path() {
    let server = server();
    for (path, hint) in
        [("/favicon.ico", ""), ("/nav.js", "`/navi.js`"), ("/contorl/v1/apps", "`/control/v1/`")]
    {
        let answer = http(&server, "GET", path, &[], "");
        assert_eq!((answer.status, answer.json()["code"].as_i64()), (404, Some(404)), "{path}");
        assert!(answer.json()["errorMessage"].as_str().unwrap().contains(hint), "{}", answer.body);
    }
    for path in ["/navi.js", "/user/getToken.json", "/files/"] {
        assert_eq!(http(&server, "GET", path, &[], "").status, 401, "{path}");
    }
}

#[test]
fn a_cut_answer_closes_the_connection() {
    let server = server();
    arm(&server, r#"{"on": {"kind": "navi"}, "effect": "cut"}"#);
    let mut stream = socket(&server);
    send_http(&mut stream, "GET", &format!("/navi.js?appId={APP}&token=t"), &[], "");
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert_eq!(text, "");
}

#[test]
fn a_delayed_answer_comes_when_its_time_has_come() {
    let server = server();
    support::manual(&server, 1_000_000);
    arm(&server, r#"{"on": {"kind": "navi"}, "effect": {"delayMs": 3600000}}"#);
    let mut stream = socket(&server);
    send_http(&mut stream, "GET", &format!("/navi.js?appId={APP}&token=t"), &[], "");
    let limit = std::time::Duration::from_secs(10);
    server.wait(APP, limit, |service, _| service.next_deadline()).unwrap();
    server.advance_to(APP, wire::UnixMillis(1_000_000 + 3_600_000)).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[test]
fn an_upgrade_elsewhere_or_none_at_all_is_answered_in_http() {
    let server = server();
    assert_eq!(http(&server, "GET", "/websocket?token=t", &[], "").status, 426);
    assert_eq!(http(&server, "GET", "/", &[], "").status, 200);
}

fn arm(server: &Server, fault: &str) {
    let fault = service::act::Act::Fault(serde_json::from_str(fault).unwrap());
    server.with_world(APP, move |service, now| service.act(now, &fault).map(drop)).unwrap().unwrap();
}
