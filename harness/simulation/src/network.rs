//! The simulated network: what is under way, and what a client's link lets through.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use reference_client::Route;
use service::ConnId;
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
    /// The client's end of a new connection is open.
    Opened { client: String, conn: u64 },
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
}
