//! The command line: what each command prints and which exit code it gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{ffi::OsString, fs, path::Path};

use harness::{
    cli::{exit, run_with},
    runner::DEFAULT_SEED,
};

/// Runs the program without a terminal; gives exit code, stdout and stderr.
fn harness(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("harness").chain(args.iter().copied()).map(OsString::from);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const RIGHT: &str = "scenario: It connects\ncovers: [CONN-001]\nmatrix: {platform: [Android, Web]}\n\
    service: {users: [alice]}\nclients: {phone: {user: alice, platform: \"${platform}\"}}\n\
    steps: [{call: phone.connect, with: {token: $alice.token, timeout: 5}}]\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn help_names_every_command() {
    let (code, out, _) = harness(&["--help"]);
    assert_eq!(code, exit::CONFORMS);
    insta::assert_snapshot!("help", out);
    let (code, out, _) = harness(&["run", "--help"]);
    assert_eq!(code, exit::CONFORMS);
    insta::assert_snapshot!("help_run", out);
}

#[test]
fn wrong_usage_is_exit_2() {
    assert_eq!(harness(&["rnu"]).0, exit::USAGE);
    assert_eq!(harness(&["run", "--shard", "5/4"]).0, exit::USAGE);
    let (code, _, err) = harness(&["lint", "no/such/folder"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.starts_with("harness: no/such/folder: "), "{err}");
}

/// Runs a folder of scenarios with a seed; gives exit code, its sequences, and what stood on stderr.
fn sequences(seed: u64) -> (u8, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, reports) = (folder.path().join("sequences"), folder.path().join("reports"));
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/engine");
    let seed = seed.to_string();
    let args =
        ["run", name(&scenarios), "--seed", &seed, "--sequences", name(&file), "--reports", name(&reports)];
    let (code, _, err) = harness(&args);
    (code, fs::read_to_string(file).unwrap(), err)
}

