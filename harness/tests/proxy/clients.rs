//! Raw clients of any server: blocking sockets with a limit on every wait.
#![allow(dead_code, clippy::expect_used, reason = "every part takes what it needs")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Message, WebSocket};
use wire::{ClientFrame, Connect, Request, ServerFrame, Topic, body::UpStreamMessage};

use super::{APP, LIMIT};

pub(crate) fn socket(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// One exchange on a connection of its own; headers as `Name: value` lines.
pub(crate) fn http(at: SocketAddr, method: &str, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = socket(at);
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    for header in headers {
        head += &format!("{header}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: answer[end + 4..].to_vec() }
}

/// A client that speaks frames over WebSocket.
pub(crate) struct Web(pub(crate) WebSocket<TcpStream>);

impl Web {
    pub(crate) fn login(at: SocketAddr, token: &str, user: &str) -> Self {
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let url = format!("ws://{at}/websocket?appId={APP}&token={token}&sdkVer=4.6.4&protocolVer=3");
        let (web, _) = tokio_tungstenite::tungstenite::client(url, socket(at)).unwrap();
        let mut web = Self(web);
        assert_accepted(&web.read(), user);
        web
    }

    pub(crate) fn send(&mut self, frame: &ClientFrame) {
        let mut out = BytesMut::new();
        wire::websocket::encode_client(frame, &mut out);
        self.send_bytes(&out);
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.send(Message::Binary(Bytes::copy_from_slice(bytes))).unwrap();
    }

    /// The next frame; `None`: the server closed.
    pub(crate) fn next(&mut self) -> Option<ServerFrame> {
        loop {
            match self.0.read() {
                Ok(Message::Binary(bytes)) => {
                    return Some(wire::websocket::decode_server(bytes, false).unwrap());
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) fn read(&mut self) -> ServerFrame {
        self.next().expect("the server closed the connection")
    }

    /// The next frame of a kind.
    pub(crate) fn until(&mut self, is: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
        loop {
            let frame = self.read();
            if is(&frame) {
                return frame;
            }
        }
    }

    pub(crate) fn ask(&mut self, topic: Topic, target: &str, id: u16, body: &impl prost::Message) -> Bytes {
        self.send(&ClientFrame::Query(Request::new(topic, target, id, body.encode_to_vec().into())));
        let answer = self
            .until(|frame| matches!(frame, ServerFrame::QueryAck { id: answered, .. } if *answered == id));
        let ServerFrame::QueryAck { status: 0, body, .. } = answer else { panic!("{answer:?}") };
        body
    }

    pub(crate) fn close(mut self) {
        self.0.close(None).unwrap();
        while self.next().is_some() {}
    }
}

/// A native client that speaks frames.
pub(crate) struct Native {
    pub(crate) stream: TcpStream,
    buffer: BytesMut,
}

impl Native {
    pub(crate) fn login(at: SocketAddr, token: &str, user: &str) -> Self {
        let mut native = Self { stream: socket(at), buffer: BytesMut::new() };
        native.send(&ClientFrame::Connect(Connect {
            version: 3,
            flags: 0xC6,
            keep_alive: 10,
            device_id: "device-1".to_owned(),
            client: "RongIMPCClient".to_owned(),
            client_info: "PC--5.46.1".to_owned(),
            app_key: APP.to_owned(),
            token: token.to_owned(),
            rest: Bytes::new(),
        }));
        assert_accepted(&native.read(), user);
        native
    }

    pub(crate) fn send(&mut self, frame: &ClientFrame) {
        let mut out = BytesMut::new();
        wire::native::encode_client(frame, &mut out);
        self.stream.write_all(&out).unwrap();
    }

    pub(crate) fn next(&mut self) -> Option<ServerFrame> {
        loop {
            if let Some(frame) = wire::native::decode_server(&mut self.buffer, 1 << 20).unwrap() {
                return Some(frame);
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.buffer.extend_from_slice(&bytes[..read]),
            }
        }
    }

    pub(crate) fn read(&mut self) -> ServerFrame {
        self.next().expect("the server closed the connection")
    }

    pub(crate) fn until(&mut self, is: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
        loop {
            let frame = self.read();
            if is(&frame) {
                return frame;
            }
        }
    }
}

/// A client that polls.
pub(crate) struct Page {
    at: SocketAddr,
    session: String,
    next_id: u32,
}

impl Page {
    pub(crate) fn login(at: SocketAddr, token: &str, user: &str) -> Self {
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let target = format!("/websocket?appId={APP}&token={token}&sdkVer=4.6.4&pid=1&apiVer=normal");
        let opened = http(at, "GET", &target, &[], b"").json();
        assert_eq!((&opened["status"], &opened["userId"]), (&0.into(), &user.into()), "{opened}");
        Self { at, session: opened["sessionid"].as_str().unwrap().to_owned(), next_id: 0 }
    }

    pub(crate) fn frame(&mut self, header: u8, topic: &str, target: &str, body: &Value) -> Value {
        self.next_id += 1;
        let (id, session) = (self.next_id, &self.session);
        let at = format!(
            "/websocket?messageid={id}&header={header}&sessionid={session}&topic={topic}&targetid={target}&pid=1"
        );
        http(self.at, "POST", &at, &["Content-Type: text/plain"], body.to_string().as_bytes()).json()
    }

    pub(crate) fn poll(&self) -> Value {
        let target = format!("/pullmsg.js?sessionid={}&timestrap=1&pid=1", self.session);
        http(self.at, "GET", &target, &[], b"").json()
    }
}

pub(crate) fn assert_accepted(frame: &ServerFrame, user: &str) {
    let ServerFrame::ConnAck(ack) = frame else { panic!("{frame:?} is no CONNACK") };
    let accepted = ack.accepted.as_ref().unwrap_or_else(|| panic!("refused with {}", ack.status));
    assert_eq!(accepted.user_id, user);
}

/// A text to somebody.
pub(crate) fn text(to: &str, id: u16, text: &str) -> ClientFrame {
    use prost::Message as _;
    let body = UpStreamMessage {
        session_id: 3,
        classname: "RC:TxtMsg".to_owned(),
        content: serde_json::json!({"content": text}).to_string().into_bytes().into(),
        ..UpStreamMessage::default()
    };
    ClientFrame::Publish(Request::new(Topic::PpMsgP, to, id, body.encode_to_vec().into()))
}
