//! Where two runs differ: in verdicts, and in what the clients said, the first difference of each case.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::verdict::{
    Clock, LineKind, RunResult, ScenarioResult, SequenceLine, Verdict, VerdictKind,
    lanes::{Said, lanes},
};

/// In so many cases one must tell a callback that the other never tells for it to be passed over.
const HABIT: usize = 3;
/// Lines that agree, shown before a difference.
const BEFORE: usize = 2;
/// Lines shown of each side from the first difference on.
const AFTER: usize = 3;

/// Where two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDiff {
    /// How many cases both ran.
    pub compared: usize,
    /// How many of those differ in their verdict.
    pub verdicts: usize,
    /// How many differ in what was said.
    pub said: usize,
    /// Callbacks that one of them tells, in several cases, and the other never: with the number of cases. They are passed over
    /// in what was said, where each would hide what differs besides.
    pub alone: Both<BTreeMap<String, usize>>,
    /// Cases that were repeated in real time and of which no two attempts said the same: what was said is not compared.
    pub unstable: Vec<String>,
    /// How many were run in real time by either and not repeated: what was said may differ by itself.
    pub unproven: usize,
    /// Cases that only the first ran.
    pub only_a: Vec<String>,
    /// Cases that only the second ran.
    pub only_b: Vec<String>,
    /// Cases that differ: those of another verdict first, each kind in the order of the first run.
    pub cases: Vec<CaseDiff>,
}

impl RunDiff {
    /// Whether they differ in anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let alone = self.alone.a.len() + self.alone.b.len();
        alone + self.cases.len() + self.only_a.len() + self.only_b.len() == 0
    }
}

/// A case in which two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseDiff {
    /// Its name.
    pub case: String,
    /// The sentence it proves.
    pub title: String,
    /// Both verdicts, if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Both<VerdictSaid>>,
    /// The first difference in what was said, if both ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstDifference>,
}

