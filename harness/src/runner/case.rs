//! One case, step by step: names are resolved, steps done, expectations judged.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use service::{HttpRequest, act::Act};
use wire::UnixMillis;

use super::{
    driver::{Driver, Fault, Returned, Stage},
    judge::{self, Cursor},
    needs,
};
use crate::{
    scenario::{
        Api, ApiBody, Attempts, Call, Case, Journal, MAIN_WORLD, Matcher, Matching, NetworkChange, Place,
        Scenario, Sign, State, Step, StepAct, Unresolved, Value, resolve_map,
    },
    sequence::{Aliases, Entry},
    verdict::{self, Finding, FindingKind, LineKind, TraceEntry},
};

/// Why a case ends before its last step.
#[derive(Debug)]
pub(super) enum Stop {
    /// An expectation was not met; what follows would only confuse.
    Found(Finding),
    /// The client lacks something.
    Unsupported {
        /// What.
        what: String,
        /// Why, or how it is known.
        reason: String,
    },
    /// Something broke that was not under test.
    Broken(String),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault.0)
    }
}

/// What is left of a case for judging.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Calls and other steps that did something, in order.
    pub(super) done: Vec<Entry>,
    /// How many callbacks there were when each step began.
    pub(super) begun: Vec<usize>,
    pub(super) aliases: Aliases,
    pub(super) disturbed: bool,
    pub(super) trace: Vec<TraceEntry>,
    pub(super) virtual_ms: i64,
    pub(super) start: UnixMillis,
}

/// A case being run.
pub(super) struct Run<'a> {
    scenario: &'a Scenario,
    case: &'a Case,
    pub(super) driver: &'a mut dyn Driver,
    app_keys: IndexMap<String, String>,
    names: Map<String, Json>,
    cursors: IndexMap<String, Cursor>,
    /// Attempts of each client that lie before a mark: an instant alone does not tell before from after.
    marks: IndexMap<String, IndexMap<String, usize>>,
    /// Callbacks of all clients that were there when the last step that did something began.
    pub(super) acted: usize,
    /// Inside `parallel`: one step as far as order is concerned.
    parallel: bool,
    start: UnixMillis,
    left: Left,
}

impl<'a> Run<'a> {
    /// Makes the case's surroundings.
    pub(super) fn begin(
        scenario: &'a Scenario,
        case: &'a Case,
        seed: u64,
        app_key: &str,
        driver: &'a mut dyn Driver,
    ) -> Result<Self, Stop> {
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
        let stage = Stage {
            worlds: case.worlds.iter().map(|(name, setup)| (app_keys[name].clone(), setup)).collect(),
            clients: case
                .clients
                .iter()
                .map(|(name, client)| (name.clone(), (client, app_keys[&client.world].clone())))
                .collect(),
            seed,
            start,
        };
        driver.begin(&stage)?;
        let cursors = case.clients.keys().map(|name| (name.clone(), Cursor::default())).collect();
        let left = Left { start, ..Left::default() };
        let (marks, names) = (IndexMap::new(), Map::new());
        let mut run = Self {
            scenario,
            case,
            driver,
            app_keys,
            names,
            cursors,
            marks,
            acted: 0,
            parallel: false,
            start,
            left,
        };
        run.name_worlds()?;
        Ok(run)
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
        Ok(self.driver.settle()?)
    }

    /// Takes the case down and gives what is left of it.
    pub(super) fn finish(mut self, with_trace: bool) -> Left {
        self.left.virtual_ms = self.driver.now().0 - self.start.0;
        if with_trace {
            let mut trace = Vec::new();
            for app_key in self.app_keys.values() {
                // A world that is gone has no trace.
                if let Ok(Json::Array(entries)) =
                    self.driver.look(app_key, Box::new(|service, _| entries(service, i64::MIN)))
                {
                    trace.extend(
                        (0..)
                            .zip(&entries)
                            .map(|(order, entry)| super::trace::entry(order, entry, self.start)),
                    );
                }
            }
            self.left.trace = trace;
        }
        self.left
    }

