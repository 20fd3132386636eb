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

use bytes::Bytes;
use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::{
    core::{
        io::CallResult,
        message::{Object, text},
    },
    engine::Engine,
};

pub(crate) use self::history::Load;

/// The rooms an engine is in, by id.
pub(crate) type Rooms = BTreeMap<String, Room>;

/// A room that was joined and not left.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// `messageCount` of the join.
    count: i32,
    /// The room's time when it was joined: what is later belongs to the stay.
    joined: UnixMillis,
    /// On this connection, too.
    here: bool,
    /// Everything up to here was fetched.
    watermark: UnixMillis,
    pulling: bool,
    /// Something was announced while a pull ran.
    noticed: Option<UnixMillis>,
    entries: Map<String, Value>,
    entries_until: i64,
    pulling_entries: bool,
    entries_noticed: bool,
    /// All entries are here, and the app knows.
    synced: bool,
}

/// What an unanswered request is about.
#[derive(Debug, Clone)]
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
    History(Load),
}

impl Engine {
    /// A call about rooms; `None`: it is another's.
    pub(crate) fn room_call(&mut self, now: UnixMillis, method: &str, args: &Object) -> Option<CallResult> {
        let asks_for = method.strip_prefix("load").or_else(|| method.strip_prefix("get"));
        Some(match (method, asks_for) {
            ("joinChatRoom", _) => self.join_room(now, args),
            ("leaveChatRoom", _) => self.leave_room(now, args),
            (_, Some("ChatRoomMessages")) => self.load_room_messages(now, args),
            ("addChatRoomEntry", _) => self.add_entry(now, args),
            ("addChatRoomEntries", _) => self.add_entries(now, args),
            (_, Some("ChatRoomEntry")) => self.load_entry(now, args),
            (_, Some("ChatRoomAllEntries")) => self.load_all_entries(now, args),
            ("removeChatRoomEntry", _) => self.remove_entry(now, args),
            ("removeChatRoomEntries", _) => self.remove_entries(now, args),
            _ => return None,
        })
    }

    /// The connection is gone: rooms are joined again with the next one.
    pub(crate) fn rooms_disconnected(&mut self) {
        for room in self.rooms.values_mut() {
            room.here = false;
            room.pulling = false;
            room.noticed = None;
            room.pulling_entries = false;
            room.entries_noticed = false;
        }
    }

    /// The stay is over in every room.
    pub(crate) fn forget_rooms(&mut self) {
        self.rooms.clear();
        if self.store.is_open() {
            let _ = self.store.forget_rooms(None);
        }
    }

    /// The stay is over in one: its messages go (CHRM-014).
    pub(crate) fn forget_room(&mut self, id: &str) {
        self.rooms.remove(id);
        let _ = self.store.forget_rooms(Some(id));
    }

    /// A request was answered, or was not: a code and perhaps a body.
    pub(crate) fn room_answered(&mut self, now: UnixMillis, call: Call, code: i64, body: &Bytes) {
        match call {
            Call::Join { room, count, again } => {
                self.room_joined(now, &room, count, again, code, body);
            }
            Call::Leave { room } => self.room_left(&room, code),
            Call::Pull { room } => self.room_package(now, &room, code, body),
            Call::PullEntries { room } => self.entries_package(now, &room, code, body),
            Call::LoadEntries { room, key } => self.entries_loaded(&room, key, code, body),
            Call::Entry { event, echo } => self.entry_answered(event, echo, code),
            Call::Entries { event, echo, names_failed } => {
                self.entries_answered(event, echo, names_failed, code, body);
            }
            Call::History(load) => self.room_messages_loaded(&load, code, body),
        }
    }
}

/// `targetId`; `None`: it names no room.
fn target(args: &Object) -> Option<String> {
    Some(text(args, "targetId")).filter(|id| !id.is_empty())
}
