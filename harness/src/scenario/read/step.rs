//! `steps:`

use indexmap::IndexMap;

use super::{Name, Node, Reader};
use crate::scenario::{
    place::Place,
    step::{Attempts, Network, NetworkChange, ServiceAct, Step, StepAct},
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
    /// A list of steps that is not empty, unless a fragment that cannot be read made it so.
    pub(super) fn some_steps(&mut self, node: &Node, why: &str) -> Vec<Step> {
        let fragments_missing = self.mistakes.iter().any(|mistake| mistake.code == "include");
        if matches!(&node.data, Data::List(items) if items.is_empty()) && !fragments_missing {
            self.wrong(node.at, "no_steps", format!("an empty list of steps: {why}"), "here", None);
        }
        self.steps(node)
    }

    fn steps(&mut self, node: &Node) -> Vec<Step> {
        let items = self.items(node, "a list of steps", false);
        self.performs(items.len() as u64, node.at);
        items.iter().filter_map(|item| self.step(item)).collect()
    }

    /// `advance: 5s`, or `advance: {service: 5s}`.
    fn advance(&mut self, value: &Node) -> Option<StepAct> {
        if !matches!(value.data, Data::Map(_)) {
            return Some(StepAct::Advance(self.duration(value)?));
        }
        let entries = self.entries(value, "`advance`", &["service"]);
        let service = entries.iter().find(|entry| entry.key.value == "service");
        let Some(service) = service else {
            let help = Some("write `advance: 5s`, or `advance: {service: 5s}`".to_owned());
            self.wrong(value.at, "wrong_advance", "`advance` names no time", "here", help);
            return None;
        };
        Some(StepAct::AdvanceService(self.duration(&service.value)?))
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
                self.advance(value)?
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
                let steps = self.some_steps(value, "nothing happens at once");
                let waits = |step: &&Step| matches!(&step.act, StepAct::Call(call) if call.refused.is_some());
                if let Some(step) = steps.iter().find(waits) {
                    let message = "`refused` may have to wait for a callback: it cannot stand in `parallel`";
                    self.wrong(step.at, "wrong_refused", message, "here", None);
                }
                StepAct::Parallel(steps)
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
        let around = self.times;
        self.times = around.saturating_mul(u64::from(times.unwrap_or(1)));
        // Turns without steps take time, too.
        self.performs(1, node.at);
        let steps = step.get("steps").map(|steps| self.some_steps(steps, "nothing is repeated"));
        let steps = steps.unwrap_or_default();
        self.times = around;
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
    pub(super) fn instant(&mut self, node: &Node) -> Value {
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
