//! WebSocket messages read along, in either direction, without a say in what passes.

use std::io::Cursor;

use bytes::{Buf, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// What one side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A frame of the protocol, or what is none.
    Binary(Bytes),
    /// A text.
    Text(Bytes),
    /// It says goodbye.
    Close,
    /// Something that has to do with nothing but the socket.
    Beside,
}

/// One direction of a WebSocket.
#[derive(Debug, Default)]
pub struct Side {
    buffer: BytesMut,
    /// A message in pieces, and whether it is text.
    pieces: Option<(bool, BytesMut)>,
}

impl Side {
    /// Takes in what passes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message; `Ok(None)`: more bytes are needed.
    ///
    /// # Errors
    /// It cannot be read on: a sentence. `most` is the most bytes of a message that is kept.
    pub fn next(&mut self, most: usize) -> Result<Option<Message>, String> {
        loop {
            let mut cursor = Cursor::new(&self.buffer[..]);
            let parsed = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())?;
            let Some((header, length)) = parsed else { return Ok(None) };
            let begin = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
            if header.rsv1 || header.rsv2 || header.rsv3 {
                return Err("the message is compressed, or of another extension".to_owned());
            }
            let size = usize::try_from(length).unwrap_or(usize::MAX);
            let so_far = self.pieces.as_ref().map_or(0, |(_, bytes)| bytes.len());
            if size.saturating_add(so_far) > most {
                return Err(format!("a message of {size} bytes is longer than the {most} that are kept"));
            }
            if self.buffer.len() - begin < size {
                return Ok(None);
            }
            self.buffer.advance(begin);
            let mut payload = self.buffer.split_to(size);
            if let Some(mask) = header.mask {
                payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            }
            if let Some(message) = self.take(&header, payload) {
                return Ok(Some(message));
            }
        }
    }

    /// Bytes that have come and were not read.
    pub fn rest(&mut self) -> BytesMut {
        std::mem::take(&mut self.buffer)
    }

    /// `None`: the message goes on in the next frame.
    fn take(&mut self, header: &FrameHeader, payload: BytesMut) -> Option<Message> {
        let (text, bytes) = match header.opcode {
            OpCode::Control(Control::Close) => return Some(Message::Close),
            OpCode::Data(Data::Continue) => {
                let (text, mut bytes) = self.pieces.take().unwrap_or((false, BytesMut::new()));
                bytes.extend_from_slice(&payload);
                (text, bytes)
            }
            OpCode::Data(kind) => (kind == Data::Text, payload),
            OpCode::Control(_) => return Some(Message::Beside),
        };
        if !header.is_final {
            self.pieces = Some((text, bytes));
            return None;
        }
        Some(if text { Message::Text(bytes.freeze()) } else { Message::Binary(bytes.freeze()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(side: &mut Side, bytes: &[u8]) -> Result<Vec<Message>, String> {
        side.feed(bytes);
        let mut all = Vec::new();
        while let Some(message) = side.next(1000)? {
            all.push(message);
        }
        Ok(all)
    }

    #[test]
    fn both_directions_are_read_whatever_the_pieces() {
        let masked = [0x82, 0x82, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2];
        let mut side = Side::default();
        let mut all = Vec::new();
        for byte in masked.iter().chain(&[0x02, 1, b'c', 0x89, 0, 0x80, 1, b'd', 0x81, 1, b't', 0x88, 0]) {
            all.extend(read(&mut side, &[*byte]).unwrap());
        }
        let binary = |text: &'static str| Message::Binary(Bytes::from_static(text.as_bytes()));
        let text = Message::Text(Bytes::from_static(b"t"));
        assert_eq!(all, [binary("ab"), Message::Beside, binary("cd"), text, Message::Close]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(read(&mut Side::default(), &[0xC2, 0]).unwrap_err().contains("compressed"));
        assert!(read(&mut Side::default(), &[0x82, 126, 4, 0]).unwrap_err().contains("1024 bytes"));
        assert!(read(&mut Side::default(), &[0x83, 0]).is_err());
    }
}
