//! One adapter for each way of misbehaving: its case has a clear result, the cases before and after it pass, a good
//! adapter beside it is not disturbed, memory stays bounded, and no process is left.
//!
//! Needs Python 3, and `ps`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    num::NonZeroUsize,
    panic,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use harness::{
    adapter::{AdapterDriver, Command},
    cli::exit,
    runner::{
        self, Abilities, CaseLimit, Driver, Fault, Interrupt, Look, Options, Ran, Returned, SimDriver, Stage,
    },
    scenario::{self, NetworkChange, Scenario},
    verdict::{RunEvent, ScenarioResult, Verdict},
};

use serde_json::{Map, Value};
use service::{HttpRequest, HttpResponse, act::Act};
use wire::UnixMillis;

#[path = "adapters/groups.rs"]
mod groups;

/// One test after the other: the most memory that the process has had is then that of one.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const GOOD: &str = "
scenario: A client connects
covers: [CONN-002]
matrix: {round: [1]}
service: {users: [alice]}
clients: {page: {user: alice, platform: Web}}
steps:
  - call: page.connect
    with: {token: $alice.token, timeout: 0}
  - expect: page
    in_order: [onConnected: {code: 0}]
";

/// One case that passes, one in which the adapter misbehaves, one that passes.
fn three() -> Vec<Scenario> {
    let long = "x".repeat(200_000);
    let bad = GOOD.replace("[1]", "[2]")
        + &format!(
            "  - call: page.disconnect
    with: {{receivePush: false}}
  - call: page.createTextMessage
    with: {{type: private, targetId: bob, channelId: '', text: {long}}}
"
        );
    [GOOD, &bad, &GOOD.replace("[1]", "[3]")]
        .iter()
        .map(|text| scenario::parse(Path::new("scenarios/made/up.yaml"), text).unwrap())
        .collect()
}

fn command(how: &str) -> Command {
    let args = vec!["tests/adapters/misbehaving.py".to_owned(), how.to_owned()];
    Command { name: how.to_owned(), program: "python3".to_owned(), args }
}

fn run(how: &str, limit: Duration) -> Ran {
    let command = command(how);
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(&command)?)) };
    let options = Options { jobs: Some(NonZeroUsize::MIN), case_limit: limit, ..Options::default() };
    runner::run(&three(), &options, &make, &|_| {}).unwrap()
}

/// Every process that the adapters of a run were.
fn processes(results: &[ScenarioResult]) -> Vec<u32> {
    let logs = results.iter().flat_map(|result| &result.log);
    logs.filter_map(|line| line.strip_prefix("info: process ")?.parse().ok()).collect()
}

