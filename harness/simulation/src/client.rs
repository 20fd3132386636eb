//! A simulated device: its engine, its link, and what its user or system does to it.

use std::collections::BTreeMap;

use reference_client::{ClientEnv, Engine, EngineInput, Store};
use service::{ConnId, HttpId, Input};
use wire::UnixMillis;

use crate::{LinkState, Simulation, SimulationError, network::Parcel, new_store};

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) env: ClientEnv,
    pub(crate) engine: Engine,
    pub(crate) link: LinkState,
    pub(crate) events: u64,
    /// Requests under way: ours, then the engine's number.
    pub(crate) requests: BTreeMap<HttpId, u64>,
    /// Navi was asked in this attempt already.
    pub(crate) asked_navi: bool,
}

impl Client {
    pub(crate) fn new(now: UnixMillis, env: ClientEnv, store: Store) -> Self {
        Self {
            engine: Engine::create(now, env.clone(), store),
            env,
            link: LinkState::Up,
            events: 0,
            requests: BTreeMap::new(),
            asked_navi: false,
        }
    }

    pub(crate) fn app_key(&self) -> &str {
        &self.env.app_key
    }
}

/// What can happen to a client's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkEvent {
    /// The link is in that state from now on; the device learns of being offline and of being online again.
    Link(LinkState),
    /// Connections break.
    Cut,
    /// The device changes networks: connections break, and it knows.
    Change,
}

impl Simulation {
    /// Does something to a client's network.
    ///
    /// # Errors
    /// There is no such client, or no end of what it causes.
    pub fn network(&mut self, client: &str, event: NetworkEvent) -> Result<(), SimulationError> {
        self.client(client)?;
        match event {
            NetworkEvent::Link(state) => self.set_link(client, state),
            NetworkEvent::Cut => self.cut(client),
            NetworkEvent::Change => {
                self.drop_wires(client);
                self.tell(client, EngineInput::Network { available: false });
                self.tell(client, EngineInput::Network { available: true });
            }
        }
        self.settle()
    }

    fn set_link(&mut self, client: &str, state: LinkState) {
        let Some(known) = self.clients.get_mut(client) else { return };
        let before = std::mem::replace(&mut known.link, state);
        if state == LinkState::Offline {
            self.drop_wires(client);
            self.tell(client, EngineInput::Network { available: false });
        }
        // Whatever the link does to connections, the device has a network again.
        if before == LinkState::Offline && state != LinkState::Offline {
            self.tell(client, EngineInput::Network { available: true });
        }
        // A stream with a hole in it does not go on.
        if before == LinkState::HalfOpen && state != LinkState::HalfOpen {
            self.cut(client);
        }
        if before == LinkState::Stall {
            for parcel in std::mem::take(&mut self.held) {
                self.traffic.put(self.now, parcel);
            }
        }
    }

    /// Both ends see their connections end.
    fn cut(&mut self, client: &str) {
        for (conn, engine_conn) in self.drop_wires(client) {
            let _: ConnId = conn;
            self.tell(client, EngineInput::Closed { conn: engine_conn });
        }
    }

    /// The service sees the client's connections end.
    fn drop_wires(&mut self, client: &str) -> Vec<(ConnId, u64)> {
        let mine: Vec<ConnId> =
            self.wires.iter().filter(|(_, wire)| wire.client == client).map(|(conn, _)| *conn).collect();
        let mut dropped = Vec::new();
        for conn in mine {
            if let Some(wire) = self.wires.remove(&conn) {
                self.service_input(&wire.world, Input::Closed { conn });
                dropped.push((conn, wire.engine_conn));
            }
        }
        dropped
    }

    /// The app comes to the foreground or goes to the background.
    ///
    /// # Errors
    /// There is no such client, or no end of what it causes.
    pub fn lifecycle(&mut self, client: &str, foreground: bool) -> Result<(), SimulationError> {
        self.client(client)?;
        self.tell(client, if foreground { EngineInput::Foreground } else { EngineInput::Background });
        self.settle()
    }

    /// The app is killed and started: its connections break, a new engine takes the store, or an empty one.
    ///
    /// # Errors
    /// There is no such client, no store can be made, or no end of what it causes.
    pub fn restart(&mut self, client: &str, keep_store: bool) -> Result<(), SimulationError> {
        self.client(client)?;
        self.drop_wires(client);
        let fresh = new_store()?;
        let now = self.now;
        let Some(old) = self.clients.get_mut(client) else { return Ok(()) };
        let env = old.env.clone();
        let retired = std::mem::replace(&mut old.engine, Engine::create(now, env.clone(), fresh));
        if keep_store {
            old.engine = Engine::create(now, env, retired.into_store());
        }
        old.requests.clear();
        self.settle()
    }

    /// Bytes as they are, past the engine, on the client's open connection: for tests of the protocol itself.
    ///
    /// # Errors
    /// There is no such client, or no end of what they cause.
    pub fn inject(&mut self, client: &str, bytes: bytes::Bytes) -> Result<bool, SimulationError> {
        self.client(client)?;
        let conn = self.wires.iter().find(|(_, wire)| wire.client == client).map(|(conn, _)| *conn);
        if let Some(conn) = conn {
            self.traffic.put(self.now, Parcel::Up { conn, bytes });
        }
        self.settle()?;
        Ok(conn.is_some())
    }
}
