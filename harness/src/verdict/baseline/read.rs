//! A baseline file's text to [`Baseline`], all mistakes at once.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Baseline, Date, Entry, EntryKind, Rate};

/// Version of the file format.
pub(super) const VERSION: u32 = 1;

/// Why a baseline file cannot be used: one sentence a mistake, each beginning with `file:line`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .mistakes.join("\n"))]
pub struct BaselineError {
    /// In the order of the file.
    pub mistakes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    baseline: Spanned<u32>,
    #[serde(default)]
    entries: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    scenario: String,
    requirement: Option<String>,
    #[serde(default)]
    kind: EntryKind,
    reason: String,
    issue: Option<String>,
    owner: Option<String>,
    until: Option<String>,
    rate: Option<String>,
}

impl Baseline {
    /// Reads a file's text; `path` is for messages.
    ///
    /// # Errors
    /// If it is not YAML of this shape or comes to more than [`mock_server::yaml`] allows, or an entry has no reason, no pattern, no real date, or says the same as another.
    pub fn read(path: &str, text: &str) -> Result<Self, BaselineError> {
        let file: File = mock_server::yaml::from_str(text).map_err(|error| {
            let place = error.at.map_or(" ".to_owned(), |(line, column)| format!("{line}:{column}: "));
            BaselineError { mistakes: vec![format!("{path}:{place}{}", first_line(&error.message))] }
        })?;
        let mut mistakes = Vec::new();
        if file.baseline.value != VERSION {
            let line = file.baseline.referenced.line();
            mistakes
                .push(format!("{path}:{line}: version {} is not known, only {VERSION}", file.baseline.value));
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(file.entries.len());
        for raw in file.entries {
            let line = usize::try_from(raw.referenced.line()).unwrap_or(usize::MAX);
            let entry =
                raw.value.check(path, line, &mut |text| mistakes.push(format!("{path}:{line}: {text}")));
            let same = |other: &&Entry| {
                (&other.scenario, &other.requirement) == (&entry.scenario, &entry.requirement)
            };
            if let Some(other) = entries.iter().find(same) {
                mistakes.push(format!("{path}:{line}: says the same as line {}", other.line));
            }
            entries.push(entry);
        }
        if mistakes.is_empty() {
            Ok(Self { path: path.to_owned(), entries })
        } else {
            Err(BaselineError { mistakes })
        }
    }
}

impl RawEntry {
    fn check(self, path: &str, line: usize, mistake: &mut dyn FnMut(String)) -> Entry {
        if self.scenario.trim().is_empty() {
            mistake("`scenario` is empty: name the cases, `**` for all".to_owned());
        }
        if self.reason.trim().is_empty() {
            mistake("`reason` is empty: say why the client deviates".to_owned());
        }
        let until = self.until.as_deref().and_then(|text| {
            let date = Date::parse(text);
            if date.is_none() {
                mistake(format!("`{text}` is no day: write it as 2027-03-01"));
            }
            date
        });
        let rate = self.rate.as_deref().and_then(|text| {
            let rate = Rate::parse(text);
            if rate.is_none() {
                mistake(format!("`{text}` is no rate: write it as 20% or 1/5, above 0 and below all"));
            }
            rate
        });
        if self.rate.is_some() && self.kind != EntryKind::Flaky {
            mistake("`rate` is of `kind: flaky` alone".to_owned());
        }
        let Self { scenario, requirement, kind, reason, issue, owner, until: _, rate: _ } = self;
        let path = path.to_owned();
        Entry { scenario, requirement, kind, reason, issue, owner, until, rate, path, line, borrowed: false }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_with_everything() {
        let text = "baseline: 1\nentries:\n  - scenario: chatroom/*\n    requirement: CHRM-012\n    kind: flaky\n    reason: late\n    issue: '42'\n    owner: chat\n    until: 2027-03-01\n    rate: 20%\n";
        let read = Baseline::read("b.yaml", text).unwrap();
        assert_eq!(
            read.entries,
            [Entry {
                scenario: "chatroom/*".into(),
                requirement: Some("CHRM-012".into()),
                kind: EntryKind::Flaky,
                reason: "late".into(),
                issue: Some("42".into()),
                owner: Some("chat".into()),
                until: Date::parse("2027-03-01"),
                rate: Rate::parse("20%"),
                path: "b.yaml".into(),
                line: 3,
                borrowed: false,
            }]
        );
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let text = "baseline: 2\nentries:\n  - {scenario: '', reason: r}\n  - {scenario: a, reason: ' ', until: soon}\n  - {scenario: a, reason: again}\n  - {scenario: b, reason: r, rate: often}\n";
        assert_eq!(
            Baseline::read("b.yaml", text).unwrap_err().mistakes,
            [
                "b.yaml:1: version 2 is not known, only 1",
                "b.yaml:3: `scenario` is empty: name the cases, `**` for all",
                "b.yaml:4: `reason` is empty: say why the client deviates",
                "b.yaml:4: `soon` is no day: write it as 2027-03-01",
                "b.yaml:5: says the same as line 4",
                "b.yaml:6: `often` is no rate: write it as 20% or 1/5, above 0 and below all",
                "b.yaml:6: `rate` is of `kind: flaky` alone",
            ]
        );
    }

    #[test]
    fn a_baseline_keeps_to_the_budget_of_all_files() {
        let deep = format!("baseline: 1\nmore: {}{}", "[".repeat(100), "]".repeat(100));
        let error = Baseline::read("b.yaml", &deep).unwrap_err();
        assert_eq!(error.mistakes, ["b.yaml:2:70: more than 64 lists and mappings stand within each other"]);
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_place() {
        let error =
            Baseline::read("b.yaml", "baseline: 1\nentries:\n  - {scenario: a, reson: r}\n").unwrap_err();
        assert!(error.mistakes[0].starts_with("b.yaml:3:"), "{error}");
        assert!(error.mistakes[0].contains("reson"), "{error}");
    }
}
