//! What the documentation leaves open, and how it is read: `fixtures/ambiguities.yaml`.

use std::sync::OnceLock;

use serde::Deserialize;

use super::lines;

const TEXT: &str = include_str!("../../../fixtures/ambiguities.yaml");

/// One open point of the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguity {
    /// `AMB-13`
    pub id: String,
    /// What is open.
    pub question: String,
    /// What the service, the reference client and the scenarios go by.
    pub reading: String,
    /// How the reading is known.
    pub known: Known,
    /// The requirements whose meaning hangs on it.
    #[serde(default)]
    pub requirements: Vec<String>,
}

/// How a reading is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// Other passages of the documentation settle it.
    Documented,
    /// A vendor's SDK shows it: what it does, or what it declares.
    Seen,
    /// Nothing settles it.
    Assumed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ambiguities {
    ambiguities: Vec<Ambiguity>,
}

/// All of them, in the order of their ids; read on first use.
pub fn ambiguities() -> &'static [Ambiguity] {
    static AMBIGUITIES: OnceLock<Vec<Ambiguity>> = OnceLock::new();
    AMBIGUITIES.get_or_init(|| {
        let all: Ambiguities = lines::read(TEXT)
            .expect("a test compares the committed ambiguities with what a YAML parser makes of them");
        all.ambiguities
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_by_lines_gives_what_a_yaml_parser_gives() {
        let whole: Ambiguities = serde_saphyr::from_str(TEXT).unwrap();
        assert_eq!(ambiguities(), whole.ambiguities);
    }
}
