//! `harness run`: which cases are run, and how.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{
    DialArgs, Format, Stop, exit,
    not_started::not_started,
    progress::{Progress, ticking},
    select::Selection,
    turns::{judged, prepare},
};
use crate::{
    bug::Bug,
    catalogue::{Requirement, Testable, catalogue},
    plain::plain,
    report::{JsonLines, Live, RequirementRow, Terminal, TerminalOptions},
    runner::{DEFAULT_SEED, Interrupt, Ran},
    scenario::parse_duration,
    verdict::{Outcome, RunEvent, Shard},
};

/// The client that runs inside this process.
pub(super) const REFERENCE: &str = "reference";
/// Where reports go unless somebody says otherwise.
pub(super) const REPORTS: &str = "reports";
/// Longest limit of a case.
const MOST_CASE_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Arguments of `harness run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Files or folders; if none is given, `paths` of harness.toml, or `scenarios/`.
    pub paths: Vec<PathBuf>,
    /// The client under test: a name of `harness clients`, or a command that speaks the adapter protocol, in words as a
    /// shell parts them: `"'/my tools/node' adapter.mjs --flag"`. On Windows a backslash is part of a path. Given several
    /// times: a run of several, side by side in the reports. If not given, `clients` of harness.toml, or `reference`.
    #[arg(long, value_name = "NAME|CMD")]
    pub client: Vec<String>,
    /// The team's settings; if not given, `harness.toml` in the current folder or the nearest one above, if there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What a client given as a command is called in reports, and its baseline file; made of the program's name if not given.
    #[arg(long)]
    pub name: Option<String>,
    /// Which cases.
    #[command(flatten)]
    pub selection: Selection,
    /// Only this case, as reports and failures name it; can be given several times. Without axes: all of that file.
    #[arg(long, value_name = "PATH[AXIS=VALUE,…]")]
    pub case: Vec<String>,
    /// How long a case may take by the wall clock (`90s`, `5m`); one that takes longer could not run.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = limit)]
    pub case_limit: Duration,
    /// How many run side by side; if not given, as many as the machine has cores, half as many more with a client in a process
    /// of its own, and 16 with one in real time.
    #[arg(long)]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// With a client in real time: how long a case may let time pass (60s if not given). A case that waits for longer is
    /// unsupported.
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub patience: Option<Duration>,
    /// With a client in real time: how many times as long as scenarios say is waited for what must come (1 if not given).
    #[arg(long, value_name = "FACTOR", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub slow: Option<u32>,
    /// Runs what fails again, up to so many times (0 if not given); what then passes is flaky.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: Option<u32>,
    /// Runs every case so many times; what passes only at times is flaky.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "retries")]
    pub repeat: u32,
    /// With `--repeat`: a case ends with its first failure.
    #[arg(long, requires = "repeat")]
    pub until_fail: bool,
    /// Ends with the first case that is red; those that run are ended.
    #[arg(long)]
    pub fail_fast: bool,
    /// An area in which a client supports no case at all makes the run incomplete.
    #[arg(long)]
    pub strict: bool,
    /// Names so many of the cases that took longest, by the wall clock.
    #[arg(long, value_name = "N")]
    pub slowest: Option<usize>,
    /// Seed of what is drawn: ids and, with any but 1, the order of what happens at one instant. Same seed, same run.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Only this part of the cases: `2/4`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Records every world of every case into a folder, a file each; `harness show` and `harness replay` read them.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// A deliberate bug that the service has in every case, or the reference client (`client:NAME`), to see which scenarios
    /// notice it (`harness explain bugs`); can be given several times. Nothing is accepted, and no baseline counts.
    #[arg(long, value_name = "NAME", value_parser = bug, conflicts_with = "accept")]
    pub bug: Vec<Bug>,
    /// Compresses them (`.jsonl.zst`, by zstd); they are read as the others are.
    #[arg(long, requires = "record")]
    pub record_zst: bool,
    /// Of which cases the service's journal is kept for the reports.
    #[arg(long, value_enum, default_value_t)]
    pub traces: Traces,
    /// Writes every canonical sequence into this file, and nothing of wall time.
    #[arg(long, value_name = "FILE")]
    pub sequences: Option<PathBuf>,
    /// How progress and results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where reports go.
    #[arg(long, value_name = "DIR", default_value = REPORTS)]
    pub reports: PathBuf,
    /// Accepts changed sequences instead of leaving them to `harness review`.
    #[arg(long)]
    pub accept: bool,
    /// The client's known deviations; `fixtures/baselines/CLIENT.yaml`, if it is there, unless this says otherwise.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Judges without known deviations.
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,
    /// Clients that dial in.
    #[command(flatten)]
    pub dial: DialArgs,
}

/// Whose journals are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Traces {
    /// Of cases that did not pass.
    #[default]
    Failed,
    /// Of all cases.
    All,
}

/// A bug by its name.
pub(super) fn bug(name: &str) -> Result<Bug, String> {
    Bug::named(name).ok_or_else(|| "no such bug; `harness explain bugs` lists them".to_owned())
}

/// A bug of the service by its name.
pub(super) fn service_bug(name: &str) -> Result<service::bug::Bug, String> {
    match bug(name)? {
        Bug::Service(bug) => Ok(bug),
        Bug::Client(_) => Err("a bug of the client: a recording is of a service".to_owned()),
    }
}

/// Runs what is selected, writes the reports, and gives the exit code.
pub(super) fn run(
    args: &RunArgs,
    out: &mut (dyn Write + Send),
    err: &mut dyn Write,
    terminal: TerminalOptions,
    interrupt: &Interrupt,
) -> Result<u8, Stop> {
    let reports = Mutex::new(Live::begin(&args.reports, rows()));
    let mut faults: Vec<String> = args.sequences.iter().filter_map(|path| removed(path).err()).collect();
    let live = Mutex::new(match args.format {
        Format::Text => Progress::Text(Box::new(Terminal::new(&mut *out, terminal))),
        Format::Json => Progress::Json(JsonLines::new(&mut *out)),
    });
    let (told, shown) = (|| lock(&reports), || lock(&live));
    let progress = |event: &RunEvent| {
        told().event(event);
        // A reader that went away changes nothing of the run.
        let _ = shown().event(event);
    };
    let plan = match prepare(args, true, err) {
        Ok(plan) => plan,
        Err(stop) => {
            told().ended(not_started(&given(args), args.seed, &stop, 0));
            return refuse(reports, stop, err);
        }
    };
    let several = plan.turns.len() > 1;
    if several {
        shown().of_several();
    }
    let tick = || drop(shown().tick(Instant::now()));
    let mut sequences = String::new();
    for (n, turn) in plan.turns.iter().enumerate() {
        // Who asked for the end asked for the end of all.
        let ran = if interrupt.is_set() && n > 0 {
            Err(Stop { message: "interrupted".to_owned(), hint: None, code: exit::INTERRUPTED })
        } else {
            ticking(&tick, || judged(args, &plan, turn, &progress, interrupt))
        };
        let mut run = match ran {
            Ok(Ran { run, sequences: texts }) => {
                let whose = if several { format!("{}: ", turn.tested.name()) } else { String::new() };
                for (case, text) in run.results.iter().zip(&texts) {
                    sequences.push_str(&format!("== {whose}{}\n{text}", case.name()));
                }
                run
            }
            Err(stop) => {
                let run = not_started(turn.tested.name(), args.seed, &stop, turn.planned());
                if !several {
                    told().ended(run);
                    drop(live);
                    return refuse(reports, stop, err);
                }
                writeln!(err, "harness: {}", plain(&stop.message))?;
                run
            }
        };
        let is_last = n + 1 == plan.turns.len();
        if let (Some(path), true) = (&args.sequences, is_last) {
            let written = fs::write(path, &sequences);
            faults.extend(written.err().map(|error| format!("{}: {error}", path.display())));
        }
        if is_last {
            run.faults.append(&mut faults);
        } else {
            shown().ended(&run)?;
        }
        told().ended(run);
    }
    let runs = inner(reports).finish();
    inner(live).finish(&runs, args.slowest)?;
    if args.format == Format::Text {
        writeln!(out, "report: {}", args.reports.join("index.html").display())?;
    }
    Ok(Outcome::worst(&runs).code())
}

/// Nothing was run: the reports say so.
fn refuse(reports: Mutex<Live>, stop: Stop, err: &mut dyn Write) -> Result<u8, Stop> {
    for fault in inner(reports).finish().into_iter().flat_map(|run| run.faults) {
        writeln!(err, "harness: {fault}")?;
    }
    Err(stop)
}

/// Nobody panics while holding it; were it so, what is told is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Who was asked for, before anybody knows whether they are there.
fn given(args: &RunArgs) -> String {
    if args.client.is_empty() {
        args.dial.client().unwrap_or(REFERENCE).to_owned()
    } else {
        args.client.join(", ")
    }
}

/// Removes what a run before has written.
fn removed(path: &Path) -> Result<(), String> {
    // A device, a pipe or a link stays what it is, and is written to.
    if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
        _ => Ok(()),
    }
}

/// Reads a limit of wall time; a bare number is seconds.
pub(super) fn limit(text: &str) -> Result<Duration, String> {
    let limit = text.parse().ok().map(Duration::from_secs).or_else(|| parse_duration(text));
    limit.filter(|limit| !limit.is_zero() && *limit <= MOST_CASE_LIMIT).ok_or_else(|| {
        "a limit is written `90s` or `5m`, and is more than 0 and at most a day (`24h`)".to_owned()
    })
}

pub(super) fn rows() -> Vec<RequirementRow> {
    catalogue().requirements.iter().map(row).collect()
}

fn row(requirement: &Requirement) -> RequirementRow {
    RequirementRow {
        id: requirement.id.clone(),
        statement: requirement.statement.clone(),
        testable: requirement.testable != Testable::No,
        uncovered_reason: requirement.uncovered.clone(),
    }
}

/// The wall clock, for the head of reports only; 0 on a machine whose clock stands before 1970.
pub(super) fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
