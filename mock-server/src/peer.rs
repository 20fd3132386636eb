//! The other end of a connection, whatever carries it.

use std::rc::Rc;

use service::{Close, ConnId};
use wire::ServerFrame;

use crate::{
    comet::Polling,
    conn::{Conn, ConnState},
    link::LinkState,
    world::World,
};

/// A client that is logged in or about to be.
#[derive(Clone)]
pub(crate) enum Peer {
    /// On a socket of its own.
    Socket(Rc<Conn>),
    /// Without one: it polls.
    Polling(Rc<Polling>),
}

impl Peer {
    pub(crate) fn id(&self) -> ConnId {
        match self {
            Self::Socket(conn) => conn.id,
            Self::Polling(polling) => polling.id,
        }
    }

    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Socket(conn) => &conn.label,
            Self::Polling(polling) => &polling.label,
        }
    }

    /// Takes a frame in; [`flush`](Self::flush) brings it on its way.
    pub(crate) fn send(&self, frame: &ServerFrame) {
        match self {
            Self::Socket(conn) => conn.send(frame),
            Self::Polling(polling) => polling.send(frame),
        }
    }

    /// The same for bytes that are no frame of ours.
    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        match self {
            Self::Socket(conn) => conn.send_raw(bytes),
            Self::Polling(polling) => polling.send_raw(bytes),
        }
    }

    /// Brings what was taken in on its way. `false`: too much waits, and the client is to be cut.
    pub(crate) fn flush(&self) -> bool {
        match self {
            Self::Socket(conn) => conn.flush(),
            Self::Polling(polling) => polling.flush(),
        }
    }

    /// Bytes that wait for the client.
    pub(crate) fn waiting(&self) -> usize {
        match self {
            Self::Socket(conn) => conn.waiting(),
            Self::Polling(polling) => polling.waiting(),
        }
    }

    /// The time of a poll that waits is over.
    pub(crate) fn answer_poll(&self) {
        if let Self::Polling(polling) = self {
            polling.answer_empty();
        }
    }

    pub(crate) fn close(&self, how: Close) {
        match self {
            Self::Socket(conn) => conn.close(how),
            Self::Polling(polling) => polling.close(how),
        }
    }

    /// Breaks the connection below the protocol; the world hears of it.
    pub(crate) fn break_off(&self, world: &World) {
        match self {
            Self::Socket(conn) => conn.break_off(world),
            Self::Polling(polling) => polling.break_off(world),
        }
    }

    /// Changes the link; gives the state it had before.
    pub(crate) fn set_link(&self, link: LinkState) -> LinkState {
        match self {
            Self::Socket(conn) => conn.set_link(link),
            Self::Polling(polling) => polling.set_link(link),
        }
    }

    pub(crate) fn state(&self, closed: bool) -> ConnState {
        match self {
            Self::Socket(conn) => conn.state(closed),
            Self::Polling(polling) => polling.state(closed),
        }
    }

    /// Whether both are the same connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}
