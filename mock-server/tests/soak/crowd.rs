//! Those who misbehave, each with bounded work.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;
use wire::ClientFrame;

use super::{
    Soak,
    client::{Native, WORLD, bytes_of, http, pull, put, socket},
};

/// Waits until the server has ended a connection; what it says until then does not matter.
fn wait_for_end(soak: &Soak, stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut bytes = [0; 4096];
    while !soak.is_over() {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}

/// Ask for hundreds of megabytes and read nothing of it, until they are cut.
pub(crate) fn pull_and_never_read(soak: &Soak) {
    for _ in 0..2 {
        let mut deaf: Vec<Native> =
            (0..4).map(|n| Native::login(&soak.address, WORLD, &format!("pulls-{n}"))).collect();
        for (n, client) in deaf.iter_mut().enumerate() {
            let pulls: Vec<u8> =
                (1..=500).flat_map(|id| bytes_of(&pull(&format!("pulls-{n}"), id, 0)).to_vec()).collect();
            client.stream.write_all(&pulls).unwrap();
            soak.count(500);
        }
        // Nothing more is read from them either: they write until that blocks, and the cut ends it.
        let pings = bytes_of(&ClientFrame::Ping).repeat(100_000);
        for client in &mut deaf {
            while client.stream.write_all(&pings).is_ok() {
                assert!(!soak.is_over());
            }
        }
    }
}

/// Ask for as much, and read it.
pub(crate) fn pull_and_read(soak: &Soak) {
    let mut client = Native::login(&soak.address, WORLD, "pulls-5");
    for _ in 0..10 {
        let pulls: Vec<u8> = (1..=20).flat_map(|id| bytes_of(&pull("pulls-5", id, 0)).to_vec()).collect();
        client.stream.write_all(&pulls).unwrap();
        for _ in 0..20 {
            client.read();
        }
        soak.count(40);
    }
}

/// Pings by the thousand, with every answer read.
pub(crate) fn flood_with_pings(soak: &Soak, user: &str) {
    const AT_ONCE: u64 = 3_000;
    let mut client = Native::login(&soak.address, WORLD, user);
    let pings = bytes_of(&ClientFrame::Ping).repeat(AT_ONCE as usize);
    for _ in 0..25 {
        client.stream.write_all(&pings).unwrap();
        for _ in 0..AT_ONCE {
            client.read();
        }
        soak.count(2 * AT_ONCE);
    }
}

/// A world that is replaced again and again, with clients in it that do not notice.
pub(crate) fn replace_worlds(soak: &Soak) {
    let backlog = json!({"from": "app", "to": "b", "count": 250, "text": "x".repeat(4000)});
    let setup = json!({"backlog": [backlog]});
    let mut left = Vec::new();
    for _ in 0..100 {
        put(&soak.address, "replaced", &setup);
        http(&soak.address, "GET", "/websocket?appId=replaced&token=test%3Ab&sdkVer=4.6.4&pid=1", "");
        let mut deaf = Native::login(&soak.address, "replaced", "b");
        let pulls: Vec<u8> = (1..=5).flat_map(|id| bytes_of(&pull("b", id, 0)).to_vec()).collect();
        deaf.stream.write_all(&pulls).unwrap();
        left.push(deaf.stream);
    }
}

/// Log in to poll, poll once or never, and are not seen again.
pub(crate) fn poll_and_vanish(soak: &Soak) {
    for n in 0..300 {
        let login = format!("/websocket?appId={WORLD}&token=test%3Apolls-{}&sdkVer=4.6.4&pid=1", n % 50);
        let (status, body) = http(&soak.address, "GET", &login, "");
        assert_eq!(status, 200, "{body}");
        if n % 2 == 0 {
            let opened: serde_json::Value = serde_json::from_str(&body).unwrap();
            let session = opened["sessionid"].as_str().unwrap();
            let mut poll = socket(&soak.address);
            let head = format!("GET /pullmsg.js?sessionid={session} HTTP/1.1\r\nHost: h\r\n\r\n");
            poll.write_all(head.as_bytes()).unwrap();
        }
    }
}

/// Begin a CONNECT, a head, a body, and never end it.
pub(crate) fn dawdle(soak: &Soak) {
    let connect = bytes_of(&ClientFrame::Connect(wire::Connect {
        version: 3,
        token: "x".repeat(1000),
        ..wire::Connect::default()
    }));
    let body = format!(
        "POST /files/{WORLD} HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n{}",
        "x".repeat(1 << 20)
    );
    let mut begun = Vec::new();
    for _ in 0..20 {
        for beginning in [&connect[..200], b"GET /navi.js HTTP/1.1\r\nHost: h\r\nX: ", body.as_bytes()] {
            let mut stream = socket(&soak.address);
            stream.write_all(beginning).unwrap();
            begun.push(stream);
        }
    }
    // Bodies are given longer: their senders give up.
    for (n, stream) in begun.iter_mut().enumerate() {
        if n % 3 != 2 {
            wait_for_end(soak, stream);
        }
    }
}

/// Post what nobody asked for, large.
pub(crate) fn post_large_bodies(soak: &Soak) {
    let body = "x".repeat(12 << 20);
    for _ in 0..12 {
        http(&soak.address, "POST", "/no/such/path", &body);
    }
}

/// Every request with an App Key of its own.
pub(crate) fn invent_app_keys(soak: &Soak) {
    let mut stream = socket(&soak.address);
    for n in 0..3000 {
        let head = format!("GET /navi.js?appId=invented-{n}&token=t HTTP/1.1\r\nHost: h\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = whole_answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// An answer on a connection that stays open.
fn whole_answer(stream: &mut TcpStream) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            if length.is_some_and(|length| length.trim().parse() == Ok(body.len())) {
                return text;
            }
        }
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "the server closed the connection: {text}");
        text += std::str::from_utf8(&bytes[..read]).unwrap();
    }
}
