//! Frames the server sends, of either transport.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    Header, Kind, Topic, UnixMillis,
    read::{FrameError, Reader},
    text::encode_text,
};

/// How a CONNACK is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnAckLayout {
    /// Asked for by `protocolVer` 3 or none.
    V3,
    /// Asked for by `protocolVer=4`: a flag byte tells which fields follow.
    V4 {
        /// The client's first message id is this one plus one.
        first_message_id: u16,
    },
}

/// What an accepted client learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The user the token belongs to.
    pub user_id: String,
    /// The session's id.
    pub session_id: String,
    /// The server's time: base of the client's clock and of its idea of "offline".
    pub time: UnixMillis,
}

/// The server's first frame. Fields behind the status are there only when accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck {
    /// 0 = accepted; other values in [`crate::code::connack`].
    pub status: u8,
    /// Present when accepted.
    pub accepted: Option<Accepted>,
    /// The layout the client asked for.
    pub layout: ConnAckLayout,
}

/// One frame from the server to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerFrame {
    /// Accepted or refused.
    ConnAck(ConnAck),
    /// A push.
    Publish {
        /// A mirror of the user's own sending; a [`ServerFrame::PubAck`] with the same id must follow.
        dup: bool,
        /// 1 asks for an acknowledgement.
        qos: u8,
        /// Whole seconds of the server's time.
        seconds: u32,
        /// What it is about.
        topic: Topic,
        /// Depends on the topic, mostly the receiver itself.
        target: String,
        /// The server's running number for this connection.
        id: u16,
        /// Protobuf, shared between receivers.
        body: Bytes,
    },
    /// Answers a client's PUBLISH.
    PubAck {
        /// The client's message id.
        id: u16,
        /// 0 = sent; other codes reach the app as they are.
        status: u16,
        /// The message's time.
        time: UnixMillis,
        /// The message's UID.
        message_uid: String,
    },
    /// Answers a client's QUERY.
    QueryAck {
        /// The client's message id.
        id: u16,
        /// 1 asks for a QUERYCON.
        qos: u8,
        /// Whole seconds of the server's time.
        seconds: u32,
        /// 0 = done; an empty body is then only right where the answer has no required field.
        status: u16,
        /// Protobuf.
        body: Bytes,
    },
    /// Keep-alive.
    Pong,
    /// Why the server is about to close; see [`crate::code::disconnect`].
    Disconnect {
        /// The reason.
        status: u8,
        /// Anything behind, which newer clients keep.
        rest: Bytes,
    },
    /// A type that servers do not send, or what the types cannot say.
    Unknown {
        /// Its first byte.
        header: Header,
        /// Everything behind.
        body: Bytes,
    },
}

impl ServerFrame {
    /// The frame's first byte.
    #[must_use]
    pub fn header(&self) -> Header {
        match self {
            Self::ConnAck(_) => Header::new(Kind::ConnAck),
            Self::Publish { dup, qos, .. } => Header { kind: 3, dup: *dup, qos: *qos, retain: false },
            Self::PubAck { .. } => Header::new(Kind::PubAck),
            Self::QueryAck { qos, .. } => Header::new(Kind::QueryAck).qos(*qos),
            Self::Pong => Header::new(Kind::Pong),
            Self::Disconnect { .. } => Header::new(Kind::Disconnect),
            Self::Unknown { header, .. } => *header,
        }
    }

    /// Reads a frame's body; `native` tells whether a PUBLISH begins with eight bytes of signature.
    ///
    /// # Errors
    /// The body ends early, or a string is not text.
    pub fn parse(header: Header, body: Bytes, native: bool, layout_v4: bool) -> Result<Self, FrameError> {
        let mut read = Reader(body);
        Ok(match Kind::from_number(header.kind) {
            Some(Kind::ConnAck) => Self::ConnAck(parse_connack(&mut read, layout_v4)?),
            Some(Kind::Publish) => {
                if native {
                    read.bytes8("signature")?;
                }
                Self::Publish {
                    dup: header.dup,
                    qos: header.qos,
                    seconds: read.u32("seconds")?,
                    topic: Topic::from(read.text("topic")?.as_str()),
                    target: read.text("target")?,
                    id: read.u16("message id")?,
                    body: read.0,
                }
            }
            Some(Kind::PubAck) => {
                let id = read.u16("message id")?;
                let seconds = read.u32("seconds")?;
                let status = read.u16("status")?;
                let millis = read.u16("milliseconds")?;
                let message_uid = read.text("messageUId")?;
                Self::PubAck { id, status, time: UnixMillis::from_parts(seconds, millis), message_uid }
            }
            Some(Kind::QueryAck) => Self::QueryAck {
                id: read.u16("message id")?,
                qos: header.qos,
                seconds: read.u32("seconds")?,
                status: read.u16("status")?,
                body: read.0,
            },
            Some(Kind::Pong) => Self::Pong,
            Some(Kind::Disconnect) => {
                read.u8("reserved byte")?;
                Self::Disconnect { status: read.u8("status")?, rest: read.0 }
            }
            _ => Self::Unknown { header, body: read.0 },
        })
    }

