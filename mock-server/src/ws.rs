//! The server's half of RFC 6455 behind the handshake, without I/O: takes messages off the bytes of one connection, and
//! frames what goes out.
//!
//! tungstenite reads the frame headers; the loop above them is ours, because its own keeps two buffers a connection and
//! copies every message twice, and many idle connections should cost next to nothing.

mod close;

use std::io::Cursor;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

pub(crate) use close::{CloseCode, NORMAL};

/// What a peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    Binary(Bytes),
    Text,
    Ping(Bytes),
    Pong,
    /// With its status code, if it gave one.
    Close(Option<CloseCode>),
}

/// Why the peer's bytes cannot be read any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WsError {
    #[error("a WebSocket frame of a client must be masked")]
    Unmasked,
    #[error("a WebSocket frame sets bits that no extension was agreed for")]
    Reserved,
    #[error("a WebSocket frame has an unknown opcode")]
    Opcode,
    #[error("a WebSocket control frame is longer than 125 bytes or in pieces")]
    Control,
    #[error("a WebSocket continuation frame stands where none belongs, or is missing where one does")]
    Continuation,
    #[error("a WebSocket close frame has a code that must not be sent, {0}")]
    CloseCode(u16),
    #[error("a WebSocket close frame has half a code")]
    HalfACode,
    #[error("the reason in a WebSocket close frame is no UTF-8")]
    Reason,
    #[error("a WebSocket text message is no UTF-8")]
    Text,
    #[error("the message of {size} bytes exceeds the limit of {max} bytes")]
    TooLarge { size: usize, max: usize },
}

/// A message in pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    text: bool,
    bytes: BytesMut,
    /// Up to here a text was found to be UTF-8.
    checked: usize,
}

impl Pieces {
    /// Bytes that have come of it.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Refuses a text as soon as it cannot become UTF-8 any more. A character may be cut by a piece's end, not by the
    /// last one's.
    fn check(&mut self, is_final: bool) -> Result<(), WsError> {
        if self.text {
            let rest = &self.bytes[self.checked..];
            self.checked += match std::str::from_utf8(rest) {
                Ok(_) => rest.len(),
                Err(error) if error.error_len().is_none() && !is_final => error.valid_up_to(),
                Err(_) => return Err(WsError::Text),
            };
        }
        Ok(())
    }

    fn whole(self) -> Incoming {
        if self.text { Incoming::Text } else { Incoming::Binary(self.bytes.freeze()) }
    }
}

/// Takes one message off the front of `buffer`; `Ok(None)` asks for more bytes and leaves an incomplete frame as it
/// was. `pieces` carries a fragmented message from call to call. Payloads share the buffer's memory.
pub(crate) fn next(
    buffer: &mut BytesMut,
    pieces: &mut Option<Box<Pieces>>,
    max: usize,
) -> Result<Option<Incoming>, WsError> {
    loop {
        let mut cursor = Cursor::new(&buffer[..]);
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| WsError::Opcode)? else {
            return Ok(None);
        };
        let begin = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(WsError::Reserved);
        }
        let mask = header.mask.ok_or(WsError::Unmasked)?;
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        // What stands between the pieces of a message is none of it.
        let is_piece = matches!(header.opcode, OpCode::Data(_));
        let so_far = pieces.as_ref().filter(|_| is_piece).map_or(0, |pieces| pieces.bytes.len());
        if size.saturating_add(so_far) > max {
            return Err(WsError::TooLarge { size: size.saturating_add(so_far), max });
        }
        if matches!(header.opcode, OpCode::Control(_)) && (size > 125 || !header.is_final) {
            return Err(WsError::Control);
        }
        if buffer.len() - begin < size {
            return Ok(None);
        }
        buffer.advance(begin);
        let mut payload = buffer.split_to(size);
        unmask(&mut payload, mask);
        if let Some(message) = take(&header, payload, pieces)? {
            return Ok(Some(message));
        }
    }
}

/// What a whole frame means; `None` while a message is in pieces.
fn take(
    header: &FrameHeader,
    payload: BytesMut,
    pieces: &mut Option<Box<Pieces>>,
) -> Result<Option<Incoming>, WsError> {
    Ok(Some(match header.opcode {
        OpCode::Control(Control::Ping) => Incoming::Ping(payload.freeze()),
        OpCode::Control(Control::Pong) => Incoming::Pong,
        OpCode::Control(Control::Close) => Incoming::Close(close::read(&payload)?),
        OpCode::Data(Data::Continue) => {
            let mut begun = pieces.take().ok_or(WsError::Continuation)?;
            begun.bytes.extend_from_slice(&payload);
            begun.check(header.is_final)?;
            if !header.is_final {
                *pieces = Some(begun);
                return Ok(None);
            }
            begun.whole()
        }
        OpCode::Data(kind @ (Data::Text | Data::Binary)) => {
            if pieces.is_some() {
                return Err(WsError::Continuation);
            }
            let mut begun = Pieces { text: kind == Data::Text, bytes: payload, checked: 0 };
            begun.check(header.is_final)?;
            if !header.is_final {
                *pieces = Some(Box::new(begun));
                return Ok(None);
            }
            begun.whole()
        }
        _ => return Err(WsError::Opcode),
    }))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    // A remainder is at most seven bytes: the mask may begin once more.
    for (byte, mask) in rest.iter_mut().skip(4).zip(mask) {
        *byte ^= mask;
    }
}

const FINAL: u8 = 0x80;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;

