//! The command that a failure prints repeats it: typed into a shell, it runs just that case, and it fails again.
//!
//! And what `harness baseline` proposes holds in the next run. Needs Python 3 and a POSIX shell.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use harness::cli::exit;

/// A name that no shell takes as it is.
const FOLDER: &str = "it's a \"folder\" [1] $HOME `x` \\ *";

/// A scenario with these axes that expects that user; the client that connects is alice.
fn connects(matrix: &str, platform: &str, user: &str) -> String {
    format!(
        "scenario: A client connects
covers: [SEND-001]
matrix: {matrix}
service: {{users: [alice]}}
clients: {{page: {{user: alice, platform: \"{platform}\"}}}}
steps:
  - call: page.connect
    with: {{token: $alice.token, timeout: 10}}
  - expect: page
    in_order: [onConnected: {{userId: \"{user}\"}}]
"
    )
}

/// Three cases, all of which fail; the last one's name is a trial for quoting.
fn wrong() -> String {
    connects("{who: [bob, carol, 'two ''words'' \"$x\"']}", "Web", "${who}")
}

fn sh(folder: &Path, command: &str) -> Output {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_harness"));
    let path = format!("{}:{}", program.parent().unwrap().display(), env::var("PATH").unwrap());
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs everything, then every command that it prints; gives how many there were.
fn repeats(folder: &Path, command: &str, code: u8) -> usize {
    let first = sh(folder, command);
    let out = text(&first.stdout);
    assert_eq!(first.status.code(), Some(code.into()), "{out}{}", text(&first.stderr));
    // One block a case: its name, what was seen, how to repeat it.
    let mut commands = 0;
    for block in out.split("\n\n").filter(|block| block.contains("again: ")) {
        let command = block.split_once("again: ").unwrap().1.lines().next().unwrap();
        let again = sh(folder, command);
        let seen = text(&again.stdout);
        assert_eq!(again.status.code(), Some(code.into()), "{command}: {seen}{}", text(&again.stderr));
        assert!(seen.contains("1 planned: 0 passed"), "{command}: {seen}");
        let name = |text: &str| text.lines().find(|line| line.starts_with("    ")).unwrap().to_owned();
        let its = seen.split("\n\n").find(|block| block.contains("again: ")).unwrap();
        assert_eq!(name(its), name(block), "{command}");
        // It prints itself, so that it can be repeated again.
        assert!(its.contains(command), "{command}: {its}");
        commands += 1;
    }
    commands
}

#[test]
fn every_printed_command_repeats_just_its_case() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join(FOLDER);
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("wrong one.yaml"), wrong()).unwrap();
    fs::copy("tests/adapters/misbehaving.py", inner.join("my adapter.py")).unwrap();
    let run = "harness run . --seed 77 --jobs 1";
    assert_eq!(repeats(folder.path(), run, exit::FAILED), 3);
    let client = harness::shell::quote(&format!(
        "python3 {} good",
        harness::shell::quote(&format!("{FOLDER}/my adapter.py"))
    ));
    let run = format!("{run} --client {client} --name mine --case-limit 30s --no-baseline");
    assert_eq!(repeats(folder.path(), &run, exit::FAILED), 3);
}

#[test]
fn a_case_is_named_by_path_or_name_and_an_unknown_one_gets_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("scenarios/a")).unwrap();
    fs::write(folder.path().join("scenarios/a/b.yaml"), wrong()).unwrap();
    let planned = |args: &str| {
        let output = sh(folder.path(), &format!("harness run --jobs 1 {args}"));
        let out = text(&output.stdout);
        let count = out.lines().find_map(|line| line.split_once(" planned: "));
        count.unwrap_or_else(|| panic!("{out}")).0.to_owned()
    };
    assert_eq!(planned("--case 'scenarios/a/b.yaml[who=bob]'"), "1");
    assert_eq!(planned("--case 'a/b[who=bob]' --case 'a/b[who=carol]'"), "2");
    assert_eq!(planned("--case a/b"), "3");
    assert_eq!(planned("--case scenarios/a/b.yaml scenarios"), "3");
    let output = sh(folder.path(), "harness run --case 'a/b[who=bob]' --case 'scenarios/a/b.yaml[who=dave]'");
    assert_eq!(output.status.code(), Some(exit::USAGE.into()));
    let err = text(&output.stderr);
    assert!(err.contains("there is no case `scenarios/a/b.yaml[who=dave]`"), "{err}");
    assert!(err.contains("the nearest are `") && err.contains("`scenarios/a/b.yaml[who=bob]`"), "{err}");
}

#[test]
fn a_proposed_baseline_holds_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("scenarios/a")).unwrap();
    let crashing = connects("{n: [1, 2]}", "Web", "alice")
        + "  - call: page.disconnect\n    with: {receivePush: false}\n";
    for (name, text) in [
        // Fails as one platform and is unsupported as the other: the client is no phone.
        ("mixed.yaml", connects("{platform: [Web, Android]}", "${platform}", "bob")),
        ("failing.yaml", wrong()),
        ("right.yaml", connects("{n: [1]}", "Web", "alice")),
        ("crashing.yaml", crashing),
    ] {
        fs::write(folder.path().join("scenarios/a").join(name), text).unwrap();
    }
    fs::copy("tests/adapters/misbehaving.py", folder.path().join("my adapter.py")).unwrap();
    let client = "--jobs 1 --client \"python3 './my adapter.py' crash\"";
    let proposed = sh(folder.path(), &format!("harness baseline --write {client}"));
    let said = text(&proposed.stdout);
    assert_eq!(
        said,
        "fixtures/baselines/python3-my-adapter.py.yaml: replace the reasons by the real ones\n",
        "{}",
        text(&proposed.stderr)
    );
    let written =
        fs::read_to_string(folder.path().join("fixtures/baselines/python3-my-adapter.py.yaml")).unwrap();
    assert!(written.contains("kind: failing") && written.contains("kind: could-not-run"), "{written}");
    assert!(!written.contains("unsupported") && !written.contains("Android"), "{written}");
    let next = sh(folder.path(), &format!("harness run {client}"));
    assert_eq!(next.status.code(), Some(exit::CONFORMS.into()), "{written}\n{}", text(&next.stdout));
    assert!(text(&next.stdout).contains("python3-my-adapter.py 0, virtual clock"), "{}", text(&next.stdout));
    // Under another name it has another file.
    let named = sh(folder.path(), &format!("harness baseline --write --name ours {client}"));
    assert!(text(&named.stdout).starts_with("fixtures/baselines/ours.yaml: "), "{}", text(&named.stderr));
    let next = sh(folder.path(), &format!("harness run --name ours {client}"));
    assert_eq!(next.status.code(), Some(exit::CONFORMS.into()), "{}", text(&next.stdout));
    let refused = sh(folder.path(), &format!("harness run --name ../ours {client}"));
    assert_eq!(refused.status.code(), Some(exit::USAGE.into()));
    assert!(text(&refused.stderr).contains("cannot be a client's name"), "{}", text(&refused.stderr));
}
