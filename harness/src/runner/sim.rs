//! The simulation as a driver: service, reference clients and network in virtual time.

use std::collections::BTreeSet;

use bytes::Bytes;
use recording::Seen;
use reference_client::{CallResult, ClientEnv, Engine, bug::Bugs};
use serde_json::{Map, Value};
use service::{HttpRequest, HttpResponse, Service, act::Act};
use simulation::{Event, LinkState, NAVI, NetworkEvent, Simulation};
use wire::UnixMillis;

use super::{
    driver::{Abilities, Driver, Fault, Look, Returned, Stage},
    limit::CaseLimit,
    raw::RawView,
};
use crate::{
    bug::Bug,
    scenario::{NetworkChange, PHONE},
};

/// Runs cases in a simulation of their own.
#[derive(Debug)]
pub struct SimDriver {
    abilities: Abilities,
    simulation: Simulation,
    app_keys: Vec<String>,
    /// Those of the clients of the case.
    bugs: Bugs,
    limit: CaseLimit,
}

impl SimDriver {
    /// What its client is called.
    pub(super) const CLIENT: &str = "reference";
}

impl Default for SimDriver {
    fn default() -> Self {
        let can = crate::scenario::NEEDS.iter();
        Self {
            abilities: Abilities {
                client: Self::CLIENT.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                clock: "virtual".to_owned(),
                capabilities: can.copied().chain([super::needs::ATTEMPTS]).map(str::to_owned).collect(),
                methods: Engine::methods().collect(),
                events: Engine::EVENTS.iter().map(|name| (*name).to_owned()).collect(),
                ..Abilities::default()
            },
            simulation: Simulation::new(0, UnixMillis(0)),
            app_keys: Vec::new(),
            bugs: Bugs::default(),
            limit: CaseLimit::default(),
        }
    }
}

#[cfg(test)]
impl SimDriver {
    /// A client that lacks a capability, and is the reference client otherwise.
    pub(super) fn without(capability: &str) -> Self {
        let mut driver = Self::default();
        driver.abilities.capabilities.remove(capability);
        driver
    }
}

impl Driver for SimDriver {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn limit(&mut self) -> &mut CaseLimit {
        &mut self.limit
    }

    fn begin(&mut self, stage: &Stage<'_>) -> Result<(), Fault> {
        let make = if stage.varied { Simulation::varied } else { Simulation::new };
        let simulation = make(stage.seed, stage.start);
        self.simulation = if stage.recorded { simulation.recorded() } else { simulation };
        self.bugs = Bugs::of(&stage.bugs);
        self.app_keys = stage.worlds.keys().cloned().collect();
        for (app_key, setup) in &stage.worlds {
            self.simulation.add_world(app_key, setup).map_err(|mistakes| Fault(mistakes.join("; ")))?;
        }
        for (name, (client, app_key)) in &stage.clients {
            let mut options = client.options.clone();
            options.entry("naviServer").or_insert_with(|| NAVI.into());
            // `null` takes the default away: the engine falls back on its own.
            options.retain(|_, value| !value.is_null());
            let env = ClientEnv {
                app_key: app_key.clone(),
                platform: client.platform.clone().unwrap_or_else(|| PHONE.to_owned()),
                device_id: client.device.clone().unwrap_or_else(|| format!("device-of-{name}")),
                seed: stage.seed,
                options,
                bugs: self.bugs.clone(),
            };
            self.simulation.add_client(name, env)?;
        }
        Ok(())
    }

    fn navi(&self) -> String {
        NAVI.to_owned()
    }

    fn now(&self) -> UnixMillis {
        self.simulation.now()
    }

