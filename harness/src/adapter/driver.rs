//! Real clients as a driver: an adapter's process, our own server in this process, and one virtual clock over both.
//!
//! The server's clock moves first, then the adapter runs the timers of the next due instant, then a fence: both sides
//! agree on how many frames each has sent and received. One instant at a time, never a long jump.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use mock_server::{Clock, Config, ConnState, LinkState, Server};
use reference_client::ClientEnv;
use serde_json::{Map, Value, json};
use service::{HttpRequest, HttpResponse, act::Act};
use simulation::Event;
use wire::UnixMillis;

use super::{
    Command,
    abilities::{REFERENCE, abilities},
    counts::{agree, frames_of, is_caught_up},
    engine_client::EngineClient,
    log::CaseLog,
    process::Adapter,
    real::{self, RealTime},
};
use crate::{
    dial::Exchange,
    runner::{Abilities, CaseLimit, Driver, Fault, Interrupt, Look, Returned, Stage},
    scenario::{NetworkChange, PHONE},
};

/// How long a case may let real time pass, unless somebody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long both sides may disagree before the case is given up, real time.
const FENCE_LIMIT: Duration = Duration::from_secs(20);
/// Rounds in which nothing at all changes, and how long they must take, real time, until what is still open counts as held
/// on purpose (a request that a fault swallowed, a connection that is never answered). On a busy machine a thread may
/// wait long for its turn.
const STILL_ROUNDS: u32 = 25;
const STILL: Duration = Duration::from_millis(200);
/// More timers than this at one instant are a livelock.
const MOST_TICKS: u32 = 10_000;

