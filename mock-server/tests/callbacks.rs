//! An app's own server is called over HTTP: in order, signed, and again if it does not answer with 200.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use mock_server::{Config, Server};
use prost::Message;
use serde_json::{Value, json};
use support::Web;
use wire::{ClientFrame, Request, ServerFrame, Topic, body::ChrmInput};

/// Takes one request after the other, the first with a failure, and hands over first line and body.
fn receiver() -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut seen = Vec::new();
            let mut chunk = [0; 4096];
            let (line, body) = loop {
                let read = stream.read(&mut chunk).unwrap();
                seen.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&seen).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                if let Ok(body) = serde_json::from_str(body) {
                    break (head.lines().next().unwrap_or_default().to_owned(), body);
                }
                assert!(read > 0, "the body is no JSON: {body}");
            };
            let status = if n == 0 { "503 Busy" } else { "200 OK" };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            if sender.send((line, body)).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

fn join(web: &mut Web, room: &str) {
    let body = ChrmInput { nothing: 1, extra: None }.encode_to_vec();
    web.send(&ClientFrame::Query(Request::new(Topic::JoinChrm, room, 7, body.into())));
    loop {
        match web.read() {
            ServerFrame::QueryAck { id: 7, status, .. } => return assert_eq!(status, 0),
            ServerFrame::Publish { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rooms_are_told_of_in_order_and_again_after_a_failure() {
    let (address, requests) = receiver();
    let world = serde_json::from_value(
        json!({"users": ["u1"], "callbacks": {"chatroomStatus": format!("http://{address}/rooms?x=1")}}),
    );
    let server = Server::start(Config { world: Some(world.unwrap()), ..Config::default() }).unwrap();
    let mut web = Web::login(&server, "u1");
    join(&mut web, "r");
    let next = || requests.recv_timeout(Duration::from_secs(10)).unwrap();
    let (failed, again, joined) = (next(), next(), next());
    assert_eq!(failed, again);
    assert!(failed.0.starts_with("POST /rooms?x=1&appKey=mock-app-key&timestamp="), "{}", failed.0);
    assert!(failed.0.contains("&nonce=") && failed.0.contains("&signature="), "{}", failed.0);
    let of =
        |body: &Value| (body[0]["type"].as_i64(), body[0]["chatRoomId"].clone(), body[0]["userIds"].clone());
    assert_eq!(of(&failed.1), (Some(0), json!("r"), json!([])));
    assert_eq!(of(&joined.1), (Some(1), json!("r"), json!(["u1"])));
}