#[test]
fn the_same_seed_is_the_same_run_and_another_seed_is_another() {
    let (seven, eight) = (sequences(7), sequences(8));
    assert_eq!((seven.0, eight.0), (exit::CONFORMS, exit::CONFORMS), "{} {}", seven.2, eight.2);
    assert_eq!(seven.1, sequences(7).1, "seed 7 twice");
    assert_ne!(seven.1, eight.1, "seeds 7 and 8");
    assert!(seven.2.contains("seed 7: ") && seven.2.contains("are not compared"), "{}", seven.2);
    let default = sequences(DEFAULT_SEED);
    assert_eq!((default.0, default.2.as_str()), (exit::CONFORMS, ""));
    assert_ne!(default.1, seven.1);
    let (code, _, err) = harness(&["run", "--seed", "7", "--accept", "../scenarios/engine"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("reviewed sequences are those of seed 1"), "{err}");
}

#[test]
fn numbers_out_of_range_are_mistakes_of_their_file() {
    let service = RIGHT.replace(
        "{users: [alice]}",
        "{users: [alice], start: -1, backlog: [{from: alice, to: alice, count: 4294967295}]}",
    );
    let push = "{service: {push: {from: alice, to: alice, message: {text: m}, count: 4294967295}}}";
    let steps = format!("steps: [{push}, {{advance: 9999999999h}}]\n");
    let act = RIGHT.split("steps:").next().unwrap().to_owned() + &steps;
    let folder = folder(&[("act.yaml", &act), ("service.yaml", &service)]);
    let (code, _, err) = harness(&["lint", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    for told in [
        "`start` is -1; 0 to 4102444800000 is possible",
        "`count` is 4294967295; at most 200000 is possible",
        "`count` is 4294967295; at most 100000 is possible",
        "`9999999999h` is too long",
    ] {
        assert!(err.contains(told), "{told} is not in {err}");
    }
}

#[test]
fn lint_names_every_mistake_of_every_file() {
    let wrong = RIGHT.replace("phone.connect", "phon.conect");
    let folder = folder(&[("a/right.yaml", RIGHT), ("b/wrong.yaml", &wrong), ("b/_fragment.yaml", "- no")]);
    let (code, out, err) = harness(&["lint", name(folder.path())]);
    assert_eq!((code, out.as_str()), (exit::USAGE, ""));
    assert!(err.contains("unknown client `phon`") && err.contains("did you mean `connect`?"), "{err}");
    assert!(err.ends_with("2 mistakes in 1 of 2 files\n"), "{err}");
    let (code, out, _) = harness(&["lint", "--format", "json", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    let codes: Vec<String> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["code"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(codes, ["unknown_client", "unknown_method"]);
    let (code, out, err) = harness(&["lint", name(&folder.path().join("a"))]);
    assert_eq!((code, out.as_str(), err.as_str()), (exit::CONFORMS, "1 files, no mistakes\n", ""));
}

#[test]
fn list_shows_each_case() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let (code, out, _) = harness(&["list", name(folder.path())]);
    assert_eq!(code, exit::CONFORMS);
    let lines: Vec<&str> = out.lines().map(|line| line.rsplit_once('/').unwrap().1).collect();
    assert_eq!(
        lines,
        ["right.yaml [platform=Android]  It connects", "right.yaml [platform=Web]  It connects"]
    );
    assert_eq!(harness(&["list", "--filter", "Web", name(folder.path())]).1.lines().count(), 1);
    assert_eq!(harness(&["list", "--filter", "nothing", name(folder.path())]).0, exit::NOTHING_SELECTED);
}

#[test]
fn explain_knows_every_kind_of_name() {
    let mut shown = String::new();
    for name in
        ["connect", "onMessageReceived", "BlacklistStatus", "no_kick", "multiDeviceSync", "exit-codes"]
    {
        let (code, out, _) = harness(&["explain", name]);
        assert_eq!(code, exit::CONFORMS, "{name}");
        shown.push_str(&format!("$ harness explain {name}\n{out}\n"));
    }
    insta::assert_snapshot!("explain", shown);
    for name in
        ["CONN-014", "CONN", "areas", "methods", "callbacks", "enums", "bugs", "acts", "faults", "switches"]
    {
        let (code, out, _) = harness(&["explain", name]);
        assert_eq!(code, exit::CONFORMS, "{name}");
        assert!(!out.is_empty(), "{name}");
    }
    let (code, _, err) = harness(&["explain", "onConected"]);
    assert_eq!(code, exit::USAGE);
    assert_eq!(err, "harness: nothing is called `onConected`\n  did you mean `onConnected`?\n");
}

#[test]
fn requirements_show_what_covers_them() {
    let folder = folder(&[("right.yaml", RIGHT)]);
    let (code, out, _) = harness(&["requirements", "--area", "CONN", name(folder.path())]);
    assert_eq!(code, exit::CONFORMS);
    assert!(out.lines().nth(1).unwrap().ends_with("right.yaml"), "{out}");
    assert!(out.ends_with("36 requirements, 36 testable, 1 covered\n"), "{out}");
    let (_, out, _) =
        harness(&["requirements", "--uncovered", "--format", "json", "--area", "CONN", name(folder.path())]);
    assert_eq!(out.lines().count(), 35);
    assert_eq!(harness(&["requirements", "--area", "CON", name(folder.path())]).0, exit::USAGE);
}

#[test]
fn nothing_runs_when_a_file_is_wrong_or_none_is_selected() {
    let wrong = RIGHT.replace("phone.connect", "phone.conect");
    let folder = folder(&[("a/right.yaml", RIGHT), ("b/wrong.yaml", &wrong)]);
    let (code, _, err) = harness(&["run", name(folder.path())]);
    assert_eq!(code, exit::USAGE);
    assert!(err.ends_with("harness: 1 scenario files are wrong; nothing was run\n"), "{err}");
    let none = harness(&["run", "--filter", "nothing", name(&folder.path().join("a"))]);
    assert_eq!((none.0, none.2.as_str()), (exit::NOTHING_SELECTED, "harness: no scenario is selected\n"));
}

#[test]
fn exit_codes_are_what_other_teams_scripts_hold_on_to() {
    let codes: Vec<u8> = exit::ALL.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
}
