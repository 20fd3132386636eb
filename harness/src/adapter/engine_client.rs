//! The reference client over real sockets: beside real SDKs in one case, where it shares their server and their time, or by
//! itself in real time.
//!
//! Native TCP only. Reading is a thread a connection, an HTTP request one, too; everything else happens when the driver asks.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs as _},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use bytes::BytesMut;
use reference_client::{CallResult, ClientEnv, Engine, EngineInput, EngineOutput, HttpAnswer, Route, Store};
use serde_json::{Map, Value, json};
use service::HttpRequest;
use wire::{ClientFrame, UnixMillis, native};

use crate::runner::{Fault, Returned};

/// How long a connection, or room for what is written to it, is waited for.
const SOCKET_LIMIT: Duration = Duration::from_secs(10);

/// What a thread brought.
#[derive(Debug)]
enum Arrival {
    /// Bytes of a connection.
    Bytes(u64, Vec<u8>),
    /// A connection's end.
    End(u64),
    /// What came of an HTTP request.
    Answer(u64, Option<HttpAnswer>),
}

#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    buffer: BytesMut,
    /// Number of the connection among this client's, from 1: its label on the server.
    n: u64,
    sent: u64,
    received: u64,
    closed: bool,
}

/// One reference engine and its sockets.
#[derive(Debug)]
pub(super) struct EngineClient {
    name: String,
    env: ClientEnv,
    engine: Engine,
    sockets: BTreeMap<u64, Socket>,
    /// Those of engines before this one.
    ended: Vec<Socket>,
    opened: u64,
    arrivals: Receiver<Arrival>,
    sender: Sender<Arrival>,
    /// Somebody may wait for arrivals.
    stir: Sender<()>,
    /// HTTP requests that have no answer yet.
    asked: usize,
    fired: Vec<(String, Map<String, Value>)>,
}

impl EngineClient {
    /// Whenever something arrives, `stir` is told.
    ///
    /// # Errors
    /// There can be no store.
    pub(super) fn new(name: &str, env: ClientEnv, now: UnixMillis, stir: Sender<()>) -> Result<Self, Fault> {
        let store = Store::in_memory().map_err(|error| Fault(format!("no local store: {error}")))?;
        let (sender, arrivals) = channel();
        Ok(Self {
            name: name.to_owned(),
            engine: Engine::create(now, env.clone(), store),
            env,
            sockets: BTreeMap::new(),
            ended: Vec::new(),
            opened: 0,
            arrivals,
            sender,
            stir,
            asked: 0,
            fired: Vec::new(),
        })
    }

    pub(super) fn call(&mut self, now: UnixMillis, method: &str, args: &Map<String, Value>) -> Returned {
        let result = self.engine.call(now, method, args);
        self.perform(now);
        match result {
            CallResult::Code(code) => Returned::Value(code.into()),
            CallResult::Value(value) => Returned::Value(value),
            CallResult::Unsupported(reason) => Returned::Unsupported(reason),
        }
    }

    /// The app is killed and started: its connections break, its store stays if `keep_store`.
    ///
    /// # Errors
    /// There can be no store.
    pub(super) fn restart(&mut self, now: UnixMillis, keep_store: bool) -> Result<(), Fault> {
        let store = || Store::in_memory().map_err(|error| Fault(format!("no local store: {error}")));
        let retired = std::mem::replace(&mut self.engine, Engine::create(now, self.env.clone(), store()?));
        if keep_store {
            self.engine = Engine::create(now, self.env.clone(), retired.into_store());
        }
        for mut socket in std::mem::take(&mut self.sockets).into_values() {
            socket.closed = true;
            // It may be closed already; then that is what is wanted.
            let _ = socket.stream.shutdown(Shutdown::Both);
            self.ended.push(socket);
        }
        // What readers of those still say is nothing to the new engine, which numbers its connections anew.
        (self.sender, self.arrivals) = channel();
        self.asked = 0;
        Ok(())
    }

    pub(super) fn next_deadline(&self) -> Option<UnixMillis> {
        self.engine.next_deadline()
    }

    pub(super) fn on_deadline(&mut self, now: UnixMillis) {
        if self.engine.next_deadline().is_some_and(|due| due <= now) {
            self.engine.on_deadline(now);
            self.perform(now);
        }
    }

    /// Whether it waits for an HTTP answer.
    pub(super) fn asks(&self) -> bool {
        self.asked > 0
    }

    /// Callbacks since the last look.
    pub(super) fn take_fired(&mut self) -> Vec<(String, Map<String, Value>)> {
        std::mem::take(&mut self.fired)
    }

    /// Takes in whatever has arrived; `false` if nothing had, and nothing that was asked for over HTTP is under way.
    pub(super) fn pump(&mut self, now: UnixMillis) -> bool {
        let mut moved = self.asked > 0;
        while let Ok(arrival) = self.arrivals.try_recv() {
            moved = true;
            match arrival {
                Arrival::Bytes(conn, bytes) => self.read(now, conn, &bytes),
                Arrival::End(conn) => {
                    if let Some(socket) = self.sockets.get_mut(&conn) {
                        socket.closed = true;
                    }
                    self.engine.handle(now, EngineInput::Closed { conn });
                }
                Arrival::Answer(id, answer) => {
                    self.asked -= 1;
                    self.engine.handle(now, EngineInput::HttpAnswer { id, answer });
                }
            }
            self.perform(now);
        }
        moved
    }

