//! The client's half of WebSocket, as little of it as a load needs: every message is one binary frame.
//!
//! Frame heads are tungstenite's; its own client would keep two buffers a connection and copy every message. Our mask
//! is zero, which is a mask like any other to the server and saves the client the work.

use std::io::Cursor;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Data, OpCode},
};
use wire::{ClientFrame, ServerFrame};

use super::{
    LoadError,
    protocol::{Heard, broken},
};

/// A server's message is never longer.
const MOST: u64 = 1 << 24;

/// Asks for a WebSocket at that path and query.
pub(crate) fn upgrade(address: &str, out: &mut BytesMut) {
    out.put_slice(b"GET ");
    out.put_slice(address.as_bytes());
    // The key only has to be sixteen bytes; it guards against caches, of which there are none here.
    out.put_slice(
        b" HTTP/1.1\r\nHost: load\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aGFybmVzcy1sb2FkLWtleQ==\r\n\r\n",
    );
}

/// Takes the answer to the upgrade off the stream.
pub(crate) fn upgraded(buffer: &mut BytesMut) -> Result<Option<Heard>, LoadError> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = buffer.split_to(end + 4);
    if head.starts_with(b"HTTP/1.1 101") {
        return Ok(Some(Heard::Upgraded));
    }
    let head = String::from_utf8_lossy(&head);
    Err(LoadError::Protocol(format!("no WebSocket: {}", head.lines().next().unwrap_or_default())))
}

/// Appends a client's frame.
pub(crate) fn put(frame: &ClientFrame, out: &mut BytesMut) {
    let mut payload = BytesMut::new();
    wire::websocket::encode_client(frame, &mut payload);
    let header =
        FrameHeader { opcode: OpCode::Data(Data::Binary), mask: Some([0; 4]), ..FrameHeader::default() };
    let mut head = Vec::with_capacity(14);
    header.format(payload.len() as u64, &mut head).expect("writing to memory does not fail");
    out.put_slice(&head);
    out.put_slice(&payload);
}

/// Takes a server's frame off the stream.
pub(crate) fn take(buffer: &mut BytesMut) -> Result<Option<ServerFrame>, LoadError> {
    let mut cursor = Cursor::new(&buffer[..]);
    let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(broken)? else { return Ok(None) };
    let begin = cursor.position() as usize;
    if length > MOST {
        return Err(broken(format!("a message of {length} bytes")));
    }
    let size = length as usize;
    if buffer.len() - begin < size {
        return Ok(None);
    }
    buffer.advance(begin);
    let payload: Bytes = buffer.split_to(size).freeze();
    match header.opcode {
        OpCode::Data(Data::Binary) => {
            wire::websocket::decode_server(payload, false).map(Some).map_err(broken)
        }
        other => Err(broken(format!("a WebSocket frame {other}"))),
    }
}
