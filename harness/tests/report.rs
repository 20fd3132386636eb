//! Every reporter on one sample run: what people and tools read, as snapshots, and its structure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use harness::{
    report::{self, Live, Terminal, TerminalOptions},
    verdict::{Outcome, RunEvent, RunResult, Verdict},
};

#[path = "report/junit_rules.rs"]
mod junit_rules;
#[path = "report/sample.rs"]
mod sample;

fn terminal(run: &RunResult, colour: bool) -> String {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, TerminalOptions { colour, progress: false });
    terminal.event(&run.started_event()).unwrap();
    for result in &run.results {
        terminal.event(&RunEvent::ScenarioFinished(Box::new(result.clone()))).unwrap();
    }
    terminal.event(&run.finished_event()).unwrap();
    terminal.summary(run).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_terminal_shows_what_is_red_and_every_total() {
    insta::assert_snapshot!("terminal", terminal(&sample::red(), false));
}

#[test]
fn a_green_run_is_three_lines() {
    insta::assert_snapshot!(terminal(&sample::green(), false), @r"
    reference 0.1.0, virtual clock, seed 7, 184 ms
    20 planned: 20 passed, 0 failed, 0 unexpectedly passing, 0 flaky, 0 could not run, 0 known failing, 0 unsupported
    conforms (exit code 0)
    ");
}

#[test]
fn colours_are_only_written_when_asked_for() {
    assert!(!terminal(&sample::red(), false).contains('\u{1b}'));
    assert!(terminal(&sample::red(), true).contains("\u{1b}[31;1mFAILED\u{1b}[0m"));
}

#[test]
fn a_run_that_judged_nothing_says_so_everywhere() {
    let mut run = sample::red();
    run.results.retain(|result| matches!(result.verdict, Verdict::Unsupported { .. }));
    run.planned = run.results.len();
    run.baseline_problems.clear();
    assert_eq!(run.outcome(), Outcome::Incomplete);
    let said = "nothing was judged: of 2 scenarios 2 are unsupported and 0 could not run";
    assert!(terminal(&run, false).contains(said));
    assert!(report::junit(std::slice::from_ref(&run)).unwrap().contains(said));
    assert!(report::html(std::slice::from_ref(&run), &[]).unwrap().contains(said));
}

#[test]
fn junit_is_what_tools_read() {
    let xml = report::junit(&[sample::red()]).unwrap();
    junit_rules::check(&xml).unwrap();
    insta::assert_snapshot!("junit", xml);
}

/// A run in which every text that comes from a scenario or a client has everything in it that acts.
fn nasty() -> RunResult {
    const NASTY: &str = "\u{0}\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{fffe}\u{ffff}\r<&\">]]>";
    fn spoil(value: &mut serde_json::Value, key: &str) {
        match value {
            // What is one of a few words stays one.
            serde_json::Value::String(text)
                if !["is", "kind", "direction", "mark", "clock"].contains(&key) =>
            {
                text.push_str(NASTY)
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, key)),
            serde_json::Value::Object(map) => map.iter_mut().for_each(|(key, value)| spoil(value, key)),
            _ => {}
        }
    }
    let mut run = sample::red();
    for result in &mut run.results {
        let mut json = serde_json::to_value(&*result).unwrap();
        spoil(&mut json, "");
        *result = serde_json::from_value(json).unwrap();
    }
    run.client.name.push_str(NASTY);
    run.client.version.push_str(NASTY);
    run.faults.push(NASTY.to_owned());
    run.baseline_problems.push(NASTY.to_owned());
    run
}

#[test]
fn no_text_of_a_scenario_or_client_makes_junit_something_else() {
    junit_rules::check(&report::junit(&[nasty()]).unwrap()).unwrap();
}

#[test]
fn no_text_of_a_scenario_or_client_commands_a_terminal() {
    let shown = terminal(&nasty(), false);
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!shown.contains(acts), "{:?}", shown.lines().find(|line| line.contains(acts)));
    // With colours, only colours.
    let coloured = terminal(&nasty(), true);
    assert!(!coloured.contains("\u{1b}[2J") && !coloured.contains('\u{9b}'));
}

#[test]
fn junit_of_several_runs_has_a_suite_for_each() {
    let xml = report::junit(&[sample::green(), sample::red()]).unwrap();
    junit_rules::check(&xml).unwrap();
    assert_eq!(xml.matches("<testsuite ").count(), 2);
}

#[test]
fn the_rules_for_junit_notice_what_is_wrong() {
    let good = report::junit(&[sample::red()]).unwrap();
    for (from, to) in [
        ("<testcase name=", "<testcase title="),
        ("<failure ", "<fault "),
        ("tests=\"", "tests=\"x"),
        ("time=\"0.004\"", "time=\"soon\""),
        ("</testsuite>", "<testsuite name=\"again\"/></testsuite>"),
        ("<system-out>", "<properties/><system-out>"),
        ("<testsuites name", "<testsuites skipped=\"3\" name"),
        ("<testcase name=", "<testcase status=\"run\" name="),
        ("<system-out>", "<system-out>\u{fffe}"),
        ("<system-out>", "<system-out>&#27;"),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = good
            .replace(from, to)
            .replace("</failure>", if from == "<failure " { "</fault>" } else { "</failure>" });
        assert!(junit_rules::check(&bad).is_err(), "{from} -> {to}");
    }
}

