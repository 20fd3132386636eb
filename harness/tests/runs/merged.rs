//! Finished runs as one report.

use std::fs;

use harness::{cli::exit, verdict::Outcome};

use super::{ADAPTER, ITS_NAME, connects, harness, run, runs_in, team, verdicts, write};

#[test]
fn shards_and_clients_of_several_machines_are_one_report() {
    let folder = team();
    for part in ["1/2", "2/2"] {
        let reports = format!("part-{}", &part[..1]);
        let (code, out, err) = run(folder.path(), &["--shard", part, "--reports", &reports]);
        assert_eq!(code, exit::CONFORMS, "{out}{err}");
    }
    run(folder.path(), &["--client", ADAPTER, "--reports", "other"]);
    let (code, out, err) =
        harness(folder.path(), &["report", "part-1", "part-2/run.jsonl", "other", "--reports", "all"]);
    assert_eq!(code, exit::FAILED, "{out}{err}");
    assert!(out.contains("1 of 2 clients conform") && out.contains("report: all/index.html"), "{out}");
    let merged = runs_in(folder.path(), "all");
    assert_eq!(verdicts(&merged[0]), ["a/bob passed", "a/right passed", "b/list passed"]);
    assert_eq!(merged[1].client.name, ITS_NAME);
    // It is the report that a run of both would have written.
    run(folder.path(), &["--client", "reference", "--client", ADAPTER, "--reports", "both"]);
    let both = runs_in(folder.path(), "both");
    for (one, other) in merged.iter().zip(&both) {
        assert_eq!(verdicts(one), verdicts(other));
        assert_eq!((one.planned, one.suite_hash.clone()), (other.planned, other.suite_hash.clone()));
    }
    let page = fs::read_to_string(folder.path().join("all/index.html")).unwrap();
    assert!(page.contains("id=\"clients\""));

    let (code, out, _) = harness(folder.path(), &["report", "part-1", "--reports", "part"]);
    assert_eq!(code, exit::INCOMPLETE, "{out}");
    assert!(out.contains("shard 2/2 of reference is missing"), "{out}");
    assert_eq!(Outcome::worst(&runs_in(folder.path(), "part")), Outcome::Incomplete);
}

#[test]
fn what_does_not_belong_together_is_told_and_nothing_is_written() {
    let folder = team();
    run(folder.path(), &["--reports", "one"]);
    harness(folder.path(), &["run", "--seed", "3", "--jobs", "1", "--reports", "seed", "--client", ADAPTER]);
    let told = |files: &[&str]| {
        let (code, _, err) = harness(folder.path(), &[&["report"], files, &["--reports", "all"]].concat());
        assert_eq!(code, exit::USAGE, "{err}");
        assert!(!folder.path().join("all").exists());
        err
    };
    assert!(told(&["one", "seed"]).contains("the seed is 2 in one/run.jsonl and 3 in seed/run.jsonl"));
    let twice = told(&["one", "one"]);
    assert!(
        twice.contains("3 cases of reference are in one/run.jsonl and again in one/run.jsonl: "),
        "{twice}"
    );
    write(folder.path(), "scenarios/a/more.yaml", &connects("alice", ""));
    run(folder.path(), &["--reports", "suite", "--client", ADAPTER]);
    let suites = told(&["one", "suite"]);
    assert!(suites.contains("the suite is of hash "), "{suites}");
    write(folder.path(), "no.jsonl", "{\"event\":\"coffee\"}\n");
    let wrong = told(&["no.jsonl", "nowhere.jsonl"]);
    assert!(wrong.contains("no.jsonl: line 1 is no event") && wrong.contains("nowhere.jsonl: "), "{wrong}");
    let (code, _, err) = harness(folder.path(), &["report", "one", "--reports", "one"]);
    assert_eq!(code, exit::USAGE);
    assert!(err.contains("one/run.jsonl would be written over"), "{err}");
}
