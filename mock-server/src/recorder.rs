//! Recordings of worlds: in a folder, a file a world, or in memory for whoever runs the server in its own process.
//!
//! What a world takes in and says is written before anybody is sent anything: whatever was acknowledged is in the file, up to
//! its last whole line, even when the process is killed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
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
        place: Place,
        written: u64,
        limit: u64,
    },
    /// It is not gone on with: why was said.
    Over(Option<Place>),
}

/// Where a file is, and whose.
#[derive(Debug, Clone)]
struct Place {
    folder: PathBuf,
    app_key: String,
    path: PathBuf,
}

/// Numbers files of worlds that are not there yet.
static NEW: AtomicU64 = AtomicU64::new(0);

impl Recorder {
    /// Begins one of a world that was just made, and that nobody can reach yet: its file gets its name by
    /// [`installed`](Self::installed).
    ///
    /// # Errors
    /// The file cannot be written: a sentence.
    pub(crate) fn begin(how: &Record, header: &Header, service: &mut Service) -> Result<Self, String> {
        let sink = match how {
            Record::InMemory { .. } => Sink::Memory(Vec::new()),
            Record::To { folder, limit, .. } => {
                let (app_key, n) = (header.app_key.clone(), NEW.fetch_add(1, Ordering::Relaxed));
                let path = folder.join(format!(".{}.{n}.new", file_name(&app_key)));
                let said = |error| format!("the recording {}: {error}", path.display());
                fs::create_dir_all(folder).map_err(said)?;
                let file = private().write(true).create(true).truncate(true).open(&path).map_err(said)?;
                let place = Place { folder: folder.clone(), app_key, path };
                Sink::File { file, place, written: 0, limit: *limit }
            }
        };
        let mut recorder = Self { tape: Tape::begin(header, service), sink, owes: false };
        recorder.keep();
        match recorder.sink {
            // Without a first line there is no recording.
            Sink::Over(_) => Err(format!("the recording of {} cannot be begun", header.app_key)),
            _ => Ok(recorder),
        }
    }

    /// The world is there, in the place of any other of its App Key: from now on this is the recording that goes on.
    pub(crate) fn installed(&mut self) {
        let Sink::File { place, .. } = &mut self.sink else { return };
        let path = path_of(&place.folder, &place.app_key);
        if place.path == path {
            return;
        }
        let named = set_aside(&place.folder, &place.app_key).and_then(|()| fs::rename(&place.path, &path));
        match named {
            Ok(()) => place.path = path,
            Err(error) => tracing::error!("the recording {}: {error}", path.display()),
        }
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
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let place = Place { folder, app_key: header.app_key.clone(), path };
        let sink = Sink::File { file, place, written: intact, limit };
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

    /// Takes down what was done to a world that nobody is connected to, and what it said of that to nobody.
    pub(crate) fn unheard(&mut self, now: UnixMillis, service: &mut Service) {
        self.taken(service);
        while let Some(output) = service.poll_output() {
            self.said(now, &output);
        }
    }

    /// Takes down that the clock was put forward: whoever asked for it is told so.
    pub(crate) fn clock(&mut self, now: UnixMillis, offset: Option<i64>) {
        self.owes = true;
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

    /// Before anybody is sent anything: what it follows from is kept. What nothing followed from yet, as a client's
    /// acknowledgement, may wait a moment for company; `true`: it does.
    pub(crate) fn settle(&mut self) -> bool {
        if self.owes || self.tape.bytes().len() >= ENOUGH {
            self.keep();
        }
        !self.tape.bytes().is_empty()
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
            Sink::Over(_) => None,
            Sink::File { file, place, written, limit } => {
                let path = place.path.display();
                if *written + bytes.len() as u64 > *limit {
                    Some((
                        place.clone(),
                        format!("{path} is as long as --record-limit allows ({limit} bytes)"),
                    ))
                } else if let Err(error) = file.write_all(bytes) {
                    // A part of a line is no entry. If not even that can be taken back, readers see that it is none.
                    let _ = file.set_len(*written);
                    Some((place.clone(), format!("{path} cannot be written: {error}")))
                } else {
                    *written += bytes.len() as u64;
                    None
                }
            }
        };
        if let Some((place, why)) = over {
            tracing::error!("{why}; it is whole up to there and not gone on with");
            self.sink = Sink::Over(Some(place));
        }
        self.tape.kept();
    }

    /// All of it, where it is kept in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.sink {
            Sink::Memory(bytes) => Some(bytes),
            Sink::File { .. } | Sink::Over(_) => None,
        }
    }

    /// The world is gone for good: its file is not resumed. One in which nothing ever happened leaves none.
    pub(crate) fn retire(&mut self, is_unused: bool) {
        let (Sink::File { place, .. } | Sink::Over(Some(place))) = &self.sink else { return };
        // Another world of the same App Key has taken its name already.
        if place.path != path_of(&place.folder, &place.app_key) {
            return;
        }
        let done =
            if is_unused { fs::remove_file(&place.path) } else { set_aside(&place.folder, &place.app_key) };
        if let Err(error) = done {
            tracing::error!("{}: {error}", place.path.display());
        }
        self.sink = Sink::Over(None);
    }

    /// Another world of the same App Key takes its place, and its name.
    pub(crate) fn replaced(&mut self) {
        self.keep();
        self.sink = Sink::Over(None);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // A world that was never there leaves nothing.
        if let Sink::File { place, .. } | Sink::Over(Some(place)) = &self.sink
            && place.path != path_of(&place.folder, &place.app_key)
        {
            let _ = fs::remove_file(&place.path);
        }
    }
}

/// Files that hold tokens and secrets are their owner's alone, where a system has owners.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
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
        elsewhere: None,
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

/// What cannot be gone on with as a whole is kept as it is, beside what goes on: `KEY.damaged-1.jsonl`.
///
/// # Errors
/// It cannot be copied.
pub(crate) fn keep_damaged(folder: &Path, app_key: &str) -> std::io::Result<PathBuf> {
    let name = file_name(app_key);
    let numbered = |n: u64| folder.join(format!("{name}.damaged-{n}.{ENDING}"));
    // Of all numbers one is free.
    let free = (1..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(0));
    fs::copy(path_of(folder, app_key), &free)?;
    Ok(free)
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
        if name.starts_with('.') && name.ends_with(".new") {
            // Of a world that was still being made when the server ended: nobody was ever told of it.
            fs::remove_file(&path)?;
            continue;
        }
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
