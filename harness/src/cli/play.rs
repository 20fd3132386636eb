//! A client that recordings are played to: `harness replay --to client`.

use std::path::{Path, PathBuf};

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
        if let (Some(folder), Some(name)) = (&self.record, path.file_name()) {
            let file = folder.join(Path::new(name).with_extension("").with_extension("jsonl"));
            std::fs::write(&file, &played.recording)
                .map_err(|error| format!("{}: {error}", file.display()))?;
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
