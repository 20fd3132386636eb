//! What goes into an engine and what comes out: the vocabulary between the core and whoever runs it.

use bytes::Bytes;
use serde_json::{Map, Value};
use wire::{ClientFrame, ServerFrame};

use crate::core::bug::Bugs;

/// Who an engine is and how it was made: everything it would otherwise take from its surroundings.
#[derive(Debug, Clone, Default)]
pub struct ClientEnv {
    /// App Key, given to `create`.
    pub app_key: String,
    /// Platform by name: `Android`, `iOS`, `PC` speak native TCP; `Web` and `MiniProgram` WebSocket.
    pub platform: String,
    /// Device id, the same over restarts of one installation.
    pub device_id: String,
    /// Seed of everything random; nothing is, so far.
    pub seed: u64,
    /// `RCIMIWEngineOptions` by their documented names; fixed from now on (ENG-012).
    pub options: Map<String, Value>,
    /// Deliberate bugs: none, unless it is asked for them.
    pub bugs: Bugs,
}

/// What a call returns at once: acceptance, never the outcome (ENG-006).
#[derive(Debug, Clone, PartialEq)]
pub enum CallResult {
    /// The promise's number: 0 = accepted; otherwise nothing follows.
    Code(i64),
    /// The promise's value.
    Value(Value),
    /// This engine does not do that.
    Unsupported(String),
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Bytes,
    /// Bytes of the whole, where the body is a part of it (`Content-Range`).
    pub total: Option<u64>,
}

impl HttpAnswer {
    /// An answer from its parts.
    #[must_use]
    pub fn new(status: u16, headers: &[(String, String)], body: Bytes) -> Self {
        let range = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-range"));
        let total = range.and_then(|(_, range)| range.rsplit_once('/')?.1.parse().ok());
        Self { status, body, total }
    }
}

/// Something that happens to an engine.
#[derive(Debug, Clone)]
pub enum EngineInput {
    /// An HTTP request was answered; `None`: refused or broken.
    HttpAnswer {
        /// The request.
        id: u64,
        /// The answer.
        answer: Option<HttpAnswer>,
    },
    /// A connection is open.
    Opened {
        /// The connection.
        conn: u64,
    },
    /// A connection could not be opened.
    OpenFailed {
        /// The connection.
        conn: u64,
    },
    /// A frame arrived.
    Frame {
        /// The connection.
        conn: u64,
        /// The frame.
        frame: ServerFrame,
    },
    /// A connection ended.
    Closed {
        /// The connection.
        conn: u64,
    },
    /// The system tells of the network: gone, or there (again, or another one).
    Network {
        /// Whether there is one.
        available: bool,
    },
    /// The app comes to the foreground.
    Foreground,
    /// The app goes to the background.
    Background,
}

/// How a connection is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// WebSocket, with path and query of the upgrade.
    WebSocket {
        /// `/websocket?…`
        path_and_query: String,
    },
    /// Native frames over TCP.
    Tcp,
}

/// Something an engine wants done.
#[derive(Debug, Clone)]
pub enum EngineOutput {
    /// An HTTP request.
    Http {
        /// To answer it by.
        id: u64,
        /// Method.
        method: &'static str,
        /// Whole address.
        url: String,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Body.
        body: Bytes,
    },
    /// Open a connection.
    Open {
        /// The connection, numbered by the engine.
        conn: u64,
        /// `host:port`.
        address: String,
        /// How.
        route: Route,
    },
    /// Write a frame.
    Send {
        /// The connection.
        conn: u64,
        /// The frame.
        frame: ClientFrame,
    },
    /// End a connection; no [`EngineInput::Closed`] is expected for it.
    Close {
        /// The connection.
        conn: u64,
    },
    /// A callback of the documented interface.
    Callback {
        /// `onMessageReceived` …
        name: &'static str,
        /// Arguments by documented name.
        args: Map<String, Value>,
    },
}
