//! Length-prefixed strings of frame heads.
//!
//! Servers write standard UTF-8. Web clients write CESU-8 in topics and targets: a character outside the basic
//! plane travels as two three-byte surrogates (`😀` is `ED A0 BD ED B8 80`), which UTF-8 decoders refuse.

use bytes::BufMut;

/// Decodes UTF-8 or CESU-8; `None` if it is neither.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let [0xED, a @ 0xA0..=0xAF, b @ 0x80..=0xBF, 0xED, c @ 0xB0..=0xBF, d @ 0x80..=0xBF, ..] = *rest {
            let high = (u32::from(a & 0x0F) << 6) | u32::from(b & 0x3F);
            let low = (u32::from(c & 0x0F) << 6) | u32::from(d & 0x3F);
            text.push(char::from_u32(0x1_0000 + (high << 10) + low)?);
            rest = &rest[6..];
            continue;
        }
        let length = match rest[0] {
            0x00..=0x7F => 1,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return None,
        };
        text.push_str(std::str::from_utf8(rest.get(..length)?).ok()?);
        rest = &rest[length..];
    }
    Some(text)
}

/// Writes a string with its two-byte length, as UTF-8. A longer string than 65,535 bytes is cut at a character.
pub fn encode_text(text: &str, out: &mut impl BufMut) {
    let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
    out.put_u16(text.len() as u16);
    out.put_slice(text.as_bytes());
}

/// Writes a string with its two-byte length the way web clients do: as CESU-8.
pub fn encode_text_cesu8(text: &str, out: &mut impl BufMut) {
    let mut encoded = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match unit {
            0x0000..=0x007F => encoded.push(unit as u8),
            0x0080..=0x07FF => encoded.extend([0xC0 | (unit >> 6) as u8, 0x80 | (unit & 0x3F) as u8]),
            _ => encoded.extend([
                0xE0 | (unit >> 12) as u8,
                0x80 | ((unit >> 6) & 0x3F) as u8,
                0x80 | (unit & 0x3F) as u8,
            ]),
        }
    }
    encoded.truncate(usize::from(u16::MAX));
    out.put_u16(encoded.len() as u16);
    out.put_slice(&encoded);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    #[test]
    fn a_surrogate_pair_in_three_byte_forms_is_one_character() {
        assert_eq!(decode_text(&hex!("61 ED A0 BD ED B8 80 62")).as_deref(), Some("a😀b"));
    }

    #[test]
    fn a_lone_surrogate_and_garbage_are_refused() {
        assert_eq!(decode_text(&hex!("ED A0 BD")), None);
        assert_eq!(decode_text(&hex!("FF 41")), None);
    }

    #[test]
    fn cesu8_is_what_web_clients_send() {
        let mut out = Vec::new();
        encode_text_cesu8("😀", &mut out);
        assert_eq!(out, hex!("00 06 ED A0 BD ED B8 80"));
    }
}
