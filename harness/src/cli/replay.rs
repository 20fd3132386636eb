//! `harness replay`: recordings done again.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use clap::Args;
use recording::End;
use serde_json::json;

use super::{
    Format, Stop,
    diff_recordings::RuleArgs,
    exit,
    play::{Stage, keep_in},
    signals,
};
use crate::{
    played::Playing,
    recorded::{
        self, FileReader, Outcome,
        meaning::{Of, Rules},
    },
    runner::Interrupt,
    step::{self, Pace},
};

/// Arguments of `harness replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Recordings, or folders of them.
    paths: Vec<PathBuf>,
    /// To whom: `service` (it must say again, byte for byte, what it said), or `client CMD` (it must tell its app what was told; CMD as
    /// `harness run --client` has it).
    #[arg(long, num_args = 1..=2, value_names = ["WHOM", "CMD"], default_value = "service")]
    to: Vec<String>,
    /// By what is meant, not by bytes: to a world that is made from what a recording shows, whose ids take the place of those
    /// recorded. Recordings from elsewhere (a proxy's) are always replayed so.
    #[arg(long)]
    by_meaning: bool,
    #[command(flatten)]
    rules: RuleArgs,
    /// To a client: what it asks must be what was asked, too.
    #[arg(long)]
    requests: bool,
    /// To a client: keeps the recordings of it in this folder, each under the name of the one that was played.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Goes through one recording by hand, in a terminal: forward and back, with frames, callbacks and the service's state; ? shows
    /// the keys.
    #[arg(long, conflicts_with_all = ["to", "format"])]
    step: bool,
    /// How fast it plays to a client, or by hand (space bar): `virtual` (as fast as it goes), `real`, or `xN`: N times as fast as
    /// recorded.
    #[arg(long, value_name = "PACE", default_value = "virtual")]
    time: Pace,
}

/// Who plays the other part.
#[derive(Debug, PartialEq, Eq)]
enum To<'a> {
    /// The service of this build is told again what it was told.
    Service,
    /// A client is told again what one was told.
    Client(&'a str),
}

impl ReplayArgs {
    /// Who plays the other part, and the recordings: a word behind `--to service` is one of them.
    fn parts(&self) -> Result<(To<'_>, Vec<PathBuf>), Stop> {
        let mut paths = self.paths.clone();
        let to = match self.to.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["service"] => To::Service,
            ["service", path] => {
                paths.insert(0, PathBuf::from(path));
                To::Service
            }
            ["client", command] => To::Client(command),
            ["client"] => {
                let hint = "harness replay FILE --to client \"node adapter.mjs\"; `harness clients` shows the known ones";
                return Err(Stop::usage("--to client wants the client", Some(hint.to_owned())));
            }
            [other, ..] => {
                return Err(Stop::usage(format!("--to {other}: it is `service` or `client CMD`"), None));
            }
            [] => To::Service,
        };
        if paths.is_empty() {
            return Err(Stop::usage("no recording is named", Some("harness replay FILE...".to_owned())));
        }
        Ok((to, paths))
    }
}

