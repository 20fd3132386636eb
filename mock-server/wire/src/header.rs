//! The first byte of every frame.

/// A frame's type, the high half of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Native TCP only: the client presents itself.
    Connect = 1,
    /// The server's first frame: accepted or refused.
    ConnAck = 2,
    /// A message, both directions, different layouts.
    Publish = 3,
    /// Acknowledges a [`Kind::Publish`], both directions, different layouts.
    PubAck = 4,
    /// A client's request.
    Query = 5,
    /// The answer to a [`Kind::Query`].
    QueryAck = 6,
    /// A client confirms a [`Kind::QueryAck`] that asked for it.
    QueryCon = 7,
    /// Keep-alive, client to server.
    Ping = 12,
    /// Keep-alive, server to client.
    Pong = 13,
    /// Either side says why it is about to close.
    Disconnect = 14,
}

impl Kind {
    /// The kind with that number, if the protocol has one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::Query,
            6 => Self::QueryAck,
            7 => Self::QueryCon,
            12 => Self::Ping,
            13 => Self::Pong,
            14 => Self::Disconnect,
            _ => return None,
        })
    }
}

/// The first byte, taken apart: `kind << 4 | dup << 3 | qos << 1 | retain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Header {
    /// The type number, 0..=15, also when no [`Kind`] has it.
    pub kind: u8,
    /// On a server's PUBLISH: "sync", a mirror of what another device of the same user sent.
    pub dup: bool,
    /// 0..=3; a server's PUBLISH with 0 is not acknowledged.
    pub qos: u8,
    /// Carried, without meaning.
    pub retain: bool,
}

impl Header {
    /// A header without flags.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind: kind as u8, ..Self::default() }
    }

    /// The same with a quality of service, 0..=3.
    #[must_use]
    pub fn qos(self, qos: u8) -> Self {
        Self { qos: qos & 3, ..self }
    }

    /// Takes a first byte apart; every byte is a header.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        Self { kind: byte >> 4, dup: byte & 8 != 0, qos: (byte >> 1) & 3, retain: byte & 1 != 0 }
    }

    /// Puts it together again.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        (self.kind << 4) | (u8::from(self.dup) << 3) | ((self.qos & 3) << 1) | u8::from(self.retain)
    }
}
