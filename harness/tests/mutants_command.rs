//! `harness mutants`: what it says of bugs that are noticed and of those that live.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ffi::OsString;

use harness::cli;
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");

/// Exit code, standard output, standard error of `harness mutants`; `scenarios/` in a word is the suite.
fn harness(words: &str) -> (u8, String, String) {
    command(&format!("mutants {words}"))
}

/// The same of any command.
fn command(words: &str) -> (u8, String, String) {
    let words = words.replace("scenarios/", &format!("{ROOT}/"));
    let args = ["harness"].into_iter().chain(words.split_whitespace()).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn a_bug_that_is_noticed_is_told_with_its_area_and_nothing_else() {
    let (code, out, err) = harness("scenarios/kick --bug no_kick");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("service") && out.contains("  kick "), "{out}");
    assert!(out.contains("1 of 1 bugs noticed, 100 %, by "), "{out}");
}

#[test]
fn a_bug_that_lives_is_told_with_its_meaning_and_how_many_came_to_it() {
    let (code, out, _) = harness("scenarios/send --bug no_kick --bug client:pins_after_cut");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("No case comes to:\n  client:pins_after_cut (CONV-0"), "{out}");
    let (code, out, _) = harness("scenarios/offline --bug no_member_limit --bug drops_offline");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("1 of 2 bugs noticed, 50 %"), "{out}");
}

#[test]
fn same_seed_same_result_on_however_many_threads() {
    let json = |jobs: &str| {
        let (_, out, _) = harness(&format!("scenarios/kick --json --seed 7 --jobs {jobs}"));
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let one = json("1");
    assert_eq!(one, json("3"));
    let bugs = one["bugs"].as_array().unwrap();
    assert_eq!(bugs.len(), harness::bug::Bug::all().count());
    let noticed = |side: &str| one[side]["all"]["noticed"].as_u64().unwrap();
    assert!(noticed("service") > 5, "{one:#}");
    // Two are enough of a proof.
    assert!(bugs.iter().all(|bug| bug["killers"].as_array().unwrap().len() <= 2));
}

#[test]
fn with_all_cases_it_is_told_which_scenarios_notice_nothing() {
    let (code, out, _) = harness("scenarios/kick --bug no_kick --all --idle");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(" scenarios notice none of these bugs:\n"), "{out}");
}

#[test]
fn what_is_asked_for_must_be_there() {
    let (code, _, err) = harness("scenarios/kick --bug client:no_kick");
    assert_eq!(code, 2);
    assert!(err.contains("`harness explain bugs` lists them"), "{err}");
    let (code, ..) = harness("scenarios/kick --filter nothing-is-called-so");
    assert_eq!(code, 6);
}

#[test]
fn a_bug_of_the_client_is_explained_with_what_it_breaks() {
    let (code, out, _) = command("explain client:pins_after_cut");
    assert_eq!(code, 0);
    assert!(out.starts_with("bug of the client client:pins_after_cut: Pinned"), "{out}");
    assert!(out.contains("\n  breaks CONV-016  Pinned conversations come first in the list.\n"), "{out}");
    let (_, out, _) = command("explain bugs");
    assert!(out.contains("\nno_kick: ") && out.contains("\nclient:pins_after_cut: "), "{out}");
}

#[test]
fn a_run_gives_the_client_a_bug_and_no_other_client_takes_it() {
    let reports = tempfile::tempdir().unwrap();
    let of = |words: &str| command(&format!("run {words} --reports {}", reports.path().display()));
    let path = "scenarios/conversation/pinned-first-on-a-page-that-is-cut.yaml";
    let (code, out, _) = of(&format!("{path} --bug client:pins_after_cut"));
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("--bug client:pins_after_cut --case"), "{out}");
    assert_eq!(of(path).0, 0);
    let (code, _, err) = of(&format!("{path} --bug client:pins_after_cut --client reference+real"));
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("cannot be given it\n  the client's bugs are those of the reference client"),
        "{err}"
    );
}
