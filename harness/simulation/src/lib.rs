//! Worlds, reference clients and a network with faults, in virtual time, on one thread.
//!
//! Every frame goes through `wire`'s bytes on its way, so that the codec is part of every run. Events are ordered by
//! time, then by the order in which they were caused: the same seed gives the same sequence, byte for byte.

mod client;
mod network;

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use indexmap::IndexMap;
use reference_client::{CallResult, ClientEnv, EngineInput, EngineOutput, HttpAnswer, Route, Store};
use serde_json::{Map, Value};
use service::{
    ActError, ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output, Service,
    WorldSetup, act::Act,
};
use wire::{ClientFrame, UnixMillis, native, websocket};

use client::Client;
pub use client::NetworkEvent;
pub use network::LinkState;
use network::{Parcel, Traffic, Wire};

/// Where clients of a simulation find the service.
pub const NAVI: &str = "http://service.test";
const ADDRESS: &str = "service.test:80";
/// More steps than this at one instant are a livelock: somebody answers somebody without end.
const MOST_STEPS: u32 = 2_000_000;

/// A callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Running number of the client, from 1.
    pub n: u64,
    /// When.
    pub at: UnixMillis,
    /// Whose.
    pub client: String,
    /// Documented name.
    pub name: String,
    /// Arguments by documented name.
    pub args: Map<String, Value>,
}

/// Why a simulation cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// Things keep happening at one instant.
    #[error("livelock: more than {MOST_STEPS} steps at {at} without an end")]
    Livelock {
        /// The instant.
        at: UnixMillis,
    },
    /// A name means nothing here.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// A client or a world.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A local store could not be made.
    #[error("no local store: {0}")]
    Store(String),
}

/// One simulation: any number of worlds and clients.
#[derive(Debug)]
pub struct Simulation {
    now: UnixMillis,
    seed: u64,
    worlds: IndexMap<String, Service>,
    clients: IndexMap<String, Client>,
    wires: BTreeMap<ConnId, Wire>,
    traffic: Traffic,
    held: Vec<Parcel>,
    next_conn: u64,
    events: Vec<Event>,
    attempts: Vec<(UnixMillis, String)>,
    foreign: Vec<(UnixMillis, String, String)>,
}

impl Simulation {
    /// An empty simulation that begins at `start`.
    #[must_use]
    pub fn new(seed: u64, start: UnixMillis) -> Self {
        Self {
            now: start,
            seed,
            worlds: IndexMap::new(),
            clients: IndexMap::new(),
            wires: BTreeMap::new(),
            traffic: Traffic::default(),
            held: Vec::new(),
            next_conn: 0,
            events: Vec::new(),
            attempts: Vec::new(),
            foreign: Vec::new(),
        }
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// Adds a world.
    ///
    /// # Errors
    /// Every mistake in the set-up.
    pub fn add_world(&mut self, app_key: &str, setup: &WorldSetup) -> Result<(), Vec<String>> {
        let endpoints =
            Endpoints { navi: NAVI.into(), websocket: ADDRESS.into(), tcp: ADDRESS.into(), tls: false };
        let service = Service::new(app_key, setup, self.seed, endpoints, self.now)?;
        self.worlds.insert(app_key.to_owned(), service);
        Ok(())
    }

    /// A world.
    #[must_use]
    pub fn world(&self, app_key: &str) -> Option<&Service> {
        self.worlds.get(app_key)
    }

    /// A world, to issue tokens and the like; acts go through [`act`](Self::act).
    pub fn world_mut(&mut self, app_key: &str) -> Option<&mut Service> {
        self.worlds.get_mut(app_key)
    }

    /// Makes a client's engine, with an empty store.
    ///
    /// # Errors
    /// No local store could be made.
    pub fn add_client(&mut self, name: &str, env: ClientEnv) -> Result<(), SimulationError> {
        let client = Client::new(self.now, env, new_store()?);
        self.clients.insert(name.to_owned(), client);
        Ok(())
    }

    /// Calls a method and lets everything it causes at this instant happen.
    ///
    /// # Errors
    /// There is no such client, or no end of what the call causes.
    pub fn call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
    ) -> Result<CallResult, SimulationError> {
        let result = self.begin_call(client, method, args)?;
        self.settle()?;
        Ok(result)
    }

