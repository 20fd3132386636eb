//! The simulated network: what is under way, and what a client's link lets through.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use reference_client::Route;
use service::{ConnId, HttpId, HttpRequest};
use wire::UnixMillis;

/// A client's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// Everything gets through.
    #[default]
    Up,
    /// There is no network, and the device knows it.
    Offline,
    /// New connections and requests are refused; existing ones go on.
    Refuse,
    /// Nothing gets through in either direction, nothing is lost.
    Stall,
    /// Nothing gets through any more, and neither side is told; connections break when it is over, for what was lost
    /// stays lost.
    HalfOpen,
}

/// Something under way.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    /// The client's end of a new connection is open; `wire` is our number for it.
    Opened { client: String, conn: u64, wire: ConnId },
    /// It could not be opened.
    OpenFailed { client: String, conn: u64 },
    /// Bytes of a client.
    Up { conn: ConnId, bytes: Bytes },
    /// Bytes to a client.
    Down { conn: ConnId, bytes: Bytes },
    /// The service ended a connection.
    Closed { conn: ConnId },
    /// A client ended one.
    Left { conn: ConnId },
    /// The WebSocket upgrade reaches the service.
    Upgrade { conn: ConnId, query: String },
    /// A request of a client.
    Request { client: String, world: String, id: HttpId, request: Box<HttpRequest> },
    /// A request was refused or answered.
    Answer { client: String, id: u64, answer: Option<reference_client::HttpAnswer> },
}

/// A connection between an engine (or a raw client) and a world.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) world: String,
    pub(crate) client: String,
    /// The engine's own number for it.
    pub(crate) engine_conn: u64,
    pub(crate) route: Route,
    /// The service knows of it.
    pub(crate) presented: bool,
    /// The beginning of a native frame whose rest has not arrived.
    pub(crate) stream: BytesMut,
}

/// What arrives in the order it was sent: one direction of a connection. Everything else overtakes and is overtaken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Up(ConnId),
    Down(ConnId),
    /// A request, an answer: each by itself.
    Alone(u64),
}

/// What is under way, by arrival and then by dispatch.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    queue: BTreeMap<(UnixMillis, u64), Parcel>,
    sequence: u64,
}

impl Traffic {
    pub(crate) fn put(&mut self, at: UnixMillis, parcel: Parcel) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), parcel);
    }

    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn take_due(&mut self, now: UnixMillis) -> Option<Parcel> {
        let entry = self.queue.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// The first due of each lane, in the order they were sent: any of them may be the next.
    pub(crate) fn due_heads(&self, now: UnixMillis) -> Vec<Head> {
        let mut lanes = BTreeSet::new();
        let due = self.queue.iter().take_while(|((at, _), _)| *at <= now);
        due.filter(|((_, n), parcel)| lanes.insert(parcel.lane(*n))).map(|(key, _)| Head(*key)).collect()
    }

    pub(crate) fn take(&mut self, head: Head) -> Option<Parcel> {
        self.queue.remove(&head.0)
    }
}

/// A parcel that may be the next, of those under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head((UnixMillis, u64));

impl Parcel {
    fn lane(&self, n: u64) -> Lane {
        match self {
            Self::Up { conn, .. } | Self::Left { conn } | Self::Upgrade { conn, .. } => Lane::Up(*conn),
            Self::Down { conn, .. } | Self::Closed { conn } => Lane::Down(*conn),
            Self::Opened { wire, .. } => Lane::Down(*wire),
            Self::OpenFailed { .. } | Self::Request { .. } | Self::Answer { .. } => Lane::Alone(n),
        }
    }
}
