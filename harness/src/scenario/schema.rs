//! The JSON Schema of the scenario format, for editors: what they complete and check as an author types.
//!
//! It says what keys there are and what kinds of values they take; what only the whole file can tell (names that are
//! used before they are defined, users that do not exist) is the reader's business.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};
use service::{act::Act, setup::WorldSetup};

use super::{NEEDS, PLATFORMS, read::names, step::NetworkChange};
use crate::catalogue::{api, catalogue};

/// The schema.
#[must_use]
pub fn schema() -> Json {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let world = generator.subschema_for::<WorldSetup>().to_value();
    let act = generator.subschema_for::<Act>().to_value();
    let mut definitions = Map::new();
    for (name, mut definition) in generator.take_definitions(true) {
        allow_references(&mut definition);
        definitions.insert(name, definition);
    }
    definitions.extend(own_definitions(act));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": "A scenario of the conformance harness; scenarios/README.md explains the vocabulary.",
        "type": "object",
        "required": ["scenario", "steps"],
        "additionalProperties": false,
        "properties": {
            "scenario": described("string", "The sentence it proves."),
            "covers": list_of(json!({"enum": catalogue().ids().collect::<Vec<_>>()}), "Requirement ids."),
            "why": described("string", "Why it exists."),
            "breaks_when": list_of(json!({"type": "string"}), "Named bugs that it must notice, of the service or the client (`client:NAME`), or sentences."),
            "needs": list_of(json!({"enum": NEEDS}), "What a client must be able to do."),
            "matrix": {
                "description": "Axes and their values; `${axis}` stands for the value.",
                "type": "object", "additionalProperties": {"anyOf": [
                    {"type": "array", "minItems": 1},
                    {
                        "description": "Every pair of these, the earlier as `over`, the later as `under`.",
                        "type": "object", "required": ["pairs_of_chain"], "additionalProperties": false,
                        "properties": {"pairs_of_chain": {"type": "array", "minItems": 2}},
                    },
                ]},
            },
            "service": world.clone(),
            "worlds": {"type": "object", "additionalProperties": world},
            "clients": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Client"}},
            "steps": {"$ref": "#/$defs/Steps"},
        },
        "$defs": definitions,
    })
}

fn described(kind: &str, description: &str) -> Json {
    json!({"type": kind, "description": description})
}

fn list_of(item: Json, description: &str) -> Json {
    json!({"description": description, "anyOf": [item.clone(), {"type": "array", "items": item}]})
}

/// One of a few words, or what stands for it (`${axis}`).
fn word<'a>(words: impl IntoIterator<Item = &'a str>) -> Json {
    let words: Vec<&str> = words.into_iter().collect();
    json!({"anyOf": [{"enum": words}, {"$ref": "#/$defs/Reference"}]})
}

