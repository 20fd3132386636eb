//! Every scenario is a test, by its path: all its cases against the reference client, its reviewed sequence, the oracle.

use std::{fmt::Write as _, num::NonZeroUsize, path::Path};

use harness::{
    runner::{self, Driver, Fault, Options, SimDriver, Snapshots},
    scenario,
    verdict::Verdict,
};

fn conforms(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let scenario = scenario::parse(path, &text).map_err(|mistakes| {
        mistakes.iter().map(scenario::Diagnostic::line).collect::<Vec<_>>().join("\n")
    })?;
    let options = Options { jobs: NonZeroUsize::MIN, snapshots: Snapshots::Compare, ..Options::default() };
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
    let ran = runner::run(&[scenario], &options, &make, &|_| {})?;
    let mut wrong = String::new();
    for case in &ran.run.results {
        match &case.verdict {
            Verdict::Pass => {}
            Verdict::Fail { findings } => {
                for finding in findings {
                    let place = finding.place.as_ref().map(ToString::to_string).unwrap_or_default();
                    let (expected, seen) = (&finding.expected, &finding.seen);
                    writeln!(wrong, "{}\n  {place}\n  expected {expected}\n  seen     {seen}", case.name())?;
                }
            }
            other => writeln!(wrong, "{}: {other:?}", case.name())?,
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

datatest_stable::harness! {
    { test = conforms, root = "../scenarios", pattern = r"^([^/]+/)*[^_/][^/]*\.yaml$" },
}
