//! The requirement matrix: every requirement by area, its scenarios, each client's result, and what nothing covers.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{RequirementRow, scenarios::Card};
use crate::{
    report::text,
    verdict::{RunResult, VerdictKind},
};

/// All areas.
pub(super) struct Matrix {
    pub(super) areas: Vec<Area>,
    pub(super) total: usize,
    pub(super) covered: usize,
    pub(super) untestable: usize,
    pub(super) uncovered: usize,
}

/// The requirements with the same letters.
pub(super) struct Area {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
    pub(super) covered: usize,
    pub(super) uncovered: usize,
    pub(super) untestable: usize,
    pub(super) bar: Vec<Span>,
    /// Something in it is red.
    pub(super) red: bool,
}

/// A requirement.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) statement: String,
    pub(super) state: &'static str,
    pub(super) note: String,
    pub(super) scenarios: Vec<Link>,
    pub(super) cells: Vec<Cell>,
}

/// A link to a scenario.
pub(super) struct Link {
    pub(super) anchor: String,
    pub(super) name: String,
}

/// One client's result on one requirement: its worst verdict.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    /// The worst of everything, what is unsupported included; `None` if no scenario says anything.
    worst: Option<VerdictKind>,
    /// Of how many results that say something.
    pub(super) passed: usize,
    pub(super) all: usize,
}

/// A stretch of a stacked bar.
pub(super) struct Span {
    pub(super) slug: &'static str,
    pub(super) count: usize,
    /// Per cent of the whole.
    pub(super) width: String,
}

impl Span {
    pub(super) fn new(slug: &'static str, count: usize, whole: usize) -> Self {
        let width = format!("{:.2}", count as f64 * 100.0 / whole.max(1) as f64);
        Self { slug, count, width }
    }
}

impl Cell {
    const NONE: Self = Self { slug: "none", words: "–", worst: None, passed: 0, all: 0 };

    fn of(kinds: &[VerdictKind]) -> Self {
        let Some(worst) = kinds.iter().min() else { return Self::NONE };
        // An unsupported case beside a passed one is no reason to call the requirement unsupported.
        let judged = kinds.iter().filter(|kind| **kind != VerdictKind::Unsupported).min().unwrap_or(worst);
        let passed = kinds.iter().filter(|kind| **kind == VerdictKind::Pass).count();
        Self { slug: judged.slug(), words: judged.words(), worst: Some(*worst), passed, all: kinds.len() }
    }
}

impl Matrix {
    pub(super) fn new(runs: &[RunResult], requirements: &[RequirementRow], cards: &[Card]) -> Self {
        let mut scenarios: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
        for card in cards {
            for id in &card.covers {
                let link = Link { anchor: card.anchor.clone(), name: card.name.clone() };
                scenarios.entry(id).or_default().push(link);
            }
        }
        let kinds: Vec<BTreeMap<&str, Vec<VerdictKind>>> = runs.iter().map(kinds_by_requirement).collect();
        let cells = |id: &str| -> Vec<Cell> {
            kinds.iter().map(|kinds| kinds.get(id).map_or(Cell::NONE, |kinds| Cell::of(kinds))).collect()
        };
        let mut areas: IndexMap<String, Vec<Row>> = IndexMap::new();
        let mut seen = BTreeSet::new();
        for requirement in requirements {
            seen.insert(requirement.id.as_str());
            let row = Row::new(requirement, &mut scenarios, cells(&requirement.id));
            areas.entry(area(&requirement.id)).or_default().push(row);
        }
        // Ids that scenarios cover and the catalogue does not know are shown too: nothing disappears.
        let strangers: Vec<String> =
            scenarios.keys().filter(|id| !seen.contains(*id)).map(ToString::to_string).collect();
        for id in strangers {
            let statement = "Not in the catalogue.".to_owned();
            let row = RequirementRow { id, statement, testable: true, uncovered_reason: None };
            areas.entry(area(&row.id)).or_default().push(Row::new(&row, &mut scenarios, cells(&row.id)));
        }
        let areas: Vec<Area> = areas.into_iter().map(|(name, rows)| Area::new(name, rows)).collect();
        let sum = |count: fn(&Area) -> usize| areas.iter().map(count).sum();
        Self {
            total: sum(|area| area.rows.len()),
            covered: sum(|area| area.covered),
            untestable: sum(|area| area.untestable),
            uncovered: sum(|area| area.uncovered),
            areas,
        }
    }
}

fn kinds_by_requirement(run: &RunResult) -> BTreeMap<&str, Vec<VerdictKind>> {
    let mut kinds: BTreeMap<&str, Vec<VerdictKind>> = BTreeMap::new();
    for result in &run.results {
        for id in &result.covers {
            kinds.entry(id).or_default().push(result.verdict.kind());
        }
    }
    kinds
}

fn area(id: &str) -> String {
    id.split('-').next().unwrap_or(id).to_owned()
}

impl Row {
    fn new(row: &RequirementRow, scenarios: &mut BTreeMap<&str, Vec<Link>>, cells: Vec<Cell>) -> Self {
        let scenarios = scenarios.remove(row.id.as_str()).unwrap_or_default();
        let (state, note) = match (&row.uncovered_reason, scenarios.is_empty(), row.testable) {
            (_, false, _) => ("covered", String::new()),
            (Some(reason), true, true) => ("uncovered", reason.clone()),
            (None, true, true) => ("uncovered", "no scenario yet".to_owned()),
            (reason, true, false) => {
                ("untestable", reason.clone().unwrap_or_else(|| "cannot be tested".to_owned()))
            }
        };
        Self { id: row.id.clone(), statement: row.statement.clone(), state, note, scenarios, cells }
    }

    /// The worst of all clients.
    fn worst(&self) -> Option<VerdictKind> {
        self.cells.iter().filter_map(|cell| cell.worst).min()
    }
}

impl Area {
    fn new(name: String, rows: Vec<Row>) -> Self {
        let count = |state: &str| rows.iter().filter(|row| row.state == state).count();
        let (covered, uncovered, untestable) = (count("covered"), count("uncovered"), count("untestable"));
        let worst: Vec<VerdictKind> = rows.iter().filter_map(Row::worst).collect();
        let (red, whole) = (worst.iter().any(|kind| kind.is_red()), rows.len());
        let of = |kind: &VerdictKind| worst.iter().filter(|worst| *worst == kind).count();
        let mut bar: Vec<Span> =
            text::ORDER.iter().map(|kind| Span::new(kind.slug(), of(kind), whole)).collect();
        bar.extend([Span::new("uncovered", uncovered, whole), Span::new("untestable", untestable, whole)]);
        bar.retain(|span| span.count > 0);
        Self { name, covered, uncovered, untestable, bar, red, rows }
    }
}
