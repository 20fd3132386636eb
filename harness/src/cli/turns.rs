//! A run as the turns of its clients: what each is to run, and how it is judged.

use std::{io::Write, num::NonZeroUsize, path::Path};

use super::{
    RunArgs, Stop, baseline, exit,
    run::{Traces, unix_ms},
    select::{self, Suite},
    settings::{self, Settings},
    tested::Tested,
};
use crate::{
    adapter::AdapterDriver,
    plain::plain,
    runner::{self, DEFAULT_SEED, Driver, Fault, Interrupt, Options, Ran, SimDriver, Snapshots},
    scenario::Scenario,
    verdict::{RunEvent, baseline::Baseline},
};

/// What is to be run.
pub(super) struct Plan {
    suite: Suite,
    settings: Settings,
    /// Who is tested, in their order.
    pub(super) turns: Vec<Turn>,
}

/// A client's turn.
pub(super) struct Turn {
    pub(super) tested: Tested,
    scenarios: Vec<Scenario>,
    baseline: Option<Baseline>,
}

impl Turn {
    pub(super) fn planned(&self) -> usize {
        self.scenarios.iter().map(|scenario| scenario.cases.len()).sum()
    }
}

/// Reads what is to be run, and what it is judged with.
pub(super) fn prepare(args: &RunArgs, with_baseline: bool, err: &mut dyn Write) -> Result<Plan, Stop> {
    if let Some(folder) = &args.record {
        // Before anything is run: a run that is not recorded is not what was asked for.
        std::fs::create_dir_all(folder)
            .map_err(|error| Stop::usage(format!("--record {}: {error}", folder.display()), None))?;
    }
    let settings = Settings::of(args.config.as_deref())?;
    if let Some(file) = settings.file.as_deref().filter(|_| args.config.is_none())
        && file != Path::new(settings::FILE)
    {
        writeln!(err, "harness: settings of {}", plain(&file.display().to_string()))?;
    }
    let clients = Tested::all(args, &settings)?;
    if clients.iter().any(|client| client.command.is_none()) && args.seed != DEFAULT_SEED {
        other_seed(args, err)?;
    }
    if let Some(bug) = args.bug.iter().find(|bug| bug.is_of_client())
        && let Some(other) = clients.iter().find(|client| client.command.is_some())
    {
        let message = format!("--bug {bug}: {} cannot be given it", other.name());
        let hint = Some("the client's bugs are those of the reference client".to_owned());
        return Err(Stop::usage(message, hint));
    }
    let mut read = Vec::with_capacity(clients.len());
    for tested in clients {
        let baseline = if with_baseline && !args.no_baseline && args.bug.is_empty() {
            baseline::of(&tested)?
        } else {
            None
        };
        read.push((tested, baseline));
    }
    let paths = match &args.paths[..] {
        // Cases name their files themselves.
        [] if args.case.is_empty() => &settings.paths[..],
        paths => paths,
    };
    let suite = args.select(paths, err)?;
    let several = read.len() > 1;
    let mut turns = Vec::with_capacity(read.len());
    for (tested, baseline) in read {
        let scenarios = suite.of(&tested, args.shard)?;
        if !scenarios.is_empty() {
            turns.push(Turn { tested, scenarios, baseline });
        } else if several {
            writeln!(err, "harness: {}: no scenario is selected, so it has no turn", tested.name())?;
        }
    }
    if turns.is_empty() {
        return Err(select::nothing());
    }
    Ok(Plan { suite, settings, turns })
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

/// What is misspelt in a hello is lacking, and what needs it is unsupported: that is no deviation of the client's.
fn warn(client: &str, strange: &[String]) {
    for name in strange {
        // Nobody to tell is no reason to stop.
        let _ = writeln!(std::io::stderr(), "harness: {client}: its hello's {}", plain(name));
    }
}

/// Runs a client's turn and judges it with the baseline; `progress` hears of each result as it is judged.
pub(super) fn judged(
    args: &RunArgs,
    plan: &Plan,
    Turn { tested, scenarios, baseline }: &Turn,
    progress: &(dyn Fn(&RunEvent) + Sync),
    interrupt: &Interrupt,
) -> Result<Ran, Stop> {
    // Tokens are of one turn: who dials in comes anew to the next.
    let exchange = args.dial.open(tested.command.as_ref(), scenarios, tested.jobs)?;
    let told = std::sync::Once::new();
    let make = || -> Result<Box<dyn Driver>, Fault> {
        Ok(match &tested.command {
            None => Box::<SimDriver>::default(),
            Some(command) => {
                let driver = AdapterDriver::start_with(command, interrupt, exchange.clone())?;
                told.call_once(|| warn(tested.name(), &driver.abilities().strange));
                Box::new(driver.patient(tested.patience))
            }
        })
    };
    let snapshots = match (&tested.command, args.accept) {
        // Reviewed sequences are the reference client's.
        (Some(_), _) => Snapshots::Ignore,
        // With a bug it is the steps that are asked.
        (None, false) if args.seed != DEFAULT_SEED || !args.bug.is_empty() => Snapshots::Ignore,
        (None, false) => Snapshots::Compare,
        (None, true) => Snapshots::Accept,
    };
    let defaults = Options::default();
    let options = Options {
        seed: args.seed,
        // Those who dial in are as many as were invited.
        jobs: tested.jobs.or(exchange.as_ref().map(|_| NonZeroUsize::MIN)),
        slow: tested.slow,
        retries: tested.retries,
        repeat: args.repeat,
        until_fail: args.until_fail,
        // Several clients run the same cases.
        record: args.record.as_ref().map(|folder| match plan.turns.len() {
            1 => folder.clone(),
            _ => folder.join(tested.name()),
        }),
        record_zst: args.record_zst,
        trace_all: args.traces == Traces::All,
        bugs: args.bug.clone(),
        snapshots,
        suite_hash: Some(plan.suite.hash.clone()),
        shard: args.shard,
        started_ms: unix_ms(),
        // A phone keeps what it has stored, by App Key.
        app_keys: exchange.as_ref().map_or(defaults.app_keys, |_| format!("run-{:x}", unix_ms())),
        case_limit: args.case_limit,
        interrupt: interrupt.clone(),
        again: tested.again(args, &plan.settings),
        ..defaults
    };
    let judge = |event: &RunEvent| {
        let RunEvent::ScenarioFinished(result) = event else { return progress(event) };
        let mut result = result.clone();
        if let Some(baseline) = baseline {
            // What is stale is told once, of the whole run.
            baseline.judge(&mut result, &mut Vec::new());
        }
        if args.fail_fast && result.verdict.kind().is_red() {
            options.enough.set();
        }
        progress(&RunEvent::ScenarioFinished(result));
    };
    let mut ran = runner::run(scenarios, &options, &make, &judge).map_err(|fault| {
        let code = if interrupt.is_set() { exit::INTERRUPTED } else { exit::INCOMPLETE };
        Stop { message: format!("{} could not be run: {fault}", tested.name()), hint: None, code }
    })?;
    if let Some(baseline) = baseline {
        baseline::judge(baseline, &mut ran.run);
    }
    if args.strict {
        let areas = ran.run.unjudged_areas().into_iter();
        ran.run
            .missing
            .extend(areas.map(|area| format!("--strict: no case of the area {area} is supported")));
    }
    Ok(ran)
}
