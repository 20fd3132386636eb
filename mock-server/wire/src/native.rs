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
    encode(frame.header(), out, |out| frame.write_body(true, out));
}

/// Appends a server's frame.
pub fn encode_server(frame: &ServerFrame, out: &mut BytesMut) {
    out.reserve(6 + frame.body_hint());
    encode(frame.header(), out, |out| frame.write_body(true, out));
}

/// Writes the body behind room for the longest head, then moves it up to the head it needs.
fn encode(header: Header, out: &mut BytesMut, write_body: impl FnOnce(&mut BytesMut)) {
    const LONGEST_HEAD: usize = 6;
    let start = out.len();
    out.put_bytes(0, LONGEST_HEAD);
    write_body(out);
    let size = out.len() - start - LONGEST_HEAD;
    apply_pad(&mut out[start + LONGEST_HEAD..]);

    let mut head = [0; LONGEST_HEAD];
    head[0] = header.to_byte();
    let mut check = head[0];
    let mut rest = size;
    let mut length = 2;
    loop {
        let more = rest > 0x7F && length < LONGEST_HEAD - 1;
        head[length] = (rest & 0x7F) as u8 | if more { 0x80 } else { 0 };
        check ^= head[length];
        length += 1;
        rest >>= 7;
        if !more {
            break;
        }
    }
    head[1] = check;
    out[start..start + length].copy_from_slice(&head[..length]);
    if length < LONGEST_HEAD {
        out.copy_within(start + LONGEST_HEAD.., start + length);
        out.truncate(start + length + size);
    }
}
