//! Worlds, reference clients and a network with faults, in virtual time, on one thread.
//!
//! Every frame goes through `wire`'s bytes on its way, so that the codec is part of every run. Events are ordered by
//! time, then by the order in which they were caused, or, in a [varied](Simulation::varied) simulation, by what its seed draws:
//! the same seed gives the same sequence, byte for byte.

mod chance;
mod client;
mod deliver;
mod network;
mod outgoing;
mod raw;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use recording::{FORMAT, Header, Seen, Tape};
use reference_client::{CallResult, ClientEnv, Store};
use serde_json::{Map, Value};
use service::{
    ActError, ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Service, WorldSetup, act::Act,
};
use wire::UnixMillis;

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
    /// How many entries the journal of each world had when it came, in the order of the worlds: where it stands among
    /// frames.
    pub after: Vec<u64>,
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
    /// Time has an end.
    #[error("{target} is beyond the end of time, {}: frames carry seconds in 32 bits", UnixMillis::LAST)]
    EndOfTime {
        /// Where it was to go.
        target: UnixMillis,
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
///
/// ```
/// use reference_client::ClientEnv;
/// use serde_json::json;
/// use simulation::{NAVI, Simulation};
///
/// let setup = service::setup::WorldSetup::default();
/// let mut simulation = Simulation::new(1, setup.start());
/// simulation.add_world("my-app", &setup).unwrap();
/// let options = json!({"naviServer": NAVI}).as_object().unwrap().clone();
/// let env = ClientEnv { app_key: "my-app".into(), platform: "Android".into(), options, ..ClientEnv::default() };
/// simulation.add_client("alice", env).unwrap();
/// let connect = json!({"token": "test:alice", "timeout": 30});
/// simulation.call("alice", "connect", connect.as_object().unwrap()).unwrap();
/// assert_eq!(simulation.events().last().unwrap().name, "onConnected");
/// simulation.advance(std::time::Duration::from_secs(7 * 24 * 3600)).unwrap();
/// ```
#[derive(Debug)]
pub struct Simulation {
    now: UnixMillis,
    seed: u64,
    worlds: IndexMap<String, Service>,
    clients: IndexMap<String, Client>,
    wires: BTreeMap<ConnId, Wire>,
    raws: BTreeMap<String, raw::Raw>,
    traffic: Traffic,
    held: Vec<Parcel>,
    next_conn: u64,
    events: Vec<Event>,
    attempts: Vec<(UnixMillis, String)>,
    foreign: Vec<(UnixMillis, String, String)>,
    /// Draws what comes first, in a varied simulation.
    chance: Option<chance::Chance>,
    /// What worlds and clients do is taken down, a tape a world.
    tapes: Option<IndexMap<String, Tape>>,
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
            raws: BTreeMap::new(),
            traffic: Traffic::default(),
            held: Vec::new(),
            next_conn: 0,
            events: Vec::new(),
            attempts: Vec::new(),
            foreign: Vec::new(),
            chance: None,
            tapes: None,
        }
    }

    /// The same, but what happens at one instant happens in an order that the seed draws, as on a real network whose delays
    /// are below a millisecond: of all that is due, each direction of each connection keeps its order, and nothing else
    /// does.
    #[must_use]
    pub fn varied(seed: u64, start: UnixMillis) -> Self {
        Self { chance: Some(chance::Chance::new(seed)), ..Self::new(seed, start) }
    }

    /// Takes down what happens in the worlds that are added from now on.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self { tapes: Some(IndexMap::new()), ..self }
    }

    /// The recording of a world so far, whole lines.
    #[must_use]
    pub fn recording(&self, app_key: &str) -> Option<&[u8]> {
        Some(self.tapes.as_ref()?.get(app_key)?.bytes())
    }

    /// Takes down what a client did, or what was done to it, in its world's recording.
    pub fn seen(&mut self, client: &str, seen: impl FnOnce() -> Seen) {
        let Some(tapes) = &mut self.tapes else { return };
        let app_key = self.clients.get(client).map(Client::app_key);
        let tape = app_key.and_then(|app_key| Some((tapes.get_mut(app_key)?, self.worlds.get_mut(app_key)?)));
        if let Some((tape, service)) = tape {
            // What was done to the world before comes before.
            tape.taken(service);
            tape.seen(self.now, seen());
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
        // Worlds of one simulation do not share tokens and UIDs.
        let seed = self.seed.wrapping_add(self.worlds.len() as u64);
        let mut service = Service::new(app_key, setup, seed, endpoints.clone(), self.now)?;
        if let Some(tapes) = &mut self.tapes {
            let header = Header {
                recording: FORMAT,
                made_by: format!("harness {}", env!("CARGO_PKG_VERSION")),
                app_key: app_key.to_owned(),
                client: "reference".to_owned(),
                start: self.now,
                offset: None,
                seed,
                said: true,
                proxy: None,
                ends: false,
                from: 1,
                open: Vec::new(),
                endpoints,
                world: setup.clone(),
            };
            tapes.insert(app_key.to_owned(), Tape::begin(&header, &mut service));
        }
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
        self.seen(client, || Seen::Call {
            client: client.to_owned(),
            method: method.to_owned(),
            args: args.clone(),
            returned: match &result {
                CallResult::Code(code) => (*code).into(),
                CallResult::Value(value) => value.clone(),
                CallResult::Unsupported(_) => Value::Null,
            },
        });
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
            if self.chance.is_some() {
                if !self.happen() {
                    return Ok(());
                }
            } else if let Some(parcel) = self.traffic.take_due(self.now) {
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
    /// Something at one instant does not end, or `target` is beyond the end of time.
    pub fn step(&mut self, target: UnixMillis) -> Result<bool, SimulationError> {
        if target > UnixMillis::LAST {
            return Err(SimulationError::EndOfTime { target });
        }
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

    /// Lets one of the things happen that are due, which the seed draws; `false` if there is none.
    fn happen(&mut self) -> bool {
        let now = self.now;
        let due = |deadline: Option<UnixMillis>| deadline.is_some_and(|deadline| deadline <= now);
        let mut all: Vec<Due> = self.traffic.due_heads(now).into_iter().map(Due::Parcel).collect();
        let worlds = self.worlds.iter().filter(|(_, world)| due(world.next_deadline()));
        all.extend(worlds.map(|(app_key, _)| Due::World(app_key.clone())));
        let clients = self.clients.iter().filter(|(_, client)| due(client.engine.next_deadline()));
        all.extend(clients.map(|(name, _)| Due::Client(name.clone())));
        if all.is_empty() {
            return false;
        }
        let drawn = self.chance.as_mut().map_or(0, |chance| chance.one_of(all.len()));
        match all.swap_remove(drawn) {
            Due::Parcel(head) => {
                if let Some(parcel) = self.traffic.take(head) {
                    self.deliver(parcel);
                }
            }
            Due::World(app_key) => {
                if let Some(service) = self.worlds.get_mut(&app_key) {
                    service.on_deadline(now);
                }
                self.drain_world(&app_key);
            }
            Due::Client(name) => {
                if let Some(client) = self.clients.get_mut(&name) {
                    client.engine.on_deadline(now);
                }
                self.drain_client(&name);
            }
        }
        true
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
}

/// Something that may happen now.
enum Due {
    Parcel(network::Head),
    World(String),
    Client(String),
}

fn new_store() -> Result<Store, SimulationError> {
    Store::in_memory().map_err(|error| SimulationError::Store(error.to_string()))
}
