//! A baseline written for a team: one entry for each case that is red, folded where a matrix agrees. What a client does
//! not have it says itself, run by run.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{EntryKind, pattern, read};
use crate::verdict::{RunResult, ScenarioResult, Verdict, name_of};

/// The text of a baseline file under which this run would not be red.
///
/// Reasons are the first finding in short; the team replaces them by the real ones. A matrix whose cases all deviate
/// alike becomes one entry, if `whole` files were run: of cases that were left out nothing is known.
#[must_use]
pub fn propose(run: &RunResult, whole: bool) -> String {
    let mut text = format!("# Known deviations of {}.\nbaseline: {}\nentries:", run.client, read::VERSION);
    let mut files: IndexMap<&str, Vec<&ScenarioResult>> = IndexMap::new();
    for result in &run.results {
        files.entry(&result.path).or_default().push(result);
    }
    let mut none = true;
    for results in files.values() {
        let found: Vec<Option<(EntryKind, String)>> =
            results.iter().map(|result| deviation(result)).collect();
        // A bracket in the path would be read as the beginning of axes.
        let alike = whole
            && !results[0].path.contains('[')
            && found.iter().flatten().count() == results.len()
            && found
                .windows(2)
                .all(|pair| pair[0].as_ref().map(|it| it.0) == pair[1].as_ref().map(|it| it.0));
        let shown = if alike { 1 } else { results.len() };
        for (result, deviation) in results.iter().zip(found).take(shown) {
            let Some((kind, reason)) = deviation else { continue };
            let name = result.name();
            let name = if alike { name_of(&result.path, &IndexMap::new()) } else { name };
            none = false;
            let (name, reason) = (literal(&name), quoted(&reason));
            let _ = write!(text, "\n  - scenario: {name}\n    kind: {}\n    reason: {reason}", kind.word());
        }
    }
    text.push_str(if none { " []\n" } else { "\n" });
    text
}

/// What an entry would have to say of a case; `None` for one that needs none.
fn deviation(result: &ScenarioResult) -> Option<(EntryKind, String)> {
    let first = || {
        let finding = result.verdict.findings().first();
        finding.map_or_else(String::new, |it| format!("expected {}, seen {}", it.expected, it.seen))
    };
    Some(match &result.verdict {
        Verdict::Pass | Verdict::UnexpectedlyPassing { .. } | Verdict::Unsupported { .. } => return None,
        Verdict::Fail { .. } => (EntryKind::Failing, first()),
        Verdict::Flaky { attempts, failed, .. } => {
            (EntryKind::Flaky, format!("failed {failed} of {attempts} times: {}", first()))
        }
        Verdict::CouldNotRun { reason } => (EntryKind::CouldNotRun, reason.clone()),
        Verdict::KnownFailing { kind, reason, .. } => (*kind, reason.clone()),
    })
}

/// The pattern of just that name: a JSON string is a YAML scalar.
fn literal(name: &str) -> String {
    serde_json::Value::from(pattern::literal(name)).to_string()
}

/// A reason in short.
fn quoted(text: &str) -> String {
    let short: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    serde_json::Value::from(short).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{ClientInfo, Clock, Finding, FindingKind, Outcome, baseline::Baseline};

    fn run() -> RunResult {
        let client = ClientInfo { name: "web-sdk".into(), version: "5.2.0".into(), clock: Clock::Virtual };
        let mut run = RunResult::new(client.clone(), 1, 0, 0);
        let fail = || Verdict::Fail {
            findings: vec![Finding::new(FindingKind::Expectation, "onA: \"x\"", "nothing")],
        };
        let axes =
            |value: &str| [("type".to_owned(), value.to_owned())].into_iter().collect::<IndexMap<_, _>>();
        for (path, case, verdict) in [
            ("scenarios/a/one.yaml", IndexMap::new(), Verdict::Pass),
            ("scenarios/a/all.yaml", axes("private"), fail()),
            ("scenarios/a/all.yaml", axes("group"), fail()),
            ("scenarios/a/some.yaml", axes("private"), Verdict::Pass),
            ("scenarios/a/some.yaml", axes("group"), Verdict::CouldNotRun { reason: "crashed".into() }),
        ] {
            run.results
                .push(ScenarioResult { case, ..ScenarioResult::new(path, "t", client.clone(), verdict) });
        }
        run.planned = run.results.len();
        run
    }

    #[test]
    fn what_is_proposed_accounts_for_the_run() {
        let mut run = run();
        let text = propose(&run, true);
        insta::assert_snapshot!(text, @r#"
        # Known deviations of web-sdk 5.2.0.
        baseline: 1
        entries:
          - scenario: "a/all"
            kind: failing
            reason: "expected onA: \"x\", seen nothing"
          - scenario: "a/some[type=group]"
            kind: could-not-run
            reason: "crashed"
        "#);
        Baseline::read("b.yaml", &text).unwrap().apply(&mut run);
        assert_eq!(run.outcome(), Outcome::Conforms, "{:?}", run.baseline_problems);
    }

    #[test]
    fn of_a_part_of_a_matrix_each_case_has_its_entry() {
        let text = propose(&run(), false);
        assert!(text.contains("\"a/all[type=private]\"") && text.contains("\"a/all[type=group]\""), "{text}");
    }

    #[test]
    fn a_run_without_deviations_needs_no_entry() {
        let mut run = run();
        run.results.truncate(1);
        assert!(Baseline::read("b.yaml", &propose(&run, true)).unwrap().entries.is_empty());
    }
}
