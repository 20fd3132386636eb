//! `harness run`: which cases are run, and how.

use std::{
    io::Write,
    path::PathBuf,
    str::FromStr,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{Format, Stop, baseline, exit, files, lint};
use crate::{
    adapter::{AdapterDriver, Command},
    catalogue::{Requirement, Testable, catalogue},
    report::{self, RequirementRow, Terminal, TerminalOptions},
    runner::{self, DEFAULT_SEED, Driver, Fault, Options, Ran, SimDriver, Snapshots},
    scenario::Scenario,
    verdict::{RunEvent, baseline::Baseline},
};

/// The client that runs inside this process.
const REFERENCE: &str = "reference";

/// Arguments of `harness run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Files or folders; `scenarios/` if none is given.
    pub paths: Vec<PathBuf>,
    /// The client under test: a name of `harness clients`, or a command that speaks the adapter protocol.
    #[arg(long, default_value = "reference", value_name = "NAME|CMD")]
    pub client: String,
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    pub filter: Option<String>,
    /// How many run side by side; as many as the machine has cores if not given.
    #[arg(long)]
    pub jobs: Option<std::num::NonZeroUsize>,
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
    #[arg(long, value_name = "DIR", default_value = "reports")]
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

/// A part of all cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers =
            text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("a part is written `2/4`: from `1/4` to `4/4`".to_owned()),
        }
    }
}

impl Shard {
    /// Whether the nth case (from 0) belongs to this part.
    #[must_use]
    pub fn has(self, n: usize) -> bool {
        n % self.of == self.part - 1
    }
}

impl RunArgs {
    /// Reads the scenarios and keeps the cases that are selected; scenarios without any are left out.
    ///
    /// # Errors
    /// A path that is not there, any mistake in any file, or nothing selected.
    pub fn select(&self, err: &mut dyn Write) -> Result<Vec<Scenario>, Stop> {
        let mut scenarios = Vec::new();
        let mut wrong = 0;
        for file in files::read(&self.paths)? {
            match file.scenario {
                Ok(scenario) => scenarios.push(scenario),
                Err(diagnostics) => {
                    wrong += 1;
                    lint::show(&diagnostics, err)?;
                }
            }
        }
        if wrong > 0 {
            return Err(Stop::usage(format!("{wrong} scenario files are wrong; nothing was run"), None));
        }
        let mut n = 0;
        for scenario in &mut scenarios {
            let (path, title) = (scenario.path().to_owned(), scenario.title.clone());
            scenario.cases.retain(|case| {
                let label = case.label();
                let texts = [&path, &title, &label];
                let wanted = self
                    .filter
                    .as_ref()
                    .is_none_or(|filter| texts.iter().any(|text| text.contains(filter.as_str())));
                if !wanted {
                    return false;
                }
                n += 1;
                self.shard.is_none_or(|shard| shard.has(n - 1))
            });
        }
        scenarios.retain(|scenario| !scenario.cases.is_empty());
        if scenarios.is_empty() {
            let message = "no scenario is selected".to_owned();
            return Err(Stop { message, hint: None, code: exit::NOTHING_SELECTED });
        }
        Ok(scenarios)
    }
}

/// Runs what is selected and judges it with the baseline; `progress` hears of each result as it is judged.
pub(super) fn judged(
    args: &RunArgs,
    baseline: Option<&Baseline>,
    progress: &(dyn Fn(&RunEvent) + Sync),
    err: &mut dyn Write,
) -> Result<Ran, Stop> {
    let scenarios = args.select(err)?;
    let command = match args.client.as_str() {
        REFERENCE => None,
        name => Some(Command::named(name).map_err(|error| {
            Stop::usage(error, Some("`harness clients` shows the ones that are known".to_owned()))
        })?),
    };
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(match &command {
            None => Box::<SimDriver>::default(),
            Some(command) => Box::new(AdapterDriver::start(command)?),
        })
    };
    let snapshots = match (&command, args.accept) {
        // Reviewed sequences beside the scenarios are the reference client's.
        (Some(_), _) => Snapshots::Ignore,
        (None, true) if args.seed != DEFAULT_SEED => {
            let message = format!(
                "--accept with seed {}: reviewed sequences are those of seed {DEFAULT_SEED}",
                args.seed
            );
            return Err(Stop::usage(message, Some("leave --seed out".to_owned())));
        }
        (None, false) if args.seed != DEFAULT_SEED => {
            writeln!(
                err,
                "seed {}: what happens at one instant comes in another order than with seed {DEFAULT_SEED}, whose                  reviewed sequences are not compared",
                args.seed
            )?;
            Snapshots::Ignore
        }
        (None, false) => Snapshots::Compare,
        (None, true) => Snapshots::Accept,
    };
    let defaults = Options::default();
    let options = Options {
        seed: args.seed,
        jobs: args.jobs.unwrap_or(defaults.jobs),
        snapshots,
        started_ms: unix_ms(),
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
    let mut ran = runner::run(&scenarios, &options, &make, &judge).map_err(|fault| Stop {
        message: format!("{} could not be run: {fault}", args.client),
        hint: None,
        code: exit::INCOMPLETE,
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
) -> Result<u8, Stop> {
    let baseline = baseline::of(args)?;
    let terminal = Mutex::new(Terminal::new(&mut *out, terminal));
    let progress = |event: &RunEvent| {
        if args.format == Format::Text
            && let Ok(mut terminal) = terminal.lock()
        {
            // A reader that went away is noticed when the summary is written.
            let _ = terminal.event(event);
        }
    };
    let Ran { run, sequences } = judged(args, baseline.as_ref(), &progress, err)?;
    let requirements: Vec<RequirementRow> = catalogue().requirements.iter().map(row).collect();
    report::write_all(&args.reports, &run, &requirements)
        .map_err(|error| Stop::usage(error.to_string(), None))?;
    if let Some(path) = &args.sequences {
        let cases = run.results.iter().zip(&sequences);
        let text: String = cases.map(|(case, sequence)| format!("== {}\n{sequence}", case.name())).collect();
        std::fs::write(path, text)
            .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), None))?;
    }
    match args.format {
        Format::Text => {
            let mut terminal = terminal.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            terminal.summary(&run)?;
        }
        // At the end and in the order of the files, so that verdicts are final: sequences are compared last.
        Format::Json => {
            drop(terminal);
            let text = report::json_lines(std::slice::from_ref(&run)).map_err(|error| Stop {
                message: error.to_string(),
                hint: None,
                code: exit::HARNESS_FAULT,
            })?;
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(run.exit_code())
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
fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_together_are_everything_and_no_case_twice() {
        for of in 1..=5 {
            for n in 0..20 {
                let parts = (1..=of).filter(|part| Shard { part: *part, of }.has(n)).count();
                assert_eq!(parts, 1, "case {n} of {of} parts");
            }
        }
        for wrong in ["0/4", "5/4", "4", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