/// Goes through one recording by hand. `is_terminal`: there is one for keys and the screen.
fn by_hand(args: &ReplayArgs, is_terminal: bool) -> Result<u8, Stop> {
    if args.requests || args.record.is_some() {
        return Err(Stop::usage("--requests and --record are of replays to a client", None));
    }
    if args.by_meaning || args.rules.are_given() {
        let hint = "by hand every entry is done again as it is, and compared byte for byte".to_owned();
        return Err(Stop::usage("--by-meaning, --all, --ignore and --strict are not of --step", Some(hint)));
    }
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

pub(super) fn run(
    args: &ReplayArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
    is_terminal: bool,
    interrupt: &dyn Fn() -> Interrupt,
) -> Result<u8, Stop> {
    if args.step {
        return by_hand(args, is_terminal);
    }
    let rules = args.rules.rules()?;
    let (to, paths) = args.parts()?;
    let paths = recorded::find(&paths).map_err(|why| Stop::usage(why, None))?;
    let mut told = Told { format: args.format, same: 0, differ: 0, incomplete: 0 };
    match to {
        To::Service => {
            if args.requests || args.record.is_some() || args.time != Pace::Virtual {
                return Err(Stop::usage("--requests, --record and --time are of replays to a client", None));
            }
            if args.rules.are_given() && !args.by_meaning {
                all_by_meaning(&paths)?;
            }
            for path in &paths {
                told.tell(path, to_service(args, path, &rules), out)?;
            }
        }
        To::Client(client) => {
            if args.by_meaning {
                let hint = "what a client asks is always matched by meaning".to_owned();
                return Err(Stop::usage("--by-meaning is of replays to the service", Some(hint)));
            }
            if rules.leaves_out(Of::Callbacks) && !args.requests {
                let hint = "--requests compares what the client asks".to_owned();
                return Err(Stop::usage("--ignore callbacks leaves nothing to compare", Some(hint)));
            }
            let interrupt = interrupt();
            let playing = Playing {
                pace: args.time,
                interrupt: interrupt.clone(),
                rules,
                all: args.rules.all,
                requests: args.requests,
                bugs: Vec::new(),
            };
            let mut stage = Stage::of(client, playing, args.record.clone())?;
            if let Some(folder) = &args.record {
                keep_in(folder, &paths)?;
            }
            for path in &paths {
                if interrupt.is_set() {
                    writeln!(err, "stopped: {} of {} were played", told.all(), paths.len())?;
                    return Ok(exit::INTERRUPTED);
                }
                told.tell(path, stage.play(path), out)?;
            }
            if interrupt.is_set() {
                return Ok(exit::INTERRUPTED);
            }
        }
    }
    told.end(out)
}

/// Rules are given: no recording may be one that is replayed byte for byte. What is no recording is told of when it is its turn.
fn all_by_meaning(paths: &[PathBuf]) -> Result<(), Stop> {
    let by_bytes = |path: &&PathBuf| recorded::open(path).is_ok_and(|reader| !is_from_elsewhere(&reader));
    match paths.iter().find(by_bytes) {
        None => Ok(()),
        Some(path) => Err(Stop::usage(
            format!(
                "--all, --ignore and --strict are of replays by meaning, and {} is replayed byte for byte",
                path.display()
            ),
            Some("--by-meaning replays all of them so".to_owned()),
        )),
    }
}

/// Whether a recording is replayed by meaning in any case. Of pseudonyms no world can be made: what messages said decides too much.
fn is_from_elsewhere(reader: &FileReader) -> bool {
    reader.header().proxy.as_ref().is_some_and(|proxy| !proxy.scrubbed)
}

/// Replays one to the service of this build.
fn to_service(args: &ReplayArgs, path: &Path, rules: &Rules) -> Result<(Outcome, Vec<String>), String> {
    let mut reader = recorded::open(path)?;
    let outcome = if args.by_meaning || is_from_elsewhere(&reader) {
        recorded::replayed_by_meaning(|| recorded::open(path), rules.clone(), args.rules.all)
    } else {
        recorded::replayed(&mut reader).map(|outcome| (outcome, Vec::new()))
    };
    outcome.map_err(|why| format!("{}: {why}", path.display()))
}

/// What came of each, counted.
struct Told {
    format: Format,
    same: u32,
    differ: u32,
    incomplete: u32,
}

impl Told {
    fn all(&self) -> u32 {
        self.same + self.differ + self.incomplete
    }

    /// Tells what came of one.
    fn tell(
        &mut self,
        path: &Path,
        outcome: Result<(Outcome, Vec<String>), String>,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let name = path.display().to_string();
        let (Outcome { entries, end, compared, difference }, notes) = match outcome {
            Ok(outcome) => outcome,
            Err(why) => {
                self.incomplete += 1;
                match self.format {
                    Format::Text => writeln!(out, "CANNOT  {why}")?,
                    Format::Json => writeln!(out, "{}", json!({"file": name, "error": why}))?,
                }
                return Ok(());
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
        let is_proven = compared && end == End::Whole;
        match (&difference, is_proven) {
            (Some(_), _) => self.differ += 1,
            (None, true) => self.same += 1,
            (None, false) => self.incomplete += 1,
        }
        match self.format {
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
        Ok(())
    }

    fn end(&self, out: &mut dyn Write) -> Result<u8, Stop> {
        if self.format == Format::Text {
            let Self { same, differ, incomplete, .. } = self;
            writeln!(
                out,
                "{} replayed: {same} the same, {differ} differ, {incomplete} not to their end, or not compared",
                self.all()
            )?;
        }
        Ok(match (self.differ, self.incomplete) {
            (0, 0) => exit::CONFORMS,
            (0, _) => exit::INCOMPLETE,
            _ => exit::FAILED,
        })
    }
}
