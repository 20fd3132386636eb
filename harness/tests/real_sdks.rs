//! Unmodified vendor SDKs, installed by name from their package registry, against our server in virtual time.
//!
//! Needs Node.js and npm. Every scenario of `scenarios/real-clients` must pass with each SDK generation; elsewhere a
//! scenario may be unsupported, with a reason, but none may fail.

use std::{num::NonZeroUsize, path::PathBuf};

use harness::{
    adapter::{AdapterDriver, Command},
    cli::files,
    runner::{self, Driver, Fault, Options},
    scenario::{Case, Scenario},
    verdict::{ScenarioResult, Verdict},
};

fn scenarios(folder: &str) -> Vec<Scenario> {
    let path = PathBuf::from("../scenarios").join(folder);
    let read = files::read(&[path]).expect("the folder is there");
    read.into_iter().map(|file| file.scenario.expect("committed scenarios are right")).collect()
}

/// Every case of `scenarios/real-clients` that this client takes part in passes.
fn passes(client: &str) {
    let real = scenarios("real-clients");
    let ran = run(client, &real);
    let cases = real.iter().flat_map(|scenario| &scenario.cases);
    // A case whose clients are all named, and others, is about those.
    let takes_part = |case: &Case| {
        case.clients.values().any(|one| one.client.as_deref().is_none_or(|named| named == client))
    };
    for (case, result) in cases.zip(&ran) {
        if takes_part(case) {
            assert_eq!(result.verdict, Verdict::Pass, "{client}: {}", result.name());
        } else {
            assert!(
                matches!(result.verdict, Verdict::Unsupported { .. }),
                "{client}: {} is about other clients: {:?}",
                result.name(),
                result.verdict
            );
        }
    }
}

/// Runs them; results are in the order of the cases.
fn run(client: &str, scenarios: &[Scenario]) -> Vec<ScenarioResult> {
    let command = Command::named(client).expect("a known client");
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::new(AdapterDriver::start(&command)?)) };
    let options = Options { jobs: NonZeroUsize::MIN, ..Options::default() };
    runner::run(scenarios, &options, &make, &|_| {}).expect("the adapter starts").run.results
}

#[test]
fn web_sdk_4_6_4_passes_what_it_supports() {
    passes("web-sdk@4.6.4");
}

#[test]
fn web_sdk_5_38_0_passes_what_it_supports() {
    passes("web-sdk@5.38.0");
}

#[test]
fn web_sdk_5_3_4_passes_what_it_supports() {
    passes("web-sdk@5.3.4");
}

/// All of the suite with the newest generation: nothing is red, and what is unsupported says why.
#[test]
fn nothing_is_red_with_the_newest_generation() {
    let all: Vec<Scenario> =
        files::read(&[]).expect("scenarios/").into_iter().map(|file| file.scenario.expect("right")).collect();
    let ran = run("web-sdk@5.38.0", &all);
    let red: Vec<String> = ran
        .iter()
        .filter(|case| case.verdict.kind().is_red())
        .map(|case| format!("{}: {:#?}", case.name(), case.verdict))
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
    assert!(ran.iter().all(|case| match &case.verdict {
        Verdict::Unsupported { reason, .. } => !reason.is_empty(),
        _ => true,
    }));
}
