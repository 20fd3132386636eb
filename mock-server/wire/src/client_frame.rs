//! Frames a client sends, of either transport.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    Header, Kind, Topic,
    read::{FrameError, Reader},
    text::{decode_text, encode_text, encode_text_cesu8},
};

/// What a native client presents itself with. On WebSocket the same facts stand in the address's query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connect {
    /// Protocol version; 3 is the only one spoken here (4 asks for another obfuscation).
    pub version: u8,
    /// Flag byte, 0xC6 from the vendor's desktop client.
    pub flags: u8,
    /// Keep-alive as sent; its byte order differs between clients, and nothing depends on it.
    pub keep_alive: u16,
    /// Device id.
    pub device_id: String,
    /// Name of the client program, e.g. `RongIMPCClient`.
    pub client: String,
    /// `platform-model-version`, e.g. `PC--5.46.1`.
    pub client_info: String,
    /// App Key.
    pub app_key: String,
    /// Token, cut after its `@`.
    pub token: String,
    /// Anything behind the known strings (`baggage:…`), kept as it came.
    pub rest: Bytes,
}

/// A PUBLISH or QUERY of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// 1 asks for an acknowledgement.
    pub qos: u8,
    /// Header flag, carried.
    pub dup: bool,
    /// Header flag, carried.
    pub retain: bool,
    /// What it is about.
    pub topic: Topic,
    /// The peer, the group, the room, or the client's own user, as the topic wants it.
    pub target: String,
    /// The connection's own running number; the answer repeats it.
    pub id: u16,
    /// Protobuf.
    pub body: Bytes,
    /// Native only: eight bytes in front. Their rule is not known; they are not judged.
    pub signature: [u8; 8],
}

impl Request {
    /// A request with qos 1 and no other flag.
    #[must_use]
    pub fn new(topic: Topic, target: &str, id: u16, body: Bytes) -> Self {
        Self {
            qos: 1,
            dup: false,
            retain: false,
            topic,
            target: target.to_owned(),
            id,
            body,
            signature: [0; 8],
        }
    }

    fn header(&self, kind: Kind) -> Header {
        Header { kind: kind as u8, dup: self.dup, qos: self.qos, retain: self.retain }
    }
}

/// One frame from a client to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientFrame {
    /// Native only, first.
    Connect(Connect),
    /// A message to send.
    Publish(Request),
    /// Acknowledges the server's PUBLISH with that id.
    PubAck {
        /// The server's message id.
        id: u16,
    },
    /// A request that wants an answer.
    Query(Request),
    /// Confirms an answer that came with qos > 0.
    QueryCon {
        /// The query's id.
        id: u16,
    },
    /// Keep-alive.
    Ping,
    /// The client is about to close: 4 = logged out, no pushes; 3 after a refusal.
    Disconnect {
        /// The reason.
        status: u8,
    },
    /// A type that clients do not send, kept whole.
    Unknown {
        /// Its first byte.
        header: Header,
        /// Everything behind.
        body: Bytes,
    },
}

impl ClientFrame {
    /// The frame's first byte.
    #[must_use]
    pub fn header(&self) -> Header {
        match self {
            Self::Connect(_) => Header { kind: 1, dup: false, qos: 2, retain: false },
            Self::Publish(request) => request.header(Kind::Publish),
            Self::PubAck { .. } => Header::new(Kind::PubAck),
            Self::Query(request) => request.header(Kind::Query),
            Self::QueryCon { .. } => Header::new(Kind::QueryCon),
            Self::Ping => Header::new(Kind::Ping),
            Self::Disconnect { .. } => Header::new(Kind::Disconnect),
            Self::Unknown { header, .. } => *header,
        }
    }

    /// Reads a frame's body; `native` tells whether requests begin with a signature.
    ///
    /// # Errors
    /// The body ends early, or a string is not text.
    pub fn parse(header: Header, body: Bytes, native: bool) -> Result<Self, FrameError> {
        let mut read = Reader(body);
        Ok(match Kind::from_number(header.kind) {
            Some(Kind::Connect) => Self::Connect(parse_connect(&mut read)?),
            Some(Kind::Publish) => Self::Publish(parse_request(header, &mut read, native)?),
            Some(Kind::Query) => Self::Query(parse_request(header, &mut read, native)?),
            Some(Kind::PubAck) => Self::PubAck { id: read.u16("message id")? },
            Some(Kind::QueryCon) => Self::QueryCon { id: read.u16("message id")? },
            Some(Kind::Ping) => Self::Ping,
            Some(Kind::Disconnect) => {
                read.u8("reserved byte")?;
                Self::Disconnect { status: read.u8("status")? }
            }
            _ => Self::Unknown { header, body: read.0 },
        })
    }

    /// Writes the body, without header byte, check byte or length. Web clients write strings as CESU-8.
    pub fn write_body(&self, native: bool, out: &mut BytesMut) {
        match self {
            Self::Connect(connect) => write_connect(connect, out),
            Self::Publish(request) | Self::Query(request) => {
                if native {
                    out.put_slice(&request.signature);
                    encode_text(request.topic.as_str(), out);
                    encode_text(&request.target, out);
                } else {
                    encode_text_cesu8(request.topic.as_str(), out);
                    encode_text_cesu8(&request.target, out);
                }
                out.put_u16(request.id);
                out.put_slice(&request.body);
            }
            Self::PubAck { id } | Self::QueryCon { id } => out.put_u16(*id),
            Self::Ping => {}
            Self::Disconnect { status } => out.put_slice(&[0, *status]),
            Self::Unknown { body, .. } => out.put_slice(body),
        }
    }
}

fn parse_request(header: Header, read: &mut Reader, native: bool) -> Result<Request, FrameError> {
    let signature = if native { read.bytes8("signature")? } else { [0; 8] };
    let topic = read.raw_text("topic")?;
    // Known topics are plain ASCII: no allocation for them.
    let topic = match std::str::from_utf8(&topic) {
        Ok(name) => Topic::from(name),
        Err(_) => Topic::Other(decode_text(&topic).ok_or(FrameError::Text { field: "topic" })?.into()),
    };
    let target = read.text("target")?;
    let id = read.u16("message id")?;
    let Header { dup, qos, retain, .. } = header;
    Ok(Request { qos, dup, retain, topic, target, id, body: std::mem::take(&mut read.0), signature })
}

const PROTOCOL: &str = "RCloud";

fn parse_connect(read: &mut Reader) -> Result<Connect, FrameError> {
    let protocol = read.text("protocol name")?;
    if protocol != PROTOCOL {
        return Err(FrameError::Protocol { found: protocol });
    }
    Ok(Connect {
        version: read.u8("version")?,
        flags: read.u8("flags")?,
        keep_alive: read.u16("keep-alive")?,
        device_id: read.text("device id")?,
        client: read.text("client name")?,
        client_info: read.text("client info")?,
        app_key: read.text("App Key")?,
        token: read.text("token")?,
        rest: std::mem::take(&mut read.0),
    })
}

fn write_connect(connect: &Connect, out: &mut BytesMut) {
    encode_text(PROTOCOL, out);
    out.put_u8(connect.version);
    out.put_u8(connect.flags);
    out.put_u16(connect.keep_alive);
    for text in [&connect.device_id, &connect.client, &connect.client_info, &connect.app_key, &connect.token]
    {
        encode_text(text, out);
    }
    out.put_slice(&connect.rest);
}
