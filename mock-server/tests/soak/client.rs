//! Clients of the soak: a native one that speaks frames, HTTP, and the healthy pair.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use prost::Message as _;
use serde_json::Value;
use wire::{
    ClientFrame, Connect, Request, ServerFrame, Topic,
    body::{DownStreamMessage, DownStreamMessages, SyncRequestMsg, UpStreamMessage},
};

use super::Soak;

/// The App Key of the world in which everybody is.
pub(crate) const WORLD: &str = "soak";
/// No healthy client waits longer for anything.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn socket(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub(crate) fn bytes_of(frame: &ClientFrame) -> BytesMut {
    let mut out = BytesMut::new();
    wire::native::encode_client(frame, &mut out);
    out
}

pub(crate) fn pull(user: &str, id: u16, since: i64) -> ClientFrame {
    let body = SyncRequestMsg { sync_time: Some(since), ..SyncRequestMsg::default() }.encode_to_vec();
    ClientFrame::Query(Request::new(Topic::PullMsg, user, id, body.into()))
}

/// One HTTP exchange on a connection of its own: status and body.
pub(crate) fn http(address: &str, method: &str, target: &str, body: &str) -> (u16, String) {
    let mut stream = socket(address);
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nApp-Key: {WORLD}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses the body need not read it.
    let _ = stream.write_all(body.as_bytes());
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

pub(crate) fn put(address: &str, app_key: &str, setup: &Value) {
    let (status, body) = http(address, "PUT", &format!("/control/v1/apps/{app_key}"), &setup.to_string());
    assert!(matches!(status, 200 | 201), "{status} {body}");
}

pub(crate) fn counters(address: &str) -> Value {
    let (_, body) = http(address, "GET", "/control/v1/", "");
    serde_json::from_str::<Value>(&body).unwrap()["counters"].take()
}

/// A native client that is logged in.
pub(crate) struct Native {
    pub(crate) stream: TcpStream,
    buffer: BytesMut,
}

impl Native {
    pub(crate) fn login(address: &str, app_key: &str, user: &str) -> Self {
        let connect = Connect {
            version: 3,
            device_id: format!("device-{user}"),
            client: "RongIMPCClient".to_owned(),
            client_info: "PC--5.46.1".to_owned(),
            app_key: app_key.to_owned(),
            token: format!("test:{user}"),
            rest: Bytes::new(),
            ..Connect::default()
        };
        let mut native = Self { stream: socket(address), buffer: BytesMut::new() };
        native.send(&ClientFrame::Connect(connect));
        let ServerFrame::ConnAck(ack) = native.read() else { panic!("no CONNACK") };
        assert!(ack.accepted.is_some(), "{user} was refused with {}", ack.status);
        native
    }

    pub(crate) fn send(&mut self, frame: &ClientFrame) {
        self.stream.write_all(&bytes_of(frame)).unwrap();
    }

    pub(crate) fn read(&mut self) -> ServerFrame {
        let mut bytes = [0; 65_536];
        loop {
            if let Some(frame) = wire::native::decode_server(&mut self.buffer, 8 << 20).unwrap() {
                return frame;
            }
            let read = self.stream.read(&mut bytes).unwrap();
            assert!(read > 0, "the server closed the connection");
            self.buffer.extend_from_slice(&bytes[..read]);
        }
    }
}

/// What the healthy pair saw.
pub(crate) struct Talk {
    pub(crate) sent: usize,
    pub(crate) median: Duration,
    pub(crate) worst: Duration,
}

impl Talk {
    /// Alice sends to Bob until the soak is over; what Bob got is what she sent, in order and once.
    pub(crate) fn run(soak: &Soak) -> Self {
        let mut bob = Bob::login(soak);
        let mut alice = Native::login(&soak.address, WORLD, "alice");
        let begun = Instant::now();
        thread::scope(|scope| {
            let got = scope.spawn(move || bob.listen(begun));
            let mut sent = Vec::new();
            let mut id = 0_u16;
            while !soak.is_over() {
                id = id % 60_000 + 1;
                sent.push(begun.elapsed());
                alice.send(&message(id, &sent.len().to_string()));
                loop {
                    match alice.read() {
                        ServerFrame::PubAck { id: acked, status, .. } if acked == id => {
                            assert_eq!(status, 0);
                            break;
                        }
                        other => assert!(matches!(other, ServerFrame::Publish { .. }), "{other:?}"),
                    }
                }
                soak.count(4);
            }
            alice.send(&message(60_001, "over"));
            let got = got.join().unwrap();
            let texts: Vec<String> = got.iter().map(|(text, _)| text.clone()).collect();
            let expected: Vec<String> = (1..=sent.len()).map(|n| n.to_string()).collect();
            assert!(
                texts == expected,
                "lost, doubled or out of order: {} of {}",
                texts.len(),
                expected.len()
            );
            let mut late: Vec<Duration> = got.iter().zip(&sent).map(|((_, at), sent)| *at - *sent).collect();
            late.sort_unstable();
            Self {
                sent: sent.len(),
                median: late.get(late.len() / 2).copied().unwrap_or_default(),
                worst: late.last().copied().unwrap_or_default(),
            }
        })
    }
}

fn message(id: u16, text: &str) -> ClientFrame {
    let up = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".to_owned(),
        content: text.to_owned().into(),
        ..UpStreamMessage::default()
    };
    ClientFrame::Publish(Request::new(Topic::PpMsgP, "bob", id, up.encode_to_vec().into()))
}

/// The receiver: it pulls when it is told to, and takes what is pushed.
struct Bob {
    native: Native,
    watermark: i64,
    pulling: bool,
    again: bool,
    id: u16,
}

impl Bob {
    fn login(soak: &Soak) -> Self {
        let native = Native::login(&soak.address, WORLD, "bob");
        let mut bob = Self { native, watermark: 0, pulling: false, again: false, id: 0 };
        bob.pull();
        bob
    }

    fn pull(&mut self) {
        if std::mem::replace(&mut self.pulling, true) {
            self.again = true;
            return;
        }
        self.id = self.id % 60_000 + 1;
        self.native.send(&pull("bob", self.id, self.watermark));
    }

    /// Texts with when they came, until the last.
    fn listen(&mut self, begun: Instant) -> Vec<(String, Duration)> {
        let mut got = Vec::new();
        loop {
            let messages = match self.native.read() {
                ServerFrame::Publish { topic: Topic::SMsg, id, body, .. } => {
                    self.native.send(&ClientFrame::PubAck { id });
                    vec![DownStreamMessage::decode(body).unwrap()]
                }
                ServerFrame::Publish { topic: Topic::SNtf, id, .. } => {
                    self.native.send(&ClientFrame::PubAck { id });
                    self.pull();
                    Vec::new()
                }
                ServerFrame::QueryAck { id, status, body, .. } => {
                    assert_eq!(status, 0);
                    self.native.send(&ClientFrame::QueryCon { id });
                    let package = DownStreamMessages::decode(body).unwrap();
                    self.watermark = self.watermark.max(package.sync_time);
                    self.pulling = false;
                    if package.finished == Some(false) || std::mem::take(&mut self.again) {
                        self.pull();
                    }
                    package.list
                }
                other => panic!("{other:?}"),
            };
            for message in messages {
                self.watermark = self.watermark.max(message.data_time);
                let text = String::from_utf8(message.content.to_vec()).unwrap();
                if text == "over" {
                    return got;
                }
                got.push((text, begun.elapsed()));
            }
        }
    }
}
