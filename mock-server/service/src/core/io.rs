//! What goes into a world and what comes out of it: the vocabulary between the core and its shells.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wire::{ClientFrame, ServerFrame};

/// A connection, numbered by the shell; never used twice in one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// An HTTP request in flight, numbered by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpId(pub u64);

/// How a client is connected. Decides frame layout, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// One message a frame.
    #[default]
    WebSocket,
    /// Native stream.
    Tcp,
    /// Plain HTTP requests of a client that polls, for web SDKs without WebSocket.
    Comet,
}

/// A device's class, which the multi-login rules go by (KICK-001 to KICK-013).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum PlatformClass {
    /// Android, iOS, HarmonyOS, Flutter, React Native, uni-app, Unity.
    Mobile,
    /// Electron, PC, macOS, Linux.
    Desktop,
    /// A browser page.
    Web,
    /// A mini program.
    MiniProgram,
}

impl PlatformClass {
    /// The class of a platform by its name as clients or scenarios give it; web for unknown names.
    #[must_use]
    pub fn of(platform: &str) -> Self {
        match platform.to_ascii_lowercase().as_str() {
            "android" | "ios" | "harmonyos" | "flutter" | "reactnative" | "react native" | "react-native"
            | "uni-app" | "uniapp" | "unity" | "mobile" => Self::Mobile,
            "pc" | "electron" | "windows" | "macos" | "mac" | "linux" | "desktop" => Self::Desktop,
            "miniprogram" | "mini" => Self::MiniProgram,
            _ => Self::Web,
        }
    }
}

/// Who is at the other end of a new connection, read off the WebSocket address or the native CONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Login {
    /// How it is connected.
    pub transport: Transport,
    /// As sent; the part behind `@` is ignored.
    pub token: String,
    /// Platform name as sent (`Android`, `PC`, `MiniProgram` …); empty on plain web pages.
    pub platform: String,
    /// Version of the SDK, as sent.
    pub sdk_version: String,
    /// `protocolVer`; 4 asks for the flag-style CONNACK.
    pub protocol_version: u8,
    /// Device id; empty when the client sends none.
    pub device_id: String,
    /// The client says that it reconnects by itself (RECON-022 to RECON-027).
    pub reconnect: bool,
    /// With `reconnect`: give way to another mobile device that is online (`kickReconnectDevice`).
    pub give_way: bool,
    /// A name the shell gives the connection for journals and fences (`phone/2`); may be empty.
    pub label: String,
    /// Where it comes from, `127.0.0.1:50000`; may be empty.
    pub address: String,
    /// Scheme, host and port by which it reached us, for answers that name addresses; empty where nothing tells.
    pub origin: String,
}

/// A connection as shells and fences see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnView {
    /// The connection.
    pub conn: ConnId,
    /// Its user.
    pub user: String,
    /// The label its login gave.
    pub label: String,
    /// Frames written to it.
    pub written: u64,
    /// Frames read from it.
    pub read: u64,
    /// What was sent to it and it has not acknowledged: pushes, an answered pull, an announcement that it has not pulled
    /// for.
    pub owes: usize,
}

/// Something that happens to a world.
#[derive(Debug, Clone)]
pub enum Input {
    /// A client presents itself on a new connection.
    Open {
        /// The connection.
        conn: ConnId,
        /// Who it is.
        login: Box<Login>,
    },
    /// A frame arrived.
    Frame {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: ClientFrame,
    },
    /// A polling client asks for what there is for it ([`Transport::Comet`]).
    Poll {
        /// The connection.
        conn: ConnId,
    },
    /// Bytes arrived that are no frame; the world says goodbye.
    Garbage {
        /// The connection.
        conn: ConnId,
        /// What is wrong with them.
        error: String,
    },
    /// The peer closed the connection or it broke.
    Closed {
        /// The connection.
        conn: ConnId,
    },
    /// An HTTP request: navi or Server API.
    Http {
        /// To answer it by.
        id: HttpId,
        /// The request.
        request: Box<HttpRequest>,
    },
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Close {
    /// Everything written is flushed, then the connection is closed in good form.
    Clean,
    /// Closed at once, like a broken link; what is not yet written is lost.
    Cut,
    /// Reset at once, where the transport can.
    Reset,
}

/// Something a world wants done.
#[derive(Debug, Clone)]
pub enum Output {
    /// Write a frame.
    Send {
        /// The connection.
        conn: ConnId,
        /// The frame; bodies are shared, not copied.
        frame: ServerFrame,
    },
    /// Write bytes that are no frame of ours (one WebSocket message, or as they are on a stream).
    SendRaw {
        /// The connection.
        conn: ConnId,
        /// The bytes.
        bytes: Bytes,
    },
    /// End a connection. The world has forgotten it; no [`Input::Closed`] is expected for it.
    Close {
        /// The connection.
        conn: ConnId,
        /// How.
        how: Close,
    },
    /// Answer a poll that still waits with nothing; there may be none.
    AnswerPoll {
        /// The connection.
        conn: ConnId,
    },
    /// Answer an HTTP request.
    Respond {
        /// The request.
        id: HttpId,
        /// The answer; `None` closes the connection without one.
        response: Option<Box<HttpResponse>>,
    },
    /// Call the app's own server; until it answers 200, some times more.
    Callback(Box<crate::core::io::Callback>),
}

/// An HTTP request, transport taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST` …
    pub method: String,
    /// Path, percent-encoded as it came, without the query.
    pub path: String,
    /// Query without `?`; empty if none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
    /// Scheme, host and port the client used, for answers that name addresses: `http://127.0.0.1:1234`. Empty where
    /// nothing tells; then the world's [`Endpoints`] are named.
    pub origin: String,
}

impl HttpRequest {
    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status.
    pub status: u16,
    /// Further headers; a `Content-Type` among them goes before `content_type`.
    pub headers: Vec<(String, String)>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Body.
    pub body: Bytes,
}

impl HttpResponse {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json; charset=utf-8",
            body: value.to_string().into(),
        }
    }
}

/// Where clients find the server, as navi and tokens name it to those of whom nobody knows how they reached us.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoints {
    /// `http://127.0.0.1:41234`; written behind the `@` of tokens. Empty: tokens end with `@`.
    pub navi: String,
    /// `127.0.0.1:41234`.
    pub websocket: String,
    /// `127.0.0.1:41234`.
    pub tcp: String,
    /// Whether the sockets speak TLS.
    pub tls: bool,
}

/// What an app's server can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallbackKind {
    /// Rooms that are created or destroyed, members that come and go.
    ChatroomStatus,
    /// Entries of rooms.
    ChatroomEntries,
    /// Devices that come online, go offline, log out.
    UserStatus,
    /// Messages that were sent.
    Messages,
}

/// A request to the app's server: POST, to be answered with 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// What it tells of: calls of one kind come one after the other, those of another do not wait for them.
    pub kind: CallbackKind,
    /// Whole address, signature included.
    pub url: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Body.
    pub body: Bytes,
}
