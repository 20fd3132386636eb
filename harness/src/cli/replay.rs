//! `harness replay`: recordings done again.

use std::{io::Write, path::PathBuf};

use clap::{Args, ValueEnum};
use recording::End;
use serde_json::json;

use super::{Format, Stop, diff_recordings::RuleArgs, exit};
use crate::recorded::{self, Outcome};

/// Arguments of `harness replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Recordings, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// To whom.
    #[arg(long, value_enum, default_value_t)]
    to: To,
    /// By what is meant, not by bytes: to a world that is made from what a recording shows, whose ids take the place of those
    /// recorded. Recordings from elsewhere (a proxy's) are always replayed so.
    #[arg(long)]
    by_meaning: bool,
    #[command(flatten)]
    rules: RuleArgs,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Who plays the other part.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum To {
    /// The service of this build is told again what it was told, and must say again what it said, byte for byte.
    #[default]
    Service,
}

pub(super) fn run(args: &ReplayArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    let To::Service = args.to;
    let rules = args.rules.rules()?;
    let paths = recorded::find(&args.paths).map_err(|why| Stop::usage(why, None))?;
    let (mut same, mut differ, mut incomplete) = (0, 0, 0);
    for path in &paths {
        let name = path.display().to_string();
        let outcome = recorded::open(path).and_then(|mut reader| {
            let by_meaning = args.by_meaning || reader.header().elsewhere.is_some();
            let outcome = if by_meaning {
                recorded::replayed_by_meaning(|| recorded::open(path), rules.clone(), args.rules.all)
            } else if args.rules.are_given() {
                Err("--all, --ignore and --strict are of replays by meaning (--by-meaning)".to_owned())
            } else {
                recorded::replayed(&mut reader).map(|outcome| (outcome, Vec::new()))
            };
            outcome.map_err(|why| format!("{name}: {why}"))
        });
        let (Outcome { entries, end, compared, difference }, notes) = match outcome {
            Ok(outcome) => outcome,
            Err(why) => {
                incomplete += 1;
                match args.format {
                    Format::Text => writeln!(out, "CANNOT  {why}")?,
                    Format::Json => writeln!(out, "{}", json!({"file": name, "error": why}))?,
                }
                continue;
            }
        };
        let (word, lines) = match (&difference, &end) {
            (Some(lines), _) => ("DIFFERS", lines.clone()),
            (None, End::Whole) if !compared => (
                "BLIND",
                vec!["it holds what was done alone (--record-inputs): nothing was compared".to_owned()],
            ),
            (None, End::Whole) => ("same", Vec::new()),
            (None, end) => ("PARTLY", vec![format!("the same up to entry {entries}: {end}")]),
        };
        differ += u64::from(difference.is_some());
        let is_proven = compared && end == End::Whole;
        same += u64::from(difference.is_none() && is_proven);
        incomplete += u64::from(difference.is_none() && !is_proven);
        match args.format {
            Format::Text => {
                writeln!(out, "{word:7} {name} ({entries} entries)")?;
                for note in &notes {
                    writeln!(out, "        {note}")?;
                }
                for line in lines {
                    writeln!(out, "        {line}")?;
                }
            }
            Format::Json => {
                let line = json!({"file": name, "entries": entries, "end": end.to_string(), "compared": compared, "difference": difference, "notes": notes});
                writeln!(out, "{line}")?;
            }
        }
    }
    if args.format == Format::Text {
        writeln!(
            out,
            "{} replayed: {same} the same, {differ} differ, {incomplete} not to their end, or not compared",
            paths.len()
        )?;
    }
    Ok(match (differ, incomplete) {
        (0, 0) => exit::CONFORMS,
        (0, _) => exit::INCOMPLETE,
        _ => exit::FAILED,
    })
}
