//! A scenario's card: each client's result with its findings first, then the sequence, then frames.

use indexmap::IndexMap;

use super::diagram::Diagram;
use crate::{
    report::text,
    verdict::{Difference, Direction, Finding, RunResult, ScenarioResult, Verdict, VerdictKind},
};

/// Frames shown of one result; the rest is in `run.jsonl`.
const MOST_FRAMES: usize = 400;

/// A case of a scenario, with the results of all clients.
pub(super) struct Card {
    /// Its place in the order of the runs.
    pub(super) index: usize,
    pub(super) anchor: String,
    /// Folder and file, with the axes.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) covers: Vec<String>,
    /// The worst verdict of all clients.
    pub(super) kind: VerdictKind,
    pub(super) results: Vec<Shown>,
    /// Every word that the text filter looks at, lower case.
    pub(super) words: String,
    /// Slugs of all verdicts, for the filter.
    pub(super) slugs: String,
}

/// One client's result.
pub(super) struct Shown {
    /// The number of its run, from 0.
    pub(super) run: usize,
    pub(super) anchor: String,
    pub(super) client: String,
    pub(super) kind: VerdictKind,
    pub(super) slug: &'static str,
    pub(super) words: &'static str,
    pub(super) red: bool,
    pub(super) seed: u64,
    pub(super) wall: String,
    pub(super) span: String,
    /// The verdict in one line, for lists.
    pub(super) gist: String,
    /// What the verdict says beside findings.
    pub(super) remark: String,
    pub(super) findings: Vec<ShownFinding>,
    pub(super) difference: Option<Difference>,
    pub(super) diagram: Option<Diagram>,
    pub(super) frames: Vec<Frame>,
    pub(super) more_frames: usize,
    pub(super) log: String,
    /// The command that runs it again; empty if none is known.
    pub(super) again: String,
}

/// A finding.
pub(super) struct ShownFinding {
    pub(super) kind: &'static str,
    pub(super) requirements: Vec<String>,
    pub(super) expected: String,
    pub(super) seen: String,
    pub(super) place: String,
    pub(super) snippet: String,
    pub(super) client: String,
    pub(super) at: String,
    pub(super) hint: String,
    pub(super) known: String,
}

/// A line of the list of frames.
pub(super) struct Frame {
    pub(super) at: String,
    pub(super) peer: String,
    pub(super) arrow: &'static str,
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) detail: String,
}

impl Card {
    /// One for each case, whatever clients ran it; the red ones first, else in the order of the runs.
    pub(super) fn all(runs: &[RunResult]) -> Vec<Self> {
        let mut cases: IndexMap<String, Vec<(usize, &ScenarioResult)>> = IndexMap::new();
        for (run, result) in
            runs.iter().enumerate().flat_map(|(n, run)| run.results.iter().map(move |it| (n, it)))
        {
            cases.entry(result.name()).or_default().push((run, result));
        }
        // The client that somebody must look at comes first; the sort is stable.
        cases
            .values_mut()
            .for_each(|results| results.sort_by_key(|(_, result)| !result.verdict.kind().is_red()));
        let mut cards: Vec<Self> = cases
            .into_iter()
            .enumerate()
            .map(|(index, (name, results))| Self::new(index, name, &results))
            .collect();
        cards.sort_by_key(|card| if card.kind.is_red() { card.kind } else { VerdictKind::Pass });
        cards
    }

    fn new(index: usize, name: String, results: &[(usize, &ScenarioResult)]) -> Self {
        let first = results[0].1;
        let kinds = results.iter().map(|(_, result)| result.verdict.kind());
        let mut slugs: Vec<&str> = kinds.clone().map(VerdictKind::slug).collect();
        slugs.dedup();
        let clients: Vec<String> = results.iter().map(|(_, result)| result.client.to_string()).collect();
        let words = format!("{} {name} {} {}", first.title, first.covers.join(" "), clients.join(" "));
        let anchor = format!("s{}", index + 1);
        Self {
            index,
            title: first.title.clone(),
            covers: first.covers.clone(),
            kind: kinds.min().unwrap_or(VerdictKind::Pass),
            results: results.iter().map(|(run, result)| Shown::new(*run, &anchor, result)).collect(),
            anchor,
            words: words.to_lowercase(),
            slugs: slugs.join(" "),
            name,
        }
    }

    /// Open from the start: what somebody must look at.
    pub(super) fn open(&self) -> bool {
        self.kind.is_red()
    }
}

impl Shown {
    fn new(run: usize, card: &str, result: &ScenarioResult) -> Self {
        let kind = result.verdict.kind();
        let remark = remark(&result.verdict);
        let findings: Vec<ShownFinding> = result.verdict.findings().iter().map(ShownFinding::new).collect();
        let gist = match findings.first() {
            Some(first) if remark.is_empty() => {
                let line = |text: &str| text.lines().next().unwrap_or("").to_owned();
                format!("expected {}, seen {}", line(&first.expected), line(&first.seen))
            }
            _ => remark.clone(),
        };
        Self {
            run,
            anchor: format!("{card}-{}", run + 1),
            client: result.client.to_string(),
            kind,
            slug: kind.slug(),
            words: kind.words(),
            red: kind.is_red(),
            seed: result.seed,
            wall: text::wall(result.wall_us),
            span: text::span(result.virtual_ms),
            gist,
            remark,
            findings,
            difference: result.first_difference.clone(),
            diagram: Diagram::new(result),
            frames: result.trace.iter().take(MOST_FRAMES).map(Frame::new).collect(),
            more_frames: result.trace.len().saturating_sub(MOST_FRAMES),
            log: result.log.join("\n"),
            again: result.again.clone(),
        }
    }
}

fn remark(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass | Verdict::Fail { .. } => String::new(),
        Verdict::Unsupported { what, reason } => format!("The client has no {what}: {reason}"),
        Verdict::CouldNotRun { reason } => reason.clone(),
        Verdict::KnownFailing { kind, reason, issue, .. } => {
            let issue = issue.as_ref().map_or(String::new(), |issue| format!(" ({issue})"));
            format!("The baseline says {}: {reason}{issue}", kind.word())
        }
        Verdict::UnexpectedlyPassing { entry, reason } => {
            format!("It passes, but baseline entry {entry} says it fails ({reason}). Remove the entry.")
        }
        Verdict::Flaky { attempts, failed, .. } => {
            format!("{failed} of {attempts} attempts with the same seed failed.")
        }
    }
}

impl ShownFinding {
    fn new(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.word(),
            requirements: finding.requirements.clone(),
            expected: finding.expected.clone(),
            seen: finding.seen.clone(),
            place: finding.place.as_ref().map(ToString::to_string).unwrap_or_default(),
            snippet: finding.place.as_ref().map(|place| place.snippet.clone()).unwrap_or_default(),
            client: finding.client.clone().unwrap_or_default(),
            at: finding.at_ms.map(text::at).unwrap_or_default(),
            hint: finding.hint.clone().unwrap_or_default(),
            known: finding.known.clone().unwrap_or_default(),
        }
    }
}

impl Frame {
    fn new(entry: &crate::verdict::TraceEntry) -> Self {
        let (arrow, class) = match entry.direction {
            Direction::ToService => ("→", "up"),
            Direction::ToClient => ("←", "down"),
            Direction::Within => ("•", "within"),
        };
        let peer = [entry.client.as_deref().unwrap_or_default(), entry.connection.as_str()];
        let peer: Vec<&str> = peer.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            at: text::at(entry.at_ms),
            peer: peer.join(" "),
            arrow,
            class,
            text: entry.text.clone(),
            detail: entry.detail.clone(),
        }
    }
}
