//! Recordings of worlds: in a folder, a file a world, or in memory for whoever runs the server in its own process.
//!
//! What a world takes in and says is written before anybody is sent anything: whatever was acknowledged is in the file, up to
//! its last whole line, even when the process is killed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use recording::{FORMAT, Header, Seen, Tape, Writer};
use service::{Output, Service};
use wire::UnixMillis;

use crate::config::Record;

/// The file by which a folder is claimed. The claim ends with the process, however that ends.
const LOCK: &str = ".lock";
/// So many bytes are kept in any case.
const ENOUGH: usize = 64 << 10;
/// How the files of recordings end.
pub(crate) const ENDING: &str = "jsonl";

/// The recording of one world.
#[derive(Debug)]
pub(crate) struct Recorder {
    tape: Tape,
    sink: Sink,
    /// Something was said since the last time: nobody may hear it before it is kept.
    owes: bool,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    File {
        file: File,
        path: PathBuf,
        written: u64,
        limit: u64,
    },
    /// It is not gone on with: why was said.
    Over,
}

impl Recorder {
    /// Begins one of a world that was just made.
    ///
    /// # Errors
    /// The file cannot be written: a sentence.
    pub(crate) fn begin(how: &Record, header: &Header, service: &mut Service) -> Result<Self, String> {
        let sink = match how {
            Record::InMemory { .. } => Sink::Memory(Vec::new()),
            Record::To { folder, limit, .. } => {
                let path = path_of(folder, &header.app_key);
                let said = |error| format!("the recording {}: {error}", path.display());
                fs::create_dir_all(folder).map_err(said)?;
                set_aside(folder, &header.app_key).map_err(said)?;
                let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(said)?;
                Sink::File { file, path, written: 0, limit: *limit }
            }
        };
        let mut recorder = Self { tape: Tape::begin(header, service), sink, owes: false };
        recorder.keep();
        Ok(recorder)
    }

    /// Goes on with the file at `path`, whose first `intact` bytes are whole lines.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn go_on(
        path: PathBuf,
        intact: u64,
        limit: u64,
        (header, writer): (&Header, Writer),
        service: &mut Service,
    ) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(intact)?;
        file.seek(SeekFrom::Start(intact))?;
        let sink = Sink::File { file, path, written: intact, limit };
        Ok(Self { tape: Tape::go_on(header, writer, service), sink, owes: false })
    }

    /// Takes down what was done to the world.
    pub(crate) fn taken(&mut self, service: &mut Service) {
        self.tape.taken(service);
    }

    /// Takes down what the world said.
    pub(crate) fn said(&mut self, now: UnixMillis, output: &Output) {
        self.owes = true;
        self.tape.said(now, output);
    }

    /// Takes down that the clock was put forward.
    pub(crate) fn clock(&mut self, now: UnixMillis, offset: Option<i64>) {
        self.tape.clock(now, offset);
    }

    /// Takes down what was seen of a client.
    pub(crate) fn seen(&mut self, now: UnixMillis, seen: Seen) {
        self.tape.seen(now, seen);
    }

    /// Somebody is told something that is no output of the world.
    pub(crate) fn owes(&mut self) {
        self.owes = true;
    }

    /// Before anybody is sent anything: what it follows from is kept. What nothing followed from yet may wait for the next time,
    /// as an acknowledgement of a client's that was lost on its way.
    pub(crate) fn settle(&mut self) {
        if self.owes || self.tape.bytes().len() >= ENOUGH {
            self.keep();
        }
    }

    /// Hands on what was taken down. A file that cannot be written, or is as long as it may be, ends with its last whole line,
    /// and that is said once.
    pub(crate) fn keep(&mut self) {
        self.owes = false;
        let bytes = self.tape.bytes();
        if bytes.is_empty() {
            return;
        }
        let over = match &mut self.sink {
            Sink::Memory(all) => {
                all.extend_from_slice(bytes);
                None
            }
            Sink::Over => None,
            Sink::File { file, path, written, limit } => {
                if *written + bytes.len() as u64 > *limit {
                    Some(format!("{} is as long as --record-limit allows ({limit} bytes)", path.display()))
                } else if let Err(error) = file.write_all(bytes) {
                    // A part of a line is no entry. If not even that can be taken back, readers see that it is none.
                    let _ = file.set_len(*written);
                    Some(format!("{} cannot be written: {error}", path.display()))
                } else {
                    *written += bytes.len() as u64;
                    None
                }
            }
        };
        if let Some(why) = over {
            tracing::error!("{why}; it is whole up to there and not gone on with");
            self.sink = Sink::Over;
        }
        self.tape.kept();
    }

    /// All of it, where it is kept in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.sink {
            Sink::Memory(bytes) => Some(bytes),
            Sink::File { .. } | Sink::Over => None,
        }
    }

    /// The world is gone for good: its file is not resumed. One in which nothing ever happened leaves none.
    pub(crate) fn retire(&mut self, app_key: &str, is_unused: bool) {
        let Sink::File { path, .. } = &self.sink else { return };
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let done = if is_unused { fs::remove_file(path) } else { set_aside(&folder, app_key) };
        if let Err(error) = done {
            tracing::error!("{}: {error}", path.display());
        }
        self.sink = Sink::Over;
    }
}

