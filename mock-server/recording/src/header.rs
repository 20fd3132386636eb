//! The first line: what a recording is of.

use std::fmt;

use serde::{Deserialize, Serialize};
use service::{ConnId, Endpoints, Login, Service, WorldSetup};
use wire::UnixMillis;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// How the world of a recording was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The format's version.
    pub recording: u32,
    /// The program that wrote it, and its version.
    pub made_by: String,
    /// The App Key.
    pub app_key: String,
    /// The client that was recorded, where one is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// When the world began, milliseconds since 1970 of its own time.
    pub start: UnixMillis,
    /// What was added to the machine's clock; absent: the clock was moved by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Seed of its ids.
    pub seed: u64,
    /// Whether it tells what the world said, and not only what was done to it, from which all of that follows.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub said: bool,
    /// It is of a session of whose world nothing is known, because it was taken on the way to a service that is not ours, or was
    /// scrubbed: `seed`, `endpoints` and `world` tell nothing. Absent in a recording of a world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// Its last line says that it ends there: without that it is cut, or still being written. Absent: nothing is promised, and
    /// where it ends it is taken to be whole. [`Writer`](crate::Writer) sees to it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ends: bool,
    /// The number of its first entry. More than 1: it is a span of a longer one, which can be shown, and not replayed.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub from: u64,
    /// Who was connected before its first entry; nobody, unless it is a span.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Opened>,
    /// Where clients found it.
    pub endpoints: Endpoints,
    /// What it held in the beginning.
    #[serde(serialize_with = "as_given")]
    pub world: WorldSetup,
}

/// How a recording was taken on the way between clients and a service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Proxy {
    /// The service's navigation address, as whoever recorded gave it; empty where it was scrubbed.
    pub upstream: String,
    /// Whether pseudonyms stand for whatever could tell of people; the App Key is an alias then.
    pub scrubbed: bool,
}

/// What may be said of it: `taken by a proxy in front of https://nav.example`, or `scrubbed`.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scrubbed {
            f.write_str("scrubbed")
        } else {
            write!(f, "taken by a proxy in front of {}", self.upstream)
        }
    }
}

/// A connection that was there before a span began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// Its number.
    pub conn: u64,
    /// How it was opened.
    pub login: Box<Login>,
}

impl Opened {
    /// The connection.
    #[must_use]
    pub fn id(&self) -> ConnId {
        ConnId(self.conn)
    }
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(from: &u64) -> bool {
    *from == 1
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_true(said: &bool) -> bool {
    *said
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(ends: &bool) -> bool {
    !*ends
}

fn as_given<S: serde::Serializer>(world: &WorldSetup, to: S) -> Result<S::Ok, S::Error> {
    world.as_given().serialize(to)
}

impl Header {
    /// The world as it was in the beginning.
    ///
    /// # Errors
    /// It is a span, so that nothing tells what the world was like when it begins; or mistakes of the set-up, a sentence each:
    /// another version of this program may know other set-ups. Or there is none: the recording was taken by a proxy.
    pub fn world(&self) -> Result<Service, Vec<String>> {
        if let Some(proxy) = &self.proxy {
            return Err(vec![format!(
                "it was {proxy}: it has no world that could be made again, so that nothing of it can be compared byte for byte"
            )]);
        }
        if self.from > 1 {
            let (from, before) = (self.from, self.from - 1);
            return Err(vec![format!(
                "it is a span that begins with entry {from}: without the {before} before it the world cannot be made; `harness show` \
                 shows it, and a span from entry 1 can be replayed"
            )]);
        }
        Service::new(&self.app_key, &self.world, self.seed, self.endpoints.clone(), self.start)
    }
}
