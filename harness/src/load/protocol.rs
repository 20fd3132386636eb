//! What all protocols have in common: what a client says, and what it hears that matters to a load.

use bytes::{Bytes, BytesMut};
use clap::ValueEnum;
use serde::Serialize;

use super::{LoadError, im, mqtt, websocket};

/// What clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Our frames on native TCP.
    #[default]
    Tcp,
    /// Our frames in WebSocket messages.
    Websocket,
    /// MQTT 3.1.1 at QoS 1, for a broker to compare with.
    Mqtt,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The stream is open; what comes next is ours (WebSocket).
    Upgraded,
    /// The login is accepted.
    Accepted,
    /// What was asked to be delivered to this client will be (MQTT).
    Subscribed,
    /// The message of that id has been taken over.
    Taken(u16),
    /// A message, to be acknowledged by that id; an id of 0 wants no acknowledgement.
    Message(u16),
    /// Something waits to be pulled; to be acknowledged by that id.
    Notice(u16),
    /// The client is in the room now.
    Joined,
    /// The answer to the pull of that id, to be confirmed (an id of 0 wants no confirmation). Its messages are left encoded.
    Package { id: u16, messages: Vec<Bytes>, sync_time: i64, finished: bool },
    /// Nothing that matters.
    Other,
}

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) app_key: String,
    pub(crate) user: String,
    /// The server shall keep what comes while this user is away (MQTT; ours always does).
    pub(crate) keeps: bool,
}

impl Protocol {
    /// What a client says first. On WebSocket this is the upgrade, which carries the login.
    pub(crate) fn login(self, who: &Who, out: &mut BytesMut) {
        match self {
            Self::Tcp => im::connect(who, out),
            Self::Websocket => websocket::upgrade(&im::address(who), out),
            Self::Mqtt => mqtt::connect(who, out),
        }
    }

    /// What asks for messages: a pull of the mailbox, or a subscription.
    pub(crate) fn ask(self, who: &Who, after: i64, id: u16, out: &mut BytesMut) {
        match self {
            Self::Tcp | Self::Websocket => self.frame(&im::pull(&who.user, after, id), out),
            Self::Mqtt => mqtt::subscribe(&who.user, id, out),
        }
    }

    pub(crate) fn publish(self, to: &str, content: &[u8], id: u16, out: &mut BytesMut) {
        match self {
            Self::Tcp | Self::Websocket => self.frame(&im::message(to, content, id), out),
            Self::Mqtt => mqtt::publish(to, content, id, out),
        }
    }

    /// What joins a room: our request, or a subscription.
    pub(crate) fn join(self, room: &str, id: u16, out: &mut BytesMut) {
        match self {
            Self::Tcp | Self::Websocket => self.frame(&im::join(room, id), out),
            Self::Mqtt => mqtt::subscribe(room, id, out),
        }
    }

    /// Asks for what was said in a room. MQTT clients need not.
    pub(crate) fn ask_room(self, room: &str, after: i64, id: u16, out: &mut BytesMut) {
        self.frame(&im::pull_room(room, after, id), out);
    }

    pub(crate) fn publish_to_room(self, room: &str, content: &[u8], id: u16, out: &mut BytesMut) {
        match self {
            Self::Tcp | Self::Websocket => self.frame(&im::room_message(room, content, id), out),
            Self::Mqtt => mqtt::publish(room, content, id, out),
        }
    }

    /// Asks for what was said in ultra groups.
    pub(crate) fn ask_ultra_groups(self, who: &Who, after: i64, id: u16, out: &mut BytesMut) {
        self.frame(&im::pull_ultra_groups(&who.user, after, id), out);
    }

    /// Says something in a channel of the ultra group.
    pub(crate) fn publish_to_channel(self, channel: &str, content: &[u8], id: u16, out: &mut BytesMut) {
        self.frame(&im::channel_message(channel, content, id), out);
    }

    pub(crate) fn acknowledge(self, id: u16, out: &mut BytesMut) {
        match self {
            Self::Tcp | Self::Websocket => self.frame(&wire::ClientFrame::PubAck { id }, out),
            Self::Mqtt => mqtt::acknowledge(id, out),
        }
    }

    /// Confirms a package.
    pub(crate) fn confirm(self, id: u16, out: &mut BytesMut) {
        self.frame(&wire::ClientFrame::QueryCon { id }, out);
    }

    fn frame(self, frame: &wire::ClientFrame, out: &mut BytesMut) {
        match self {
            Self::Websocket => websocket::put(frame, out),
            _ => wire::native::encode_client(frame, out),
        }
    }

    /// Takes what one frame says off the front of `buffer`; `None` asks for more bytes. `upgraded` tells whether the
    /// answer to a WebSocket upgrade is behind us.
    pub(crate) fn hear(self, buffer: &mut BytesMut, upgraded: bool) -> Result<Option<Heard>, LoadError> {
        let frame = match self {
            Self::Mqtt => return mqtt::hear(buffer),
            Self::Websocket if !upgraded => return websocket::upgraded(buffer),
            Self::Websocket => websocket::take(buffer)?,
            Self::Tcp => wire::native::decode_server(buffer, wire::DEFAULT_MAX_FRAME).map_err(broken)?,
        };
        frame.map(im::heard).transpose()
    }

    /// Whether messages must be asked for again when the server gives notice of them.
    pub(crate) fn pulls(self) -> bool {
        self != Self::Mqtt
    }
}

/// The server's bytes are not what the protocol says.
pub(crate) fn broken(what: impl std::fmt::Display) -> LoadError {
    LoadError::Protocol(format!("the server's bytes make no sense: {what}"))
}
