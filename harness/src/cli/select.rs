//! Which cases a run is of.

use std::{io::Write, str::FromStr};

use super::{RunArgs, Stop, cases, exit, files, lint};
use crate::scenario::{Diagnostic, Scenario};

/// A part of all cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers =
            text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("a part is written `2/4`: from `1/4` to `4/4`".to_owned()),
        }
    }
}

impl Shard {
    /// Whether the nth case (from 0) belongs to this part.
    #[must_use]
    pub fn has(self, n: usize) -> bool {
        n % self.of == self.part - 1
    }
}

impl RunArgs {
    /// Reads the scenarios and keeps the cases that are selected; scenarios without any are left out.
    ///
    /// # Errors
    /// A path that is not there, any mistake in any file, or nothing selected.
    pub fn select(&self, err: &mut dyn Write) -> Result<Vec<Scenario>, Stop> {
        let mut scenarios = Vec::new();
        let mut wrong = 0;
        let of_cases = if self.paths.is_empty() { cases::files(&self.case) } else { None };
        for file in files::read_telling(of_cases.as_deref().unwrap_or(&self.paths), err)? {
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
        let mut cases = cases::Cases::new(&self.case);
        scenarios.iter_mut().for_each(|scenario| cases.keep(scenario));
        cases.all_met()?;
        let mut n = 0;
        for scenario in &mut scenarios {
            let (path, title) = (scenario.path().to_owned(), scenario.title.clone());
            scenario.cases.retain(|case| {
                let label = case.label();
                let texts = [&path, &title, &label];
                let wanted = self
                    .filter
                    .as_ref()
                    .is_none_or(|filter| texts.iter().any(|text| text.contains(filter.as_str())));
                if !wanted {
                    return false;
                }
                n += 1;
                self.shard.is_none_or(|shard| shard.has(n - 1))
            });
        }
        scenarios.retain(|scenario| !scenario.cases.is_empty());
        if scenarios.is_empty() {
            let message = "no scenario is selected".to_owned();
            return Err(Stop { message, hint: None, code: exit::NOTHING_SELECTED });
        }
        Ok(scenarios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_together_are_everything_and_no_case_twice() {
        for of in 1..=5 {
            for n in 0..20 {
                let parts = (1..=of).filter(|part| Shard { part: *part, of }.has(n)).count();
                assert_eq!(parts, 1, "case {n} of {of} parts");
            }
        }
        for wrong in ["0/4", "5/4", "4", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
