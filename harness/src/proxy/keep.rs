//! Recordings of what passes: in a folder, a file an App Key, written as it passes.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use mock_server::shell;
use recording::{FORMAT, Header, LONGEST_ENDING, Proxy, What, Writer, last_line};
use service::{Endpoints, WorldSetup};
use wire::UnixMillis;

use super::scrub::Scrubber;

/// What passes before anybody has named an App Key is kept under this name.
pub const UNNAMED: &str = "unnamed";
/// App Keys that have a file of their own, at most, before all others share one: who makes names up does not get a file for each.
const MOST: usize = 64;

/// Writes recordings.
#[derive(Debug)]
pub(super) struct Keeper {
    folder: PathBuf,
    limit: u64,
    upstream: String,
    worlds: BTreeMap<String, Sink>,
    scrubber: Option<Scrubber>,
    /// The App Key that was named last: most likely that of what names none.
    last: String,
    /// No other program writes there.
    _claim: File,
}

#[derive(Debug)]
struct Sink {
    writer: Writer,
    /// `None`: it is not gone on with; why was said.
    file: Option<File>,
    path: PathBuf,
    written: u64,
    entries: u64,
}

/// A recording, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its file.
    pub path: PathBuf,
    /// Entries in it.
    pub entries: u64,
}

impl Keeper {
    /// Keeps recordings in a folder of its own, each of at most `limit` bytes.
    ///
    /// # Errors
    /// The folder cannot be made, or another program has it: a sentence.
    pub(super) fn new(folder: &Path, limit: u64, upstream: &str, scrub: bool) -> Result<Self, String> {
        Ok(Self {
            _claim: shell::claim(folder)?,
            folder: folder.to_path_buf(),
            limit,
            upstream: upstream.to_owned(),
            worlds: BTreeMap::new(),
            scrubber: scrub.then(Scrubber::default),
            last: UNNAMED.to_owned(),
        })
    }

    /// The App Key of something that names this one, or none.
    pub(super) fn app_key(&mut self, named: Option<&str>) -> String {
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            named.clone_into(&mut self.last);
        }
        self.last.clone()
    }

    /// Takes an entry down. What cannot be written is said once on stderr; nothing waits for it.
    pub(super) fn add(&mut self, app_key: &str, now: UnixMillis, what: What) {
        let (alias, what) = match &mut self.scrubber {
            Some(scrubber) => {
                let alias = if app_key == UNNAMED { UNNAMED.to_owned() } else { scrubber.app_key(app_key) };
                let Some(what) = scrubber.scrub(what) else { return };
                (alias, what)
            }
            None => (app_key.to_owned(), what),
        };
        let is_one_too_many = self.worlds.len() >= MOST && !self.worlds.contains_key(&alias);
        let alias = if is_one_too_many { UNNAMED.to_owned() } else { alias };
        if !self.worlds.contains_key(&alias) {
            let sink = self.begin(&alias, now);
            self.worlds.insert(alias.clone(), sink);
        }
        if let Some(sink) = self.worlds.get_mut(&alias) {
            sink.add(now, &what, self.limit);
        }
    }

    fn begin(&self, alias: &str, start: UnixMillis) -> Sink {
        let scrubbed = self.scrubber.is_some();
        let header = Header {
            recording: FORMAT,
            made_by: format!("harness proxy {}", env!("CARGO_PKG_VERSION")),
            app_key: alias.to_owned(),
            client: String::new(),
            start,
            offset: Some(0),
            seed: 0,
            said: true,
            ends: false,
            from: 1,
            open: Vec::new(),
            proxy: Some(Proxy {
                upstream: if scrubbed { String::new() } else { self.upstream.clone() },
                scrubbed,
            }),
            endpoints: Endpoints::default(),
            world: WorldSetup::default(),
        };
        let mut line = Vec::new();
        let writer = Writer::begin_to_end(&header, &mut line);
        let path = shell::path_of(&self.folder, alias);
        let made = shell::set_aside(&self.folder, alias).and_then(|()| {
            let mut file = shell::private().write(true).create(true).truncate(true).open(&path)?;
            file.write_all(&line)?;
            Ok(file)
        });
        let file = made.map_err(|error| say(&format!("the recording {}: {error}", path.display()))).ok();
        Sink { writer, file, path, written: line.len() as u64, entries: 0 }
    }

    /// Nothing is recorded any more: each recording gets its last line.
    pub(super) fn end(&mut self) {
        self.worlds.values_mut().for_each(|sink| sink.end(None));
    }

    /// What there is.
    #[must_use]
    pub(super) fn kept(&self) -> Vec<Kept> {
        self.worlds.values().map(|sink| Kept { path: sink.path.clone(), entries: sink.entries }).collect()
    }
}

