//! Unmodified vendor SDKs, installed by name from their package registry, against our server in virtual time.
//!
//! Needs Node.js and npm. Every scenario of `scenarios/real-clients` must pass with each SDK generation; elsewhere a
//! scenario may be unsupported, with a reason, but none may fail.

use std::{num::NonZeroUsize, path::PathBuf};

use harness::{
    adapter::{AdapterDriver, Command},
    cli::files,
    runner::{self, Driver, Fault, Options},
    scenario::Scenario,
    verdict::Verdict,
};

fn scenarios(folder: &str) -> Vec<Scenario> {
    let path = PathBuf::from("../scenarios").join(folder);
    let read = files::read(&[path]).expect("the folder is there");
    read.into_iter().map(|file| file.scenario.expect("committed scenarios are right")).collect()
}

/// Runs them and gives how many passed; anything red is a failure of the test.
fn run(client: &str, scenarios: &[Scenario]) -> usize {
    let command = Command::named(client).expect("a known client");
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(&command)?)) };
    let options = Options { jobs: NonZeroUsize::MIN, ..Options::default() };
    let ran = runner::run(scenarios, &options, &make, &|_| {}).expect("the adapter starts");
    let red: Vec<String> = ran
        .run
        .results
        .iter()
        .filter(|case| case.verdict.kind().is_red())
        .map(|case| format!("{}: {:#?}", case.name(), case.verdict))
        .collect();
    assert!(red.is_empty(), "{client}:\n{}", red.join("\n"));
    ran.run.results.iter().filter(|case| case.verdict == Verdict::Pass).count()
}

#[test]
fn web_sdk_4_6_4_passes_what_it_supports() {
    let real = scenarios("real-clients");
    let cases: usize = real.iter().map(|scenario| scenario.cases.len()).sum();
    assert_eq!(run("web-sdk@4.6.4", &real), cases);
}

#[test]
fn web_sdk_5_38_0_passes_what_it_supports() {
    let real = scenarios("real-clients");
    let cases: usize = real.iter().map(|scenario| scenario.cases.len()).sum();
    assert_eq!(run("web-sdk@5.38.0", &real), cases);
}

#[test]
fn web_sdk_5_3_4_passes_what_it_supports() {
    let real = scenarios("real-clients");
    let cases: usize = real.iter().map(|scenario| scenario.cases.len()).sum();
    assert_eq!(run("web-sdk@5.3.4", &real), cases);
}
