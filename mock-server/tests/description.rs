//! The control API's description against the server: its examples are accepted, and answers are what it says.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use mock_server::Server;
use serde_json::{Value, json};
use support::{Web, control, http, server};

const APP: &str = "/apps/{appKey}";

fn description(server: &Server) -> Value {
    control(server, "GET", "/openapi.json", "").1
}

/// A call's example bodies by kind of body and name.
fn examples(description: &Value, path: &str, method: &str) -> Vec<(String, String)> {
    let content = description["paths"][path][method]["requestBody"]["content"].as_object().unwrap();
    let all = content.iter().flat_map(|(kind, body)| {
        let examples = body["examples"].as_object().unwrap_or_else(|| panic!("{path} {kind} has no example"));
        examples.iter().map(move |(name, example)| {
            let value = &example["value"];
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (format!("{method} {path} {kind} {name}"), text)
        })
    });
    all.collect()
}

#[test]
fn every_example_is_accepted() {
    let server = server();
    let description = description(&server);
    let mut sent = 0;
    let mut send = |path: &str, method: &str, app: &str| {
        for (name, body) in examples(&description, path, method) {
            let at = path.replace("{appKey}", app);
            let (status, answer) = control(&server, &method.to_uppercase(), &at, &body);
            assert!(matches!(status, 200 | 201), "{name}: {status} {answer}");
            sent += 1;
        }
    };
    // The last one stays, with the users and rooms that the others name.
    send(APP, "put", "example");
    for below in ["/act", "/faults", "/clock/advance", "/await"] {
        send(&format!("{APP}{below}"), "post", "example");
    }
    let bodies = description["paths"].as_object().unwrap().values();
    let bodies = bodies.flat_map(|calls| calls.as_object().unwrap().values());
    assert_eq!(bodies.filter(|call| call["requestBody"].is_object()).count(), 5, "each is sent above");
    assert!(sent > 30, "{sent}");
}

/// What an answer has that its schema does not say, or the other way round.
fn wrong(description: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(to) = schema["$ref"].as_str() {
        return wrong(description, description.pointer(&to[1..]).unwrap(), value, at);
    }
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            let known = schema["properties"].as_object();
            for (name, value) in fields {
                match known.and_then(|known| known.get(name)) {
                    Some(schema) => found.extend(wrong(description, schema, value, &format!("{at}.{name}"))),
                    None if known.is_none() || schema["additionalProperties"] == true => {}
                    None => found.push(format!("{at}.{name} is not described")),
                }
            }
            let required = schema["required"].as_array().into_iter().flatten();
            let missing = required.filter(|name| !fields.contains_key(name.as_str().unwrap()));
            found.extend(missing.map(|name| format!("{at} has no {name}")));
        }
        Value::Array(items) => {
            found.extend(items.iter().flat_map(|item| wrong(description, &schema["items"], item, at)));
        }
        _ => {}
    }
    let kind = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::Null => "null",
    };
    let types = &schema["type"];
    let fits = types.is_null() || types == kind || types.as_array().is_some_and(|t| t.contains(&json!(kind)));
    if !fits {
        found.push(format!("{at} is {kind}, not {types}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at} is {value}, which is none of {}", schema["enum"]));
    }
    found
}

