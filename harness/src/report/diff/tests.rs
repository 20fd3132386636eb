//! Runs made by hand, and where they differ.

use super::*;
use crate::verdict::{ClientInfo, Finding, FindingKind};

/// A case: its name, its verdict, and what was said: when, by whom, what.
type Made<'a> = (&'a str, Verdict, &'a [(i64, &'a str, &'a str)]);

fn run(name: &str, cases: &[Made<'_>]) -> RunResult {
    let client = ClientInfo { name: name.into(), version: "1".into(), clock: Clock::Virtual };
    let mut run = RunResult::new(client.clone(), 1, 0, cases.len());
    for (path, verdict, said) in cases {
        let path = format!("scenarios/{path}.yaml");
        let mut result = ScenarioResult::new(path, "t", client.clone(), verdict.clone());
        result.sequence = said
            .iter()
            .map(|(at_ms, client, text)| SequenceLine {
                order: 0,
                at_ms: *at_ms,
                client: (*client).into(),
                kind: LineKind::Callback,
                text: (*text).into(),
                mark: None,
            })
            .collect();
        run.results.push(result);
    }
    run
}

fn fail() -> Verdict {
    Verdict::Fail { findings: vec![Finding::new(FindingKind::Expectation, "onA", "nothing")] }
}

#[test]
fn a_run_differs_from_itself_in_nothing() {
    let run = run("a", &[("x/one", Verdict::Pass, &[(0, "p", "onA")])]);
    let found = diff(&run, &run, true);
    assert!(found.is_empty());
    assert_eq!(found.compared, 1);
}

#[test]
fn verdicts_come_first_and_each_case_has_its_first_difference() {
    let a = run(
        "a",
        &[
            ("x/said", Verdict::Pass, &[(0, "p", "onA"), (5, "p", "onB x=1"), (6, "p", "onC")]),
            ("x/verdict", Verdict::Pass, &[(0, "p", "onA")]),
            ("x/gone", Verdict::Pass, &[]),
        ],
    );
    let b = run(
        "b",
        &[
            ("x/said", Verdict::Pass, &[(0, "p", "onA"), (7, "p", "onB x=2"), (9, "p", "onC")]),
            ("x/verdict", fail(), &[]),
            ("x/new", Verdict::Pass, &[]),
        ],
    );
    let found = diff(&a, &b, false);
    assert_eq!((found.compared, found.verdicts, found.said), (2, 1, 2));
    assert_eq!(
        (&found.only_a[..], &found.only_b[..]),
        (&["x/gone".to_owned()][..], &["x/new".to_owned()][..])
    );
    let [verdict, said] = &found.cases[..] else { panic!("{found:?}") };
    assert_eq!(verdict.case, "x/verdict");
    let both = verdict.verdicts.as_ref().unwrap();
    assert_eq!((both.a.is, both.b.is), (VerdictKind::Pass, VerdictKind::Fail));
    assert_eq!(both.b.why, "expected onA, seen nothing");
    assert_eq!(verdict.first.as_ref().unwrap().lines.b, Vec::<String>::new());
    let first = said.first.as_ref().unwrap();
    assert_eq!((first.client.as_str(), first.line, &first.before[..]), ("p", 2, &["onA".to_owned()][..]));
    assert_eq!((&first.lines.a[0], &first.lines.b[0]), (&"onB x=1".to_owned(), &"onB x=2".to_owned()));
    assert_eq!((first.at_ms.a, first.at_ms.b), (Some(5), Some(7)));
}

#[test]
fn of_several_clients_the_earliest_difference_is_told_and_the_others_named() {
    let a = run("a", &[("x/y", Verdict::Pass, &[(9, "late", "onA"), (3, "early", "onA")])]);
    let b = run("b", &[("x/y", Verdict::Pass, &[(9, "late", "onB"), (3, "early", "onB")])]);
    let first = diff(&a, &b, false).cases.remove(0).first.unwrap();
    assert_eq!((first.client.as_str(), &first.also[..]), ("early", &["late".to_owned()][..]));
}

#[test]
fn a_callback_that_one_has_never_heard_of_hides_nothing_else() {
    let told = [(0, "p", "onOpened"), (1, "p", "onA x=1")];
    let cases = |said: &'static [(i64, &'static str, &'static str)]| {
        ["x/1", "x/2", "x/3"].map(|name| (name, Verdict::Pass, said)).to_vec()
    };
    let a = run("a", &cases(&[(0, "p", "onOpened"), (1, "p", "onA x=1")]));
    let b = run("b", &cases(&[(1, "p", "onA x=1")]));
    let found = diff(&a, &b, false);
    assert!(found.cases.is_empty() && !found.is_empty(), "{found:?}");
    assert_eq!(found.alone.a, BTreeMap::from([("onOpened".to_owned(), 3)]));
    assert!(found.alone.b.is_empty());
    // Once or twice is no habit.
    let (a, b) =
        (run("a", &[("x/1", Verdict::Pass, &told)]), run("b", &[("x/1", Verdict::Pass, &told[1..])]));
    let first = diff(&a, &b, false).cases.remove(0).first.unwrap();
    assert_eq!((first.line, first.lines.a[0].as_str()), (1, "onOpened"));
}

#[test]
fn what_is_not_stable_by_itself_is_not_compared_and_said() {
    let a = run("a", &[("x/y", Verdict::Pass, &[(0, "p", "onA")])]);
    let mut b = run("b", &[("x/y", Verdict::Pass, &[(0, "p", "onB")])]);
    b.results[0].client.clock = Clock::Real;
    let found = diff(&a, &b, false);
    assert_eq!((found.said, found.unproven, found.unstable.len()), (1, 1, 0));
    b.results[0].stable = Some(true);
    assert_eq!((diff(&a, &b, false).said, diff(&a, &b, false).unproven), (1, 0));
    b.results[0].stable = Some(false);
    let found = diff(&a, &b, false);
    assert_eq!((found.said, &found.unstable[..]), (0, &["x/y".to_owned()][..]));
}

#[test]
fn what_one_does_not_support_differs_by_its_verdict_alone() {
    let unsupported = Verdict::Unsupported { what: "w".into(), reason: "r".into() };
    let a = run("a", &[("x/y", Verdict::Pass, &[(0, "p", "onA")])]);
    let b = run("b", &[("x/y", unsupported, &[])]);
    let case = diff(&a, &b, false).cases.remove(0);
    assert_eq!((case.verdicts.is_some(), case.first), (true, None));
}
