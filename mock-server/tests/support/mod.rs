//! Clients for the tests: blocking sockets with a limit on every wait, one server a test, nothing shared.
#![allow(dead_code, unreachable_pub, clippy::expect_used, reason = "every test file takes what it needs")]

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use mock_server::{Clock, Config, Server};
use service::setup::WorldSetup;
use tokio_tungstenite::tungstenite::{
    Message, WebSocket, client::IntoClientRequest, http::HeaderValue, protocol::Role,
};
use wire::{ClientFrame, Connect, Request, ServerFrame, Topic};

/// No test waits longer for anything.
const LIMIT: Duration = Duration::from_secs(10);

/// The App Key of [`server`]'s world.
pub const APP: &str = "mock-app-key";

/// A server with a world that knows `u1`, `u2` and `u3`.
pub fn server() -> Server {
    Server::start(Config { world: Some(setup()), ..Config::default() }).unwrap()
}

/// What its world holds.
pub fn setup() -> WorldSetup {
    serde_json::from_value(serde_json::json!({"users": ["u1", "u2", "u3"]})).unwrap()
}

/// The same on a clock that only tests move.
pub fn manual(server: &Server, start: i64) {
    server.put_world(APP, setup(), 1, Clock::Manual(wire::UnixMillis(start))).unwrap();
}

/// A socket to the server.
pub fn socket(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.listens()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// One HTTP exchange on a connection of its own; headers as `Name: value` lines.
pub fn http(server: &Server, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
    let mut stream = socket(server);
    send_http(&mut stream, method, target, headers, body);
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Only the request.
pub fn send_http(stream: &mut TcpStream, method: &str, target: &str, headers: &[&str], body: &str) {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|header| header.starts_with("Host:")) {
        head += &format!("Host: {}\r\n", stream.peer_addr().unwrap());
    }
    for header in headers {
        head += header;
        head += "\r\n";
    }
    head += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).unwrap();
}

/// The control API with JSON bodies.
pub fn control(server: &Server, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
    let answer = http(server, method, &format!("/control/v1{path}"), &[], body);
    (answer.status, answer.json())
}

/// A WebSocket client that speaks frames.
pub struct Web(pub WebSocket<TcpStream>);

impl Web {
    /// Opens the socket; the login's answer is the first frame to read.
    pub fn open(server: &Server, token: &str, label: &str) -> Self {
        let address = &server.addresses().websocket;
        let url = format!("ws://{address}/websocket?appId={APP}&token={token}&sdkVer=4.6.4&protocolVer=3");
        let mut request = url.into_client_request().unwrap();
        if !label.is_empty() {
            let label = HeaderValue::from_str(label).unwrap();
            request.headers_mut().insert("X-Harness-Connection", label);
        }
        let (web, _) = tokio_tungstenite::tungstenite::client(request, socket(server)).unwrap();
        Self(web)
    }

    /// Logs a user in and checks that it was accepted.
    pub fn login(server: &Server, user: &str) -> Self {
        let mut web = Self::open(server, &format!("test:{user}"), user);
        assert_accepted(&web.read(), user);
        web
    }

    pub fn send(&mut self, frame: &ClientFrame) {
        let mut out = BytesMut::new();
        wire::websocket::encode_client(frame, &mut out);
        self.send_bytes(&out);
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.send(Message::Binary(Bytes::copy_from_slice(bytes))).unwrap();
    }

    /// The next frame; `None` when the server closed.
    pub fn next(&mut self) -> Option<ServerFrame> {
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

    pub fn read(&mut self) -> ServerFrame {
        self.next().expect("the server closed the connection")
    }

    /// A round trip: everything sent before has been handled.
    pub fn ping(&mut self) {
        self.send(&ClientFrame::Ping);
        assert_eq!(self.read(), ServerFrame::Pong);
    }

    /// The stream below, for bytes that are no WebSocket.
    pub fn into_stream(self) -> TcpStream {
        self.0.get_ref().try_clone().unwrap()
    }

    /// A client on a socket whose handshake is already done.
    pub fn on(stream: TcpStream) -> Self {
        Self(WebSocket::from_raw_socket(stream, Role::Client, None))
    }
}

/// A native client that speaks frames.
pub struct Native {
    pub stream: TcpStream,
    buffer: BytesMut,
}

impl Native {
    /// A client on a socket that has already sent its CONNECT.
    pub fn on(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    pub fn open(server: &Server, token: &str) -> Self {
        let mut native = Self::on(socket(server));
        native.send(&ClientFrame::Connect(connect(token)));
        native
    }

    pub fn login(server: &Server, user: &str) -> Self {
        let mut native = Self::open(server, &format!("test:{user}"));
        assert_accepted(&native.read(), user);
        native
    }

    pub fn send(&mut self, frame: &ClientFrame) {
        self.stream.write_all(&native_bytes(frame)).unwrap();
    }

    pub fn next(&mut self) -> Option<ServerFrame> {
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

    pub fn read(&mut self) -> ServerFrame {
        self.next().expect("the server closed the connection")
    }

    pub fn ping(&mut self) {
        self.send(&ClientFrame::Ping);
        assert_eq!(self.read(), ServerFrame::Pong);
    }
}

pub fn native_bytes(frame: &ClientFrame) -> BytesMut {
    let mut out = BytesMut::new();
    wire::native::encode_client(frame, &mut out);
    out
}

pub fn connect(token: &str) -> Connect {
    Connect {
        version: 3,
        flags: 0xC6,
        keep_alive: 10,
        device_id: "device-1".to_owned(),
        client: "RongIMPCClient".to_owned(),
        client_info: "PC--5.46.1".to_owned(),
        app_key: APP.to_owned(),
        token: token.to_owned(),
        rest: Bytes::new(),
    }
}

pub fn assert_accepted(frame: &ServerFrame, user: &str) {
    let ServerFrame::ConnAck(ack) = frame else { panic!("{frame:?} is no CONNACK") };
    let accepted = ack.accepted.as_ref().unwrap_or_else(|| panic!("refused with {}", ack.status));
    assert_eq!(accepted.user_id, user);
}

pub fn query(topic: &str, id: u16) -> ClientFrame {
    ClientFrame::Query(Request::new(Topic::from(topic), "u1", id, Bytes::new()))
}
