//! Adapters that break: each a clear result of its own scenario, and the rest of the run goes on.

use std::{num::NonZeroUsize, path::Path};

use harness::{
    adapter::{
        AdapterDriver, Command,
        check::{Found, check},
    },
    cli::exit,
    runner::{self, Driver, Fault, Options, Ran},
    scenario::{self, Scenario},
    verdict::Verdict,
};

const TWO_CASES: &str = "
scenario: A client connects
covers: [CONN-002]
needs: [virtual_time]
matrix: {round: [1, 2]}
service: {users: [alice]}
clients: {page: {user: alice, platform: Web}}
steps:
  - call: page.connect
    with: {token: $alice.token, timeout: 0}
  - expect: page
    in_order: [onConnected: {code: 0}]
";

fn two_cases() -> Vec<Scenario> {
    vec![scenario::parse(Path::new("scenarios/made/up.yaml"), TWO_CASES).expect("it is right")]
}

fn broken(how: &str) -> Command {
    let args = vec!["tests/adapters/broken.mjs".to_owned(), how.to_owned()];
    Command { name: "broken".to_owned(), program: "node".to_owned(), args }
}

fn run(command: &Command) -> Result<Ran, Fault> {
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(command)?)) };
    let options = Options { jobs: Some(NonZeroUsize::MIN), ..Options::default() };
    runner::run(&two_cases(), &options, &make, &|_| {})
}

#[test]
fn an_adapter_that_does_not_start_is_named() {
    let command = Command { name: "x".into(), program: "/no/such/adapter".into(), args: Vec::new() };
    let fault = run(&command).expect_err("it cannot run");
    assert!(fault.0.contains("`/no/such/adapter` does not start"), "{fault}");
}

#[test]
fn an_adapter_that_ends_at_once_is_named() {
    let command = Command { name: "x".into(), program: "false".into(), args: Vec::new() };
    let fault = run(&command).expect_err("it cannot run");
    assert!(fault.0.contains("it ended (exit status: 1)"), "{fault}");
}

#[test]
fn an_adapter_that_greets_with_garbage_is_named() {
    let command = Command { name: "x".into(), program: "echo".into(), args: vec!["good morning".into()] };
    let fault = run(&command).expect_err("it cannot run");
    assert!(fault.0.contains("what is no JSON line: \"good morning\\n\""), "{fault}");
}

#[test]
fn an_adapter_of_another_protocol_is_refused() {
    let fault = run(&broken("protocol")).expect_err("it cannot run");
    assert!(fault.0.contains("it speaks protocol 9, not 1"), "{fault}");
}

#[test]
fn a_clock_of_no_known_kind_is_refused() {
    let fault = run(&broken("strange-clock")).expect_err("it cannot run");
    assert!(fault.0.contains("its clock is \"lunar\": `virtual` or `real` is known"), "{fault}");
}

#[test]
fn a_break_in_the_middle_is_the_result_of_that_case_and_the_next_gets_a_new_adapter() {
    let breaks = [
        ("crash", "it ended (exit status: 7); stderr: a word aside"),
        ("garbage", "what is no JSON line: \"Segmentation fault"),
        ("long-line", "a line of more than 1048576 bytes"),
        ("error", "the SDK threw: no such thing"),
        ("wrong-id", "which nobody has asked; it was ended"),
        ("twice", "which has its reply; it was ended"),
        ("gap", "its event 1 of client `page` came as 2"),
        ("stranger", "it told of \"onConnected\" of `somebody`, a client that it has not"),
        ("clock-back", "its clock went back from 0 ms to -1 ms"),
    ];
    for (how, said) in breaks {
        let ran = run(&broken(how)).expect("the adapter starts");
        assert_eq!(ran.run.results.len(), 2, "{how}: both cases have a result");
        for case in &ran.run.results {
            let Verdict::CouldNotRun { reason } = &case.verdict else { panic!("{how}: {:?}", case.verdict) };
            assert!(reason.contains(said), "{how}: {reason}");
        }
        assert_eq!(ran.run.exit_code(), exit::INCOMPLETE, "{how}");
    }
}

fn node(script: &str, arg: &str) -> Command {
    Command { name: "checked".to_owned(), program: "node".to_owned(), args: vec![script.into(), arg.into()] }
}

#[test]
fn the_template_keeps_to_the_protocol_and_has_no_client_yet() {
    let checks = check(&node("adapters/template/adapter.mjs", "")).expect("it starts");
    let bad: Vec<_> = checks.iter().filter(|check| matches!(check.found, Found::Bad(_))).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let open: Vec<&str> =
        checks.iter().filter(|check| check.found != Found::Good).map(|check| check.what).collect();
    let about_clients =
        ["connects a client, and tells of it once", "tells of a message that was sent to its client"];
    assert_eq!(open, about_clients);
}

#[test]
fn a_check_names_what_an_adapter_does_wrong() {
    let checks = check(&node("tests/adapters/broken.mjs", "crash")).expect("it starts");
    let seen = |what: &str| match checks.iter().find(|check| check.what == what).map(|check| &check.found) {
        Some(Found::Bad(seen)) => seen.clone(),
        other => panic!("{what}: {other:?}"),
    };
    assert!(seen("says `unsupported` to a method that does not exist").contains("it ended (exit status: 7)"));
    assert!(seen("says `unsupported` to a message that does not exist").contains("and not by `unsupported`"));
    assert_eq!(
        seen("answers `fence` with the counts of every client"),
        "there is the client `one`, and it told of []"
    );
    assert!(seen("goes on after a line that is no JSON").contains("it ended"));
    assert!(
        seen("says a hello with names that are documented")
            .contains("`disconect`, which is not documented: `disconnect`?")
    );
    assert!(seen("connects a client, and tells of it once").contains("it ended (exit status: 7)"));
}

#[test]
fn what_an_adapter_logs_stands_in_the_result() {
    let ran = run(&broken("talk")).expect("the adapter starts");
    let log = &ran.run.results[0].log;
    assert!(log.iter().any(|line| line == "warn: something is odd"), "{log:?}");
}