#[test]
fn json_lines_are_read_back_as_they_were() {
    let runs = [sample::green(), sample::red()];
    let text = report::json_lines(&runs).unwrap();
    assert_eq!(report::read_json_lines(&text).unwrap(), runs);
}

#[test]
fn json_lines_have_their_form() {
    let mut run = sample::red();
    run.results.retain(|result| result.path.contains("kick/second-login") || result.path.contains("media/"));
    insta::assert_snapshot!("json_lines", report::json_lines(&[run]).unwrap());
}

#[test]
fn a_live_stream_and_a_finished_run_write_the_same_lines() {
    let run = sample::red();
    let mut live = Vec::new();
    let mut lines = report::JsonLines::new(&mut live);
    lines.event(&run.started_event()).unwrap();
    for result in &run.results {
        lines.event(&RunEvent::ScenarioFinished(Box::new(result.clone()))).unwrap();
    }
    lines.event(&run.finished_event()).unwrap();
    assert_eq!(String::from_utf8(live).unwrap(), report::json_lines(&[run]).unwrap());
}

#[test]
fn a_line_that_is_no_event_is_named() {
    let mut text = report::json_lines(&[sample::green()]).unwrap();
    text.insert_str(text.find('\n').unwrap() + 1, "{\"event\":\"coffee\"}\n");
    let error = report::read_json_lines(&text).unwrap_err().to_string();
    assert!(error.starts_with("line 2 is no event: unknown variant `coffee`"), "{error}");
}

