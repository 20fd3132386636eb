//! The vendor's native client in virtual time: what it passes, and that two runs of it are the same.
//!
//! Needs Node.js, npm and a C compiler.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{num::NonZeroUsize, path::Path};

use harness::{
    adapter::{
        AdapterDriver, Command,
        check::{Found, check},
    },
    cli::files,
    runner::{self, Driver, Fault, Options, Ran},
    scenario::Scenario,
    verdict::{Clock, Verdict},
};

/// What tells of minutes, of lost connections, of a store that outlives its process, and of several clients.
const SOME: [&str; 4] = [
    "connect/status-follows-the-connection.yaml",
    "connect/one-token-many-rounds.yaml",
    "recall",
    "send/received-once-whatever-the-fault.yaml",
];

fn some() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let paths = SOME.map(|name| root.join(name));
    files::read(&paths).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect()
}

fn run(scenarios: &[Scenario]) -> Ran {
    let command = Command::named(Command::NATIVE).unwrap();
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(&command)?)) };
    let options = Options { jobs: NonZeroUsize::new(2), ..Options::default() };
    runner::run(scenarios, &options, &make, &|_| {}).unwrap()
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn the_native_client_passes_in_virtual_time_and_two_runs_are_the_same() {
    let scenarios = some();
    let ran = run(&scenarios);
    assert_eq!(ran.run.client.clock, Clock::Virtual);
    let mut passed = 0;
    for result in &ran.run.results {
        match &result.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Unsupported { .. } => {}
            other => panic!("{}: {other:?}", result.name()),
        }
    }
    assert!(passed >= 20, "{passed} passed");
    assert_eq!(ran.sequences, run(&scenarios).sequences);
}

#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), target_env = "gnu")),
    ignore = "not run: the vendor's native client is driven on Linux x86-64 and arm64 with glibc only"
)]
#[test]
fn its_adapter_keeps_to_the_protocol() {
    let checks = check(&Command::named(Command::NATIVE).unwrap()).unwrap();
    let other: Vec<_> = checks.iter().filter(|check| check.found != Found::Good).collect();
    assert!(other.is_empty(), "{other:?}");
}
