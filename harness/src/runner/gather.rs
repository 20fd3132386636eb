//! Results as they come, until those of a file are all there: only then can its sequences be compared, and only then is
//! a verdict final.

use std::{collections::BTreeMap, ops::Range};

use super::{RanCase, Snapshots, snapshot};
use crate::{
    scenario::{Case, Scenario},
    verdict::ScenarioResult,
};

/// The results of a run so far, by the number of the case.
pub(super) struct Gathered<'a> {
    /// The file of each case, and which cases are that file's.
    files: Vec<(&'a Scenario, Range<usize>)>,
    results: BTreeMap<usize, RanCase>,
}

impl<'a> Gathered<'a> {
    /// For cases in the order of their files.
    pub(super) fn new(cases: &[(&'a Scenario, &'a Case)]) -> Self {
        let mut files: Vec<(&Scenario, Range<usize>)> = Vec::with_capacity(cases.len());
        for file in cases.chunk_by(|(one, _), (next, _)| std::ptr::eq(*one, *next)) {
            let range = files.len()..files.len() + file.len();
            files.extend(file.iter().map(|(scenario, _)| (*scenario, range.clone())));
        }
        Self { files, results: BTreeMap::new() }
    }

    /// Takes a result; gives those that are final now.
    pub(super) fn add(
        &mut self,
        index: usize,
        result: RanCase,
        snapshots: Snapshots,
    ) -> impl Iterator<Item = &ScenarioResult> {
        self.results.insert(index, result);
        let (scenario, range) = self.files[index].clone();
        let complete = self.results.range(range.clone()).count() == range.len();
        if complete {
            let mut mine: Vec<&mut RanCase> =
                self.results.range_mut(range.clone()).map(|(_, case)| case).collect();
            snapshot::compare(scenario, &mut mine, snapshots);
        }
        let range = if complete { range } else { 0..0 };
        self.results.range(range).map(|(_, case)| &case.result)
    }

    /// All of them, in the order of the cases.
    pub(super) fn all(self) -> Vec<RanCase> {
        self.results.into_values().collect()
    }
}
