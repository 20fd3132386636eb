//! One case, step by step: names are resolved, steps done, expectations judged.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use service::act::{Act, Misbehave};
use wire::UnixMillis;

use super::{
    Options,
    driver::{Driver, Fault, Returned, Stage},
    judge::{self, Cursor},
    look, needs,
    trace::Owners,
    weave::{Stamp, Written},
};
use crate::{
    bug::Bug,
    scenario::{
        Call, Case, Client, MAIN_WORLD, Matcher, Matching, NetworkChange, Place, Scenario, Step, StepAct,
        Unresolved, Value, resolve_map,
    },
    sequence::{Aliases, Entry},
    verdict::{self, Finding, FindingKind, LineKind},
};

/// Why a case ends before its last step.
#[derive(Debug)]
pub(super) enum Stop {
    /// An expectation was not met; what follows would only confuse.
    Found(Box<Finding>),
    /// The client lacks something.
    Unsupported {
        /// What.
        what: String,
        /// Why, or how it is known.
        reason: String,
    },
    /// Something broke that was not under test.
    Broken(String),
    /// As [`Self::Broken`], at a step that is not said yet.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What is left of a case for judging.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Calls and other steps that did something, in order.
    pub(super) done: Vec<Entry>,
    /// Where each of them stands.
    pub(super) stamps: Vec<Stamp>,
    /// How many callbacks there were when each step began.
    pub(super) begun: Vec<usize>,
    pub(super) aliases: Aliases,
    pub(super) disturbed: bool,
    /// What the worlds' journals hold, if it is wanted.
    pub(super) written: Vec<Written>,
    pub(super) virtual_ms: i64,
    pub(super) start: UnixMillis,
}

/// A case being run.
pub(super) struct Run<'a> {
    scenario: &'a Scenario,
    case: &'a Case,
    pub(super) driver: &'a mut dyn Driver,
    app_keys: IndexMap<String, String>,
    pub(super) names: Map<String, Json>,
    cursors: IndexMap<String, Cursor>,
    pub(super) raws: IndexMap<String, super::raw::RawConnection>,
    /// Attempts of each client that lie before a mark: an instant alone does not tell before from after.
    pub(super) marks: IndexMap<String, IndexMap<String, usize>>,
    /// Callbacks of all clients that were there when the last step that did something began.
    pub(super) acted: usize,
    /// How many times as long is waited for what must come, with a client in real time.
    pub(super) slow: u32,
    /// Inside `parallel`: one step as far as order is concerned.
    parallel: bool,
    pub(super) start: UnixMillis,
    left: Left,
}

impl<'a> Run<'a> {
    /// Makes the case's surroundings.
    pub(super) fn begin(
        scenario: &'a Scenario,
        case: &'a Case,
        seed: u64,
        options: &Options,
        app_key: &str,
        driver: &'a mut dyn Driver,
    ) -> Result<Self, Stop> {
        if let Some(why) = &scenario.unreadable {
            return Err(Stop::Broken(why.clone()));
        }
        if let Some((what, reason)) = needs::unsupported(scenario, case, driver.abilities()) {
            return Err(Stop::Unsupported { what, reason });
        }
        let app_keys: IndexMap<String, String> = case
            .worlds
            .keys()
            .map(|world| {
                let key = if world == MAIN_WORLD { app_key.to_owned() } else { format!("{app_key}-{world}") };
                (world.clone(), key)
            })
            .collect();
        let start = case.worlds.get(MAIN_WORLD).map(service::WorldSetup::start).unwrap_or_default();
        let navi = driver.navi();
        let clients: IndexMap<&String, Client> = case
            .clients
            .iter()
            .map(|(name, client)| {
                let options = super::options::filled(&client.options, &navi, &app_keys[&client.world]);
                (name, Client { options, ..client.clone() })
            })
            .collect();
        let stage = Stage {
            worlds: case.worlds.iter().map(|(name, setup)| (app_keys[name].clone(), setup)).collect(),
            clients: clients
                .iter()
                .map(|(name, client)| ((*name).clone(), (client, app_keys[&client.world].clone())))
                .collect(),
            seed,
            varied: options.varies(),
            start,
            recorded: options.record.is_some(),
            bugs: Bug::of_client(&options.bugs),
        };
        driver.begin(&stage)?;
        stage.tell_made(driver);
        let start = driver.began().unwrap_or(start);
        let driver_is_real = driver.abilities().patience.is_some();
        let cursors = case.clients.keys().map(|name| (name.clone(), Cursor::default())).collect();
        let left = Left { start, ..Left::default() };
        let (marks, names, raws) = (IndexMap::new(), Map::new(), IndexMap::new());
        let mut run = Self {
            scenario,
            case,
            driver,
            app_keys,
            names,
            cursors,
            raws,
            marks,
            acted: 0,
            slow: if driver_is_real { options.slow } else { 1 },
            parallel: false,
            start,
            left,
        };
        run.name_worlds()?;
        Ok(run)
    }

