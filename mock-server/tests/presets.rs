//! Presets from the command line's side: which worlds have them, and what wins over them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use mock_server::{Config, Server};
use serde_json::Value;
use service::Preset;
use support::{control, http};

fn server(preset: Preset) -> Server {
    Server::start(Config { preset, ..Config::default() }).unwrap()
}

fn switch(server: &Server, app: &str, name: &str) -> Value {
    control(server, "GET", &format!("/apps/{app}/state/switches/{name}"), "").1["value"].clone()
}

fn limit(server: &Server, app: &str, name: &str) -> Value {
    control(server, "GET", &format!("/apps/{app}/state/limits/{name}"), "").1["value"].clone()
}

#[test]
fn every_world_that_names_no_preset_has_the_servers() {
    let server = server(Preset::Everything);
    // The first world, one that is put, and one that appears when a client names it.
    assert_eq!(control(&server, "PUT", "/apps/put", "users: [a]\n").0, 201);
    http(&server, "POST", "/navi.xml", &["RC-App-Key: met"], "");
    for app in ["mock-app-key", "put", "met"] {
        assert_eq!(switch(&server, app, "roamingHistory"), true, "{app}");
        assert_eq!(switch(&server, app, "recallOwnOnly"), false, "{app}");
        assert_eq!(limit(&server, app, "sendPerSecond"), 0, "{app}");
    }
    let own = "preset: documented\nswitches: {ultraGroup: true}\n";
    assert_eq!(control(&server, "PUT", "/apps/own", own).0, 201);
    assert_eq!(switch(&server, "own", "roamingHistory"), false);
    assert_eq!(switch(&server, "own", "ultraGroup"), true);
    assert_eq!(limit(&server, "own", "sendPerSecond"), 5);
}

#[test]
fn a_set_up_has_its_own_preset_and_what_it_says_wins() {
    let server = server(Preset::Documented);
    assert_eq!(switch(&server, "mock-app-key", "roamingHistory"), false);
    let own = "preset: everything\nswitches: {roamingHistory: false}\nlimits: {sendPerSecond: 5}\n";
    assert_eq!(control(&server, "PUT", "/apps/own", own).0, 201);
    assert_eq!(switch(&server, "own", "roamingHistory"), false);
    assert_eq!(switch(&server, "own", "chatroomEntries"), true);
    assert_eq!(limit(&server, "own", "sendPerSecond"), 5);
}
