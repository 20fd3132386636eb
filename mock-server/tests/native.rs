//! Native clients on TCP: login, framing, and streams that are none.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{Read, Write},
    net::Shutdown,
    time::Duration,
};

use bytes::Bytes;
use support::{APP, Native, Web, connect, native_bytes, query, server, socket};
use wire::{ClientFrame, ServerFrame};

#[test]
fn a_client_logs_in_and_is_answered() {
    let server = server();
    let mut native = Native::login(&server, "u1");
    native.ping();
    native.send(&query("noSuchTopic", 9));
    let ServerFrame::QueryAck { id, status, .. } = native.read() else { panic!("no QUERYACK") };
    assert_eq!((id, status), (9, 20606));
    let devices = server.with_world(APP, |service, _| service.state("devices", Some("u1")).unwrap()).unwrap();
    assert_eq!(devices[0]["class"], "desktop", "{devices}");
}

#[test]
fn frames_behind_the_connect_are_not_lost() {
    let server = server();
    let mut native = Native::open(&server, "test:u1");
    let both = [native_bytes(&ClientFrame::Ping), native_bytes(&ClientFrame::Ping)].concat();
    native.stream.write_all(&both).unwrap();
    support::assert_accepted(&native.read(), "u1");
    assert_eq!((native.read(), native.read()), (ServerFrame::Pong, ServerFrame::Pong));

    // CONNECT and a ping in one write, then another ping byte by byte.
    let mut stream = socket(&server);
    let bytes =
        [native_bytes(&ClientFrame::Connect(connect("test:u2"))), native_bytes(&ClientFrame::Ping)].concat();
    stream.write_all(&bytes).unwrap();
    let mut native = Native::on(stream);
    support::assert_accepted(&native.read(), "u2");
    assert_eq!(native.read(), ServerFrame::Pong);
    for byte in native_bytes(&ClientFrame::Ping) {
        native.stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(native.read(), ServerFrame::Pong);
}

#[test]
fn both_transports_are_one_world() {
    let server = server();
    let mut native = Native::login(&server, "u1");
    let mut web = Web::login(&server, "u2");
    let act = serde_json::from_str(r#"{"push": {"from": "u2", "to": "u1", "message": {"text": "hello"}}}"#)
        .unwrap();
    server.with_world(APP, move |service, now| service.act(now, &act).map(drop)).unwrap().unwrap();
    let ServerFrame::Publish { target, .. } = native.read() else { panic!("no PUBLISH") };
    assert_eq!(target, "u1");
    web.ping();
}

#[test]
fn a_bad_stream_is_closed_and_disturbs_no_other() {
    let server = server();
    let mut good = Native::login(&server, "u1");
    let ping = native_bytes(&ClientFrame::Ping);
    let bad: [(&str, Vec<u8>); 4] = [
        ("bad check byte", vec![ping[0], ping[1] ^ 1, ping[2]]),
        ("exceeds the limit", vec![0x30, 0x30 ^ 0xFF ^ 0xFF ^ 0xFF ^ 0x7F, 0xFF, 0xFF, 0xFF, 0x7F]),
        ("more than four bytes", vec![0x30, 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ("ends inside its signature", native_bytes(&unknown(0x50, &[0, 1])).to_vec()),
    ];
    for (expected, bytes) in bad {
        let mut native = Native::login(&server, "u2");
        native.stream.write_all(&bytes).unwrap();
        assert_eq!(native.next(), None, "{expected}");
        let journal = journal(&server);
        assert!(journal.contains(expected), "{expected} is not in {journal}");
        good.ping();
    }
}

#[test]
fn a_frame_that_is_cut_is_noted() {
    let server = server();
    let mut native = Native::login(&server, "u1");
    native.stream.write_all(&[0x30, 0x30 ^ 0x09, 0x09, 1, 2]).unwrap();
    native.stream.shutdown(Shutdown::Write).unwrap();
    let closed = |_: &service::Service, states: &[mock_server::ConnState]| {
        states.iter().any(|state| state.closed).then_some(())
    };
    server.wait(APP, Duration::from_secs(10), closed).unwrap();
    assert!(journal(&server).contains("ended inside a frame: 5 bytes"), "{}", journal(&server));
}

#[test]
fn an_unknown_frame_type_changes_nothing() {
    let server = server();
    let mut native = Native::login(&server, "u1");
    native.send(&unknown(0x80, b"x"));
    native.ping();
}

#[test]
fn what_is_neither_a_login_nor_http_is_closed() {
    let server = server();
    let mut good = Native::login(&server, "u1");
    let not_a_login: [&[u8]; 4] = [
        // The right type, a wrong check byte.
        &[0x14, 0x00, 0x05, 1, 2, 3, 4, 5],
        // TLS to a server that speaks none.
        &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00],
        b"\x00\x00\x00\x00\r\n\r\n",
        b"nonsense\r\n\r\n",
    ];
    for bytes in not_a_login {
        let mut stream = socket(&server);
        stream.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // Closed in good form or reset, but closed.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"), "{rest:?}");
        good.ping();
    }
    let (_, overview) = support::control(&server, "GET", "/", "");
    assert_eq!(overview["counters"]["strangers"], 4);
}

fn unknown(first: u8, body: &'static [u8]) -> ClientFrame {
    ClientFrame::Unknown { header: wire::Header::from_byte(first), body: Bytes::from_static(body) }
}

fn journal(server: &mock_server::Server) -> String {
    let entries = server.with_world(APP, |service, _| {
        service.journal().after(0).map(|entry| entry.to_json().to_string()).collect::<Vec<_>>()
    });
    entries.unwrap().join("\n")
}
