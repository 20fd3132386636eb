//! The last line: that a recording ends there, and why.
//!
//! It is no entry and has no number. Who goes on with a recording puts the next entry in its place. A recording without one is as
//! good, unless its first line promises one ([`Header::ends`]): then it was cut between two lines, or is still being written.

use serde_json::Value;

use crate::{
    header::Header,
    line,
    read::{NoRecording, Reader},
};

/// No last line is longer, bytes, its end of line included: so much room is left for one where a recording has a limit.
pub const LONGEST_ENDING: usize = 256;
/// Characters of a reason; in JSON one takes up to six bytes.
const LONGEST_WHY: usize = 24 * 6;

/// The last line, to stand behind entry `last`. `why`: what followed was not kept, and this is why; `None`: nothing followed.
#[must_use]
pub fn last_line(last: u64, why: Option<&str>) -> Vec<u8> {
    // What would have to be written in more bytes is left out, so that the line is never longer than it may be.
    let plain = |why: &str| {
        let plain = why.chars().filter(|c| c.is_ascii() && !c.is_control() && !matches!(c, '"' | '\\'));
        plain.take(LONGEST_WHY).collect::<String>()
    };
    let why = why.map_or(Value::Null, |why| plain(why).into());
    let mut line = format!("{{\"ends\":{why},\"last\":{last}").into_bytes();
    line::seal(&mut line, 0);
    line
}

/// What a last line says, if these are the fields of one: the last entry, and why what followed is not there.
pub(crate) fn read(fields: &Value) -> Option<(u64, Option<&str>)> {
    let why = fields.get("ends")?;
    Some((fields["last"].as_u64()?, why.as_str()))
}

/// A recording that was made in memory and is all there, with a last line, and a first one that promises it: whatever is cut off
/// is missed.
///
/// # Errors
/// It is none.
pub fn ended(recording: &[u8]) -> Result<Vec<u8>, NoRecording> {
    let reader = Reader::open(recording)?;
    let entries = recording.get(reader.begin()..).unwrap_or_default();
    let header = Header { ends: true, ..reader.header().clone() };
    let mut out = header.line();
    out.extend_from_slice(entries);
    let count = entries.iter().filter(|byte| **byte == b'\n').count() as u64;
    out.extend_from_slice(&last_line(header.from.saturating_sub(1) + count, None));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_last_line_is_longer_than_the_room_that_is_left_for_it() {
        for why in ["", "\u{1}\"\\é中".repeat(200).as_str(), "x".repeat(1000).as_str()] {
            let out = last_line(u64::MAX, Some(why));
            assert!(out.len() <= LONGEST_ENDING, "{}", out.len());
            assert_eq!(line::is_sealed(&out[..out.len() - 1]), Some(true));
            let fields = serde_json::from_slice(&out).unwrap();
            assert_eq!(read(&fields).unwrap().0, u64::MAX);
        }
    }
}
