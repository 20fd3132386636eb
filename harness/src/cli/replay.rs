//! `harness replay`: recordings done again.

use std::{io::Write, path::PathBuf, sync::atomic::Ordering};

use clap::{Args, ValueEnum};
use recording::End;
use serde_json::json;

use super::{Format, Stop, diff_recordings::RuleArgs, exit, signals};
use crate::{
    recorded::{self, Outcome},
    step::{self, Pace},
};

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
    /// Goes through one recording by hand, in a terminal: forward and back, with frames, callbacks and the service's state; ? shows
    /// the keys.
    #[arg(long, conflicts_with_all = ["to", "format"])]
    step: bool,
    /// How fast it plays there (space bar): `virtual` (as fast as it goes), `real`, or `xN`: N times as fast as recorded.
    #[arg(long, value_name = "PACE", requires = "step", default_value = "virtual")]
    time: Pace,
}

/// Who plays the other part.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum To {
    /// The service of this build is told again what it was told, and must say again what it said, byte for byte.
    #[default]
    Service,
}

/// Goes through one recording by hand. `is_terminal`: there is one for keys and the screen.
fn by_hand(args: &ReplayArgs, is_terminal: bool) -> Result<u8, Stop> {
    let [file] = args.paths.as_slice() else {
        return Err(Stop::usage("--step goes through one recording at a time", None));
    };
    if file.is_dir() {
        let message = format!("{}: a folder; --step goes through one recording", file.display());
        return Err(Stop::usage(message, None));
    }
    if !is_terminal {
        let hint = format!("as text: harness show {}", file.display());
        return Err(Stop::usage(
            "--step needs a terminal for its keys and its screen; there is none",
            Some(hint),
        ));
    }
    let asked = signals::asked();
    step::shell::run(file, args.time, Some(step::drafts()), &asked).map_err(|why| Stop::usage(why, None))?;
    Ok(if asked.load(Ordering::Relaxed) { exit::INTERRUPTED } else { exit::CONFORMS })
}

pub(super) fn run(args: &ReplayArgs, out: &mut dyn Write, is_terminal: bool) -> Result<u8, Stop> {
    if args.step {
        return by_hand(args, is_terminal);
    }
    let To::Service = args.to;
    let rules = args.rules.rules()?;
    let paths = recorded::find(&args.paths).map_err(|why| Stop::usage(why, None))?;
    let (mut same, mut differ, mut incomplete) = (0, 0, 0);
    for path in &paths {
        let name = path.display().to_string();
        let outcome = recorded::open(path).and_then(|mut reader| {
            // Of pseudonyms no world can be made: what messages said decides too much.
            let elsewhere = reader.header().proxy.as_ref().is_some_and(|proxy| !proxy.scrubbed);
            let by_meaning = args.by_meaning || elsewhere;
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
