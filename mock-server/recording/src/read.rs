//! Reads lines, as far as they are intact.

use std::io::{BufRead, ErrorKind, Seek, SeekFrom};

use serde_json::Value;

use crate::{
    ended,
    entry::Entry,
    header::{FORMAT, Header},
    json, line,
    write::{Transports, after},
};

/// The longest line that is read, bytes: what is longer is no entry of ours.
const LONGEST: u64 = 64 << 20;

/// What begins a file that `zstd` has compressed.
pub const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Why a file is no recording that can be read.
#[derive(Debug, thiserror::Error)]
pub enum NoRecording {
    /// It cannot be read at all.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("it is empty: a recording begins with a line that says what it is of")]
    Empty,
    /// It is compressed, and whoever reads it reads plain lines.
    #[error("it is compressed: `zstd -d` it first (`harness` reads both)")]
    Compressed,
    /// It is something else.
    #[error("it is no recording: its first line is not that of one ({0})")]
    Other(String),
    /// A later program wrote it.
    #[error(
        "it is a recording in format {0}; this program reads up to format {FORMAT}: take the program that wrote it, or a newer one"
    )]
    Newer(u64),
    /// Its first line was changed or damaged.
    #[error("its first line is damaged: {0}")]
    Damaged(String),
}

/// What ended a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Its last line is whole.
    Whole,
    /// The last line is not: it was cut, or its writer ended within it.
    Cut,
    /// Its first line promises a last one, and there is none: it was cut between two lines, or is still being written.
    Open,
    /// Its writer did not go on with it, and says why.
    Ended(String),
    /// A line is not what was written.
    Damaged(Damage),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => f.write_str("it is whole"),
            Self::Cut => f.write_str("it is cut: its last line has no end"),
            Self::Open => f.write_str(
                "it is cut, or still being written: its last line does not say that it ends there",
            ),
            Self::Ended(why) => write!(f, "what followed was not kept: {why}"),
            Self::Damaged(Damage { line, what }) => write!(f, "line {line} is damaged: {what}"),
        }
    }
}

/// Reads a recording, an entry at a time: memory does not grow with its length.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    header: Header,
    line: Vec<u8>,
    lines: u64,
    last: u64,
    /// Bytes of the first line.
    begin: usize,
    /// Bytes of whole, intact lines.
    intact: u64,
    transports: Transports,
    end: Option<End>,
}

/// Between which two entries a reader stands: it can return there.
#[derive(Debug, Clone)]
pub struct Place {
    last: u64,
    lines: u64,
    offset: u64,
    transports: Transports,
}

impl Place {
    /// The number of the entry before it; 0: none is.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The bytes before it.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many connections are open there: what it takes to remember the place grows with them.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.transports.len()
    }
}

impl<R: BufRead + Seek> Reader<R> {
    /// Goes on from a place where it was before.
    ///
    /// # Errors
    /// The input cannot be read there.
    pub fn return_to(&mut self, place: &Place) -> Result<(), std::io::Error> {
        self.input.seek(SeekFrom::Start(place.offset))?;
        (self.last, self.lines, self.intact) = (place.last, place.lines, place.offset);
        (self.transports, self.end) = (place.transports.clone(), None);
        Ok(())
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// It is no recording that this program can read.
    pub fn open(mut input: R) -> Result<Self, NoRecording> {
        let mut line = Vec::new();
        let whole = read_line(&mut input, &mut line)?;
        if line.is_empty() {
            return Err(NoRecording::Empty);
        }
        if line.starts_with(&ZSTD) {
            return Err(NoRecording::Compressed);
        }
        let begin = || String::from_utf8_lossy(&line[..line.len().min(40)]).into_owned();
        let Ok(json) = serde_json::from_slice::<Value>(&line) else {
            // What begins like one was one.
            return Err(match line.starts_with(b"{\"recording\":") {
                true if !whole => NoRecording::Damaged("it is cut".to_owned()),
                true => NoRecording::Damaged("it is no JSON".to_owned()),
                false => NoRecording::Other(begin()),
            });
        };
        let Some(format) = json["recording"].as_u64() else { return Err(NoRecording::Other(begin())) };
        if format > u64::from(FORMAT) {
            return Err(NoRecording::Newer(format));
        }
        match line::is_sealed(&line) {
            Some(true) if whole => {}
            Some(true) => return Err(NoRecording::Damaged("it is cut".to_owned())),
            Some(false) => return Err(NoRecording::Damaged("its checksum is another".to_owned())),
            None => {
                let why = "it does not end as one does: it was changed by hand, or its line ends were";
                return Err(NoRecording::Damaged(why.to_owned()));
            }
        }
        let header: Header =
            serde_json::from_value(json).map_err(|error| NoRecording::Damaged(error.to_string()))?;
        let begin = line.len() + 1;
        let mut transports = Transports::default();
        header.open.iter().for_each(|opened| transports.opened(opened.id(), opened.login.transport));
        let last = header.from.saturating_sub(1);
        let intact = begin as u64;
        Ok(Self { input, header, line, lines: 1, last, begin, intact, transports, end: None })
    }

    /// Bytes of the first line.
    pub(crate) fn begin(&self) -> usize {
        self.begin
    }

    /// What it is of.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The number of the last entry that was read.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many bytes of whole, intact lines were read.
    #[must_use]
    pub fn intact(&self) -> u64 {
        self.intact
    }

    /// Where it stands; meaningless once it is at an end that is not [`End::Whole`].
    #[must_use]
    pub fn place(&self) -> Place {
        let (last, lines, offset, transports) = (self.last, self.lines, self.intact, self.transports.clone());
        Place { last, lines, offset, transports }
    }

    /// What ended it; `None` while there are entries to read.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    pub(crate) fn transports(&self) -> &Transports {
        &self.transports
    }

