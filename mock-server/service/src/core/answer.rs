//! What a QUERY is answered with, and the reading of what it asks.

use bytes::Bytes;
use prost::{Message, encoding::DecodeContext};
use wire::{Request, code::status};

use crate::core::caps;

/// A query's answer: a body, or a status that is not 0.
pub(crate) type Answer = Result<Bytes, u16>;

/// A request's body. One with more elements than a list may have is refused before anything is made of it: what an answer
/// takes must not be a number in a request (a message of a hundred kilobytes, asked for by twenty bytes, ten thousand times).
pub(crate) fn read<M: Message + Default>(request: &Request) -> Result<M, u16> {
    within(&request.body, caps::LISTED).ok_or(status::BAD_PARAMETER)?;
    M::decode(request.body.clone()).map_err(|_| status::BAD_PARAMETER)
}

/// `None`: the body has more than `most` fields, those inside of others not counted, or is no protobuf.
pub(crate) fn within(body: &Bytes, most: usize) -> Option<()> {
    // Shorter than that it cannot have more: a field takes two bytes at least.
    if body.len() / 2 <= most {
        return Some(());
    }
    let mut rest = body.clone();
    for _ in 0..most {
        if rest.is_empty() {
            return Some(());
        }
        let (tag, wire_type) = prost::encoding::decode_key(&mut rest).ok()?;
        prost::encoding::skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
    }
    rest.is_empty().then_some(())
}

pub(crate) fn write(message: &impl Message) -> Answer {
    Ok(message.encode_to_vec().into())
}
