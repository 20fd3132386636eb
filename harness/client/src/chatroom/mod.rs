//! Chatrooms (CHRM, CHHIST, CHST, CHKV): joined for as long as the app stays, whatever the connection does.
//!
//! A room that was joined and not left is joined again after every reconnect. Its messages are here for the length of
//! the stay (AMB-06); entries are a copy of the server's, kept by pulls.

mod answer;
mod change;
mod entries;
mod history;
mod join;
mod pull;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::{Topic, UnixMillis};

use crate::core::{
    Core,
    bug::Bug,
    code,
    feed::Feed,
    message::{Object, text},
    requests::{Asked, Reply, Way},
};

/// The rooms an engine is in, by id, and its unanswered requests about rooms.
#[derive(Debug, Default)]
pub(crate) struct ChatroomState {
    rooms: BTreeMap<String, Room>,
    pub(crate) asked: Asked<Call>,
}

impl ChatroomState {
    /// Whether the engine is in none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }
}

/// Chatrooms, and what they may touch.
pub(crate) struct Chatrooms<'e> {
    pub(crate) core: &'e mut Core,
    pub(crate) state: &'e mut ChatroomState,
}

/// A room that was joined and not left.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// `messageCount` of the join.
    count: i32,
    /// The room's time when it was joined: what is later belongs to the stay.
    joined: UnixMillis,
    /// On this connection, too.
    here: bool,
    messages: Feed,
    /// The copy of the entries, and how far it follows the server's.
    entries: Map<String, Value>,
    changes: Feed,
    /// All entries are here, and the app knows.
    synced: bool,
}

/// What an unanswered request is about.
#[derive(Debug)]
pub(crate) enum Call {
    /// Joining; `again` after a reconnect.
    Join { room: String, count: i32, again: bool },
    /// Leaving.
    Leave { room: String },
    /// Messages.
    Pull { room: String },
    /// Entries that changed.
    PullEntries { room: String },
    /// Entries for a call that the copy cannot answer: one, or all.
    LoadEntries { room: String, key: Option<String> },
    /// One entry set or removed: the callback, and what it repeats.
    Entry { event: &'static str, echo: Object },
    /// The same of several; `names_failed`: the callback tells which keys failed.
    Entries { event: &'static str, echo: Object, names_failed: bool },
    /// A page of history.
    History(history::Load),
}

impl Chatrooms<'_> {
    /// Sends a request, or ends it at once where there is no connection.
    fn ask(&mut self, now: UnixMillis, topic: Topic, room: &str, body: Vec<u8>, call: Call) {
        match self.core.ask(now, topic, room, body, Way::Query) {
            Some(id) => self.state.asked.keep(id, call),
            None => self.answered(now, call, &Reply::none(code::NOT_CONNECTED)),
        }
    }

    /// The connection is gone: rooms are joined again with the next one.
    pub(crate) fn disconnected(&mut self) {
        for room in self.state.rooms.values_mut() {
            room.here = false;
            room.messages.disconnected();
            room.changes.disconnected();
        }
    }

    /// The stay is over in every room.
    pub(crate) fn forget_all(&mut self) {
        if !self.state.rooms.is_empty() && self.core.has(Bug::RoomsSurviveLogout) {
            return;
        }
        self.state.rooms.clear();
        if self.core.store.is_open() {
            let _ = self.core.store.forget_rooms(None);
        }
    }

    /// The stay is over in one: its messages go (CHRM-014).
    pub(crate) fn forget(&mut self, id: &str) {
        self.state.rooms.remove(id);
        if !self.core.has(Bug::LeftRoomKeepsMessages) {
            let _ = self.core.store.forget_rooms(Some(id));
        }
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: UnixMillis, call: Call, reply: &Reply) {
        let Reply { code, body, .. } = reply;
        let code = *code;
        match call {
            Call::Join { room, count, again } => {
                self.joined(now, &room, count, again, code, body);
            }
            Call::Leave { room } => self.left(&room, code),
            Call::Pull { room } => self.package(now, &room, code, body),
            Call::PullEntries { room } => self.entries_package(now, &room, code, body),
            Call::LoadEntries { room, key } => self.entries_loaded(&room, key, code, body),
            Call::Entry { event, echo } => self.entry_answered(event, echo, code),
            Call::Entries { event, echo, names_failed } => {
                self.entries_answered(event, echo, names_failed, code, body);
            }
            Call::History(load) => self.messages_loaded(&load, code, body),
        }
    }
}

/// `targetId`; `None`: it names no room.
fn target(args: &Object) -> Option<String> {
    Some(text(args, "targetId")).filter(|id| !id.is_empty())
}
