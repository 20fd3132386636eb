//! `--case`: single cases by their names.

use std::path::PathBuf;

use super::Stop;
use crate::{runner::case_name, scenario::Scenario, verdict::name_of};

/// How many names are offered for one that is not known.
const NEAREST: usize = 3;

/// The files that the names begin with; `None` unless each begins with one that is there.
pub(super) fn files(cases: &[String]) -> Option<Vec<PathBuf>> {
    if cases.is_empty() {
        return None;
    }
    let file = |case: &String| {
        // A folder's name may hold brackets too: the longest that is a file.
        let mut ends = case.match_indices('[').map(|(at, _)| at).chain([case.len()]).rev();
        ends.find_map(|end| Some(PathBuf::from(&case[..end])).filter(|path| path.is_file()))
    };
    cases.iter().map(file).collect()
}

/// The cases that were asked for.
#[derive(Debug)]
pub(super) struct Cases<'a> {
    asked: &'a [String],
    met: Vec<bool>,
    known: Vec<String>,
}

impl<'a> Cases<'a> {
    pub(super) fn new(asked: &'a [String]) -> Self {
        Self { asked, met: vec![false; asked.len()], known: Vec::new() }
    }

    /// Takes the other cases out of a scenario. A name without axes is every case of its file.
    pub(super) fn keep(&mut self, scenario: &mut Scenario) {
        if self.asked.is_empty() {
            return;
        }
        let path = scenario.path().to_owned();
        scenario.cases.retain(|case| {
            let name = case_name(&path, &case.label());
            let names = [&name, &path, &name_of(&path, &case.axes), &name_of(&path, &Default::default())];
            let mut wanted = false;
            for (asked, met) in self.asked.iter().zip(&mut self.met) {
                let it_is = names.contains(&asked);
                *met |= it_is;
                wanted |= it_is;
            }
            self.known.push(name);
            wanted
        });
    }

    /// Every name must have been met.
    ///
    /// # Errors
    /// The first that was not, with the nearest that there are.
    pub(super) fn all_met(self) -> Result<(), Stop> {
        let Some((asked, _)) = self.asked.iter().zip(&self.met).find(|(_, met)| !**met) else {
            return Ok(());
        };
        let mut near: Vec<(f64, &String)> = self
            .known
            .iter()
            .map(|name| (strsim::normalized_damerau_levenshtein(asked, name), name))
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        let near: Vec<String> = near.iter().take(NEAREST).map(|(_, name)| format!("`{name}`")).collect();
        let hint = if near.is_empty() {
            "no scenario is there at all".to_owned()
        } else {
            format!("the nearest are {}", near.join(", "))
        };
        Err(Stop::usage(format!("there is no case `{asked}`"), Some(hint)))
    }
}
