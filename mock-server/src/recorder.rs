//! The recording of one world: in a file, or in memory for whoever runs the server in its own process.
//!
//! What a world takes in and says is written before anybody is sent anything: whatever was acknowledged is in the file, up to
//! its last whole line, even when the process is killed.

use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use recording::{FORMAT, Header, LONGEST_ENDING, Seen, Tape, Writer, last_line};
use service::{Input, Output, Service};
use wire::UnixMillis;

use crate::{
    config::Record,
    recordings::{file_name, path_of, private, set_aside},
};

/// So much room is left for a last line.
const ENDING: u64 = LONGEST_ENDING as u64;
/// So many bytes are kept in any case.
const ENOUGH: usize = 64 << 10;

/// The recording of one world.
#[derive(Debug)]
pub(crate) struct Recorder {
    tape: Tape,
    sink: Sink,
    kept: Kept,
    /// Something was said since the last time: nobody may hear it before it is kept.
    owes: bool,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    File {
        file: File,
        place: Place,
        limit: u64,
    },
    /// It is not gone on with.
    Over {
        place: Option<Place>,
        /// Why not, if that is worth telling.
        why: String,
    },
}

/// What of a recording will still be there if the process ends now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

/// What can be read of a recording, from elsewhere, while it goes on.
#[derive(Debug)]
pub(crate) enum Source {
    /// The first bytes of a file.
    File(PathBuf, u64),
    Memory(Vec<u8>),
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
                Sink::File { file, place, limit: *limit }
            }
        };
        let (tape, kept) = (Tape::begin(header, service), Kept::default());
        let mut recorder = Self { tape, sink, kept, owes: false };
        recorder.keep();
        match recorder.sink {
            // Without a first line there is no recording.
            Sink::Over { .. } => Err(format!("the recording of {} cannot be begun", header.app_key)),
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
        let sink = Sink::File { file, place, limit };
        let kept = Kept { entries: writer.last(), bytes: intact };
        Ok(Self { tape: Tape::go_on(header, writer, service), sink, kept, owes: false })
    }

    /// Takes down what was done to the world.
    pub(crate) fn taken(&mut self, service: &mut Service) {
        self.tape.taken(service);
    }

    /// Takes down an input that the world is about to take.
    pub(crate) fn input(&mut self, now: UnixMillis, input: &Input, service: &mut Service) {
        self.tape.taken(service);
        self.tape.input(now, input);
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

    /// Whether what the world says is to wait until it is kept: each time that is a system call, better for many outputs than for one.
    pub(crate) fn holds(&self) -> bool {
        matches!(self.sink, Sink::File { .. })
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
        let (before, length) = (self.kept.bytes, bytes.len() as u64);
        let over = match &mut self.sink {
            Sink::Memory(all) => {
                all.extend_from_slice(bytes);
                None
            }
            Sink::Over { .. } => return self.tape.kept(),
            Sink::File { file, place, limit } => {
                let why = if before + length + ENDING > *limit {
                    Some(format!("is as long as --record-limit allows ({limit} bytes)"))
                } else {
                    file.write_all(bytes).err().map(|error| format!("cannot be written: {error}"))
                };
                why.map(|why| (place.clone(), end(file, self.kept, &why), why))
            }
        };
        match over {
            None => self.kept = Kept { entries: self.tape.last(), bytes: before + length },
            Some((place, bytes, why)) => {
                let why = format!("{} {why}", place.path.display());
                tracing::error!("{why}; it is whole up to there and not gone on with");
                self.kept.bytes = bytes;
                self.sink = Sink::Over { place: Some(place), why };
            }
        }
        self.tape.kept();
    }

    /// What of it is kept.
    pub(crate) fn so_far(&self) -> Kept {
        self.kept
    }

    /// Why it is not gone on with.
    pub(crate) fn ended(&self) -> Option<&str> {
        match &self.sink {
            Sink::Over { why, .. } => Some(why),
            Sink::File { .. } | Sink::Memory(_) => None,
        }
    }

    /// How many bytes more it may be long.
    pub(crate) fn room(&self) -> u64 {
        match &self.sink {
            Sink::File { limit, .. } => limit.saturating_sub(self.kept.bytes),
            Sink::Memory(_) => u64::MAX,
            Sink::Over { .. } => 0,
        }
    }

    /// What was kept, to be read while it goes on; `None`: another world has its file.
    pub(crate) fn source(&self) -> Option<Source> {
        match &self.sink {
            Sink::Memory(bytes) => Some(Source::Memory(bytes.clone())),
            Sink::File { place, .. } | Sink::Over { place: Some(place), .. } => {
                Some(Source::File(place.path.clone(), self.kept.bytes))
            }
            Sink::Over { place: None, .. } => None,
        }
    }

    /// All of it, where it is kept in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.sink {
            Sink::Memory(bytes) => Some(bytes),
            Sink::File { .. } | Sink::Over { .. } => None,
        }
    }

    /// The world is gone for good: its file is not resumed. One in which nothing ever happened leaves none.
    pub(crate) fn retire(&mut self, is_unused: bool) {
        let (Sink::File { place, .. } | Sink::Over { place: Some(place), .. }) = &self.sink else { return };
        // Another world of the same App Key has taken its name already.
        if place.path != path_of(&place.folder, &place.app_key) {
            return;
        }
        let done =
            if is_unused { fs::remove_file(&place.path) } else { set_aside(&place.folder, &place.app_key) };
        if let Err(error) = done {
            tracing::error!("{}: {error}", place.path.display());
        }
        self.sink = Sink::Over { place: None, why: String::new() };
    }

    /// Another world of the same App Key takes its place, and its name.
    pub(crate) fn replaced(&mut self) {
        self.keep();
        self.sink = Sink::Over { place: None, why: String::new() };
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // A world that was never there leaves nothing.
        if let Sink::File { place, .. } | Sink::Over { place: Some(place), .. } = &self.sink
            && place.path != path_of(&place.folder, &place.app_key)
        {
            let _ = fs::remove_file(&place.path);
        }
    }
}

/// Ends a file behind what is kept of it, with a last line that says why; gives its length.
fn end(file: &mut File, kept: Kept, why: &str) -> u64 {
    let line = last_line(kept.entries, Some(&format!("it {why}")));
    // A part of a line is no entry. If not even that can be taken back, readers see that it is none.
    let _ = file.set_len(kept.bytes).and_then(|()| file.seek(SeekFrom::Start(kept.bytes)));
    match file.write_all(&line) {
        Ok(()) => kept.bytes + line.len() as u64,
        Err(_) => {
            let _ = file.set_len(kept.bytes);
            kept.bytes
        }
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
        ends: false,
        from: 1,
        open: Vec::new(),
        made_by: format!("mock-server {}", env!("CARGO_PKG_VERSION")),
        app_key: app_key.to_owned(),
        client: String::new(),
        start,
        offset,
        seed,
        proxy: None,
        endpoints,
        world,
    }
}