/// A folder of recordings, made if need be, that no other server writes into as long as this lives: two that did would make
/// none of either's worlds.
///
/// # Errors
/// It cannot be made, or another server has it: a sentence.
pub(crate) fn claim(folder: &Path) -> Result<File, String> {
    let said = |why: &dyn std::fmt::Display| format!("recordings in {}: {why}", folder.display());
    fs::create_dir_all(folder).map_err(|error| said(&error))?;
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(LOCK));
    let lock = lock.map_err(|error| said(&error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(said(&"another server records there; give each a folder of its own"))
        }
        // A file system without locks: nobody can tell.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(lock),
        Err(TryLockError::Error(error)) => Err(said(&error)),
    }
}

/// How a world was made, for the first line.
pub(crate) fn header(
    app_key: &str,
    seed: u64,
    start: UnixMillis,
    offset: Option<i64>,
    endpoints: service::Endpoints,
    world: service::WorldSetup,
) -> Header {
    Header {
        recording: FORMAT,
        said: true,
        made_by: format!("mock-server {}", env!("CARGO_PKG_VERSION")),
        app_key: app_key.to_owned(),
        client: String::new(),
        start,
        offset,
        seed,
        endpoints,
        world,
    }
}

/// Where the recording of a world is that goes on.
pub(crate) fn path_of(folder: &Path, app_key: &str) -> PathBuf {
    folder.join(format!("{}.{ENDING}", file_name(app_key)))
}

/// An App Key as the name of a file: `%` and two digits stand for whatever may not be in one, and for dots, which part the name from
/// what follows.
fn file_name(app_key: &str) -> String {
    let mut name = String::new();
    for byte in app_key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    name
}

/// The recording of an earlier world of that App Key gets a number: `KEY.1.jsonl` is the oldest.
fn set_aside(folder: &Path, app_key: &str) -> std::io::Result<()> {
    let path = path_of(folder, app_key);
    if !path.exists() {
        return Ok(());
    }
    let name = file_name(app_key);
    let numbered = |n: u64| folder.join(format!("{name}.{n}.{ENDING}"));
    let free = (1..).map(numbered).find(|path| !path.exists());
    // Of all numbers one is free.
    free.map_or(Ok(()), |free| fs::rename(&path, free))
}

/// The recordings of worlds that go on, in a folder that need not be there.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn to_resume(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_current = name.strip_suffix(&format!(".{ENDING}")).is_some_and(|key| !key.contains('.'));
        if is_current && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_keys_are_names_of_files_and_earlier_worlds_keep_theirs() {
        assert_eq!(file_name("mock-app_1"), "mock-app_1");
        assert_eq!(file_name("../a.b/é"), "%2E%2E%2Fa%2Eb%2F%C3%A9");
        let folder = tempfile::tempdir().unwrap();
        for (n, text) in ["first", "second"].into_iter().enumerate() {
            fs::write(path_of(folder.path(), "k"), text).unwrap();
            set_aside(folder.path(), "k").unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(format!("k.{}.jsonl", n + 1))).unwrap(), text);
        }
        fs::write(path_of(folder.path(), "k"), "third").unwrap();
        assert_eq!(to_resume(folder.path()).unwrap(), [path_of(folder.path(), "k")]);
    }
}
