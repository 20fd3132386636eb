//! Every deliberate bug against the whole suite, sequences aside, as any foreign client meets it: which bugs are noticed, by
//! which cases, and which live.
//!
//! A first run without bugs takes down which bugs each case came to: one that a case never came to changes nothing of it. Then
//! each bug meets the cases that come to it, those that should notice it first, until enough have.

mod order;
mod plain;
mod score;
mod trial;

use std::{num::NonZeroUsize, time::Duration};

use crate::{
    bug::Bug,
    runner::{DEFAULT_SEED, Interrupt},
    scenario::Scenario,
};

pub use score::{Areas, Score, Tally};
pub use trial::Mutant;

/// How it is done.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Seed of everything drawn.
    pub seed: u64,
    /// Threads.
    pub jobs: NonZeroUsize,
    /// A bug that so many cases have noticed meets no further one; `None`: it meets all.
    pub killers: Option<NonZeroUsize>,
    /// How long a case may take by the wall clock.
    pub case_limit: Duration,
    /// Asks for the end.
    pub interrupt: Interrupt,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            killers: NonZeroUsize::new(2),
            case_limit: Duration::from_secs(10),
            interrupt: Interrupt::default(),
        }
    }
}

/// Lets every bug meet the cases that come to it. `None`: it was interrupted.
#[must_use]
pub fn run(scenarios: &[Scenario], bugs: &[Bug], wanted: &Wanted) -> Option<Score> {
    let cases = plain::cases(scenarios);
    let plain = plain::run(&cases, wanted);
    let mutants = trial::run(&cases, &plain, bugs, wanted);
    if wanted.interrupt.is_set() {
        return None;
    }
    Some(Score::of(&cases, &plain, mutants))
}