    fn run_steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
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
            StepAct::Wire(_) => Err(Stop::Unsupported {
                what: "raw_connection".to_owned(),
                reason: "raw connections are not driven yet".to_owned(),
            }),
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
            StepAct::State(state) => self.state(step.at, state),
            StepAct::Journal(journal) => self.journal(step.at, journal),
            StepAct::Attempts(attempts) => self.attempts(step.at, attempts),
        }
    }

    /// Puts something that was done into the sequence.
    fn note(
        &mut self,
        kind: LineKind,
        at: UnixMillis,
        client: &str,
        name: &str,
        args: Map<String, Json>,
        returned: Option<Json>,
    ) {
        let step = self.left.begun.len().saturating_sub(1);
        let (client, name) = (client.to_owned(), name.to_owned());
        self.left.done.push(Entry { step, at, client, kind, name, args, returned });
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
        let (client, at) = (client.to_owned(), self.driver.now());
        self.note(LineKind::Step, at, &client, name, args, None);
        Ok(())
    }

    fn call(&mut self, at: Place, call: &Call, settle: bool) -> Result<(), Stop> {
        let args =
            resolve_map(&call.with, &|name: &str| self.lookup(name)).map_err(|u| self.unresolved(&u))?;
        let when = self.driver.now();
        let returned = self.driver.call(&call.client, &call.method, &args, settle)?;
        let returned = match returned {
            Returned::Value(value) => value,
            Returned::Unsupported(reason) => {
                return Err(Stop::Unsupported { what: call.method.clone(), reason });
            }
        };
        let name = format!("call {}", call.method);
        self.note(LineKind::Call, when, &call.client, &name, args, Some(returned.clone()));
        if let Some(name) = &call.save_as {
            self.names.insert(name.clone(), returned.clone());
        }
        match &call.returns {
            Some(matcher) => self.check(matcher, Some(&returned), FindingKind::ReturnCode, at, &call.method),
            None => Ok(()),
        }
    }

    fn api(&mut self, at: Place, api: &Api) -> Result<(), Stop> {
        let app_key = self.app_keys[&api.world].clone();
        let request = self.request(&app_key, api)?;
        let response = self.driver.api(&app_key, request)?;
        let body: Json = serde_json::from_slice(&response.body).unwrap_or(Json::Null);
        let what = format!("status of {body}");
        self.check(&api.status, Some(&response.status.into()), FindingKind::Api, at, &what)?;
        if let Some(json) = &api.json {
            self.check(json, Some(&body), FindingKind::Api, at, "answer")?;
        }
        if let Some(name) = &api.save_as {
            self.names.insert(name.clone(), body);
        }
        Ok(())
    }

    fn request(&mut self, app_key: &str, api: &Api) -> Result<HttpRequest, Stop> {
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let encode = |map: &Map<String, Json>| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in map {
                match value {
                    Json::Array(items) => {
                        items.iter().for_each(|item| drop(form.append_pair(key, &text(item))))
                    }
                    other => drop(form.append_pair(key, &text(other))),
                }
            }
            form.finish()
        };
        let secret = self.driver.look(app_key, Box::new(|service, _| service.app_secret().into()))?;
        let secret = secret.as_str().unwrap_or_default();
        let map = |run: &Self, map: &IndexMap<String, Value>| {
            resolve_map(map, &|name: &str| run.lookup(name)).map_err(|u| run.unresolved(&u))
        };
        let mut headers = Vec::new();
        if api.sign != Sign::Unsigned {
            let (nonce, timestamp) = ("42".to_owned(), (self.driver.now().0 / 1000).to_string());
            let signature = match api.sign {
                Sign::Wrong => "0".repeat(40),
                _ => service::signature_of(secret, &nonce, &timestamp),
            };
            let signing = [
                ("app-key", app_key.to_owned()),
                ("nonce", nonce),
                ("timestamp", timestamp),
                ("signature", signature),
            ];
            headers.extend(signing.map(|(name, value)| (name.to_owned(), value)));
        }
        let (kind, body) = match &api.body {
            ApiBody::Empty => ("application/x-www-form-urlencoded", String::new()),
            ApiBody::Form(form) => ("application/x-www-form-urlencoded", encode(&map(self, form)?)),
            ApiBody::Json(json) => ("application/json", self.resolve(json)?.to_string()),
        };
        headers.push(("content-type".to_owned(), kind.to_owned()));
        let further = map(self, &api.headers)?;
        headers.extend(further.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))));
        Ok(HttpRequest {
            method: api.method.clone(),
            path: text(&self.resolve(&api.path)?),
            query: encode(&map(self, &api.query)?),
            headers,
            body: body.into(),
            origin: self.driver.navi(),
        })
    }

    fn state(&mut self, at: Place, state: &State) -> Result<(), Stop> {
        let app_key = self.app_keys[&state.world].clone();
        let id = state.id.as_ref().map(|id| self.resolve(id)).transpose()?;
        let id = id.as_ref().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let kind = state.kind.value.clone();
        let seen = self
            .driver
            .look(&app_key, Box::new(move |service, _| service.state(&kind, id.as_deref()).into()))?;
        let seen = Some(&seen).filter(|seen| !seen.is_null());
        self.check(&state.expect, seen, FindingKind::Service, at, &state.kind.value)
    }

    fn journal(&mut self, at: Place, journal: &Journal) -> Result<(), Stop> {
        let app_key = self.app_keys[&journal.world].clone();
        let since = journal.since.as_ref().map(|since| self.resolve(since)).transpose()?;
        let since = since.and_then(|since| since.as_i64()).unwrap_or(i64::MIN);
        let entries = self.driver.look(&app_key, Box::new(move |service, _| entries(service, since)))?;
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        let scope = |name: &str| self.lookup(name);
        let with = Matching { scope: &scope, index: 0 };
        let count = entries.iter().filter(|entry| journal.of.check(Some(entry), &with).is_ok()).count();
        let what = format!("journal entries that are {}", journal.of.words(&with));
        self.check(&journal.count, Some(&count.into()), FindingKind::Service, at, &what)
    }

    fn attempts(&mut self, at: Place, attempts: &Attempts) -> Result<(), Stop> {
        let since = attempts.since.as_ref().map(|since| self.resolve(since)).transpose()?;
        let since = UnixMillis(since.and_then(|since| since.as_i64()).unwrap_or(self.start.0));
        let behind = match &attempts.since {
            Some(Value::Ref(reference)) if reference.plus_ms == 0 => self.marks.get(&reference.name),
            _ => None,
        };
        let behind = behind.and_then(|mark| mark.get(&attempts.client)).copied().unwrap_or(0);
        let seen: Vec<Duration> = self
            .driver
            .attempts(&attempts.client)
            .into_iter()
            .skip(behind)
            .filter(|at| *at >= since)
            .map(|at| at.since(since))
            .collect();
        let close = |a: &Duration, b: &Duration| a.abs_diff(*b) <= attempts.tolerance;
        let same = seen.len() == attempts.at.len() && seen.iter().zip(&attempts.at).all(|(a, b)| close(a, b));
        if same {
            return Ok(());
        }
        let list = |list: &[Duration]| {
            list.iter().map(|at| format!("{:.3}s", at.as_secs_f64())).collect::<Vec<_>>().join(", ")
        };
        let (expected, seen) = (list(&attempts.at), list(&seen));
        Err(self.found(
            FindingKind::Expectation,
            at,
            format!("attempts at {expected}"),
            format!("attempts at {seen}"),
        ))
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
        Stop::Found(Finding {
            requirements,
            place: Some(place),
            at_ms: Some(at_ms),
            ..Finding::new(kind, expected, seen)
        })
    }

    pub(super) fn place(&self, at: Place) -> String {
        at.describe(&self.scenario.sources)
    }

    fn broken(&self, at: Place, fault: &Fault) -> Stop {
        Stop::Broken(format!("{}: {fault}", self.place(at)))
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

/// The journal's entries since an instant, as a list.
fn entries(service: &service::Service, since: i64) -> Json {
    service
        .journal()
        .after(0)
        .filter(|entry| entry.at.0 >= since)
        .map(service::journal::Entry::to_json)
        .collect()
}
