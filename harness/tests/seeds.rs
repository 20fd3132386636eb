//! Another seed is another run: what happens at one instant comes in another order, and every scenario passes all the same.

use std::{fmt::Write as _, num::NonZeroUsize, path::Path};

use harness::{
    runner::{self, Driver, Fault, Options, SimDriver},
    scenario,
    verdict::Verdict,
};

/// Of the test, not of anything else: any but the default will do.
const SEED: u64 = 7;

fn conforms(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    // Wrong files are told of by the test of the scenario itself.
    let Ok(scenario) = scenario::parse(path, &text) else { return Ok(()) };
    let options = Options { jobs: Some(NonZeroUsize::MIN), seed: SEED, ..Options::default() };
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
    let ran = runner::run(&[scenario], &options, &make, &|_| {})?;
    let mut wrong = String::new();
    for case in &ran.run.results {
        match &case.verdict {
            Verdict::Pass => {}
            Verdict::Unsupported { reason, .. } => println!("{} is unsupported: {reason}", case.name()),
            other => writeln!(wrong, "{} with seed {SEED}: {other:?}", case.name())?,
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

datatest_stable::harness! {
    { test = conforms, root = "../scenarios", pattern = r"^([^/]+/)*[^_/][^/]*\.yaml$" },
}
