//! Known deviations of a client: the file a run is judged with, and `harness baseline`, which proposes one.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Stop, exit, files, run, tested::Tested, turns};
use crate::{
    catalogue::catalogue,
    runner::Interrupt,
    verdict::{
        RunResult, ScenarioResult, Verdict,
        baseline::{self, Baseline, Date},
        name_of,
    },
};

/// Where baselines of known clients are, by the client's name.
const FOLDER: &str = "fixtures/baselines";

/// Arguments of `harness baseline`.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(flatten)]
    run: run::RunArgs,
    /// Writes the file (`--baseline`, or the client's own) instead of printing it.
    #[arg(long)]
    write: bool,
}

/// The file of a client: the one given, or its own in `fixtures/baselines`.
fn path_of(tested: &Tested) -> PathBuf {
    tested.baseline.clone().unwrap_or_else(|| Path::new(FOLDER).join(format!("{}.yaml", tested.name())))
}

/// The file of the same client under its usual conditions: what `NAME` does otherwise `NAME+real`, in the machine's time, and
/// `NAME+comet`, by another transport, do, too.
fn twin_of(tested: &Tested) -> Option<PathBuf> {
    let (name, _) = tested.name().rsplit_once('+')?;
    Some(Path::new(FOLDER).join(format!("{name}.yaml"))).filter(|path| path.exists())
}

/// The baseline that a client is judged with: none if it has no file and none is given.
pub(super) fn of(tested: &Tested) -> Result<Option<Baseline>, Stop> {
    let path = path_of(tested);
    let own = if tested.baseline.is_some() || path.exists() { Some(read(&path)?) } else { None };
    let twin = twin_of(tested).filter(|_| tested.baseline.is_none()).map(|path| read(&path)).transpose()?;
    Ok(match (own, twin) {
        (Some(own), Some(twin)) => Some(own.beside(twin)),
        (own, twin) => own.or(twin),
    })
}

fn read(path: &Path) -> Result<Baseline, Stop> {
    let name = path.display().to_string();
    let text =
        mock_server::yaml::read_file(path).map_err(|error| Stop::usage(format!("{name}: {error}"), None))?;
    Baseline::read(&name, &text).map_err(|error| Stop::usage(error.to_string(), None))
}

/// Judges a run; what is wrong with the file itself is a problem of the run.
pub(super) fn judge(baseline: &Baseline, run: &mut RunResult) {
    // Whatever was selected: an entry may name any case of the suite.
    let all = files::read(&[]).unwrap_or_default();
    let mut names: Vec<String> = run.results.iter().map(ScenarioResult::name).collect();
    for scenario in all.into_iter().filter_map(|file| file.scenario.ok()) {
        names.extend(scenario.cases.iter().map(|case| name_of(scenario.path(), &case.axes)));
    }
    let ids: Vec<&str> = catalogue().ids().collect();
    let today = Date::from_unix_ms(run.started_ms);
    run.baseline_problems.extend(baseline.problems(&names, &ids, today));
    baseline.apply(run);
}

/// Runs what is selected and writes the baseline under which the run would not be red.
pub(super) fn run(
    args: &BaselineArgs,
    out: &mut (dyn Write + Send),
    err: &mut dyn Write,
    interrupt: &Interrupt,
) -> Result<u8, Stop> {
    let plan = turns::prepare(&args.run, false, err)?;
    let [turn] = &plan.turns[..] else {
        let message = format!("a baseline is one client's, and {} are named", plan.turns.len());
        return Err(Stop::usage(message, Some("say which with --client".to_owned())));
    };
    let path = path_of(&turn.tested);
    let before = if path.exists() { Some(read(&path)?) } else { None };
    let run = turns::judged(&args.run, &plan, turn, &|_| {}, interrupt)?.run;
    if run.interrupted {
        let message = "interrupted: of a part of the run nothing is proposed".to_owned();
        return Err(Stop { message, hint: None, code: exit::INTERRUPTED });
    }
    let broken: Vec<&ScenarioResult> =
        run.results.iter().filter(|result| matches!(result.verdict, Verdict::CouldNotRun { .. })).collect();
    let is_judged = |result: &ScenarioResult| {
        !matches!(result.verdict, Verdict::CouldNotRun { .. } | Verdict::Unsupported { .. })
    };
    if let [first, ..] = &broken[..]
        && let Verdict::CouldNotRun { reason } = &first.verdict
    {
        let message = format!("{} cases could not run; the first, {}: {reason}", broken.len(), first.name());
        if !run.results.iter().any(is_judged) {
            // Nothing is known of the client: a baseline of that would make an adapter that does nothing green.
            let message = format!("no case was judged: {message}");
            return Err(Stop { message, hint: None, code: exit::INCOMPLETE });
        }
        writeln!(err, "harness: {message}")?;
    }
    let whole = args.run.selects_whole_files() && turn.tested.exclude.is_empty();
    let text = baseline::propose(&run, whole, before.as_ref());
    if !args.write {
        out.write_all(text.as_bytes())?;
        return Ok(exit::CONFORMS);
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
    written.map_err(|error| Stop::usage(format!("{}: {error}", path.display()), None))?;
    writeln!(out, "{}: replace the reasons by the real ones", path.display())?;
    Ok(exit::CONFORMS)
}
