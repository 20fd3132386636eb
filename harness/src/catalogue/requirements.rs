//! The requirement catalogue: `fixtures/requirements.yaml`.

use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::lines;

const TEXT: &str = include_str!("../../../fixtures/requirements.yaml");

/// What the documentation demands, by id, in the order of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Areas by the letters before the dash, with what they are about.
    pub areas: IndexMap<String, String>,
    /// Every requirement.
    pub requirements: Vec<Requirement>,
}

/// One testable sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `CONN-014`
    pub id: String,
    /// What must be so.
    pub statement: String,
    /// Who fulfils it.
    pub side: Side,
    /// How binding it is.
    pub level: Level,
    /// Whether it can be tested.
    pub testable: Testable,
    /// What the documentation leaves open, or why it cannot be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why no scenario covers it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncovered: Option<String>,
}

impl Requirement {
    /// Its area: the letters before the dash.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }
}

/// Who fulfils a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The SDK.
    Client,
    /// The service.
    Server,
    /// Both together.
    Both,
    /// The app that uses the SDK.
    App,
}

/// How binding a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Always.
    Must,
    /// Unless there is a reason.
    Should,
    /// A number or range.
    Limit,
    /// What holds unless configured otherwise.
    Default,
    /// Worth knowing, hardly a pass or fail.
    Note,
}

/// Whether a requirement can be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Testable {
    /// All of it.
    Yes,
    /// The effect, while something (a code, a number) is not documented.
    Partly,
    /// Not from outside.
    No,
}

impl Catalogue {
    /// The requirement of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// Every id.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().map(|requirement| requirement.id.as_str())
    }
}

/// The catalogue; read on first use.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        lines::read(TEXT)
            .expect("a test compares the committed catalogue with what a YAML parser makes of it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_by_lines_gives_what_a_yaml_parser_gives() {
        let whole: Catalogue = serde_saphyr::from_str(TEXT).unwrap();
        assert_eq!(catalogue().areas, whole.areas);
        assert_eq!(catalogue().requirements, whole.requirements);
    }
}
