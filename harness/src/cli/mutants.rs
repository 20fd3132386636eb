//! `harness mutants`: which deliberate bugs the suite notices, and which live.

use std::{io::Write, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use super::{
    Stop, exit, files, lint,
    run::{bug, limit},
    select,
};
use crate::{
    bug::Bug,
    mutants::{self, Areas, Mutant, Score, Tally, Wanted},
    runner::{DEFAULT_SEED, Interrupt},
};

/// Arguments of `harness mutants`.
#[derive(Debug, Args)]
pub(super) struct MutantsArgs {
    /// Scenario files or folders; `scenarios/` if none is given.
    paths: Vec<PathBuf>,
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    filter: Option<String>,
    /// Only the client's bugs.
    #[arg(long, conflicts_with = "service")]
    client: bool,
    /// Only the service's bugs.
    #[arg(long)]
    service: bool,
    /// Only this bug (`harness explain bugs`); can be given several times.
    #[arg(long, value_name = "NAME", value_parser = bug, conflicts_with_all = ["client", "service"])]
    bug: Vec<Bug>,
    /// A bug that so many cases have noticed meets no further one.
    #[arg(long, value_name = "N", default_value = "2")]
    killers: NonZeroUsize,
    /// Every bug meets every case that comes to it, however many have noticed it.
    #[arg(long, conflicts_with = "killers")]
    all: bool,
    /// With `--all`: names the scenarios that notice no bug.
    #[arg(long, requires = "all")]
    idle: bool,
    /// How many cases run side by side; if not given, as many as the machine has cores.
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Seed of what is drawn. Same seed, same result.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// How long a case may take by the wall clock (`90s`, `5m`).
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = limit)]
    case_limit: Duration,
    /// As one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    args: &MutantsArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
    interrupt: &Interrupt,
) -> Result<u8, Stop> {
    let mut scenarios = Vec::new();
    for file in files::read_telling(&args.paths, err)? {
        match file.scenario {
            Ok(scenario) => scenarios.push(scenario),
            Err(diagnostics) => {
                lint::show(&diagnostics, err)?;
                let message = format!("{}: a wrong scenario; nothing was run", file.path.display());
                return Err(Stop::usage(message, None));
            }
        }
    }
    let areas = Areas::of(&scenarios);
    if let Some(filter) = &args.filter {
        select::keep(&mut scenarios, |texts| select::contains(texts, filter));
    }
    if scenarios.is_empty() {
        return Err(select::nothing());
    }
    let asked = |bug: &Bug| match (args.client, args.service) {
        (false, false) => args.bug.is_empty() || args.bug.contains(bug),
        (client, _) => bug.is_of_client() == client,
    };
    let bugs: Vec<Bug> = Bug::all().filter(asked).collect();
    let defaults = Wanted::default();
    let wanted = Wanted {
        seed: args.seed,
        jobs: args.jobs.unwrap_or(defaults.jobs),
        killers: (!args.all).then_some(args.killers),
        case_limit: args.case_limit,
        interrupt: interrupt.clone(),
    };
    let Some(score) = mutants::run(&scenarios, &bugs, &wanted) else {
        let message = "interrupted: nothing is known of the bugs".to_owned();
        return Err(Stop { message, hint: None, code: exit::INTERRUPTED });
    };
    for (case, why) in &score.wrong {
        writeln!(err, "harness: {case} judges nothing: {why}")?;
    }
    if args.json {
        writeln!(out, "{:#}", as_json(&score, &areas, args))?;
    } else {
        text(&score, &areas, args, out)?;
    }
    Ok(match score.mutants.iter().all(Mutant::is_noticed) {
        false => exit::FAILED,
        true if score.wrong.is_empty() => exit::CONFORMS,
        true => exit::INCOMPLETE,
    })
}

fn text(score: &Score, areas: &Areas, args: &MutantsArgs, out: &mut dyn Write) -> Result<(), Stop> {
    for client in [true, false] {
        let all = score.side(client);
        if all.of == 0 {
            continue;
        }
        row(if client { "client" } else { "service" }, all, out)?;
        for (area, tally) in score.areas(client, areas) {
            row(&format!("  {area}"), tally, out)?;
        }
    }
    let (never, lived): (Vec<&Mutant>, Vec<&Mutant>) =
        score.mutants.iter().filter(|mutant| !mutant.is_noticed()).partition(|mutant| mutant.reached == 0);
    section("No case comes to:", &never, out, |_| String::new())?;
    section("Not noticed:", &lived, out, |mutant| {
        let broken = match mutant.broken.first() {
            Some((case, why)) => format!("; {} could not be run, {case}: {why}", mutant.broken.len()),
            None => String::new(),
        };
        format!("; {} cases came to it{broken}", mutant.reached)
    })?;
    let single: Vec<&Mutant> = score.mutants.iter().filter(|mutant| mutant.killers.len() == 1).collect();
    if args.all || args.killers.get() > 1 {
        section("Noticed by one case alone:", &single, out, |mutant| format!("; {}", mutant.killers[0]))?;
    }
    if args.idle {
        writeln!(out, "{} scenarios notice none of these bugs:", score.idle.len())?;
        score.idle.iter().try_for_each(|path| writeln!(out, "  {path}"))?;
    }
    let (noticed, of) =
        (score.mutants.iter().filter(|mutant| mutant.is_noticed()).count(), score.mutants.len());
    writeln!(
        out,
        "{noticed} of {of} bugs noticed, {} %, by {} cases",
        Tally { noticed, of }.percent(),
        score.judges
    )?;
    Ok(())
}

fn row(name: &str, tally: Tally, out: &mut dyn Write) -> Result<(), Stop> {
    Ok(writeln!(out, "{name:22} {:>3}/{:<3} {:>3} %", tally.noticed, tally.of, tally.percent())?)
}

fn section(
    title: &str,
    mutants: &[&Mutant],
    out: &mut dyn Write,
    more: impl Fn(&Mutant) -> String,
) -> Result<(), Stop> {
    if !mutants.is_empty() {
        writeln!(out, "{title}")?;
    }
    for mutant in mutants {
        let bug = mutant.bug;
        let broken = bug.breaks().map_or_else(String::new, |id| format!(" ({id})"));
        writeln!(out, "  {bug}{broken}: {}{}", bug.meaning().trim_end_matches('.'), more(mutant))?;
    }
    Ok(())
}

fn as_json(score: &Score, areas: &Areas, args: &MutantsArgs) -> Value {
    let tally = |tally: Tally| json!({"noticed": tally.noticed, "of": tally.of});
    let side = |client: bool| {
        let by_area: serde_json::Map<String, Value> =
            score.areas(client, areas).into_iter().map(|(area, of)| (area, tally(of))).collect();
        json!({"all": tally(score.side(client)), "areas": by_area})
    };
    let bug = |mutant: &Mutant| {
        json!({
            "bug": mutant.bug.to_string(), "area": areas.of_bug(mutant.bug), "meaning": mutant.bug.meaning(),
            "breaks": mutant.bug.breaks(), "reached": mutant.reached, "tried": mutant.tried,
            "killers": mutant.killers, "broken": mutant.broken,
        })
    };
    let mut told = json!({
        "seed": args.seed, "cases": score.judges, "client": side(true), "service": side(false),
        "bugs": score.mutants.iter().map(bug).collect::<Vec<_>>(),
    });
    if args.idle {
        told["idle"] = score.idle.clone().into();
    }
    told
}
