//! `harness requirements`: the catalogue and what scenarios cover of it.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;

use super::{Format, Stop, exit, files};
use crate::{
    catalogue::{Requirement, Testable, catalogue},
    plain::plain,
    scenario::nearest,
};

/// Arguments of `harness requirements`.
#[derive(Debug, Args)]
pub(super) struct RequirementsArgs {
    /// Scenario files or folders; `scenarios/` if none is given.
    paths: Vec<PathBuf>,
    /// Only what no scenario covers, although it can be tested.
    #[arg(long)]
    uncovered: bool,
    /// Only this area: `CONN`.
    #[arg(long)]
    area: Option<String>,
    /// How they are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &RequirementsArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    if let Some(area) = &args.area
        && !catalogue().areas.contains_key(area)
    {
        let hint = nearest(area, catalogue().areas.keys().map(String::as_str))
            .map(|area| format!("did you mean `{area}`?"))
            .or_else(|| Some(catalogue().areas.keys().map(String::as_str).collect::<Vec<_>>().join(", ")));
        return Err(Stop::usage(format!("unknown area `{area}`"), hint));
    }
    let covering = covering(&args.paths, err)?;
    let mut totals = Totals::default();
    for requirement in &catalogue().requirements {
        if args.area.as_ref().is_some_and(|area| requirement.area() != area) {
            continue;
        }
        let scenarios = covering.get(requirement.id.as_str()).map_or(&[][..], Vec::as_slice);
        totals.count(requirement, !scenarios.is_empty());
        if args.uncovered && (!scenarios.is_empty() || requirement.testable == Testable::No) {
            continue;
        }
        match args.format {
            Format::Json => {
                let mut line = json!(requirement);
                line["scenarios"] = json!(scenarios);
                writeln!(out, "{line}")?;
            }
            Format::Text => {
                writeln!(out, "{}  {}", requirement.id, requirement.statement)?;
                if let Some(reason) = &requirement.uncovered {
                    writeln!(out, "    not covered: {reason}")?;
                }
                for path in scenarios {
                    writeln!(out, "    {path}")?;
                }
            }
        }
    }
    if args.format == Format::Text {
        let Totals { all, testable, covered } = totals;
        writeln!(out, "{all} requirements, {testable} testable, {covered} covered")?;
    }
    Ok(exit::CONFORMS)
}

#[derive(Default)]
struct Totals {
    all: usize,
    testable: usize,
    covered: usize,
}

impl Totals {
    fn count(&mut self, requirement: &Requirement, covered: bool) {
        self.all += 1;
        self.testable += usize::from(requirement.testable != Testable::No);
        self.covered += usize::from(covered);
    }
}

/// Requirement ids with the scenarios that cite them. Wrong files are named and left out.
pub(super) fn covering(
    paths: &[PathBuf],
    err: &mut dyn Write,
) -> Result<BTreeMap<String, Vec<String>>, Stop> {
    let mut covering: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files::read_telling(paths, err)? {
        match file.scenario {
            Ok(scenario) => {
                for id in &scenario.covers {
                    let scenarios = covering.entry(id.value.clone()).or_default();
                    if scenarios.last().is_none_or(|last| last != scenario.path()) {
                        scenarios.push(scenario.path().to_owned());
                    }
                }
            }
            Err(diagnostics) => {
                let count = diagnostics.len();
                let path = file.path.display().to_string();
                writeln!(err, "harness: {} has {count} mistakes (harness lint)", plain(&path))?;
            }
        }
    }
    Ok(covering)
}
