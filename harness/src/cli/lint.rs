//! `harness lint`: every mistake of every file, and the committed schema's word on none of it.

use std::{io::Write, path::PathBuf};

use clap::Args;
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::json;

use super::{Format, Stop, exit, files};
use crate::{plain::plain, scenario::Diagnostic};

/// Arguments of `harness lint`.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Files or folders; `scenarios/` if none is given.
    paths: Vec<PathBuf>,
    /// How mistakes are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &LintArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    let files = files::read_telling(&args.paths, err)?;
    if files.is_empty() {
        writeln!(err, "harness: no scenario files there")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let mut mistakes = 0;
    for file in &files {
        let Err(diagnostics) = &file.scenario else { continue };
        mistakes += diagnostics.len();
        match args.format {
            Format::Json => {
                for diagnostic in diagnostics {
                    writeln!(out, "{}", json(diagnostic))?;
                }
            }
            Format::Text => show(diagnostics, err)?,
        }
    }
    if args.format == Format::Text {
        let wrong = files.iter().filter(|file| file.scenario.is_err()).count();
        match wrong {
            0 => writeln!(out, "{} files, no mistakes", files.len())?,
            _ => writeln!(err, "{mistakes} mistakes in {wrong} of {} files", files.len())?,
        }
    }
    Ok(if mistakes == 0 { exit::CONFORMS } else { exit::USAGE })
}

/// Shows mistakes with the lines they stand in.
pub(super) fn show(diagnostics: &[Diagnostic], err: &mut dyn Write) -> Result<(), Stop> {
    let coloured =
        std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    let theme = if coloured { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme);
    for diagnostic in diagnostics {
        let mut text = String::new();
        // Rendering into a string fails only if the source text is not at hand; the one-liner always is.
        if handler.render_report(&mut text, diagnostic).is_err() {
            text = plain(&diagnostic.line()).into_owned() + "\n";
        }
        writeln!(err, "{text}")?;
    }
    Ok(())
}

fn json(diagnostic: &Diagnostic) -> serde_json::Value {
    let at = diagnostic.at();
    json!({
        "path": diagnostic.path(), "line": at.line, "column": at.column, "length": at.len,
        "code": diagnostic.code(), "message": diagnostic.to_string(), "help": diagnostic.help_text(),
    })
}
