//! `refused`: a call may be turned down at once or in its callback, and one that is taken is a finding.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{num::NonZeroUsize, path::Path};

use harness::{
    runner::{self, Driver, Fault, Options, SimDriver},
    scenario,
    verdict::Verdict,
};

/// What comes of a case that makes these steps with a client that is online.
fn ran(steps: &str) -> Verdict {
    let text = format!(
        "scenario: x\nservice: {{users: [alice, bob]}}\nclients: {{phone: {{user: alice}}}}\nsteps:\n\
         \x20 - call: phone.connect\n    with: {{token: $alice.token, timeout: 10}}\n\
         \x20 - expect: phone\n    in_order: [onConnected: {{code: 0}}]\n    within: 10s\n{steps}"
    );
    let scenario = scenario::parse(Path::new("x.yaml"), &text)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].line()));
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
    let options = Options { jobs: Some(NonZeroUsize::MIN), ..Options::default() };
    runner::run(&[scenario], &options, &make, &|_| {}).unwrap().run.results.remove(0).verdict
}

fn finding(verdict: &Verdict) -> (String, String) {
    let Verdict::Fail { findings } = verdict else { panic!("{verdict:?}") };
    (findings[0].expected.clone(), findings[0].seen.clone())
}

const WRONG: &str = "  - call: phone.addToBlacklist\n    with: {userId: \"\"}\n";
const RIGHT: &str = "  - call: phone.addToBlacklist\n    with: {userId: bob}\n";
const REFUSING: &str = "  - service: {fault: {on: {kind: query}, effect: {answer: 20606}}}\n";

#[test]
fn what_is_returned_refuses() {
    assert_eq!(ran(&format!("{WRONG}    refused: {{not: 0}}\n")), Verdict::Pass);
    assert_eq!(ran(&format!("{WRONG}    refused: 1\n")), Verdict::Pass);
    let (expected, seen) = finding(&ran(&format!("{WRONG}    refused: 20606\n")));
    assert!(expected.contains("addToBlacklist: expected 20606") && seen == "1", "{expected}: {seen}");
}

#[test]
fn the_callback_refuses() {
    assert_eq!(ran(&format!("{REFUSING}{RIGHT}    refused: {{not: 0}}\n")), Verdict::Pass);
    let (expected, seen) = finding(&ran(&format!("{REFUSING}{RIGHT}    refused: 1\n")));
    assert!(expected.contains("onBlacklistAdded(code: 1)") && seen.contains("20606"), "{expected}: {seen}");
}

#[test]
fn a_call_that_is_taken_is_not_refused() {
    let (expected, seen) = finding(&ran(&format!("{RIGHT}    refused: {{not: 0}}\n")));
    assert!(expected.contains("onBlacklistAdded(code: not 0)"), "{expected}");
    assert!(seen.contains("\"code\":0"), "{seen}");
}

/// What refused the call is met: nothing else may follow, and it is not looked at again.
#[test]
fn the_callback_that_refused_is_behind_what_comes_next() {
    let then = "  - none: phone\n    for: 1m\n";
    assert_eq!(ran(&format!("{REFUSING}{RIGHT}    refused: {{not: 0}}\n{then}")), Verdict::Pass);
}

#[test]
fn a_code_that_is_not_there_is_not_another_one() {
    let uid = |what: &str| {
        ran(&format!(
            "{RIGHT}  - expect: phone\n    in_order: [onBlacklistAdded: {{userId: bob, listener: {what}}}]\n    within: 5s\n"
        ))
    };
    assert_eq!(uid("absent"), Verdict::Pass);
    assert!(matches!(uid("{not: mine}"), Verdict::Fail { .. }));
    assert_eq!(uid("{not: {contains: mine}}"), Verdict::Pass);
}
