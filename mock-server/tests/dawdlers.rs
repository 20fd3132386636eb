//! Deadlines: who dawdles is cut after a stated time, also one who sends a byte now and then.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use mock_server::{Bounds, Clock, Config, Server, Tls};
use support::{APP, control, http, native_bytes, socket};
use wire::{ClientFrame, UnixMillis};

/// Bounds that a test can wait for, one at a time.
fn server(change: impl FnOnce(&mut Bounds)) -> Server {
    let mut bounds = Bounds::default();
    change(&mut bounds);
    Server::start(Config { bounds, ..Config::default() }).unwrap()
}

const SHORT: Duration = Duration::from_millis(300);

/// Sends `drops` one by one, a byte whenever nothing has come for a moment, until the server ends the connection; what it
/// said until then.
fn drip(stream: &mut TcpStream, drops: &[u8]) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let (mut said, mut drops) = (Vec::new(), drops.iter());
    // Twenty seconds at most.
    for _ in 0..1000 {
        let mut bytes = [0; 4096];
        match stream.read(&mut bytes) {
            Ok(0) => return String::from_utf8_lossy(&said).into_owned(),
            Ok(read) => said.extend_from_slice(&bytes[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if let Some(drop) = drops.next() {
                    // The end shows when it is read.
                    let _ = stream.write_all(&[*drop]);
                }
            }
            Err(_) => return String::from_utf8_lossy(&said).into_owned(),
        }
    }
    panic!("the connection was not ended");
}

fn cuts(server: &Server, bound: &str) -> u64 {
    let counters = control(server, "GET", "/", "").1["counters"].take();
    counters["cut"][bound].as_u64().unwrap_or_default()
}

#[test]
fn a_connect_that_never_ends() {
    let server = server(|bounds| bounds.login_time = SHORT);
    let connect = native_bytes(&ClientFrame::Connect(support::connect("test:u1")));
    let mut stream = socket(&server);
    assert_eq!(drip(&mut stream, &connect[..60]), "");
    assert_eq!(cuts(&server, "loginTime"), 1);
}

#[test]
fn a_head_that_never_ends_the_first_and_the_next() {
    let server = server(|bounds| bounds.head_time = SHORT);
    let head = format!("GET /ping HTTP/1.1\r\nHost: h\r\nX: {}", "x".repeat(2000));
    assert_eq!(drip(&mut socket(&server), head.as_bytes()), "");
    let mut stream = socket(&server);
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let said = drip(&mut stream, head.as_bytes());
    assert!(said.starts_with("HTTP/1.1 200") && said.matches("HTTP/1.1").count() == 1, "{said}");
    assert_eq!(cuts(&server, "headTime"), 2);
    // A connection that says nothing at all is one of them.
    assert_eq!(drip(&mut socket(&server), b""), "");
}

#[test]
fn a_tls_handshake_that_never_ends() {
    let bounds = Bounds { head_time: SHORT, ..Bounds::default() };
    let server = Server::start(Config { tls: Some(Tls::SelfSigned), bounds, ..Config::default() }).unwrap();
    assert_eq!(drip(&mut socket(&server), &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]), "");
    assert_eq!(cuts(&server, "headTime"), 1);
}

#[test]
fn a_body_that_never_ends_and_one_that_pauses() {
    let server = server(|bounds| bounds.body_time = SHORT);
    let mut stream = socket(&server);
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nApp-Key: k\r\nContent-Length: 5000\r\n\r\n").unwrap();
    let said = drip(&mut stream, &[b'x'; 2000]);
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("the bound `bodyTime`"), "{said}");
    assert_eq!(cuts(&server, "bodyTime"), 1);

    let server = self::server(|bounds| bounds.body_pause = SHORT);
    let mut stream = socket(&server);
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nApp-Key: k\r\nContent-Length: 5000\r\n\r\nxx").unwrap();
    let said = drip(&mut stream, b"");
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("the bound `bodyPause`"), "{said}");
}

#[test]
fn a_frame_that_never_ends() {
    let server = server(|bounds| bounds.body_time = SHORT);
    let mut native = support::Native::login(&server, "u1");
    // A frame of 256 bytes, of which a few come.
    native.stream.write_all(&[0x30, 0x30 ^ 0x80 ^ 0x02, 0x80, 0x02]).unwrap();
    drip(&mut native.stream, &[0; 200]);
    assert_eq!(cuts(&server, "bodyTime"), 1);
}

#[test]
fn a_connection_between_two_requests() {
    let server = server(|bounds| bounds.idle_time = SHORT);
    let mut stream = socket(&server);
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let said = drip(&mut stream, b"");
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(cuts(&server, "idleTime"), 1);
}

#[test]
fn an_answer_that_is_waited_for_is_no_idleness() {
    let server = server(|bounds| bounds.idle_time = SHORT);
    let path = format!("/apps/{APP}/await");
    let (status, _) = control(&server, "POST", &path, r#"{"match": {"kind": "nothing"}, "timeoutMs": 1000}"#);
    assert_eq!(status, 408);
    assert_eq!(cuts(&server, "idleTime"), 0);
}

#[test]
fn an_answer_that_nobody_reads() {
    let server = server(|bounds| {
        bounds.unread_time = SHORT;
        bounds.journal_page = 16 << 20;
    });
    let text = "x".repeat(60_000);
    for _ in 0..300 {
        let act = serde_json::json!({"push": {"from": "u3", "to": "u1", "message": {"text": text}}});
        let act = serde_json::from_value(act).unwrap();
        server.with_world(APP, move |service, now| service.act(now, &act).map(drop)).unwrap().unwrap();
    }
    let mut stream = socket(&server);
    let path = format!("/control/v1/apps/{APP}/journal?limit=10000");
    support::send_http(&mut stream, "GET", &path, &[], "");
    let begun = std::time::Instant::now();
    while cuts(&server, "unreadTime") == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it was not cut");
        std::thread::yield_now();
    }
}

#[test]
fn a_polling_login_that_never_polls() {
    const START: i64 = 1_700_000_000_000;
    let server = server(|_| {});
    server.put_world(APP, support::setup(), 1, Clock::Manual(UnixMillis(START))).unwrap();
    let login = format!("/websocket?appId={APP}&token=test%3Au1&sdkVer=4.6.4&pid=1");
    let opened = http(&server, "GET", &login, &[], "").json();
    let session = opened["sessionid"].as_str().unwrap();
    let online = || server.with_world(APP, |service, _| service.connections().len()).unwrap();
    server.advance_to(APP, UnixMillis(START + 69_000)).unwrap();
    assert_eq!(online(), 1);
    server.advance_to(APP, UnixMillis(START + 71_000)).unwrap();
    assert_eq!(online(), 0);
    let poll = http(&server, "GET", &format!("/pullmsg.js?sessionid={session}"), &[], "");
    assert_eq!(poll.status, 403);
}
