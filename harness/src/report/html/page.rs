//! The page: what came of each run at its head, then requirements, then scenarios.

use askama::Template;

use super::{
    RequirementRow,
    clients::Clients,
    requirements::{Matrix, Span},
    scenarios::Card,
};
use crate::{
    report::text,
    verdict::{RunResult, VerdictKind},
};

/// What the template shows.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
    pub(super) matrix: Matrix,
    /// Clients side by side, if there are several.
    pub(super) clients: Clients,
    /// Scenarios, the red ones first.
    pub(super) cards: Vec<Card>,
    /// The red ones, for the list at the head.
    pub(super) red: Vec<RedLine>,
    /// Verdicts to filter by, with how many results have them.
    pub(super) filters: Vec<Count>,
    /// Names in the columns of the matrix.
    pub(super) columns: Vec<String>,
}

/// A run at the head.
pub(super) struct Run {
    pub(super) client: String,
    pub(super) clock: &'static str,
    pub(super) seed: u64,
    pub(super) suite: String,
    pub(super) started: String,
    pub(super) wall: String,
    pub(super) planned: usize,
    pub(super) good: bool,
    pub(super) outcome: String,
    pub(super) exit_code: u8,
    pub(super) counts: Vec<Count>,
    pub(super) bar: Vec<Span>,
    pub(super) troubles: Vec<String>,
}

/// How many have a verdict.
pub(super) struct Count {
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    pub(super) count: usize,
}

/// A line of the list of what is red.
pub(super) struct RedLine {
    pub(super) anchor: String,
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    pub(super) title: String,
    pub(super) client: String,
    pub(super) first: String,
}

impl Page {
    /// Of runs, in their order.
    pub(super) fn new(runs: &[RunResult], requirements: &[RequirementRow]) -> Self {
        let cards = Card::all(runs);
        let red = cards
            .iter()
            .flat_map(|card| {
                card.results.iter().filter(|result| result.red).map(move |result| (card, result))
            })
            .map(|(card, result)| RedLine {
                anchor: if runs.len() > 1 { result.anchor.clone() } else { card.anchor.clone() },
                slug: result.slug,
                words: result.words,
                title: card.title.clone(),
                client: result.client.clone(),
                first: result.gist.clone(),
            })
            .collect();
        let of = |kind: VerdictKind| runs.iter().map(|run| run.totals().of(kind)).sum();
        Self {
            runs: runs.iter().map(Run::new).collect(),
            matrix: Matrix::new(runs, requirements, &cards),
            clients: Clients::new(if runs.len() > 1 { &cards } else { &[] }, runs),
            filters: text::ORDER.iter().map(|kind| Count::new(*kind, of(*kind))).collect(),
            columns: runs.iter().map(|run| run.client.to_string()).collect(),
            cards,
            red,
        }
    }

    /// What a browser's tab says.
    fn title(&self) -> String {
        let runs: Vec<String> =
            self.runs.iter().map(|run| format!("{} {}", run.client, run.outcome)).collect();
        runs.join(" · ")
    }

    fn many(&self) -> bool {
        self.runs.len() > 1
    }
}

impl Run {
    fn new(run: &RunResult) -> Self {
        let totals = run.totals();
        let unreported = totals.planned.saturating_sub(totals.reported);
        let mut bar: Vec<Span> =
            text::ORDER.iter().map(|kind| Span::new(kind.slug(), totals.of(*kind), totals.planned)).collect();
        bar.push(Span::new("unreported", unreported, totals.planned));
        bar.retain(|span| span.count > 0);
        Self {
            client: run.client.to_string(),
            clock: run.client.clock.word(),
            seed: run.seed,
            suite: run.suite.clone(),
            started: text::iso(run.started_ms).replace('T', " "),
            wall: text::wall(run.wall_us),
            planned: totals.planned,
            good: run.exit_code() == 0,
            outcome: text::outcome(run),
            exit_code: run.exit_code(),
            counts: text::ORDER.iter().map(|kind| Count::new(*kind, totals.of(*kind))).collect(),
            bar,
            troubles: text::troubles(run),
        }
    }
}

impl Count {
    fn new(kind: VerdictKind, count: usize) -> Self {
        Self { slug: kind.slug(), words: kind.words(), count }
    }
}