impl Sink {
    fn add(&mut self, now: UnixMillis, what: &What, limit: u64) {
        let Some(file) = &mut self.file else { return };
        let mut line = Vec::new();
        self.writer.add(now, what, &mut line);
        let path = self.path.display();
        let why = if self.written + (line.len() + LONGEST_ENDING) as u64 > limit {
            format!("is as long as --record-limit allows ({limit} bytes)")
        } else if let Err(error) = file.write_all(&line) {
            format!("cannot be written: {error}")
        } else {
            self.written += line.len() as u64;
            self.entries += 1;
            return;
        };
        say(&format!("{path} {why}; it is whole up to there and not gone on with. The session goes on"));
        self.end(Some(&format!("it {why}")));
    }

    /// Writes the last line: nothing follows, or `why` it is not kept.
    fn end(&mut self, why: Option<&str>) {
        let Some(mut file) = self.file.take() else { return };
        let line = last_line(self.entries, why);
        // A part of a line is no entry. If not even that can be taken back, readers see that it is none.
        let back = file.set_len(self.written).and_then(|()| file.seek(SeekFrom::Start(self.written)));
        if back.and_then(|_| file.write_all(&line)).is_err() {
            let _ = file.set_len(self.written);
        }
    }
}

/// Nobody to tell is no reason to stop.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "harness proxy: {}", text.replace('\n', " "));
}

/// The time by the machine's clock.
pub(super) fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixMillis(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use recording::{End, Reader};
    use service::{ConnId, Taken};

    use std::fs;

    use super::*;

    fn note(text: &str) -> What {
        What::Taken(Taken::Note { conn: ConnId(1), text: text.to_owned() })
    }

    #[test]
    fn each_app_key_has_a_file_that_ends_at_the_limit_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::new(folder.path(), 1500, "https://navi.example", false).unwrap();
        let key = keeper.app_key(None);
        keeper.add(&key, UnixMillis(1000), note("nobody's"));
        let key = keeper.app_key(Some("k"));
        for n in 0..100 {
            keeper.add(&key, UnixMillis(1000 + n), note("x"));
        }
        assert_eq!(keeper.app_key(None), "k");
        keeper.end();
        let kept = keeper.kept();
        assert_eq!(kept.len(), 2);
        let full = "it is as long as --record-limit allows (1500 bytes)".to_owned();
        for (Kept { path, entries }, end) in kept.into_iter().zip([End::Ended(full), End::Whole]) {
            let bytes = fs::read(&path).unwrap();
            assert!(bytes.len() <= 1500, "{}", bytes.len());
            let mut reader = Reader::open(&*bytes).unwrap();
            let proxy = reader.header().proxy.clone().unwrap();
            assert_eq!((proxy.upstream.as_str(), proxy.scrubbed), ("https://navi.example", false));
            assert!(reader.header().world().unwrap_err()[0].contains("taken by a proxy"));
            while reader.next_entry().unwrap().is_some() {}
            assert_eq!((reader.end(), reader.last()), (Some(&end), entries));
        }
        assert!(
            Keeper::new(folder.path(), 1, "", false).unwrap_err().contains("another server records there")
        );
    }
}
