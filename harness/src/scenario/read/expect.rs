//! `call`, `expect` and `none`: what is checked against the API table.

use indexmap::IndexMap;

use super::{Node, Reader, typed::Role};
use crate::{
    catalogue::api,
    scenario::{
        matcher::Matcher,
        model::Times,
        place::Place,
        step::{Call, EventMatch, Expect, Order, Quiet, StepAct},
        tree::{Data, Entry},
    },
};

/// Keys beside an event's arguments.
const EVENT_KEYS: &[&str] = &["times", "at", "save_as", LISTENER];

/// Which listener was called, for those that were set by name.
const LISTENER: &str = "listener";

const ORDERS: &[(&str, Order)] =
    &[("in_order", Order::InOrder), ("any_order", Order::AnyOrder), ("one_of", Order::OneOf)];

impl Reader<'_> {
    pub(super) fn call(&mut self, step: &Node, target: &Node) -> Option<StepAct> {
        let entries =
            self.entries(step, "`call`", &["call", "with", "returns", "refused", "within", "save_as"]);
        let text = self.text(target, "a client and a method: `phone.connect`")?;
        let Some((client, method)) = text.split_once('.') else {
            let help = Some("write `phone.connect`".to_owned());
            self.wrong(target.at, "wrong_call", format!("`{text}` names no method"), "here", help);
            return None;
        };
        let at = target.at;
        self.known_client(client, Place { len: client.len().min(at.len), ..at });
        let skip = client.len() + 1;
        let method_at = Place { start: at.start + skip, len: method.len(), column: at.column + skip, ..at };
        let known = api().method(method);
        if known.is_none() {
            let setters: Vec<String> = api().setters().collect();
            self.unknown_api_name(method_at, "method", method, api().methods.keys().chain(&setters));
        }
        let mut call = Call {
            client: client.to_owned(),
            method: method.to_owned(),
            with: IndexMap::new(),
            returns: None,
            refused: None,
            within: None,
            save_as: None,
        };
        for entry in entries {
            match entry.key.value.as_str() {
                "with" => {
                    call.with = self.values(&entry.value, "arguments by name: a mapping");
                    if let (Some(known), Data::Map(args)) = (known, &entry.value.data) {
                        for arg in args {
                            match known.params.get(&arg.key.value) {
                                Some(param) => self.typed(&arg.value, param.name(), Role::Argument),
                                None => {
                                    let what = format!("parameter of {method}:");
                                    let names = known.params.keys().map(String::as_str);
                                    self.unknown(
                                        arg.key.at,
                                        "unknown_parameter",
                                        &what,
                                        &arg.key.value,
                                        names,
                                    );
                                }
                            }
                        }
                    }
                }
                "returns" => {
                    // `code` says nothing: where there is a value, engines of other makes give it instead.
                    if let Some(known) = known.filter(|known| known.returns != "code") {
                        self.typed(&entry.value, known.returns.trim_end_matches('?'), Role::Expected);
                    }
                    call.returns = Some(self.matcher(&entry.value));
                }
                "refused" => {
                    if known.is_some_and(|known| known.returns != "code") {
                        let help = Some("write `returns: absent`".to_owned());
                        let message = format!("{method} gives a value, not a code");
                        self.wrong(entry.key.at, "wrong_refused", message, "here", help);
                    }
                    call.refused = Some(self.matcher(&entry.value));
                }
                "within" if step.get("refused").is_some() => call.within = self.duration(&entry.value),
                "within" => {
                    let help = Some("what is awaited stands under `expect`".to_owned());
                    let message = "a call waits for nothing, unless it is to be `refused`";
                    self.wrong(entry.key.at, "wrong_refused", message, "here", help);
                }
                "save_as" => call.save_as = self.new_name(&entry.value),
                _ => {}
            }
        }
        if let (Some(_), Some(_), Some(refused)) = (&call.returns, &call.refused, step.get("refused")) {
            let message =
                "a call that is refused returns whatever code it will: `returns` or `refused`, not both";
            self.wrong(refused.at, "wrong_refused", message, "beside `returns`", None);
        }
        Some(StepAct::Call(call))
    }

    /// An unknown method or callback: older editions' names are told apart from misspellings.
    fn unknown_api_name<'n>(
        &mut self,
        at: Place,
        what: &str,
        word: &str,
        known: impl Iterator<Item = &'n String>,
    ) {
        let code = if what == "method" { "unknown_method" } else { "unknown_callback" };
        match api().renamed.get(word) {
            Some(new) => {
                let help = Some(format!("today's name is `{new}`"));
                self.wrong(at, code, format!("{what} `{word}` has another name"), "renamed", help);
            }
            None => self.unknown(at, code, what, word, known.map(String::as_str)),
        }
    }

    pub(super) fn expect(&mut self, step: &Node, target: &Node) -> Option<StepAct> {
        let entries =
            self.entries(step, "`expect`", &["expect", "in_order", "any_order", "one_of", "within"]);
        let client = self.client_name(target)?;
        let mut order = None;
        let mut events = Vec::new();
        let mut within = None;
        for entry in entries {
            if let Some((_, kind)) = ORDERS.iter().find(|(name, _)| *name == entry.key.value) {
                if order.is_some() {
                    let message = "one of `in_order`, `any_order` and `one_of` at a time";
                    self.wrong(entry.key.at, "wrong_expect", message, "a second one", None);
                }
                order = Some(*kind);
                events = self.events(&entry.value);
            } else if entry.key.value == "within" {
                within = self.duration(&entry.value);
            }
        }
        let Some(order) = order else {
            let help = Some("add `in_order:`, `any_order:` or `one_of:` with a list of callbacks".to_owned());
            self.wrong(target.at, "wrong_expect", "nothing is expected here", "of this client", help);
            return None;
        };
        Some(StepAct::Expect(Expect { client, order, events, within }))
    }

    pub(super) fn quiet(&mut self, step: &Node, target: &Node) -> Option<StepAct> {
        let entries = self.entries(step, "`none`", &["none", "of", "for", "until"]);
        let client = self.client_name(target)?;
        let mut quiet = Quiet { client, of: Vec::new(), lasting: None };
        let mut ends = 0;
        for entry in entries {
            match entry.key.value.as_str() {
                "of" => quiet.of = self.events(&entry.value),
                "for" => {
                    ends += 1;
                    quiet.lasting = self.duration(&entry.value);
                }
                "until" => {
                    ends += 1;
                    self.choice(&entry.value, "end", &[("fence", ())]);
                }
                _ => {}
            }
        }
        if ends != 1 {
            let help = Some("write `for: 5s` (virtual time passes) or `until: fence` (none does)".to_owned());
            self.wrong(target.at, "wrong_none", "`none` needs one end", "until when?", help);
        }
        Some(StepAct::None(quiet))
    }

    fn events(&mut self, node: &Node) -> Vec<EventMatch> {
        let items = self.items(node, "a list of callbacks", false);
        if items.is_empty() && matches!(node.data, Data::List(_)) {
            self.wrong(node.at, "wrong_expect", "an empty list of callbacks expects nothing", "here", None);
        }
        items.iter().filter_map(|item| self.event(item)).collect()
    }

    fn event(&mut self, node: &Node) -> Option<EventMatch> {
        let (name, at, args): (&str, Place, Option<&Node>) = match &node.data {
            Data::Scalar { text, .. } if !node.is_null() => (text, node.at, None),
            Data::Map(entries) if entries.len() == 1 => {
                (&entries[0].key.value, entries[0].key.at, Some(&entries[0].value))
            }
            _ => {
                self.expected(node, "a callback: `onConnected`, or `onConnected: {code: 0}`");
                return None;
            }
        };
        let known = api().events.get(name);
        if known.is_none() {
            self.unknown_api_name(at, "callback", name, api().events.keys());
        }
        let mut event = EventMatch {
            at,
            name: name.to_owned(),
            args: IndexMap::new(),
            times: Times::ONCE,
            time: None,
            save_as: None,
        };
        let entries: &[Entry] = match args.map(|node| (node, &node.data)) {
            None => &[],
            Some((_, Data::Map(entries))) => entries,
            Some((node, _)) if node.is_null() => &[],
            Some((node, _)) => {
                self.expected(node, "the callback's arguments: a mapping");
                &[]
            }
        };
        // First, because sequences among the arguments run along them.
        if let Some(times) = args.and_then(|args| args.get("times")) {
            event.times = self.times(times);
        }
        for entry in entries {
            match entry.key.value.as_str() {
                "times" => {}
                "at" => {
                    self.typed(&entry.value, "number", Role::Expected);
                    event.time = Some(self.matcher(&entry.value));
                }
                "save_as" => event.save_as = self.new_name(&entry.value),
                arg => {
                    if let Some(known) = known.filter(|_| arg != LISTENER) {
                        match known.params.get(arg) {
                            Some(param) => self.typed(&entry.value, param.name(), Role::Expected),
                            None => {
                                let what = format!("argument of {name}:");
                                let names = known.params.keys().map(String::as_str);
                                let names = names.chain(EVENT_KEYS.iter().copied());
                                self.unknown(entry.key.at, "unknown_parameter", &what, arg, names);
                            }
                        }
                    }
                    let matcher = self.matcher(&entry.value);
                    self.check_sequence(&matcher, event.times, entry);
                    event.args.insert(arg.to_owned(), matcher);
                }
            }
        }
        Some(event)
    }

    /// `199..0` needs `times: 200`: otherwise one of the two numbers is a slip.
    fn check_sequence(&mut self, matcher: &Matcher, times: Times, entry: &Entry) {
        let Matcher::Sequence { from, to } = matcher else { return };
        let steps = from.abs_diff(*to) + 1;
        if times.most.map(u64::from) != Some(steps) || times.least != times.most.unwrap_or_default() {
            let message = format!("`{from}..{to}` runs over {steps} events");
            let help = Some(format!("add `times: {steps}`"));
            self.wrong(entry.value.at, "wrong_sequence", message, "here", help);
        }
    }

    /// `3`, `at_least: 1`, `[1, 3]`
    fn times(&mut self, node: &Node) -> Times {
        let what = "how often: a number, `[least, most]` or `{at_least: 1}`";
        match &node.data {
            Data::List(items) => match items.as_slice() {
                [least, most] => {
                    Times { least: self.count(least, what).unwrap_or_default(), most: self.count(most, what) }
                }
                _ => {
                    self.expected(node, what);
                    Times::ONCE
                }
            },
            Data::Map(_) => {
                let mut times = Times { least: 0, most: None };
                for entry in self.entries(node, "`times`", &["at_least", "at_most"]) {
                    let count = self.count(&entry.value, what);
                    match entry.key.value.as_str() {
                        "at_least" => times.least = count.unwrap_or_default(),
                        _ => times.most = count,
                    }
                }
                times
            }
            Data::Scalar { .. } => {
                let count = self.count(node, what).unwrap_or(1);
                Times { least: count, most: Some(count) }
            }
        }
    }
}
