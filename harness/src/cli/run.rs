//! `harness run`: which cases are run, and how.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{
    Format, Shard, Stop, baseline, exit,
    not_started::not_started,
    progress::{Progress, ticking},
};
use crate::{
    adapter::{AdapterDriver, Command},
    catalogue::{Requirement, Testable, catalogue},
    report::{JsonLines, Live, RequirementRow, Terminal, TerminalOptions},
    runner::{self, CASE_LIMIT, DEFAULT_SEED, Driver, Fault, Interrupt, Options, Ran, SimDriver, Snapshots},
    scenario::{Scenario, parse_duration},
    shell::quote,
    verdict::{RunEvent, baseline::Baseline},
};

/// The client that runs inside this process.
const REFERENCE: &str = "reference";
/// Where reports go unless somebody says otherwise.
pub(super) const REPORTS: &str = "reports";
/// Longest limit of a case.
const MOST_CASE_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Arguments of `harness run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Files or folders; `scenarios/` if none is given.
    pub paths: Vec<PathBuf>,
    /// The client under test: a name of `harness clients`, or a command that speaks the adapter protocol, in words as a
    /// shell parts them: `"'/my tools/node' adapter.mjs --flag"`. On Windows a backslash is part of a path.
    #[arg(long, default_value = "reference", value_name = "NAME|CMD")]
    pub client: String,
    /// What a client given as a command is called in reports, and its baseline file; made of the program's name if not given.
    #[arg(long)]
    pub name: Option<String>,
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    pub filter: Option<String>,
    /// Only this case, as reports and failures name it; can be given several times. Without axes: all of that file.
    #[arg(long, value_name = "PATH[AXIS=VALUE,…]")]
    pub case: Vec<String>,
    /// How long a case may take by the wall clock (`90s`, `5m`); one that takes longer could not run.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = case_limit)]
    pub case_limit: Duration,
    /// How many run side by side; if not given, as many as the machine has cores, and 16 with a client in real time.
    #[arg(long)]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// With a client in real time: how long a case may let time pass. A case that waits for longer is unsupported.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = case_limit)]
    pub patience: Duration,
    /// With a client in real time: how many times as long as scenarios say is waited for what must come.
    #[arg(long, value_name = "FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub slow: u32,
    /// Runs what fails again, up to so many times; what then passes is flaky.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: u32,
    /// Runs every case so many times; what passes only at times is flaky.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "retries")]
    pub repeat: u32,
    /// With `--repeat`: a case ends with its first failure.
    #[arg(long, requires = "repeat")]
    pub until_fail: bool,
    /// Seed of what is drawn: ids and, with any but 1, the order of what happens at one instant. Same seed, same run.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Only this part of the cases: `2/4`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
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
}

/// What is to be run, and with whom.
pub(super) struct Prepared {
    scenarios: Vec<Scenario>,
    /// `None`: the reference client.
    command: Option<Command>,
    baseline: Option<Baseline>,
}

impl Prepared {
    fn planned(&self) -> usize {
        self.scenarios.iter().map(|scenario| scenario.cases.len()).sum()
    }
}

impl RunArgs {
    /// How the client under test is started; `None` for the one that runs inside this process.
    pub(super) fn command(&self) -> Result<Option<Command>, Stop> {
        let known = || Some("`harness clients` shows the ones that are known".to_owned());
        let command = match (self.client.as_str(), &self.name) {
            (REFERENCE, None) => return Ok(None),
            (REFERENCE, Some(_)) => Err("`--name` is for clients given as a command".to_owned()),
            (client, None) => Command::named(client),
            (client, Some(name)) => Command::named(client).and_then(|command| command.called(name)),
        };
        command.map(Some).map_err(|error| Stop::usage(error, known()))
    }

    /// The command that repeats a case of this run, but for which case.
    fn again(&self) -> String {
        let mut words = format!("harness run --seed {}", self.seed);
        let mut add = |option: &str, value: &str| {
            words.push_str(&format!(" {option} {}", quote(value)));
        };
        if self.client != REFERENCE {
            add("--client", &self.client);
        }
        if let Some(name) = &self.name {
            add("--name", name);
        }
        if let Some(path) = &self.baseline {
            add("--baseline", &path.display().to_string());
        }
        if self.case_limit != CASE_LIMIT {
            add("--case-limit", &format!("{}ms", self.case_limit.as_millis()));
        }
        if self.no_baseline {
            words.push_str(" --no-baseline");
        }
        words
    }
}

/// Reads what is to be run, and what it is judged with.
pub(super) fn prepare(args: &RunArgs, with_baseline: bool, err: &mut dyn Write) -> Result<Prepared, Stop> {
    let command = args.command()?;
    if command.is_none() && args.seed != DEFAULT_SEED {
        other_seed(args, err)?;
    }
    let baseline = if with_baseline { baseline::of(args)? } else { None };
    Ok(Prepared { scenarios: args.select(err)?, command, baseline })
}

/// Reviewed sequences are those of one seed.
fn other_seed(args: &RunArgs, err: &mut dyn Write) -> Result<(), Stop> {
    let seed = args.seed;
    if args.accept {
        let message =
            format!("--accept with seed {seed}: reviewed sequences are those of seed {DEFAULT_SEED}");
        return Err(Stop::usage(message, Some("leave --seed out".to_owned())));
    }
    writeln!(
        err,
        "seed {seed}: what happens at one instant comes in another order than with seed {DEFAULT_SEED}, whose \
         reviewed sequences are not compared"
    )?;
    Ok(())
}

/// Runs what is selected and judges it with the baseline; `progress` hears of each result as it is judged.
pub(super) fn judged(
    args: &RunArgs,
    prepared: &Prepared,
    progress: &(dyn Fn(&RunEvent) + Sync),
    interrupt: &Interrupt,
) -> Result<Ran, Stop> {
    let Prepared { scenarios, command, baseline } = prepared;
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(match command {
            None => Box::<SimDriver>::default(),
            Some(command) => {
                Box::new(AdapterDriver::start_unless(command, interrupt)?.patient(args.patience))
            }
        })
    };
    let snapshots = match (command, args.accept) {
        // Reviewed sequences are the reference client's.
        (Some(_), _) => Snapshots::Ignore,
        (None, false) if args.seed != DEFAULT_SEED => Snapshots::Ignore,
        (None, false) => Snapshots::Compare,
        (None, true) => Snapshots::Accept,
    };
    let defaults = Options::default();
    let options = Options {
        seed: args.seed,
        jobs: args.jobs,
        slow: args.slow,
        retries: args.retries,
        repeat: args.repeat,
        until_fail: args.until_fail,
        snapshots,
        started_ms: unix_ms(),
        case_limit: args.case_limit,
        interrupt: interrupt.clone(),
        again: args.again(),
        ..defaults
    };
    let judge = |event: &RunEvent| match (event, baseline) {
        (RunEvent::ScenarioFinished(result), Some(baseline)) => {
            let mut result = result.clone();
            // What is stale is told once, of the whole run.
            baseline.judge(&mut result, &mut Vec::new());
            progress(&RunEvent::ScenarioFinished(result));
        }
        _ => progress(event),
    };
    let mut ran = runner::run(scenarios, &options, &make, &judge).map_err(|fault| {
        let code = if interrupt.is_set() { exit::INTERRUPTED } else { exit::INCOMPLETE };
        Stop { message: format!("{} could not be run: {fault}", args.client), hint: None, code }
    })?;
    if let Some(baseline) = baseline {
        baseline::judge(baseline, &mut ran.run);
    }
    Ok(ran)
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
    let progress = |event: &RunEvent| {
        reports.lock().unwrap_or_else(PoisonError::into_inner).event(event);
        // A reader that went away changes nothing of the run.
        let _ = live.lock().unwrap_or_else(PoisonError::into_inner).event(event);
    };
    let mut planned = 0;
    let ran = prepare(args, true, err).and_then(|prepared| {
        planned = prepared.planned();
        let tick = || {
            let _ = live.lock().unwrap_or_else(PoisonError::into_inner).tick(Instant::now());
        };
        ticking(&tick, || judged(args, &prepared, &progress, interrupt))
    });
    let reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Ran { mut run, sequences } = match ran {
        Ok(ran) => ran,
        Err(stop) => {
            drop(live);
            let mut run = not_started(args, &stop, planned);
            reports.finish(&mut run);
            for fault in run.faults {
                writeln!(err, "harness: {fault}")?;
            }
            return Err(stop);
        }
    };
    if let Some(path) = &args.sequences {
        let cases = run.results.iter().zip(&sequences);
        let text: String = cases.map(|(case, sequence)| format!("== {}\n{sequence}", case.name())).collect();
        faults.extend(fs::write(path, text).err().map(|error| format!("{}: {error}", path.display())));
    }
    run.faults.extend(faults);
    reports.finish(&mut run);
    live.into_inner().unwrap_or_else(PoisonError::into_inner).finish(&run)?;
    if args.format == Format::Text {
        writeln!(out, "report: {}", args.reports.join("index.html").display())?;
    }
    Ok(run.exit_code())
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

/// Reads `--case-limit`; a bare number is seconds.
fn case_limit(text: &str) -> Result<Duration, String> {
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
