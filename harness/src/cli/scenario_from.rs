//! `harness scenario-from`: a recording as a first draft of a scenario.

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use clap::Args;
use service::bug::Bug;

use super::{Stop, exit, run::service_bug};
use crate::{
    draft::{self, MOST_ENTRIES, Wanted},
    recorded,
};

/// Arguments of `harness scenario-from`.
#[derive(Debug, Args)]
pub(super) struct ScenarioFromArgs {
    /// The recording.
    file: PathBuf,
    /// Begins with this entry, by its number; logins before it are carried over all the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// Ends with this entry, by its number.
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Only what these entries did, by their numbers: 12,40-44.
    #[arg(long, value_name = "N,N-N", value_delimiter = ',', value_parser = span)]
    entries: Vec<(u64, u64)>,
    /// The named bug of the service that the scenario is to notice (`harness explain bugs`). What it does not need is left
    /// out. Without it: the bugs that were on when it was recorded.
    #[arg(long, value_name = "NAME", value_parser = service_bug)]
    bug: Option<Bug>,
    /// Writes the scenario to a file that is not there yet, instead of to the screen.
    #[arg(long, short, value_name = "FILE.yaml")]
    output: Option<PathBuf>,
}

fn span(text: &str) -> Result<(u64, u64), String> {
    let number = |part: &str| part.trim().parse().map_err(|_| format!("`{part}` is no number of an entry"));
    match text.split_once('-') {
        Some((from, to)) => match (number(from)?, number(to)?) {
            (from, to) if from <= to => Ok((from, to)),
            (from, to) => Err(format!("{from} is behind {to}")),
        },
        None => number(text).map(|n| (n, n)),
    }
}

pub(super) fn run(args: &ScenarioFromArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    let name = args.file.display().to_string();
    if args.file.is_dir() {
        return Err(Stop::usage(format!("{name}: a folder; a scenario is made of one recording"), None));
    }
    if let Some(path) = args.output.as_ref().filter(|path| path.exists()) {
        let message = format!("{} is there already", path.display());
        return Err(Stop::usage(message, Some("name another file, or move it away".to_owned())));
    }
    if !args.entries.is_empty() && (args.from > 1 || args.to.is_some()) {
        return Err(Stop::usage("--entries and --from or --to: give one of them", None));
    }
    if let Some(to) = args.to.filter(|to| *to < args.from) {
        let message = format!("--from {} is behind --to {to}: both are numbers of entries", args.from);
        return Err(Stop::usage(message, None));
    }
    let mut reader = recorded::open(&args.file).map_err(|why| Stop::usage(why, None))?;
    let header = reader.header().clone();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        if entries.len() == MOST_ENTRIES {
            let message = format!("{name}: it has more than {MOST_ENTRIES} entries");
            return Err(Stop::usage(
                message,
                Some("a draft is for a person to read: --to N ends it".to_owned()),
            ));
        }
        if args.to.is_none_or(|to| entry.n <= to) {
            entries.push(entry);
        }
    }
    let file = args.file.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
    let asked = wanted(args, reader.last())?;
    let end = reader.end().filter(|end| **end != recording::End::Whole);
    let notes = end.iter().map(|end| format!("{end}: this is of what is before it")).collect();
    let wanted = Wanted { name: file, entries: asked, notes, bug: args.bug };
    let draft = draft::draft(&header, &entries, &wanted)
        .map_err(|why| Stop::usage(format!("{name}: {why}"), None))?;
    match &args.output {
        Some(path) => {
            std::fs::write(path, &draft.yaml)
                .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), None))?;
            writeln!(out, "{}: {} steps", path.display(), draft.steps)?;
            writeln!(
                err,
                "harness run --accept {} keeps its sequence, once you have read it",
                path.display()
            )?;
        }
        None => out.write_all(draft.yaml.as_bytes())?,
    }
    for note in &draft.notes {
        writeln!(err, "note: {note}")?;
    }
    let passes = if draft.passes { "passes" } else { "does NOT pass" };
    writeln!(err, "{} steps; it {passes} with the reference client", draft.steps)?;
    for (bug, noticed) in &draft.notices {
        let fails = if *noticed { "fails, as it should" } else { "passes all the same" };
        writeln!(err, "with the bug `{bug}` it {fails}")?;
    }
    let whole = reader.end() == Some(&recording::End::Whole);
    let good = draft.passes && draft.notices.iter().all(|(_, noticed)| *noticed) && whole;
    Ok(if good { exit::CONFORMS } else { exit::INCOMPLETE })
}

/// The entries that are asked for; empty: all.
fn wanted(args: &ScenarioFromArgs, last: u64) -> Result<BTreeSet<u64>, Stop> {
    let beyond = args.entries.iter().map(|(_, to)| *to).chain([args.from]).find(|n| *n > last || *n == 0);
    if let Some(n) = beyond {
        let message = format!("there is no entry {n}: it has {last}, from 1");
        return Err(Stop::usage(message, Some(format!("harness show {}", args.file.display()))));
    }
    let mut wanted: BTreeSet<u64> = args.entries.iter().flat_map(|(from, to)| *from..=*to).collect();
    if (args.from > 1 || args.to.is_some()) && wanted.is_empty() {
        wanted.extend(args.from..=args.to.unwrap_or(last).min(last));
    }
    Ok(wanted)
}
