//! A line of a recording: its text, and the checksum at its end.

/// What stands between a line's fields and its checksum.
const MARK: &[u8] = br#","c":""#;
/// The checksum's digits, and what closes the line.
const TAIL: usize = MARK.len() + 8 + 2;

/// Ends a line that begins at `from`: `out` holds `{` and its fields, without `}`.
pub(crate) fn seal(out: &mut Vec<u8>, from: usize) {
    let sum = digits(&out[from..]);
    let mut tail = *br#","c":"........"}"#;
    tail[MARK.len()..][..sum.len()].copy_from_slice(&sum);
    out.extend_from_slice(&tail);
    out.push(b'\n');
}

fn digits(fields: &[u8]) -> [u8; 8] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let sum = crc32fast::hash(fields);
    std::array::from_fn(|at| DIGITS[(sum >> (28 - 4 * at)) as usize & 15])
}

/// Whether a line, without its end of line, has the checksum that its fields have; `None`: it has none at all.
pub(crate) fn is_sealed(line: &[u8]) -> Option<bool> {
    let at = line.len().checked_sub(TAIL)?;
    let (fields, tail) = line.split_at(at);
    let told = tail.strip_prefix(MARK)?.strip_suffix(b"\"}")?;
    Some(told == digits(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_anywhere_is_seen() {
        let mut line = br#"{"n":1,"t":0,"is":"due""#.to_vec();
        seal(&mut line, 0);
        line.pop();
        assert_eq!(is_sealed(&line), Some(true));
        serde_json::from_slice::<serde_json::Value>(&line).unwrap();
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut flipped = line.clone();
                flipped[at] ^= 1 << bit;
                assert_ne!(is_sealed(&flipped), Some(true), "bit {bit} of byte {at}");
            }
        }
        assert_eq!(is_sealed(b"{}"), None);
    }
}
