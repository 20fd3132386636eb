//! Which cases a run is of.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{RunArgs, Stop, areas::Areas, cases, changed, diff, exit, files, lint, tested::Tested};
use crate::{
    scenario::{Diagnostic, Scenario},
    verdict::{RunResult, Shard, name_of},
};

/// Arguments that choose cases, beside paths and `--case`.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    pub filter: Option<String>,
    /// Not the cases whose path, title or axes contain this; can be given several times.
    #[arg(long, value_name = "TEXT")]
    pub exclude: Vec<String>,
    /// Only this area: a folder of scenarios (`chatroom`, `chatroom/entries`) or an area of requirements (`CHRM`); can be
    /// given several times.
    #[arg(long, value_name = "NAME")]
    pub area: Vec<String>,
    /// Only scenarios that changed since this revision of Git, by their own file or one that they include.
    #[arg(long, value_name = "REV")]
    pub changed_since: Option<String>,
    /// Only cases that were red in this run's `run.jsonl`, for each client its own.
    #[arg(long, value_name = "FILE")]
    pub failed_from: Option<PathBuf>,
}

/// The scenarios of a run, and what they are cut from.
pub(super) struct Suite {
    pub(super) scenarios: Vec<Scenario>,
    /// Changes with any text of any file that was read.
    pub(super) hash: String,
    areas: Areas,
    /// The runs of `--failed-from`.
    before: Option<(PathBuf, Vec<RunResult>)>,
}

impl RunArgs {
    /// Whether of each file every case is run.
    pub(super) fn selects_whole_files(&self) -> bool {
        let Selection { filter, exclude, failed_from, .. } = &self.selection;
        filter.is_none()
            && exclude.is_empty()
            && failed_from.is_none()
            && self.case.is_empty()
            && self.shard.is_none()
    }

    /// Reads the scenarios and keeps the cases that are selected whoever is tested; scenarios without any are left out.
    ///
    /// # Errors
    /// A path that is not there, any mistake in any file, an unknown area or revision.
    pub(super) fn select(&self, paths: &[PathBuf], err: &mut dyn Write) -> Result<Suite, Stop> {
        let Selection { filter, exclude, area, changed_since, failed_from } = &self.selection;
        let mut scenarios = Vec::new();
        let mut wrong = 0;
        let of_cases = if paths.is_empty() { cases::files(&self.case) } else { None };
        let paths = of_cases.as_deref().unwrap_or(paths);
        for file in files::read_telling(paths, err)? {
            match file.scenario {
                Ok(scenario) => scenarios.push(scenario),
                // What gives no text may be no scenario at all: the others are run, and this one could not be.
                Err(diagnostics) if diagnostics.iter().all(Diagnostic::is_unreadable) => {
                    lint::show(&diagnostics, err)?;
                    let why = diagnostics.iter().map(Diagnostic::line).collect::<Vec<_>>().join("; ");
                    scenarios.push(Scenario::unreadable(&file.path.to_string_lossy(), why));
                }
                Err(diagnostics) => {
                    wrong += 1;
                    lint::show(&diagnostics, err)?;
                }
            }
        }
        if wrong > 0 {
            return Err(Stop::usage(format!("{wrong} scenario files are wrong; nothing was run"), None));
        }
        let areas = Areas::of(&scenarios, paths);
        area.iter().try_for_each(|name| areas.check(name, "--area"))?;
        let hash = hash_of(&scenarios);
        let mut cases = cases::Cases::new(&self.case);
        scenarios.iter_mut().for_each(|scenario| cases.keep(scenario));
        cases.all_met()?;
        if let Some(rev) = changed_since {
            let changed = changed::since(rev, paths.first().map_or(Path::new("."), PathBuf::as_path))?;
            scenarios.retain(|scenario| changed.touch(scenario));
        }
        if !area.is_empty() {
            scenarios.retain(|scenario| area.iter().any(|name| areas.has(name, scenario)));
        }
        keep(&mut scenarios, |texts| filter.as_ref().is_none_or(|filter| contains(texts, filter)));
        for word in exclude {
            let before = count(&scenarios);
            keep(&mut scenarios, |texts| !contains(texts, word));
            if before == count(&scenarios) {
                writeln!(err, "harness: --exclude {word}: no selected case contains that")?;
            }
        }
        let before = match failed_from {
            Some(path) => Some((path.clone(), diff::read(path)?)),
            None => None,
        };
        Ok(Suite { scenarios, hash, areas, before })
    }
}