#[test]
fn answers_are_as_described() {
    let server = server();
    let description = description(&server);
    let mut web = Web::login(&server, "u1");
    web.ping();
    let at = "/apps/mock-app-key";
    control(&server, "POST", &format!("{at}/act"), r#"{"kick": {"user": "u2"}}"#);
    control(&server, "POST", &format!("{at}/faults"), r#"{"on": {"user": "u1"}, "effect": {"delayMs": 1}}"#);
    let mut looked_at = 0;
    for (path, calls) in description["paths"].as_object().unwrap() {
        // Neither of the two answers with JSON.
        if !calls["get"].is_object() || path.ends_with("/stream") || path.ends_with("/recording") {
            continue;
        }
        let target =
            path.replace("{appKey}", "mock-app-key").replace("{kind}", "users").replace("{id}", "u1");
        let (status, answer) = control(&server, "GET", &target, "");
        assert_eq!(status, 200, "{path}");
        let schema = &calls["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(wrong(&description, schema, &answer, path), [""; 0]);
        looked_at += 1;
    }
    assert!(looked_at >= 9, "{looked_at}");
    let (status, error) = control(&server, "GET", "/nowhere", "");
    assert_eq!(status, 404);
    assert_eq!(wrong(&description, &description["components"]["schemas"]["Error"], &error, "error"), [""; 0]);
}

#[test]
fn every_kind_of_state_is_answered_and_unknown_ones_name_the_nearest() {
    let server = server();
    let description = description(&server);
    let kinds = description["components"]["schemas"]["StateKind"]["enum"].as_array().unwrap().clone();
    let (_, whole) = control(&server, "GET", "/apps/mock-app-key/state", "");
    for kind in &kinds {
        let kind = kind.as_str().unwrap();
        assert_eq!(
            control(&server, "GET", &format!("/apps/mock-app-key/state/{kind}"), "").1,
            whole[kind],
            "{kind}"
        );
    }
    assert_eq!(whole.as_object().unwrap().len(), kinds.len());
    let (status, answer) = control(&server, "GET", "/apps/mock-app-key/state/swiches", "");
    assert_eq!(status, 404);
    assert!(answer["error"]["message"].as_str().unwrap().contains("did you mean `switches`?"), "{answer}");
}

#[test]
fn bugs_limits_and_switches_are_listed_with_their_meaning() {
    let server = server();
    let act = r#"{"misbehave": {"bug": "no_kick", "on": true}}"#;
    assert_eq!(control(&server, "POST", "/apps/mock-app-key/act", act).0, 200);
    let state = |what: &str| control(&server, "GET", &format!("/apps/mock-app-key/state/{what}"), "").1;
    let bugs = state("bugs");
    for (name, bug) in bugs.as_object().unwrap() {
        assert_eq!(bug["on"], name == "no_kick", "{name}");
        assert!(bug["meaning"].as_str().unwrap().ends_with('.'), "{name}: {bug}");
    }
    assert_eq!(state("bugs/no_kick")["on"], true);
    let limits = state("limits");
    assert_eq!(limits["sendPerSecond"]["value"], 5);
    for (name, limit) in limits.as_object().unwrap() {
        assert!(limit["meaning"].as_str().is_some_and(|text| text.len() > 10), "{name}: {limit}");
    }
    assert_eq!(state("switches/roamingHistory")["value"], false);
}

#[test]
fn armed_faults_are_listed_with_what_they_did() {
    let server = server();
    let faults = || control(&server, "GET", "/apps/mock-app-key/faults", "").1["faults"].clone();
    assert_eq!(faults(), json!([]));
    let ping = r#"{"on": {"user": "u1", "kind": "ping", "nth": 2}, "effect": "duplicate"}"#;
    let (_, armed) = control(&server, "POST", "/apps/mock-app-key/faults", ping);
    let mut web = Web::login(&server, "u1");
    web.ping();
    let row = faults()[0].clone();
    assert_eq!((&row["id"], &row["seen"], &row["fired"]), (&armed["id"], &json!(1), &json!(0)));
    assert_eq!(
        (&row["on"]["kind"], &row["effect"], &row["spent"]),
        (&json!("ping"), &json!("duplicate"), &json!(false))
    );
    web.ping();
    let row = faults()[0].clone();
    assert_eq!((&row["seen"], &row["fired"], &row["spent"]), (&json!(2), &json!(1), &json!(true)));
    assert_eq!(control(&server, "DELETE", &format!("/apps/mock-app-key/faults/{}", armed["id"]), "").0, 200);
    assert_eq!(faults(), json!([]));
}

#[test]
fn queries_and_bodies_say_nothing_unknown_and_nothing_twice() {
    let server = server();
    let app = "/apps/mock-app-key";
    let wrong = [
        ("GET", format!("{app}/journal?afer=1"), "", "did you mean `after`?"),
        ("GET", format!("{app}/journal?limit=1&limit=2"), "", "stands there twice"),
        ("GET", format!("{app}/journal/stream?limit=1"), "", "unknown key `limit`"),
        ("GET", format!("{app}/state?kind=users"), "", "this call has no query"),
        ("PUT", format!("{app}?sed=1"), "{}", "did you mean `seed`?"),
        ("DELETE", format!("{app}?really=1"), "", "this call has no query"),
        ("PUT", app.to_owned(), "usrs: [a]\n", "did you mean `users`?"),
        ("PUT", app.to_owned(), "switches: {roamingHistry: true}\n", "did you mean `roamingHistory`?"),
        ("PUT", app.to_owned(), "limits: {sendPerSecnd: 1}\n", "did you mean `sendPerSecond`?"),
        ("PUT", app.to_owned(), "preset: everthing\n", "did you mean `everything`?"),
        ("PUT", app.to_owned(), r#"{"groups": {"g": ["a"], "g": ["b"]}}"#, "g"),
        ("PUT", app.to_owned(), r#"{"limits": {"package": 1, "package": 2}}"#, "package"),
        ("POST", format!("{app}/act"), r#"{"kik": {"user": "u1"}}"#, "did you mean `kick`?"),
        (
            "POST",
            format!("{app}/act"),
            r#"{"kick": {"user": "u1", "platfrm": "Web"}}"#,
            "did you mean `platform`?",
        ),
        (
            "POST",
            format!("{app}/act"),
            r#"{"kick": {"user": "u1"}, "ban": {"user": "u1", "minutes": 1}}"#,
            "",
        ),
        ("POST", format!("{app}/act"), r#"{"kick": {"user": "u1", "user": "u2"}}"#, "stands there twice"),
        ("POST", format!("{app}/act"), r#"{"clearFaults": {"all": true}}"#, "all"),
        (
            "POST",
            format!("{app}/faults"),
            r#"{"on": {"knd": "ping"}, "effect": "drop"}"#,
            "did you mean `kind`?",
        ),
        ("POST", format!("{app}/faults"), r#"{"effect": "drp"}"#, "did you mean `drop`?"),
        ("POST", format!("{app}/clock/advance"), r#"{"ms": 1, "ms": 2}"#, "stands there twice"),
        ("POST", format!("{app}/await"), r#"{"match": {"a": 1, "a": 2}}"#, "the key `a` stands there twice"),
        ("POST", format!("{app}/await"), r#"{"match": {}, "timeoutMS": 1}"#, "did you mean `timeoutMs`?"),
    ];
    for (method, path, body, hint) in wrong {
        let (status, answer) = control(&server, method, &path, body);
        assert_eq!(
            (status, answer["error"]["code"].as_str()),
            (400, Some("invalid")),
            "{method} {path} {body}"
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(hint), "{method} {path} {body}: {message}");
    }
    assert_eq!(control(&server, "GET", app, "").0, 200, "it is still there");
    assert_eq!(
        http(&server, "GET", "/control/v1/apps/mock-app-key/journal?after=0&limit=5", &[], "").status,
        200
    );
}

#[test]
fn a_mistake_in_switches_has_its_own_place() {
    let server = server();
    let setup = "users: [a]\nswitches:\n  roamingHistory: true\n  ultraGrup: true\n";
    let (_, answer) = control(&server, "PUT", "/apps/new", setup);
    assert_eq!(answer["error"]["at"], "4:3", "{answer}");
}