/// Lets `$name` and `${axis}` stand for any property that is no text anyway.
fn allow_references(definition: &mut Json) {
    match definition {
        Json::Object(map) => {
            let or_reference = |schema: &mut Json| {
                allow_references(schema);
                let inner = schema.take();
                *schema = json!({"anyOf": [inner, {"$ref": "#/$defs/Reference"}]});
            };
            for (key, value) in map.iter_mut() {
                match (key.as_str(), value) {
                    ("properties", Json::Object(properties)) => {
                        properties.values_mut().for_each(or_reference)
                    }
                    // The values of a map.
                    ("additionalProperties", value @ Json::Object(_)) => or_reference(value),
                    (_, value) => allow_references(value),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(allow_references),
        _ => {}
    }
}

/// A step: its first key with its own schema, and the keys that may stand beside it.
fn step(kind: &str, own: Json, description: &str, beside: Json) -> Json {
    let mut properties = Map::new();
    properties.insert(kind.to_owned(), own);
    if let Json::Object(beside) = beside {
        properties.extend(beside);
    }
    json!({
        "description": description, "type": "object", "required": [kind], "properties": properties,
        "additionalProperties": false,
    })
}

fn own_definitions(act: Json) -> Map<String, Json> {
    let text = || json!({"type": "string"});
    let duration = || json!({"$ref": "#/$defs/Duration"});
    let matcher = || json!({"$ref": "#/$defs/Matcher"});
    let values = || json!({"anyOf": [{"type": ["object", "null"]}, {"$ref": "#/$defs/Reference"}]});
    let name = || json!({"type": "string", "pattern": r"^\$"});
    let events = || json!({"type": "array", "items": {"$ref": "#/$defs/Event"}, "minItems": 1});
    let world = text();
    let changes = NetworkChange::ALL.iter().map(|(name, _)| *name);
    let steps = [
        step(
            "call",
            json!({"$ref": "#/$defs/Call"}),
            "Calls an engine method: `phone.connect`.",
            json!({
                "with": values(), "returns": matcher(), "refused": matcher(), "within": duration(), "save_as": name(),
            }),
        ),
        step(
            "expect",
            text(),
            "Callbacks that must come.",
            json!({
                "in_order": events(), "any_order": events(), "one_of": events(), "within": duration(),
            }),
        ),
        step(
            "none",
            text(),
            "Callbacks that must not come.",
            json!({
                "of": events(), "for": duration(), "until": {"const": "fence"},
            }),
        ),
        step(
            "advance",
            json!({"oneOf": [
                duration(),
                {"type": "object", "properties": {"service": duration()}, "required": ["service"],
                 "additionalProperties": false},
            ]}),
            "Time passes; with `service` for the service alone, where clients have a time of their own.",
            json!({}),
        ),
        step("service", act, "A server-side act.", json!({"world": world})),
        step(
            "api",
            object(
                &["path"],
                json!({
                    "method": text(), "path": text(), "query": values(), "headers": values(), "form": values(), "json": {},
                    "sign": word_or_bool(), "save_as": name(), "world": text(),
                    "expect": object(&[], json!({"status": matcher(), "json": matcher()})),
                }),
            ),
            "A Server API request.",
            json!({}),
        ),
        step(
            "network",
            object(&["client", "do"], json!({"client": text(), "do": word(changes)})),
            "Something happens to a client's network.",
            json!({}),
        ),
        step("background", text(), "The app goes to the background.", json!({})),
        step("foreground", text(), "The app comes back.", json!({})),
        step("restart", text(), "The app is killed and started.", json!({})),
        step("reinstall", text(), "The app starts anew with an empty store.", json!({})),
        step(
            "wire",
            text(),
            "A raw connection, by its name.",
            json!({
                "open": {}, "send_hex": text(), "send": {}, "expect": matcher(), "closed": {}, "close": {},
                "within": duration(), "world": text(),
            }),
        ),
        step(
            "parallel",
            json!({"$ref": "#/$defs/Steps"}),
            "Steps that start at the same instant.",
            json!({}),
        ),
        step(
            "repeat",
            json!({"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/Reference"}]}),
            "Steps so many times; `$i` counts from 1.",
            json!({"steps": {"$ref": "#/$defs/Steps"}}),
        ),
        step("include", text(), "The steps of a fragment.", json!({"with": values()})),
        step("let", json!({"type": "object"}), "Names for values.", json!({})),
        step("mark", text(), "A name for this instant.", json!({})),
        step(
            "state",
            object(
                &["kind", "expect"],
                json!({
                    "kind": word(names::states()), "id": {}, "expect": matcher(), "world": text(),
                }),
            ),
            "What the service must hold.",
            json!({}),
        ),
        step(
            "journal",
            object(
                &["of", "count"],
                json!({
                    "of": matcher(), "count": matcher(), "since": text(), "world": text(),
                }),
            ),
            "How many journal entries must match.",
            json!({}),
        ),
        step(
            "attempts",
            text(),
            "When a client tried to connect.",
            json!({
                "since": text(), "at": {"type": "array", "items": duration()}, "tolerance": duration(),
            }),
        ),
    ];
    let definitions = json!({
        "Reference": {"description": "`$name`, or `${axis}` of the matrix.", "type": "string", "pattern": r"\$"},
        "Duration": {
            "description": "`250ms`, `5s`, `1h 30m`, `7d`, `0`", "type": ["string", "integer"],
            "pattern": r"^\s*(0|([0-9][0-9._]*\s*(ms|s|m|h|d)\s*)+|.*\$\{.*)$", "maximum": 0,
        },
        "Matcher": {"description": "A value, or a matcher: any, absent, {range: …}, {regex: …}, {capture: $x} …"},
        "Client": object(&["user"], json!({
            "user": text(), "world": text(), "platform": word(PLATFORMS.iter().copied()),
            "options": {"anyOf": [
                object(&[], fields_of("EngineOptions")), {"$ref": "#/$defs/Reference"},
            ]},
            "keep_store": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/Reference"}]},
            "device": text(), "client": text(),
        })),
        "Call": {
            "type": "string",
            "pattern": format!(r"\.({}|\$\{{.*)$", api().methods.keys().cloned().chain(api().setters()).collect::<Vec<_>>().join("|")),
        },
        "Event": {"anyOf": [
            word(api().events.keys().map(String::as_str)),
            {
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "properties": api().events.iter().map(|(event, info)| {
                    let mut arguments: Map<String, Json> =
                        info.params.keys().map(|param| (param.clone(), matcher())).collect();
                    arguments.insert("times".to_owned(), json!({"type": ["integer", "array", "object", "string"]}));
                    arguments.insert("at".to_owned(), matcher());
                    arguments.insert("listener".to_owned(), matcher());
                    arguments.insert("save_as".to_owned(), name());
                    let arguments = json!({"anyOf": [
                        {"type": ["object", "null"], "properties": arguments, "additionalProperties": false},
                        {"$ref": "#/$defs/Reference"},
                    ]});
                    (event.clone(), arguments)
                }).collect::<Map<_, _>>(),
                "patternProperties": {r"\$\{": {}}, "additionalProperties": false,
            },
        ]},
        "Steps": {"type": "array", "items": {"anyOf": steps}, "minItems": 1},
    });
    match definitions {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn word_or_bool() -> Json {
    json!({"anyOf": [{"type": "boolean"}, {"const": "wrong"}, {"$ref": "#/$defs/Reference"}]})
}

fn object(required: &[&str], properties: Json) -> Json {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// The fields of a documented type, values unchecked.
fn fields_of(kind: &str) -> Json {
    let fields = api().fields(kind).unwrap_or_default();
    Json::Object(fields.keys().map(|field| ((*field).to_owned(), json!({}))).collect())
}