fn reason(result: &ScenarioResult) -> &str {
    match &result.verdict {
        Verdict::CouldNotRun { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_way_of_misbehaving_has_its_own_result_and_spoils_nothing_else() {
    let _alone = alone();
    // Beside all of them, a good one.
    let good = thread::spawn(|| run("good", Duration::from_secs(60)));
    let brief = Duration::from_secs(3);
    let long = Duration::from_secs(60);
    let ways: &[(&str, Duration, &[&str])] = &[
        (
            "endless-stderr-line",
            long,
            &["it floods: more than 8388608 bytes on stderr in one case; it was ended"],
        ),
        ("stderr-lines", long, &["it floods: more than 8388608 bytes on stderr in one case; it was ended"]),
        ("endless-stdout-line", long, &["it wrote a line of more than 1048576 bytes; it was ended"]),
        (
            "events",
            long,
            &["it floods: 50001 events, ", "(at most 50000, 67108864) in one case; it was ended"],
        ),
        ("fat-events", long, &["it floods: ", " events, ", "(at most 50000, 67108864) in one case"]),
        ("logs", long, &["it floods: ", " log messages, ", "(at most 50000, 8388608) in one case"]),
        ("odd", long, &["it floods: 10001 messages that are neither events nor logs nor the reply"]),
        ("closes-stdout", long, &["it closed its stdout and went on running", "it was ended"]),
        (
            "leaves-a-child",
            long,
            &["it ended (exit status: 3), and something that it started holds its stdout open; it was ended"],
        ),
        ("crash", long, &["it ended (exit status: 4)"]),
        (
            "silent",
            brief,
            &[
                "the case took longer than its limit of 3 s (`--case-limit`)",
                "waiting for request ",
                ": `call` of disconnect for client `page`",
            ],
        ),
        (
            "closes-stdin",
            brief,
            &["longer than its limit of 3 s", ": `call` of disconnect for client `page`"],
        ),
        (
            "stops-reading",
            brief,
            &[
                "longer than its limit of 3 s",
                ": `call` of createTextMessage for client `page`; it has not read ",
            ],
        ),
    ];
    let mut left = Vec::new();
    for (how, limit, words) in ways {
        let began = Instant::now();
        let ran = run(how, *limit);
        let [before, bad, after] = &ran.run.results[..] else { panic!("{how}: three results") };
        assert_eq!((&before.verdict, &after.verdict), (&Verdict::Pass, &Verdict::Pass), "{how}");
        let reason = reason(bad);
        assert!(reason.starts_with("scenarios/made/up.yaml:"), "{how}: the step is named: {reason}");
        assert!(reason.contains(&format!("adapter {how}: ")), "{how}: the adapter is named: {reason}");
        for words in *words {
            assert!(reason.contains(words), "{how}: {reason}");
        }
        assert_eq!(ran.run.exit_code(), exit::INCOMPLETE, "{how}");
        let ids = processes(&ran.run.results);
        assert_eq!(ids.len(), 2, "{how}: the adapter was replaced once");
        left.extend(ids);
        let kept: usize = ran.run.results.iter().flat_map(|result| &result.log).map(String::len).sum();
        assert!(kept < 3 << 20, "{how}: {kept} bytes of log are kept");
        println!("{how:20} {:6} ms", began.elapsed().as_millis());
    }
    let good = good.join().unwrap();
    assert!(good.run.results.iter().all(|result| result.verdict == Verdict::Pass));
    assert_eq!(processes(&good.run.results).len(), 1, "the good one was not replaced");
    left.extend(processes(&good.run.results));
    groups::all_gone(&left);
    groups::print_peak_memory();
}

#[test]
fn what_is_left_out_of_a_log_is_counted_in_the_result() {
    let _alone = alone();
    let ran = run("stderr-lines", Duration::from_secs(60));
    let last = ran.run.results[1].log.last().unwrap();
    assert!(last.contains("earlier lines are left out") && last.starts_with("(harness: "), "{last}");
}

#[test]
fn bytes_on_stderr_that_are_no_utf_8_are_no_reason_to_stop() {
    let _alone = alone();
    let ran = run("no-utf-8", Duration::from_secs(60));
    assert!(ran.run.results.iter().all(|result| result.verdict == Verdict::Pass));
    assert!(
        ran.run.results[1].log.contains(&"stderr: caf\u{fffd}".to_owned()),
        "{:?}",
        ran.run.results[1].log
    );
}

#[test]
fn an_adapter_that_does_not_leave_is_ended_with_all_that_it_started() {
    let _alone = alone();
    for how in ["ignores-the-end", "has-a-child"] {
        let began = Instant::now();
        let ran = run(how, Duration::from_secs(60));
        assert!(ran.run.results.iter().all(|result| result.verdict == Verdict::Pass), "{how}");
        groups::all_gone(&processes(&ran.run.results));
        assert!(began.elapsed() < Duration::from_secs(30), "{how}");
    }
}

#[test]
fn an_interruption_ends_a_wait_and_leaves_out_what_was_cut_short() {
    let _alone = alone();
    let command = command("silent");
    let interrupt = Interrupt::default();
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(Box::new(AdapterDriver::start_unless(&command, &interrupt)?))
    };
    let options =
        Options { jobs: Some(NonZeroUsize::MIN), interrupt: interrupt.clone(), ..Options::default() };
    let began = Instant::now();
    // Set as the second case begins: the adapter falls silent in it.
    let progress = |event: &RunEvent| {
        if matches!(event, RunEvent::ScenarioStarted { case, .. } if case["round"] == "2") {
            interrupt.set();
        }
    };
    let ran = runner::run(&three(), &options, &make, &progress).unwrap();
    assert_eq!((ran.run.results.len(), ran.run.planned), (1, 3));
    assert_eq!(ran.run.exit_code(), exit::INTERRUPTED);
    groups::all_gone(&processes(&ran.run.results));
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

/// What is wrong with [`Moody`].
#[derive(PartialEq)]
enum Mood {
    /// It panics where the second case begins.
    Panics,
    /// Every call of the first run, and of each third one from then on, is refused.
    Refuses,
}

/// The simulation, with a mood and the number of cases that it has begun.
struct Moody(SimDriver, u32, Mood);

impl Driver for Moody {
    fn abilities(&self) -> &Abilities {
        self.0.abilities()
    }
    fn limit(&mut self) -> &mut CaseLimit {
        self.0.limit()
    }
    fn begin(&mut self, stage: &Stage<'_>) -> Result<(), Fault> {
        self.1 += 1;
        assert!(self.2 != Mood::Panics || self.1 != 2, "an invariant does not hold");
        self.0.begin(stage)
    }
    fn navi(&self) -> String {
        self.0.navi()
    }
    fn now(&self) -> UnixMillis {
        self.0.now()
    }
    fn call(
        &mut self,
        client: &str,
        method: &str,
        args: &Map<String, Value>,
        settle: bool,
    ) -> Result<Returned, Fault> {
        if self.2 == Mood::Refuses && self.1 % 3 == 1 {
            return Ok(Returned::Value(1.into()));
        }
        self.0.call(client, method, args, settle)
    }
    fn settle(&mut self) -> Result<(), Fault> {
        self.0.settle()
    }
    fn step(&mut self, target: UnixMillis) -> Result<bool, Fault> {
        self.0.step(target)
    }
    fn act(&mut self, app_key: &str, act: &Act) -> Result<Value, Fault> {
        self.0.act(app_key, act)
    }
    fn api(&mut self, app_key: &str, request: HttpRequest) -> Result<HttpResponse, Fault> {
        self.0.api(app_key, request)
    }
    fn network(&mut self, client: &str, change: NetworkChange) -> Result<(), Fault> {
        self.0.network(client, change)
    }
    fn lifecycle(&mut self, client: &str, foreground: bool) -> Result<(), Fault> {
        self.0.lifecycle(client, foreground)
    }
    fn restart(&mut self, client: &str, keep_store: bool) -> Result<(), Fault> {
        self.0.restart(client, keep_store)
    }
    fn events(&self) -> &[simulation::Event] {
        self.0.events()
    }
    fn attempts(&self, client: &str) -> Vec<UnixMillis> {
        self.0.attempts(client)
    }
    fn look(&mut self, app_key: &str, look: Look) -> Result<Value, Fault> {
        self.0.look(app_key, look)
    }
    fn end(&mut self) {
        self.0.end();
    }
}

#[test]
fn a_panic_in_one_case_is_a_fault_of_ours_and_loses_no_other_result() {
    let _alone = alone();
    let make =
        || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(Moody(SimDriver::default(), 0, Mood::Panics))) };
    let options = Options { jobs: Some(NonZeroUsize::MIN), ..Options::default() };
    let scenarios: Vec<Scenario> = three().into_iter().take(1).cycle().take(3).collect();
    // The panic is meant; with a backtrace it would take more memory than all floods.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let ran = runner::run(&scenarios, &options, &make, &|_| {});
    panic::set_hook(hook);
    let run = ran.unwrap().run;
    let [before, panicked, after] = &run.results[..] else { panic!("three results") };
    assert_eq!((&before.verdict, &after.verdict), (&Verdict::Pass, &Verdict::Pass));
    assert!(
        reason(panicked).starts_with("fault of the harness: ") && run.faults.len() == 1,
        "{:?}",
        run.faults
    );
    assert_eq!(run.exit_code(), exit::HARNESS_FAULT);
}

#[test]
fn what_passes_at_times_is_flaky_and_red() {
    let text = "
scenario: A client connects
covers: [CONN-002]
service: {users: [alice]}
clients: {phone: {user: alice}}
steps:
  - call: phone.connect
    with: {token: $alice.token, timeout: 10}
    returns: 0
";
    let scenarios = [scenario::parse(Path::new("scenarios/made/up.yaml"), text).unwrap()];
    let ran = |retries: u32, repeat: u32, until_fail: bool| {
        let options =
            Options { jobs: Some(NonZeroUsize::MIN), retries, repeat, until_fail, ..Options::default() };
        let make = || -> Result<Box<dyn Driver>, Fault> {
            Ok(Box::new(Moody(SimDriver::default(), 0, Mood::Refuses)))
        };
        let mut ran = runner::run(&scenarios, &options, &make, &|_| {}).unwrap();
        let code = ran.run.exit_code();
        match ran.run.results.remove(0).verdict {
            Verdict::Flaky { attempts, failed, findings } => (attempts, failed, findings.len(), code),
            Verdict::Fail { findings } => (0, 0, findings.len(), code),
            other => panic!("{other:?}"),
        }
    };
    let failed = exit::FAILED;
    assert_eq!(ran(0, 1, false), (0, 0, 1, failed), "it fails, and nobody asks again");
    assert_eq!(ran(5, 1, false), (2, 1, 1, failed), "asked again it passes: no further attempt");
    assert_eq!(ran(0, 6, false), (6, 2, 1, failed), "the rate is measured");
    assert_eq!(ran(0, 6, true), (0, 0, 1, failed), "the first failure ends it");
}