    /// Calls a method; what it causes waits for [`settle`](Self::settle).
    ///
    /// # Errors
    /// There is no such client.
    pub fn begin_call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
    ) -> Result<CallResult, SimulationError> {
        let now = self.now;
        let result = self.client(client)?.engine.call(now, method, args);
        self.drain_client(client);
        Ok(result)
    }

    fn client(&mut self, name: &str) -> Result<&mut Client, SimulationError> {
        self.clients
            .get_mut(name)
            .ok_or_else(|| SimulationError::Unknown { what: "client", name: name.to_owned() })
    }

    /// Carries out a server-side act.
    ///
    /// # Errors
    /// An argument is wrong; then nothing has changed.
    ///
    /// # Panics
    /// Never: an unknown world is an argument that is wrong.
    pub fn act(&mut self, app_key: &str, act: &Act) -> Result<Value, ActError> {
        let now = self.now;
        let service = self
            .worlds
            .get_mut(app_key)
            .ok_or_else(|| ActError::Argument(format!("there is no world `{app_key}`")))?;
        let outcome = service.act(now, act)?;
        self.drain_world(app_key);
        Ok(outcome)
    }

    /// A Server API request, answered at this instant; `None`: the service gave no answer.
    ///
    /// # Errors
    /// There is no such world, or no end of what the request causes.
    pub fn api(
        &mut self,
        app_key: &str,
        request: HttpRequest,
    ) -> Result<Option<HttpResponse>, SimulationError> {
        let now = self.now;
        let service = self
            .worlds
            .get_mut(app_key)
            .ok_or_else(|| SimulationError::Unknown { what: "world", name: app_key.to_owned() })?;
        service.handle(now, Input::Http { id: HttpId(0), request: Box::new(request) });
        let answer = self.drain_world(app_key);
        self.settle()?;
        Ok(answer)
    }

    /// Callbacks so far, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// When clients tried to connect.
    #[must_use]
    pub fn attempts(&self) -> &[(UnixMillis, String)] {
        &self.attempts
    }

    /// Addresses outside the simulation that clients asked for, with time and client.
    #[must_use]
    pub fn foreign_requests(&self) -> &[(UnixMillis, String, String)] {
        &self.foreign
    }

    /// Lets everything happen that is due at this instant.
    ///
    /// # Errors
    /// It does not end.
    pub fn settle(&mut self) -> Result<(), SimulationError> {
        for _ in 0..MOST_STEPS {
            if let Some(parcel) = self.traffic.take_due(self.now) {
                self.deliver(parcel);
            } else if !self.run_deadlines() {
                return Ok(());
            }
        }
        Err(SimulationError::Livelock { at: self.now })
    }

    /// Lets virtual time pass, from one deadline to the next.
    ///
    /// # Errors
    /// Something at one instant does not end.
    pub fn advance(&mut self, duration: std::time::Duration) -> Result<(), SimulationError> {
        let target = self.now + duration;
        while self.step(target)? {}
        Ok(())
    }

    /// Settles, then jumps to the next thing that is due, at most to `target`; `false` once it is there and settled.
    ///
    /// # Errors
    /// Something at one instant does not end.
    pub fn step(&mut self, target: UnixMillis) -> Result<bool, SimulationError> {
        self.settle()?;
        if self.now >= target {
            return Ok(false);
        }
        self.now = self.next_due().map_or(target, |due| due.clamp(self.now, target));
        Ok(true)
    }

    fn next_due(&self) -> Option<UnixMillis> {
        let worlds = self.worlds.values().filter_map(Service::next_deadline);
        let clients = self.clients.values().filter_map(|client| client.engine.next_deadline());
        worlds.chain(clients).chain(self.traffic.next_due()).min()
    }

    /// Runs one deadline that is due; `false` if none is.
    fn run_deadlines(&mut self) -> bool {
        let now = self.now;
        let due = |deadline: Option<UnixMillis>| deadline.is_some_and(|deadline| deadline <= now);
        if let Some((app_key, service)) =
            self.worlds.iter_mut().find(|(_, service)| due(service.next_deadline()))
        {
            service.on_deadline(now);
            let app_key = app_key.clone();
            self.drain_world(&app_key);
            return true;
        }
        if let Some((name, client)) =
            self.clients.iter_mut().find(|(_, client)| due(client.engine.next_deadline()))
        {
            client.engine.on_deadline(now);
            let name = name.clone();
            self.drain_client(&name);
            return true;
        }
        false
    }

    fn deliver(&mut self, parcel: Parcel) {
        let client = match &parcel {
            Parcel::Opened { client, .. }
            | Parcel::OpenFailed { client, .. }
            | Parcel::Answer { client, .. } => client.clone(),
            Parcel::Up { conn, .. }
            | Parcel::Down { conn, .. }
            | Parcel::Closed { conn }
            | Parcel::Left { conn }
            | Parcel::Upgrade { conn, .. } => match self.wires.get(conn) {
                Some(wire) => wire.client.clone(),
                None => return,
            },
        };
        let told = matches!(parcel, Parcel::OpenFailed { .. });
        match self.clients.get(&client).map(|client| client.link) {
            Some(LinkState::Stall) if !told => return self.held.push(parcel),
            Some(LinkState::HalfOpen | LinkState::Offline) if !told => return,
            _ => {}
        }
        match parcel {
            Parcel::Opened { conn, .. } => self.tell(&client, EngineInput::Opened { conn }),
            Parcel::OpenFailed { conn, .. } => self.tell(&client, EngineInput::OpenFailed { conn }),
            Parcel::Answer { id, answer, .. } => self.tell(&client, EngineInput::HttpAnswer { id, answer }),
            Parcel::Upgrade { conn, query } => {
                let (app_key, login) = Login::from_websocket_query(&query);
                self.present(conn, &app_key, login);
            }
            Parcel::Up { conn, bytes } => self.up(conn, bytes),
            Parcel::Down { conn, bytes } => self.down(&client, conn, bytes),
            Parcel::Closed { conn } => {
                if let Some(wire) = self.wires.remove(&conn) {
                    self.tell(&client, EngineInput::Closed { conn: wire.engine_conn });
                }
            }
            Parcel::Left { conn } => {
                if let Some(wire) = self.wires.remove(&conn) {
                    self.service_input(&wire.world, Input::Closed { conn });
                }
            }
        }
    }

    fn tell(&mut self, client: &str, input: EngineInput) {
        let now = self.now;
        if let Some(known) = self.clients.get_mut(client) {
            known.engine.handle(now, input);
            self.drain_client(client);
        }
    }

    fn service_input(&mut self, app_key: &str, input: Input) {
        let now = self.now;
        if let Some(service) = self.worlds.get_mut(app_key) {
            service.handle(now, input);
            self.drain_world(app_key);
        }
    }

    /// A login reaches the world its App Key names; an unknown App Key gets no answer but the end.
    fn present(&mut self, conn: ConnId, app_key: &str, mut login: Login) {
        if !self.worlds.contains_key(app_key) {
            self.traffic.put(self.now, Parcel::Closed { conn });
            return;
        }
        if let Some(wire) = self.wires.get_mut(&conn) {
            app_key.clone_into(&mut wire.world);
            wire.presented = true;
            login.label = format!("{}/{}", wire.client, wire.engine_conn);
        }
        self.service_input(app_key, Input::Open { conn, login: Box::new(login) });
    }

    fn up(&mut self, conn: ConnId, bytes: Bytes) {
        let Some(wire) = self.wires.get(&conn) else { return };
        let (world, presented) = (wire.world.clone(), wire.presented);
        let decoded = match wire.route {
            Route::Tcp => native::decode_client(&mut BytesMut::from(&bytes[..]), wire::DEFAULT_MAX_FRAME),
            Route::WebSocket { .. } => websocket::decode_client(bytes).map(Some),
        };
        match decoded {
            Ok(Some(ClientFrame::Connect(connect))) if !presented => {
                let (app_key, login) = Login::from_connect(&connect);
                self.present(conn, &app_key, login);
            }
            Ok(Some(frame)) => self.service_input(&world, Input::Frame { conn, frame }),
            Ok(None) => {}
            Err(error) => self.service_input(&world, Input::Garbage { conn, error }),
        }
    }

    fn down(&mut self, client: &str, conn: ConnId, bytes: Bytes) {
        let Some(wire) = self.wires.get(&conn) else { return };
        let engine_conn = wire.engine_conn;
        let decoded = match wire.route {
            Route::Tcp => native::decode_server(&mut BytesMut::from(&bytes[..]), wire::DEFAULT_MAX_FRAME),
            Route::WebSocket { .. } => websocket::decode_server(bytes, false).map(Some),
        };
        match decoded {
            Ok(Some(frame)) => self.tell(client, EngineInput::Frame { conn: engine_conn, frame }),
            // What a client cannot read ends its connection.
            _ => self.tell(client, EngineInput::Closed { conn: engine_conn }),
        }
    }

    /// Takes what a world wants done; gives the answer to the request numbered 0, which is a direct one.
    fn drain_world(&mut self, app_key: &str) -> Option<HttpResponse> {
        let mut direct = None;
        while let Some(output) = self.worlds.get_mut(app_key).and_then(Service::poll_output) {
            match output {
                Output::Send { conn, frame } => {
                    let Some(wire) = self.wires.get(&conn) else { continue };
                    let mut bytes = BytesMut::new();
                    match wire.route {
                        Route::Tcp => native::encode_server(&frame, &mut bytes),
                        Route::WebSocket { .. } => websocket::encode_server(&frame, &mut bytes),
                    }
                    self.traffic.put(self.now, Parcel::Down { conn, bytes: bytes.freeze() });
                }
                Output::SendRaw { conn, bytes } => self.traffic.put(self.now, Parcel::Down { conn, bytes }),
                Output::Close { conn, .. } => self.traffic.put(self.now, Parcel::Closed { conn }),
                Output::Respond { id: HttpId(0), response } => direct = response.map(|response| *response),
                Output::Respond { id, response } => self.respond(id, response),
            }
        }
        direct
    }

    fn respond(&mut self, id: HttpId, response: Option<Box<HttpResponse>>) {
        let asked = self.clients.iter_mut().find_map(|(name, client)| {
            client.requests.remove(&id).map(|engine_id| (name.clone(), engine_id))
        });
        if let Some((client, id)) = asked {
            let answer = response.map(|response| HttpAnswer { status: response.status, body: response.body });
            self.traffic.put(self.now, Parcel::Answer { client, id, answer });
        }
    }

    fn drain_client(&mut self, name: &str) {
        while let Some(output) = self.clients.get_mut(name).and_then(|client| client.engine.poll_output()) {
            match output {
                EngineOutput::Callback { name: event, args } => self.record(name, event, args),
                EngineOutput::Http { id, method, url, headers, body } => {
                    let request = (method, url, headers, body);
                    self.http_from(name, id, request);
                }
                EngineOutput::Open { conn, address, route } => self.open_from(name, conn, &address, route),
                EngineOutput::Send { conn, frame } => self.send_from(name, conn, &frame),
                EngineOutput::Close { conn } => {
                    if let Some(conn) = self.wire_of(name, conn) {
                        self.traffic.put(self.now, Parcel::Left { conn });
                    }
                }
            }
        }
    }

    fn record(&mut self, client: &str, name: &str, args: Map<String, Value>) {
        let at = self.now;
        let Some(known) = self.clients.get_mut(client) else { return };
        known.events += 1;
        self.events.push(Event {
            n: known.events,
            at,
            client: client.to_owned(),
            name: name.to_owned(),
            args,
        });
    }

    fn wire_of(&self, client: &str, engine_conn: u64) -> Option<ConnId> {
        let mine = |wire: &Wire| wire.client == client && wire.engine_conn == engine_conn;
        self.wires.iter().find(|(_, wire)| mine(wire)).map(|(conn, _)| *conn)
    }

    fn http_from(
        &mut self,
        name: &str,
        id: u64,
        (method, url, headers, body): (&'static str, String, Vec<(String, String)>, Bytes),
    ) {
        let Some(client) = self.clients.get_mut(name) else { return };
        self.attempts.push((self.now, name.to_owned()));
        client.asked_navi = true;
        let path = url.strip_prefix(NAVI).map(str::to_owned);
        let app_key = client.env.app_key.clone();
        let (Some(path), LinkState::Up | LinkState::Stall) = (path, client.link) else {
            if !url.starts_with(NAVI) {
                self.foreign.push((self.now, name.to_owned(), url));
            }
            if client.link != LinkState::HalfOpen {
                self.traffic.put(self.now, Parcel::Answer { client: name.to_owned(), id, answer: None });
            }
            return;
        };
        self.next_conn += 1;
        let http = HttpId(self.next_conn);
        client.requests.insert(http, id);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let headers = headers.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
        let request = HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
            origin: NAVI.to_owned(),
        };
        self.service_input(&app_key, Input::Http { id: http, request: Box::new(request) });
    }

    fn open_from(&mut self, name: &str, engine_conn: u64, address: &str, route: Route) {
        let Some(client) = self.clients.get_mut(name) else { return };
        if !std::mem::replace(&mut client.asked_navi, false) {
            self.attempts.push((self.now, name.to_owned()));
        }
        if address != ADDRESS || matches!(client.link, LinkState::Refuse | LinkState::Offline) {
            self.traffic.put(self.now, Parcel::OpenFailed { client: name.to_owned(), conn: engine_conn });
            return;
        }
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let wire = Wire {
            world: client.env.app_key.clone(),
            client: name.to_owned(),
            engine_conn,
            route: route.clone(),
            presented: false,
        };
        self.wires.insert(conn, wire);
        self.traffic.put(self.now, Parcel::Opened { client: name.to_owned(), conn: engine_conn });
        if let Route::WebSocket { path_and_query } = route {
            let query = path_and_query.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
            self.traffic.put(self.now, Parcel::Upgrade { conn, query });
        }
    }

    fn send_from(&mut self, name: &str, engine_conn: u64, frame: &ClientFrame) {
        let Some(conn) = self.wire_of(name, engine_conn) else { return };
        let mut bytes = BytesMut::new();
        match self.wires[&conn].route {
            Route::Tcp => native::encode_client(frame, &mut bytes),
            Route::WebSocket { .. } => websocket::encode_client(frame, &mut bytes),
        }
        self.traffic.put(self.now, Parcel::Up { conn, bytes: bytes.freeze() });
    }
}

fn new_store() -> Result<Store, SimulationError> {
    Store::in_memory().map_err(|error| SimulationError::Store(error.to_string()))
}
