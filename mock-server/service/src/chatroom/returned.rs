//! Devices that come back into a room by themselves, after their connection was lost (CHRM-018). Most clients then ask for
//! what they missed. Some ask only when they are told that there is something.

use std::sync::Arc;

use wire::UnixMillis;

use crate::{
    chatroom::{Chatrooms, Seat, entry_calls},
    core::{
        io::ConnId,
        timers::{Delayed, Due},
    },
};

/// How long they have to ask by themselves.
const REMIND_MS: u64 = 1_000;

/// What a device had when it lost its seat.
#[derive(Debug, Clone)]
pub(super) struct Had {
    /// Up to when it has the entries; absent: it has asked for none.
    entries: Option<UnixMillis>,
    /// Up to when it has the messages.
    messages: UnixMillis,
}

impl Had {
    pub(super) fn of(lost: &Seat) -> Self {
        Self { entries: lost.has_entries, messages: lost.has_messages }
    }

    /// The seat of who had that.
    pub(super) fn seat(&self, conn: ConnId, since: UnixMillis) -> Seat {
        Seat { has_entries: self.entries, has_messages: self.messages, ..Seat::new(conn, since) }
    }
}

/// In a moment it is looked whether the device has asked.
pub(super) fn remind_later(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &Arc<str>, conn: ConnId) {
    rooms.core.delay(now, REMIND_MS, Delayed::Topic(Due::RemindReturned(id.clone(), conn)));
}

/// Tells a device that has not asked of what is newer than what it has.
pub(crate) fn remind(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &str, conn: ConnId) {
    if rooms.core.switches.chatroom_entries {
        entry_calls::remind_of_entries(rooms, now, id, conn);
    }
    remind_of_messages(rooms, now, id, conn);
}

/// The vendor's native client comes back into its rooms and asks for no messages (seen with 5.46.1).
fn remind_of_messages(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &str, conn: ConnId) {
    let Some(user) = rooms.core.connections.get(&conn).map(|connection| connection.user) else { return };
    let Some(room) = rooms.state.get_mut(id) else { return };
    let Some(last) = room.messages.back().map(|said| said.message.time) else { return };
    let Some(seat) = room.seat(user, conn) else { return };
    let is_news = seat.has_messages < last && !seat.pulled_messages;
    if is_news && !seat.notified.is_open() && seat.notified.notify(now) {
        rooms.notify_seats(now, id, &[conn], last);
    }
}
