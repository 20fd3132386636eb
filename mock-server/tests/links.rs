//! The handle: worlds in manual time, and links that refuse, stall, lose and break.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::time::Duration;

use mock_server::{LinkState, WorldError};
use support::{APP, Web, manual, server, socket};
use wire::{ClientFrame, ServerFrame, UnixMillis};

#[test]
fn a_manual_clock_stands_until_it_is_moved() {
    let server = server();
    manual(&server, 5000);
    assert_eq!(server.now(APP), Ok(UnixMillis(5000)));
    assert_eq!(server.advance_to(APP, UnixMillis(9000)), Ok(UnixMillis(9000)));
    assert_eq!(server.advance_to(APP, UnixMillis(7000)), Ok(UnixMillis(9000)));
    let mut web = Web::open(&server, "test:u1", "phone/1");
    let ServerFrame::ConnAck(ack) = web.read() else { panic!("no CONNACK") };
    assert_eq!(ack.accepted.unwrap().time, UnixMillis(9000));
}

#[test]
fn a_missing_world_is_an_error() {
    let server = server();
    assert_eq!(server.now("nobody"), Err(WorldError::Unknown("nobody".to_owned())));
    assert_eq!(server.remove_world("nobody"), Ok(false));
    assert_eq!(server.remove_world(APP), Ok(true));
}

#[test]
fn a_wait_ends_at_its_limit() {
    let server = server();
    let limit = Duration::from_millis(1);
    assert_eq!(server.wait(APP, limit, |_, _| None::<()>), Err(WorldError::Timeout(limit)));
}

#[test]
fn a_refused_link_takes_no_new_connection() {
    let server = server();
    let mut other = Web::login(&server, "u1");
    server.link(APP, "phone/", LinkState::Refuse).unwrap();
    let url = format!(
        "GET /websocket?appId={APP}&token=test:u2 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Harness-Connection: phone/1\r\n\r\n"
    );
    let mut stream = socket(&server);
    std::io::Write::write_all(&mut stream, url.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    assert!(answer.is_empty(), "{answer:?}");
    other.ping();
    server.link(APP, "phone/", LinkState::Up).unwrap();
    let mut web = Web::open(&server, "test:u2", "phone/1");
    support::assert_accepted(&web.read(), "u2");
}

#[test]
fn a_stalled_link_holds_everything_and_loses_nothing() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    server.link(APP, "u1", LinkState::Stall).unwrap();
    web.send(&ClientFrame::Ping);
    push(&server, "u1");
    // Another client's round trip: the server had its turn with both.
    Web::login(&server, "u2").ping();
    assert_eq!(server.connections(APP).unwrap()[0].read, 0);
    server.link(APP, "u1", LinkState::Up).unwrap();
    assert!(matches!(web.read(), ServerFrame::Publish { .. }));
    assert_eq!(web.read(), ServerFrame::Pong);
}

#[test]
fn a_stalled_link_holds_new_connections_and_requests_too() {
    let server = server();
    server.link(APP, "phone/", LinkState::Stall).unwrap();
    let mut navi = socket(&server);
    let target = format!("/navi.js?appId={APP}&token=t");
    support::send_http(&mut navi, "GET", &target, &["X-Harness-Connection: phone/1"], "");
    Web::login(&server, "u2").ping();
    let served = |service: &service::Service| {
        service.journal().after(0).any(|entry| entry.to_json()["kind"] == "http")
    };
    assert!(!server.with_world(APP, move |service, _| served(service)).unwrap());
    server.link(APP, "phone/", LinkState::Up).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut navi, &mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[test]
fn a_half_open_link_loses_everything_and_looks_open() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    server.link(APP, "u1", LinkState::HalfOpen).unwrap();
    web.send(&ClientFrame::Ping);
    push(&server, "u1");
    drop(web);
    Web::login(&server, "u2").ping();
    let states = server.connections(APP).unwrap();
    assert_eq!((states[0].label.as_str(), states[0].read, states[0].closed), ("u1", 0, false));
    // Only when the link is back does the world hear of the end.
    server.link(APP, "u1", LinkState::Up).unwrap();
    server.wait(APP, Duration::from_secs(10), |_, states| states[0].closed.then_some(())).unwrap();
}

#[test]
fn what_lived_through_a_half_open_link_breaks_when_it_is_over() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    server.link(APP, "u1", LinkState::HalfOpen).unwrap();
    push(&server, "u1");
    server.link(APP, "u1", LinkState::Up).unwrap();
    // Nothing of what was lost comes, only the end.
    assert_eq!(web.next(), None);
    Web::login(&server, "u1").ping();
}

#[test]
fn a_cut_breaks_what_its_prefix_names() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    let mut other = Web::login(&server, "u2");
    assert_eq!(server.cut(APP, "u1"), Ok(1));
    assert_eq!(web.next(), None);
    other.ping();
    let states = server.connections(APP).unwrap();
    assert_eq!((states[0].closed, states[1].closed), (true, false));
}

#[test]
fn a_replaced_world_drops_its_clients_and_a_stopped_server_everybody() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    manual(&server, 1);
    assert_eq!(web.next(), None);
    let mut web = Web::login(&server, "u1");
    server.shutdown();
    assert_eq!(web.next(), None);
}

fn push(server: &mock_server::Server, user: &str) {
    let act = serde_json::json!({"push": {"from": "u3", "to": user, "message": {"text": "x"}}});
    let act = serde_json::from_value(act).unwrap();
    server.with_world(APP, move |service, now| service.act(now, &act).map(drop)).unwrap().unwrap();
}
