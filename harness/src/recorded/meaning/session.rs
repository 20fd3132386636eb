//! A recording as what it means: a lane a client, and what happened in each, in order.

use std::{collections::BTreeSet, io::BufRead, time::Duration};

use recording::{End, Header, Reader};

use super::{building::Building, modes::Rules};

/// So many entries are compared; a recording with more is compared up to there.
pub const MOST: u64 = 1 << 20;
/// And so many bytes of what they mean.
const MOST_BYTES: usize = 1 << 29;

/// Where something happened, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lane {
    pub(crate) kind: LaneKind,
    /// The client's, or the user's.
    pub(crate) whose: String,
}

/// What happens in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LaneKind {
    /// What the operator did.
    Operator,
    /// HTTP of a client.
    Http,
    /// Frames of a client.
    Frames,
    /// Calls and callbacks of a client's app.
    App,
    /// Calls of the app's own server.
    Webhooks,
}

impl Lane {
    /// In words.
    pub(crate) fn words(&self) -> String {
        let what = match self.kind {
            LaneKind::Operator => return "the operator".to_owned(),
            LaneKind::Webhooks => return "the app's server".to_owned(),
            LaneKind::Http => "HTTP",
            LaneKind::Frames => "frames",
            LaneKind::App => "app",
        };
        if self.whose.is_empty() { what.to_owned() } else { format!("{} ({what})", self.whose) }
    }
}

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Up,
    Down,
}

/// What an entry means.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) n: u64,
    pub(crate) after: Duration,
    pub(crate) way: Way,
    /// Its kind in words: `-> QUERY pullMsg`, `onConnected`.
    pub(crate) what: Box<str>,
    pub(crate) what_hash: u64,
    /// Of all but its names.
    pub(crate) shape: u64,
    /// All of it, as JSON: trees of a whole session would take ten times as much.
    pub(crate) text: Box<str>,
}

/// What happens in each lane, in order.
pub(crate) type Lanes = Vec<(Lane, Vec<Meaning>)>;

/// A recording as what it means.
#[derive(Debug)]
pub struct Session {
    pub(crate) header: Header,
    pub(crate) lanes: Lanes,
    pub(crate) names: BTreeSet<String>,
    /// Whether it tells what apps called and were told.
    pub(crate) apps: bool,
    /// What ended it.
    pub end: End,
    /// The last entry that was read.
    pub entries: u64,
    /// When that was.
    pub(crate) until: Duration,
    /// It is longer than what is compared.
    pub too_long: bool,
}

impl Session {
    /// Reads a recording to its end, or as far as it is intact.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(reader: &mut Reader<impl BufRead>, rules: &Rules) -> Result<Self, String> {
        let header = reader.header().clone();
        let mut building = Building::of(&header, rules);
        let (mut too_long, mut until) = (false, Duration::ZERO);
        while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
            if entry.n > MOST || building.bytes() > MOST_BYTES {
                too_long = true;
                break;
            }
            building.add(&entry);
            until = entry.after;
        }
        let (lanes, names, apps) = building.finish();
        let end = reader.end().cloned().unwrap_or(End::Whole);
        let entries = reader.last();
        Ok(Self { header, lanes, names, apps, end, entries, until, too_long })
    }
}

impl Session {
    /// Forgets what apps called and were told.
    pub(crate) fn without_apps(&mut self) {
        self.lanes.retain(|(lane, _)| lane.kind != LaneKind::App);
    }
}
