//! The end of a room: by the Server API, by itself after a time without activity or at a fixed one, by a reset
//! (CHST-001 to CHST-014).
//!
//! Each room has one timer. It is not moved by every message: when it is due it looks at the room's last activity, and
//! waits on if there was any.

use std::{sync::Arc, time::Duration};

use wire::UnixMillis;

use crate::{
    chatroom::{
        Chatrooms,
        callback::{self, Event},
    },
    core::{bug::Bug, io::ConnId},
};

/// When a room ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// So long after its last activity (CHST-005, CHST-009).
    Idle { minutes: u32 },
    /// At that time, whatever happens in it (CHST-010).
    Until { minutes: u32, at: UnixMillis },
}

/// Why a room is gone, with the number that clients are told. What a reset is called is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Gone {
    /// By the Server API.
    Manual = 0,
    /// By a reset.
    Reset = 1,
    /// By itself.
    Auto = 3,
}

fn minutes_long(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

impl Chatrooms<'_> {
    /// Sets when a room ends by itself.
    pub(crate) fn set_room_life(&mut self, now: UnixMillis, id: &str, life: Life) {
        if let Some(room) = self.state.get_mut(id) {
            room.life = life;
            self.watch_room(now, id);
        }
    }

    /// Sets the room's timer to when it would end.
    pub(crate) fn watch_room(&mut self, now: UnixMillis, id: &str) {
        let timer = self.state.timer();
        let Some(room) = self.state.get_mut(id) else { return };
        room.timer = timer;
        let (due, id) = (due(room.life, room.activity), room.id.clone());
        let wait = due.0.saturating_sub(now.0).max(0);
        self.core.end_later(now, wait.unsigned_abs(), id, timer);
    }

    /// The timer is due: the room ends, or there was activity.
    pub(crate) fn room_due(&mut self, now: UnixMillis, id: &str, timer: u64) {
        let Some(room) = self.state.get(id).filter(|room| room.timer == timer) else { return };
        if self.is_kept_alive(id) {
            // Looked after again in an hour: the service may be switched off.
            let timer = self.state.timer();
            if let Some(room) = self.state.get_mut(id) {
                room.timer = timer;
                let id = room.id.clone();
                self.core.end_later(now, 3_600_000, id, timer);
            }
            return;
        }
        if due(room.life, room.activity) <= now {
            if !self.core.has(Bug::RoomsNeverEnd) {
                self.destroy_room(now, id, Gone::Auto);
            }
        } else {
            self.watch_room(now, id);
        }
    }

    /// A room leaves the keep-alive list: its time counts from now (assumed).
    pub(crate) fn keep_no_longer(&mut self, now: UnixMillis, id: &str) {
        if self.state.kept_alive.remove(id)
            && let Some(room) = self.state.get_mut(id)
        {
            room.activity = now;
            self.watch_room(now, id);
        }
    }

    fn is_kept_alive(&self, id: &str) -> bool {
        self.core.switches.chatroom_keep_alive
            && self.state.kept_alive.contains(id)
            && !self.core.has(Bug::IgnoresKeepAlive)
    }

    /// Ends a room: its members are told and are members no longer, its entries and lists are gone.
    pub(crate) fn destroy_room(&mut self, now: UnixMillis, id: &str, why: Gone) {
        if why == Gone::Manual && self.core.has(Bug::KeepAliveIsForEver) && self.is_kept_alive(id) {
            return;
        }
        let Some((id, conns)) = self.forget_room(id) else { return };
        if !self.core.has(Bug::EndsRoomsSilently) {
            let told = match why {
                _ if self.core.has(Bug::WrongDestroyType) => Gone::Reset,
                Gone::Reset if self.core.has(Bug::NoResets) => Gone::Manual,
                why => why,
            };
            self.notify_gone(now, &id, &conns, told as i32);
        }
        callback::tell_app_server(self, now, &id, Event::Destroyed(why), &[]);
    }

    /// Takes a room out of the world, and gives its seats.
    pub(super) fn forget_room(&mut self, id: &str) -> Option<(Arc<str>, Vec<ConnId>)> {
        let room = self.state.by_id.remove(id)?;
        for user in room.members.keys() {
            self.state.quit(*user, id);
        }
        let seats = room.members.values().flat_map(|member| &member.seats);
        Some((room.id.clone(), seats.map(|seat| seat.conn).collect()))
    }
}

fn due(life: Life, activity: UnixMillis) -> UnixMillis {
    match life {
        Life::Idle { minutes } => activity + minutes_long(minutes),
        Life::Until { at, .. } => at,
    }
}
