//! The deviations that a client is known for, kept by its team in a file of its own.
//!
//! ```yaml
//! baseline: 1
//! entries:
//!   - scenario: chatroom/*               # a case's name: `*` within a folder, `**` across, `[axis=value]` one case, `\*` a star
//!     requirement: CHRM-012              # optional: only findings that break it
//!     kind: failing                      # failing (default), flaky, could-not-run, unsupported
//!     reason: entries are reported after the join callback
//!     issue: https://tracker.example/42  # optional, as is owner
//!     owner: chat team
//!     until: 2027-03-01                  # optional: the last day on which the entry holds, UTC
//!   - scenario: reconnect/**
//!     kind: flaky
//!     rate: 20%                          # optional, of flaky entries: fails at most so often
//!     reason: the network thread is late at times
//! ```
//!
//! An entry by pattern is about those of its cases that the client supports. What is listed must be so: a known failure that passes turns red, an entry that is expired, matches no scenario or
//! names an unknown requirement is a problem of the run, each with its line and the nearest name. A finding that no
//! entry accounts for still fails its scenario.

mod apply;
mod date;
mod pattern;
mod rate;
mod read;
mod write;

use serde::{Deserialize, Serialize};

pub use date::Date;
pub use rate::Rate;
pub use read::BaselineError;
pub use write::propose;

use super::ScenarioResult;
use crate::scenario::nearest;

/// A client's known deviations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// The file's path as given, for messages.
    pub path: String,
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

/// One known deviation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which cases, by [`ScenarioResult::name`]: `*` within a folder, `**` across folders, `\*` a star; without `[…]` every
    /// case of the matrix.
    pub scenario: String,
    /// Only findings that break this requirement.
    pub requirement: Option<String>,
    /// What is known.
    pub kind: EntryKind,
    /// Why; never empty.
    pub reason: String,
    /// Where it is tracked.
    pub issue: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Of a flaky entry: how often it fails at most.
    pub rate: Option<Rate>,
    /// The file's path as given, for messages.
    pub path: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// It is of the same client under other conditions ([`Baseline::beside`]): what does not run here is no news.
    pub borrowed: bool,
}

/// What an entry says of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// It fails, every time.
    #[default]
    Failing,
    /// It fails at times: neither result decides.
    Flaky,
    /// It cannot be run: the client crashes, hangs or never answers.
    CouldNotRun,
    /// The client has no such thing; listed so that a later version that has it is noticed.
    Unsupported,
}

impl EntryKind {
    /// The word for it in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Flaky => "flaky",
            Self::CouldNotRun => "could-not-run",
            Self::Unsupported => "unsupported",
        }
    }
}

impl Entry {
    /// Whether it is about a case: its name, and the requirement if the entry names one.
    fn is_about(&self, result: &ScenarioResult, name: &str) -> bool {
        let named = |id: &String| result.covers.contains(id) || cites(result, id);
        pattern::matches(&self.scenario, name) && self.requirement.as_ref().is_none_or(named)
    }
}

fn cites(result: &ScenarioResult, id: &String) -> bool {
    result.verdict.findings().iter().any(|finding| finding.requirements.contains(id))
}

impl Baseline {
    /// What another file knows beside this one, of the same client under other conditions: where both speak of the same
    /// cases, this one counts.
    #[must_use]
    pub fn beside(mut self, other: Self) -> Self {
        let is_new = |entry: &Entry| self.entries.iter().all(|own| own.scenario != entry.scenario);
        let borrowed = |entry| Entry { borrowed: true, ..entry };
        let more: Vec<Entry> = other.entries.into_iter().filter(is_new).map(borrowed).collect();
        self.entries.extend(more);
        self
    }

    /// What is wrong with the file itself, whatever the run says: expired entries, patterns that match none of the
    /// suite's case names, requirements that are not in the catalogue. All at once, one sentence each.
    ///
    /// `names` are the names of *all* cases of the suite, not only the selected ones.
    #[must_use]
    pub fn problems(&self, names: &[String], requirements: &[&str], today: Date) -> Vec<String> {
        let mut problems = Vec::new();
        for entry in &self.entries {
            let mut add = |text: String| problems.push(format!("{}:{}: {text}", entry.path, entry.line));
            if let Some(until) = entry.until.filter(|until| *until < today) {
                let whose = [("owner", &entry.owner), ("issue", &entry.issue)];
                let whose: String = whose
                    .iter()
                    .filter_map(|(what, who)| Some(format!("; {what}: {}", who.as_ref()?)))
                    .collect();
                add(format!("`{}` expired on {until}{whose}", entry.scenario));
            }
            if !names.iter().any(|name| pattern::matches(&entry.scenario, name)) {
                let help = did_you_mean(&entry.scenario, names.iter().map(String::as_str));
                add(format!("`{}` matches no scenario{help}", entry.scenario));
            }
            if let Some(id) = entry.requirement.as_deref().filter(|id| !requirements.contains(id)) {
                let help = did_you_mean(id, requirements.iter().copied());
                add(format!("requirement `{id}` is not in the catalogue{help}"));
            }
        }
        problems
    }
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_names_every_problem_with_its_line_and_the_nearest_name() {
        let text = "baseline: 1\nentries:\n  - scenario: chatroom/joins\n    reason: r\n  - {scenario: 'chatroom/*', requirement: CHRM-01, reason: r, owner: chat, issue: '42', until: 2026-01-31}\n";
        let baseline = Baseline::read("web.yaml", text).unwrap();
        let names = ["chatroom/join".to_owned(), "message/send[type=group]".to_owned()];
        let today = Date::from_unix_ms(1_770_000_000_000);
        assert_eq!(
            baseline.problems(&names, &["CHRM-011"], today),
            [
                "web.yaml:3: `chatroom/joins` matches no scenario; did you mean `chatroom/join`?",
                "web.yaml:5: `chatroom/*` expired on 2026-01-31; owner: chat; issue: 42",
                "web.yaml:5: requirement `CHRM-01` is not in the catalogue; did you mean `CHRM-011`?",
            ]
        );
    }
}
