//! Native TCP front end: `header | check | length | body ^ pad`.
//!
//! The check byte is the XOR of the header and the length bytes; the length is MQTT's (seven bits a byte, low
//! first); the body is XORed with a fixed eight-byte pad that restarts with each body. It is no cipher.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{ClientFrame, FrameError, Header, ServerFrame};

/// What every body is XORed with, from its first byte on.
pub const PAD: [u8; 8] = [0x6c, 0x4d, 0x15, 0x21, 0x10, 0x27, 0x16, 0x77];

/// Applies (and equally removes) the pad.
pub fn apply_pad(body: &mut [u8]) {
    let mut chunks = body.chunks_exact_mut(8);
    for chunk in &mut chunks {
        for (byte, pad) in chunk.iter_mut().zip(PAD) {
            *byte ^= pad;
        }
    }
    for (byte, pad) in chunks.into_remainder().iter_mut().zip(PAD) {
        *byte ^= pad;
    }
}

/// Takes one frame's header and clear body off the front of `buffer`; `Ok(None)` asks for more bytes and leaves
/// the buffer as it was. The limit is checked before anything is waited for.
///
/// # Errors
/// A bad check byte, a length over four bytes, or a body over `max` bytes.
pub fn split_frame(buffer: &mut BytesMut, max: usize) -> Result<Option<(Header, Bytes)>, FrameError> {
    let [header, found, rest @ ..] = &buffer[..] else { return Ok(None) };
    let (header, found) = (*header, *found);
    let mut expected = header;
    let mut size = 0;
    let mut taken = 0;
    loop {
        if taken == 4 {
            return Err(FrameError::Length);
        }
        let Some(&byte) = rest.get(taken) else { return Ok(None) };
        expected ^= byte;
        size |= usize::from(byte & 0x7F) << (7 * taken);
        taken += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if found != expected {
        return Err(FrameError::Check { found, expected });
    }
    if size > max {
        return Err(FrameError::TooLarge { size, max });
    }
    if rest.len() < taken + size {
        return Ok(None);
    }
    buffer.advance(2 + taken);
    let mut body = buffer.split_to(size);
    apply_pad(&mut body);
    Ok(Some((Header::from_byte(header), body.freeze())))
}

/// Takes one frame of a client off a stream; see [`split_frame`].
///
/// # Errors
/// As [`split_frame`], or the body is cut.
pub fn decode_client(buffer: &mut BytesMut, max: usize) -> Result<Option<ClientFrame>, FrameError> {
    let Some((header, body)) = split_frame(buffer, max)? else { return Ok(None) };
    ClientFrame::parse(header, body, true).map(Some)
}

/// Takes one frame of a server off a stream; see [`split_frame`].
///
/// # Errors
/// As [`split_frame`], or the body is cut.
pub fn decode_server(buffer: &mut BytesMut, max: usize) -> Result<Option<ServerFrame>, FrameError> {
    let Some((header, body)) = split_frame(buffer, max)? else { return Ok(None) };
    ServerFrame::parse(header, body, true, false).map(Some)
}

/// Appends a client's frame.
pub fn encode_client(frame: &ClientFrame, out: &mut BytesMut) {
    encode(frame.header(), 0, out, |out| frame.write_body(true, out));
}

/// Appends a server's frame.
pub fn encode_server(frame: &ServerFrame, out: &mut BytesMut) {
    let hint = frame.body_hint();
    out.reserve(LONGEST_HEAD + hint);
    encode(frame.header(), hint, out, |out| frame.write_body(true, out));
}

/// Header, check byte and a length of four bytes.
const LONGEST_HEAD: usize = 6;

/// Header, check byte and the length of a body of that size.
fn head_size(size: usize) -> usize {
    match size {
        0..=0x7F => 3,
        0x80..=0x3FFF => 4,
        0x4000..=0x1F_FFFF => 5,
        _ => LONGEST_HEAD,
    }
}

/// Writes the body behind room for the head that `hint` makes likely, and moves it if it needs another.
fn encode(header: Header, hint: usize, out: &mut BytesMut, write_body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    let room = head_size(hint);
    out.put_bytes(0, room);
    write_body(out);
    let size = out.len() - start - room;
    apply_pad(&mut out[start + room..]);

    let needed = head_size(size);
    if needed != room {
        out.put_bytes(0, needed.saturating_sub(room));
        out.copy_within(start + room..start + room + size, start + needed);
        out.truncate(start + needed + size);
    }
    let (first, length) = (header.to_byte(), &mut out[start..start + needed]);
    let mut check = first;
    let mut rest = size;
    for (index, byte) in length.iter_mut().enumerate().skip(2) {
        *byte = (rest & 0x7F) as u8 | if index + 1 < needed { 0x80 } else { 0 };
        check ^= *byte;
        rest >>= 7;
    }
    length[..2].copy_from_slice(&[first, check]);
}
