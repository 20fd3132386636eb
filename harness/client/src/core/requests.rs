//! Requests under way: every accepted one ends in exactly one reply (ERR-008, ENG-007).
//!
//! What a request was about its topic keeps, under the request's id, in an [`Asked`] of its own.

use std::collections::BTreeMap;

use bytes::Bytes;
use wire::{ClientFrame, Request, Topic, UnixMillis};

use crate::core::{Core, bug::Bug, code};

/// How long a request waits for its answer, as the vendor's engines have it.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// How a request goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As a PUBLISH, which a PUBACK answers.
    Publish,
    /// As a QUERY, which a QUERYACK answers.
    Query,
}

/// How a request ended.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// 0, the server's refusal, or a code of [`code`] where it gave no answer.
    pub(crate) code: i64,
    /// What a QUERYACK holds.
    pub(crate) body: Bytes,
    /// When the server took over what was published; 0 for a QUERY.
    pub(crate) time: UnixMillis,
    /// The UID of what was published; empty for a QUERY.
    pub(crate) uid: String,
}

impl Reply {
    /// There was no answer.
    pub(crate) fn none(code: i64) -> Self {
        Self { code, ..Self::default() }
    }
}

/// What a topic's unanswered requests are about, by the request's id.
#[derive(Debug)]
pub(crate) struct Asked<C>(BTreeMap<u16, C>);

impl<C> Default for Asked<C> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<C> Asked<C> {
    pub(crate) fn keep(&mut self, id: u16, call: C) {
        self.0.insert(id, call);
    }

    /// `None`: the request is another topic's.
    pub(crate) fn take(&mut self, id: u16) -> Option<C> {
        self.0.remove(&id)
    }
}

/// Which requests wait for an answer, and until when.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    open: BTreeMap<u16, (UnixMillis, Way)>,
    last_id: u16,
}

impl Requests {
    /// A new connection counts anew.
    pub(crate) fn restart(&mut self) {
        self.last_id = 0;
    }

    /// Ids run from 1 to 65535 and round again, past those still in use.
    pub(crate) fn next_id(&mut self) -> u16 {
        for _ in 0..=u16::MAX {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.open.contains_key(&self.last_id) {
                break;
            }
        }
        self.last_id
    }

    /// When the next one has waited too long.
    pub(crate) fn deadline(&self) -> Option<UnixMillis> {
        self.open.values().map(|(until, _)| *until).min()
    }

    /// Those that have waited too long.
    pub(crate) fn overdue(&self, now: UnixMillis) -> Vec<u16> {
        self.open.iter().filter(|(_, (until, _))| *until <= now).map(|(id, _)| *id).collect()
    }

    /// Ends one that went up that way; `false`: there is none. A query's answer does not answer a message that happens
    /// to have its id.
    pub(crate) fn end(&mut self, id: u16, way: Way) -> bool {
        let here = self.open.get(&id).is_some_and(|(_, went)| *went == way);
        here && self.open.remove(&id).is_some()
    }

    /// Gives up one, however it went up.
    pub(crate) fn give_up(&mut self, id: u16) -> bool {
        self.open.remove(&id).is_some()
    }

    /// Gives up all, in the order of their ids.
    pub(crate) fn give_up_all(&mut self) -> Vec<u16> {
        std::mem::take(&mut self.open).into_keys().collect()
    }
}

impl Core {
    /// Sends a request, whose answer is waited for thirty seconds; gives its id. `None`: there is no connection, and
    /// nothing was sent.
    pub(crate) fn ask(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: &str,
        body: Vec<u8>,
        way: Way,
    ) -> Option<u16> {
        if !self.link.is_online() {
            return None;
        }
        let id = self.requests.next_id();
        let mut request = Request::new(topic, target, id, body.into());
        let frame = match way {
            Way::Publish => {
                if self.has(Bug::PublishesUnconfirmed) {
                    request.qos = 0;
                }
                ClientFrame::Publish(request)
            }
            Way::Query => {
                request.qos = 0;
                ClientFrame::Query(request)
            }
        };
        let limit = if self.has(Bug::WaitsADay) { ANSWER_LIMIT * 2880 } else { ANSWER_LIMIT };
        self.requests.open.insert(id, (now + limit, way));
        self.write(frame);
        Some(id)
    }

    /// Whether something that was pulled in vain is asked for again at once: its answer got lost, and the connection
    /// stands. A refusal stands until the next announcement.
    pub(crate) fn asks_again(&self, code: i64) -> bool {
        code == code::NO_ANSWER && self.link.is_online()
    }
}
