//! What came of it: how many bugs were noticed, by area and in all.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    plain::{Plain, Planned},
    trial::Mutant,
};
use crate::{bug::Bug, scenario::Scenario, verdict::area_of};

/// The area of bugs of the service that no scenario names.
const NAMELESS: &str = "unnamed";

/// How many of some bugs were noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// So many were.
    pub noticed: usize,
    /// Of so many.
    pub of: usize,
}

impl Tally {
    fn add(&mut self, mutant: &Mutant) {
        self.of += 1;
        self.noticed += usize::from(mutant.is_noticed());
    }

    /// In hundredths, rounded down: only all are a hundred.
    #[must_use]
    pub fn percent(self) -> usize {
        (self.noticed * 100).checked_div(self.of).unwrap_or(100)
    }
}

/// What the suite is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Every bug, in the order asked for.
    pub mutants: Vec<Mutant>,
    /// Cases that judged.
    pub judges: usize,
    /// Cases that do not pass without a bug, and why; they judged nothing.
    pub wrong: Vec<(String, String)>,
    /// Scenarios none of whose cases noticed any bug.
    pub idle: Vec<String>,
}

impl Score {
    pub(super) fn of(cases: &[Planned<'_>], plain: &[Plain], mutants: Vec<Mutant>) -> Self {
        let killers: BTreeSet<&String> = mutants.iter().flat_map(|mutant| &mutant.killers).collect();
        let judges = || cases.iter().zip(plain).filter(|(_, plain)| plain.passes).map(|(planned, _)| planned);
        let busy: BTreeSet<&str> = judges()
            .filter(|planned| killers.contains(&planned.name()))
            .map(|planned| planned.scenario.path())
            .collect();
        let all: BTreeSet<&str> = judges().map(|planned| planned.scenario.path()).collect();
        let wrong = cases.iter().zip(plain);
        Self {
            judges: judges().count(),
            wrong: wrong
                .filter_map(|(planned, plain)| Some((planned.name(), plain.wrong.clone()?)))
                .collect(),
            idle: all.difference(&busy).map(|path| (*path).to_owned()).collect(),
            mutants,
        }
    }

    /// All bugs of one side.
    #[must_use]
    pub fn side(&self, client: bool) -> Tally {
        let mut tally = Tally::default();
        self.mutants.iter().filter(|mutant| mutant.bug.is_of_client() == client).for_each(|m| tally.add(m));
        tally
    }

    /// One side's, by area.
    #[must_use]
    pub fn areas(&self, client: bool, areas: &Areas) -> BTreeMap<String, Tally> {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for mutant in self.mutants.iter().filter(|mutant| mutant.bug.is_of_client() == client) {
            tallies.entry(areas.of_bug(mutant.bug)).or_default().add(mutant);
        }
        tallies
    }
}

/// Where bugs lie.
#[derive(Debug, Default)]
pub struct Areas(BTreeMap<String, String>);

impl Areas {
    /// The client's bugs say it themselves; those of the service lie where the first scenario lies that names them.
    #[must_use]
    pub fn of(scenarios: &[Scenario]) -> Self {
        let mut areas = BTreeMap::new();
        for scenario in scenarios {
            let path = scenario.path();
            let path = path.rsplit_once("scenarios/").map_or(path, |(_, path)| path);
            for named in &scenario.breaks_when {
                areas.entry(named.value.clone()).or_insert_with(|| area_of(path).to_owned());
            }
        }
        Self(areas)
    }

    /// The area of a bug.
    #[must_use]
    pub fn of_bug(&self, bug: Bug) -> String {
        match bug {
            Bug::Client(bug) => bug.area().to_owned(),
            Bug::Service(_) => self.0.get(&bug.to_string()).cloned().unwrap_or_else(|| NAMELESS.to_owned()),
        }
    }
}
