//! The tests are tested: a scenario that names a bug of the service or the client in `breaks_when` must fail with it.

use std::{num::NonZeroUsize, path::Path};

use harness::{
    bug::Bug,
    runner::{self, Driver, Fault, Options, SimDriver},
    scenario,
    verdict::VerdictKind,
};

fn notices(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    // Wrong files are told of by the test of the scenario itself.
    let Ok(scenario) = scenario::parse(path, &text) else { return Ok(()) };
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
    let mut unnoticed = Vec::new();
    for named in &scenario.breaks_when {
        // More words are a sentence about clients.
        let Some(bug) = Bug::named(&named.value) else { continue };
        let options = Options { jobs: Some(NonZeroUsize::MIN), bugs: vec![bug], ..Options::default() };
        let ran = runner::run(std::slice::from_ref(&scenario), &options, &make, &|_| {})?;
        let kinds: Vec<VerdictKind> = ran.run.results.iter().map(|case| case.verdict.kind()).collect();
        let tried = kinds.iter().any(|kind| *kind != VerdictKind::Unsupported);
        if tried && !kinds.contains(&VerdictKind::Fail) {
            unnoticed.push(format!("{bug} at {}", named.at.describe(&scenario.sources)));
        }
    }
    if unnoticed.is_empty() { Ok(()) } else { Err(format!("not noticed: {}", unnoticed.join(", ")).into()) }
}

datatest_stable::harness! {
    { test = notices, root = "../scenarios", pattern = r"^([^/]+/)*[^_/][^/]*\.(?i:ya?ml)$" },
}
