//! `harness.toml`: a team's clients and paths, so that its CI line is `harness run`.
//!
//! ```toml
//! clients = ["ours", "reference"]        # who is tested unless --client says otherwise
//! paths = ["conformance"]                # which scenarios, unless paths are given
//!
//! [client.ours]
//! command = "node adapter.mjs --flag"    # or a client that the harness knows; without it the name is one
//! name = "ours@2.1"                      # in reports; the client's own name here if not given
//! baseline = "conformance/ours.yaml"
//! areas = ["message", "CHRM"]            # folders of scenarios, or areas of requirements
//! exclude = ["ultragroup"]
//! patience = "2m"
//! slow = 2
//! retries = 1
//! jobs = 4
//! ```
//!
//! Paths are those beside the file, wherever the run is started. So is a word of `command` that names a file there.

mod read;

use std::{
    env,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use indexmap::IndexMap;

use super::{Stop, run};
use crate::adapter::Command;

/// Its name.
pub(super) const FILE: &str = "harness.toml";
/// What the file says; nothing if there is none.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The file, if there is one.
    pub(super) file: Option<PathBuf>,
    /// Clients under test unless `--client` says otherwise.
    pub(super) clients: Vec<String>,
    /// Scenarios unless paths are given.
    pub(super) paths: Vec<PathBuf>,
    /// Clients by name.
    pub(super) named: IndexMap<String, Named>,
}

/// A client of the file.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// How it is started; `None`: the reference client.
    pub(super) command: Option<Command>,
    pub(super) baseline: Option<PathBuf>,
    pub(super) areas: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) patience: Option<Duration>,
    pub(super) slow: Option<u32>,
    pub(super) retries: Option<u32>,
    pub(super) jobs: Option<NonZeroUsize>,
}

impl Settings {
    /// The given file, or the nearest `harness.toml` in the current folder and above it.
    ///
    /// # Errors
    /// The given file is not there, or a file is wrong: every mistake with its place.
    pub(super) fn of(given: Option<&Path>) -> Result<Self, Stop> {
        let found = || env::current_dir().ok().and_then(|here| above(&here));
        let Some(path) = given.map(Path::to_owned).or_else(found) else { return Ok(Self::default()) };
        let text = mock_server::yaml::read_file(&path)
            .map_err(|error| Stop::usage(format!("{}: {error}", path.display()), None))?;
        Self::read(&path, &text).map_err(|mistakes| {
            let hint = "`harness explain harness.toml` shows what can stand there".to_owned();
            Stop::usage(mistakes.join("\n"), Some(hint))
        })
    }
}

/// The nearest file in a folder and above it.
fn above(folder: &Path) -> Option<PathBuf> {
    let found = folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())?;
    // Named from here where it is here: paths in reports stay short.
    Some(if found.parent() == Some(folder) { PathBuf::from(FILE) } else { found })
}

/// How a client is started that is not the file's; `None`: the reference client.
pub(super) fn known_client(name: &str) -> Result<Option<Command>, String> {
    if name == run::REFERENCE { Ok(None) } else { Command::named(name).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, Vec<String>> {
        Settings::read(Path::new("harness.toml"), text)
    }

    #[test]
    fn a_file_is_read_with_everything() {
        let text = "clients = ['ours', 'reference']\npaths = ['conformance']\n\n[client.ours]\n\
            command = './adapter --flag'\nname = 'ours@2'\nbaseline = 'b.yaml'\nareas = ['message', 'CHRM']\n\
            exclude = ['ultragroup']\npatience = '2m'\nslow = 2\nretries = 1\njobs = 4\n\
            [client.'web-sdk@5.38.0']\nretries = 3\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.clients, ["ours", "reference"]);
        assert_eq!(settings.paths, [Path::new("conformance")]);
        let ours = &settings.named["ours"];
        let command = ours.command.as_ref().unwrap();
        assert_eq!((command.name.as_str(), command.program.as_str()), ("ours@2", "./adapter"));
        assert_eq!(ours.baseline.as_deref(), Some(Path::new("b.yaml")));
        assert_eq!(
            (&ours.areas[..], &ours.exclude[..]),
            (&["message".into(), "CHRM".into()][..], &["ultragroup".into()][..])
        );
        assert_eq!(ours.patience, Some(Duration::from_secs(120)));
        assert_eq!((ours.slow, ours.retries, ours.jobs.unwrap().get()), (Some(2), Some(1), 4));
        let sdk = &settings.named["web-sdk@5.38.0"];
        assert_eq!((sdk.command.as_ref().unwrap().name.as_str(), sdk.retries), ("web-sdk@5.38.0", Some(3)));
    }

    #[test]
    fn every_mistake_is_named_at_once_with_its_place_and_remedy() {
        let text = "client_s = ['x']\nclients = ['ousr', 7]\n\n[client.ours]\ncomand = './adapter'\n\
            slow = 0\npatience = 'soon'\n\n[client.mine]\ncommand = './a'\nname = 'a b'\njobs = '4'\n";
        let mistakes = read(text).unwrap_err();
        let begins = [
            "harness.toml:1:1: unknown key `client_s`; did you mean `clients`?",
            "harness.toml:5:1: unknown key `comand`; did you mean `command`?",
            "harness.toml:4:1: client `ours`: `command` is missing: there is no client `ours`",
            "harness.toml:7:12: `patience`: a limit is written `90s` or `5m`",
            "harness.toml:6:8: `slow` is 0; it must be a whole number from 1 to 100",
            "harness.toml:10:11: client `mine`: `a b` cannot be a client's name",
            "harness.toml:12:8: `jobs` is '4'; it must be a whole number from 1 to 10000",
            "harness.toml:2:11: `clients` is ['ousr', 7]; it must be a list of texts",
        ];
        assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
        for (mistake, begin) in mistakes.iter().zip(begins) {
            assert!(mistake.starts_with(begin), "{mistake}\n{begin}");
        }
    }

    #[test]
    fn a_default_client_that_is_nobody_gets_the_nearest_name() {
        let mistakes = read("clients = ['ousr']\n[client.ours]\ncommand = './a'\n").unwrap_err();
        let told = "harness.toml:1:11: `clients` names `ousr`: no client is called so; did you mean `ours`?";
        assert_eq!(mistakes, [told]);
    }

    #[test]
    fn what_is_no_toml_has_its_place() {
        let mistakes = read("clients = ['a'\nx = 1\n").unwrap_err();
        assert!(mistakes[0].starts_with("harness.toml:"), "{mistakes:?}");
        assert_eq!(mistakes.len(), 1);
    }

    #[test]
    fn paths_and_words_are_those_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("adapter.mjs"), "").unwrap();
        let path = folder.path().join(FILE);
        let text =
            "paths = ['cases']\n[client.ours]\ncommand = 'node adapter.mjs other.mjs'\nbaseline = 'b.yaml'\n";
        let settings = Settings::read(&path, text).unwrap();
        assert_eq!(settings.paths, [folder.path().join("cases")]);
        let ours = &settings.named["ours"];
        assert_eq!(ours.baseline.as_deref(), Some(&*folder.path().join("b.yaml")));
        let command = ours.command.as_ref().unwrap();
        let beside = folder.path().join("adapter.mjs").display().to_string();
        assert_eq!(
            (command.program.as_str(), &command.args[..]),
            ("node", &[beside, "other.mjs".to_owned()][..])
        );
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(&path, text).unwrap();
        assert_eq!(above(&inner), Some(path));
        assert_eq!(above(folder.path()), Some(PathBuf::from(FILE)));
    }
}
