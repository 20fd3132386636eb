//! Real clients as a driver: an adapter's process, our own server in this process, and one virtual clock over both, or the
//! machine's.

mod told;
mod virtual_time;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use mock_server::{Clock, Config, LinkState, Server};
use recording::Seen;
use reference_client::ClientEnv;
use serde_json::{Map, Value, json};
use service::{HttpRequest, HttpResponse, act::Act};
use simulation::Event;
use wire::UnixMillis;

use super::{
    Command,
    abilities::{self, REFERENCE},
    engine_client::EngineClient,
    log::CaseLog,
    process::{Adapter, QUIET_MS},
    real::{self, RealTime},
};
use crate::{
    dial::Exchange,
    runner::{Abilities, CaseLimit, Driver, Fault, Interrupt, Look, Returned, Stage},
    scenario::{NetworkChange, PHONE},
};

/// How long a case may let real time pass, unless somebody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs cases with clients of one adapter, or with our own over sockets.
#[derive(Debug)]
pub struct AdapterDriver {
    abilities: Abilities,
    /// Where clients dial in.
    exchange: Option<Arc<Exchange>>,
    command: Command,
    /// By the name of the client they drive: the one under test, and those a scenario asks for beside it.
    pub(super) adapters: BTreeMap<String, Adapter>,
    /// Reference clients, under test or beside the one that is.
    pub(super) engines: BTreeMap<String, EngineClient>,
    /// What engines' connections brought is there to be taken: who waits for engines alone waits here.
    stir: Sender<()>,
    pub(super) stirred: Receiver<()>,
    /// Which adapter drives a client; reference clients are not here.
    driven: BTreeMap<String, String>,
    pub(super) server: Server,
    pub(super) app_keys: Vec<String>,
    creations: BTreeMap<String, Value>,
    /// In whose recording it is told what a client does; empty: there are none.
    worlds: BTreeMap<String, String>,
    pub(super) events: Vec<Event>,
    /// The number of the last callback of each client.
    numbers: BTreeMap<String, u64>,
    /// The time that each adapter has reached, virtual milliseconds since the case began.
    reached: BTreeMap<String, i64>,
    /// What adapters logged in this case.
    log: Arc<CaseLog>,
    pub(super) limit: CaseLimit,
    pub(super) start: UnixMillis,
    /// Virtual time.
    now: UnixMillis,
    next_timer: Option<i64>,
    /// The client under test has a clock of its own.
    pub(super) real: Option<RealTime>,
}

impl AdapterDriver {
    /// Starts the adapter and a server for it.
    ///
    /// # Errors
    /// Either does not start.
    pub fn start(command: &Command) -> Result<Self, Fault> {
        Self::start_unless(command, &Interrupt::default())
    }

    /// As [`start`](Self::start), unless somebody interrupts: a first hello may take minutes.
    ///
    /// # Errors
    /// Either does not start, or the run is interrupted.
    pub fn start_unless(command: &Command, interrupt: &Interrupt) -> Result<Self, Fault> {
        Self::start_with(command, interrupt, None)
    }

    /// As [`start_unless`](Self::start_unless), where clients may dial in: the one under test, and others in its cases.
    ///
    /// # Errors
    /// As there, and nobody dials in.
    pub fn start_with(
        command: &Command,
        interrupt: &Interrupt,
        exchange: Option<Arc<Exchange>>,
    ) -> Result<Self, Fault> {
        let log = Arc::new(CaseLog::default());
        let limit = CaseLimit::outside(interrupt.clone());
        let mut adapters = BTreeMap::new();
        let (mut abilities, real) = if command.is_inside() {
            (abilities::of_reference(), Some(Duration::from_millis(QUIET_MS)))
        } else {
            let (adapter, hello) = Adapter::start(command, &log, &limit, exchange.as_ref())?;
            let real = adapter.real();
            adapters.insert(command.name.clone(), adapter);
            (abilities::abilities(command, &hello), real)
        };
        let mut config = Config::default();
        if let Some(exchange) = &exchange {
            config.listen = exchange.server_address();
        }
        let server = Server::start(config).map_err(|error| Fault(error.to_string()))?;
        let real = real.map(RealTime::new);
        abilities.patience = real.as_ref().map(|_| PATIENCE);
        if real.is_some() {
            // Others in real time stand beside one in real time alone: nobody can lead them.
            abilities.beside.insert(Command::NATIVE_REAL.to_owned());
            abilities.beside.extend(exchange.iter().flat_map(|exchange| exchange.names()));
        }
        let (stir, stirred) = channel();
        Ok(Self {
            abilities,
            real,
            exchange,
            command: command.clone(),
            adapters,
            engines: BTreeMap::new(),
            stir,
            stirred,
            driven: BTreeMap::new(),
            server,
            app_keys: Vec::new(),
            creations: BTreeMap::new(),
            worlds: BTreeMap::new(),
            events: Vec::new(),
            numbers: BTreeMap::new(),
            reached: BTreeMap::new(),
            log,
            limit,
            start: UnixMillis(0),
            now: UnixMillis(0),
            next_timer: None,
        })
    }