/// The same of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Both<T> {
    /// The first run's.
    pub a: T,
    /// The second run's.
    pub b: T,
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictSaid {
    /// Its kind.
    pub is: VerdictKind,
    /// Why, in a line; empty for one that needs no reason.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Where what a client of the scenario said first differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstDifference {
    /// The client, by its name in the scenario.
    pub client: String,
    /// Which of its calls and callbacks, from 1.
    pub line: usize,
    /// When, in milliseconds since the case began; `None` for who said nothing more.
    pub at_ms: Both<Option<i64>>,
    /// The last lines that agree.
    pub before: Vec<String>,
    /// What follows in each, some lines; empty for who said nothing more.
    pub lines: Both<Vec<String>>,
    /// Other clients of the scenario that differ too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// Compares two runs case by case. With `times`, instants within what was said count too.
#[must_use]
pub fn diff(a: &RunResult, b: &RunResult, times: bool) -> RunDiff {
    let by_name = |run: &RunResult| -> BTreeMap<String, usize> {
        run.results.iter().enumerate().map(|(n, result)| (result.name(), n)).collect()
    };
    let (in_a, in_b) = (by_name(a), by_name(b));
    let only = |run: &RunResult, other: &BTreeMap<String, usize>| -> Vec<String> {
        run.results.iter().map(ScenarioResult::name).filter(|name| !other.contains_key(name)).collect()
    };
    let both: Vec<(&ScenarioResult, &ScenarioResult)> =
        a.results.iter().filter_map(|one| Some((one, &b.results[*in_b.get(&one.name())?]))).collect();
    let alone = alone(&both);
    let (mut compared, mut unproven) = (0, 0);
    let (mut cases, mut unstable): (Vec<CaseDiff>, Vec<String>) = (Vec::new(), Vec::new());
    for (one, other) in both {
        compared += 1;
        let is_stable = [one, other].iter().all(|result| result.stable != Some(false));
        let is_unproven =
            |result: &&ScenarioResult| result.client.clock == Clock::Real && result.stable.is_none();
        if !is_stable {
            unstable.push(one.name());
        }
        let compares = is_stable && ran(one) && ran(other);
        unproven += usize::from(compares && [one, other].iter().any(is_unproven));
        let first = if compares { first((one, other), &alone, times) } else { None };
        cases.extend(case(one, other, first));
    }
    // The sort is stable.
    cases.sort_by_key(|case| case.verdicts.is_none());
    RunDiff {
        compared,
        verdicts: cases.iter().filter(|case| case.verdicts.is_some()).count(),
        said: cases.iter().filter(|case| case.first.is_some()).count(),
        alone,
        unstable,
        unproven,
        only_a: only(a, &in_b),
        only_b: only(b, &in_a),
        cases,
    }
}

/// What one of them did not run to its end differs by its verdict alone.
fn ran(result: &ScenarioResult) -> bool {
    !matches!(result.verdict.kind(), VerdictKind::Unsupported | VerdictKind::CouldNotRun)
}

/// Callbacks that are one side's habit, and that the other has not at all.
fn alone(both: &[(&ScenarioResult, &ScenarioResult)]) -> Both<BTreeMap<String, usize>> {
    let (mut a, mut b): (BTreeMap<String, usize>, BTreeMap<String, usize>) = Default::default();
    for (one, other) in both.iter().filter(|(one, other)| ran(one) && ran(other)) {
        for (result, counts) in [(one, &mut a), (other, &mut b)] {
            let names: BTreeSet<&str> = result.sequence.iter().filter_map(callback).collect();
            names.into_iter().for_each(|name| *counts.entry(name.to_owned()).or_default() += 1);
        }
    }
    let habits = |mine: &BTreeMap<String, usize>, theirs: &BTreeMap<String, usize>| {
        let is_habit = |(name, cases): &(&String, &usize)| **cases >= HABIT && !theirs.contains_key(*name);
        mine.iter().filter(is_habit).map(|(name, cases)| (name.clone(), *cases)).collect()
    };
    Both { a: habits(&a, &b), b: habits(&b, &a) }
}

/// The name of the callback that a line is.
fn callback(line: &SequenceLine) -> Option<&str> {
    (line.kind == LineKind::Callback).then(|| line.text.split(' ').next()).flatten()
}

fn case(a: &ScenarioResult, b: &ScenarioResult, first: Option<FirstDifference>) -> Option<CaseDiff> {
    let verdicts = (a.verdict.kind() != b.verdict.kind())
        .then(|| Both { a: VerdictSaid::of(&a.verdict), b: VerdictSaid::of(&b.verdict) });
    (verdicts.is_some() || first.is_some()).then(|| CaseDiff {
        case: a.name(),
        title: a.title.clone(),
        verdicts,
        first,
    })
}

fn first(
    (a, b): (&ScenarioResult, &ScenarioResult),
    alone: &Both<BTreeMap<String, usize>>,
    times: bool,
) -> Option<FirstDifference> {
    let kept = |result: &ScenarioResult| -> Vec<SequenceLine> {
        let is_kept = |line: &&SequenceLine| {
            callback(line).is_none_or(|name| !alone.a.contains_key(name) && !alone.b.contains_key(name))
        };
        result.sequence.iter().filter(is_kept).cloned().collect()
    };
    let (a, b) = (kept(a), kept(b));
    let (in_a, in_b) = (lanes(&a, times), lanes(&b, times));
    let clients = in_a.keys().chain(in_b.keys().filter(|client| !in_a.contains_key(*client)));
    let none = Vec::new();
    let mut found: Vec<FirstDifference> = clients
        .filter_map(|client| {
            let (a, b) = (in_a.get(client).unwrap_or(&none), in_b.get(client).unwrap_or(&none));
            lane(client, a, b)
        })
        .collect();
    // The one that comes first in the case: what follows it may be its consequence.
    found.sort_by_key(|difference| {
        let Both { a, b } = &difference.at_ms;
        a.iter().chain(b).min().copied().unwrap_or(i64::MAX)
    });
    let mut found = found.into_iter();
    let first = found.next()?;
    Some(FirstDifference { also: found.map(|other| other.client).collect(), ..first })
}

fn lane(client: &str, a: &[Said], b: &[Said]) -> Option<FirstDifference> {
    let at = a.iter().zip(b).position(|(a, b)| a.text != b.text).unwrap_or(a.len().min(b.len()));
    if at == a.len() && at == b.len() {
        return None;
    }
    let texts = |lines: &[Said], from: usize, most: usize| -> Vec<String> {
        lines.iter().skip(from).take(most).map(|said| said.text.clone()).collect()
    };
    Some(FirstDifference {
        client: client.to_owned(),
        line: at + 1,
        at_ms: Both { a: a.get(at).map(|said| said.at_ms), b: b.get(at).map(|said| said.at_ms) },
        before: texts(a, at.saturating_sub(BEFORE), at.min(BEFORE)),
        lines: Both { a: texts(a, at, AFTER), b: texts(b, at, AFTER) },
        also: Vec::new(),
    })
}

impl VerdictSaid {
    fn of(verdict: &Verdict) -> Self {
        let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let why = match verdict {
            Verdict::Pass => String::new(),
            Verdict::Unsupported { what, reason } => format!("{what}: {}", line(reason)),
            Verdict::CouldNotRun { reason }
            | Verdict::KnownFailing { reason, .. }
            | Verdict::UnexpectedlyPassing { reason, .. } => line(reason),
            Verdict::Fail { findings } | Verdict::Flaky { findings, .. } => {
                findings.first().map_or_else(String::new, |finding| {
                    format!("expected {}, seen {}", line(&finding.expected), line(&finding.seen))
                })
            }
        };
        Self { is: verdict.kind(), why }
    }
}

#[cfg(test)]
mod tests;
