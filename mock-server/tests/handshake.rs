//! Opening and closing a WebSocket as RFC 6455 wants it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::io::{Read, Write};

use support::{APP, Web, server, socket};

fn ask(server: &mock_server::Server, headers: &[&str]) -> String {
    let mut stream = socket(server);
    let head = format!(
        "GET /websocket?appId={APP}&token=test:u1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{}\r\n\r\n",
        headers.join("\r\n")
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

#[test]
fn only_version_13_is_spoken() {
    let server = server();
    assert!(ask(&server, &[KEY, "Sec-WebSocket-Version: 13"]).starts_with("HTTP/1.1 101 "));
    let other = ask(&server, &[KEY, "Sec-WebSocket-Version: 8"]);
    assert!(
        other.starts_with("HTTP/1.1 426 ") && other.contains("\r\nSec-WebSocket-Version: 13\r\n"),
        "{other}"
    );
    for lacking in
        [&[KEY][..], &["Sec-WebSocket-Version: 13"], &["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"]]
    {
        let answer = ask(&server, lacking);
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("Sec-WebSocket-"), "{answer}");
    }
}

/// What the server closes with after that close frame.
fn closed_with(payload: &[u8]) -> u16 {
    let server = server();
    let mut stream = Web::login(&server, "u1").into_stream();
    let length = 0x80 | u8::try_from(payload.len()).unwrap();
    stream.write_all(&[&[0x88, length, 0, 0, 0, 0], payload].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer[..2], [0x88, 2], "{answer:?}");
    u16::from_be_bytes([answer[2], answer[3]])
}

#[test]
fn a_close_code_is_echoed_if_it_may_be_sent_and_otherwise_breaks_the_protocol() {
    for code in [1000_u16, 1001, 3000, 4999] {
        assert_eq!(closed_with(&code.to_be_bytes()), code);
    }
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        assert_eq!(closed_with(&code.to_be_bytes()), 1002, "{code}");
    }
    assert_eq!(closed_with(&[]), 1000);
    assert_eq!(closed_with(&[3]), 1002);
    assert_eq!(closed_with(&[3, 0xE8, 0xFF]), 1007);
}
