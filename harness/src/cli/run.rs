//! `harness run`: which cases are run, and how.

use std::{io::Write, path::PathBuf, str::FromStr};

use clap::Args;

use super::{Format, Stop, exit, files, lint};
use crate::scenario::Scenario;

/// Arguments of `harness run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Files or folders; `scenarios/` if none is given.
    pub paths: Vec<PathBuf>,
    /// The client under test: a name of `harness clients`, or a command that speaks the adapter protocol.
    #[arg(long, default_value = "reference", value_name = "NAME|CMD")]
    pub client: String,
    /// Only cases whose path, title or axes contain this.
    #[arg(long)]
    pub filter: Option<String>,
    /// How many run side by side; as many as the machine has cores if not given.
    #[arg(long)]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Seed of everything that is drawn: same seed, same sequences.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this part of the cases: `2/4`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Writes every canonical sequence into this file, and nothing of wall time.
    #[arg(long, value_name = "FILE")]
    pub sequences: Option<PathBuf>,
    /// How progress and results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where reports go.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub reports: PathBuf,
    /// Accepts changed sequences instead of leaving them to `harness review`.
    #[arg(long)]
    pub accept: bool,
}

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
        for file in files::read(&self.paths)? {
            match file.scenario {
                Ok(scenario) => scenarios.push(scenario),
                Err(diagnostics) => {
                    wrong += 1;
                    lint::show(&diagnostics, err)?;
                }
            }
        }
        if wrong > 0 {
            return Err(Stop::usage(format!("{wrong} scenario files are wrong; nothing was run"), None));
        }
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

pub(super) fn run(args: &RunArgs, _out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Stop> {
    let scenarios = args.select(err)?;
    let message = format!("{} scenarios are right, but this build has no runner", scenarios.len());
    Err(Stop { message, hint: None, code: exit::HARNESS_FAULT })
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
