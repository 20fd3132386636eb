//! Clients side by side: areas, their cases, and each client's verdict with the way to its details.

use indexmap::IndexMap;

use super::scenarios::{Card, Shown};
use crate::verdict::{RunResult, area_of};

/// Longest reason in a cell, in characters.
const LONGEST: usize = 160;

/// All areas in the order of the runs.
pub(super) struct Clients {
    /// Their names; the versions stand at the head of the page.
    pub(super) names: Vec<String>,
    pub(super) areas: Vec<ClientArea>,
}

/// The cases of an area.
pub(super) struct ClientArea {
    pub(super) name: String,
    /// How each client fares.
    pub(super) sums: Vec<Sum>,
    pub(super) rows: Vec<CaseRow>,
    /// Somebody must look at it.
    pub(super) red: bool,
}

/// A client in an area.
pub(super) struct Sum {
    /// The worst of what was judged.
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    pub(super) passed: usize,
    pub(super) all: usize,
}

/// A case.
pub(super) struct CaseRow {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) cells: Vec<Option<CaseCell>>,
}

/// A client's verdict on a case.
pub(super) struct CaseCell {
    pub(super) anchor: String,
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    /// Why, if it is red.
    pub(super) reason: String,
    /// Why, if it is no pass and nothing red: shown when asked for.
    pub(super) aside: String,
}

impl Clients {
    /// Of the cards of these runs.
    pub(super) fn new(cards: &[Card], runs: &[RunResult]) -> Self {
        let mut cards: Vec<&Card> = cards.iter().collect();
        cards.sort_by_key(|card| card.index);
        let mut areas: IndexMap<&str, Vec<&Card>> = IndexMap::new();
        for card in cards {
            areas.entry(area_of(&card.name)).or_default().push(card);
        }
        Self {
            names: runs.iter().map(|run| run.client.name.clone()).collect(),
            areas: areas.into_iter().map(|(name, cards)| ClientArea::new(name, &cards, runs.len())).collect(),
        }
    }
}

impl ClientArea {
    fn new(name: &str, cards: &[&Card], runs: usize) -> Self {
        let of =
            |run: usize| cards.iter().flat_map(|card| &card.results).filter(move |result| result.run == run);
        let row = |card: &&Card| CaseRow {
            name: card.name.clone(),
            title: card.title.clone(),
            cells: (0..runs)
                .map(|run| card.results.iter().find(|result| result.run == run).map(CaseCell::new))
                .collect(),
        };
        Self {
            name: if name.is_empty() { "scenarios".to_owned() } else { name.to_owned() },
            sums: (0..runs).map(|run| Sum::new(of(run))).collect(),
            rows: cards.iter().map(row).collect(),
            red: cards.iter().any(|card| card.open()),
        }
    }
}

impl Sum {
    fn new<'a>(results: impl Iterator<Item = &'a Shown>) -> Self {
        let results: Vec<&Shown> = results.collect();
        // What is unsupported beside what was judged does not speak for the area.
        let judged = results.iter().filter(|result| result.slug != "unsupported").min_by_key(|it| it.kind);
        let (slug, words) = match judged.or(results.first()) {
            Some(worst) => (worst.slug, worst.words),
            None => ("none", "not run"),
        };
        Self {
            slug,
            words,
            passed: results.iter().filter(|it| it.slug == "pass").count(),
            all: results.len(),
        }
    }
}

impl CaseCell {
    fn new(result: &Shown) -> Self {
        let why = shortened(&result.gist);
        let (reason, aside) = if result.red { (why, String::new()) } else { (String::new(), why) };
        Self { anchor: result.anchor.clone(), slug: result.slug, words: result.words, reason, aside }
    }
}

fn shortened(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
