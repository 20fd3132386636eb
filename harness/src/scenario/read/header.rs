//! The keys at the top of a scenario.

use super::{Reader, nearest, suggest};
use crate::{
    bug::Bug,
    catalogue::catalogue,
    scenario::{NEEDS, model::Scenario, place::Placed, tree::Data, tree::Node},
};

/// Keys at the top.
pub(super) const KEYS: &[&str] =
    &["scenario", "covers", "why", "breaks_when", "needs", "matrix", "service", "worlds", "clients", "steps"];

impl Reader<'_> {
    /// Everything but the cases; `None` if the file is no mapping at all.
    pub(super) fn header(&mut self, root: &Node) -> Option<Scenario> {
        if !matches!(root.data, Data::Map(_)) {
            self.expected(root, "a scenario: a mapping that begins with `scenario:`");
            return None;
        }
        let mut scenario = Scenario {
            sources: Vec::new(),
            title: String::new(),
            covers: Vec::new(),
            why: None,
            breaks_when: Vec::new(),
            needs: Vec::new(),
            cases: Vec::new(),
            unreadable: None,
        };
        let mut titled = false;
        for entry in self.entries(root, "a scenario", KEYS) {
            let node = &entry.value;
            match entry.key.value.as_str() {
                "scenario" => {
                    titled = true;
                    scenario.title = self.text(node, "the sentence the scenario proves").unwrap_or_default();
                }
                "why" => scenario.why = self.text(node, "a sentence"),
                "covers" => scenario.covers = self.covers(node),
                "breaks_when" => scenario.breaks_when = self.breaks_when(node),
                "needs" => scenario.needs = self.needs(node),
                _ => {}
            }
        }
        if !titled {
            let help = Some("give the sentence it proves: `scenario: A second login …`".to_owned());
            self.wrong(root.at, "missing_key", "`scenario` is missing", "in this file", help);
        }
        Some(scenario)
    }

    fn covers(&mut self, node: &Node) -> Vec<Placed<String>> {
        let mut covers = Vec::new();
        for item in self.items(node, "a list of requirement ids", true) {
            let Some(id) = self.placed(item, "a requirement id") else { continue };
            if catalogue().get(&id).is_none() {
                let area = id.split('-').next().unwrap_or_default();
                let help = if catalogue().areas.contains_key(area) {
                    let last =
                        catalogue().requirements.iter().rfind(|requirement| requirement.area() == area);
                    last.map(|last| format!("the area's ids go from {area}-001 to {}", last.id))
                } else {
                    nearest(area, catalogue().areas.keys().map(String::as_str))
                        .map(|area| format!("did you mean an id of the area `{area}`?"))
                        .or(Some("the catalogue is fixtures/requirements.yaml".to_owned()))
                };
                let message = format!("requirement `{id}` is not in the catalogue");
                self.wrong(item.at, "unknown_requirement", message, "cited here", help);
            }
            covers.push(id);
        }
        covers
    }

    /// A single word is the name of a bug; anything longer is a sentence.
    fn breaks_when(&mut self, node: &Node) -> Vec<Placed<String>> {
        let mut found = Vec::new();
        for item in self.items(node, "a sentence, or a list", true) {
            let Some(text) = self.placed(item, "the name of a bug, or a sentence") else { continue };
            if !text.contains(' ') && Bug::named(&text).is_none() {
                let known: Vec<String> = Bug::all().map(|bug| bug.to_string()).collect();
                let help = suggest(&text, known.iter().map(String::as_str));
                self.wrong(item.at, "unknown_bug", format!("unknown bug `{text}`"), "not known", help);
            }
            found.push(text);
        }
        found
    }

    fn needs(&mut self, node: &Node) -> Vec<Placed<String>> {
        let mut needs = Vec::new();
        for item in self.items(node, "a list of capabilities", true) {
            let Some(need) = self.placed(item, "a capability") else { continue };
            if !NEEDS.contains(&need.value.as_str()) {
                self.unknown(item.at, "unknown_need", "capability", &need, NEEDS.iter().copied());
            }
            needs.push(need);
        }
        needs
    }
}