impl Suite {
    /// What is left of it for a client: its areas, without what it excludes, what was red of it, its shard.
    ///
    /// # Errors
    /// It names an area that is not there, or has no run in `--failed-from`.
    pub(super) fn of(&self, tested: &Tested, shard: Option<Shard>) -> Result<Vec<Scenario>, Stop> {
        let mut scenarios = self.scenarios.clone();
        let what = format!("`areas` of the client {}", tested.name());
        tested.areas.iter().try_for_each(|name| self.areas.check(name, &what))?;
        if !tested.areas.is_empty() {
            scenarios.retain(|scenario| tested.areas.iter().any(|name| self.areas.has(name, scenario)));
        }
        keep(&mut scenarios, |texts| !tested.exclude.iter().any(|word| contains(texts, word)));
        if let Some((path, runs)) = &self.before {
            let red = red(path, runs, tested.name())?;
            for scenario in &mut scenarios {
                let path = scenario.path().to_owned();
                scenario.cases.retain(|case| red.contains(&name_of(&path, &case.axes)));
            }
        }
        if let Some(shard) = shard {
            let mut n = 0;
            for scenario in &mut scenarios {
                scenario.cases.retain(|_| {
                    n += 1;
                    shard.has(n - 1)
                });
            }
        }
        scenarios.retain(|scenario| !scenario.cases.is_empty());
        Ok(scenarios)
    }
}

/// Nothing is left to run.
pub(super) fn nothing() -> Stop {
    Stop { message: "no scenario is selected".to_owned(), hint: None, code: exit::NOTHING_SELECTED }
}

fn count(scenarios: &[Scenario]) -> usize {
    scenarios.iter().map(|scenario| scenario.cases.len()).sum()
}

/// Keeps the cases of which `wanted` says so, by path, title and axes.
pub(super) fn keep(scenarios: &mut Vec<Scenario>, wanted: impl Fn(&[&str; 3]) -> bool) {
    for scenario in scenarios.iter_mut() {
        let (path, title) = (scenario.path().to_owned(), scenario.title.clone());
        scenario.cases.retain(|case| wanted(&[&path, &title, &case.label()]));
    }
    scenarios.retain(|scenario| !scenario.cases.is_empty());
}

pub(super) fn contains(texts: &[&str; 3], word: &str) -> bool {
    texts.iter().any(|text| text.contains(word))
}

/// The names of the cases that were red of a client.
fn red(path: &Path, runs: &[RunResult], client: &str) -> Result<BTreeSet<String>, Stop> {
    let mine: Vec<&RunResult> = runs.iter().filter(|run| run.client.name == client).collect();
    if mine.is_empty() {
        let others: Vec<&str> = runs.iter().map(|run| run.client.name.as_str()).collect();
        let message = format!("{} holds no run of {client}", path.display());
        let hint = match &others[..] {
            [] => "it holds no run at all".to_owned(),
            others => format!("it holds runs of {}", others.join(", ")),
        };
        return Err(Stop::usage(message, Some(hint)));
    }
    let results = mine.iter().flat_map(|run| &run.results);
    Ok(results.filter(|result| result.verdict.kind().is_red()).map(|result| result.name()).collect())
}

/// FNV-1a over every text that was read, whatever is selected of it, and whatever ends its lines.
fn hash_of(scenarios: &[Scenario]) -> String {
    let mut sources: Vec<(String, &str)> = scenarios
        .iter()
        .flat_map(|scenario| &scenario.sources)
        .map(|source| (name_of(&source.path, &indexmap::IndexMap::new()), &*source.text))
        .collect();
    sources.sort();
    sources.dedup();
    let bytes = sources.iter().flat_map(|(name, text)| {
        let text = text.bytes().filter(|byte| *byte != b'\r');
        name.bytes().chain([0]).chain(text).chain([0])
    });
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
