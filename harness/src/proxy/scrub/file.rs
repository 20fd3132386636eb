//! A whole recording, scrubbed.

use std::io::{self, BufRead, Write};

use recording::{End, Reader, Writer, last_line};

use super::Scrubber;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    /// Entries that were written.
    pub entries: u64,
    /// Entries that could not be scrubbed and are left out.
    pub left_out: u64,
    /// What ended the recording that was read.
    pub end: End,
}

/// Writes a recording to `out`, scrubbed. Of one that is cut or damaged what is whole, and a last line that says so.
///
/// # Errors
/// It cannot be read, or not be written.
pub fn scrub(reader: &mut Reader<impl BufRead>, out: &mut impl Write) -> io::Result<Scrubbed> {
    let mut scrubber = Scrubber::default();
    let mut lines = Vec::new();
    let mut writer = Writer::begin_to_end(&scrubber.header(reader.header()), &mut lines);
    let from = reader.header().from;
    let (start, mut left_out) = (reader.header().start, 0);
    while let Some(entry) = reader.next_entry()? {
        match scrubber.scrub(entry.what) {
            Some(what) => writer.add(start + entry.after, &what, &mut lines),
            None => left_out += 1,
        }
        out.write_all(&lines)?;
        lines.clear();
    }
    let end = reader.end().cloned().unwrap_or(End::Whole);
    let why = (end != End::Whole).then(|| match &end {
        End::Ended(why) => why.clone(),
        end => format!("of what was scrubbed: {end}"),
    });
    lines.extend_from_slice(&last_line(writer.last(), why.as_deref()));
    out.write_all(&lines)?;
    out.flush()?;
    Ok(Scrubbed { entries: writer.last() + 1 - from.max(1), left_out, end })
}