/// Appends a binary message whose payload `write` appends.
pub(crate) fn put_binary(out: &mut BytesMut, hint: usize, write: impl FnOnce(&mut BytesMut)) {
    out.reserve(hint + 10);
    let start = out.len();
    // Room for the length that the hint makes likely; moved if it turns out otherwise.
    let room = head_size(hint);
    out.put_bytes(0, room);
    write(out);
    let size = out.len() - start - room;
    let needed = head_size(size);
    if needed > room {
        out.put_bytes(0, needed - room);
    }
    if needed != room {
        out.copy_within(start + room..start + room + size, start + needed);
        out.truncate(start + needed + size);
    }
    head(&mut out[start..start + needed], BINARY, size);
}

/// Appends a close frame.
pub(crate) fn put_close(out: &mut BytesMut, code: CloseCode) {
    out.put_slice(&[FINAL | CLOSE, 2]);
    out.put_u16(code.number());
}

/// Appends the answer to a ping.
pub(crate) fn put_pong(out: &mut BytesMut, payload: &[u8]) {
    let start = out.len();
    out.put_bytes(0, 2);
    out.put_slice(payload);
    head(&mut out[start..start + 2], PONG, payload.len());
}

fn head_size(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    }
}

fn head(head: &mut [u8], opcode: u8, size: usize) {
    head[0] = FINAL | opcode;
    match head.len() {
        2 => head[1] = size as u8,
        4 => {
            head[1] = 126;
            head[2..].copy_from_slice(&(size as u16).to_be_bytes());
        }
        _ => {
            head[1] = 127;
            head[2..].copy_from_slice(&(size as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod cases;

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; head_size(payload.len())];
        head(&mut bytes, 0, payload.len());
        bytes[0] = first;
        bytes[1] |= 0x80;
        bytes.extend(MASK);
        bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<Incoming>, WsError> {
        let (mut buffer, mut pieces, mut all) = (BytesMut::from(bytes), None, Vec::new());
        while let Some(message) = next(&mut buffer, &mut pieces, 1000)? {
            all.push(message);
        }
        Ok(all)
    }

    #[test]
    fn messages_of_every_length_are_unmasked() {
        for size in [0, 1, 3, 4, 7, 8, 9, 15, 125, 126, 999] {
            let payload: Vec<u8> = (0..size).map(|n| n as u8).collect();
            assert_eq!(read(&frame(0x82, &payload)), Ok(vec![Incoming::Binary(payload.into())]), "{size}");
        }
    }

    #[test]
    fn pieces_are_joined_around_a_ping() {
        let bytes = [frame(0x02, b"ab"), frame(0x89, b"p"), frame(0x00, b"c"), frame(0x80, b"d")].concat();
        let expected = vec![Incoming::Ping("p".into()), Incoming::Binary("abcd".into())];
        assert_eq!(read(&bytes), Ok(expected.clone()));
        // Where the bytes are cut between reads never matters.
        let (mut buffer, mut pieces, mut all) = (BytesMut::new(), None, Vec::new());
        for byte in bytes {
            buffer.put_u8(byte);
            while let Some(message) = next(&mut buffer, &mut pieces, 1000).unwrap() {
                all.push(message);
            }
        }
        assert_eq!(all, expected);
    }

    #[test]
    fn what_the_rfc_forbids_is_refused() {
        assert_eq!(read(&[0x82, 0x01, 0x00]), Err(WsError::Unmasked));
        assert_eq!(read(&frame(0xC2, b"")), Err(WsError::Reserved));
        assert_eq!(read(&frame(0x83, b"")), Err(WsError::Opcode));
        assert_eq!(read(&frame(0x09, b"")), Err(WsError::Control));
        assert_eq!(read(&frame(0x80, b"x")), Err(WsError::Continuation));
        assert_eq!(read(&[frame(0x02, b"x"), frame(0x82, b"x")].concat()), Err(WsError::Continuation));
        assert_eq!(read(&frame(0x82, &[0; 1001])), Err(WsError::TooLarge { size: 1001, max: 1000 }));
    }

    #[test]
    fn a_ping_between_pieces_does_not_count_towards_the_message() {
        let bytes = [frame(0x02, &[7; 999]), frame(0x89, b"ping"), frame(0x80, &[7])].concat();
        assert_eq!(
            read(&bytes),
            Ok(vec![Incoming::Ping("ping".into()), Incoming::Binary(vec![7; 1000].into())])
        );
    }

    #[test]
    fn the_limit_holds_before_the_bytes_are_there() {
        let head = [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
        assert!(matches!(read(&head), Err(WsError::TooLarge { .. })));
    }

    #[test]
    fn a_close_tells_its_code() {
        assert_eq!(read(&frame(0x88, &[0x03, 0xE8])), Ok(vec![Incoming::Close(Some(NORMAL))]));
        assert_eq!(read(&frame(0x88, &[0x03, 0xE8, b'x'])), Ok(vec![Incoming::Close(Some(NORMAL))]));
        assert_eq!(read(&frame(0x88, &[])), Ok(vec![Incoming::Close(None)]));
        assert_eq!(read(&frame(0x88, &[3])), Err(WsError::HalfACode));
    }

    #[test]
    fn a_wrong_hint_still_gives_a_right_frame() {
        for (hint, size) in [(5, 5), (5, 130), (300, 20), (10, 70_000), (70_000, 10)] {
            let mut out = BytesMut::from("x");
            put_binary(&mut out, hint, |out| out.put_bytes(7, size));
            let mut cursor = Cursor::new(&out[1..]);
            let (header, length) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!((header.opcode, header.is_final), (OpCode::Data(Data::Binary), true));
            assert_eq!(length as usize, size);
            assert!(out[1 + cursor.position() as usize..].iter().all(|byte| *byte == 7));
            assert_eq!(out.len(), 1 + cursor.position() as usize + size);
        }
    }
}
