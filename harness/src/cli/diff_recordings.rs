//! `harness diff` of two recordings.

use std::{io::Write, path::Path};

use clap::Args;
use serde_json::json;

use super::{Format, Stop, exit};
use crate::recorded::{self, Beside, meaning::Rules};

/// What counts when recordings are compared.
#[derive(Debug, Clone, Args)]
pub(super) struct RuleArgs {
    /// By meaning: shows all differences of recordings, not only the first.
    #[arg(long)]
    pub(super) all: bool,
    /// By meaning: does not look at what a rule covers (`harness explain rules` lists them); may be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// By meaning: what a rule covers must be the same.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) strict: Vec<String>,
}

impl RuleArgs {
    pub(super) fn rules(&self) -> Result<Rules, Stop> {
        Rules::changed(&self.ignore, &self.strict).map_err(|(why, near)| {
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Stop::usage(why, Some(format!("{near}`harness explain rules` lists them")))
        })
    }

    pub(super) fn are_given(&self) -> bool {
        self.all || !self.ignore.is_empty() || !self.strict.is_empty()
    }
}

/// Compares two recordings.
pub(super) fn run(
    (a, b): (&Path, &Path),
    args: &RuleArgs,
    format: Format,
    out: &mut dyn Write,
) -> Result<u8, Stop> {
    let open = |path| recorded::open(path).map_err(|why| Stop::usage(why, None));
    let rules = args.rules()?;
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |why: String| Stop::usage(format!("{path}: {why}"), None)
    };
    let found = recorded::beside(&mut open(a)?, &mut open(b)?, rules).map_err(failed(a))?;
    match format {
        Format::Text => {
            for (sign, path) in [("-", a), ("+", b)] {
                let reader = open(path)?;
                let header = reader.header();
                let who = if header.client.is_empty() { &header.made_by } else { &header.client };
                writeln!(out, "{sign} {who} ({})", path.display())?;
            }
            let told = found.told(args.all, &mut open(a)?, &mut open(b)?).map_err(failed(a))?;
            text(&found, &told, out)?;
        }
        Format::Json => {
            for difference in &found.compared.differences {
                writeln!(out, "{}", difference.json())?;
            }
            let numbers = json!({
                "compared": found.compared.pairs, "differences": found.compared.differences.len(),
                "places": found.compared.places(), "partly": found.partly, "notes": found.notes,
            });
            writeln!(out, "{numbers}")?;
        }
    }
    Ok(match (found.compared.differences.is_empty(), found.partly.is_empty()) {
        (false, _) => exit::FAILED,
        (true, false) => exit::INCOMPLETE,
        (true, true) => exit::CONFORMS,
    })
}

/// Writes what was found: notes, the differences as they are told, the numbers.
pub(super) fn text(found: &Beside, told: &[Vec<String>], out: &mut dyn Write) -> Result<(), Stop> {
    for note in found.notes.iter().chain(&found.partly) {
        writeln!(out, "  {note}")?;
    }
    for lines in told {
        writeln!(out)?;
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    let (pairs, kinds, places) =
        (found.compared.pairs, found.compared.differences.len(), found.compared.places());
    let more = kinds - told.len();
    let more = if more > 0 { format!("; {more} more with --all") } else { String::new() };
    match kinds {
        0 => writeln!(out, "\n{pairs} entries compared: no difference")?,
        1 => writeln!(out, "\n{pairs} entries compared: 1 difference, in {places} places{more}")?,
        _ => writeln!(out, "\n{pairs} entries compared: {kinds} differences, in {places} places{more}")?,
    }
    Ok(())
}
