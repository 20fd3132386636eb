//! Faults armed on a world: which frame or request they wait for, and what they do to it.

pub(crate) mod armed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fault: it waits for its trigger, then takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What it waits for.
    #[serde(default)]
    pub on: Trigger,
    /// What it does.
    pub effect: Effect,
}

/// Which frame or request a fault waits for. Every field that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Trigger {
    /// The user of the connection.
    pub user: Option<String>,
    /// A topic by its wire name, for PUBLISH, QUERY and the acknowledgements that answer them.
    pub topic: Option<String>,
    /// A kind of frame or request.
    pub kind: Option<FaultKind>,
    /// From the client (`up`) or to it (`down`).
    pub direction: Direction,
    /// The first fitting one it acts on, counted from 1.
    pub nth: u32,
    /// How many it acts on; 0 = all from then on.
    pub times: u32,
}

impl Default for Trigger {
    fn default() -> Self {
        Self { user: None, topic: None, kind: None, direction: Direction::Up, nth: 1, times: 1 }
    }
}

impl Trigger {
    /// Why nothing can ever fit it; `None` if something can. A fault that cannot take effect looks like one whose effect
    /// nobody notices.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        let kind = self.kind?;
        let name = kind.name();
        if !kind.directions().contains(&self.direction) {
            let (goes, other) = match self.direction {
                Direction::Up => ("from the service to clients", "down"),
                Direction::Down => ("from clients to the service", "up"),
            };
            return Some(format!("`{name}` only goes {goes}: write `direction: {other}`"));
        }
        let acknowledges_push = kind == FaultKind::PubAck && self.direction == Direction::Up;
        if self.topic.is_some() && (!kind.has_topic() || acknowledges_push) {
            return Some(format!("`{name}` has no topic in this direction"));
        }
        if self.user.is_some() && kind.is_http() {
            return Some(format!("`{name}` is a request, which belongs to no user"));
        }
        None
    }
}

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Client to server.
    #[default]
    Up,
    /// Server to client.
    Down,
}

/// Kinds a fault can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// A navi request.
    Navi,
    /// A Server API request.
    Api,
    /// A file sent to the file server.
    Upload,
    /// A file, or a part of one, read from the file server.
    Download,
    /// A login: WebSocket upgrade or native CONNECT.
    Connect,
    /// The answer to a login.
    ConnAck,
    /// A PUBLISH.
    Publish,
    /// A PUBACK.
    PubAck,
    /// A QUERY.
    Query,
    /// A QUERYACK.
    QueryAck,
    /// A PINGREQ.
    Ping,
    /// A PINGRESP.
    Pong,
    /// A DISCONNECT.
    Disconnect,
}

impl FaultKind {
    /// Its spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Navi => "navi",
            Self::Api => "api",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Connect => "connect",
            Self::ConnAck => "connAck",
            Self::Publish => "publish",
            Self::PubAck => "pubAck",
            Self::Query => "query",
            Self::QueryAck => "queryAck",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Disconnect => "disconnect",
        }
    }

    /// Which ways it can go.
    #[must_use]
    pub fn directions(self) -> &'static [Direction] {
        match self {
            Self::Publish | Self::PubAck | Self::Disconnect => &[Direction::Up, Direction::Down],
            Self::ConnAck | Self::QueryAck | Self::Pong => &[Direction::Down],
            Self::Navi
            | Self::Api
            | Self::Upload
            | Self::Download
            | Self::Connect
            | Self::Query
            | Self::Ping => &[Direction::Up],
        }
    }

    fn is_http(self) -> bool {
        matches!(self, Self::Navi | Self::Api | Self::Upload | Self::Download)
    }

    fn has_topic(self) -> bool {
        matches!(self, Self::Publish | Self::PubAck | Self::Query | Self::QueryAck)
    }
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The frame or request is lost: never seen, never answered.
    Drop,
    /// The connection breaks instead of the frame; it is not processed.
    Cut,
    /// The frame is processed (or sent), then the connection breaks: nothing of the answer gets out.
    CutAfter,
    /// It is delayed by so many milliseconds of virtual time.
    DelayMs(u64),
    /// The request is not carried out but answered: with that status for a PUBLISH, QUERY or CONNECT, that
    /// HTTP status for navi and the Server API.
    Answer(u16),
    /// It is carried out, or sent, twice.
    Duplicate,
    /// An HTTP request is answered with this text and status 200.
    Body(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_never_fit_is_told_from_what_can() {
        let on = |kind, direction| Trigger { kind: Some(kind), direction, ..Trigger::default() };
        let said = |trigger: Trigger| trigger.mistake().unwrap_or_default();
        assert_eq!(
            said(on(FaultKind::Pong, Direction::Up)),
            "`pong` only goes from the service to clients: write `direction: down`"
        );
        assert_eq!(
            said(on(FaultKind::Query, Direction::Down)),
            "`query` only goes from clients to the service: write `direction: up`"
        );
        for direction in [Direction::Up, Direction::Down] {
            assert_eq!(said(on(FaultKind::Publish, direction)), "");
        }
        let topic = |kind, direction| said(Trigger { topic: Some("ppMsgP".into()), ..on(kind, direction) });
        assert_eq!(topic(FaultKind::Ping, Direction::Up), "`ping` has no topic in this direction");
        assert_eq!(topic(FaultKind::PubAck, Direction::Up), "`pubAck` has no topic in this direction");
        assert_eq!(topic(FaultKind::PubAck, Direction::Down), "");
        let navi = Trigger { user: Some("alice".into()), ..on(FaultKind::Navi, Direction::Up) };
        assert_eq!(said(navi), "`navi` is a request, which belongs to no user");
        // The spelling is that of serde.
        assert_eq!(serde_json::to_value(FaultKind::ConnAck).unwrap(), FaultKind::ConnAck.name());
    }
}
