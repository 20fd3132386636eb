//! `harness diff`: where two clients, two runs of one, or two recordings differ.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::{Format, Stop, diff_recordings, exit, run::REPORTS};
use crate::{
    recorded,
    report::{self, CaseDiff, FILES, RunDiff, read_json_lines},
    scenario::nearest,
    verdict::RunResult,
};

/// How many cases are shown, unless somebody says.
const MOST_CASES: usize = 50;

/// Arguments of `harness diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// A `run.jsonl`, a folder with one, or the name of a client in the run of `--run`. Of a file with several clients:
    /// `FILE#CLIENT`. Or a recording: two of those are compared by meaning.
    a: String,
    /// The other one.
    b: String,
    /// The run that clients given by name are of. Default: that of the last run, in the folder of its reports.
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Instants within what was said count too; without this they are all alike.
    #[arg(long)]
    times: bool,
    /// Shows so many cases; 0: all of them. What is left out is counted. Default: 50.
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    #[command(flatten)]
    rules: diff_recordings::RuleArgs,
    /// How differences are written; as JSON always all of them, a line each, the numbers last.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &DiffArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    let paths = (Path::new(&args.a), Path::new(&args.b));
    match (recorded::is_one(paths.0), recorded::is_one(paths.1)) {
        (true, true) if args.times => {
            let hint = "of recordings, `--strict instants` or `--strict pace` do that".to_owned();
            return Err(Stop::usage("--times is of runs", Some(hint)));
        }
        (true, true) if args.run.is_some() || args.most.is_some() => {
            let hint = "of recordings, `--all` shows all differences".to_owned();
            return Err(Stop::usage("--run and --most are of runs", Some(hint)));
        }
        (true, true) => return diff_recordings::run(paths, &args.rules, args.format, out),
        (false, false) if args.rules.are_given() => {
            return Err(Stop::usage(
                "--all, --ignore and --strict are of recordings, and these are none",
                None,
            ));
        }
        (false, false) => {}
        (one, _) => {
            let (one, other) = if one { (&args.a, &args.b) } else { (&args.b, &args.a) };
            let hint = "two recordings are compared, or two runs".to_owned();
            if let Err(error) = std::fs::metadata(other) {
                return Err(Stop::usage(format!("{other}: {error}"), None));
            }
            return Err(Stop::usage(format!("{one} is a recording, and {other} is none"), Some(hint)));
        }
    }
    let run = args.run.clone().unwrap_or_else(|| Path::new(REPORTS).join(FILES[0]));
    let (a, b) = (side(&args.a, &run)?, side(&args.b, &run)?);
    if a.suite_hash.is_some() && b.suite_hash.is_some() && a.suite_hash != b.suite_hash {
        writeln!(err, "harness: the runs are of different suites; a difference may be the scenarios' own")?;
    }
    if a.seed != b.seed {
        writeln!(err, "harness: the runs have different seeds, {} and {}", a.seed, b.seed)?;
    }
    let found = report::diff(&a, &b, args.times);
    match args.format {
        Format::Text => text(args, (&a, &b), &found, out)?,
        Format::Json => {
            for case in &found.cases {
                writeln!(out, "{}", json!(case))?;
            }
            let RunDiff { compared, verdicts, said, alone, unstable, unproven, only_a, only_b, .. } = &found;
            let numbers = json!({
                "a": a.client, "b": b.client, "compared": compared, "verdicts": verdicts, "said": said,
                "alone": alone, "unstable": unstable, "unproven": unproven, "onlyA": only_a, "onlyB": only_b,
            });
            writeln!(out, "{numbers}")?;
        }
    }
    Ok(if found.is_empty() { exit::CONFORMS } else { exit::FAILED })
}

/// The run that is meant.
fn side(given: &str, run: &Path) -> Result<RunResult, Stop> {
    if Path::new(given).exists() {
        return one(read(Path::new(given))?, given, None);
    }
    match given.rsplit_once('#') {
        Some((file, client)) if Path::new(file).exists() => one(read(Path::new(file))?, file, Some(client)),
        _ if run.exists() => one(read(run)?, &run.display().to_string(), Some(given)),
        _ => {
            let message = format!("{given}: no such file, and there is no run at {}", run.display());
            Err(Stop::usage(message, Some("say with --run which run the client is of".to_owned())))
        }
    }
}