#[test]
fn the_page_holds_the_key_facts_and_nothing_from_outside() {
    let page = report::html(&[sample::green(), sample::red()], &sample::requirements()).unwrap();
    for fact in [
        "reference 0.1.0",
        "web-sdk 5.9.3",
        "incomplete; also does not conform, baseline stale · exit 3",
        "20 of 21 planned scenarios reported a result",
        "did you mean `chatroom/join`?",
        "scenarios/kick/second-login.yaml:21:9",
        "id=\"r-KICK-002\"",
        "the unit is ambiguous in the documentation",
        "not testable: cannot be tested",
        "Not in the catalogue.",
        "First difference",
        "<b>onConnectionStatusChanged</b> {status: suspended}",
        "clientId: device-1",
        "The client has no ultragroup: the adapter declares no such capability",
        "msg#1 delivered twice &#60;&#38;&#62;",
    ] {
        assert!(page.contains(fact), "{fact}");
    }
    for outside in ["src=", "href=\"http", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_link_of_the_page_has_its_target() {
    let page = report::html(&[sample::green(), sample::red()], &sample::requirements()).unwrap();
    for link in page.split("href=\"#").skip(1) {
        let target = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn all_files_are_written_beside_each_other() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-sample");
    fs::create_dir_all(&dir).unwrap();
    let failures = report::write_all(&dir, &[sample::green(), sample::red()], &sample::requirements());
    assert_eq!(failures, []);
    assert!(report::FILES.iter().all(|name| fs::metadata(dir.join(name)).unwrap().len() > 0));
}

/// 500 scenarios with sequences and frames; the budget holds for optimised code.
#[test]
fn five_hundred_scenarios_are_written_within_150_ms() {
    let run = sample::many(500);
    let dir = tempfile::tempdir().unwrap();
    let requirements = sample::requirements();
    let took = (0..3).map(|_| {
        let began = std::time::Instant::now();
        assert_eq!(report::write_all(dir.path(), std::slice::from_ref(&run), &requirements), []);
        began.elapsed().as_millis()
    });
    let took = took.min().unwrap();
    assert!(cfg!(debug_assertions) || took < 150, "{took} ms");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_fault_of_the_run() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut live = Live::begin(&file.path().join("reports"), Vec::new());
    live.ended(sample::green());
    let run = live.finish().remove(0);
    assert_eq!(run.faults.len(), 1);
    assert!(run.faults[0].starts_with("failed to write "), "{:?}", run.faults);
    assert_eq!(run.outcome(), Outcome::HarnessFault);
}

#[test]
fn reports_are_there_from_the_beginning_and_completed_whatever_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    for name in report::FILES {
        fs::write(dir.path().join(name), "of yesterday").unwrap();
    }
    let run = sample::green();
    let mut live = Live::begin(dir.path(), sample::requirements());
    assert_eq!(report::FILES.map(read), ["", "", ""]);
    live.event(&run.started_event());
    let trouble = "0 of 20 planned scenarios reported a result";
    assert!(read("junit.xml").contains(trouble));
    for result in &run.results[..3] {
        live.event(&RunEvent::ScenarioFinished(Box::new(result.clone())));
    }
    // Killed here, the lines are an interrupted run with three results.
    let read_back = report::read_json_lines(&read("run.jsonl")).unwrap().remove(0);
    assert_eq!((read_back.results.len(), read_back.interrupted), (3, true));
    // Ended by a panic here.
    drop(live);
    junit_rules::check(&read("junit.xml")).unwrap();
    assert!(read("junit.xml").contains("3 of 20 planned scenarios reported a result"));
    assert!(read("index.html").contains("the run ended before its results were judged"));
    assert_eq!(report::read_json_lines(&read("run.jsonl")).unwrap()[0].outcome(), Outcome::Interrupted);
}

#[test]
fn clients_that_had_their_turn_are_kept_whatever_ends_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    let (first, second) = (sample::green(), sample::red());
    let mut live = Live::begin(dir.path(), sample::requirements());
    live.event(&first.started_event());
    for result in &first.results {
        live.event(&RunEvent::ScenarioFinished(Box::new(result.clone())));
    }
    live.ended(first.clone());
    live.event(&second.started_event());
    live.event(&RunEvent::ScenarioFinished(Box::new(second.results[0].clone())));
    // Killed here, the first run is whole and the second an interrupted one.
    let lines = report::read_json_lines(&read("run.jsonl")).unwrap();
    assert_eq!((&lines[0], lines[1].results.len(), lines[1].interrupted), (&first, 1, true));
    assert!(read("junit.xml").contains("0 of 21 planned scenarios reported a result"));
    // Ended by a panic here.
    drop(live);
    let lines = report::read_json_lines(&read("run.jsonl")).unwrap();
    assert_eq!((&lines[0], lines[1].outcome()), (&first, Outcome::Interrupted));
    junit_rules::check(&read("junit.xml")).unwrap();
}

#[test]
fn several_clients_are_a_matrix_with_every_verdict_and_the_way_to_it() {
    let page = report::html(&[sample::green(), sample::red()], &sample::requirements()).unwrap();
    let matrix = page.split_once("id=\"clients\"").unwrap().1.split_once("</section>").unwrap().0;
    assert_eq!(matrix.matches("class=\"cm case\"").count(), 20);
    assert_eq!(matrix.matches("<a class=\"chip v-").count(), 40);
    for fact in [
        "<b class=\"name\">kick</b>",
        "2 of 2 passed",
        "1 of 2 passed",
        "unexpectedly passing",
        "could not run",
    ] {
        assert!(matrix.contains(fact), "{fact}");
    }
    // What is red says why, and nothing else does.
    assert_eq!(matrix.matches("<small>").count() - matrix.matches(" passed</small>").count(), 5);
    assert!(matrix.contains("<small>expected onConnectionStatusChanged {status: kicked_offline"), "{matrix}");
    // A page of one client is as it was.
    let page = report::html(&[sample::red()], &sample::requirements()).unwrap();
    assert!(
        !page.contains("id=\"clients\"")
            && !page.contains("href=\"#clients\"")
            && !page.contains("id=\"s1-1\"")
    );
}

#[test]
fn a_run_that_did_not_start_says_so_in_every_report() {
    let mut run = RunResult::new(sample::reference(), 1, 0, 0);
    run.not_started = Some("2 scenario files are wrong".into());
    let said = "nothing was run: 2 scenario files are wrong";
    assert!(
        terminal(&run, false).contains(said) && terminal(&run, false).contains("not started (exit code 2)")
    );
    let xml = report::junit(std::slice::from_ref(&run)).unwrap();
    junit_rules::check(&xml).unwrap();
    assert!(xml.contains(said));
    assert!(report::html(std::slice::from_ref(&run), &[]).unwrap().contains(said));
    let lines = report::json_lines(std::slice::from_ref(&run)).unwrap();
    assert_eq!(report::read_json_lines(&lines).unwrap(), [run]);
}

#[test]
fn without_a_bar_a_line_tells_what_runs_for_long() {
    let run = sample::green();
    let result = &run.results[0];
    let started = |path: &str| RunEvent::ScenarioStarted {
        path: path.to_owned(),
        title: String::new(),
        case: result.case.clone(),
        client: Some(sample::reference()),
    };
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, TerminalOptions { colour: false, progress: false });
    let began = Instant::now();
    terminal.event(&started(&result.path)).unwrap();
    terminal.event(&started("scenarios/slow/one.yaml")).unwrap();
    for seconds in [5, 9] {
        terminal.tick(began + Duration::from_secs(seconds)).unwrap();
    }
    terminal.event(&RunEvent::ScenarioFinished(Box::new(result.clone()))).unwrap();
    for seconds in [11, 12, 21, 23, 40, 47] {
        terminal.tick(began + Duration::from_secs(seconds)).unwrap();
    }
    let out = String::from_utf8(out).unwrap();
    let name = if result.case.is_empty() { "slow/one".to_owned() } else { panic!("a case without axes") };
    let lines = [10, 22, 46].map(|seconds| format!("still running after {seconds} s: {name}"));
    assert_eq!(out.lines().collect::<Vec<_>>(), lines);
}

/// The scripts of the page are parsed where a Node is installed; without one there is nothing to check them with.
#[test]
fn the_script_of_the_page_parses() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/report.js");
    if let Ok(output) = Command::new("node").arg("--check").arg(&script).output() {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
