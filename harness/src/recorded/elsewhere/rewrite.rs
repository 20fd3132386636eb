//! Puts one session's names in the place of another's, in bodies of any kind.

use bytes::Bytes;
use wire::UnixMillis;

/// What stands for what.
pub(crate) trait Names {
    /// The name that takes the place of this text, if it is one.
    fn name(&self, text: &str) -> Option<String>;
    /// The instant that takes the place of this one, if it is one.
    fn instant(&self, at: UnixMillis) -> Option<UnixMillis>;
}

/// Messages within messages are followed so deep.
const DEEPEST: usize = 12;

/// A protobuf body with names and instants replaced, whatever message it is: text within it is text, what reads as a message is one.
/// `None`: nothing was replaced.
pub(crate) fn body(bytes: &[u8], names: &dyn Names) -> Option<Bytes> {
    message(bytes, names, 0)?.map(Into::into)
}

/// `None`: it is no message; `Some(None)`: it is one, and stays as it is.
#[expect(clippy::option_option, reason = "whether it is one, and whether it changed, are two questions")]
fn message(mut bytes: &[u8], names: &dyn Names, depth: usize) -> Option<Option<Vec<u8>>> {
    if depth > DEEPEST {
        return None;
    }
    let (mut out, mut changed) = (Vec::with_capacity(bytes.len()), false);
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        if tag >> 3 == 0 || tag >> 3 > 0x1FFF_FFFF {
            return None;
        }
        put(tag, &mut out);
        match tag & 7 {
            0 => {
                let value = varint(&mut bytes)?;
                let instant = i64::try_from(value).ok().and_then(|ms| names.instant(UnixMillis(ms)));
                changed |= instant.is_some();
                put(instant.and_then(|at| u64::try_from(at.0).ok()).unwrap_or(value), &mut out);
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let inner = bytes.get(..length)?;
                bytes = &bytes[length..];
                let new = field(inner, names, depth);
                changed |= new.is_some();
                let inner = new.as_deref().unwrap_or(inner);
                put(inner.len() as u64, &mut out);
                out.extend_from_slice(inner);
            }
            kind @ (1 | 5) => {
                let length = if kind == 1 { 8 } else { 4 };
                out.extend_from_slice(bytes.get(..length)?);
                bytes = &bytes[length..];
            }
            _ => return None,
        }
    }
    Some(changed.then_some(out))
}

fn field(inner: &[u8], names: &dyn Names, depth: usize) -> Option<Vec<u8>> {
    let is_text = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    match std::str::from_utf8(inner) {
        // A message whose first field is a text begins like a line break.
        Ok(found) if is_text(found) && !found.starts_with('\n') => text(found, names).map(String::into_bytes),
        Ok(found) => match message(inner, names, depth + 1) {
            Some(new) => new,
            None => text(found, names).map(String::into_bytes),
        },
        Err(_) => message(inner, names, depth + 1).flatten(),
    }
}

/// A text with names and instants replaced: all of it, or words of it. `None`: nothing was replaced.
pub(super) fn text(found: &str, names: &dyn Names) -> Option<String> {
    if let Some(name) = names.name(found) {
        return Some(name);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (mut out, mut changed, mut rest) = (String::with_capacity(found.len()), false, found);
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        let instant = (word.len() == 13).then(|| word.parse().ok()).flatten();
        let instant = instant.and_then(|ms| names.instant(UnixMillis(ms))).map(|at| at.0.to_string());
        let new = instant.or_else(|| if word.len() >= 8 { names.name(word) } else { None });
        changed |= new.is_some();
        out.push_str(new.as_deref().unwrap_or(word));
        let gap = more.find(is_word).unwrap_or(more.len());
        out.push_str(&more[..gap]);
        rest = &more[gap..];
    }
    changed.then_some(out)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        // Seven bits of it.
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    // Fewer than eight are left.
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;

    impl Names for One {
        fn name(&self, text: &str) -> Option<String> {
            (text == "AAAA-AAAA-AAAA-AAAA").then(|| "BBBB-BBBB-BBBB-BBBB-longer".to_owned())
        }

        fn instant(&self, at: UnixMillis) -> Option<UnixMillis> {
            (at.0 == 1_767_225_600_000).then_some(UnixMillis(1_800_000_000_000))
        }
    }

    #[test]
    fn names_and_instants_are_replaced_wherever_they_stand() {
        let json = r#"{"messageUId":"AAAA-AAAA-AAAA-AAAA","sentTime":1767225600000,"n":1}"#;
        let new = r#"{"messageUId":"BBBB-BBBB-BBBB-BBBB-longer","sentTime":1800000000000,"n":1}"#;
        assert_eq!(text(json, &One).as_deref(), Some(new));
        assert_eq!(text("nothing", &One), None);
        let with = |json: &str, uid: &str, at: u64| {
            let mut inner = vec![0x0A];
            put(uid.len() as u64, &mut inner);
            inner.extend_from_slice(uid.as_bytes());
            let mut body = vec![0x12];
            put(json.len() as u64, &mut body);
            body.extend_from_slice(json.as_bytes());
            body.extend([0x1A]);
            put(inner.len() as u64, &mut body);
            body.extend(inner);
            body.push(0x20);
            put(at, &mut body);
            body.extend([0x2D, 1, 2, 3, 4]);
            body
        };
        let old = with(json, "AAAA-AAAA-AAAA-AAAA", 1_767_225_600_000);
        let expected = with(new, "BBBB-BBBB-BBBB-BBBB-longer", 1_800_000_000_000);
        assert_eq!(body(&old, &One).as_deref(), Some(&expected[..]));
        assert_eq!(body(b"\xFF\xFF", &One), None);
        assert_eq!(body(b"", &One), None);
    }
}
