//! The vendor's server SDKs, unmodified and installed by name, against our Server API; what they do reaches a client.
//!
//! Needs Node.js with npm, and Python 3 with pip.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use mock_server::{Config, Server};
use prost::Message;
use serde_json::{Value, json};
use support::{APP, Web, control};
use wire::{
    ClientFrame, Request, ServerFrame, Topic,
    body::{DownStreamMessages, SyncRequestMsg},
};

const SECRET: &str = "mock-secret";

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server-sdks").join(language)
}

/// Runs an installer in a folder unless its stamp says that this list of packages is there already.
fn install(folder: &Path, list: &str, into: &str, program: &str, args: &[&str]) {
    let wanted = fs::read(folder.join(list)).unwrap();
    let stamp = folder.join(into).join(".installed");
    if fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return;
    }
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    assert!(
        output.status.success(),
        "{program} {args:?} in {}:\n{}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    fs::write(stamp, wanted).unwrap();
}

/// Runs the script; gives the answers by the names of the calls.
fn answers(server: &Server, mut command: Command) -> BTreeMap<String, Value> {
    let output = command.args([&server.addresses().server_api, APP, SECRET]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["call"].as_str().unwrap().to_owned(), line["answer"].clone())
        })
        .collect()
}

/// What waits for a user: sender and text of each message.
fn waiting(server: &Server, user: &str) -> Vec<(String, String)> {
    let mut web = Web::login(server, user);
    let ask = SyncRequestMsg { sync_time: Some(0), ..Default::default() };
    let request = Request::new(Topic::PullMsg, user, 1, ask.encode_to_vec().into());
    web.send(&ClientFrame::Query(request));
    let ServerFrame::QueryAck { status: 0, body, .. } = web.read() else { panic!("no package") };
    let messages = DownStreamMessages::decode(body).unwrap().list;
    let read = |content: &[u8]| serde_json::from_slice::<Value>(content).unwrap();
    messages
        .into_iter()
        .map(|message| {
            let text = read(&message.content)["content"].as_str().unwrap().to_owned();
            (message.from_user_id, text)
        })
        .collect()
}

/// One field of each element of a list.
fn ids<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|element| element[field].as_str().unwrap()).collect()
}

/// Every call was taken, and the world is as the calls say.
fn assert_taken(server: &Server, answers: &BTreeMap<String, Value>, text: &str) {
    for (call, answer) in answers {
        assert_eq!(answer["code"], 200, "{call}: {answer}");
    }
    assert!(answers["register alice"]["token"].as_str().unwrap().contains('@'));
    assert_eq!(answers["online bob"]["status"], "0");
    assert_eq!(answers["blocked"]["users"][0]["userId"], "bob");
    assert_eq!(answers["private"]["messageUIDs"][0]["userId"], "alice");

    let (_, bob) = control(server, "GET", &format!("/apps/{APP}/state/users/bob"), "");
    assert_eq!((&bob["name"], &bob["bannedUntil"]), (&json!("Robert"), &Value::Null));
    let (_, alice) = control(server, "GET", &format!("/apps/{APP}/state/users/alice"), "");
    assert_eq!((&alice["blacklist"], &alice["whitelist"]), (&json!([]), &json!([])));

    let pair = |from: &str, text: &str| (from.to_owned(), text.to_owned());
    assert_eq!(
        waiting(server, "alice"),
        [pair("bob", text), pair("office", "to both"), pair("bob", "to the team")]
    );
    assert_eq!(waiting(server, "bob"), [pair("office", "to both")]);
    assert_eq!(waiting(server, "carol"), []);
}

#[test]
fn the_node_sdk_works() {
    let folder = folder("node");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    install(&folder, "package-lock.json", "node_modules", npm, &args);
    let server = Server::start(Config::default()).unwrap();
    let mut node = Command::new("node");
    node.arg("calls.js").current_dir(&folder);
    let answers = answers(&server, node);
    assert_eq!(answers["blacklist of alice"]["users"], json!([{"id": "bob"}]));
    // This SDK gives its lists names of its own.
    assert_eq!(ids(&answers["members"]["members"], "id"), ["alice", "bob", "carol"]);
    assert_eq!(ids(&answers["muted"]["members"], "id"), ["carol"]);
    assert_taken(&server, &answers, "from the Node SDK & 爱");
}

#[test]
fn the_python_sdk_works() {
    let folder = folder("python");
    let args = ["-m", "pip", "install", "--quiet", "--target", "packages", "-r", "requirements.txt"];
    install(&folder, "requirements.txt", "packages", "python3", &args);
    let server = Server::start(Config::default()).unwrap();
    let mut python = Command::new("python3");
    python
        .arg("calls.py")
        .current_dir(&folder)
        .env("PYTHONPATH", "packages")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let answers = answers(&server, python);
    assert_eq!(answers["query bob"]["userName"], "Robert");
    assert_eq!(ids(&answers["members"]["users"], "id"), ["alice", "bob", "carol"]);
    assert_eq!(ids(&answers["muted"]["users"], "userId"), ["carol"]);
    assert_eq!(answers["whitelist of alice"]["users"], json!(["bob"]));
    assert_taken(&server, &answers, "from the Python SDK");
}