/// Runs cases with clients of one adapter.
#[derive(Debug)]
pub struct AdapterDriver {
    abilities: Abilities,
    /// Where clients dial in.
    exchange: Option<Arc<Exchange>>,
    command: Command,
    /// By the name of the client they drive: the one under test, and those a scenario asks for beside it.
    pub(super) adapters: BTreeMap<String, Adapter>,
    /// Reference clients beside the one under test.
    pub(super) engines: BTreeMap<String, EngineClient>,
    /// Which adapter drives a client; reference clients are not here.
    driven: BTreeMap<String, String>,
    pub(super) server: Server,
    pub(super) app_keys: Vec<String>,
    creations: BTreeMap<String, Value>,
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
        let (adapter, hello) = Adapter::start(command, &log, &limit, exchange.as_ref())?;
        let mut config = Config::default();
        if let Some(exchange) = &exchange {
            config.listen = exchange.server_address();
        }
        let server = Server::start(config).map_err(|error| Fault(error.to_string()))?;
        let real = adapter.real().map(RealTime::new);
        let mut abilities = abilities(command, &hello);
        abilities.patience = real.as_ref().map(|_| PATIENCE);
        if real.is_some() {
            // Others in real time stand beside one in real time alone: nobody can lead them.
            abilities.beside.insert(Command::NATIVE_REAL.to_owned());
            abilities.beside.extend(exchange.iter().flat_map(|exchange| exchange.names()));
        }
        Ok(Self {
            abilities,
            real,
            exchange,
            command: command.clone(),
            adapters: BTreeMap::from([(command.name.clone(), adapter)]),
            engines: BTreeMap::new(),
            driven: BTreeMap::new(),
            server,
            app_keys: Vec::new(),
            creations: BTreeMap::new(),
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

    /// Keeps callbacks that an adapter told of.
    ///
    /// # Errors
    /// One is missing, came twice, or is of a client that the adapter does not drive: none of it can be trusted.
    pub(super) fn record_all(&mut self, adapter: &str, events: Vec<Value>) -> Result<(), Fault> {
        let after = self.written(!events.is_empty());
        for event in events {
            let client = event["client"].as_str().unwrap_or_default();
            if self.driven.get(client).is_none_or(|driving| driving != adapter) {
                let what = format!("it told of {} of `{client}`, a client that it has not", event["name"]);
                return Err(self.lie(adapter, &what));
            }
            let last = self.numbers.entry(client.to_owned()).or_default();
            let (n, wanted) = (event["n"].as_u64().unwrap_or_default(), *last + 1);
            if n != wanted {
                let what = format!(
                    "its event {wanted} of client `{client}` came as {n}: numbers have no gap, and none comes twice"
                );
                return Err(self.lie(adapter, &what));
            }
            *last = n;
            self.record(event, &after);
        }
        Ok(())
    }

    /// What an adapter says cannot be so: it is ended, and the next case gets a new one.
    fn lie(&mut self, adapter: &str, what: &str) -> Fault {
        self.adapters.remove(adapter);
        Fault(format!("adapter {adapter}: {what}; it was ended"))
    }

    /// Adapters that drive a client of this case, each once, in a fixed order.
    pub(super) fn busy_adapters(&self) -> Vec<String> {
        let mut names: Vec<String> = self.driven.values().cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// Asks every adapter of the case; gives their views of their clients, whether all are quiet, and the next timer.
    fn ask_all(&mut self, frames: &[Value]) -> Result<(Vec<Value>, bool), Fault> {
        let (mut views, mut quiet, mut next) = (Vec::new(), true, None);
        for name in self.busy_adapters() {
            let mine: Vec<&Value> = frames
                .iter()
                .filter(|frame| self.driven.get(frame["client"].as_str().unwrap_or_default()) == Some(&name))
                .collect();
            let fenced = self.ask_adapter(&name, "fence", json!({"frames": mine}))?["fenced"].clone();
            quiet &= fenced["quiet"] == true;
            next = [next, fenced["next"].as_i64()].into_iter().flatten().min();
            views.extend(fenced["clients"].as_array().cloned().unwrap_or_default());
        }
        for name in self.engines.keys().cloned().collect::<Vec<_>>() {
            let now = self.now;
            let Some(engine) = self.engines.get_mut(&name) else { continue };
            quiet &= !engine.pump(now);
            views.push(engine.view());
            quiet &= is_caught_up(&engine.view(), frames);
            self.record_engine(&name);
        }
        self.next_timer = next;
        Ok((views, quiet))
    }

    pub(super) fn record_engine(&mut self, name: &str) {
        let Some(engine) = self.engines.get_mut(name) else { return };
        let fired = engine.take_fired();
        let after = self.written(!fired.is_empty());
        for (event, args) in fired {
            let n = self.events.iter().filter(|event| event.client == name).count() as u64 + 1;
            let (client, after) = (name.to_owned(), after.clone());
            self.events.push(Event { n, at: self.time(), client, name: event, args, after });
        }
    }

    /// How many entries each world's journal has: what caused a callback is among them. Not asked for nothing.
    fn written(&self, wanted: bool) -> Vec<u64> {
        let app_keys = if wanted { &self.app_keys[..] } else { &[] };
        let last = |app_key: &String| self.server.with_world(app_key, |service, _| service.journal().last());
        // A world that is gone has no journal any more.
        app_keys.iter().map(|app_key| last(app_key).unwrap_or_default()).collect()
    }

    fn record(&mut self, mut event: Value, after: &[u64]) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (n, client, name) = (event["n"].as_u64().unwrap_or_default(), text("client"), text("name"));
        // Moved, because it may be large.
        let args = match event.get_mut("args").map(Value::take) {
            Some(Value::Object(args)) => args,
            _ => Map::new(),
        };
        self.events.push(Event { n, at: self.time(), client, name, args, after: after.to_vec() });
    }

    fn connections(&self) -> Result<Vec<ConnState>, Fault> {
        let mut all = Vec::new();
        for app_key in &self.app_keys {
            all.extend(self.server.connections(app_key).map_err(|error| Fault(error.to_string()))?);
        }
        Ok(all)
    }

    /// Asks both sides for their counts until they agree and nothing is under way.
    fn fence(&mut self) -> Result<(), Fault> {
        let until = Instant::now() + FENCE_LIMIT;
        let (mut before, mut still, mut changed) = (String::new(), 0, Instant::now());
        loop {
            self.limit.check()?;
            let server = self.connections()?;
            let frames = frames_of(&server);
            let (views, quiet) = self.ask_all(&frames)?;
            let agreed = quiet && agree(&views, &server);
            let after = self.connections()?;
            if agreed && after == server {
                return Ok(());
            }
            let picture = format!("{after:?} {views:?}");
            if picture == before {
                still += 1;
            } else {
                (still, changed) = (0, Instant::now());
            }
            before = picture;
            if still >= STILL_ROUNDS && changed.elapsed() >= STILL && after == server {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(restless(views));
            }
            // The other side needs the processor to get there.
            thread::yield_now();
        }
    }

    fn tick(&mut self, to: UnixMillis) -> Result<(), Fault> {
        for name in self.busy_adapters() {
            self.ask_adapter(&name, "tick", json!({"to": to.0 - self.start.0}))?;
        }
        for name in self.engines.keys().cloned().collect::<Vec<_>>() {
            if let Some(engine) = self.engines.get_mut(&name) {
                engine.on_deadline(to);
            }
            self.record_engine(&name);
        }
        self.fence()
    }

    /// Clients hear of what the server does at `now` before their own clocks get there: they are brought to the
    /// millisecond before it, so that a timer they set then is not short. Nothing of theirs is due on the way.
    fn bring_close(&mut self, now: UnixMillis) -> Result<(), Fault> {
        let before = now.0 - self.start.0 - 1;
        if before > 0 {
            for name in self.busy_adapters() {
                self.ask_adapter(&name, "tick", json!({"to": before}))?;
            }
        }
        Ok(())
    }

    /// When the next timer of any client is due.
    fn client_deadline(&self) -> Option<UnixMillis> {
        let timer = self.next_timer.map(|next| UnixMillis(self.start.0.saturating_add(next)));
        let engines = self.engines.values().filter_map(EngineClient::next_deadline);
        engines.chain(timer).min()
    }

    fn server_deadline(&self) -> Result<Option<UnixMillis>, Fault> {
        let mut first = None;
        for app_key in &self.app_keys {
            let due = self.server.with_world(app_key, |service, _| service.next_deadline());
            let due = due.map_err(|error| Fault(error.to_string()))?;
            first = [first, due].into_iter().flatten().min();
        }
        Ok(first)
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

/// Both sides' counts never agreed.
fn restless(views: Vec<Value>) -> Fault {
    Fault(format!("clients and server do not come to rest: {}", Value::Array(views)))
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
        for (n, (app_key, setup)) in (0..).zip(&stage.worlds) {
            // Worlds of one case do not share tokens and UIDs.
            let mut setup = (*setup).clone();
            let clock = match &mut self.real {
                None => Clock::Manual(stage.start),
                Some(real) => {
                    // A world that names no time begins now, as its clients do.
                    let start = *setup.start.get_or_insert_with(real::wall);
                    if n == 0 {
                        real.begin(start);
                        self.start = start;
                        self.limit.extend(self.abilities.patience.unwrap_or_default());
                    }
                    Clock::Wall
                }
            };
            self.server
                .put_world(app_key, setup, stage.seed.wrapping_add(n), clock)
                .map_err(|error| Fault(error.to_string()))?;
            self.app_keys.push(app_key.clone());
        }
        for (name, (client, app_key)) in &stage.clients {
            let mut options = client.options.clone();
            let kind = client.client.clone().unwrap_or_else(|| self.command.name.clone());
            if kind != REFERENCE {
                // By which host it reaches this machine is known once it is there.
                self.wake(&kind)?;
            }
            options.entry("naviServer").or_insert_with(|| self.navi_for(&kind).into());
            if kind == REFERENCE {
                let env = ClientEnv {
                    app_key: app_key.clone(),
                    platform: client.platform.clone().unwrap_or_else(|| PHONE.to_owned()),
                    device_id: client.device.clone().unwrap_or_else(|| format!("device-of-{name}")),
                    seed: stage.seed,
                    options,
                };
                self.engines.insert(name.clone(), EngineClient::new(name, env, self.start)?);
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
        if let Some(real) = &mut self.real {
            real.jumped(duration);
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
        self.fence()?;
        for _ in 0..MOST_TICKS {
            match self.client_deadline() {
                Some(due) if due <= self.now => self.tick(self.now)?,
                _ => return Ok(()),
            }
        }
        Err(Fault(format!("livelock: more than {MOST_TICKS} timers at {}", self.now)))
    }

    fn step(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        if self.real.is_some() {
            return self.moment(target);
        }
        self.limit.check()?;
        self.settle()?;
        if self.now >= target {
            return Ok(false);
        }
        let server_due = self.server_deadline()?;
        let due = [self.client_deadline(), server_due].into_iter().flatten().min();
        let now = due.map_or(target, |due| due.clamp(self.now, target));
        self.limit.passed(now.since(self.now));
        self.now = now;
        if server_due == Some(now) {
            self.bring_close(now)?;
        }
        for app_key in &self.app_keys {
            self.server.advance_to(app_key, now).map_err(|error| Fault(error.to_string()))?;
        }
        self.fence()?;
        self.tick(now)?;
        Ok(true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_count_is_told_as_they_wrote_it() {
        let told = restless(vec![json!({"client": "page", "conns": []})]).0;
        assert_eq!(told, r#"clients and server do not come to rest: [{"client":"page","conns":[]}]"#);
    }
}
