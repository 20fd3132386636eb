//! `harness list`: scenarios and their cases.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;

use super::{Format, Stop, exit, files, lint};

/// Arguments of `harness list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Files or folders; `scenarios/` if none is given.
    paths: Vec<PathBuf>,
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    filter: Option<String>,
    /// How they are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &ListArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    let mut listed = 0;
    let mut wrong = false;
    for file in files::read_telling(&args.paths, err)? {
        let scenario = match file.scenario {
            Ok(scenario) => scenario,
            Err(diagnostics) => {
                wrong = true;
                lint::show(&diagnostics, err)?;
                continue;
            }
        };
        for case in &scenario.cases {
            let label = case.label();
            let wanted = |filter: &String| {
                [scenario.path(), &scenario.title, &label].iter().any(|text| text.contains(filter.as_str()))
            };
            if !args.filter.as_ref().is_none_or(wanted) {
                continue;
            }
            listed += 1;
            match args.format {
                Format::Json => {
                    let covers: Vec<&str> = scenario.covers.iter().map(|id| id.as_str()).collect();
                    let mut needs: Vec<&str> = scenario.needs.iter().map(|need| need.as_str()).collect();
                    needs.extend(case.uses());
                    needs.sort_unstable();
                    needs.dedup();
                    let line = json!({
                        "path": scenario.path(), "case": label, "title": scenario.title, "covers": covers,
                        "needs": needs,
                    });
                    writeln!(out, "{line}")?;
                }
                Format::Text if label.is_empty() => writeln!(out, "{}  {}", scenario.path(), scenario.title)?,
                Format::Text => writeln!(out, "{} [{label}]  {}", scenario.path(), scenario.title)?,
            }
        }
    }
    Ok(match (wrong, listed) {
        (true, _) => exit::USAGE,
        (false, 0) => exit::NOTHING_SELECTED,
        _ => exit::CONFORMS,
    })
}
