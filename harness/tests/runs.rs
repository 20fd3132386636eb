//! Runs of several clients, what is made of finished ones, a team's own settings, and which cases are chosen.
//!
//! Needs Python 3 and Git. The second client is an adapter that connects to nothing and says that it is alice.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use harness::{report::read_json_lines, verdict::RunResult};

#[path = "runs/baselines.rs"]
mod baselines;
#[path = "runs/merged.rs"]
mod merged;
#[path = "runs/selection.rs"]
mod selection;
#[path = "runs/settings.rs"]
mod settings;
#[path = "runs/several.rs"]
mod several;

/// The adapter as a client, from a [`team`]'s folder.
const ADAPTER: &str = "python3 ./adapter.py good";
/// What it is called in reports.
const ITS_NAME: &str = "python3-adapter.py";

/// A client of this user connects, and is told so; `more` steps follow.
fn connects(user: &str, more: &str) -> String {
    format!(
        "scenario: A client of {user} connects\ncovers: [SEND-001]\nservice: {{users: [alice, bob]}}\n\
         clients: {{page: {{user: {user}, platform: Web}}}}\nsteps:\n  - call: page.connect\n    \
         with: {{token: ${user}.token, timeout: 10}}\n  - expect: page\n    \
         in_order: [onConnected: {{userId: {user}}}]\n{more}"
    )
}

/// A folder with scenarios of two areas: `a/right` holds for both clients, `a/bob` for the reference client alone, and
/// `b/list` asks for what the adapter does not have.
fn team() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let list = connects("alice", "  - call: page.getBlacklist\n    with: {}\n");
    for (name, text) in [("a/right", connects("alice", "")), ("a/bob", connects("bob", "")), ("b/list", list)]
    {
        write(folder.path(), &format!("scenarios/{name}.yaml"), &text);
    }
    fs::copy("tests/adapters/misbehaving.py", folder.path().join("adapter.py")).unwrap();
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Runs the program in a folder; gives its exit code, stdout and stderr.
fn harness(folder: &Path, args: &[&str]) -> (u8, String, String) {
    let output = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_harness")))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap().try_into().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// As [`harness`] for a run: one job, and a seed with which sequences are not compared.
fn run(folder: &Path, args: &[&str]) -> (u8, String, String) {
    harness(folder, &[&["run", "--seed", "2", "--jobs", "1"], args].concat())
}

fn runs_in(folder: &Path, reports: &str) -> Vec<RunResult> {
    read_json_lines(&fs::read_to_string(folder.join(reports).join("run.jsonl")).unwrap()).unwrap()
}

/// The names of a run's cases, each with the word for its verdict.
fn verdicts(run: &RunResult) -> Vec<String> {
    let mut all: Vec<String> = run
        .results
        .iter()
        .map(|result| format!("{} {}", result.name(), result.verdict.kind().words()))
        .collect();
    all.sort();
    all
}