    /// The line that was read last, without its end of line.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// The next entry; `None` once there is none, or none that is intact: [`end`](Self::end) says which.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, std::io::Error> {
        if self.end.is_some() {
            return Ok(None);
        }
        self.line.clear();
        let whole = match read_line(&mut self.input, &mut self.line) {
            Ok(whole) => whole,
            // Whoever unpacks it got no further.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                let damage = Damage { line: self.lines + 1, what: error.to_string() };
                self.end = Some(End::Damaged(damage));
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.end = Some(End::Cut);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if self.line.is_empty() && !whole {
            self.end = Some(if self.header.ends { End::Open } else { End::Whole });
            return Ok(None);
        }
        self.lines += 1;
        if !whole && (self.line.len() as u64) < LONGEST {
            self.end = Some(End::Cut);
            return Ok(None);
        }
        match self.told() {
            Ok(Line::End(end)) => {
                let is_last = self.input.fill_buf()?.is_empty();
                let what = || "it stands behind the line that says that it ends".to_owned();
                let behind = || End::Damaged(Damage { line: self.lines + 1, what: what() });
                self.end = Some(if is_last { end } else { behind() });
                Ok(None)
            }
            Ok(Line::Entry(entry)) => {
                self.last = entry.n;
                self.intact += self.line.len() as u64 + 1;
                self.transports.learn(&entry.what);
                Ok(Some(entry))
            }
            Err(what) => {
                self.end = Some(End::Damaged(Damage { line: self.lines, what }));
                Ok(None)
            }
        }
    }

    /// What the line says that was just read.
    fn told(&self) -> Result<Line, String> {
        match line::is_sealed(&self.line) {
            Some(true) => {}
            Some(false) => return Err("its checksum is another".to_owned()),
            None => return Err("it does not end as an entry does".to_owned()),
        }
        let fields: Value =
            serde_json::from_slice(&self.line).map_err(|error| format!("it is no JSON: {error}"))?;
        if let Some((last, why)) = ended::read(&fields) {
            return if last == self.last {
                Ok(Line::End(why.map_or(End::Whole, |why| End::Ended(why.to_owned()))))
            } else {
                Err(format!("it ends behind entry {last}, and the last one before it is {}", self.last))
            };
        }
        let n = fields["n"].as_u64().ok_or("it has no number (`n`)")?;
        if n != self.last + 1 {
            return Err(format!("it is entry {n} where entry {} belongs", self.last + 1));
        }
        let t = fields["t"].as_u64().ok_or("it has no time (`t`)")?;
        let what = json::read(fields, |conn| self.transports.of(conn))?;
        Ok(Line::Entry(Entry { n, after: after(t), what }))
    }
}

/// What a line is.
enum Line {
    Entry(Entry),
    /// The last one.
    End(End),
}

/// Reads up to the end of a line, which is left out; `false`: there was none.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    std::io::Read::take(&mut *input, LONGEST).read_until(b'\n', line)?;
    let whole = line.last() == Some(&b'\n');
    if whole {
        line.pop();
    }
    Ok(whole)
}
