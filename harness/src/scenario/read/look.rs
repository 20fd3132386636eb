//! `api`, `state` and `journal`: what the app's server does, and what the service holds.

use indexmap::IndexMap;
use service::journal::FIELDS;

use super::{Node, Reader, step::states, typed::Role};
use crate::scenario::{
    matcher::Matcher,
    step::{Api, ApiBody, Journal, Sign, State, StepAct},
    tree::Data,
    value::Value,
};

impl Reader<'_> {
    pub(super) fn api_step(&mut self, node: &Node) -> StepAct {
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
                        if entry.key.value == "status" {
                            self.typed(&entry.value, "number", Role::Expected);
                        }
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

    pub(super) fn state(&mut self, node: &Node) -> Option<StepAct> {
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

    pub(super) fn journal(&mut self, node: &Node) -> Option<StepAct> {
        let world = self.world_name(node.get("world"));
        let (mut of, mut count, mut since) = (None, None, None);
        for entry in self.entries(node, "`journal`", &["of", "count", "since", "world"]) {
            match entry.key.value.as_str() {
                "of" => of = Some(self.journal_entry(&entry.value)),
                "count" => {
                    self.typed(&entry.value, "number", Role::Expected);
                    count = Some(self.matcher(&entry.value));
                }
                "since" => since = Some(self.instant(&entry.value)),
                _ => {}
            }
        }
        self.required(node, &["of", "count"]);
        Some(StepAct::Journal(Journal { world, of: of?, count: count?, since }))
    }

    /// A matcher for an entry of the journal, whose fields are known.
    pub(super) fn journal_entry(&mut self, node: &Node) -> Matcher {
        if let Data::Map(entries) = &node.data
            && !super::matcher::is_operator(node)
        {
            for entry in entries.iter().filter(|entry| !FIELDS.contains(&entry.key.value.as_str())) {
                let word = &entry.key.value;
                self.unknown(
                    entry.key.at,
                    "unknown_field",
                    "field of the journal:",
                    word,
                    FIELDS.iter().copied(),
                );
            }
        }
        self.matcher(node)
    }
}