    /// Gives every world the service's of these bugs; clients were made with theirs.
    pub(super) fn misbehave(&mut self, bugs: &[Bug]) -> Result<(), Stop> {
        for app_key in self.app_keys.values() {
            for bug in Bug::of_service(bugs) {
                self.driver.act(app_key, &Act::Misbehave(Misbehave { bug, on: true }))?;
            }
        }
        Ok(())
    }

    /// `$alice.token`, `$token.old`, `$appKey`, and the same below a further world's name.
    fn name_worlds(&mut self) -> Result<(), Stop> {
        let case = self.case;
        for (world, setup) in &case.worlds {
            let app_key = self.app_keys[world].clone();
            let mut users: Vec<String> = setup.users.iter().map(|user| user.id.clone()).collect();
            for client in case.clients.values().filter(|client| client.world == *world) {
                if !users.contains(&client.user) {
                    users.push(client.user.clone());
                }
            }
            let named: Vec<String> = setup.tokens.keys().cloned().collect();
            let key = app_key.clone();
            let names = self.driver.look(
                &app_key,
                Box::new(move |service, now| {
                    let mut names = Map::new();
                    for user in users {
                        let token = service.issue_token(now, &user);
                        names.insert(user.clone(), json!({"id": user, "token": token}));
                    }
                    let tokens: Map<String, Json> = named
                        .into_iter()
                        .filter_map(|name| Some((name.clone(), service.named_token(&name)?.into())))
                        .collect();
                    names.insert("token".to_owned(), Json::Object(tokens));
                    names.insert("appKey".to_owned(), key.into());
                    names.insert("appSecret".to_owned(), service.app_secret().into());
                    Json::Object(names)
                }),
            )?;
            let Json::Object(names) = names else { continue };
            let prefix = if world == MAIN_WORLD { "$".to_owned() } else { format!("${world}.") };
            for (name, value) in &names {
                match value {
                    Json::String(text) => {
                        drop(self.left.aliases.insert(text.clone(), format!("{prefix}{name}")))
                    }
                    Json::Object(fields) => {
                        for (field, value) in fields.iter().filter(|(field, _)| *field != "id") {
                            if let Json::String(text) = value {
                                self.left.aliases.insert(text.clone(), format!("{prefix}{name}.{field}"));
                            }
                        }
                    }
                    _ => {}
                }
            }
            if world == MAIN_WORLD {
                self.names.extend(names);
            } else {
                self.names.insert(world.clone(), Json::Object(names));
            }
        }
        let navi = self.driver.navi();
        self.left.aliases.insert(navi.clone(), "$navi".to_owned());
        self.names.insert("navi".to_owned(), navi.clone().into());
        self.names.insert("serverApi".to_owned(), navi.into());
        self.names.insert("start".to_owned(), self.start.0.into());
        Ok(())
    }

    /// Runs every step, until one stops the case.
    pub(super) fn steps(&mut self) -> Result<(), Stop> {
        self.driver.settle()?;
        let case = self.case;
        self.run_steps(&case.steps)?;
        Ok(self.driver.rest()?)
    }

    /// Takes the case down and gives what is left of it.
    pub(super) fn finish(mut self, with_trace: bool) -> Left {
        self.left.virtual_ms = self.driver.now().0 - self.start.0;
        if with_trace {
            for (world, app_key) in self.app_keys.values().enumerate() {
                // A world that is gone has no trace.
                if let Ok(Json::Array(entries)) =
                    self.driver.look(app_key, Box::new(|service, _| look::entries(service, i64::MIN)))
                {
                    let owners = Owners::of(&entries);
                    let start = self.start;
                    let written =
                        entries.iter().map(|entry| super::trace::entry(world, entry, start, &owners));
                    self.left.written.extend(written);
                }
            }
        }
        self.left
    }

