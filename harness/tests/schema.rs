//! The committed JSON Schema is current, every scenario fits it, and it refuses what the reader refuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

use harness::{cli::files, scenario};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_committed_schema_is_current() {
    let path = root().join("scenarios/schema.json");
    let current = harness::cli::schema_text();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "write it anew: cargo run -p harness -- schema > scenarios/schema.json");
}

#[test]
fn every_scenario_fits_the_schema() {
    let validator = jsonschema::validator_for(&scenario::schema()).unwrap();
    let paths = files::scenarios(&[root().join("scenarios")]).unwrap();
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let json: serde_json::Value = mock_server::yaml::from_str(&text).unwrap();
        let mistakes: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(mistakes.is_empty(), "{}: {}", path.display(), mistakes.join("\n"));
    }
}

#[test]
fn the_schema_refuses_misspelt_keys_and_names() {
    let validator = jsonschema::validator_for(&scenario::schema()).unwrap();
    let fits = |steps: &str, top: &str| {
        let text = format!("scenario: x\n{top}\nsteps: [{steps}]");
        validator.is_valid(&serde_saphyr::from_str::<serde_json::Value>(&text).unwrap())
    };
    assert!(fits("{call: phone.connect, with: {token: x}}", "covers: [CONN-014]"));
    assert!(fits("{network: {client: phone, do: cut}}, {advance: 1h 30m}", ""));
    assert!(fits("{expect: phone, in_order: [{onConnected: {code: 0}}, onDatabaseOpened], within: 5s}", ""));
    assert!(fits("{advance: 1s}", "service: {users: [alice, {id: bob}], limits: {package: 5}}"));
    assert!(!fits("", ""));
    for steps in [
        "{call: phone.conect}",
        "{call: phone.connect, wiht: {}}",
        "{expect: phone, in_order: [{onConnected: {kode: 0}}]}",
        "{expect: phone, in_order: [onConected]}",
        "{advance: 5}",
        "{service: {kik: {user: alice}}}",
        "{network: {client: phone, do: cutt}}",
    ] {
        assert!(!fits(steps, ""), "{steps}");
    }
    for top in ["covers: [CONN-999]", "needs: [virtual_tme]", "service: {user: [alice]}", "titel: x"] {
        assert!(!fits("{advance: 1s}", top), "{top}");
    }
}
