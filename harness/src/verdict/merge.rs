//! Runs of several files as one of each client: shards are put together, clients stand beside each other.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{RunResult, ScenarioResult};

/// Cases that are named of many that come twice.
const MOST_NAMED: usize = 3;

/// Puts runs together, each client's to one, in the order in which clients come first. What belongs together has one seed
/// and one suite. A shard that nobody brought is told in the run's [`missing`](RunResult::missing).
///
/// # Errors
/// Every reason why they do not belong together: other seeds, other suites, other versions of a client, cases or shards that
/// come twice. Each with the files.
pub fn merge(brought: Vec<(String, Vec<RunResult>)>) -> Result<Vec<RunResult>, Vec<String>> {
    let mut mistakes = Vec::new();
    let all: Vec<(&str, &RunResult)> =
        brought.iter().flat_map(|(file, runs)| runs.iter().map(move |run| (file.as_str(), run))).collect();
    same(&all, "seed", |run| Some(run.seed.to_string()), &mut mistakes);
    same(&all, "suite", |run| Some(format!("version {}", run.suite)), &mut mistakes);
    same(&all, "suite", |run| run.suite_hash.as_ref().map(|hash| format!("of hash {hash}")), &mut mistakes);
    let mut clients: IndexMap<String, Vec<(String, RunResult)>> = IndexMap::new();
    for (file, runs) in brought {
        for run in runs {
            clients.entry(run.client.name.clone()).or_default().push((file.clone(), run));
        }
    }
    let merged: Vec<RunResult> =
        clients.into_iter().filter_map(|(name, runs)| client(&name, runs, &mut mistakes)).collect();
    if mistakes.is_empty() { Ok(merged) } else { Err(mistakes) }
}

/// All runs must say the same, if they say anything.
fn same(
    runs: &[(&str, &RunResult)],
    what: &str,
    of: impl Fn(&RunResult) -> Option<String>,
    mistakes: &mut Vec<String>,
) {
    let mut said = runs.iter().filter_map(|(file, run)| Some((*file, of(run)?)));
    let Some((first, one)) = said.next() else { return };
    let mut others: IndexMap<String, &str> = IndexMap::new();
    for (file, other) in said.filter(|(_, other)| *other != one) {
        others.entry(other).or_insert(file);
    }
    for (other, file) in others {
        mistakes.push(format!(
            "the {what} is {one} in {first} and {other} in {file}: these are no parts of one run"
        ));
    }
}

/// A client's run of all its parts; `None` only if there is none.
fn client(name: &str, runs: Vec<(String, RunResult)>, mistakes: &mut Vec<String>) -> Option<RunResult> {
    // A client that did not start has told nobody its version.
    let known: Vec<(&str, &RunResult)> = runs
        .iter()
        .filter(|(_, run)| !run.client.version.is_empty())
        .map(|(file, run)| (file.as_str(), run))
        .collect();
    same(&known, &format!("version of {name}"), |run| Some(run.client.version.clone()), mistakes);
    same(&known, &format!("clock of {name}"), |run| Some(run.client.clock.word().to_owned()), mistakes);
    twice(name, &runs, mistakes);
    let missing = shards(name, &runs, mistakes);
    let parts = runs.into_iter().map(|(file, mut run)| {
        let dead = run.not_started.take().map(|why| format!("{file}: nothing was run: {why}"));
        run.missing.extend(dead);
        run
    });
    let mut all = parts.reduce(joined)?;
    // Shards take turns: what belongs to one file comes together again.
    all.results.sort_by(|a, b| a.path.cmp(&b.path));
    all.missing.extend(missing);
    all.shard = None;
    Some(all)
}

/// Two parts of a client's run as one.
fn joined(mut all: RunResult, part: RunResult) -> RunResult {
    if all.client.version.is_empty() {
        all.client = part.client;
    }
    all.suite_hash = all.suite_hash.or(part.suite_hash);
    all.started_ms = all.started_ms.min(part.started_ms);
    // They may have run side by side.
    all.wall_us = all.wall_us.max(part.wall_us);
    all.planned += part.planned;
    all.interrupted |= part.interrupted;
    all.failed_fast |= part.failed_fast;
    all.missing.extend(part.missing);
    all.faults.extend(part.faults);
    // What is wrong with the file itself every part has told.
    let new: Vec<String> =
        part.baseline_problems.into_iter().filter(|it| !all.baseline_problems.contains(it)).collect();
    all.baseline_problems.extend(new);
    all.results.extend(part.results);
    all
}

/// No case may come twice.
fn twice(name: &str, runs: &[(String, RunResult)], mistakes: &mut Vec<String>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut doubles: IndexMap<(&str, &str), Vec<String>> = IndexMap::new();
    for (file, run) in runs {
        for case in run.results.iter().map(ScenarioResult::name) {
            match seen.get(&case) {
                Some(other) => doubles.entry((*other, file.as_str())).or_default().push(case),
                None => {
                    seen.insert(case, file);
                }
            }
        }
    }
    for ((one, other), cases) in doubles {
        let named = cases.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = if cases.len() > MOST_NAMED { ", …" } else { "" };
        mistakes.push(format!(
            "{} cases of {name} are in {one} and again in {other}: {named}{more}",
            cases.len()
        ));
    }
}

