//! What a baseline makes of a run: known failures stop being red, what passes against it starts to be.

use super::{Baseline, Entry, EntryKind};
use crate::verdict::{Finding, RunResult, ScenarioResult, Verdict};

impl Baseline {
    /// Turns the verdicts of a run and adds what the run shows to be stale to its
    /// [`baseline_problems`](RunResult::baseline_problems).
    pub fn apply(&self, run: &mut RunResult) {
        for result in &mut run.results {
            self.judge(result, &mut run.baseline_problems);
        }
    }

    /// As [`Self::apply`] for one case; what is stale is pushed to `problems`.
    pub fn judge(&self, result: &mut ScenarioResult, problems: &mut Vec<String>) {
        let name = result.name();
        let entries: Vec<&Entry> =
            self.entries.iter().filter(|entry| entry.is_about(result, &name)).collect();
        if entries.is_empty() {
            return;
        }
        let mut stale = |entry: &Entry, but: &str| {
            let (path, line, kind) = (&entry.path, entry.line, entry.kind.word());
            problems.push(format!("{path}:{line}: `{}` says {kind}, but {name} {but}", entry.scenario));
        };
        let verdict = std::mem::replace(&mut result.verdict, Verdict::Pass);
        result.verdict = match verdict {
            Verdict::Pass => passed(&entries),
            Verdict::Fail { findings } => failed(findings, &entries, &result.covers, &mut stale),
            Verdict::Flaky { attempts, failed, findings } => match of_kind(&entries, EntryKind::Flaky) {
                Some(entry) if entry.rate.is_none_or(|rate| !rate.is_exceeded(failed, attempts)) => {
                    known(entry, findings)
                }
                found => {
                    if let Some((entry, rate)) = found.and_then(|entry| Some((entry, entry.rate?))) {
                        stale(entry, &format!("failed {failed} of {attempts} attempts, more than {rate}"));
                    }
                    Verdict::Flaky { attempts, failed, findings }
                }
            },
            Verdict::CouldNotRun { reason } => match of_kind(&entries, EntryKind::CouldNotRun) {
                Some(entry) => known(entry, Vec::new()),
                None => Verdict::CouldNotRun { reason },
            },
            Verdict::Unsupported { what, reason } => {
                let others = [EntryKind::Failing, EntryKind::CouldNotRun];
                // A pattern is about more than this case.
                let about_this = |entry: &&&Entry| {
                    others.contains(&entry.kind) && entry.scenario == name && !entry.borrowed
                };
                for entry in entries.iter().filter(about_this) {
                    stale(entry, "is unsupported");
                }
                Verdict::Unsupported { what, reason }
            }
            judged @ (Verdict::KnownFailing { .. } | Verdict::UnexpectedlyPassing { .. }) => judged,
        };
    }
}

fn of_kind<'a>(entries: &[&'a Entry], kind: EntryKind) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.kind == kind).copied()
}

fn known(entry: &Entry, findings: Vec<Finding>) -> Verdict {
    Verdict::KnownFailing {
        kind: entry.kind,
        findings,
        reason: entry.reason.clone(),
        issue: entry.issue.clone(),
    }
}

fn passed(entries: &[&Entry]) -> Verdict {
    match entries.iter().find(|entry| entry.kind != EntryKind::Flaky) {
        Some(entry) => {
            Verdict::UnexpectedlyPassing { entry: entry.scenario.clone(), reason: entry.reason.clone() }
        }
        None => Verdict::Pass,
    }
}

/// Known if every finding is accounted for. Otherwise the new ones come first, the known ones carry their reason.
fn failed(
    mut findings: Vec<Finding>,
    entries: &[&Entry],
    covers: &[String],
    stale: &mut dyn FnMut(&Entry, &str),
) -> Verdict {
    let mut used: Vec<&Entry> = Vec::new();
    for finding in &mut findings {
        if let Some(entry) = entries.iter().find(|entry| accounts_for(entry, finding, covers)) {
            finding.known = Some(entry.reason.clone());
            used.push(entry);
        }
    }
    for entry in entries.iter().filter(|entry| entry.kind != EntryKind::Flaky && !used.contains(entry)) {
        stale(entry, "fails otherwise");
    }
    match used.first() {
        Some(entry) if findings.iter().all(|finding| finding.known.is_some()) => known(entry, findings),
        _ => {
            findings.sort_by_key(|finding| finding.known.is_some());
            Verdict::Fail { findings }
        }
    }
}

