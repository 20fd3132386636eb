//! What an adapter's client can do, by its hello.

use std::collections::BTreeSet;

use reference_client::Engine;
use serde_json::Value;

use super::command::Command;
use crate::{
    catalogue::api,
    runner::{Abilities, speaks_tcp},
    scenario::{NEEDS, PLATFORMS, nearest},
};

/// The client that needs no adapter.
pub(super) const REFERENCE: &str = "reference";

/// Names in a hello that mean nothing: what is misspelt is lacking, and its cases are unsupported.
pub(super) fn strange_names(hello: &Value) -> Vec<String> {
    let api = api();
    let methods: Vec<&str> = api.methods.keys().map(String::as_str).collect();
    let events: Vec<&str> = api.events.keys().map(String::as_str).collect();
    let known =
        [("methods", &methods[..]), ("events", &events), ("capabilities", NEEDS), ("platforms", PLATFORMS)];
    let mut strange = Vec::new();
    for (key, known) in known {
        for name in hello[key].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !known.contains(&name) {
                let near = nearest(name, known.iter().copied());
                let near = near.map_or_else(String::new, |near| format!(": `{near}`?"));
                strange.push(format!("`{key}` has `{name}`, which is not documented{near}"));
            }
        }
    }
    strange
}

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
        strange: strange_names(hello),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_misspelt_in_a_hello_is_told_with_what_was_meant() {
        let hello = json!({
            "methods": ["connect"], "events": ["onMesageSent"], "capabilities": ["private", "several_device"],
            "platforms": ["Toaster"],
        });
        let told = [
            "`events` has `onMesageSent`, which is not documented: `onMessageSent`?",
            "`capabilities` has `several_device`, which is not documented: `several_devices`?",
            "`platforms` has `Toaster`, which is not documented",
        ];
        assert_eq!(strange_names(&hello), told);
    }
}
