//! Clients that poll: login, signals, frames and ends over plain HTTP, with time moved by hand.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{io::Read, net::TcpStream, time::Duration};

use mock_server::Server;
use serde_json::{Value, json};
use support::{APP, Answer, http, manual, send_http, server, socket};
use wire::UnixMillis;

const START: i64 = 1_700_000_000_000;
const LIMIT: Duration = Duration::from_secs(10);

struct Page<'a> {
    server: &'a Server,
    session: String,
    next_id: u32,
}

impl<'a> Page<'a> {
    fn login(server: &'a Server, user: &str) -> Self {
        let opened = open(server, &format!("test%3A{user}"));
        assert_eq!((&opened["status"], &opened["userId"]), (&json!(0), &json!(user)), "{opened}");
        Self { server, session: opened["sessionid"].as_str().unwrap().to_owned(), next_id: 0 }
    }

    fn frame(&mut self, header: u8, topic: &str, target: &str, body: &Value) -> Answer {
        self.next_id += 1;
        let (id, session) = (self.next_id, &self.session);
        let at = format!(
            "/websocket?messageid={id}&header={header}&sessionid={session}&topic={topic}&targetid={target}&pid=1"
        );
        http(self.server, "POST", &at, &["Content-Type: text/plain"], &body.to_string())
    }

    fn send(&mut self, to: &str, text: &str) -> Value {
        let content = json!({"content": text}).to_string();
        let body = json!({"sessionId": 3, "configFlag": 0, "classname": "RC:TxtMsg", "content": content});
        self.frame(50, "ppMsgP", to, &body).json()
    }

    fn pull(&mut self, user: &str, since: i64) -> Value {
        let body = json!({"syncTime": since, "ispolling": false, "isPullSend": true, "sendBoxSyncTime": 0});
        self.frame(80, "pullMsg", user, &body).json()
    }

    /// Begins to poll; the server has it when this returns.
    fn poll(&self) -> TcpStream {
        let before = self.read();
        let mut stream = socket(self.server);
        let at = format!("/pullmsg.js?sessionid={}&timestrap=1&pid=1", self.session);
        send_http(&mut stream, "GET", &at, &[], "");
        self.wait_for_reads(before + 1);
        stream
    }

    fn number(&self) -> u64 {
        self.session.rsplit_once('.').unwrap().1.parse().unwrap()
    }

    fn read(&self) -> u64 {
        let conns = self.server.connections(APP).unwrap();
        conns.iter().find(|conn| conn.conn.0 == self.number()).unwrap().read
    }

    fn wait_for_reads(&self, reads: u64) {
        let n = self.number();
        let seen = move |_: &service::Service, conns: &[mock_server::ConnState]| {
            conns.iter().any(|conn| conn.conn.0 == n && conn.read >= reads).then_some(())
        };
        self.server.wait(APP, LIMIT, seen).unwrap();
    }
}

fn open(server: &Server, token: &str) -> Value {
    let answer = http(
        server,
        "GET",
        &format!("/websocket?appId={APP}&token={token}&sdkVer=4.6.4&pid=1&apiVer=normal"),
        &[],
        "",
    );
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    answer.json()
}

/// The body of an answer that was begun; `None`: the connection ended without one.
fn answered(mut stream: TcpStream) -> Option<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

fn signals(stream: TcpStream) -> Vec<Value> {
    serde_json::from_str(&answered(stream).expect("an answer")).unwrap()
}

fn data(signal: &Value) -> Value {
    serde_json::from_str(signal["data"].as_str().unwrap()).unwrap()
}

#[test]
fn a_login_is_answered_as_it_is_written_anew() {
    let server = server();
    let at = format!("/websocket?appId={APP}&token=test%3Au1&sdkVer=4.6.4&pid=1&apiVer=normal");
    let body = http(&server, "GET", &at, &[], "").body;
    let again: serde_json::Map<String, Value> = serde_json::from_str(&body).unwrap();
    assert!(!body.contains([' ', '\n']), "{body:?}");
    assert_eq!(again.len(), 4);
    assert_eq!(open(&server, "nonsense"), json!({"status": 4}));
    let other = http(&server, "GET", "/websocket?appId=&token=t", &[], "");
    assert_eq!(other.json(), json!({"status": 2}), "an App Key that is none");
}