pub(super) fn accounts_for(entry: &Entry, finding: &Finding, covers: &[String]) -> bool {
    let ids = if finding.requirements.is_empty() { covers } else { &finding.requirements };
    matches!(entry.kind, EntryKind::Failing | EntryKind::Flaky)
        && entry.requirement.as_ref().is_none_or(|id| ids.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{ClientInfo, Clock, FindingKind, VerdictKind};

    fn finding(requirement: &str) -> Finding {
        let finding = Finding::new(FindingKind::Expectation, "a", "b");
        Finding { requirements: vec![requirement.to_owned()], ..finding }
    }

    fn judged(yaml: &str, verdict: Verdict) -> (Verdict, Vec<String>) {
        let text = format!("baseline: 1\nentries:\n  - {yaml}\n");
        let client = ClientInfo { name: "web-sdk".into(), version: "1".into(), clock: Clock::Real };
        let mut run = RunResult::new(client.clone(), 1, 0, 1);
        run.results.push(ScenarioResult {
            covers: vec!["CHRM-001".into(), "CHRM-002".into()],
            ..ScenarioResult::new("scenarios/chatroom/join.yaml", "t", client, verdict)
        });
        Baseline::read("b.yaml", &text).unwrap().apply(&mut run);
        (run.results.remove(0).verdict, run.baseline_problems)
    }

    fn fail(ids: &[&str]) -> Verdict {
        Verdict::Fail { findings: ids.iter().map(|id| finding(id)).collect() }
    }

    #[test]
    fn each_entry_meets_each_verdict() {
        let unsupported = || Verdict::Unsupported { what: "w".into(), reason: "r".into() };
        let crash = || Verdict::CouldNotRun { reason: "r".into() };
        let flaky = || Verdict::Flaky { attempts: 3, failed: 1, findings: vec![] };
        // entry, then what becomes of pass, fail, flaky, could-not-run, unsupported
        use VerdictKind::{
            CouldNotRun as C, Fail as F, Flaky as L, KnownFailing as K, Pass as P, UnexpectedlyPassing as X,
            Unsupported as U,
        };
        let table = [
            ("failing", [X, K, L, C, U]),
            ("flaky", [P, K, K, C, U]),
            ("could-not-run", [X, F, L, K, U]),
            ("unsupported", [X, F, L, C, U]),
        ];
        for (kind, becomes) in table {
            let yaml = format!("{{scenario: 'chatroom/*', kind: {kind}, reason: r}}");
            let verdicts = [Verdict::Pass, fail(&["CHRM-001"]), flaky(), crash(), unsupported()];
            let got = verdicts.map(|verdict| judged(&yaml, verdict).0.kind());
            assert_eq!(got, becomes, "{kind}");
        }
    }

    #[test]
    fn a_finding_that_no_entry_accounts_for_still_fails_and_comes_first() {
        let yaml = "{scenario: chatroom/join, requirement: CHRM-001, reason: late}";
        let (verdict, problems) = judged(yaml, fail(&["CHRM-001", "CHRM-002"]));
        assert_eq!(verdict.kind(), VerdictKind::Fail);
        assert_eq!(verdict.findings()[0].requirements, ["CHRM-002"]);
        assert_eq!(verdict.findings()[1].known.as_deref(), Some("late"));
        assert!(problems.is_empty());
    }

    #[test]
    fn a_known_failure_must_fail_as_listed() {
        let yaml = "{scenario: chatroom/join, requirement: CHRM-001, reason: late}";
        let (verdict, problems) = judged(yaml, fail(&["CHRM-002"]));
        assert_eq!(verdict.kind(), VerdictKind::Fail);
        assert_eq!(problems, ["b.yaml:3: `chatroom/join` says failing, but chatroom/join fails otherwise"]);
    }

    #[test]
    fn what_is_unsupported_makes_an_entry_of_just_that_case_stale_and_no_pattern() {
        let unsupported = || Verdict::Unsupported { what: "w".into(), reason: "r".into() };
        let problems =
            |pattern: &str| judged(&format!("{{scenario: '{pattern}', reason: r}}"), unsupported()).1;
        assert!(problems("chatroom/*").is_empty() && problems("**").is_empty());
        assert_eq!(
            problems("chatroom/join"),
            ["b.yaml:3: `chatroom/join` says failing, but chatroom/join is unsupported"]
        );
    }

    /// In real time less can be run: that is no news of the file for virtual time.
    #[test]
    fn what_is_unsupported_makes_no_entry_of_another_file_stale() {
        let client = ClientInfo { name: "web-sdk+real".into(), version: "1".into(), clock: Clock::Real };
        let verdict = Verdict::Unsupported { what: "w".into(), reason: "r".into() };
        let mut run = RunResult::new(client.clone(), 1, 0, 1);
        run.results.push(ScenarioResult::new("scenarios/chatroom/join.yaml", "t", client, verdict));
        let twin = "baseline: 1\nentries:\n  - {scenario: chatroom/join, reason: r}\n";
        let own = Baseline::read("own.yaml", "baseline: 1\nentries: []\n").unwrap();
        own.beside(Baseline::read("twin.yaml", twin).unwrap()).apply(&mut run);
        assert!(run.baseline_problems.is_empty(), "{:?}", run.baseline_problems);
    }

    #[test]
    fn a_flaky_case_that_fails_more_often_than_its_entry_says_is_red() {
        let flaky = |failed| Verdict::Flaky { attempts: 10, failed, findings: vec![] };
        let yaml = "{scenario: chatroom/join, kind: flaky, rate: 20%, reason: late}";
        assert_eq!(judged(yaml, flaky(3)).0.kind(), VerdictKind::KnownFailing);
        let (verdict, problems) = judged(yaml, flaky(8));
        assert_eq!(verdict.kind(), VerdictKind::Flaky);
        let told =
            "b.yaml:3: `chatroom/join` says flaky, but chatroom/join failed 8 of 10 attempts, more than 20%";
        assert_eq!(problems, [told]);
    }

    #[test]
    fn an_entry_for_another_scenario_changes_nothing() {
        let (verdict, problems) = judged("{scenario: message/*, reason: r}", Verdict::Pass);
        assert_eq!((verdict, problems.len()), (Verdict::Pass, 0));
    }
}
