//! The reference client without any shell: calls and inputs in, wishes and callbacks out.
//!
//! `cargo run -p harness --example engine_by_hand`

use std::time::Duration;

use reference_client::{ClientEnv, Engine, EngineInput, EngineOutput, HttpAnswer, Store};
use serde_json::{Map, json};
use wire::UnixMillis;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut now = UnixMillis(1_767_225_600_000);
    let options = json!({"naviServer": "http://navi.test"}).as_object().cloned().unwrap_or_default();
    let env =
        ClientEnv { app_key: "my-app".into(), platform: "Android".into(), options, ..ClientEnv::default() };
    let mut engine = Engine::create(now, env, Store::in_memory()?);
    let args: Map<_, _> =
        json!({"token": "t@navi.test", "timeout": 30}).as_object().cloned().unwrap_or_default();
    println!("connect: {:?}", engine.call(now, "connect", &args));
    // Half a minute of a client that nobody answers: it asks navi until its timeout.
    let end = now + Duration::from_secs(30);
    while let Some(at) = engine.next_deadline().filter(|at| *at <= end) {
        now = now.max(at);
        engine.on_deadline(now);
        while let Some(output) = engine.poll_output() {
            match output {
                EngineOutput::Http { id, url, .. } => {
                    println!("{} asks {url}", now.0);
                    let answer = Some(HttpAnswer { status: 503, body: Default::default(), total: None });
                    engine.handle(now, EngineInput::HttpAnswer { id, answer });
                }
                EngineOutput::Callback { name, args, .. } => {
                    println!("{} {name} {}", now.0, serde_json::Value::Object(args));
                }
                other => println!("{} {other:?}", now.0),
            }
        }
    }
    Ok(())
}
