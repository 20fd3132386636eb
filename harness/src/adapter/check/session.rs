//! A conversation with an adapter in which every message is held against the schema.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{
    super::process::{Adapter, REPLY_LIMIT, Wait},
    SCHEMA,
};
use crate::runner::CaseLimit;

/// A running adapter under check.
#[derive(Debug)]
pub(super) struct Session {
    adapter: Adapter,
    platform: Option<String>,
    /// Its client has a clock of its own: it is asked for no ticks and no fences.
    real: bool,
    next_id: u64,
    /// The last number of an event, by client.
    events: std::collections::BTreeMap<String, u64>,
}

impl Session {
    pub(super) fn new(adapter: Adapter, hello: &Value) -> Self {
        let platform = hello["platforms"][0].as_str().map(str::to_owned);
        let real = hello["clock"] == "real";
        Self { adapter, platform, real, next_id: 0, events: std::collections::BTreeMap::new() }
    }

    /// What a client of it can be.
    pub(super) fn platform(&self) -> Option<String> {
        self.platform.clone()
    }

    /// Whether its client is in real time.
    pub(super) fn is_real(&self) -> bool {
        self.real
    }

    /// Asks what every adapter answers, without waiting for the reply; gives the request's id.
    pub(super) fn ask_anything(&mut self) -> Result<u64, String> {
        if self.real { self.ask("frobnicate", json!({})) } else { self.ask("fence", json!({})) }
    }

    /// Whether it answers what every adapter answers.
    pub(super) fn answers(&mut self) -> Result<(), String> {
        let (kind, wanted) = if self.real { ("frobnicate", "unsupported") } else { ("fence", "fenced") };
        self.expect(kind, json!({}), wanted).map(|_| ())
    }

    /// Whether nothing has been asked of it yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.next_id == 0
    }

    /// Writes a line as it is.
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        self.adapter.write_line(line).map_err(|fault| fault.0)
    }

    /// Asks without waiting for the reply; gives the request's id.
    pub(super) fn ask(&mut self, kind: &str, body: Value) -> Result<u64, String> {
        self.next_id += 1;
        self.line(&json!({"id": self.next_id, kind: body}).to_string())?;
        Ok(self.next_id)
    }

    /// The next reply. Events and logs before it are looked at.
    pub(super) fn reply(&mut self) -> Result<Value, String> {
        let (what, case) = (format!("request {}", self.next_id), CaseLimit::default());
        let wait = Wait::new(what, REPLY_LIMIT, &case);
        loop {
            let message = self.adapter.next(&wait).map_err(|fault| fault.0)?;
            let wrong = problems("fromAdapter", &message);
            if !wrong.is_empty() {
                return Err(format!("{} does not fit the schema: {}", shown(&message), wrong.join("; ")));
            }
            if let Some(event) = message.get("event") {
                self.numbered(event)?;
            } else if message.get("log").is_none() {
                return Ok(message);
            }
        }
    }

    fn numbered(&mut self, event: &Value) -> Result<(), String> {
        let client = event["client"].as_str().unwrap_or_default().to_owned();
        let last = self.events.entry(client).or_default();
        *last += 1;
        if event["n"] == *last { Ok(()) } else { Err(format!("event {last} is missing: {}", shown(event))) }
    }

    /// Asks and wants a reply of that kind; gives what it holds.
    pub(super) fn expect(&mut self, kind: &str, body: Value, wanted: &str) -> Result<Value, String> {
        let id = self.ask(kind, body)?;
        let reply = self.reply()?;
        if reply["id"] != id {
            return Err(format!("request {id} (`{kind}`) was answered by {}", shown(&reply)));
        }
        if kind == "create" || kind == "destroy" {
            self.events.clear();
        }
        reply
            .get(wanted)
            .cloned()
            .ok_or_else(|| format!("`{kind}` was answered by {} and not by `{wanted}`", shown(&reply)))
    }

    /// Whether it leaves in time and in peace.
    pub(super) fn left(&mut self) -> Result<(), String> {
        match self.adapter.end() {
            Some(left) if left.in_peace => Ok(()),
            Some(left) => Err(format!("it ended with {}", left.how)),
            None => Err("it is still there 3 s later, and was ended".to_owned()),
        }
    }
}

/// A message, short enough for a line.
fn shown(message: &Value) -> String {
    const MOST: usize = 200;
    let text = message.to_string();
    if text.chars().count() <= MOST {
        text
    } else {
        format!("{}…", text.chars().take(MOST).collect::<String>())
    }
}

/// What a message has against the schema; nothing: it fits.
pub(super) fn problems(direction: &str, message: &Value) -> Vec<String> {
    static VALIDATORS: OnceLock<Result<[(&str, Validator); 2], String>> = OnceLock::new();
    let validators = VALIDATORS.get_or_init(|| {
        let schema: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
        let of = |direction: &str| {
            let mut schema = schema.clone();
            schema["oneOf"] = json!([{"$ref": format!("#/$defs/{direction}")}]);
            jsonschema::validator_for(&schema).map_err(|error| error.to_string())
        };
        Ok([("toAdapter", of("toAdapter")?), ("fromAdapter", of("fromAdapter")?)])
    });
    match validators {
        Ok(validators) => validators
            .iter()
            .filter(|(name, _)| *name == direction)
            .filter(|(_, validator)| !validator.is_valid(message))
            .map(|_| nearest_kind(direction, message))
            .collect(),
        Err(error) => vec![format!("the schema itself is wrong: {error}")],
    }
}

/// Names the kind of a message and what it lacks: `oneOf` alone says only that none fits.
fn nearest_kind(direction: &str, message: &Value) -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    let kinds = schema["$defs"][direction]["oneOf"].as_array().cloned().unwrap_or_default();
    let named = |kind: &&Value| {
        let required = kind["required"].as_array().map_or(&[][..], Vec::as_slice);
        required
            .iter()
            .filter_map(Value::as_str)
            .filter(|key| *key != "id")
            .all(|key| message.get(key).is_some())
    };
    let Some(kind) = kinds.iter().find(named) else { return "no such kind of message".to_owned() };
    let mut alone = kind.clone();
    alone["$defs"] = schema["$defs"].clone();
    let Ok(validator) = jsonschema::validator_for(&alone) else {
        return "no such kind of message".to_owned();
    };
    let errors: Vec<String> =
        validator.iter_errors(message).map(|error| format!("{}: {error}", error.instance_path())).collect();
    errors.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_does_not_fit_is_told_where() {
        assert_eq!(problems("fromAdapter", &json!({"id": 1, "result": {"code": 0}})), Vec::<String>::new());
        let wrong = problems("fromAdapter", &json!({"id": 1, "ticked": {"to": -1, "next": null}}));
        assert!(wrong.join("").contains("/ticked/to"), "{wrong:?}");
        assert_eq!(problems("fromAdapter", &json!({"id": 1, "tock": {}})), ["no such kind of message"]);
    }
}