    /// Bytes that [`write_body`](Self::write_body) will write at most, to reserve them at once.
    #[must_use]
    pub fn body_hint(&self) -> usize {
        match self {
            Self::Publish { body, target, .. } => 8 + 4 + 2 + 16 + 2 + target.len() + 2 + body.len(),
            Self::QueryAck { body, .. } | Self::Unknown { body, .. } => 8 + body.len(),
            Self::ConnAck(_) => 256,
            Self::PubAck { message_uid, .. } => 12 + message_uid.len(),
            Self::Pong => 0,
            Self::Disconnect { rest, .. } => 2 + rest.len(),
        }
    }

    /// Writes the body, without header byte, check byte or length.
    pub fn write_body(&self, native: bool, out: &mut BytesMut) {
        match self {
            Self::ConnAck(ack) => write_connack(ack, out),
            Self::Publish { seconds, topic, target, id, body, .. } => {
                if native {
                    out.put_slice(&[0; 8]);
                }
                out.put_u32(*seconds);
                encode_text(topic.as_str(), out);
                encode_text(target, out);
                out.put_u16(*id);
                out.put_slice(body);
            }
            Self::PubAck { id, status, time, message_uid } => {
                out.put_u16(*id);
                out.put_u32(time.seconds());
                out.put_u16(*status);
                out.put_u16(time.subsec_millis());
                encode_text(message_uid, out);
            }
            Self::QueryAck { id, seconds, status, body, .. } => {
                out.put_u16(*id);
                out.put_u32(*seconds);
                out.put_u16(*status);
                out.put_slice(body);
            }
            Self::Pong => {}
            Self::Disconnect { status, rest } => {
                out.put_slice(&[0, *status]);
                out.put_slice(rest);
            }
            Self::Unknown { body, .. } => out.put_slice(body),
        }
    }
}

// Flags of the V4 layout.
const USER: u8 = 1;
const SESSION: u8 = 2;
const TIME: u8 = 4;
const FIRST_ID: u8 = 8;

fn write_connack(ack: &ConnAck, out: &mut BytesMut) {
    out.put_slice(&[0, ack.status]);
    if let ConnAckLayout::V4 { .. } = ack.layout {
        out.put_u8(if ack.accepted.is_some() { USER | SESSION | TIME | FIRST_ID } else { 0 });
    }
    let Some(accepted) = &ack.accepted else { return };
    encode_text(&accepted.user_id, out);
    encode_text(&accepted.session_id, out);
    out.put_u64(accepted.time.0.max(0).unsigned_abs());
    if let ConnAckLayout::V4 { first_message_id } = ack.layout {
        out.put_u16(first_message_id);
    }
}

fn parse_connack(read: &mut Reader, v4: bool) -> Result<ConnAck, FrameError> {
    read.u8("reserved byte")?;
    let status = read.u8("status")?;
    let flags = if v4 { read.u8("flags")? } else { USER | SESSION | TIME };
    let mut layout = if v4 { ConnAckLayout::V4 { first_message_id: 0 } } else { ConnAckLayout::V3 };
    if (!v4 && read.0.is_empty()) || flags == 0 {
        return Ok(ConnAck { status, accepted: None, layout });
    }
    let mut accepted = Accepted { user_id: String::new(), session_id: String::new(), time: UnixMillis(0) };
    if flags & USER != 0 {
        accepted.user_id = read.text("userId")?;
    }
    if flags & SESSION != 0 {
        accepted.session_id = read.text("sessionId")?;
    }
    if flags & TIME != 0 {
        accepted.time = UnixMillis(read.u64("server time")?.cast_signed());
    }
    if flags & FIRST_ID != 0 {
        layout = ConnAckLayout::V4 { first_message_id: read.u16("first message id")? };
    }
    Ok(ConnAck { status, accepted: Some(accepted), layout })
}
