//! Raw connections: bytes in, frames out, no engine. For tests of the protocol itself.

use bytes::{Bytes, BytesMut};
use reference_client::Route;
use service::ConnId;
use wire::{Header, ServerFrame, UnixMillis, native, websocket};

use crate::{
    Simulation, SimulationError,
    network::{Parcel, Wire},
};

/// A raw connection and what came back on it.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) conn: Option<ConnId>,
    frames: Vec<(UnixMillis, ServerFrame)>,
    stream: BytesMut,
    layout_v4: bool,
    pub(crate) closed: bool,
}

/// Raw connections live beside clients; no client can have such a name.
fn key(name: &str) -> String {
    format!("raw:{name}")
}

impl Simulation {
    /// Opens a raw connection to a world: with a query a WebSocket, whose login is in the query; without one a native
    /// stream, on which the first frame to send is a CONNECT. One of that name is replaced.
    ///
    /// # Errors
    /// There is no such world, or no end of what it causes.
    pub fn open_raw(
        &mut self,
        name: &str,
        app_key: &str,
        query: Option<&str>,
    ) -> Result<(), SimulationError> {
        if !self.worlds.contains_key(app_key) {
            return Err(SimulationError::Unknown { what: "world", name: app_key.to_owned() });
        }
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let route = match query {
            Some(query) => Route::WebSocket { path_and_query: format!("/websocket?{query}") },
            None => Route::Tcp,
        };
        let wire = Wire {
            world: app_key.to_owned(),
            client: key(name),
            engine_conn: 1,
            route,
            presented: false,
            stream: BytesMut::new(),
        };
        self.wires.insert(conn, wire);
        let layout_v4 = query.is_some_and(|query| query.split('&').any(|pair| pair == "protocolVer=4"));
        self.raws.insert(key(name), Raw { conn: Some(conn), layout_v4, ..Raw::default() });
        if let Some(query) = query {
            self.traffic.put(self.now, Parcel::Upgrade { conn, query: query.to_owned() });
        }
        self.settle()
    }

    /// Sends bytes as they are: one message of a WebSocket, or any piece of a native stream. On a connection that has
    /// ended they are lost.
    ///
    /// # Errors
    /// There is no such connection, or no end of what they cause.
    pub fn send_raw(&mut self, name: &str, bytes: Bytes) -> Result<(), SimulationError> {
        let conn = self.raw(name)?.conn;
        if let Some(conn) = conn {
            self.traffic.put(self.now, Parcel::Up { conn, bytes });
        }
        self.settle()
    }

    /// Closes this side of a raw connection.
    ///
    /// # Errors
    /// As [`send_raw`](Self::send_raw).
    pub fn close_raw(&mut self, name: &str) -> Result<(), SimulationError> {
        let conn = self.raw(name)?.conn;
        if let Some(conn) = conn {
            self.traffic.put(self.now, Parcel::Left { conn });
        }
        self.settle()
    }

    /// The frames that came on a raw connection so far, with their times.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn raw_frames(&self, name: &str) -> Result<&[(UnixMillis, ServerFrame)], SimulationError> {
        self.raw(name).map(|raw| raw.frames.as_slice())
    }

    /// Whether the service has closed a raw connection.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn raw_closed(&self, name: &str) -> Result<bool, SimulationError> {
        self.raw(name).map(|raw| raw.closed)
    }

    fn raw(&self, name: &str) -> Result<&Raw, SimulationError> {
        self.raws
            .get(&key(name))
            .ok_or_else(|| SimulationError::Unknown { what: "raw connection", name: name.to_owned() })
    }
}

impl Raw {
    /// Takes in what the service wrote; bytes that are no frame show as an unknown one.
    pub(crate) fn take(&mut self, now: UnixMillis, native_stream: bool, bytes: &Bytes) {
        if !native_stream {
            let frame = websocket::decode_server(bytes.clone(), self.layout_v4);
            self.frames.push((now, frame.unwrap_or_else(|_| unknown(bytes))));
            return;
        }
        self.stream.extend_from_slice(bytes);
        loop {
            match native::decode_server(&mut self.stream, wire::DEFAULT_MAX_FRAME) {
                Ok(Some(frame)) => self.frames.push((now, frame)),
                Ok(None) => return,
                Err(_) => {
                    let rest = self.stream.split().freeze();
                    self.frames.push((now, unknown(&rest)));
                    return;
                }
            }
        }
    }
}

fn unknown(bytes: &Bytes) -> ServerFrame {
    let header = Header::from_byte(bytes.first().copied().unwrap_or_default());
    ServerFrame::Unknown { header, body: bytes.slice(1.min(bytes.len())..) }
}
