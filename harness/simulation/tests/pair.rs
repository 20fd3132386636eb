//! Service and reference clients together, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::time::Duration;

use reference_client::{CallResult, ClientEnv};
use serde_json::{Value, json};
use simulation::{LinkState, NAVI, NetworkEvent, Simulation};

fn simulation(setup: Value, clients: &[(&str, &str)]) -> Simulation {
    let setup: service::WorldSetup = serde_json::from_value(setup).unwrap();
    let mut simulation = Simulation::new(7, setup.start());
    simulation.add_world("app", &setup).unwrap();
    for (name, platform) in clients {
        let options = json!({"naviServer": NAVI}).as_object().unwrap().clone();
        let env = ClientEnv {
            app_key: "app".into(),
            platform: (*platform).into(),
            device_id: format!("device-{name}"),
            seed: 1,
            options,
            ..ClientEnv::default()
        };
        simulation.add_client(name, env).unwrap();
    }
    simulation
}

fn call(simulation: &mut Simulation, client: &str, method: &str, args: Value) -> CallResult {
    simulation.call(client, method, args.as_object().unwrap()).unwrap()
}

fn connect(simulation: &mut Simulation, client: &str, user: &str) {
    let now = simulation.now();
    let token = simulation.world_mut("app").unwrap().issue_token(now, user);
    assert_eq!(
        call(simulation, client, "connect", json!({"token": token, "timeout": 0})),
        CallResult::Code(0)
    );
}

fn send(simulation: &mut Simulation, client: &str, to: &str, text: &str) {
    let args = json!({"type": "private", "targetId": to, "channelId": "", "text": text});
    let CallResult::Value(message) = call(simulation, client, "createTextMessage", args) else { panic!() };
    assert_eq!(call(simulation, client, "sendMessage", json!({"message": message})), CallResult::Code(0));
}

/// `client name(short arguments)` for every callback.
fn story(simulation: &Simulation) -> Vec<String> {
    let short = |args: &serde_json::Map<String, Value>| {
        let pick = |name: &str| args.get(name).map(|value| format!("{name}={value}"));
        let text = args.get("message").map(|message| format!("text={}", message["text"]));
        let parts = ["code", "status", "userId", "left", "offline", "hasPackage"]
            .into_iter()
            .filter_map(pick)
            .chain(text);
        parts.collect::<Vec<_>>().join(" ")
    };
    simulation
        .events()
        .iter()
        .map(|event| format!("{} {}({})", event.client, event.name, short(&event.args)))
        .collect()
}

#[test]
fn two_clients_of_both_transports_exchange_a_message() {
    let mut simulation =
        simulation(json!({"users": ["alice", "bob"]}), &[("phone", "Android"), ("page", "Web")]);
    connect(&mut simulation, "phone", "alice");
    connect(&mut simulation, "page", "bob");
    simulation.advance(Duration::from_secs(2)).unwrap();
    send(&mut simulation, "page", "alice", "hello");
    assert_eq!(
        story(&simulation),
        [
            r#"phone onConnectionStatusChanged(status="connecting")"#,
            r#"phone onDatabaseOpened(code=0)"#,
            r#"phone onConnectionStatusChanged(status="connected")"#,
            r#"phone onConnected(code=0 userId="alice")"#,
            r#"page onConnectionStatusChanged(status="connecting")"#,
            r#"page onDatabaseOpened(code=0)"#,
            r#"page onConnectionStatusChanged(status="connected")"#,
            r#"page onConnected(code=0 userId="bob")"#,
            r#"page onMessageAttached(text="hello")"#,
            r#"phone onMessageReceived(left=0 offline=false hasPackage=false text="hello")"#,
            r#"page onMessageSent(code=0 text="hello")"#,
        ]
    );
}

#[test]
fn a_backlog_is_handed_over_as_packages_counted_down() {
    let setup = json!({"users": ["alice"], "backlog": [{"from": "bob", "to": "alice", "count": 450}]});
    let mut simulation = simulation(setup, &[("phone", "iOS")]);
    connect(&mut simulation, "phone", "alice");
    let seen: Vec<(i64, bool, bool)> = simulation
        .events()
        .iter()
        .filter(|event| event.name == "onMessageReceived")
        .map(|event| {
            let flag = |name: &str| event.args[name].as_bool().unwrap();
            (event.args["left"].as_i64().unwrap(), flag("offline"), flag("hasPackage"))
        })
        .collect();
    let package = |size: i64, more: bool| (0..size).rev().map(move |left| (left, true, more));
    let expected: Vec<_> = package(200, true).chain(package(200, true)).chain(package(50, false)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_refused_client_climbs_the_ladder() {
    let mut simulation = simulation(json!({"users": ["alice"]}), &[("phone", "Android")]);
    connect(&mut simulation, "phone", "alice");
    simulation.network("phone", NetworkEvent::Link(LinkState::Refuse)).unwrap();
    let from = simulation.now();
    let before = simulation.attempts().len();
    simulation.network("phone", NetworkEvent::Cut).unwrap();
    simulation.advance(Duration::from_secs(200)).unwrap();
    let at: Vec<u128> =
        simulation.attempts()[before..].iter().map(|(at, _)| at.since(from).as_millis()).collect();
    assert_eq!(at, [0, 250, 750, 1750, 3750, 7750, 15_750, 31_750, 63_750, 127_750, 191_750]);
}

#[test]
fn the_same_seed_gives_the_same_sequence_byte_for_byte() {
    let run = || {
        let setup =
            json!({"users": ["alice", "bob"], "backlog": [{"from": "bob", "to": "alice", "count": 30}]});
        let mut simulation = simulation(setup, &[("phone", "Android"), ("page", "Web")]);
        connect(&mut simulation, "phone", "alice");
        connect(&mut simulation, "page", "bob");
        for n in 0..4 {
            send(&mut simulation, "page", "alice", &n.to_string());
            simulation.network("phone", NetworkEvent::Cut).unwrap();
            simulation.advance(Duration::from_secs(40)).unwrap();
        }
        let frames: Vec<_> =
            simulation.world("app").unwrap().journal().after(0).map(|entry| entry.to_json()).collect();
        (format!("{:?}", simulation.events()), frames)
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first.0.matches("onMessageReceived").count(), 34);
}

#[test]
fn a_store_survives_a_restart_and_not_a_reinstallation() {
    let setup = json!({"users": ["alice"], "backlog": [{"from": "bob", "to": "alice", "count": 3}]});
    let mut simulation = simulation(setup, &[("phone", "Android")]);
    connect(&mut simulation, "phone", "alice");
    let uid = simulation.events().last().unwrap().args["message"]["messageUId"].clone();
    for (keep, there) in [(true, true), (false, false)] {
        simulation.restart("phone", keep).unwrap();
        connect(&mut simulation, "phone", "alice");
        let found = call(&mut simulation, "phone", "getMessageByUId", json!({"messageUId": uid}));
        assert_eq!(found != CallResult::Value(Value::Null), there);
    }
}
