//! A world and two clients in virtual time: a message on its way, and a week that takes no time.
//!
//! `cargo run -p harness --example simulation`

use std::time::Duration;

use reference_client::{CallResult, ClientEnv};
use serde_json::json;
use service::setup::WorldSetup;
use simulation::{NAVI, Simulation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setup = WorldSetup::default();
    let mut simulation = Simulation::new(1, setup.start());
    simulation.add_world("my-app", &setup).map_err(|all| all.join("; "))?;
    let object = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
    for user in ["alice", "bob"] {
        let options = object(json!({"naviServer": NAVI}));
        let (app_key, platform) = ("my-app".into(), "Android".into());
        simulation.add_client(user, ClientEnv { app_key, platform, options, ..ClientEnv::default() })?;
        let token = format!("test:{user}");
        simulation.call(user, "connect", &object(json!({"token": token, "timeout": 30})))?;
    }
    let text = json!({"type": "private", "targetId": "bob", "channelId": "", "text": "hello"});
    let CallResult::Value(message) = simulation.call("alice", "createTextMessage", &object(text))? else {
        return Err("no message was created".into());
    };
    simulation.call("alice", "sendMessage", &object(json!({"message": message})))?;
    simulation.advance(Duration::from_secs(7 * 24 * 3600))?;
    for event in simulation.events() {
        println!("{} {}: {}", event.at.0, event.client, event.name);
    }
    Ok(())
}