    fn read(&mut self, now: UnixMillis, conn: u64, bytes: &[u8]) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        socket.buffer.extend_from_slice(bytes);
        loop {
            let Some(socket) = self.sockets.get_mut(&conn) else { return };
            match native::decode_server(&mut socket.buffer, wire::DEFAULT_MAX_FRAME) {
                Ok(Some(frame)) => {
                    socket.received += 1;
                    self.engine.handle(now, EngineInput::Frame { conn, frame });
                    self.perform(now);
                }
                Ok(None) => return,
                Err(_) => return self.engine.handle(now, EngineInput::Closed { conn }),
            }
        }
    }

    /// Does what the engine wants.
    fn perform(&mut self, now: UnixMillis) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                EngineOutput::Callback { name, args } => self.fired.push((name.to_owned(), args)),
                EngineOutput::Http { id, method, url, headers, body } => {
                    self.asked += 1;
                    let told = self.told();
                    thread::spawn(move || told(Arrival::Answer(id, fetch(method, &url, headers, body))));
                }
                EngineOutput::Open { conn, address, route } => {
                    let opened = match route {
                        Route::Tcp => self.open(conn, &address),
                        Route::WebSocket { .. } => false,
                    };
                    let input =
                        if opened { EngineInput::Opened { conn } } else { EngineInput::OpenFailed { conn } };
                    self.engine.handle(now, input);
                }
                EngineOutput::Send { conn, frame } => self.send(conn, frame),
                EngineOutput::Close { conn } => {
                    if let Some(socket) = self.sockets.get_mut(&conn) {
                        socket.closed = true;
                        // It may be closed already; then that is what is wanted.
                        let _ = socket.stream.shutdown(Shutdown::Both);
                    }
                }
            }
        }
    }

    /// By which a thread says what it brought; `false`: nobody wants it any more.
    fn told(&self) -> impl Fn(Arrival) -> bool + Send + 'static {
        let (sender, stir) = (self.sender.clone(), self.stir.clone());
        move |arrival| sender.send(arrival).is_ok() && stir.send(()).is_ok()
    }

    fn open(&mut self, conn: u64, address: &str) -> bool {
        let mut addresses = address.to_socket_addrs().into_iter().flatten();
        let stream = addresses.find_map(|at| TcpStream::connect_timeout(&at, SOCKET_LIMIT).ok());
        let Some(stream) = stream else { return false };
        // Without it small frames wait for each other; a socket that cannot is only slower.
        let _ = stream.set_nodelay(true);
        // A server that does not read (a fault may keep it from that) must not hold up the run.
        let _ = stream.set_write_timeout(Some(SOCKET_LIMIT));
        let Ok(mut reader) = stream.try_clone() else { return false };
        let told = self.told();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if !told(Arrival::Bytes(conn, buffer[..length].to_vec())) {
                    return;
                }
            }
            told(Arrival::End(conn));
        });
        self.opened += 1;
        let n = self.opened;
        let socket = Socket { stream, buffer: BytesMut::new(), n, sent: 0, received: 0, closed: false };
        self.sockets.insert(conn, socket);
        true
    }

    fn send(&mut self, conn: u64, mut frame: ClientFrame) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        if let ClientFrame::Connect(connect) = &mut frame {
            // The server is told which connection of which client this is, so that both sides mean the same.
            let mut rest = BytesMut::from(&connect.rest[..]);
            wire::encode_text(&format!("session:label={}/{}", self.name, socket.n), &mut rest);
            connect.rest = rest.freeze();
        } else {
            // The server counts frames behind the login.
            socket.sent += 1;
        }
        let mut bytes = BytesMut::new();
        native::encode_client(&frame, &mut bytes);
        // A connection that broke is noticed by its reader.
        let _ = socket.stream.write_all(&bytes);
    }

    /// Counts for the fence, as an adapter would give them.
    pub(super) fn view(&self) -> Value {
        let conns: Vec<Value> = self
            .ended
            .iter()
            .chain(self.sockets.values())
            .map(|s| json!({"n": s.n, "sent": s.sent, "received": s.received, "closed": s.closed}))
            .collect();
        json!({"client": self.name, "conns": conns})
    }
}

impl Drop for EngineClient {
    fn drop(&mut self) {
        for socket in self.sockets.values() {
            // Ends the reader's thread.
            let _ = socket.stream.shutdown(Shutdown::Both);
        }
    }
}

fn fetch(method: &str, url: &str, headers: Vec<(String, String)>, body: bytes::Bytes) -> Option<HttpAnswer> {
    let rest = url.strip_prefix("http://")?;
    let (address, path) = rest.split_once('/')?;
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    if !matches!(host, "127.0.0.1" | "localhost") {
        return None;
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = HttpRequest {
        method: method.to_owned(),
        path: format!("/{path}"),
        query: query.to_owned(),
        headers,
        body,
        origin: String::new(),
    };
    let answer = super::http::request(&format!("http://{address}"), request).ok()?;
    Some(HttpAnswer::new(answer.status, &answer.headers, answer.body))
}