/// The shards must be those of one division, each once; gives the ones that nobody brought.
fn shards(name: &str, runs: &[(String, RunResult)], mistakes: &mut Vec<String>) -> Vec<String> {
    let shards: Vec<_> = runs.iter().filter_map(|(file, run)| Some((file, run.shard?))).collect();
    let Some((first, one)) = shards.first() else { return Vec::new() };
    let mut parts: BTreeMap<usize, &str> = BTreeMap::new();
    for (file, shard) in &shards {
        if shard.of != one.of {
            mistakes.push(format!(
                "{first} is shard {one} of {name} and {file} shard {shard}: these are no parts of one run"
            ));
        } else if let Some(other) = parts.insert(shard.part, file)
            && runs.iter().any(|(_, run)| run.results.is_empty())
        {
            // With results, the cases that come twice are named.
            mistakes.push(format!("shard {shard} of {name} is in {other} and again in {file}"));
        }
    }
    let there: BTreeSet<usize> = parts.into_keys().collect();
    (1..=one.of)
        .filter(|part| !there.contains(part))
        .map(|part| format!("shard {part}/{} of {name} is missing", one.of))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{ClientInfo, Clock, Outcome, Verdict};

    fn run(client: &str, shard: &str, cases: &[&str]) -> RunResult {
        let client = ClientInfo { name: client.into(), version: "1".into(), clock: Clock::Virtual };
        let mut run = RunResult::new(client.clone(), 1, 0, cases.len());
        run.shard = shard.parse().ok();
        run.suite_hash = Some("abc".into());
        run.results = cases
            .iter()
            .map(|case| {
                ScenarioResult::new(format!("scenarios/{case}.yaml"), "t", client.clone(), Verdict::Pass)
            })
            .collect();
        run
    }

    fn merged(runs: Vec<RunResult>) -> Result<Vec<RunResult>, Vec<String>> {
        merge(runs.into_iter().enumerate().map(|(n, run)| (format!("{n}.jsonl"), vec![run])).collect())
    }

    #[test]
    fn shards_come_together_and_clients_stand_side_by_side() {
        let runs = merged(vec![
            run("web", "1/2", &["a/one", "b/three"]),
            run("reference", "", &["a/one", "a/two", "b/three"]),
            run("web", "2/2", &["a/two"]),
        ])
        .unwrap();
        let names: Vec<&str> = runs.iter().map(|run| run.client.name.as_str()).collect();
        assert_eq!(names, ["web", "reference"]);
        let cases: Vec<String> = runs[0].results.iter().map(ScenarioResult::name).collect();
        assert_eq!((cases, runs[0].planned), (vec!["a/one".into(), "a/two".into(), "b/three".into()], 3));
        assert_eq!((runs[0].shard, Outcome::worst(&runs)), (None, Outcome::Conforms));
    }

    #[test]
    fn a_missing_shard_is_told_and_makes_the_run_incomplete() {
        let runs = merged(vec![run("web", "1/3", &["a/one"]), run("web", "3/3", &["a/two"])]).unwrap();
        assert_eq!(runs[0].missing, ["shard 2/3 of web is missing"]);
        assert_eq!(runs[0].outcome(), Outcome::Incomplete);
    }

    #[test]
    fn what_does_not_belong_together_is_refused_with_every_reason() {
        let other = RunResult {
            seed: 7,
            suite_hash: Some("def".into()),
            client: ClientInfo { version: "2".into(), ..run("web", "", &[]).client },
            ..run("web", "2/3", &["a/one"])
        };
        let mistakes = merged(vec![run("web", "1/2", &["a/one", "a/two"]), other]).unwrap_err();
        assert_eq!(
            mistakes,
            [
                "the seed is 1 in 0.jsonl and 7 in 1.jsonl: these are no parts of one run",
                "the suite is of hash abc in 0.jsonl and of hash def in 1.jsonl: these are no parts of one run",
                "the version of web is 1 in 0.jsonl and 2 in 1.jsonl: these are no parts of one run",
                "1 cases of web are in 0.jsonl and again in 1.jsonl: a/one",
                "0.jsonl is shard 1/2 of web and 1.jsonl shard 2/3: these are no parts of one run",
            ]
        );
    }

    #[test]
    fn a_part_that_did_not_start_is_not_forgotten() {
        let mut dead = run("web", "2/2", &[]);
        dead.not_started = Some("the adapter does not start".into());
        dead.planned = 4;
        let runs = merged(vec![run("web", "1/2", &["a/one"]), dead]).unwrap();
        assert_eq!(runs[0].missing, ["1.jsonl: nothing was run: the adapter does not start"]);
        assert_eq!((runs[0].planned, runs[0].outcome()), (5, Outcome::Incomplete));
    }
}
