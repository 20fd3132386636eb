//! Every scenario is a test, by its path: all its cases against the reference client, its reviewed sequence, the oracle.
//!
//! `HARNESS_ACCEPT=1 cargo test --test scenarios` takes the sequences as they are for reviewed.

use std::{fmt::Write as _, num::NonZeroUsize, path::Path};

use harness::{
    runner::{self, Driver, Fault, Options, SimDriver, Snapshots},
    scenario,
    verdict::Verdict,
};

/// What went wrong, shown as it is written.
struct Told(String);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Told {}

fn conforms(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let scenario = scenario::parse(path, &text).map_err(|mistakes| {
        Told(mistakes.iter().map(scenario::Diagnostic::line).collect::<Vec<_>>().join("\n"))
    })?;
    let accept = std::env::var_os("HARNESS_ACCEPT").is_some();
    let snapshots = if accept { Snapshots::Accept } else { Snapshots::Compare };
    // Tests run side by side already.
    let options = Options { jobs: Some(NonZeroUsize::MIN), snapshots, ..Options::default() };
    let make = || -> Result<Box<dyn Driver>, Fault> { Ok(Box::<SimDriver>::default()) };
    let ran = runner::run(&[scenario], &options, &make, &|_| {})?;
    let mut wrong = String::new();
    for case in &ran.run.results {
        match &case.verdict {
            Verdict::Pass => {}
            // Not a pass, and said: the reference client is still growing.
            Verdict::Unsupported { reason, .. } => println!("{} is unsupported: {reason}", case.name()),
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
    if wrong.is_empty() { Ok(()) } else { Err(Told(wrong).into()) }
}

datatest_stable::harness! {
    { test = conforms, root = "../scenarios", pattern = r"^([^/]+/)*[^_/][^/]*\.(?i:ya?ml)$" },
}
