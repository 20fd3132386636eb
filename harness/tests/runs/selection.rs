//! Which cases are run, and what ends a run early.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use harness::{cli::exit, verdict::RunResult};

use super::{ADAPTER, ITS_NAME, connects, run, runs_in, team, verdicts, write};

fn names(run: &RunResult) -> Vec<String> {
    let mut names: Vec<String> = run.results.iter().map(|result| result.name()).collect();
    names.sort();
    names
}

fn selected(folder: &Path, args: &[&str]) -> Vec<String> {
    let (code, out, err) = run(folder, args);
    assert!([exit::CONFORMS, exit::FAILED].contains(&code), "{out}{err}");
    names(&runs_in(folder, "reports")[0])
}

#[test]
fn areas_are_folders_or_those_of_requirements_and_exclude_takes_away() {
    let folder = team();
    write(folder.path(), "scenarios/a/deep/er.yaml", &connects("alice", "").replace("SEND-001", "CHRM-001"));
    let path = folder.path();
    assert_eq!(selected(path, &["--area", "b"]), ["b/list"]);
    assert_eq!(selected(path, &["--area", "a"]), ["a/bob", "a/deep/er", "a/right"]);
    assert_eq!(selected(path, &["--area", "a/deep", "--area", "b"]), ["a/deep/er", "b/list"]);
    assert_eq!(selected(path, &["--area", "CHRM"]), ["a/deep/er"]);
    assert_eq!(selected(path, &["--exclude", "a/", "--exclude", "nothing"]), ["b/list"]);
    let (_, _, err) = run(path, &["--exclude", "nothing at all"]);
    assert!(err.contains("--exclude nothing at all: no selected case contains that"), "{err}");
    let (code, _, err) = run(path, &["--area", "a/deeep"]);
    assert_eq!(code, exit::USAGE);
    assert!(
        err.contains("--area: there is no area `a/deeep`") && err.contains("did you mean `a/deep`?"),
        "{err}"
    );
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(identity)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_changed_since_a_revision_is_run_fragments_and_new_files_too() {
    let folder = team();
    let path = folder.path();
    write(path, "scenarios/a/_extra.yaml", "- call: page.disconnect\n  with: {receivePush: false}\n");
    write(path, "scenarios/a/includes.yaml", &connects("alice", "  - include: _extra.yaml\n"));
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-q", "-m", "all"]);
    let (code, _, _) = run(path, &["--changed-since", "HEAD"]);
    assert_eq!(code, exit::NOTHING_SELECTED);
    write(path, "scenarios/a/bob.yaml", &connects("bob", "  - advance: 1s\n"));
    assert_eq!(selected(path, &["--changed-since", "HEAD"]), ["a/bob"]);
    write(path, "scenarios/a/_extra.yaml", "- call: page.disconnect\n  with: {receivePush: true}\n");
    write(path, "scenarios/b/new.yaml", &connects("alice", ""));
    assert_eq!(selected(path, &["--changed-since", "HEAD"]), ["a/bob", "a/includes", "b/new"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-q", "-m", "more"]);
    assert_eq!(selected(path, &["--changed-since", "HEAD~1", "scenarios/a"]), ["a/bob", "a/includes"]);
    for rev in ["no-such-revision", "-x"] {
        let (code, _, err) = run(path, &[&format!("--changed-since={rev}")]);
        assert_eq!(code, exit::USAGE);
        assert!(err.contains(&format!("--changed-since {rev}: ")), "{err}");
    }
}

#[test]
fn what_was_red_is_run_again_for_each_client_its_own() {
    let folder = team();
    let path = folder.path();
    let both = ["--client", "reference", "--client", ADAPTER];
    run(path, &[&both[..], &["--reports", "before"]].concat());
    let again = ["--failed-from", "before/run.jsonl", "--client", ADAPTER];
    assert_eq!(selected(path, &again), ["a/bob"]);
    // The reference client has nothing to repeat.
    let (code, out, err) = run(path, &[&both[..], &again[..2]].concat());
    assert_eq!(code, exit::FAILED, "{out}");
    assert!(err.contains("reference: no scenario is selected, so it has no turn"), "{err}");
    assert_eq!(runs_in(path, "reports").iter().map(|run| run.planned).collect::<Vec<_>>(), [1]);
    let (code, _, err) =
        run(path, &[&again[..2], &["--client", "python3 ./adapter.py silent", "--name", "x"]].concat());
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("before/run.jsonl holds no run of x") && err.contains(ITS_NAME), "{err}");
}

#[test]
fn the_first_red_case_ends_a_run_that_is_to_fail_fast() {
    let folder = team();
    let path = folder.path();
    // Files come in the order of their names: a/bob is the first.
    let (code, out, _) = run(path, &["--client", ADAPTER, "--fail-fast"]);
    assert_eq!(code, exit::FAILED, "{out}");
    assert!(
        out.contains("ended by its first red case, as it was asked to: 1 of 3 planned scenarios were run"),
        "{out}"
    );
    assert!(out.contains("does not conform (exit code 1)"), "{out}");
    let runs = runs_in(path, "reports");
    assert_eq!((verdicts(&runs[0]), runs[0].failed_fast), (vec!["a/bob failed".to_owned()], true));
    // What is known is not red, and ends nothing.
    write(
        path,
        &format!("fixtures/baselines/{ITS_NAME}.yaml"),
        "baseline: 1\nentries:\n  - {scenario: a/bob, reason: r}\n",
    );
    let (code, out, _) = run(path, &["--client", ADAPTER, "--fail-fast"]);
    assert_eq!(code, exit::CONFORMS, "{out}");
    assert_eq!(runs_in(path, "reports")[0].results.len(), 3);
}

#[test]
fn the_slowest_cases_are_named() {
    let folder = team();
    let (_, out, _) = run(folder.path(), &["--slowest", "2"]);
    let after = out.split_once("(exit code 0)\n").unwrap().1;
    let lines: Vec<&str> = after.lines().take_while(|line| !line.starts_with("report: ")).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(
        lines.iter().all(|line| line.contains("/")
            && (line.contains(" ms") || line.contains(" µs") || line.contains(" s"))),
        "{lines:?}"
    );
}

#[test]
fn an_area_without_anything_supported_fails_a_strict_run_alone() {
    let folder = team();
    let args = ["--client", ADAPTER, "--exclude", "a/bob"];
    let (code, out, _) = run(folder.path(), &args);
    assert_eq!(code, exit::CONFORMS, "{out}");
    let (code, out, _) = run(folder.path(), &[&args[..], &["--strict"]].concat());
    assert_eq!(code, exit::INCOMPLETE, "{out}");
    assert!(out.contains("--strict: no case of the area b is supported"), "{out}");
    // The file keeps it.
    assert_eq!(runs_in(folder.path(), "reports")[0].exit_code(), exit::INCOMPLETE);
}
