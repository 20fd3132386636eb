//! Where two runs differ: in verdicts, and in what the clients said, the first difference of each case.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::verdict::{
    Clock, RunResult, ScenarioResult, Verdict, VerdictKind,
    lanes::{Said, lanes},
};

/// Lines that agree, shown before a difference.
const BEFORE: usize = 2;
/// Lines shown of each side from the first difference on.
const AFTER: usize = 3;

/// Where two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDiff {
    /// How many cases both ran.
    pub compared: usize,
    /// How many of those differ in their verdict.
    pub verdicts: usize,
    /// How many differ in what was said.
    pub said: usize,
    /// Cases that were repeated in real time and of which no two attempts said the same: what was said is not compared.
    pub unstable: Vec<String>,
    /// How many were run in real time by either and not repeated: what was said may differ by itself.
    pub unproven: usize,
    /// Cases that only the first ran.
    pub only_a: Vec<String>,
    /// Cases that only the second ran.
    pub only_b: Vec<String>,
    /// Cases that differ: those of another verdict first, each kind in the order of the first run.
    pub cases: Vec<CaseDiff>,
}

impl RunDiff {
    /// Whether they differ in anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.only_a.is_empty() && self.only_b.is_empty()
    }
}

/// A case in which two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseDiff {
    /// Its name.
    pub case: String,
    /// The sentence it proves.
    pub title: String,
    /// Both verdicts, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Both<VerdictSaid>>,
    /// The first difference in what was said, if both ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstDifference>,
}

/// The same of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Both<T> {
    /// The first run's.
    pub a: T,
    /// The second run's.
    pub b: T,
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictSaid {
    /// Its kind.
    pub is: VerdictKind,
    /// Why, in a line; empty for one that needs no reason.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Where what a client of the scenario said first differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstDifference {
    /// The client, by its name in the scenario.
    pub client: String,
    /// Which of its calls and callbacks, from 1.
    pub line: usize,
    /// When, in milliseconds since the case began; `None` for who said nothing more.
    pub at_ms: Both<Option<i64>>,
    /// The last lines that agree.
    pub before: Vec<String>,
    /// What follows in each, some lines; empty for who said nothing more.
    pub lines: Both<Vec<String>>,
    /// Other clients of the scenario that differ too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// Compares two runs case by case. With `times`, instants within what was said count too.
#[must_use]
pub fn diff(a: &RunResult, b: &RunResult, times: bool) -> RunDiff {
    let by_name = |run: &RunResult| -> BTreeMap<String, usize> {
        run.results.iter().enumerate().map(|(n, result)| (result.name(), n)).collect()
    };
    let (in_a, in_b) = (by_name(a), by_name(b));
    let only = |run: &RunResult, other: &BTreeMap<String, usize>| -> Vec<String> {
        run.results.iter().map(ScenarioResult::name).filter(|name| !other.contains_key(name)).collect()
    };
    let both = a.results.iter().filter_map(|one| Some((one, &b.results[*in_b.get(&one.name())?])));
    let (mut compared, mut unproven) = (0, 0);
    let (mut cases, mut unstable): (Vec<CaseDiff>, Vec<String>) = (Vec::new(), Vec::new());
    for (one, other) in both {
        compared += 1;
        let is_stable = [one, other].iter().all(|result| result.stable != Some(false));
        let is_unproven =
            |result: &&ScenarioResult| result.client.clock == Clock::Real && result.stable.is_none();
        unproven += usize::from(is_stable && [one, other].iter().any(is_unproven));
        if !is_stable {
            unstable.push(one.name());
        }
        cases.extend(case(one, other, times, is_stable));
    }
    // The sort is stable.
    cases.sort_by_key(|case| case.verdicts.is_none());
    RunDiff {
        compared,
        verdicts: cases.iter().filter(|case| case.verdicts.is_some()).count(),
        said: cases.iter().filter(|case| case.first.is_some()).count(),
        unstable,
        unproven,
        only_a: only(a, &in_b),
        only_b: only(b, &in_a),
        cases,
    }
}

fn case(a: &ScenarioResult, b: &ScenarioResult, times: bool, is_stable: bool) -> Option<CaseDiff> {
    let verdicts = (a.verdict.kind() != b.verdict.kind())
        .then(|| Both { a: VerdictSaid::of(&a.verdict), b: VerdictSaid::of(&b.verdict) });
    // What one of them did not run to its end differs by that alone.
    let ran = |result: &ScenarioResult| {
        !matches!(result.verdict.kind(), VerdictKind::Unsupported | VerdictKind::CouldNotRun)
    };
    let first = if is_stable && ran(a) && ran(b) { first(a, b, times) } else { None };
    (verdicts.is_some() || first.is_some()).then(|| CaseDiff {
        case: a.name(),
        title: a.title.clone(),
        verdicts,
        first,
    })
}

fn first(a: &ScenarioResult, b: &ScenarioResult, times: bool) -> Option<FirstDifference> {
    let (in_a, in_b) = (lanes(&a.sequence, times), lanes(&b.sequence, times));
    let clients = in_a.keys().chain(in_b.keys().filter(|client| !in_a.contains_key(*client)));
    let none = Vec::new();
    let mut found: Vec<FirstDifference> = clients
        .filter_map(|client| {
            let (a, b) = (in_a.get(client).unwrap_or(&none), in_b.get(client).unwrap_or(&none));
            lane(client, a, b)
        })
        .collect();
    // The one that comes first in the case: what follows it may be its consequence.
    found.sort_by_key(|difference| {
        let Both { a, b } = &difference.at_ms;
        a.iter().chain(b).min().copied().unwrap_or(i64::MAX)
    });
    let mut found = found.into_iter();
    let first = found.next()?;
    Some(FirstDifference { also: found.map(|other| other.client).collect(), ..first })
}

fn lane(client: &str, a: &[Said], b: &[Said]) -> Option<FirstDifference> {
    let at = a.iter().zip(b).position(|(a, b)| a.text != b.text).unwrap_or(a.len().min(b.len()));
    if at == a.len() && at == b.len() {
        return None;
    }
    let texts = |lines: &[Said], from: usize, most: usize| -> Vec<String> {
        lines.iter().skip(from).take(most).map(|said| said.text.clone()).collect()
    };
    Some(FirstDifference {
        client: client.to_owned(),
        line: at + 1,
        at_ms: Both { a: a.get(at).map(|said| said.at_ms), b: b.get(at).map(|said| said.at_ms) },
        before: texts(a, at.saturating_sub(BEFORE), at.min(BEFORE)),
        lines: Both { a: texts(a, at, AFTER), b: texts(b, at, AFTER) },
        also: Vec::new(),
    })
}

impl VerdictSaid {
    fn of(verdict: &Verdict) -> Self {
        let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let why = match verdict {
            Verdict::Pass => String::new(),
            Verdict::Unsupported { what, reason } => format!("{what}: {}", line(reason)),
            Verdict::CouldNotRun { reason }
            | Verdict::KnownFailing { reason, .. }
            | Verdict::UnexpectedlyPassing { reason, .. } => line(reason),
            Verdict::Fail { findings } | Verdict::Flaky { findings, .. } => {
                findings.first().map_or_else(String::new, |finding| {
                    format!("expected {}, seen {}", line(&finding.expected), line(&finding.seen))
                })
            }
        };
        Self { is: verdict.kind(), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{ClientInfo, Finding, FindingKind, LineKind, SequenceLine};

    fn run(name: &str, cases: &[(&str, Verdict, &[(i64, &str, &str)])]) -> RunResult {
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
}
