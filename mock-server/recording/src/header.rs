//! The first line: what a recording is of.

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

fn as_given<S: serde::Serializer>(world: &WorldSetup, to: S) -> Result<S::Ok, S::Error> {
    world.as_given().serialize(to)
}

impl Header {
    /// The world as it was in the beginning.
    ///
    /// # Errors
    /// It is a span, so that nothing tells what the world was like when it begins; or mistakes of the set-up, a sentence each:
    /// another version of this program may know other set-ups.
    pub fn world(&self) -> Result<Service, Vec<String>> {
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