/// The runs of a `run.jsonl`, or of the folder that holds one.
///
/// # Errors
/// It is not there, or no stream of runs.
pub(super) fn read(path: &Path) -> Result<Vec<RunResult>, Stop> {
    let path = if path.is_dir() { path.join(FILES[0]) } else { path.to_owned() };
    let told = |why: String| Stop::usage(format!("{}: {why}", path.display()), None);
    let text = std::fs::read_to_string(&path).map_err(|error| told(error.to_string()))?;
    let runs = read_json_lines(&text).map_err(|error| told(error.to_string()))?;
    if runs.is_empty() { Err(told("it holds no run".to_owned())) } else { Ok(runs) }
}

fn one(mut runs: Vec<RunResult>, file: &str, client: Option<&str>) -> Result<RunResult, Stop> {
    let names: Vec<String> = runs.iter().map(|run| run.client.name.clone()).collect();
    let found = match client {
        Some(client) => {
            let fits = |run: &RunResult| run.client.name == client || run.client.to_string() == client;
            runs.iter().position(fits)
        }
        None => (runs.len() == 1).then_some(0),
    };
    let Some(found) = found else {
        let (message, near) = match client {
            Some(client) => (
                format!("{file} holds no run of `{client}`"),
                nearest(client, names.iter().map(String::as_str)),
            ),
            None => (format!("{file} holds runs of {} clients", names.len()), None),
        };
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its clients: {}; `{file}#CLIENT` is one of them", names.join(", ")),
        };
        return Err(Stop::usage(message, Some(hint)));
    };
    Ok(runs.swap_remove(found))
}

fn text(
    args: &DiffArgs,
    (a, b): (&RunResult, &RunResult),
    found: &RunDiff,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    writeln!(out, "- {} ({})\n+ {} ({})", a.client, args.a, b.client, args.b)?;
    for (sign, names) in [("-", &found.alone.a), ("+", &found.alone.b)] {
        if !names.is_empty() {
            let names: Vec<String> =
                names.iter().map(|(name, cases)| format!("{name} ({cases} cases)")).collect();
            writeln!(out, "{sign} alone tells, and is passed over below: {}", names.join(", "))?;
        }
    }
    let most = match args.most.unwrap_or(MOST_CASES) {
        0 => usize::MAX,
        most => most,
    };
    for case in found.cases.iter().take(most) {
        writeln!(out)?;
        shown(case, out)?;
    }
    if found.cases.len() > most {
        writeln!(out, "\n{} cases more differ (--most 0 shows all)", found.cases.len() - most)?;
    }
    for (sign, cases) in [("-", &found.only_a), ("+", &found.only_b)] {
        if let [first, ..] = &cases[..] {
            writeln!(out, "\n{sign} {} cases in this run alone, {first} the first", cases.len())?;
        }
    }
    if let [first, ..] = &found.unstable[..] {
        let count = found.unstable.len();
        writeln!(out, "\n{count} cases are not stable: no two attempts said the same, {first} the first")?;
    }
    if found.unproven > 0 {
        let count = found.unproven;
        writeln!(
            out,
            "\n{count} cases ran once in real time, and may differ by themselves (run --repeat 5 tells)"
        )?;
    }
    let RunDiff { compared, verdicts, said, .. } = found;
    writeln!(
        out,
        "\n{compared} cases compared: {verdicts} differ in their verdict, {said} in what was said"
    )?;
    Ok(())
}

fn shown(case: &CaseDiff, out: &mut dyn Write) -> Result<(), Stop> {
    writeln!(out, "{}  {}", case.case, case.title)?;
    if let Some(verdicts) = &case.verdicts {
        for (sign, said) in [("-", &verdicts.a), ("+", &verdicts.b)] {
            let why = if said.why.is_empty() { String::new() } else { format!(": {}", said.why) };
            writeln!(out, "    {sign} {}{why}", said.is.words())?;
        }
    }
    if let Some(first) = &case.first {
        let at =
            |ms: Option<i64>| ms.map_or("never".to_owned(), |ms| format!("{}.{:03} s", ms / 1000, ms % 1000));
        let (a, b) = (at(first.at_ms.a), at(first.at_ms.b));
        writeln!(out, "    {}, line {} (- at {a}, + at {b})", first.client, first.line)?;
        for (sign, lines) in [(" ", &first.before), ("-", &first.lines.a), ("+", &first.lines.b)] {
            for line in lines {
                writeln!(out, "      {sign} {line}")?;
            }
        }
        if !first.also.is_empty() {
            writeln!(out, "      also {}", first.also.join(", "))?;
        }
    }
    Ok(())
}