    fn run_steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        steps.iter().try_for_each(|step| {
            self.step(step).map_err(|stop| match stop {
                Stop::Fault(fault) => self.broken(step.at, &fault),
                stop => stop,
            })
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        self.driver.limit().check()?;
        if !self.parallel {
            self.left.begun.push(self.driver.events().len());
        }
        self.note_step(&step.act)?;
        let judges = matches!(
            step.act,
            StepAct::Expect(_)
                | StepAct::None(_)
                | StepAct::State(_)
                | StepAct::Journal(_)
                | StepAct::Attempts(_)
                | StepAct::Let(_)
                | StepAct::Mark(_)
                | StepAct::Repeat { .. }
        );
        if !judges {
            self.acted = self.driver.events().len();
        }
        match &step.act {
            StepAct::Call(call) => self.call(step.at, call, true),
            StepAct::Expect(expect) => self.expect(expect, step.at),
            StepAct::None(quiet) => self.none(quiet, step.at),
            StepAct::Advance(duration) => Ok(self.driver.advance(*duration)?),
            StepAct::AdvanceService(duration) => Ok(self.driver.advance_service(*duration)?),
            StepAct::Service(act) => {
                self.left.disturbed = true;
                let app_key = self.app_keys[&act.world].clone();
                let json = self.resolve(&act.act)?;
                let act: Act = serde_json::from_value(json)
                    .map_err(|error| Stop::Broken(format!("{}: {error}", self.place(step.at))))?;
                self.driver.act(&app_key, &act).map_err(|fault| self.broken(step.at, &fault))?;
                Ok(self.driver.settle()?)
            }
            StepAct::Api(api) => self.api(step.at, api),
            StepAct::Network(network) => {
                self.left.disturbed = true;
                Ok(self.driver.network(&network.client, network.change)?)
            }
            StepAct::Background(client) => Ok(self.driver.lifecycle(client, false)?),
            StepAct::Foreground(client) => Ok(self.driver.lifecycle(client, true)?),
            StepAct::Restart(client) => {
                self.left.disturbed = true;
                Ok(self.driver.restart(client, self.case.clients[client].keep_store)?)
            }
            StepAct::Reinstall(client) => {
                self.left.disturbed = true;
                Ok(self.driver.restart(client, false)?)
            }
            StepAct::Wire(wire) => self.wire(wire, step.at),
            StepAct::Parallel(steps) => {
                self.parallel = true;
                let begun = steps.iter().try_for_each(|step| match &step.act {
                    StepAct::Call(call) => self.call(step.at, call, false),
                    _ => self.step(step),
                });
                self.parallel = false;
                begun?;
                Ok(self.driver.settle()?)
            }
            StepAct::Repeat { times, steps } => {
                for i in 1..=*times {
                    self.names.insert("i".to_owned(), i.into());
                    self.run_steps(steps)?;
                }
                Ok(())
            }
            StepAct::Let(names) => {
                for (name, value) in names {
                    let value = self.resolve(value)?;
                    self.names.insert(name.clone(), value);
                }
                Ok(())
            }
            StepAct::Mark(name) => {
                let now = self.driver.now().0;
                self.names.insert(name.clone(), now.into());
                let attempts = self
                    .case
                    .clients
                    .keys()
                    .map(|client| (client.clone(), self.driver.attempts(client).len()));
                self.marks.insert(name.clone(), attempts.collect());
                Ok(())
            }
            StepAct::State(state) => self.in_time(|run| run.state(step.at, state)),
            StepAct::Journal(journal) => self.in_time(|run| run.journal(step.at, journal)),
            StepAct::Attempts(attempts) => self.attempts(step.at, attempts),
        }
    }

    /// Puts something that was done into the sequence; which step it belongs to is found here.
    fn note(&mut self, stamp: Stamp, entry: Entry) {
        let step = self.left.begun.len().saturating_sub(1);
        self.left.stamps.push(stamp);
        self.left.done.push(Entry { step, ..entry });
    }

    /// Where something that happens now stands among callbacks and what the service writes down.
    fn stamp(&mut self) -> Stamp {
        let last = |app_key: &String| {
            let last = self.driver.look(app_key, Box::new(|service, _| service.journal().last().into()));
            // A world that is gone writes nothing down.
            last.ok().and_then(|last| last.as_u64()).unwrap_or_default()
        };
        let after = self.app_keys.values().map(last).collect();
        Stamp { events: self.driver.events().len(), after }
    }

    /// Steps other than calls that a reader of the sequence must know of.
    fn note_step(&mut self, act: &StepAct) -> Result<(), Stop> {
        let one = |key: &str, value: Json| Map::from_iter([(key.to_owned(), value)]);
        let (client, name, args) = match act {
            StepAct::Service(act) => match self.resolve(&act.act)? {
                Json::Object(args) => ("", "service", args),
                _ => return Ok(()),
            },
            StepAct::Api(api) => {
                let path = self.resolve(&api.path)?;
                ("", "api", one(&api.method, path))
            }
            StepAct::Network(network) => {
                let known = NetworkChange::ALL.iter().find(|(_, change)| *change == network.change);
                let spelling = known.map_or("", |(spelling, _)| *spelling);
                (network.client.as_str(), "network", one("do", spelling.into()))
            }
            StepAct::Background(client) => (client.as_str(), "background", Map::new()),
            StepAct::Foreground(client) => (client.as_str(), "foreground", Map::new()),
            StepAct::Restart(client) => (client.as_str(), "restart", Map::new()),
            StepAct::Reinstall(client) => (client.as_str(), "reinstall", Map::new()),
            _ => return Ok(()),
        };
        if !client.is_empty() {
            self.driver.stepped(client, name, &args);
        }
        let (client, at, stamp) = (client.to_owned(), self.driver.now(), self.stamp());
        let (kind, name) = (LineKind::Step, name.to_owned());
        self.note(stamp, Entry { step: 0, order: 0, at, client, kind, name, args, returned: None });
        Ok(())
    }

    fn call(&mut self, at: Place, call: &Call, settle: bool) -> Result<(), Stop> {
        let args =
            resolve_map(&call.with, &|name: &str| self.lookup(name)).map_err(|u| self.unresolved(&u))?;
        let (when, stamp) = (self.driver.now(), self.stamp());
        let returned = self.driver.call(&call.client, &call.method, &args, settle)?;
        let returned = match returned {
            Returned::Value(value) => value,
            Returned::Unsupported(reason) => {
                return Err(Stop::Unsupported { what: call.method.clone(), reason });
            }
        };
        let entry = Entry {
            step: 0,
            order: 0,
            at: when,
            client: call.client.clone(),
            kind: LineKind::Call,
            name: format!("call {}", call.method),
            args,
            returned: Some(returned.clone()),
        };
        self.note(stamp, entry);
        if let Some(name) = &call.save_as {
            self.names.insert(name.clone(), returned.clone());
        }
        match (&call.returns, &call.refused) {
            (Some(matcher), _) => {
                self.check(matcher, Some(&returned), FindingKind::ReturnCode, at, &call.method)
            }
            (None, Some(matcher)) => self.refused(call, matcher, &returned, at),
            (None, None) => Ok(()),
        }
    }

    pub(super) fn check(
        &mut self,
        matcher: &Matcher,
        seen: Option<&Json>,
        kind: FindingKind,
        at: Place,
        what: &str,
    ) -> Result<(), Stop> {
        let scope = |name: &str| self.lookup(name);
        match matcher.check(seen, &Matching { scope: &scope, index: 0 }) {
            Ok(captures) => {
                self.names.extend(captures);
                Ok(())
            }
            Err(mismatch) => {
                let seen =
                    seen.map_or_else(|| "nothing".to_owned(), |seen| judge::shorten(&seen.to_string()));
                Err(self.found(kind, at, format!("{what}: {mismatch}"), seen))
            }
        }
    }

    pub(super) fn found(&self, kind: FindingKind, at: Place, expected: String, seen: String) -> Stop {
        let at_ms = self.driver.now().0 - self.start.0;
        let file = self.scenario.sources.get(at.file).map_or_else(String::new, |source| source.path.clone());
        let place = verdict::Place { file, line: at.line, column: at.column, snippet: String::new() };
        let requirements = self.scenario.covers.iter().map(|id| id.value.clone()).collect();
        Stop::Found(Box::new(Finding {
            requirements,
            place: Some(place),
            at_ms: Some(at_ms),
            ..Finding::new(kind, expected, seen)
        }))
    }

    /// A written expectation about a client did not hold.
    pub(super) fn found_at(&self, client: &str, at: Place, expected: String, seen: String) -> Stop {
        let mut stop = self.found(FindingKind::Expectation, at, expected, seen);
        if let Stop::Found(finding) = &mut stop {
            finding.client = Some(client.to_owned());
        }
        stop
    }

    pub(super) fn place(&self, at: Place) -> String {
        at.describe(&self.scenario.sources)
    }

    fn broken(&self, at: Place, fault: &Fault) -> Stop {
        self.wrong(at, &fault.to_string())
    }

    /// Something in the scenario cannot be carried out.
    pub(super) fn wrong(&self, at: Place, why: &str) -> Stop {
        Stop::Broken(format!("{}: {why}", self.place(at)))
    }

    /// The App Key of a world.
    pub(super) fn app_key(&self, world: &str) -> String {
        self.app_keys[world].clone()
    }

    pub(super) fn unresolved(&self, unresolved: &Unresolved) -> Stop {
        Stop::Broken(format!("{}: {unresolved}", self.place(unresolved.at)))
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Json> {
        if name == "now" {
            return Some(self.driver.now().0.into());
        }
        self.names.get(name).cloned()
    }

    pub(super) fn resolve(&self, value: &Value) -> Result<Json, Stop> {
        value.resolve(&|name: &str| self.lookup(name)).map_err(|u| self.unresolved(&u))
    }

    pub(super) fn keep(&mut self, captures: Map<String, Json>) {
        self.names.extend(captures);
    }

    pub(super) fn cursor(&mut self, client: &str) -> &mut Cursor {
        self.cursors.entry(client.to_owned()).or_default()
    }
}
