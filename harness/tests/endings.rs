//! How a run ends when something is in its way: readers that go away, signals, reports that cannot be written, nothing to
//! run. Each is looked at from outside, as scripts see it.
//!
//! Needs Python 3, and `ps`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use harness::cli::exit;
use rustix::process::{Pid, Signal, kill_process};

#[path = "adapters/groups.rs"]
mod groups;

const RIGHT: &str = "scenario: A client connects\ncovers: [CONN-002]\nmatrix: {round: [1, 2]}\n\
    service: {users: [alice]}\nclients: {page: {user: alice, platform: Web}}\nsteps:\n\
    \x20 - call: page.connect\n    with: {token: $alice.token, timeout: 0}\n\
    \x20 - expect: page\n    in_order: [onConnected: {code: 0}]\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn wrong() -> String {
    fs::read_to_string("tests/failures/wrong-expectation.yaml").unwrap()
}

fn harness(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

fn ended(folder: &Path, args: &[&str]) -> (u8, Output) {
    let output = harness(folder, args).output().unwrap();
    (output.status.code().unwrap().try_into().unwrap(), output)
}

/// Accepts the sequences of what is right: without them a run is not green.
fn accept(folder: &Path, file: &str) {
    assert_eq!(ended(folder, &["run", file, "--accept", "--reports", "accepted"]).0, exit::CONFORMS);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn junit(folder: &Path) -> String {
    fs::read_to_string(folder.join("reports/junit.xml")).unwrap()
}

/// The command of the misbehaving adapter, for `--client`.
fn adapter(how: &str) -> String {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/adapters/misbehaving.py");
    format!("python3 '{}' {how}", script.display())
}

#[test]
fn a_wrong_expectation_fails_with_what_was_expected_and_what_was_seen() {
    let folder = folder(&[("wrong.yaml", &wrong())]);
    let (code, output) = ended(folder.path(), &["run", "wrong.yaml"]);
    let out = text(&output.stdout);
    assert_eq!(code, exit::FAILED, "{out}");
    assert!(
        out.contains("onConnected(code: 12345)") && out.contains("1 planned: 0 passed, 1 failed"),
        "{out}"
    );
}

#[test]
fn a_reader_that_goes_away_does_not_make_a_run_green() {
    let folder = folder(&[("right.yaml", RIGHT), ("wrong.yaml", &wrong())]);
    accept(folder.path(), "right.yaml");
    let without_reader = |file: &str| {
        let mut child = harness(folder.path(), &["run", file])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code().unwrap()
    };
    assert_eq!(without_reader("wrong.yaml"), i32::from(exit::FAILED));
    assert_eq!(without_reader("right.yaml"), i32::from(exit::CONFORMS));
    // Neither is the verdict of other commands lost: both of their streams may go.
    fs::write(folder.path().join("mistake.yaml"), "scenario: x\n").unwrap();
    for args in [
        &["lint", "mistake.yaml"][..],
        &["lint", "--format", "json", "mistake.yaml"],
        &["list", "mistake.yaml"],
    ] {
        let mut child =
            harness(folder.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(exit::USAGE.into()), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_could_not_be_written_are_no_success() {
    let folder = folder(&[("right.yaml", RIGHT), ("wrong.yaml", &wrong())]);
    accept(folder.path(), "right.yaml");
    for (file, code) in [("right.yaml", exit::HARNESS_FAULT), ("wrong.yaml", exit::FAILED)] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = harness(folder.path(), &["run", file]).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(code.into()), "{file}");
        assert!(text(&output.stderr).contains("harness: standard output: "), "{file}");
    }
}

#[test]
fn reports_that_cannot_be_written_hide_no_verdict() {
    let folder = folder(&[("right.yaml", RIGHT), ("wrong.yaml", &wrong()), ("file", "")]);
    accept(folder.path(), "right.yaml");
    // Nowhere at all.
    let (code, output) = ended(folder.path(), &["run", "wrong.yaml", "--reports", "file/reports"]);
    let out = text(&output.stdout);
    assert_eq!(code, exit::HARNESS_FAULT, "{out}");
    assert!(out.contains("1 failed") && out.contains("fault of the harness; also does not conform"), "{out}");
    assert!(out.contains("failed to write file/reports: "), "{out}");
    // All but one.
    fs::create_dir_all(folder.path().join("reports/index.html")).unwrap();
    let (code, output) = ended(folder.path(), &["run", "right.yaml"]);
    assert_eq!(code, exit::HARNESS_FAULT);
    assert!(text(&output.stdout).contains("2 planned: 2 passed"));
    let junit = junit(folder.path());
    assert!(
        junit.contains("failed to write reports/index.html") && junit.contains("A client connects"),
        "{junit}"
    );
    let sequences = ["run", "right.yaml", "--reports", "others", "--sequences", "nowhere/all.txt"];
    let (code, output) = ended(folder.path(), &sequences);
    assert_eq!(code, exit::HARNESS_FAULT);
    assert!(text(&output.stdout).contains("nowhere/all.txt: "), "{}", text(&output.stdout));
}

#[test]
fn a_run_that_does_not_start_leaves_no_green_report_of_another_day() {
    let folder = folder(&[("right.yaml", RIGHT), ("mistake.yaml", "scenario: x\n")]);
    accept(folder.path(), "right.yaml");
    let starts: &[(&[&str], u8, &str)] = &[
        (&["run", "mistake.yaml"], exit::USAGE, "nothing was run: 1 scenario files are wrong"),
        (&["run", "gone.yaml"], exit::USAGE, "nothing was run: gone.yaml: "),
        (&["run", "right.yaml", "--client", "./no-such-adapter"], exit::INCOMPLETE, "does not start"),
        (&["run", "right.yaml", "--client", "nobody"], exit::USAGE, "there is no client `nobody`"),
        (&["run", "right.yaml", "--filter", "nothing"], exit::NOTHING_SELECTED, "nothing was selected"),
        (&["run", "right.yaml", "--baseline", "gone.yaml"], exit::USAGE, "gone.yaml: "),
        (&["run", "right.yaml", "--fliter", "x"], exit::USAGE, "--fliter"),
        (&["run", "--seed", "x", "--reports=reports", "right.yaml"], exit::USAGE, "invalid value"),
    ];
    for (args, code, says) in starts {
        assert_eq!(ended(folder.path(), &["run", "right.yaml"]).0, exit::CONFORMS);
        fs::write(folder.path().join("reports/mine.txt"), "not yours").unwrap();
        let (seen, output) = ended(folder.path(), args);
        assert_eq!(seen, *code, "{args:?}: {}", text(&output.stderr));
        let junit = junit(folder.path());
        assert!(junit.contains("<error ") && junit.contains(says), "{args:?}: {junit}");
        assert!(
            junit.contains(&format!("<property name=\"exitCode\" value=\"{code}\"/>")),
            "{args:?}: {junit}"
        );
        for report in ["index.html", "run.jsonl"] {
            let report = fs::read_to_string(folder.path().join("reports").join(report)).unwrap();
            assert!(!report.contains("A client connects"), "{args:?}");
        }
        // What somebody else put there stays.
        assert!(folder.path().join("reports/mine.txt").exists());
    }
    // A slip of the pen makes no folder.
    fs::remove_dir_all(folder.path().join("reports")).unwrap();
    ended(folder.path(), &["run", "--fliter"]);
    assert!(!folder.path().join("reports").exists());
}

/// A run of the silent adapter over many cases, once it is silent; and the rest of its stderr.
fn silent(folder: &Path, how: &str, until: &str) -> (Child, BufReader<std::process::ChildStderr>) {
    let bad =
        RIGHT.replace("[1, 2]", "[3, 4]") + "  - call: page.disconnect\n    with: {receivePush: false}\n";
    fs::write(folder.join("a.yaml"), RIGHT).unwrap();
    fs::write(folder.join("b.yaml"), bad).unwrap();
    let args = ["run", "a.yaml", "b.yaml", "--jobs", "1", "--client", &adapter(how)];
    let mut child = harness(folder, &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(until) {
        line.clear();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0, "it ended before `{until}`");
    }
    (child, errors)
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The groups that the log of a run names.
fn processes(folder: &Path) -> Vec<u32> {
    let lines = fs::read_to_string(folder.join("reports/run.jsonl")).unwrap();
    lines.split("info: process ").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

#[test]
fn a_signal_ends_a_run_with_its_totals_and_reports() {
    for sent in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, _errors) = silent(folder.path(), "silent", "now silent");
        signal(&child, sent);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(exit::INTERRUPTED.into()), "{out}");
        assert!(out.contains("4 planned: 2 passed, 0 failed"), "{out}");
        assert!(out.contains("interrupted; also incomplete (exit code 130)"), "{out}");
        let junit = junit(folder.path());
        assert_eq!(junit.matches("verdict: pass\n").count(), 2, "{junit}");
        assert!(junit.contains("the run was interrupted"), "{junit}");
        groups::all_gone(&processes(folder.path()));
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut errors) = silent(folder.path(), "silent", "now silent");
    signal(&child, Signal::INT);
    let mut line = String::new();
    while !line.contains("Once more ends at once") {
        line.clear();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0, "it says how to end at once");
    }
    // The adapter does not leave by itself: a run waits three seconds for it.
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(exit::INTERRUPTED.into()));
    groups::all_gone(&processes(folder.path()));
    // What was there when it ended does not pass for a whole run.
    assert!(junit(folder.path()).contains("the run was interrupted"));
}

