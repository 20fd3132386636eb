//! `harness.toml`: a team's clients and paths.

use harness::cli::exit;

use super::{harness, run, runs_in, team, verdicts, write};

const SETTINGS: &str = "clients = ['ours', 'reference']\npaths = ['scenarios']\n\n[client.ours]\n\
    command = 'python3 adapter.py good'\nname = 'ours@2'\nbaseline = 'ours.yaml'\nareas = ['a']\nexclude = ['nothing like it']\n\
    retries = 1\njobs = 1\npatience = '2m'\nslow = 2\n";

#[test]
fn the_line_of_ci_is_harness_run_from_wherever_in_the_repository() {
    let folder = team();
    write(folder.path(), "harness.toml", SETTINGS);
    write(
        folder.path(),
        "ours.yaml",
        "baseline: 1\nentries:\n  - {scenario: a/bob, reason: it is always alice}\n",
    );
    write(folder.path(), "docs/deep/x", "");
    for at in ["", "docs/deep"] {
        let (code, out, err) = run(&folder.path().join(at), &[]);
        assert_eq!(code, exit::CONFORMS, "{out}{err}");
        assert_eq!(err.contains("settings of "), !at.is_empty(), "{err}");
        let runs = runs_in(&folder.path().join(at), "reports");
        let names: Vec<&str> = runs.iter().map(|run| run.client.name.as_str()).collect();
        assert_eq!(names, ["ours@2", "reference"]);
        assert_eq!(verdicts(&runs[0]), ["a/bob known failing", "a/right passed"]);
        assert_eq!(runs[1].results.len(), 3);
    }
    // What the line says wins.
    let (code, out, err) = run(folder.path(), &["--client", "ours", "--no-baseline", "scenarios/a/bob.yaml"]);
    assert_eq!(code, exit::FAILED, "{out}{err}");
    // The command that repeats it does so.
    let again = out.lines().find_map(|line| line.trim().strip_prefix("again: harness ")).unwrap();
    let words = harness::shell::split(again).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, out, err) = harness(folder.path(), &words);
    assert_eq!(code, exit::FAILED, "{again}: {out}{err}");
    assert!(out.contains("1 planned: 0 passed, 1 failed"), "{out}");
    // Another file than the nearest.
    write(folder.path(), "docs/ci.toml", "clients = ['reference']\npaths = ['../scenarios/b']\n");
    let (code, out, err) = run(folder.path(), &["--config", "docs/ci.toml"]);
    assert_eq!(code, exit::CONFORMS, "{out}{err}");
    assert!(out.contains("1 planned: 1 passed"), "{out}");
}

#[test]
fn every_mistake_of_the_file_is_told_and_nothing_runs() {
    let folder = team();
    write(folder.path(), "harness.toml", "client_s = 1\n[client.ours]\ncomand = './a'\nslow = 'much'\n");
    for command in [&["run"][..], &["clients"]] {
        let (code, out, err) = harness(folder.path(), command);
        assert_eq!(code, exit::USAGE, "{out}{err}");
        for told in [
            "harness.toml:1:1: unknown key `client_s`; did you mean `clients`?",
            "harness.toml:3:1: unknown key `comand`; did you mean `command`?",
            "harness.toml:4:8: `slow` is 'much'; it must be a whole number from 1 to 100",
            "harness.toml:2:1: client `ours`: `command` is missing",
        ] {
            assert!(err.contains(told), "{told}: {err}");
        }
    }
    let (code, _, err) = run(folder.path(), &["--config", "no.toml"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("no.toml: "), "{err}");
}

#[test]
fn clients_lists_those_of_the_file() {
    let folder = team();
    write(folder.path(), "harness.toml", SETTINGS);
    let (code, out, _) = harness(folder.path(), &["clients"]);
    assert_eq!(code, exit::CONFORMS);
    assert!(
        out.starts_with(
            "ours               default  python3 adapter.py good (harness.toml, in reports ours@2)\n"
        ),
        "{out}"
    );
    assert!(out.contains("\nreference "), "{out}");
    let (_, out, _) = harness(folder.path(), &["clients", "--format", "json"]);
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["name"], &first["default"]), (&"ours".into(), &true.into()));
}
