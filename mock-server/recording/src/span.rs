//! A part of a recording, as a recording.

use std::{collections::BTreeMap, io::BufRead, ops::RangeInclusive};

use service::{Input, Taken};

use crate::{
    entry::{Entry, Said, What},
    header::{Header, Opened},
    line,
    read::{End, Reader},
};

/// Copies the entries with these numbers, and what was said of the last of them, behind a first line that says where they begin and
/// who was connected then, up to a last line that says why no more was kept, if it reaches that far. `out` gets one whole line after the other, the first of them in any case, and says whether it goes on.
///
/// # Errors
/// The recording cannot be read.
pub fn span(
    reader: &mut Reader<impl BufRead>,
    entries: RangeInclusive<u64>,
    mut out: impl FnMut(&[u8]) -> bool,
) -> std::io::Result<()> {
    let mut open: BTreeMap<u64, Opened> =
        reader.header().open.iter().map(|opened| (opened.conn, opened.clone())).collect();
    let from = (*entries.start()).max(reader.header().from);
    while reader.last() + 1 < from
        && let Some(entry) = reader.next_entry()?
    {
        learn(&mut open, entry);
    }
    let header = Header {
        from: reader.last() + 1,
        open: open.into_values().collect(),
        ends: false,
        ..reader.header().clone()
    };
    if !out(&header.line()) {
        return Ok(());
    }
    while let Some(entry) = reader.next_entry()? {
        let is_behind = entry.n > *entries.end();
        if is_behind && !matches!(entry.what, What::Said(_)) || !out(reader.line()) || !out(b"\n") {
            return Ok(());
        }
    }
    // It reaches to where what followed was not kept.
    if let Some(End::Ended(_)) = reader.end()
        && out(reader.line())
    {
        out(b"\n");
    }
    Ok(())
}

fn learn(open: &mut BTreeMap<u64, Opened>, entry: Entry) {
    match entry.what {
        What::Taken(Taken::Input(Input::Open { conn, login })) => {
            open.insert(conn.0, Opened { conn: conn.0, login });
        }
        What::Taken(Taken::Input(Input::Closed { conn })) | What::Said(Said::Close { conn, .. }) => {
            open.remove(&conn.0);
        }
        _ => {}
    }
}

impl Header {
    /// The first line of a recording, with its end.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        // Writing to memory cannot fail, and every key is a text.
        let _ = serde_json::to_writer(&mut line, self);
        line.pop();
        line::seal(&mut line, 0);
        line
    }
}
