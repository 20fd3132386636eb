//! Clients on WebSocket: login, keep-alive, and what must not disturb anybody else.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{io::Write, net::Shutdown, time::Duration};

use mock_server::{Config, Server};
use support::{APP, Native, Web, query, server};
use tokio_tungstenite::tungstenite::Message;
use wire::{ClientFrame, ServerFrame, code};

#[test]
fn a_client_logs_in_and_is_answered() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.ping();
    let states = server.connections(APP).unwrap();
    assert_eq!(states.len(), 1);
    assert_eq!((states[0].user.as_str(), states[0].label.as_str(), states[0].closed), ("u1", "u1", false));
    assert_eq!((states[0].read, states[0].written), (1, 2));
}

#[test]
fn an_unknown_topic_is_refused_with_a_code() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.send(&query("noSuchTopic", 7));
    let ServerFrame::QueryAck { id, status, .. } = web.read() else { panic!("no QUERYACK") };
    assert_eq!((id, status), (7, 20606));
    web.ping();
}

#[test]
fn a_wrong_token_is_refused_and_the_socket_closed() {
    let server = server();
    let mut web = Web::open(&server, "nonsense", "phone/1");
    let ServerFrame::ConnAck(ack) = web.read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::TOKEN);
    assert_eq!(web.next(), None);
}

#[test]
fn an_unknown_app_key_is_an_identifier_that_is_rejected() {
    let server = Server::start(Config { strict: true, apps: Vec::new(), ..Config::default() }).unwrap();
    let mut web = Web::open(&server, "test:u1", "");
    let ServerFrame::ConnAck(ack) = web.read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::IDENTIFIER);
    assert_eq!(web.next(), None);
    let mut native = Native::open(&server, "test:u1");
    let ServerFrame::ConnAck(ack) = native.read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::IDENTIFIER);
    assert_eq!(native.next(), None);
}

#[test]
fn strict_takes_no_test_tokens() {
    let server = Server::start(Config { strict: true, ..Config::default() }).unwrap();
    let mut web = Web::open(&server, "test:u1", "");
    let ServerFrame::ConnAck(ack) = web.read() else { panic!("no CONNACK") };
    assert_eq!(ack.status, code::connack::TOKEN);
}

#[test]
fn text_is_ignored_and_noted() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.0.send(Message::text("1,2,3")).unwrap();
    web.ping();
    assert!(journal(&server).contains("text message"), "{}", journal(&server));
}

#[test]
fn a_websocket_ping_is_answered_beside_the_frames() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.0.send(Message::Ping("x".into())).unwrap();
    assert_eq!(web.0.read().unwrap(), Message::Pong("x".into()));
    web.ping();
}

#[test]
fn a_close_is_answered_and_told_to_the_world() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.0.close(None).unwrap();
    assert_eq!(web.next(), None);
    wait_closed(&server, 1);
    assert!(server.with_world(APP, |service, _| service.connections().is_empty()).unwrap());
}

#[test]
fn several_frames_in_one_write_are_all_answered() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    let one = [0x82, 0x81, 0, 0, 0, 0, 0xC0];
    web.0.get_mut().write_all(&one.repeat(50)).unwrap();
    for _ in 0..50 {
        assert_eq!(web.read(), ServerFrame::Pong);
    }
    // In two halves, cut inside the header.
    web.0.get_mut().write_all(&one[..3]).unwrap();
    web.0.get_mut().write_all(&one[3..]).unwrap();
    assert_eq!(web.read(), ServerFrame::Pong);
}

#[test]
fn garbage_on_one_connection_disturbs_no_other() {
    let server = server();
    let mut good = Web::login(&server, "u1");
    // Empty, cut inside the topic, over the limit, not masked, an opcode that is none.
    let bad: [(&str, Vec<u8>); 5] = [
        ("is empty", vec![0x82, 0x80, 0, 0, 0, 0]),
        ("ends inside its topic", vec![0x82, 0x83, 0, 0, 0, 0, 0x30, 0, 9]),
        ("exceeds the limit", [vec![0x82, 0xFF], (1_u64 << 30).to_be_bytes().to_vec(), vec![0; 4]].concat()),
        ("must be masked", vec![0x82, 0x01, 0xC0]),
        ("unknown opcode", vec![0x83, 0x80, 0, 0, 0, 0]),
    ];
    for (n, (expected, bytes)) in bad.iter().enumerate() {
        let mut web = Web::login(&server, "u2");
        web.0.get_mut().write_all(bytes).unwrap();
        assert_eq!(web.next(), None, "{expected}");
        wait_closed(&server, n + 1);
        let journal = journal(&server);
        assert!(journal.contains(expected), "{expected} is not in {journal}");
        good.ping();
    }
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_noted() {
    let server = server();
    let web = Web::login(&server, "u1");
    let mut stream = web.into_stream();
    stream.write_all(&[0x82, 0x85, 1, 2, 3, 4, 9]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    wait_closed(&server, 1);
    assert!(journal(&server).contains("ended inside a frame"), "{}", journal(&server));
}

#[test]
fn a_disconnect_of_the_client_ends_the_connection() {
    let server = server();
    let mut web = Web::login(&server, "u1");
    web.send(&ClientFrame::Disconnect { status: 4 });
    assert_eq!(web.next(), None);
    wait_closed(&server, 1);
}

fn journal(server: &Server) -> String {
    let entries = server.with_world(APP, |service, _| {
        service.journal().after(0).map(|entry| entry.to_json().to_string()).collect::<Vec<_>>()
    });
    entries.unwrap().join("\n")
}

fn wait_closed(server: &Server, number: usize) {
    let enough = move |_: &service::Service, states: &[mock_server::ConnState]| {
        (states.iter().filter(|state| state.closed).count() >= number).then_some(())
    };
    server.wait(APP, Duration::from_secs(10), enough).unwrap();
}
