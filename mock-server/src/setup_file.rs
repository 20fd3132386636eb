//! A world's set-up from YAML or JSON text: the `service:` section of a scenario, with or without that key.

use std::path::Path;

use serde::Deserialize;
use service::setup::WorldSetup;

/// A mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    /// `line:column`, from 1; empty if unknown.
    pub(crate) at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    service: WorldSetup,
}

/// Reads a set-up. JSON is YAML, so one reader serves both.
pub(crate) fn parse(text: &str) -> Result<WorldSetup, Mistake> {
    if text.trim().is_empty() {
        return Ok(WorldSetup::default());
    }
    let has_section =
        text.lines().any(|line| line.trim_start_matches(['{', '"', ' ']).starts_with("service"));
    let read = if has_section {
        serde_saphyr::from_str::<Section>(text).map(|section| section.service)
    } else {
        serde_saphyr::from_str::<WorldSetup>(text)
    };
    read.map_err(|error| Mistake {
        at: error.location().map(|at| format!("{}:{}", at.line(), at.column())).unwrap_or_default(),
        message: error.without_snippet().to_string(),
    })
}

/// Reads a file, with mistakes as `FILE:LINE:COLUMN: what`.
pub(crate) fn read(path: &Path) -> Result<WorldSetup, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    parse(&text).map_err(|mistake| match mistake.at.as_str() {
        "" => format!("{name}: {}", mistake.message),
        at => format!("{name}:{at}: {}", mistake.message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_reads_with_and_without_its_key() {
        let bare = parse("users: [u1, u2]\n").unwrap();
        assert_eq!(bare.users.len(), 2);
        assert_eq!(parse("service:\n  users: [u1, u2]\n").unwrap(), bare);
        assert_eq!(parse(r#"{"users": ["u1", "u2"]}"#).unwrap(), bare);
        assert_eq!(parse(r#"{"service": {"users": ["u1", "u2"]}}"#).unwrap(), bare);
        assert_eq!(parse("").unwrap(), WorldSetup::default());
    }

    #[test]
    fn a_mistake_has_its_place() {
        let mistake = parse("users: [u1]\nuzers: []\n").unwrap_err();
        assert_eq!(mistake.at, "2:1");
        assert!(mistake.message.contains("uzers"), "{}", mistake.message);
    }
}
