//! A client that recordings are played to: `harness replay --to client`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Stop, settings::Settings, tested};
use crate::{
    adapter::{AdapterDriver, Command},
    played::{self, Playing},
    recorded::{self, Outcome},
    runner::{Driver, SimDriver},
};

/// The client, and how it is played to.
pub(super) struct Stage {
    /// `None`: the one that runs inside this process.
    command: Option<Command>,
    /// Started for the first recording, and anew after a fault.
    driver: Option<Box<dyn Driver>>,
    playing: Playing,
    record: Option<PathBuf>,
}

impl Stage {
    /// With the client of that name or command.
    ///
    /// # Errors
    /// There is no such client.
    pub(super) fn of(client: &str, playing: Playing, record: Option<PathBuf>) -> Result<Self, Stop> {
        let command = tested::command_of(client, &Settings::of(None)?)?;
        if command.as_ref().is_some_and(Command::dials_in) {
            let hint = "give the command that starts it".to_owned();
            return Err(Stop::usage("clients that dial in cannot be played to", Some(hint)));
        }
        Ok(Self { command, driver: None, playing, record })
    }

    /// Plays one recording.
    ///
    /// # Errors
    /// It cannot be played: a sentence.
    pub(super) fn play(&mut self, path: &Path) -> Result<(Outcome, Vec<String>), String> {
        let said = |why: String| format!("{}: {why}", path.display());
        let (header, entries, end) = recorded::read_all(path, played::MOST_ENTRIES)?;
        let mut driver = match self.driver.take() {
            Some(driver) => driver,
            None => self.start().map_err(said)?,
        };
        let played = played::play(&header, &entries, &end, &mut *driver, &self.playing).map_err(said)?;
        // One that failed is not used again.
        self.driver = Some(driver);
        if let Some(folder) = &self.record {
            let file = kept_as(folder, path);
            let bytes = recording::ended(&played.recording).map_err(|error| said(error.to_string()))?;
            std::fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok((played.outcome, played.notes))
    }

    fn start(&self) -> Result<Box<dyn Driver>, String> {
        Ok(match &self.command {
            None => Box::<SimDriver>::default(),
            Some(command) => {
                let driver = AdapterDriver::start_unless(command, &self.playing.interrupt);
                Box::new(driver.map_err(|fault| fault.0)?)
            }
        })
    }
}

/// Where the recording of what became of one is kept.
fn kept_as(folder: &Path, played: &Path) -> PathBuf {
    let name = Path::new(played.file_name().unwrap_or_default());
    folder.join(name.with_extension("").with_extension("jsonl"))
}

/// Makes the folder that recordings of a client are kept in, each in a file of its own that is none of those that are played.
///
/// # Errors
/// Two would be one file, or one would be written over, or the folder cannot be made.
pub(super) fn keep_in(folder: &Path, paths: &[PathBuf]) -> Result<(), Stop> {
    let hint =
        || Some("play them one by one, or each folder alone, each with a --record of its own".to_owned());
    let mut taken: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for path in paths {
        if let Some(other) = taken.insert(kept_as(folder, path), path) {
            let (one, other) = (other.display(), path.display());
            return Err(Stop::usage(
                format!("--record: {one} and {other} would be kept as one file"),
                hint(),
            ));
        }
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| Stop::usage(format!("{}: {error}", folder.display()), None))?;
    // Whichever way they are named.
    let played: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    match taken.keys().find(|file| file.canonicalize().is_ok_and(|file| played.contains(&file))) {
        None => Ok(()),
        Some(file) => {
            let message = format!("--record: {} is one of those that are played", file.display());
            Err(Stop::usage(message, Some("name another folder".to_owned())))
        }
    }
}