#[test]
fn a_message_wakes_the_receivers_poll_and_is_pulled() {
    let server = server();
    let (mut alice, mut bob) = (Page::login(&server, "u1"), Page::login(&server, "u2"));
    bob.pull("u2", 0);
    let poll = bob.poll();
    let sent = alice.send("u2", "hi");
    assert_eq!(
        (&sent[0]["headerCode"], &sent[0]["messageId"], &sent[0]["status"]),
        (&json!(64), &json!(1), &json!(0))
    );
    let woken = signals(poll);
    assert_eq!((&woken[0]["topic"], &woken[0]["targetId"]), (&json!("s_ntf"), &json!("u2")));
    assert_eq!(data(&woken[0])["type"], 1);
    let pulled = bob.pull("u2", 0);
    let package = data(&pulled[0]);
    assert_eq!(package["list"][0]["content"], r#"{"content":"hi"}"#);
    assert_eq!(package["list"][0]["msgId"], sent[0]["messageUId"]);
    assert_eq!((&package["finished"], &package["broadcastSyncTime"]), (&json!(true), &json!(0)));
}

#[test]
fn an_answer_goes_to_the_poll_that_waits() {
    let server = server();
    let mut page = Page::login(&server, "u1");
    let poll = page.poll();
    assert_eq!(page.pull("u1", 0), json!([]), "the poll has it");
    assert_eq!(signals(poll)[0]["messageId"], 1);
    assert_eq!(page.pull("u1", 0)[0]["messageId"], 2, "nobody else asks");
}

#[test]
fn a_poll_that_broke_takes_nothing_with_it() {
    let server = server();
    let mut bob = Page::login(&server, "u2");
    bob.pull("u2", 0);
    let before = bob.read();
    let mut first = socket(&server);
    send_http(&mut first, "GET", &format!("/pullmsg.js?sessionid={}", bob.session), &[], "");
    bob.wait_for_reads(before + 1);
    drop(first);
    // The next poll answers the first one, if that is still believed in: what comes later is the second's.
    let second = bob.poll();
    Page::login(&server, "u1").send("u2", "hi");
    assert_eq!(signals(second)[0]["topic"], "s_ntf");
}

#[test]
fn an_idle_poll_is_answered_after_40_seconds_and_a_client_that_stops_is_gone_after_30_more() {
    let server = server();
    manual(&server, START);
    let page = Page::login(&server, "u1");
    let poll = page.poll();
    let to = |ms: i64| server.advance_to(APP, UnixMillis(START + ms)).unwrap();
    to(39_999);
    assert_eq!(page.read(), 1);
    to(40_000);
    assert_eq!(answered(poll).as_deref(), Some("[]"));
    let open = || server.connections(APP).unwrap().iter().filter(|conn| !conn.closed).count();
    to(69_999);
    assert_eq!(open(), 1);
    to(70_000);
    assert_eq!(open(), 0);
    let late = http(&server, "GET", &format!("/pullmsg.js?sessionid={}", page.session), &[], "");
    assert_eq!(late.status, 403);
}

#[test]
fn polling_again_keeps_a_client() {
    let server = server();
    manual(&server, START);
    let page = Page::login(&server, "u1");
    for n in 1..=5 {
        let poll = page.poll();
        server.advance_to(APP, UnixMillis(START + n * 40_000)).unwrap();
        assert_eq!(answered(poll).as_deref(), Some("[]"));
    }
    assert_eq!(server.connections(APP).unwrap().iter().filter(|conn| !conn.closed).count(), 1);
}

#[test]
fn a_kicked_page_is_told_and_then_its_session_is_over() {
    let server = server();
    let first = Page::login(&server, "u1");
    let poll = first.poll();
    let _second = Page::login(&server, "u1");
    assert_eq!(signals(poll), [json!({"headerCode": 224, "messageId": 0, "status": 1})]);
    let after = http(&server, "GET", &format!("/pullmsg.js?sessionid={}", first.session), &[], "");
    assert_eq!(after.status, 403);
}

#[test]
fn last_words_wait_for_the_next_poll() {
    let server = server();
    let first = Page::login(&server, "u1");
    let _second = Page::login(&server, "u1");
    let poll = http(&server, "GET", &format!("/pullmsg.js?sessionid={}", first.session), &[], "");
    assert_eq!(poll.json()[0]["headerCode"], 224);
    let after = http(&server, "GET", &format!("/pullmsg.js?sessionid={}", first.session), &[], "");
    assert_eq!(after.status, 403);
}

#[test]
fn a_link_that_is_cut_leaves_the_poll_without_an_answer() {
    let server = server();
    let page = Page::login(&server, "u1");
    let poll = page.poll();
    assert_eq!(server.cut(APP, "").unwrap(), 1);
    assert_eq!(answered(poll), None);
}

#[test]
fn misuse_is_refused_and_changes_nothing() {
    let server = server();
    let mut page = Page::login(&server, "u1");
    for session in ["", "nonsense", "x.1", "a.99999999999999999999"] {
        let poll = http(&server, "GET", &format!("/pullmsg.js?sessionid={session}"), &[], "");
        assert_eq!(poll.status, 403, "{session}");
    }
    let session = page.session.clone();
    for (query, body, why) in [
        ("messageid=x&header=50&topic=ppMsgP&targetid=u2", "{}", "`messageid` is no number: \"x\""),
        ("messageid=1&topic=ppMsgP&targetid=u2", "{}", "`header` is no number: \"\""),
        ("messageid=1&header=300&topic=ppMsgP&targetid=u2", "{}", "`header` is more than a byte"),
        (
            "messageid=1&header=16&topic=ppMsgP&targetid=u2",
            "{}",
            "no frame that clients send has the header 16",
        ),
        ("messageid=1&header=50&topic=ppMsgP&targetid=u2", "[1]", "the body is no JSON object"),
        (
            "messageid=1&header=50&topic=ppMsgP&targetid=u2",
            r#"{"content":7}"#,
            "`content` is not of its type: 7",
        ),
    ] {
        let answer = http(&server, "POST", &format!("/websocket?sessionid={session}&{query}"), &[], body);
        assert_eq!((answer.status, answer.json()["errorMessage"].as_str()), (400, Some(why)));
    }
    // Still there, and nothing was sent.
    let mailbox = Page::login(&server, "u2").pull("u2", 0);
    assert_eq!(data(&mailbox[0]).get("list"), None);
    assert_eq!(page.send("u2", "hi")[0]["status"], 0);
}
