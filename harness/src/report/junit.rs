//! JUnit XML, as Jenkins, GitLab, GitHub's actions and Azure read it.
//!
//! | verdict | element |
//! |---|---|
//! | pass | nothing |
//! | fail, flaky, unexpectedly passing | `failure`, its `type` the kind |
//! | could not run | `error` |
//! | known failing, unsupported | `skipped`, its message the reason |
//!
//! What no scenario shows (a fault of the harness, scenarios that never reported, a stale baseline) is a case of its
//! own in class `harness`, so that a reader of JUnit files alone never sees green where the exit code is not 0.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{ReportError, text};
use crate::verdict::{Difference, Finding, RunResult, ScenarioResult, Verdict};

/// JUnit XML of runs: a suite for each.
///
/// # Errors
/// Only if the XML cannot be written, which would be a fault of the harness.
pub fn junit(runs: &[RunResult]) -> Result<String, ReportError> {
    let mut report = Report::new("harness");
    report.set_time(runs.iter().map(|run| Duration::from_micros(run.wall_us)).sum());
    report.add_test_suites(runs.iter().map(suite));
    report.to_string().map_err(|error| ReportError::Render { what: "JUnit XML", why: error.to_string() })
}

fn suite(run: &RunResult) -> TestSuite {
    let mut suite = TestSuite::new(run.client.to_string());
    suite.set_time(Duration::from_micros(run.wall_us));
    suite.extra.insert("timestamp".into(), text::iso(run.started_ms).into());
    for (name, value) in [
        ("suite", run.suite.clone()),
        ("clock", run.client.clock.word().to_owned()),
        ("seed", run.seed.to_string()),
        ("planned", run.planned.to_string()),
        ("outcome", text::outcome(run)),
        ("exitCode", run.exit_code().to_string()),
    ] {
        suite.add_property((name, value.as_str()));
    }
    suite.add_test_cases(run.results.iter().map(case));
    suite.add_test_cases(text::troubles(run).into_iter().map(|trouble| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(trouble.as_str()).set_type("harness");
        let mut case = TestCase::new(trouble, status);
        case.set_classname("harness").set_time(Duration::ZERO);
        case
    }));
    suite
}

fn case(result: &ScenarioResult) -> TestCase {
    let name = result.name();
    let (folder, _) = name.split_once('[').unwrap_or((&name, "")).0.rsplit_once('/').unwrap_or(("", ""));
    let class = if folder.is_empty() {
        "scenarios".to_owned()
    } else {
        format!("scenarios.{}", folder.replace('/', "."))
    };
    let mut case = TestCase::new(case_name(result), status(result));
    case.set_classname(class).set_time(Duration::from_micros(result.wall_us));
    case.add_property(("scenario", name.as_str()));
    case.add_property(("verdict", result.verdict.kind().slug()));
    case.add_property(("requirements", result.covers.join(" ").as_str()));
    case.add_property(("seed", result.seed.to_string().as_str()));
    case.add_property(("virtualTime", text::span(result.virtual_ms).as_str()));
    if result.verdict.kind().is_red() && !result.sequence.is_empty() {
        case.set_system_out(sequence(result));
    }
    if result.verdict.kind().is_red() && !result.log.is_empty() {
        case.set_system_err(result.log.join("\n"));
    }
    case
}

fn case_name(result: &ScenarioResult) -> String {
    let axes: Vec<String> = result.case.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
    if axes.is_empty() { result.title.clone() } else { format!("{} [{}]", result.title, axes.join(",")) }
}

fn status(result: &ScenarioResult) -> TestCaseStatus {
    let failure = |kind: &str, message: String, description: String| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(kind).set_message(message).set_description(description);
        status
    };
    let skipped = |message: String| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(message);
        status
    };
    let described = |findings: &[Finding]| {
        let mut text: Vec<String> = findings.iter().map(describe).collect();
        text.extend(result.first_difference.as_ref().map(difference));
        text.join("\n\n")
    };
    match &result.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail { findings } => {
            let kind = findings.first().map_or("finding", |finding| finding.kind.word());
            failure(kind, summary(findings), described(findings))
        }
        Verdict::Flaky { attempts, failed, findings } => {
            failure("flaky", format!("failed {failed} of {attempts} attempts"), described(findings))
        }
        Verdict::UnexpectedlyPassing { entry, reason } => {
            let message = format!("passes, but baseline entry `{entry}` says it fails: {reason}");
            failure("unexpectedly-passing", message.clone(), message)
        }
        Verdict::CouldNotRun { reason } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("could-not-run").set_message(reason.as_str());
            status
        }
        Verdict::Unsupported { what, reason } => skipped(format!("unsupported: {what}: {reason}")),
        Verdict::KnownFailing { reason, issue, .. } => {
            let issue = issue.as_ref().map_or(String::new(), |issue| format!(" ({issue})"));
            skipped(format!("known failing: {reason}{issue}"))
        }
    }
}

fn summary(findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    let line = |text: &str| text.lines().next().unwrap_or("").to_owned();
    format!("expected {}, seen {}", line(&first.expected), line(&first.seen))
}

fn describe(finding: &Finding) -> String {
    let mut lines =
        vec![format!("{} {}", finding.kind.word(), finding.requirements.join(" ")).trim_end().to_owned()];
    lines.push(format!("expected: {}", finding.expected));
    lines.push(format!("seen:     {}", finding.seen));
    let place = finding.place.as_ref().map(|place| format!("at:       {place}"));
    let time = finding.at_ms.map(|ms| format!("when:     {}", text::at(ms)));
    let hint = finding.hint.as_ref().map(|hint| format!("hint:     {hint}"));
    let known = finding.known.as_ref().map(|known| format!("known:    {known}"));
    lines.extend([place, time, hint, known].into_iter().flatten());
    lines.join("\n")
}

fn difference(difference: &Difference) -> String {
    let before = difference.before.iter().map(|line| format!("  {line}"));
    let expected = difference.expected.iter().map(|line| format!("- {line}"));
    let seen = difference.seen.iter().map(|line| format!("+ {line}"));
    let lines: Vec<String> = before.chain(expected).chain(seen).collect();
    format!("first difference (- expected, + seen):\n{}", lines.join("\n"))
}

fn sequence(result: &ScenarioResult) -> String {
    let lines: Vec<String> = result
        .sequence
        .iter()
        .map(|line| format!("{} {} {}", text::at(line.at_ms), line.client, line.text))
        .collect();
    lines.join("\n")
}
