//! Areas by name: folders of scenarios, and areas of requirements.

use std::{collections::BTreeSet, path::PathBuf};

use super::Stop;
use crate::{
    catalogue::catalogue,
    scenario::{Scenario, nearest},
    verdict::name_of,
};

/// The areas that there are.
#[derive(Debug)]
pub(super) struct Areas {
    folders: BTreeSet<String>,
    /// Folders that were given: what stands above them names no area.
    roots: Vec<String>,
}

impl Areas {
    /// Of scenarios that were found below these paths.
    pub(super) fn of(scenarios: &[Scenario], paths: &[PathBuf]) -> Self {
        let dirs = paths.iter().filter(|path| path.is_dir());
        let roots =
            dirs.map(|path| path.to_string_lossy().replace('\\', "/").trim_end_matches('/').to_owned() + "/");
        let mut areas = Self { folders: BTreeSet::new(), roots: roots.collect() };
        for scenario in scenarios {
            let folder = areas.folder(scenario);
            // Those above it are areas too.
            let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
            let folders: Vec<String> = ends.map(|end| folder[..end].to_owned()).collect();
            areas.folders.extend(folders.into_iter().filter(|folder| !folder.is_empty()));
        }
        areas
    }

    /// Whether a scenario belongs to an area.
    pub(super) fn has(&self, name: &str, scenario: &Scenario) -> bool {
        let name = name.trim_end_matches('/');
        let of = |id: &str| id.split_once('-').is_some_and(|(area, _)| area == name);
        let folder = self.folder(scenario);
        let below = folder.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below || scenario.covers.iter().any(|id| of(&id.value))
    }

    /// There must be such an area.
    ///
    /// # Errors
    /// There is none; with the nearest.
    pub(super) fn check(&self, name: &str, what: &str) -> Result<(), Stop> {
        let trimmed = name.trim_end_matches('/');
        let areas = || catalogue().areas.keys().map(String::as_str);
        if self.folders.contains(trimmed) || areas().any(|area| area == trimmed) {
            return Ok(());
        }
        let known = || self.folders.iter().map(String::as_str).chain(areas());
        let hint = match nearest(trimmed, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let tops: Vec<&str> =
                    self.folders.iter().map(String::as_str).filter(|folder| !folder.contains('/')).collect();
                format!(
                    "folders here: {}; `harness explain areas` has those of requirements",
                    tops.join(", ")
                )
            }
        };
        Err(Stop::usage(format!("{what}: there is no area `{name}`"), Some(hint)))
    }

    /// The folder of a scenario, from `scenarios/` or the folder that was given on.
    fn folder(&self, scenario: &Scenario) -> String {
        let path = scenario.path();
        let name = name_of(path, &indexmap::IndexMap::new());
        let name = match self
            .roots
            .iter()
            .filter_map(|root| path.strip_prefix(root.as_str()))
            .min_by_key(|path| path.len())
        {
            Some(path) if !path.is_empty() && !Self::is_in_suite(scenario) => path.to_owned(),
            _ => name,
        };
        name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
    }

    /// Its name says where it stands in the suite, whatever folder was given.
    fn is_in_suite(scenario: &Scenario) -> bool {
        scenario.path().contains("scenarios/")
    }
}
