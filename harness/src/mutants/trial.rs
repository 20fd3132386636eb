//! Each bug meets its cases.

use std::num::NonZeroUsize;

use super::{
    Wanted, order,
    plain::{Plain, Planned, each, judged, options},
};
use crate::{bug::Bug, verdict::Verdict};

/// A bug, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The bug.
    pub bug: Bug,
    /// How many cases come to it.
    pub reached: usize,
    /// With how many of them it was tried.
    pub tried: usize,
    /// The cases that noticed it, by the names that `--case` takes.
    pub killers: Vec<String>,
    /// Cases that could not be run with it, and why. They have not noticed it: nobody could tell what went wrong.
    pub broken: Vec<(String, String)>,
}

impl Mutant {
    /// Whether any case noticed it.
    #[must_use]
    pub fn is_noticed(&self) -> bool {
        !self.killers.is_empty()
    }
}

pub(super) fn run(cases: &[Planned<'_>], plain: &[Plain], bugs: &[Bug], wanted: &Wanted) -> Vec<Mutant> {
    let orders: Vec<Vec<usize>> = bugs.iter().map(|bug| order::of(*bug, cases, plain)).collect();
    // What may take longest begins first, so that no thread is left alone with it in the end.
    let mut turns: Vec<usize> = (0..bugs.len()).collect();
    turns.sort_by_key(|n| std::cmp::Reverse(orders[*n].len()));
    let found = each(turns.len(), wanted, |turn, driver| {
        let n = turns[turn];
        let options = options(wanted, vec![bugs[n]]);
        let mut mutant = Mutant {
            bug: bugs[n],
            reached: orders[n].len(),
            tried: 0,
            killers: Vec::new(),
            broken: Vec::new(),
        };
        for index in &orders[n] {
            if wanted.interrupt.is_set()
                || wanted.killers.map(NonZeroUsize::get) == Some(mutant.killers.len())
            {
                break;
            }
            mutant.tried += 1;
            match judged(&cases[*index], *index, &options, driver).verdict {
                Verdict::Fail { .. } => mutant.killers.push(cases[*index].name()),
                Verdict::CouldNotRun { reason } => mutant.broken.push((cases[*index].name(), reason)),
                _ => {}
            }
        }
        Some((n, mutant))
    });
    let mut found: Vec<(usize, Mutant)> = found.into_iter().flatten().collect();
    found.sort_by_key(|(n, _)| *n);
    found.into_iter().map(|(_, mutant)| mutant).collect()
}
