//! What an adapter's client can do, by its hello.

use std::collections::BTreeSet;

use reference_client::Engine;
use serde_json::Value;

use super::command::Command;
use crate::{
    runner::{Abilities, speaks_tcp},
    scenario::{NEEDS, PLATFORMS},
};

/// The client that needs no adapter.
pub(super) const REFERENCE: &str = "reference";

/// What an adapter's hello declares.
pub(super) fn abilities(command: &Command, hello: &Value) -> Abilities {
    let set = |key: &str| {
        let items = hello[key].as_array().map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let mut unknown_args = BTreeSet::new();
    for (event, args) in hello["unknownArgs"].as_object().into_iter().flatten() {
        for arg in args.as_array().into_iter().flatten().filter_map(Value::as_str) {
            unknown_args.insert(format!("{event}.{arg}"));
        }
    }
    let text = |key: &str| hello[key].as_str().unwrap_or_default().to_owned();
    Abilities {
        client: command.name.clone(),
        version: if hello["sdk"].is_string() { text("sdk") } else { text("version") },
        clock: text("clock"),
        capabilities: set("capabilities"),
        methods: set("methods"),
        events: set("events"),
        unknown_args,
        platforms: set("platforms"),
        devices: hello["devices"].as_u64().and_then(|devices| usize::try_from(devices).ok()),
        beside: beside(),
        patience: None,
    }
}

/// What our own client lacks over sockets: nobody tells it of its network or the foreground, and its clock is the machine's.
const NOT_OVER_SOCKETS: [&str; 4] = ["virtual_time", "network_state", "lifecycle", "raw_connection"];

/// Our own client over sockets, in real time.
pub(super) fn of_reference() -> Abilities {
    let can = NEEDS.iter().filter(|need| !NOT_OVER_SOCKETS.contains(need));
    Abilities {
        client: Command::REFERENCE_REAL.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        clock: "real".to_owned(),
        capabilities: can.map(|need| (*need).to_owned()).collect(),
        methods: Engine::methods().collect(),
        events: Engine::EVENTS.iter().map(|name| (*name).to_owned()).collect(),
        platforms: PLATFORMS.iter().filter(|p| speaks_tcp(p)).map(|p| (*p).to_owned()).collect(),
        beside: beside(),
        ..Abilities::default()
    }
}

/// Clients that a scenario can name beside the one under test.
fn beside() -> BTreeSet<String> {
    let sdks = Command::WEB_SDKS.iter().map(|version| format!("web-sdk@{version}"));
    let polling = Command::POLLING.iter().map(|version| format!("web-sdk@{version}+comet"));
    sdks.chain(polling).chain([REFERENCE.to_owned()]).collect()
}
