//! `harness report`: runs of several machines and clients as one report.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Format, Stop, diff,
    run::{REPORTS, rows},
};
use crate::{
    report::{FILES, Terminal, TerminalOptions, json_lines, write_all},
    verdict::{Outcome, merge},
};

/// Arguments of `harness report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// `run.jsonl` files, or folders with one: shards of a run, runs of other clients.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the report goes.
    #[arg(long, value_name = "DIR", default_value = REPORTS)]
    reports: PathBuf,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(
    args: &ReportArgs,
    out: &mut (dyn Write + Send),
    err: &mut dyn Write,
    terminal: TerminalOptions,
) -> Result<u8, Stop> {
    let mut brought = Vec::with_capacity(args.files.len());
    let mut mistakes = Vec::new();
    for path in &args.files {
        let file = if path.is_dir() { path.join(FILES[0]) } else { path.clone() };
        if is_same(&file, &args.reports.join(FILES[0])) {
            mistakes.push(format!("{} would be written over; --reports says where else", file.display()));
        }
        match diff::read(&file) {
            Ok(runs) => brought.push((file.display().to_string(), runs)),
            Err(stop) => mistakes.push(stop.message),
        }
    }
    if !mistakes.is_empty() {
        return Err(Stop::usage(mistakes.join("\n"), None));
    }
    let mut runs = merge(brought).map_err(|mistakes| {
        Stop::usage(
            mistakes.join("\n"),
            Some("nothing was written; leave out what does not belong".to_owned()),
        )
    })?;
    fs::create_dir_all(&args.reports)
        .map_err(|error| Stop::usage(format!("{}: {error}", args.reports.display()), None))?;
    for failure in write_all(&args.reports, &runs, &rows()) {
        writeln!(err, "harness: {failure}")?;
        runs.iter_mut().last().into_iter().for_each(|run| run.faults.push(failure.to_string()));
    }
    match args.format {
        Format::Json => {
            let lines = json_lines(&runs).map_err(|error| Stop {
                message: error.to_string(),
                hint: None,
                code: super::exit::HARNESS_FAULT,
            })?;
            out.write_all(lines.as_bytes())?;
        }
        Format::Text => {
            let mut shown = Terminal::new(&mut *out, terminal);
            runs.iter().try_for_each(|run| shown.summary(run))?;
            if runs.len() > 1 {
                shown.side_by_side(&runs)?;
            }
            writeln!(out, "report: {}", args.reports.join(FILES[2]).display())?;
        }
    }
    Ok(Outcome::worst(&runs).code())
}

/// Whether two paths are of one file that is there.
fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
