//! JUnit XML, as Jenkins, GitLab, GitHub's actions and Azure read it; the strictest of them is Jenkins' `junit-10.xsd`,
//! which knows properties of suites only, and few attributes.
//!
//! | verdict | element |
//! |---|---|
//! | pass | nothing |
//! | fail, flaky, unexpectedly passing | `failure`, its `type` the kind |
//! | could not run | `error` |
//! | known failing, unsupported | `skipped`, its message the reason |
//!
//! What else is known of a case (its name, requirements, seed) stands at the head of its `system-out`.
//!
//! A suite is a client's. Where there are several, classes begin with the client, so that a reader that puts together what
//! has one name keeps them apart.
//!
//! What no scenario shows (a fault of the harness, scenarios that never reported, a stale baseline) is a case of its
//! own in class `harness`, so that a reader of JUnit files alone never sees green where the exit code is not 0.

use super::{ReportError, text, xml::Xml};
use crate::verdict::{Difference, Finding, RunResult, ScenarioResult, Verdict};

/// JUnit XML of runs: a suite for each.
///
/// # Errors
/// None today; a report that is made otherwise may fail.
pub fn junit(runs: &[RunResult]) -> Result<String, ReportError> {
    let suites: Vec<Suite> = runs.iter().map(|run| Suite::new(run, runs.len() > 1)).collect();
    let tests = suites.iter().map(Suite::tests).sum::<usize>().to_string();
    let failures = suites.iter().map(Suite::failures).sum::<usize>().to_string();
    let errors = suites.iter().map(Suite::errors).sum::<usize>().to_string();
    let time = seconds(runs.iter().map(|run| run.wall_us).sum());
    let mut xml = Xml::new();
    let attributes = [
        ("name", "harness"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", errors.as_str()),
        ("time", time.as_str()),
    ];
    xml.element("testsuites", &attributes, |xml| suites.iter().for_each(|suite| suite.write(xml)));
    Ok(xml.finish())
}

/// Wall time as JUnit files have it: seconds with three digits behind the point.
fn seconds(us: u64) -> String {
    format!("{}.{:03}", us / 1_000_000, us % 1_000_000 / 1000)
}

/// What stands in a case beside its name.
enum Status {
    Nothing,
    Failure { kind: String, message: String, text: String },
    Error { kind: &'static str, message: String },
    Skipped(String),
}

/// The suite of a run.
struct Suite<'a> {
    run: &'a RunResult,
    cases: Vec<(&'a ScenarioResult, Status)>,
    /// What no scenario shows.
    troubles: Vec<String>,
    /// Before the class of every case: the client, a dot; nothing if there is no other.
    class: String,
}

impl<'a> Suite<'a> {
    fn new(run: &'a RunResult, several: bool) -> Self {
        let cases = run.results.iter().map(|result| (result, status(result))).collect();
        // A dot parts packages.
        let class = if several { format!("{}.", run.client.name.replace('.', "_")) } else { String::new() };
        Self { run, cases, troubles: text::troubles(run), class }
    }

    fn tests(&self) -> usize {
        self.cases.len() + self.troubles.len()
    }

    fn failures(&self) -> usize {
        self.count(|status| matches!(status, Status::Failure { .. }))
    }

    fn errors(&self) -> usize {
        self.count(|status| matches!(status, Status::Error { .. })) + self.troubles.len()
    }

    fn count(&self, fits: impl Fn(&Status) -> bool) -> usize {
        self.cases.iter().filter(|(_, status)| fits(status)).count()
    }

    fn write(&self, xml: &mut Xml) {
        let run = self.run;
        let count = |number: usize| number.to_string();
        let skipped = self.count(|status| matches!(status, Status::Skipped(_)));
        let attributes = [
            ("name", run.client.to_string()),
            ("tests", count(self.tests())),
            ("failures", count(self.failures())),
            ("errors", count(self.errors())),
            ("skipped", count(skipped)),
            ("time", seconds(run.wall_us)),
            ("timestamp", text::iso(run.started_ms)),
        ];
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(key, value)| (*key, value.as_str())).collect();
        xml.element("testsuite", &attributes, |xml| {
            xml.element("properties", &[], |xml| {
                for (name, value) in [
                    ("suite", run.suite.clone()),
                    ("clock", run.client.clock.word().to_owned()),
                    ("seed", run.seed.to_string()),
                    ("planned", run.planned.to_string()),
                    ("outcome", text::outcome(run)),
                    ("exitCode", run.exit_code().to_string()),
                ] {
                    xml.empty("property", &[("name", name), ("value", &value)]);
                }
            });
            self.cases.iter().for_each(|(result, status)| case(xml, &self.class, result, status));
            for trouble in &self.troubles {
                let class = format!("{}harness", self.class);
                let attributes = [("name", trouble.as_str()), ("classname", &class), ("time", "0.000")];
                xml.element("testcase", &attributes, |xml| {
                    xml.empty("error", &[("message", trouble), ("type", "harness")]);
                });
            }
        });
    }
}

fn case(xml: &mut Xml, before: &str, result: &ScenarioResult, status: &Status) {
    let name = result.name();
    let (folder, _) = name.split_once('[').unwrap_or((&name, "")).0.rsplit_once('/').unwrap_or(("", ""));
    let class = if folder.is_empty() {
        format!("{before}scenarios")
    } else {
        format!("{before}scenarios.{}", folder.replace('/', "."))
    };
    let (title, time) = (case_name(result), seconds(result.wall_us));
    let attributes = [("name", title.as_str()), ("classname", &class), ("time", &time)];
    xml.element("testcase", &attributes, |xml| {
        match status {
            Status::Nothing => {}
            Status::Failure { kind, message, text } => {
                xml.text("failure", &[("message", message), ("type", kind)], text);
            }
            Status::Error { kind, message } => xml.empty("error", &[("message", message), ("type", kind)]),
            Status::Skipped(message) => xml.empty("skipped", &[("message", message)]),
        }
        xml.text("system-out", &[], &out(&name, result));
        if result.verdict.kind().is_red() && !result.log.is_empty() {
            xml.text("system-err", &[], &result.log.join("\n"));
        }
    });
}

/// What is known of a case, and of a red one its sequence.
fn out(name: &str, result: &ScenarioResult) -> String {
    let mut lines = vec![
        format!("scenario: {name}"),
        format!("verdict: {}", result.verdict.kind().slug()),
        format!("requirements: {}", result.covers.join(" ")).trim_end().to_owned(),
        format!("seed: {}", result.seed),
        format!("virtual time: {}", text::span(result.virtual_ms)),
    ];
    if result.verdict.kind().is_red() && !result.sequence.is_empty() {
        lines.extend([String::new(), sequence(result)]);
    }
    lines.join("\n")
}

fn case_name(result: &ScenarioResult) -> String {
    let axes: Vec<String> = result.case.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
    if axes.is_empty() { result.title.clone() } else { format!("{} [{}]", result.title, axes.join(",")) }
}

fn status(result: &ScenarioResult) -> Status {
    let failure =
        |kind: &str, message: String, text: String| Status::Failure { kind: kind.to_owned(), message, text };
    let described = |findings: &[Finding]| {
        let mut text: Vec<String> = findings.iter().map(describe).collect();
        text.extend(result.first_difference.as_ref().map(difference));
        text.join("\n\n")
    };
    match &result.verdict {
        Verdict::Pass => Status::Nothing,
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
        Verdict::CouldNotRun { reason } => Status::Error { kind: "could-not-run", message: reason.clone() },
        Verdict::Unsupported { what, reason } => Status::Skipped(format!("unsupported: {what}: {reason}")),
        Verdict::KnownFailing { reason, issue, .. } => {
            let issue = issue.as_ref().map_or(String::new(), |issue| format!(" ({issue})"));
            Status::Skipped(format!("known failing: {reason}{issue}"))
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
