//! Templates of adapters speak the protocol: what they name is in its schema, the transcripts fit it, and those that can be run
//! here have the conversation of a transcript.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use harness::{
    adapter::{
        self,
        check::{Found, check},
    },
    catalogue::api,
};
use mock_server::{Config, Server};
use regex::Regex;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters/template")
}

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join("../protocol.schema.json")).unwrap()).unwrap()
}

/// A schema of what one side says.
fn side(name: &str) -> jsonschema::Validator {
    let defs = schema()["$defs"].clone();
    jsonschema::validator_for(&json!({"$defs": defs, "$ref": format!("#/$defs/{name}")})).unwrap()
}

/// Every name that the schema gives to a message, a field or a value.
fn names(schema: &Value, into: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == "properties" {
                    into.extend(value.as_object().unwrap().keys().cloned());
                }
                names(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        Value::String(text) => drop(into.insert(text.clone())),
        _ => {}
    }
}

const IN_REAL_TIME: [&str; 4] = ["Adapter.kt", "Adapter.swift", "adapter.dart", "real_time.py"];

/// What a template says in quotes is a name of the protocol, of the engine's API, or a capability.
#[test]
fn templates_name_nothing_that_the_protocol_does_not_have() {
    let mut known = BTreeSet::new();
    names(&schema(), &mut known);
    known.extend(harness::scenario::NEEDS.iter().map(|need| (*need).to_owned()));
    known.extend(harness::scenario::PLATFORMS.iter().map(|platform| (*platform).to_owned()));
    for (name, method) in &api().methods {
        known.insert(name.clone());
        known.extend(method.params.keys().cloned());
    }
    for (name, event) in &api().events {
        known.insert(name.clone());
        known.extend(event.params.keys().cloned());
    }
    // Of `options`, and levels of logs, which the schema leaves open.
    known.extend(["naviServer", "warn"].map(str::to_owned));
    let quoted = Regex::new(r#"["']([A-Za-z]+)["']"#).unwrap();
    for file in ["Adapter.kt", "Adapter.swift", "adapter.dart", "adapter.mjs"] {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        let strange: Vec<&str> = quoted
            .captures_iter(&text)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|name| !known.contains(*name))
            .collect();
        assert!(strange.is_empty(), "{file} says {strange:?}");
    }
    let messages =
        ["hello", "create", "call", "destroy", "reset", "bye", "result", "unsupported", "event", "resetDone"];
    for file in IN_REAL_TIME {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        assert!(text.lines().count() < 200, "{file} is longer than a template should be");
        for message in messages {
            let said = [format!("\"{message}\""), format!("'{message}'")];
            assert!(said.iter().any(|said| text.contains(said)), "{file} does not know `{message}`");
        }
    }
}

/// Lines of a transcript: whether the harness says it, and what.
fn transcript(name: &str) -> Vec<(bool, Value)> {
    fs::read_to_string(folder().join(name))
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (who, message) = line.split_once(' ').unwrap();
            assert!(matches!(who, ">" | "<"), "{name}: {line}");
            (who == ">", serde_json::from_str(message).unwrap())
        })
        .collect()
}

#[test]
fn transcripts_fit_the_schema_and_answer_every_request_once_and_in_order() {
    let (to, from) = (side("toAdapter"), side("fromAdapter"));
    for name in ["transcript.txt", "transcript-virtual.txt"] {
        let (mut asked, mut answered, mut told) = (Vec::new(), Vec::new(), 0);
        for (by_harness, message) in transcript(name) {
            // `sing` is what an adapter must answer although nobody knows it.
            let fits = if by_harness { &to } else { &from };
            assert!(message["sing"].is_object() || fits.is_valid(&message), "{name}: {message}");
            match (by_harness, message["id"].as_u64()) {
                (true, Some(id)) if message["bye"].is_null() => asked.push(id),
                (false, Some(id)) if id > 0 => answered.push(id),
                _ => {}
            }
            if let Some(n) = message["event"]["n"].as_u64() {
                told += 1;
                assert_eq!(n, told, "{name}");
            }
        }
        assert_eq!(asked, answered, "{name}");
        assert!(told >= 4, "{name}: {told} callbacks");
    }
}

/// Has the conversation in real time with an adapter, over a server of its own.
fn replayed(adapter: &[&str]) -> Output {
    let server = Server::start(Config::default()).unwrap();
    let there = format!("http://{}", server.listens());
    Command::new("python3")
        .args(["replay.py", "--server", &there, "transcript.txt"])
        .args(adapter)
        .current_dir(folder())
        .output()
        .unwrap()
}

#[test]
fn a_client_in_real_time_has_the_conversation_of_the_transcript() {
    let output = replayed(&["python3", "real_time.py"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("as in the transcript: 13 messages"), "{output:?}");
}

#[test]
fn an_empty_template_has_it_without_what_it_does_not_map() {
    let output = replayed(&["node", "adapter.mjs"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("as in the transcript: 9 messages"), "{output:?}");
}

#[test]
fn a_replay_tells_of_an_adapter_that_says_something_else() {
    let stubborn = "import sys\nfor line in sys.stdin: print('{\"id\": 99, \"result\": {}}', flush=True)";
    let output = replayed(&["python3", "-c", stubborn]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("not as in the transcript: result to 99; awaited: hello"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

/// Kotlin's compiler and `org.json` are packages of Debian (`kotlin`, `libandroid-json-java`); where they are not, this proves
/// nothing and says so.
#[test]
fn the_kotlin_template_compiles_and_keeps_to_the_protocol() {
    let json = Path::new("/usr/share/java/com.android.json.jar");
    let library = Path::new("/usr/share/kotlin/kotlinc/lib/kotlin-stdlib.jar");
    let compiler = Command::new("kotlinc").arg("-version").output();
    if compiler.is_err() || !json.exists() || !library.exists() {
        println!("not compiled: `apt-get install kotlin libandroid-json-java` brings what it takes");
        return;
    }
    let made = tempfile::tempdir().unwrap();
    let jar = made.path().join("adapter.jar");
    let compiled = Command::new("kotlinc")
        .arg("-cp")
        .arg(json)
        .arg("-d")
        .arg(&jar)
        .arg(folder().join("Adapter.kt"))
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let path = format!("{}:{}:{}", jar.display(), json.display(), library.display());
    let args = vec!["-cp".to_owned(), path, "AdapterKt".to_owned()];
    let command = adapter::Command { name: "kotlin".to_owned(), program: "java".to_owned(), args };
    let checks = check(&command).unwrap();
    let bad: Vec<_> = checks.iter().filter(|check| matches!(check.found, Found::Bad(_))).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let good = checks.iter().filter(|check| check.found == Found::Good).count();
    assert!(good >= 12, "{checks:?}");
}