    /// A case may let so much real time pass; of a client in virtual time nothing changes.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.abilities.patience = self.real.as_ref().map(|_| patience);
        self
    }

    /// The time of the service.
    pub(super) fn time(&self) -> UnixMillis {
        self.real.as_ref().map_or(self.now, RealTime::now)
    }

    /// How far the clock of a world in real time is from the machine's: both sides mean the same instant by a time.
    fn offset(&self, app_key: &str) -> Result<i64, Fault> {
        let offset = self.server.offset(app_key).map_err(|error| Fault(error.to_string()))?;
        Ok(offset.unwrap_or_default())
    }

    /// Asks the adapter of that client, started if need be.
    fn ask(&mut self, client: &str, kind: &str, body: Value) -> Result<Value, Fault> {
        let name = self.driven.get(client).cloned().unwrap_or_else(|| self.command.name.clone());
        self.ask_adapter(&name, kind, body)
    }

    /// Starts the adapter of that client unless it runs.
    fn wake(&mut self, name: &str) -> Result<(), Fault> {
        if !self.adapters.contains_key(name) {
            let command = if name == self.command.name {
                self.command.clone()
            } else {
                Command::named(name).map_err(Fault)?
            };
            let began = Instant::now();
            // It may install its client first: that is no matter of the case.
            let mut patient = self.limit.clone();
            patient.end();
            let started = Adapter::start(&command, &self.log, &patient, self.exchange.as_ref());
            self.limit.extend(began.elapsed());
            self.adapters.insert(name.to_owned(), started?.0);
        }
        Ok(())
    }

    /// The navigation server, as the clients of that adapter reach it.
    fn navi_for(&self, adapter: &str) -> String {
        let host = self.adapters.get(adapter).and_then(Adapter::host);
        host.map_or_else(|| self.navi(), |host| format!("http://{host}:{}", self.server.listens().port()))
    }

    pub(super) fn ask_adapter(&mut self, name: &str, kind: &str, body: Value) -> Result<Value, Fault> {
        // A client that is further already than it is told to go says where it was told to go.
        let told = body["to"].as_i64();
        self.wake(name)?;
        let Some(adapter) = self.adapters.get_mut(name) else { return Err(Fault(format!("{name} is gone"))) };
        let reply = adapter.ask(kind, body, &self.limit);
        let events = std::mem::take(&mut adapter.events);
        if reply.is_err() {
            // A broken adapter does not come back by itself: the next case gets a new one.
            self.adapters.remove(name);
        }
        self.record_all(name, events)?;
        let reply = reply?;
        if let Some(to) = reply["ticked"]["to"].as_i64() {
            let reached = self.reached.entry(name.to_owned()).or_default();
            let before = *reached;
            *reached = before.max(to);
            if to < told.map_or(before, |told| told.min(before)) {
                return Err(self.lie(name, &format!("its clock went back from {before} ms to {to} ms")));
            }
        }
        Ok(reply)
    }

    /// Adapters that drive a client of this case, each once, in a fixed order.
    pub(super) fn busy_adapters(&self) -> Vec<String> {
        let mut names: Vec<String> = self.driven.values().cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    fn create(&mut self, name: &str) -> Result<(), Fault> {
        let body = self.creations.get(name).cloned().unwrap_or(Value::Null);
        self.numbers.remove(name);
        // A client begins at the start of the case, however late it is made.
        self.reached.clear();
        let reply = self.ask(name, "create", body)?;
        match reply.get("unsupported").and_then(Value::as_str) {
            Some(reason) => Err(Fault(reason.to_owned())),
            None => Ok(()),
        }
    }

    fn on_links(&self, client: &str, state: LinkState) -> Result<(), Fault> {
        for app_key in &self.app_keys {
            self.server
                .link(app_key, &format!("{client}/"), state)
                .map_err(|error| Fault(error.to_string()))?;
        }
        Ok(())
    }

    fn cut(&self, client: &str) -> Result<(), Fault> {
        for app_key in &self.app_keys {
            self.server.cut(app_key, &format!("{client}/")).map_err(|error| Fault(error.to_string()))?;
        }
        Ok(())
    }
}