#[test]
fn an_adapter_without_a_hello_is_told_of_and_can_be_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _errors) = silent(folder.path(), "no-hello", "is its stdout flushed?");
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(exit::INTERRUPTED.into()));
    let junit = junit(folder.path());
    assert!(junit.contains("nothing was run: ") && junit.contains("waiting for the hello"), "{junit}");
}

#[test]
fn a_case_that_does_not_end_could_not_run_also_with_the_reference_client() {
    let endless = RIGHT.to_owned() + "  - repeat: 10000\n    steps: [advance: 1d]\n";
    let folder = folder(&[("a.yaml", RIGHT), ("endless.yaml", &endless)]);
    accept(folder.path(), "a.yaml");
    let (code, output) = ended(folder.path(), &["run", "a.yaml", "endless.yaml", "--case-limit", "1s"]);
    let out = text(&output.stdout);
    assert_eq!(code, exit::INCOMPLETE, "{out}");
    assert!(out.contains("4 planned: 2 passed") && out.contains("2 could not run"), "{out}");
    assert!(out.contains("longer than its limit of 1 s (`--case-limit`)"), "{out}");
    for wrong in ["0", "0s", "soon", "25h", "-1"] {
        assert_eq!(ended(folder.path(), &["run", "a.yaml", &format!("--case-limit={wrong}")]).0, exit::USAGE);
    }
}
