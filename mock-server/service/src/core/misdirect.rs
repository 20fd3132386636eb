//! [`Bug::ReceivedMessagesSayDirection`](crate::bug::Bug::ReceivedMessagesSayDirection). The type of the field cannot hold a
//! 2, so that it is written behind the back of it, into finished bodies.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::{
    Message as _,
    encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint},
};
use wire::{ServerFrame, Topic, body::DownStreamMessage};

/// `direction` with the value 2: key and number.
const TWO: [u8; 2] = [0x50, 2];

/// The frame with 2 in the `direction` of every received message: pushed ones, and those in lists. `asked` is the topic of
/// the request that a QUERYACK answers.
pub(crate) fn misdirected(mut frame: ServerFrame, asked: Option<&Topic>) -> ServerFrame {
    match &mut frame {
        ServerFrame::Publish { dup: false, topic: Topic::SMsg, body, .. } => *body = said(body),
        ServerFrame::QueryAck { body, .. } if asked.is_some_and(answers_with_messages) => {
            // A body that is none of ours goes as it is.
            *body = listed(body).unwrap_or_else(|| body.clone());
        }
        _ => {}
    }
    frame
}

/// Answers that are a list of messages in field 1, whatever else they hold.
fn answers_with_messages(topic: &Topic) -> bool {
    matches!(
        topic,
        Topic::PullMsg
            | Topic::PullUgMsg
            | Topic::ChrmPull
            | Topic::QryPMsg
            | Topic::QryGMsg
            | Topic::QrySMsg
            | Topic::QryChMsg
            | Topic::QryUgMsg
            | Topic::QryMsg
    )
}

fn said(message: &Bytes) -> Bytes {
    match DownStreamMessage::decode(message.clone()) {
        Ok(down) if !down.is_own() => [&message[..], &TWO].concat().into(),
        _ => message.clone(),
    }
}

/// The body with every element of field 1 passed through [`said`].
fn listed(body: &Bytes) -> Option<Bytes> {
    let (mut left, mut out) = (body.clone(), BytesMut::with_capacity(body.len() * 2));
    while !left.is_empty() {
        let (number, kind) = decode_key(&mut left).ok()?;
        encode_key(number, kind, &mut out);
        let value = decode_varint(&mut left).ok()?;
        match kind {
            WireType::Varint => encode_varint(value, &mut out),
            WireType::LengthDelimited => {
                let length = usize::try_from(value).ok().filter(|length| *length <= left.len())?;
                let bytes = left.split_to(length);
                let bytes = if number == 1 { said(&bytes) } else { bytes };
                encode_varint(bytes.len() as u64, &mut out);
                out.put_slice(&bytes);
            }
            // Such bodies have no numbers of a fixed length.
            _ => return None,
        }
    }
    Some(out.freeze())
}