impl Driver for AdapterDriver {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn limit(&mut self) -> &mut CaseLimit {
        &mut self.limit
    }

    fn begin(&mut self, stage: &Stage<'_>) -> Result<(), Fault> {
        self.adapters.values_mut().for_each(Adapter::begin_case);
        self.start = stage.start;
        self.now = stage.start;
        self.next_timer = None;
        self.app_keys.clear();
        self.worlds.clear();
        if stage.recorded {
            let worlds = stage.clients.iter().map(|(name, (_, app_key))| (name.clone(), app_key.clone()));
            self.worlds.extend(worlds);
        }
        for (n, (app_key, setup)) in (0..).zip(&stage.worlds) {
            // Worlds of one case do not share tokens and UIDs.
            let mut setup = (*setup).clone();
            let clock = match &self.real {
                None => Clock::Manual(stage.start),
                Some(_) => {
                    // A world that names no time begins now, as its clients do.
                    let start = *setup.start.get_or_insert_with(real::wall);
                    if n == 0 {
                        self.start = start;
                        self.limit.extend(self.abilities.patience.unwrap_or_default());
                    }
                    Clock::Wall
                }
            };
            let seed = stage.seed.wrapping_add(n);
            let put = if stage.recorded {
                self.server.put_recorded_world(app_key, setup, seed, clock, &self.command.name)
            } else {
                self.server.put_world(app_key, setup, seed, clock)
            };
            put.map_err(|error| Fault(error.to_string()))?;
            if n == 0 {
                let (start, offset) = (self.start, self.offset(app_key)?);
                if let Some(real) = &mut self.real {
                    real.begin(start, offset);
                }
            }
            self.app_keys.push(app_key.clone());
        }
        for (name, (client, app_key)) in &stage.clients {
            let mut options = client.options.clone();
            let kind = client.client.clone().unwrap_or_else(|| self.command.name.clone());
            let is_inside = kind == REFERENCE || kind == Command::REFERENCE_REAL;
            if !is_inside {
                // By which host it reaches this machine is known once it is there.
                self.wake(&kind)?;
            }
            options.entry("naviServer").or_insert_with(|| self.navi_for(&kind).into());
            if is_inside {
                // `null` takes the default away: the engine falls back on its own.
                options.retain(|_, value| !value.is_null());
                let env = ClientEnv {
                    app_key: app_key.clone(),
                    platform: client.platform.clone().unwrap_or_else(|| PHONE.to_owned()),
                    device_id: client.device.clone().unwrap_or_else(|| format!("device-of-{name}")),
                    seed: stage.seed,
                    options,
                    ..ClientEnv::default()
                };
                self.engines
                    .insert(name.clone(), EngineClient::new(name, env, self.start, self.stir.clone())?);
                continue;
            }
            let own = self.adapters.get(&kind).and_then(Adapter::platform);
            let body = json!({
                "client": name, "appKey": app_key, "user": client.user, "platform": client.platform.as_ref().or(own.as_ref()),
                "options": options, "seed": stage.seed, "epoch": self.start.0, "store": "empty",
            });
            self.creations.insert(name.clone(), body);
            self.driven.insert(name.clone(), kind);
            self.create(name)?;
        }
        self.settle()
    }

    fn began(&self) -> Option<UnixMillis> {
        self.real.as_ref().map(RealTime::began)
    }

    fn rest(&mut self) -> Result<(), Fault> {
        match &self.real {
            Some(real) => self.fall_silent(real.quiet()),
            None => self.settle(),
        }
    }

    fn advance_service(&mut self, duration: Duration) -> Result<(), Fault> {
        if self.real.is_none() {
            return self.advance(duration);
        }
        let target = self.time() + duration;
        for app_key in &self.app_keys {
            self.server.advance_to(app_key, target).map_err(|error| Fault(error.to_string()))?;
        }
        let offset = self.app_keys.first().map_or(Ok(0), |app_key| self.offset(app_key))?;
        if let Some(real) = &mut self.real {
            real.jumped(offset);
        }
        self.rest()
    }

    fn navi(&self) -> String {
        self.server.addresses().navi.clone()
    }

    fn now(&self) -> UnixMillis {
        self.time()
    }

