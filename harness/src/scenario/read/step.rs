//! `steps:`

use indexmap::IndexMap;

use super::{Name, Node, Reader};
use crate::scenario::{
    matcher::Matcher,
    place::Place,
    step::{Api, ApiBody, Attempts, Journal, Network, NetworkChange, ServiceAct, Sign, State, Step, StepAct},
    tree::Data,
    value::Value,
};

/// First keys of steps.
pub(crate) const KINDS: &[&str] = &[
    "call",
    "expect",
    "none",
    "advance",
    "service",
    "api",
    "network",
    "background",
    "foreground",
    "restart",
    "reinstall",
    "wire",
    "parallel",
    "repeat",
    "include",
    "let",
    "mark",
    "state",
    "journal",
    "attempts",
];

/// What a service can be asked about.
pub(crate) fn states() -> impl Iterator<Item = &'static str> {
    service::StateKind::ALL.iter().map(|(_, name, _)| *name)
}

impl Reader<'_> {
    pub(super) fn steps(&mut self, node: &Node) -> Vec<Step> {
        self.items(node, "a list of steps", false).iter().filter_map(|item| self.step(item)).collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let Data::Map(entries) = &node.data else {
            self.expected(node, "a step: a mapping like `call: phone.connect`");
            return None;
        };
        let first = entries.first()?;
        let (at, value) = (first.key.at, &first.value);
        let act = match first.key.value.as_str() {
            "call" => self.call(node, value)?,
            "expect" => self.expect(node, value)?,
            "none" => self.quiet(node, value)?,
            "wire" => self.wire(node, value)?,
            "advance" => {
                self.entries(node, "`advance`", &["advance"]);
                StepAct::Advance(self.duration(value)?)
            }
            "service" => self.service_act(node, value),
            "api" => {
                self.entries(node, "`api` (its own keys go below it)", &["api"]);
                self.api_step(value)
            }
            "network" => {
                self.entries(node, "`network` (its own keys go below it)", &["network"]);
                self.network(value)?
            }
            "background" => StepAct::Background(self.lone_client(node, value)?),
            "foreground" => StepAct::Foreground(self.lone_client(node, value)?),
            "restart" => StepAct::Restart(self.lone_client(node, value)?),
            "reinstall" => StepAct::Reinstall(self.lone_client(node, value)?),
            "parallel" => {
                self.entries(node, "`parallel`", &["parallel"]);
                StepAct::Parallel(self.steps(value))
            }
            "repeat" => self.repeat(node, value)?,
            "let" => {
                self.entries(node, "`let`", &["let"]);
                self.lets(value)
            }
            "mark" => {
                self.entries(node, "`mark`", &["mark"]);
                let name = self.text(value, "a name for this instant")?;
                let name = name.strip_prefix('$').unwrap_or(&name).to_owned();
                self.declare(&format!("${name}"), value.at)?;
                StepAct::Mark(name)
            }
            "state" => {
                self.entries(node, "`state` (its own keys go below it)", &["state"]);
                self.state(value)?
            }
            "journal" => {
                self.entries(node, "`journal` (its own keys go below it)", &["journal"]);
                self.journal(value)?
            }
            "attempts" => self.attempts(node, value)?,
            word => {
                self.unknown(at, "unknown_step", "step", word, KINDS.iter().copied());
                return None;
            }
        };
        Some(Step { at, act })
    }

    fn lone_client(&mut self, step: &Node, node: &Node) -> Option<String> {
        self.entries(step, "this step", &["background", "foreground", "restart", "reinstall"]);
        self.client_name(node)
    }

    fn service_act(&mut self, step: &Node, node: &Node) -> StepAct {
        self.entries(step, "`service`", &["service", "world"]);
        let world = self.world_name(step.get("world"));
        self.check_act(&world, node);
        StepAct::Service(ServiceAct { world, act: self.value(node) })
    }

    fn network(&mut self, node: &Node) -> Option<StepAct> {
        let entries = self.entries(node, "`network`", &["client", "do"]);
        let mut client = None;
        let mut change = None;
        for entry in entries {
            match entry.key.value.as_str() {
                "client" => client = self.client_name(&entry.value),
                "do" => change = self.choice(&entry.value, "change of a network", NetworkChange::ALL),
                _ => {}
            }
        }
        self.required(node, &["client", "do"]);
        Some(StepAct::Network(Network { client: client?, change: change? }))
    }

    fn repeat(&mut self, step: &Node, node: &Node) -> Option<StepAct> {
        self.entries(step, "`repeat`", &["repeat", "steps"]);
        let times = self.count(node, "a number of repetitions");
        self.required(step, &["steps"]);
        let outer = self.names.insert("i".to_owned(), Name::Value);
        let steps = step.get("steps").map(|steps| self.steps(steps)).unwrap_or_default();
        if outer.is_none() {
            self.names.remove("i");
        }
        Some(StepAct::Repeat { times: times?, steps })
    }

    fn lets(&mut self, node: &Node) -> StepAct {
        let mut lets = IndexMap::new();
        let Data::Map(entries) = &node.data else {
            self.expected(node, "names and values: `let: {$text: hello}`");
            return StepAct::Let(lets);
        };
        for entry in entries {
            // The value first: a name is not known in its own definition.
            let value = self.value(&entry.value);
            if let Some(name) = self.declare(&entry.key.value, entry.key.at) {
                lets.insert(name, value);
            }
        }
        StepAct::Let(lets)
    }

    fn api_step(&mut self, node: &Node) -> StepAct {
        const KEYS: &[&str] =
            &["method", "path", "query", "headers", "form", "json", "sign", "expect", "save_as", "world"];
        let mut api = Api {
            world: self.world_name(node.get("world")),
            method: "POST".to_owned(),
            path: Value::Plain("".into()),
            query: IndexMap::new(),
            headers: IndexMap::new(),
            body: ApiBody::Empty,
            sign: Sign::Right,
            status: Matcher::Equals(Value::Plain(200.into())),
            json: None,
            save_as: None,
        };
        for entry in self.entries(node, "`api`", KEYS) {
            let value = &entry.value;
            match entry.key.value.as_str() {
                "method" => {
                    let methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"].map(|name| (name, name));
                    if let Some(method) = self.choice(value, "HTTP method", &methods) {
                        api.method = method.to_owned();
                    }
                }
                "path" => {
                    if !value.text().is_some_and(|path| path.starts_with(['/', '$'])) {
                        self.expected(value, "a path that begins with `/`");
                    }
                    api.path = self.value(value);
                }
                "query" => api.query = self.values(value, "query parameters: a mapping"),
                "headers" => api.headers = self.values(value, "headers: a mapping"),
                "form" | "json" if api.body != ApiBody::Empty => {
                    self.wrong(entry.key.at, "wrong_api", "either `form` or `json`", "a second body", None);
                }
                "form" => api.body = ApiBody::Form(self.values(value, "form fields: a mapping")),
                "json" => api.body = ApiBody::Json(self.value(value)),
                "sign" => {
                    let signs = [("true", Sign::Right), ("wrong", Sign::Wrong), ("false", Sign::Unsigned)];
                    api.sign = self.choice(value, "way to sign", &signs).unwrap_or(Sign::Right);
                }
                "expect" => {
                    for entry in self.entries(value, "`expect`", &["status", "json"]) {
                        let matcher = self.matcher(&entry.value);
                        match entry.key.value.as_str() {
                            "status" => api.status = matcher,
                            _ => api.json = Some(matcher),
                        }
                    }
                }
                "save_as" => api.save_as = self.new_name(value),
                _ => {}
            }
        }
        self.required(node, &["path"]);
        StepAct::Api(Box::new(api))
    }

    fn state(&mut self, node: &Node) -> Option<StepAct> {
        let world = self.world_name(node.get("world"));
        let (mut kind, mut id, mut expect) = (None, None, None);
        for entry in self.entries(node, "`state`", &["kind", "id", "expect", "world"]) {
            match entry.key.value.as_str() {
                "kind" => {
                    let choices: Vec<_> = states().map(|name| (name, ())).collect();
                    self.choice(&entry.value, "kind of state", &choices);
                    kind = self.placed(&entry.value, "a kind of state");
                }
                "id" => id = Some(self.value(&entry.value)),
                "expect" => expect = Some(self.matcher(&entry.value)),
                _ => {}
            }
        }
        self.required(node, &["kind", "expect"]);
        Some(StepAct::State(State { world, kind: kind?, id, expect: expect? }))
    }

    fn journal(&mut self, node: &Node) -> Option<StepAct> {
        let world = self.world_name(node.get("world"));
        let (mut of, mut count, mut since) = (None, None, None);
        for entry in self.entries(node, "`journal`", &["of", "count", "since", "world"]) {
            match entry.key.value.as_str() {
                "of" => of = Some(self.matcher(&entry.value)),
                "count" => count = Some(self.matcher(&entry.value)),
                "since" => since = Some(self.instant(&entry.value)),
                _ => {}
            }
        }
        self.required(node, &["of", "count"]);
        Some(StepAct::Journal(Journal { world, of: of?, count: count?, since }))
    }

    fn attempts(&mut self, step: &Node, target: &Node) -> Option<StepAct> {
        let entries = self.entries(step, "`attempts`", &["attempts", "since", "at", "tolerance"]);
        let client = self.client_name(target);
        let mut attempts =
            Attempts { client: client?, since: None, at: Vec::new(), tolerance: std::time::Duration::ZERO };
        for entry in entries {
            match entry.key.value.as_str() {
                "since" => attempts.since = Some(self.instant(&entry.value)),
                "at" => {
                    let items = self.items(&entry.value, "a list of durations", false);
                    attempts.at = items.iter().filter_map(|item| self.duration(item)).collect();
                }
                "tolerance" => attempts.tolerance = self.duration(&entry.value).unwrap_or_default(),
                _ => {}
            }
        }
        self.required(step, &["at"]);
        Some(StepAct::Attempts(attempts))
    }

    /// `$mark`, `$mark + 5s`
    fn instant(&mut self, node: &Node) -> Value {
        if !node.text().is_some_and(|text| text.starts_with('$')) {
            self.expected(node, "an instant: `$mark`, `$start`");
        }
        self.value(node)
    }

    /// Notes each key that is missing.
    pub(super) fn required(&mut self, node: &Node, keys: &[&str]) {
        for key in keys {
            if matches!(node.data, Data::Map(_)) && node.get(key).is_none() {
                let at = Place { ..node.at };
                self.wrong(at, "missing_key", format!("`{key}` is missing"), "of this step", None);
            }
        }
    }
}
