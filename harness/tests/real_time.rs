//! Clients whose clock is real: an adapter in Python with a client of its own, and a vendor SDK without virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{num::NonZeroUsize, path::Path, time::Duration};

use harness::{
    adapter::{
        AdapterDriver, Command,
        check::{Found, check},
    },
    cli::files,
    runner::{self, Driver, Fault, Options, Ran},
    scenario::{self, Scenario},
    verdict::Verdict,
};

const PYTHON: &str = "python3 adapters/template/real_time.py";

fn run(scenarios: &[Scenario], command: &Command, patience: Duration) -> Ran {
    // Ours waits rather than works; a vendor's has a process of its own.
    let jobs = if command.is_inside() { 32 } else { 4 };
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(Box::new(AdapterDriver::start(command)?.patient(patience)))
    };
    let options = Options { jobs: NonZeroUsize::new(jobs), ..Options::default() };
    runner::run(scenarios, &options, &make, &|_| {}).unwrap()
}

fn parsed(text: &str) -> Vec<Scenario> {
    vec![scenario::parse(Path::new("scenarios/made/up.yaml"), text).expect("it is right")]
}

#[test]
fn the_template_in_real_time_keeps_to_the_protocol() {
    let checks = check(&Command::named(PYTHON).unwrap()).unwrap();
    let bad: Vec<_> = checks.iter().filter(|check| matches!(check.found, Found::Bad(_))).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let well = checks.iter().filter(|check| check.found == Found::Good).count();
    assert_eq!((checks.len(), well), (16, 13));
}

const SENDS: &str = "
scenario: A text goes out, and nothing else comes of it
covers: [SEND-001]
service: {users: [alice, bob]}
clients: {device: {user: alice, platform: Android}}
steps:
  - call: device.connect
    with: {token: $alice.token, timeout: 10}
  - expect: device
    in_order: [onConnected: {code: 0}]
    within: 10s
  - advance: {service: 1h}
  - call: device.createTextMessage
    with: {type: private, targetId: bob, channelId: '', text: hello}
    save_as: $m
  - call: device.sendMessage
    with: {message: $m}
  - expect: device
    in_order: [onMessageSent: {code: 0, message: {sentTime: {gt: $start + 3600000}}}]
    within: 10s
  - none: device
    until: fence
";

#[test]
fn a_client_in_real_time_gets_its_verdict_and_the_services_clock_jumps_alone() {
    let ran = run(&parsed(SENDS), &Command::named(PYTHON).unwrap(), Duration::ZERO);
    // It is a PC: the part is for any device.
    assert_eq!(ran.run.results[0].verdict, Verdict::Pass);
    assert_eq!(ran.run.client.clock, harness::verdict::Clock::Real);
}

/// A busy machine lets a client wait for a processor longer than clients and service are silent otherwise.
#[test]
fn what_comes_at_once_may_come_late_in_real_time() {
    let late = "- service: {fault: {on: {kind: pubAck, direction: down}, effect: {delayMs: 1000}}}\n  - call: device.sendMessage";
    let text = SENDS.replace("- call: device.sendMessage", late);
    let text = text.replace("within: 10s\n  - none", "\n  - none");
    assert!(text.matches("within").count() == 1 && text.contains("delayMs"), "{text}");
    let ran = run(&parsed(&text), &Command::named(PYTHON).unwrap(), Duration::ZERO);
    assert_eq!(ran.run.results[0].verdict, Verdict::Pass);
}

#[test]
fn what_must_come_and_does_not_is_a_failure_and_not_a_hang() {
    let wanted = "onMessageSent: {code: 0, message: {sentTime: {gt: $start + 3600000}}}]\n    within: 10s";
    // It has no such callback: nobody waits for it.
    let text = SENDS.replace(wanted, "onMessageReceived: {message: {text: hello}}]\n    within: 1s");
    let lacks = run(&parsed(&text), &Command::named(PYTHON).unwrap(), Duration::ZERO);
    let verdict = &lacks.run.results[0].verdict;
    assert!(
        matches!(verdict, Verdict::Unsupported { what, .. } if what == "onMessageReceived"),
        "{verdict:?}"
    );
    let text = SENDS.replace(wanted, "onMessageSent: {code: 1}]\n    within: 1s");
    let fails = run(&parsed(&text), &Command::named(PYTHON).unwrap(), Duration::ZERO);
    let Verdict::Fail { findings } = &fails.run.results[0].verdict else {
        panic!("{:?}", fails.run.results[0].verdict)
    };
    assert!(findings[0].seen.contains("code: expected 1, got 0"), "{findings:?}");
}

#[test]
fn a_case_that_needs_more_time_than_there_is_patience_for_says_how_much() {
    let text = SENDS.replace("- advance: {service: 1h}", "- advance: 90s");
    let ran = run(&parsed(&text), &Command::named(PYTHON).unwrap(), Duration::from_secs(60));
    let Verdict::Unsupported { what, reason } = &ran.run.results[0].verdict else {
        panic!("{:?}", ran.run.results[0].verdict)
    };
    assert_eq!(what, "patience");
    assert!(reason.contains("needs 90s of it (`--patience 90s`)"), "{reason}");
}

/// Runs what lies in those folders of the suite; how many cases passed. None fails.
fn passed(client: &str, folders: &[&str], patience: Duration) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let scenarios: Vec<_> =
        files::read(&folders).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect();
    let ran = run(&scenarios, &Command::named(client).unwrap(), patience);
    let mut passed = 0;
    for result in &ran.run.results {
        match &result.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Unsupported { .. } => {}
            other => panic!("{}: {other:?}", result.name()),
        }
    }
    passed
}

/// The same SDK is judged the same in real time as in virtual time (`real_sdks.rs`), wherever both judge.
#[test]
fn a_vendors_sdk_in_real_time_passes_what_it_passes_in_virtual_time() {
    let passed = passed("web-sdk@4.6.4+real", &["recall", "chatroom/messages"], Duration::from_secs(12));
    assert!(passed >= 5, "{passed} passed");
}

/// What our own client does in virtual time it does with the machine's clock, and with a service on real sockets.
#[test]
fn the_reference_client_in_real_time_passes_what_it_passes_in_virtual_time() {
    let areas = ["connect", "group", "message", "offline", "recall", "send", "ultragroup"];
    let passed = passed(Command::REFERENCE_REAL, &areas, Duration::from_secs(12));
    assert!(passed > 170, "{passed} passed");
}
