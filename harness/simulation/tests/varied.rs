//! A varied simulation: another seed is another order of what is concurrent, and what has an order keeps it.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::{collections::BTreeSet, time::Duration};

use reference_client::{CallResult, ClientEnv};
use serde_json::json;
use simulation::{NAVI, Simulation, SimulationError};
use wire::UnixMillis;

const EACH: usize = 8;

/// Two senders write to one receiver at the same instant; gives what it received, in order.
fn received(mut simulation: Simulation) -> Vec<String> {
    let setup: service::WorldSetup =
        serde_json::from_value(json!({"users": ["a", "b", "c"], "limits": {"sendPerSecond": 0}})).unwrap();
    simulation.add_world("app", &setup).unwrap();
    for name in ["a", "b", "c"] {
        let env = ClientEnv {
            app_key: "app".into(),
            platform: "Android".into(),
            device_id: format!("device-{name}"),
            seed: 1,
            options: json!({"naviServer": NAVI}).as_object().unwrap().clone(),
            ..ClientEnv::default()
        };
        simulation.add_client(name, env).unwrap();
        let now = simulation.now();
        let token = simulation.world_mut("app").unwrap().issue_token(now, name);
        let args = json!({"token": token, "timeout": 0});
        simulation.call(name, "connect", args.as_object().unwrap()).unwrap();
    }
    simulation.advance(Duration::from_secs(2)).unwrap();
    for n in 0..EACH {
        for name in ["a", "b"] {
            let args =
                json!({"type": "private", "targetId": "c", "channelId": "", "text": format!("{name}{n}")});
            let made = simulation.begin_call(name, "createTextMessage", args.as_object().unwrap()).unwrap();
            let CallResult::Value(message) = made else { panic!("{made:?}") };
            let args = json!({ "message": message });
            simulation.begin_call(name, "sendMessage", args.as_object().unwrap()).unwrap();
        }
    }
    simulation.settle().unwrap();
    let texts = simulation.events().iter().filter(|event| event.name == "onMessageReceived");
    texts.map(|event| event.args["message"]["text"].as_str().unwrap().to_owned()).collect()
}

fn of(sender: &str, received: &[String]) -> Vec<String> {
    received.iter().filter(|text| text.starts_with(sender)).cloned().collect()
}

#[test]
fn another_seed_is_another_interleaving_and_each_sender_keeps_its_order() {
    let start = UnixMillis(1_767_225_600_000);
    let mut seen = BTreeSet::new();
    for seed in 0..16 {
        let order = received(Simulation::varied(seed, start));
        assert_eq!(order, received(Simulation::varied(seed, start)), "seed {seed} twice");
        for sender in ["a", "b"] {
            let expected: Vec<String> = (0..EACH).map(|n| format!("{sender}{n}")).collect();
            assert_eq!(of(sender, &order), expected, "seed {seed}");
        }
        seen.insert(order);
    }
    assert!(seen.len() > 12, "only {} different runs of 16", seen.len());
}

#[test]
fn without_variation_the_order_is_that_of_the_causes_whatever_the_seed() {
    let start = UnixMillis(1_767_225_600_000);
    let order = received(Simulation::new(1, start));
    let turns: Vec<String> = (0..EACH).flat_map(|n| [format!("a{n}"), format!("b{n}")]).collect();
    assert_eq!(order, turns);
    assert_eq!(order, received(Simulation::new(2, start)));
}

#[test]
fn time_has_an_end() {
    let mut simulation = Simulation::new(1, UnixMillis(1_767_225_600_000));
    let error = simulation.advance(Duration::MAX).unwrap_err();
    assert!(matches!(error, SimulationError::EndOfTime { .. }), "{error}");
    assert_eq!(simulation.step(UnixMillis::LAST), Ok(true));
    assert_eq!(simulation.now(), UnixMillis::LAST);
}
