//! Bodies written anew with other texts in them: for whoever hides what they tell.

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};

use super::{descriptor, embedded};

/// What becomes of a body's texts.
pub trait Rewrite {
    /// What stands in a string field instead of `text`. `message` is the message's name in `im.proto`.
    fn text(&mut self, message: &str, field: &str, text: &str) -> String;

    /// The same of a bytes field; those that hold a message are looked into instead.
    fn bytes(&mut self, message: &str, field: &str, bytes: &[u8]) -> Vec<u8>;
}

/// Writes `body`, a message of that name, anew. Numbers stay; what the descriptors do not know is left out.
///
/// # Errors
/// What makes it undecodable, or that `im.proto` has no such message.
pub fn rewrite(name: &str, body: &[u8], with: &mut impl Rewrite) -> Result<Vec<u8>, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    let message = DynamicMessage::decode(descriptor, body).map_err(|error| error.to_string())?;
    Ok(rewritten(&message, with).encode_to_vec())
}

fn rewritten(message: &DynamicMessage, with: &mut impl Rewrite) -> DynamicMessage {
    let descriptor = message.descriptor();
    let mut anew = DynamicMessage::new(descriptor.clone());
    for (field, value) in message.fields() {
        let value = match value {
            Value::List(items) => {
                Value::List(items.iter().map(|item| value_of(&field, item, with)).collect())
            }
            value => value_of(&field, value, with),
        };
        anew.set_field(&field, value);
    }
    anew
}

fn value_of(field: &FieldDescriptor, value: &Value, with: &mut impl Rewrite) -> Value {
    let message = field.parent_message();
    match value {
        Value::String(text) => Value::String(with.text(message.name(), field.name(), text)),
        Value::Message(inner) => Value::Message(rewritten(inner, with)),
        Value::Bytes(bytes) => {
            let inner = embedded(field).and_then(|inner| DynamicMessage::decode(inner, bytes.as_ref()).ok());
            Value::Bytes(match inner {
                Some(inner) => rewritten(&inner, with).encode_to_vec().into(),
                None => with.bytes(message.name(), field.name(), bytes).into(),
            })
        }
        number => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{ChrmDownStreamMessages, DownStreamMessage};

    struct Stars;

    impl Rewrite for Stars {
        fn text(&mut self, message: &str, field: &str, text: &str) -> String {
            if (message, field) == ("DownStreamMessage", "classname") {
                text.to_owned()
            } else {
                "*".to_owned()
            }
        }

        fn bytes(&mut self, _: &str, _: &str, bytes: &[u8]) -> Vec<u8> {
            vec![0; bytes.len()]
        }
    }

    #[test]
    fn texts_change_at_any_depth_numbers_stay_and_what_is_unknown_goes() {
        let message = DownStreamMessage {
            from_user_id: "alice".into(),
            classname: "RC:TxtMsg".into(),
            content: bytes::Bytes::from_static(b"secret"),
            data_time: 17,
            to_user_ids: vec!["bob".into(), "carol".into()],
            ..DownStreamMessage::default()
        };
        // Field 99 with the text `no`.
        let inner = [message.encode_to_vec(), vec![0x9A, 0x06, 2, b'n', b'o']].concat();
        let room = ChrmDownStreamMessages { list: vec![inner.into()], sync_time: 9, ..Default::default() };
        let anew = rewrite("ChrmDownStreamMessages", &room.encode_to_vec(), &mut Stars).unwrap();
        let anew = ChrmDownStreamMessages::decode(&anew[..]).unwrap();
        let expected = DownStreamMessage {
            from_user_id: "*".into(),
            content: bytes::Bytes::from_static(&[0; 6]),
            to_user_ids: vec!["*".into(), "*".into()],
            ..message
        };
        assert_eq!((anew.sync_time, &anew.list[0][..]), (9, &expected.encode_to_vec()[..]));
        assert!(rewrite("NoSuchMessage", b"", &mut Stars).is_err());
        assert!(rewrite("NotifyMsg", &[0x0A, 9], &mut Stars).is_err());
    }
}
