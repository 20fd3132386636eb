//! Faults armed on a world: which frame or request they wait for, and what they do to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fault: it waits for its trigger, then takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What it waits for.
    #[serde(default)]
    pub on: Trigger,
    /// What it does.
    pub effect: Effect,
}

/// Which frame or request a fault waits for. Every field that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Trigger {
    /// The user of the connection.
    pub user: Option<String>,
    /// A topic by its wire name, for PUBLISH, QUERY and the acknowledgements that answer them.
    pub topic: Option<String>,
    /// A kind of frame or request.
    pub kind: Option<FaultKind>,
    /// From the client (`up`) or to it (`down`).
    pub direction: Direction,
    /// The first fitting one it acts on, counted from 1.
    pub nth: u32,
    /// How many it acts on; 0 = all from then on.
    pub times: u32,
}

impl Default for Trigger {
    fn default() -> Self {
        Self { user: None, topic: None, kind: None, direction: Direction::Up, nth: 1, times: 1 }
    }
}

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Client to server.
    #[default]
    Up,
    /// Server to client.
    Down,
}

/// Kinds a fault can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// A navi request.
    Navi,
    /// A Server API request.
    Api,
    /// A file sent to the file server.
    Upload,
    /// A file, or a part of one, read from the file server.
    Download,
    /// A login: WebSocket upgrade or native CONNECT.
    Connect,
    /// The answer to a login.
    ConnAck,
    /// A PUBLISH.
    Publish,
    /// A PUBACK.
    PubAck,
    /// A QUERY.
    Query,
    /// A QUERYACK.
    QueryAck,
    /// A PINGREQ.
    Ping,
    /// A PINGRESP.
    Pong,
    /// A DISCONNECT.
    Disconnect,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The frame or request is lost: never seen, never answered.
    Drop,
    /// The connection breaks instead of the frame; it is not processed.
    Cut,
    /// The frame is processed (or sent), then the connection breaks: nothing of the answer gets out.
    CutAfter,
    /// It is delayed by so many milliseconds of virtual time.
    DelayMs(u64),
    /// The request is not carried out but answered: with that status for a PUBLISH, QUERY or CONNECT, that
    /// HTTP status for navi and the Server API.
    Answer(u16),
    /// It is carried out, or sent, twice.
    Duplicate,
    /// An HTTP request is answered with this text and status 200.
    Body(String),
}
