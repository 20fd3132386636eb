//! What an adapter's client can do, by its hello.

use std::collections::BTreeSet;

use serde_json::Value;

use super::command::Command;
use crate::runner::Abilities;

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

/// Clients that a scenario can name beside the one under test.
fn beside() -> BTreeSet<String> {
    let sdks = Command::WEB_SDKS.iter().map(|version| format!("web-sdk@{version}"));
    let polling = Command::POLLING.iter().map(|version| format!("web-sdk@{version}+comet"));
    sdks.chain(polling).chain([REFERENCE.to_owned()]).collect()
}
