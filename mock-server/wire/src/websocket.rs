//! WebSocket front end: one binary message is one frame, header byte and body, no length and no checksum.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{ClientFrame, FrameError, Header, ServerFrame};

/// Reads a client's message.
///
/// # Errors
/// The message is empty or ends inside a field.
pub fn decode_client(mut message: Bytes) -> Result<ClientFrame, FrameError> {
    let header = message.try_get_u8().map_err(|_| FrameError::Empty)?;
    ClientFrame::parse(Header::from_byte(header), message, false)
}

/// Reads a server's message; `layout_v4` tells which CONNACK the client asked for.
///
/// # Errors
/// The message is empty or ends inside a field.
pub fn decode_server(mut message: Bytes, layout_v4: bool) -> Result<ServerFrame, FrameError> {
    let header = message.try_get_u8().map_err(|_| FrameError::Empty)?;
    ServerFrame::parse(Header::from_byte(header), message, false, layout_v4)
}

/// Writes a client's message.
pub fn encode_client(frame: &ClientFrame, out: &mut BytesMut) {
    out.put_u8(frame.header().to_byte());
    frame.write_body(false, out);
}

/// Writes a server's message.
pub fn encode_server(frame: &ServerFrame, out: &mut BytesMut) {
    out.reserve(1 + frame.body_hint());
    out.put_u8(frame.header().to_byte());
    frame.write_body(false, out);
}
