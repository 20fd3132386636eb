//! A baseline written for a team: one entry for each case that is red, folded where a matrix agrees. What a client does
//! not have it says itself, run by run.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{Baseline, Date, Entry, EntryKind, apply::accounts_for, pattern, read};
use crate::verdict::{RunResult, ScenarioResult, Verdict, name_of};

/// The text of a baseline file under which this run would not be red.
///
/// What `known` says of a case that deviates as it says is kept: reason, requirement, owner, issue, rate, and the last day if
/// it is still to come. Other reasons are the first finding in short; the team replaces them by the real ones. A matrix
/// whose cases all deviate alike becomes one entry, if `whole` files were run: of cases that were left out nothing is known.
#[must_use]
pub fn propose(run: &RunResult, whole: bool, known: Option<&Baseline>) -> String {
    let mut text = format!("# Known deviations of {}.\nbaseline: {}\nentries:", run.client, read::VERSION);
    let today = Date::from_unix_ms(run.started_ms);
    let mut files: IndexMap<&str, Vec<&ScenarioResult>> = IndexMap::new();
    for result in &run.results {
        files.entry(&result.path).or_default().push(result);
    }
    let mut none = true;
    for results in files.values() {
        let found: Vec<Option<Found>> = results.iter().map(|result| deviation(result, known)).collect();
        // A bracket in the path would be read as the beginning of axes.
        let alike = whole
            && !results[0].path.contains('[')
            && found.iter().flatten().count() == results.len()
            && found.windows(2).all(|pair| match (&pair[0], &pair[1]) {
                (Some((kind, _, entry)), Some((other, _, others))) => (kind, entry) == (other, others),
                _ => false,
            });
        let shown = if alike { 1 } else { results.len() };
        for (result, deviation) in results.iter().zip(found).take(shown) {
            let Some((kind, reason, entry)) = deviation else { continue };
            let name = result.name();
            let name = if alike { name_of(&result.path, &IndexMap::new()) } else { name };
            none = false;
            let _ = write!(text, "\n  - scenario: {}\n    kind: {}", literal(&name), kind.word());
            text.push_str(
                &entry.map_or_else(|| format!("\n    reason: {}", quoted(&reason)), |it| kept(it, today)),
            );
        }
    }
    text.push_str(if none { " []\n" } else { "\n" });
    text
}

/// A case's deviation: its kind, the first finding in short, and what is known of it.
type Found<'a> = (EntryKind, String, Option<&'a Entry>);

/// What an entry says beside whom it is about.
fn kept(entry: &Entry, today: Date) -> String {
    let until = entry.until.filter(|until| *until >= today).map(|until| until.to_string());
    let lines = [
        ("requirement", entry.requirement.clone()),
        ("reason", Some(entry.reason.clone())),
        ("issue", entry.issue.clone()),
        ("owner", entry.owner.clone()),
        ("until", until),
        ("rate", entry.rate.map(|rate| rate.to_string())),
    ];
    let line = |(key, value): (&str, Option<String>)| {
        value.map(|value| format!("\n    {key}: {}", serde_json::Value::from(value)))
    };
    lines.into_iter().filter_map(line).collect()
}

/// What an entry would have to say of a case; `None` for one that needs none.
fn deviation<'a>(result: &ScenarioResult, known: Option<&'a Baseline>) -> Option<Found<'a>> {
    let first = || {
        let finding = result.verdict.findings().first();
        finding.map_or_else(String::new, |it| format!("expected {}, seen {}", it.expected, it.seen))
    };
    let name = result.name();
    let entry = |kind: EntryKind| {
        let accounts = |entry: &&Entry| {
            let findings = result.verdict.findings();
            let all = findings.iter().all(|finding| accounts_for(entry, finding, &result.covers));
            pattern::matches(&entry.scenario, &name) && is_of(entry, kind) && all
        };
        known.and_then(|known| known.entries.iter().find(accounts))
    };
    let (kind, reason) = match &result.verdict {
        // What fails at times may have passed every time of this run.
        Verdict::Pass => {
            return entry(EntryKind::Flaky).map(|it| (EntryKind::Flaky, String::new(), Some(it)));
        }
        Verdict::UnexpectedlyPassing { .. } | Verdict::Unsupported { .. } => return None,
        Verdict::Fail { .. } => (EntryKind::Failing, first()),
        Verdict::Flaky { attempts, failed, .. } => {
            (EntryKind::Flaky, format!("failed {failed} of {attempts} times: {}", first()))
        }
        Verdict::CouldNotRun { reason } => (EntryKind::CouldNotRun, reason.clone()),
        Verdict::KnownFailing { kind, reason, .. } => (*kind, reason.clone()),
    };
    let entry = entry(kind);
    Some((entry.map_or(kind, |entry| entry.kind), reason, entry))
}

/// Whether an entry is about deviations of that kind. What fails at times may have failed every time of this run.
fn is_of(entry: &Entry, kind: EntryKind) -> bool {
    entry.kind == kind || (entry.kind, kind) == (EntryKind::Flaky, EntryKind::Failing)
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
    use crate::verdict::{ClientInfo, Clock, Finding, FindingKind, Outcome};

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
        let text = propose(&run, true, None);
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
        let text = propose(&run(), false, None);
        assert!(text.contains("\"a/all[type=private]\"") && text.contains("\"a/all[type=group]\""), "{text}");
    }

    #[test]
    fn what_is_known_of_a_deviation_is_kept_and_what_is_over_is_not() {
        let known = "baseline: 1\nentries:\n  - {scenario: a/*, reason: late, owner: chat, issue: '7', until: 2027-03-01}\n  \
            - {scenario: 'a/some[type=group]', kind: could-not-run, reason: crashes, until: 1969-01-01}\n  \
            - {scenario: a/one, kind: flaky, reason: at times, rate: 20%}\n";
        let known = Baseline::read("b.yaml", known).unwrap();
        let text = propose(&run(), true, Some(&known));
        insta::assert_snapshot!(text, @r#"
        # Known deviations of web-sdk 5.2.0.
        baseline: 1
        entries:
          - scenario: "a/one"
            kind: flaky
            reason: "at times"
            rate: "20%"
          - scenario: "a/all"
            kind: failing
            reason: "late"
            issue: "7"
            owner: "chat"
            until: "2027-03-01"
          - scenario: "a/some[type=group]"
            kind: could-not-run
            reason: "crashes"
        "#);
        let mut run = run();
        Baseline::read("b.yaml", &text).unwrap().apply(&mut run);
        assert_eq!(run.outcome(), Outcome::Conforms, "{:?}", run.baseline_problems);
    }

    #[test]
    fn a_run_without_deviations_needs_no_entry() {
        let mut run = run();
        run.results.truncate(1);
        assert!(Baseline::read("b.yaml", &propose(&run, true, None)).unwrap().entries.is_empty());
    }
}
