//! What a line tells.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use service::{CallbackKind, Close, ConnId, HttpId, Taken};

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Running number, from 1, without gaps.
    pub n: u64,
    /// How long after the world's beginning, in its own time; whole milliseconds.
    pub after: Duration,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// Something was done to the world.
    Taken(Taken),
    /// The world said something.
    Said(Said),
    /// The world's clock was put forward; from now on so much is added to the machine's clock. `None`: it is moved by hand.
    Clock(Option<i64>),
    /// The harness saw something that the world did not.
    Seen(Seen),
}

/// What a world said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A frame, as its connection's transport has it; for a client that polls as on WebSocket.
    Down {
        /// To whom.
        conn: ConnId,
        /// Its bytes.
        raw: Bytes,
    },
    /// Bytes that are no frame.
    DownRaw {
        /// To whom.
        conn: ConnId,
        /// The bytes.
        raw: Bytes,
    },
    /// A connection is over.
    Close {
        /// Which.
        conn: ConnId,
        /// How it ends.
        how: Close,
    },
    /// A poll that waited was answered with nothing.
    PollAnswered {
        /// Whose.
        conn: ConnId,
    },
    /// An HTTP answer; `None`: the connection is closed without one.
    Response {
        /// To which request.
        id: HttpId,
        /// The answer.
        answer: Option<Answer>,
    },
    /// The app's own server is called.
    Webhook(Webhook),
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers besides the content type.
    pub headers: Vec<(String, String)>,
    /// `Content-Type`.
    pub content_type: String,
    /// Body.
    pub body: Bytes,
}

/// A call of the app's own server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// What it tells of.
    pub kind: CallbackKind,
    /// Whole address.
    pub url: String,
    /// `Content-Type`.
    pub content_type: String,
    /// Body.
    pub body: Bytes,
}

/// What the harness saw of a client.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The app called a method.
    Call {
        /// Of which client.
        client: String,
        /// The method.
        method: String,
        /// Its arguments by name.
        args: Map<String, Value>,
        /// What came back at once; `null` where the call is told before that.
        returned: Value,
    },
    /// The client called the app back.
    Callback {
        /// Which client.
        client: String,
        /// The callback.
        name: String,
        /// Its arguments by name.
        args: Map<String, Value>,
    },
    /// A step of the scenario that is neither: `network`, `restart`, `mark` …
    Step {
        /// Which client's; empty: nobody's.
        client: String,
        /// What was done.
        name: String,
        /// With what.
        args: Map<String, Value>,
    },
}