    fn call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
        settle: bool,
    ) -> Result<Returned, Fault> {
        let result = if settle {
            self.simulation.call(client, method, args)?
        } else {
            self.simulation.begin_call(client, method, args)?
        };
        Ok(match result {
            CallResult::Code(code) => Returned::Value(code.into()),
            CallResult::Value(value) => Returned::Value(value),
            CallResult::Unsupported(reason) => Returned::Unsupported(reason),
        })
    }

    fn settle(&mut self) -> Result<(), Fault> {
        Ok(self.simulation.settle()?)
    }

    fn step(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        self.limit.check()?;
        Ok(self.simulation.step(target)?)
    }

    fn act(&mut self, app_key: &str, act: &Act) -> Result<Value, Fault> {
        self.simulation.act(app_key, act).map_err(|error| Fault(error.to_string()))
    }

    fn api(&mut self, app_key: &str, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let answer = self.simulation.api(app_key, request)?;
        answer.ok_or_else(|| Fault("the service gave no answer to a Server API request".to_owned()))
    }

    fn network(&mut self, client: &str, change: NetworkChange) -> Result<(), Fault> {
        let event = match change {
            NetworkChange::Offline => NetworkEvent::Link(LinkState::Offline),
            NetworkChange::Online | NetworkChange::Allow | NetworkChange::Resume => {
                NetworkEvent::Link(LinkState::Up)
            }
            NetworkChange::Refuse => NetworkEvent::Link(LinkState::Refuse),
            NetworkChange::Stall => NetworkEvent::Link(LinkState::Stall),
            NetworkChange::HalfOpen => NetworkEvent::Link(LinkState::HalfOpen),
            NetworkChange::Cut => NetworkEvent::Cut,
            NetworkChange::Change => NetworkEvent::Change,
        };
        Ok(self.simulation.network(client, event)?)
    }

    fn lifecycle(&mut self, client: &str, foreground: bool) -> Result<(), Fault> {
        Ok(self.simulation.lifecycle(client, foreground)?)
    }

    fn restart(&mut self, client: &str, keep_store: bool) -> Result<(), Fault> {
        Ok(self.simulation.restart(client, keep_store)?)
    }

    fn events(&self) -> &[Event] {
        self.simulation.events()
    }

    fn attempts(&self, client: &str) -> Vec<UnixMillis> {
        let mine = self.simulation.attempts().iter().filter(|(_, who)| who == client);
        mine.map(|(at, _)| *at).collect()
    }

    fn look(&mut self, app_key: &str, look: Look) -> Result<Value, Fault> {
        let now = self.simulation.now();
        let world = self.simulation.world_mut(app_key);
        Ok(look(world.ok_or_else(|| Fault(format!("there is no world `{app_key}`")))?, now))
    }

    fn raw_open(&mut self, name: &str, app_key: &str, query: Option<&str>) -> Result<(), Fault> {
        Ok(self.simulation.open_raw(name, app_key, query)?)
    }

    fn raw_send(&mut self, name: &str, bytes: Bytes) -> Result<(), Fault> {
        Ok(self.simulation.send_raw(name, bytes)?)
    }

    fn raw_view(&mut self, name: &str) -> Result<RawView, Fault> {
        let frames = self.simulation.raw_frames(name)?.to_vec();
        Ok(RawView { frames, closed: self.simulation.raw_closed(name)? })
    }

    fn raw_close(&mut self, name: &str) -> Result<(), Fault> {
        Ok(self.simulation.close_raw(name)?)
    }

    fn stepped(&mut self, client: &str, name: &str, args: &Map<String, Value>) {
        let (of, name, args) = (client.to_owned(), name.to_owned(), args.clone());
        self.simulation.seen(client, || Seen::Step { client: of, name, args });
    }

    fn recordings(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let tape = |app_key: &String| self.simulation.recording(app_key).map(<[u8]>::to_vec);
        Ok(self.app_keys.iter().filter_map(tape).collect())
    }

    fn bugs_asked(&self) -> Vec<Bug> {
        let worlds = self.app_keys.iter().filter_map(|app_key| self.simulation.world(app_key));
        let service: BTreeSet<Bug> = worlds.flat_map(Service::bugs_asked).map(Bug::Service).collect();
        service.into_iter().chain(self.bugs.asked().into_iter().map(Bug::Client)).collect()
    }

    fn end(&mut self) {
        self.simulation = Simulation::new(0, UnixMillis(0));
    }
}
