//! A world's set-up from YAML or JSON text: the `service:` section of a scenario, with or without that key.

use std::path::Path;

use serde::Deserialize;
use service::setup::WorldSetup;

use crate::yaml;

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

/// Reads a set-up, within the budget of [`yaml`]. JSON is YAML, so one reader serves both.
pub(crate) fn parse(text: &str) -> Result<WorldSetup, Mistake> {
    if text.trim().is_empty() {
        return Ok(WorldSetup::default());
    }
    let has_section =
        text.lines().any(|line| line.trim_start_matches(['{', '"', ' ']).starts_with("service"));
    let read = if has_section {
        yaml::from_str::<Section>(text).map(|section| section.service)
    } else {
        yaml::from_str::<WorldSetup>(text)
    };
    read.map_err(|error| Mistake {
        at: error.at.map(|(line, column)| format!("{line}:{column}")).unwrap_or_default(),
        message: error.message,
    })
}

/// Reads a file, with mistakes as `FILE:LINE:COLUMN: what`.
pub(crate) fn read(path: &Path) -> Result<WorldSetup, String> {
    let name = path.display();
    let text = yaml::read_file(path).map_err(|error| format!("{name}: {error}"))?;
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
    fn a_set_up_keeps_to_the_budget_by_every_door() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n\
            d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n";
        assert!(parse(bomb).unwrap_err().message.starts_with("this comes to more than 200000 values"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("world.yaml");
        std::fs::write(&file, bomb).unwrap();
        assert!(read(&file).unwrap_err().contains("world.yaml:6:"));
        std::fs::write(&file, b"users: [caf\xe9]").unwrap();
        assert!(
            read(&file)
                .unwrap_err()
                .ends_with("world.yaml: line 1 is not UTF-8 (column 12): save the file as UTF-8")
        );
        assert!(read(folder.path()).unwrap_err().ends_with(": this is a folder, no regular file"));
    }

    #[test]
    fn a_mistake_has_its_place() {
        let mistake = parse("users: [u1]\nuzers: []\n").unwrap_err();
        assert_eq!(mistake.at, "2:1");
        assert!(mistake.message.contains("uzers"), "{}", mistake.message);
    }
}
