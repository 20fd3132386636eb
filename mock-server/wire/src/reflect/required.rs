//! Required fields that a body lacks, found by walking over its bytes: proto2 decoders refuse a message without them.

use std::fmt;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

/// Deeper nesting is not looked into; no message of `im.proto` comes near it.
const MAX_DEPTH: u32 = 16;

/// Where in a message one is: written out only for what is missing.
#[derive(Clone, Copy)]
struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    name: &'a str,
    /// Position, in a list.
    index: Option<usize>,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(f, "{outer}.")?;
        }
        f.write_str(self.name)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        Ok(())
    }
}

/// The paths of what is missing, in the order of the fields.
pub(super) fn missing(descriptor: &MessageDescriptor, body: &[u8]) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    walk(descriptor, body, None, 0, &mut found)?;
    Ok(found)
}

fn walk(
    descriptor: &MessageDescriptor,
    mut body: &[u8],
    outer: Option<&Path<'_>>,
    depth: u32,
    found: &mut Vec<String>,
) -> Result<(), String> {
    let mut seen: Vec<(u32, usize)> = Vec::new();
    while !body.is_empty() {
        let (number, wire_type) = decode_key(&mut body).map_err(|error| error.to_string())?;
        let count = match seen.iter_mut().find(|(known, _)| *known == number) {
            Some((_, count)) => {
                *count += 1;
                *count - 1
            }
            None => {
                seen.push((number, 1));
                0
            }
        };
        let field = descriptor.get_field(number);
        let inner = field.as_ref().filter(|_| depth < MAX_DEPTH).and_then(inner_message);
        match (field, inner, wire_type) {
            (Some(field), Some(inner), WireType::LengthDelimited) => {
                let bytes = length_delimited(&mut body)?;
                let index = field.is_list().then_some(count);
                let path = Path { outer, name: field.name(), index };
                walk(&inner, bytes, Some(&path), depth + 1, found)?;
            }
            _ => skip_field(wire_type, number, &mut body, DecodeContext::default())
                .map_err(|error| error.to_string())?,
        }
    }
    for field in descriptor.fields() {
        let required = field.cardinality() == Cardinality::Required;
        if required && !seen.iter().any(|(number, _)| *number == field.number()) {
            found.push(Path { outer, name: field.name(), index: None }.to_string());
        }
    }
    Ok(())
}

/// The message a field holds, if it holds one.
fn inner_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(inner) => Some(inner),
        Kind::Bytes => super::embedded(field),
        _ => None,
    }
}

fn length_delimited<'a>(body: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = decode_varint(body).map_err(|error| error.to_string())?;
    let length = usize::try_from(length).ok().filter(|length| *length <= body.len());
    let length = length.ok_or_else(|| "a field is longer than what holds it".to_owned())?;
    let (bytes, rest) = body.split_at(length);
    *body = rest;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn nested_fields_are_named_by_their_path() {
        // An answer to `pullMsg`: two messages of which the second has no type; and no syncTime.
        let first = [0x0A, 1, b'b', 0x10, 1, 0x22, 1, b'x', 0x2A, 0, 0x30, 1, 0x38, 0];
        let second = [0x0A, 1, b'b', 0x22, 1, b'x', 0x2A, 0, 0x30, 1, 0x38, 0];
        let mut body = vec![0x0A, 14];
        body.extend(first);
        body.extend([0x0A, 12]);
        body.extend(second);
        let missing = |name| super::super::missing(name, &body).unwrap();
        assert_eq!(missing("DownStreamMessages"), ["list[1].type", "syncTime"]);
        // The same bytes answer `chrmPull`, where a message is a text of bytes within.
        assert_eq!(missing("ChrmDownStreamMessages"), ["list[1].type", "syncTime"]);
    }

    #[test]
    fn an_empty_body_lacks_every_required_field_and_no_other() {
        let missing = |name| super::super::missing(name, &[]).unwrap();
        assert_eq!(missing("SessionStateModifyResp"), ["version"]);
        assert_eq!(missing("SetUserSettingOutput"), ["version", "reserve"]);
        assert!(missing("Nothing").is_empty());
    }

    #[test]
    fn what_is_cut_short_is_no_message() {
        assert!(super::super::missing("DownStreamMessages", &[0x0A, 9, 1]).is_err());
        assert!(super::super::missing("NoSuchMessage", &[]).is_err());
    }
}