    fn call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
        settle: bool,
    ) -> Result<Returned, Fault> {
        // What it sends, and its callbacks, may come before it returns.
        self.seen(client, || told::call(client, method, args))?;
        let now = self.time();
        if let Some(engine) = self.engines.get_mut(client) {
            let returned = engine.call(now, method, args);
            self.record_engine(client);
            if settle {
                self.settle()?;
            }
            return Ok(returned);
        }
        let reply = self.ask(client, "call", json!({"client": client, "method": method, "args": args}))?;
        if let Some(reason) = reply.get("unsupported").and_then(Value::as_str) {
            return Ok(Returned::Unsupported(reason.to_owned()));
        }
        let result = &reply["result"];
        let returned = result.get("value").or_else(|| result.get("code")).cloned().unwrap_or(Value::Null);
        if settle {
            self.settle()?;
        }
        Ok(Returned::Value(returned))
    }

    fn settle(&mut self) -> Result<(), Fault> {
        if self.real.is_some() {
            return self.pause();
        }
        self.settle_virtually()
    }

    fn step(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        if self.real.is_some() {
            return self.moment(target);
        }
        self.step_virtually(target)
    }

    fn act(&mut self, app_key: &str, act: &Act) -> Result<Value, Fault> {
        let act = act.clone();
        let outcome = self.server.with_world(app_key, move |service, now| service.act(now, &act));
        outcome.map_err(|error| Fault(error.to_string()))?.map_err(|error| Fault(error.to_string()))
    }

    fn api(&mut self, _app_key: &str, request: HttpRequest) -> Result<HttpResponse, Fault> {
        // The request's headers name the world.
        let answer = super::http::request(&self.server.addresses().server_api, request)?;
        self.settle()?;
        Ok(answer)
    }

    fn network(&mut self, client: &str, change: NetworkChange) -> Result<(), Fault> {
        match change {
            NetworkChange::Refuse => self.on_links(client, LinkState::Refuse)?,
            NetworkChange::Allow | NetworkChange::Resume => self.on_links(client, LinkState::Up)?,
            NetworkChange::Stall => self.on_links(client, LinkState::Stall)?,
            NetworkChange::HalfOpen => self.on_links(client, LinkState::HalfOpen)?,
            NetworkChange::Cut => self.cut(client)?,
            NetworkChange::Offline | NetworkChange::Online | NetworkChange::Change => {
                return Err(Fault("this client cannot be told of its network".to_owned()));
            }
        }
        self.settle()
    }

    fn lifecycle(&mut self, client: &str, _foreground: bool) -> Result<(), Fault> {
        Err(Fault(format!("{client} has no foreground and background")))
    }

    fn restart(&mut self, client: &str, keep_store: bool) -> Result<(), Fault> {
        let now = self.time();
        if let Some(engine) = self.engines.get_mut(client) {
            engine.restart(now, keep_store)?;
            return self.settle();
        }
        self.ask(client, "destroy", json!({"client": client, "keepStore": keep_store}))?;
        if let Some(Value::Object(body)) = self.creations.get_mut(client) {
            body.insert("store".to_owned(), if keep_store { "kept" } else { "empty" }.into());
            body.insert("epoch".to_owned(), self.start.0.into());
        }
        self.create(client)?;
        if self.real.is_some() {
            return self.pause();
        }
        // The new process begins at the case's start: its clock catches up before anything is called.
        let now = self.now;
        self.tick(now)
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn attempts(&self, _client: &str) -> Vec<UnixMillis> {
        // An attempt that is refused leaves no trace here; adapters do not claim the capability.
        Vec::new()
    }

    fn stepped(&mut self, client: &str, name: &str, args: &Map<String, Value>) {
        let (of, name, args) = (client.to_owned(), name.to_owned(), args.clone());
        // A world that is gone has no recording.
        let _ = self.seen(client, || Seen::Step { client: of, name, args });
    }

    fn recordings(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let tapes = self.app_keys.iter().map(|app_key| self.server.recording(app_key));
        let tapes: Result<Vec<_>, _> = tapes.collect();
        Ok(tapes.map_err(|error| Fault(error.to_string()))?.into_iter().flatten().collect())
    }

    fn look(&mut self, app_key: &str, look: Look) -> Result<Value, Fault> {
        self.server.with_world(app_key, look).map_err(|error| Fault(error.to_string()))
    }

    fn take_log(&mut self) -> Vec<String> {
        self.log.take()
    }

    fn end(&mut self) {
        for name in self.busy_adapters() {
            // What cannot be reset is replaced before the next case: `ask_adapter` forgets it. One that is gone needs none.
            if self.adapters.contains_key(&name) {
                let _ = self.ask_adapter(&name, "reset", json!({}));
            }
        }
        self.engines.clear();
        while self.stirred.try_recv().is_ok() {}
        self.driven.clear();
        for app_key in std::mem::take(&mut self.app_keys) {
            // A world that is gone already is what is wanted.
            let _ = self.server.remove_world(&app_key);
        }
        self.creations.clear();
        self.numbers.clear();
        self.reached.clear();
        self.events.clear();
    }
}
