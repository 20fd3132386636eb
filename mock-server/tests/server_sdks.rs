//! The vendor's server SDKs, unmodified and installed by name, against our Server API; what they do reaches a client.
//!
//! Needs Node.js with npm, and Python 3 with pip.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "server-sdks/rooms.rs"]
mod rooms;
mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use mock_server::{Clock, Config, Server};
use prost::Message;
use serde_json::{Value, json};
use support::{APP, Web, control};
use wire::{
    ClientFrame, Request, ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessage, DownStreamMessages, NotifyMsg, SyncRequestMsg},
};

const SECRET: &str = "mock-secret";

/// 2026-01-01T00:00:00Z, where the worlds' clocks stand.
const START: i64 = 1_767_225_600_000;

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server-sdks").join(language)
}

/// Runs an installer in a folder unless its stamp says that this list of packages is there already.
fn install(folder: &Path, list: &str, into: &str, program: &str, args: &[&str]) {
    /// Tests of one SDK run side by side and install it once.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
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

/// A script for the Node SDK.
fn node(script: &str) -> Command {
    let folder = folder("node");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    install(&folder, "package-lock.json", "node_modules", npm, &args);
    let mut node = Command::new("node");
    node.arg(script).current_dir(&folder);
    node
}

/// A script for the Python SDK.
fn python(script: &str) -> Command {
    let folder = folder("python");
    let args = ["-m", "pip", "install", "--quiet", "--target", "packages", "-r", "requirements.txt"];
    install(&folder, "requirements.txt", "packages", "python3", &args);
    let mut python = Command::new("python3");
    python.arg(script).current_dir(&folder).env("PYTHONPATH", "packages").env("PYTHONDONTWRITEBYTECODE", "1");
    python
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

/// A server whose clock stands, with a message of the hour before last in the log.
fn server() -> Server {
    let server = Server::start(Config::default()).unwrap();
    let setup = serde_json::from_value(json!({
        "start": START,
        "backlog": [{"from": "bob", "to": "dora", "text": "long ago", "ageMs": 7_000_000}],
        "switches": {"messageLog": true, "roamingHistory": true},
    }));
    server.put_world(APP, setup.unwrap(), 1, Clock::Manual(UnixMillis(START))).unwrap();
    server
}

/// One package of a user's mailbox.
fn pulled(web: &mut Web, user: &str) -> DownStreamMessages {
    let ask = SyncRequestMsg { sync_time: Some(0), ..Default::default() };
    let request = Request::new(Topic::PullMsg, user, 1, ask.encode_to_vec().into());
    web.send(&ClientFrame::Query(request));
    let ServerFrame::QueryAck { status: 0, body, .. } = web.read() else { panic!("no package") };
    web.send(&ClientFrame::QueryCon { id: 1 });
    DownStreamMessages::decode(body).unwrap()
}

/// A client that is connected and has nothing to catch up with: from now on everything is pushed to it.
fn listener(server: &Server, user: &str) -> Web {
    let mut web = Web::login(server, user);
    assert!(pulled(&mut web, user).list.is_empty());
    web.ping();
    server.advance_to(APP, UnixMillis(START + 2_000)).unwrap();
    web
}

/// A message in short: its conversation's type, its sender, and its text or what it recalls.
fn short(message: &DownStreamMessage) -> String {
    let content: Value = serde_json::from_slice(&message.content).unwrap();
    let text = match message.classname.as_str() {
        "RC:RcCmd" => format!("recall admin {} delete {}", content["isAdmin"], content["isDelete"]),
        _ => content["content"].as_str().unwrap().to_owned(),
    };
    format!("{} {}: {text}", message.r#type, message.from_user_id)
}

/// Everything that was pushed to a client until now, in order.
fn heard(web: &mut Web) -> Vec<String> {
    web.send(&ClientFrame::Ping);
    let mut heard = Vec::new();
    loop {
        match web.read() {
            ServerFrame::Pong => return heard,
            ServerFrame::Publish { topic: Topic::SMsg, body, .. } => {
                heard.push(short(&DownStreamMessage::decode(body).unwrap()));
            }
            ServerFrame::Publish { topic: Topic::SCmd, body, .. } => {
                heard.push(format!("changed {}", NotifyMsg::decode(body).unwrap().r#type));
            }
            frame => panic!("unexpected: {frame:?}"),
        }
    }
}

/// What waits for a user who was never connected.
fn waiting(server: &Server, user: &str) -> Vec<String> {
    pulled(&mut Web::login(server, user), user).list.iter().map(short).collect()
}

/// One field of each element of a list.
fn ids<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|element| element[field].as_str().unwrap()).collect()
}

/// Every call was taken or, where it has to be, refused; and the world is as the calls say.
fn assert_taken(server: &Server, answers: &BTreeMap<String, Value>) {
    for (call, answer) in answers {
        let refused = call.starts_with("refused: ");
        assert_eq!(answer["code"] == 200, !refused, "{call}: {answer}");
    }
    assert!(answers["register alice"]["token"].as_str().unwrap().contains('@'));
    assert_eq!(
        (&answers["online alice"]["status"], &answers["online bob"]["status"]),
        (&json!("1"), &json!("0"))
    );
    assert_eq!(answers["blocked"]["users"][0]["userId"], "bob");
    assert_eq!(answers["private"]["messageUIDs"][0]["userId"], "alice");
    assert_eq!(ids(&answers["template"]["messageUIDs"], "userId"), ["alice", "carol"]);
    assert_eq!(answers["log"]["date"], "2026010106");
    assert!(answers["log"]["url"].as_str().unwrap().ends_with("/message-log-2026010106.zip"));
    assert_eq!(answers["log after"]["url"], "");

    let (_, bob) = control(server, "GET", &format!("/apps/{APP}/state/users/bob"), "");
    assert_eq!((&bob["name"], &bob["bannedUntil"]), (&json!("Robert"), &Value::Null));
    let (_, alice) = control(server, "GET", &format!("/apps/{APP}/state/users/alice"), "");
    assert_eq!((&alice["blacklist"], &alice["whitelist"]), (&json!([]), &json!([])));
    let levels = alice["settings"]["conversations"].as_array().unwrap();
    let levels: Vec<_> =
        levels.iter().map(|of| (of["targetId"].as_str().unwrap(), of["level"].clone())).collect();
    assert_eq!(levels, [("g1", json!(0)), ("bob", json!(1))]);
    let (_, groups) = control(server, "GET", &format!("/apps/{APP}/state/groups"), "");
    assert_eq!(groups, json!({"g1": ["alice", "bob"]}));

    assert_eq!(waiting(server, "carol"), ["1 bob: Dear Carol: 2", "6 office: to all"]);
    assert_eq!(waiting(server, "bob"), ["6 office: to both", "6 office: to all"]);
}

#[test]
fn the_node_sdk_works() {
    let script = node("calls.js");
    let server = server();
    let mut alice = listener(&server, "alice");
    let answers = answers(&server, script);
    // This SDK gives its lists names of its own.
    assert_eq!(answers["blacklist of alice"]["users"], json!([{"id": "bob"}]));
    assert_eq!(answers["tags"]["tags"], json!({"alice": ["vip", "north"], "bob": ["new"]}));
    assert_eq!(answers["tags after"]["tags"], json!({"alice": [], "bob": []}));
    assert_eq!(ids(&answers["members"]["members"], "id"), ["alice", "bob", "carol"]);
    for muted in ["muted", "muted members"] {
        assert_eq!(ids(&answers[muted]["members"], "id"), ["carol"]);
    }
    assert_eq!(answers["muted groups"]["groups"], json!([{"id": "g1", "isMuted": 1}]));
    assert_eq!(ids(&answers["speakers"]["members"], "id"), ["bob"]);
    assert_taken(&server, &answers);
    assert_eq!(
        heard(&mut alice),
        [
            "6 office: to northern VIPs",
            "1 bob: from the Node SDK & 爱",
            "1 bob: Dear Alice: 1",
            "1 bob: recall admin true delete false",
            "6 office: to both",
            "6 office: code 42",
            "6 office: to all",
            "3 bob: to the team",
            "3 bob: @alice",
            "3 bob: recall admin false delete true",
            "changed 3",
            "changed 3",
            "changed 3",
        ]
    );
}

#[test]
fn the_python_sdk_works() {
    let script = python("calls.py");
    let server = server();
    let mut alice = listener(&server, "alice");
    let answers = answers(&server, script);
    assert_eq!(answers["query bob"]["userName"], "Robert");
    assert_eq!(answers["tags"]["result"], json!({"alice": ["vip", "north"], "bob": ["new"]}));
    for members in ["members", "members too"] {
        assert_eq!(ids(&answers[members]["users"], "id"), ["alice", "bob", "carol"]);
    }
    assert_eq!(ids(&answers["groups of carol"]["groups"], "name"), ["Team", "Spare"]);
    assert_eq!(ids(&answers["muted"]["users"], "userId"), ["carol"]);
    assert_eq!(answers["muted groups"]["groupinfo"], json!([{"groupId": "g1", "stat": 1}]));
    assert_eq!(answers["speakers"]["userIds"], json!(["bob"]));
    assert_eq!(answers["whitelist of alice"]["users"], json!(["bob"]));
    assert_eq!(answers["disturbed"]["isMuted"], 1);
    assert_taken(&server, &answers);
    assert_eq!(
        heard(&mut alice),
        [
            "6 office: to northern VIPs",
            "1 bob: from the Python SDK",
            "1 bob: Dear Alice: 1",
            "1 bob: recall admin true delete false",
            "1 bob: now or never",
            "6 office: to both",
            "6 office: code 42",
            "6 office: to all",
            "3 bob: to the team",
            "3 bob: who is there",
            "3 bob: to alice of the team",
            "3 bob: @alice",
            "3 bob: recall admin false delete true",
            "changed 3",
            "changed 3",
            "changed 3",
        ]
    );
}
