//! Several clients in one run, and where two of them differ.

use std::fs;

use harness::{cli::exit, verdict::VerdictKind};
use serde_json::Value;

use super::{ADAPTER, ITS_NAME, harness, run, runs_in, team, verdicts, write};

#[test]
fn several_clients_are_one_run_with_one_report() {
    let folder = team();
    let (code, out, err) = run(folder.path(), &["--client", "reference", "--client", ADAPTER]);
    assert_eq!(code, exit::FAILED, "{out}{err}");
    for line in [
        "3 planned: 3 passed, 0 failed",
        "3 planned: 1 passed, 1 failed, 0 unexpectedly passing, 0 flaky, 0 could not run, 0 known failing, 1 unsupported",
        "1 of 2 clients conform; the worst: does not conform (exit code 1)",
        "report: reports/index.html",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    // Every number of each client stands in a row.
    let row = |head: &str| {
        let line = out.lines().find(|line| line.starts_with(head) && !line.contains(':')).unwrap_or_default();
        line[head.len()..].split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for (head, numbers) in [
        ("planned", ["3", "3"]),
        ("passed", ["3", "1"]),
        ("unsupported", ["0", "1"]),
        ("exit code", ["0", "1"]),
    ] {
        assert_eq!(row(head), numbers, "{head} in {out}");
    }
    // A failure of the adapter names it in the command that repeats it.
    assert!(out.contains(&format!("--client '{ADAPTER}'")), "{out}");

    let runs = runs_in(folder.path(), "reports");
    assert_eq!(verdicts(&runs[0]), ["a/bob passed", "a/right passed", "b/list passed"]);
    assert_eq!(verdicts(&runs[1]), ["a/bob failed", "a/right passed", "b/list unsupported"]);
    for line in fs::read_to_string(folder.path().join("reports/run.jsonl")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["client"]["name"].is_string(), "{line}");
    }
    let junit = fs::read_to_string(folder.path().join("reports/junit.xml")).unwrap();
    assert_eq!(junit.matches("<testsuite ").count(), 2);
    assert!(junit.contains("classname=\"reference.scenarios.a\""), "{junit}");
    assert!(junit.contains("classname=\"python3-adapter_py.scenarios.a\""), "{junit}");

    // The page: a row a case, a cell a client, which leads to its details, and says why it is red.
    let page = fs::read_to_string(folder.path().join("reports/index.html")).unwrap();
    let matrix = page.split_once("id=\"clients\"").unwrap().1.split_once("</section>").unwrap().0;
    let row = matrix.split("<div class=\"cm case\">").find(|row| row.contains("<code>a/bob</code>")).unwrap();
    let links: Vec<&str> =
        row.split("href=\"#").skip(1).map(|link| link.split('"').next().unwrap()).collect();
    assert_eq!(links.len(), 2, "{row}");
    for link in links {
        assert!(page.contains(&format!("<div class=\"result\" id=\"{link}\">")), "{link}");
    }
    assert!(row.contains("<small>expected ") && row.contains("alice"), "{row}");
}

#[test]
fn each_client_has_its_own_baseline() {
    let folder = team();
    let entry = "baseline: 1\nentries:\n  - {scenario: a/bob, reason: it is always alice}\n";
    write(folder.path(), &format!("fixtures/baselines/{ITS_NAME}.yaml"), entry);
    let both = ["--client", "reference", "--client", ADAPTER];
    let (code, out, _) = run(folder.path(), &both);
    assert_eq!(code, exit::CONFORMS, "{out}");
    assert!(out.contains("2 of 2 clients conform"), "{out}");
    // Of one client alone it is no longer what is known: it passes.
    write(folder.path(), "fixtures/baselines/reference.yaml", entry);
    let (code, out, _) = run(folder.path(), &both);
    assert_eq!(code, exit::STALE_BASELINE, "{out}");
    let kinds = runs_in(folder.path(), "reports")
        .iter()
        .map(|run| run.results.iter().find(|result| result.name() == "a/bob").unwrap().verdict.kind())
        .collect::<Vec<_>>();
    assert_eq!(kinds, [VerdictKind::UnexpectedlyPassing, VerdictKind::KnownFailing]);
}

#[test]
fn a_client_that_does_not_start_keeps_no_other_from_its_turn() {
    let folder = team();
    let (code, out, err) = run(folder.path(), &["--client", "python3 ./nothing.py", "--client", "reference"]);
    assert_eq!(code, exit::INCOMPLETE, "{out}{err}");
    assert!(err.contains("python3-nothing.py could not be run: "), "{err}");
    assert!(out.contains("nothing was run: python3-nothing.py could not be run"), "{out}");
    let runs = runs_in(folder.path(), "reports");
    assert_eq!((runs[0].planned, runs[0].results.len(), runs[1].results.len()), (3, 0, 3));
}

#[test]
fn json_of_several_clients_is_one_run_after_another() {
    let folder = team();
    let (code, out, _) =
        run(folder.path(), &["--client", "reference", "--client", ADAPTER, "--format", "json"]);
    assert_eq!(code, exit::FAILED);
    let runs = harness::report::read_json_lines(&out).unwrap();
    let codes: Vec<(String, u8)> =
        runs.iter().map(|run| (run.client.name.clone(), run.exit_code())).collect();
    assert_eq!(codes, [("reference".to_owned(), 0), (ITS_NAME.to_owned(), 1)]);
}

#[test]
fn options_of_one_client_and_a_client_twice_are_refused() {
    let folder = team();
    let two = ["--client", "reference", "--client", ADAPTER];
    for (more, told) in [
        (&["--name", "x"][..], "--name is of one client, and 2 are run"),
        (&["--baseline", "x.yaml"], "--baseline is of one client, and 2 are run"),
        (&["--client", "reference"], "the client reference comes twice"),
        (&["--client", "nobody"], "there is no client `nobody`"),
    ] {
        // `--name` does not fit the reference client either; which is said first does not matter.
        let (code, _, err) = run(folder.path(), &[&two[..], more].concat());
        assert_eq!(code, exit::USAGE, "{err}");
        assert!(err.contains(told) || more[0] == "--name" && err.contains("--name"), "{told}: {err}");
    }
}

#[test]
fn two_clients_differ_where_they_do() {
    let folder = team();
    run(folder.path(), &["--client", "reference", "--client", ADAPTER]);
    let (code, out, err) = harness(folder.path(), &["diff", "reference", ITS_NAME]);
    assert_eq!(code, exit::FAILED, "{out}{err}");
    // What differs in its verdict comes first, with both verdicts.
    let bob = out.split("\n\n").find(|block| block.starts_with("a/bob  ")).unwrap_or_else(|| panic!("{out}"));
    assert!(bob.contains("    - passed\n    + failed: expected "), "{bob}");
    let first = "      - onConnectionStatusChanged status=connecting\n";
    assert!(bob.contains(first) && bob.contains("      + onConnected code=0 userId=alice"), "{bob}");
    assert!(out.contains("    + unsupported: "), "{out}");
    assert!(out.contains("3 cases compared: 2 differ in their verdict, "), "{out}");

    let (code, out, _) = harness(folder.path(), &["diff", "reference", "reports#reference"]);
    assert_eq!(code, exit::CONFORMS, "{out}");
    assert!(out.contains("3 cases compared: 0 differ in their verdict, 0 in what was said"), "{out}");

    let (_, out, _) = harness(folder.path(), &["diff", "reference", ITS_NAME, "--format", "json"]);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["case"], &lines[0]["verdicts"]["b"]["is"]), (&"a/bob".into(), &"fail".into()));
    assert_eq!(lines.last().unwrap()["verdicts"], 2);

    let (code, _, err) = harness(folder.path(), &["diff", "referense", ITS_NAME]);
    assert_eq!(code, exit::USAGE);
    assert!(
        err.contains("holds no run of `referense`") && err.contains("did you mean `reference`?"),
        "{err}"
    );
    let (code, _, err) = harness(folder.path(), &["diff", "reports", "reports"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("holds runs of 2 clients") && err.contains("reports#CLIENT"), "{err}");
}

#[test]
fn what_a_client_in_real_time_says_twice_is_stable_and_compared() {
    let folder = team();
    let script = format!("{}/adapters/template/real_time.py", env!("CARGO_MANIFEST_DIR"));
    let client = format!("python3 {}", harness::shell::quote(&script));
    for (reports, repeat) in [("one", "3"), ("two", "3"), ("once", "1")] {
        let args = ["--client", &client, "--repeat", repeat, "--reports", reports, "scenarios/a/right.yaml"];
        let (code, out, err) = run(folder.path(), &args);
        assert_eq!(code, exit::CONFORMS, "{out}{err}");
    }
    let stable = |reports| runs_in(folder.path(), reports)[0].results[0].stable;
    assert_eq!((stable("one"), stable("two"), stable("once")), (Some(true), Some(true), None));
    let (code, out, _) = harness(folder.path(), &["diff", "one", "two"]);
    assert_eq!(code, exit::CONFORMS, "{out}");
    assert!(!out.contains("may differ by themselves"), "{out}");
    let (_, out, _) = harness(folder.path(), &["diff", "one", "once"]);
    assert!(out.contains("1 cases ran once in real time, and may differ by themselves"), "{out}");
}
