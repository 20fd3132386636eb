//! Does again what a recording says was done, and compares what is said.

use std::{collections::VecDeque, io::BufRead};

use service::{Output, Service};
use wire::UnixMillis;

use crate::{
    entry::{Entry, Said, What},
    header::Header,
    read::{End, Reader},
    write::Writer,
};

/// A world that is made again from its recording.
#[derive(Debug, Clone)]
pub struct Replay {
    service: Service,
    start: UnixMillis,
    now: UnixMillis,
    /// Knows how connections are carried, as the one who recorded did.
    writer: Writer,
    /// Whether there is anything to compare.
    compares: bool,
    /// What was said again and is still to be found in the recording.
    said: VecDeque<Said>,
    /// The same, for those who go on with the world.
    unsaid: VecDeque<Output>,
    /// Something was found of what is said since something was done.
    is_found: bool,
}

/// Where what is said is not what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The entry of the recording.
    pub n: u64,
    /// What was said; `None`: nothing more was.
    pub recorded: Option<Said>,
    /// What is said now; `None`: nothing is.
    pub now: Option<Said>,
}

impl Replay {
    /// The world as it was in the beginning.
    ///
    /// # Errors
    /// Mistakes of its set-up, a sentence each.
    pub fn begin(header: &Header) -> Result<Self, Vec<String>> {
        let service = header.world()?;
        let (start, compares, writer) = (header.start, header.said, Writer::silent(header.start));
        Ok(Self {
            service,
            start,
            now: start,
            writer,
            compares,
            said: VecDeque::new(),
            unsaid: VecDeque::new(),
            is_found: false,
        })
    }

    /// The world as it is.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The world, and its time.
    #[must_use]
    pub fn into_service(self) -> (Service, UnixMillis) {
        (self.service, self.now)
    }

    /// The time that it has come to.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// Does again what an entry says was done, and compares nothing: for those who want the world alone.
    pub fn go_on(&mut self, entry: Entry) {
        match entry.what {
            What::Taken(taken) => {
                if self.is_found {
                    self.unsaid.clear();
                    self.is_found = false;
                }
                self.now = self.start + entry.after;
                self.service.again(self.now, taken);
                while let Some(output) = self.service.poll_output() {
                    if self.compares {
                        self.unsaid.push_back(output);
                    }
                }
            }
            What::Said(_) => {
                self.unsaid.pop_front();
                self.is_found = true;
            }
            What::Clock(_) | What::Seen(_) => {}
        }
    }

    /// Does again what an entry says was done, and tells what is said: for recordings of what was done alone, and for
    /// whoever compares in a way of his own.
    pub fn spoken(&mut self, entry: Entry) -> Vec<Said> {
        self.writer.learn(&entry.what);
        let What::Taken(taken) = entry.what else { return Vec::new() };
        self.now = self.start + entry.after;
        self.service.again(self.now, taken);
        std::iter::from_fn(|| self.service.poll_output()).map(|output| self.writer.said(&output)).collect()
    }

    /// What the world said last and the recording does not tell, because its writer ended in the midst of it: nobody heard that.
    /// Whoever goes on with the recording tells it first.
    pub fn unsaid(&mut self) -> impl Iterator<Item = Output> {
        self.unsaid.drain(..)
    }

    /// Takes the next entry in: what was done is done again, what was said must be said again.
    ///
    /// # Errors
    /// It is not; the world has gone on all the same.
    pub fn check(&mut self, entry: Entry) -> Result<(), Box<Difference>> {
        if !self.compares {
            self.go_on(entry);
            return Ok(());
        }
        let n = entry.n;
        // Which transport a connection has.
        self.writer.learn(&entry.what);
        match entry.what {
            What::Taken(taken) => {
                self.now = self.start + entry.after;
                self.service.again(self.now, taken);
                while let Some(output) = self.service.poll_output() {
                    self.said.push_back(self.writer.said(&output));
                }
                Ok(())
            }
            What::Said(said) => match self.said.pop_front() {
                Some(now) if now == said => Ok(()),
                now => Err(Box::new(Difference { n, recorded: Some(said), now })),
            },
            What::Clock(_) | What::Seen(_) => Ok(()),
        }
    }

    /// Whether all that is said was recorded, once the recording is at its end.
    ///
    /// # Errors
    /// More is said than was recorded; `n` is that of the entry that would have followed.
    pub fn end(&mut self, n: u64) -> Result<(), Box<Difference>> {
        match self.said.pop_front() {
            Some(now) => Err(Box::new(Difference { n, recorded: None, now: Some(now) })),
            None => Ok(()),
        }
    }
}

/// What came of a whole replay.
#[derive(Debug)]
pub struct Replayed {
    /// Entries that were done and compared.
    pub entries: u64,
    /// The first difference.
    pub difference: Option<Box<Difference>>,
}

/// Replays a recording to its end, or to the first difference.
///
/// # Errors
/// It cannot be read, or its world cannot be made: a sentence.
pub fn replay(reader: &mut Reader<impl BufRead>) -> Result<Replayed, String> {
    let mut replay = Replay::begin(reader.header()).map_err(|mistakes| mistakes.join("; "))?;
    while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
        if let Err(difference) = replay.check(entry) {
            return Ok(Replayed { entries: reader.last(), difference: Some(difference) });
        }
    }
    // What follows the last whole line of one that is cut nobody knows.
    let is_whole = reader.end() == Some(&End::Whole);
    let more = if is_whole { replay.end(reader.last() + 1).err() } else { None };
    Ok(Replayed { entries: reader.last(), difference: more })
}
