//! Who may speak in a room and who may enter it (CHRM-027 to CHRM-032).

use std::collections::{BTreeMap, BTreeSet};

use wire::{UnixMillis, code::status};

use crate::{
    chatroom::{Chatrooms, Left, Room},
    core::{account::UserIx, bug::Bug},
};

pub(crate) use crate::mail::group::Mute;

/// `chatroomBanState` of a join's answer: the user may speak in no room. Which bit is which is read off the names that
/// the SDK gives them.
const MUTED_EVERYWHERE: i32 = 1;
/// The user may not speak in this room.
const MUTED_HERE: i32 = 2;
/// The room is muted.
const ROOM_MUTED: i32 = 4;

/// Mutes, bans and white lists of a room; they go with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bans {
    /// Nobody but the speakers may speak.
    pub(crate) muted: bool,
    pub(crate) mutes: BTreeMap<UserIx, Mute>,
    /// Who may speak though the room is muted.
    pub(crate) speakers: BTreeSet<UserIx>,
    /// Who may not enter, and until when.
    pub(crate) banned: BTreeMap<UserIx, UnixMillis>,
    /// Whose messages are never discarded, and who is never taken out for being offline.
    pub(crate) kept_users: BTreeSet<UserIx>,
}

impl Bans {
    pub(crate) fn is_banned(&self, user: UserIx, now: UnixMillis) -> bool {
        self.banned.get(&user).is_some_and(|until| now < *until)
    }
}

impl Chatrooms<'_> {
    /// Whether a member may speak; the mute of all rooms beats the white list of one.
    pub(super) fn may_speak(&self, id: &str, user: UserIx, now: UnixMillis) -> Result<(), u16> {
        if self.core.has(Bug::IgnoresRoomMutes) {
            return Ok(());
        }
        let room = self.state.get(id).ok_or(status::NO_ROOM)?;
        let holds = |mute: Option<&Mute>| mute.is_some_and(|mute| mute.holds(now));
        let everywhere =
            self.core.switches.chatroom_global_mute && holds(self.state.muted_everywhere.get(&user));
        let speaks = room.bans.speakers.contains(&user) && !self.core.has(Bug::IgnoresRoomSpeakers);
        if everywhere || holds(room.bans.mutes.get(&user)) || room.bans.muted && !speaks {
            return Err(status::MUTED_IN_ROOM);
        }
        Ok(())
    }

    pub(super) fn ban_state(&self, room: &Room, user: UserIx, now: UnixMillis) -> i32 {
        let holds = |mute: Option<&Mute>| mute.is_some_and(|mute| mute.holds(now));
        let mut state = 0;
        if self.core.switches.chatroom_global_mute && holds(self.state.muted_everywhere.get(&user)) {
            state |= MUTED_EVERYWHERE;
        }
        if holds(room.bans.mutes.get(&user)) {
            state |= MUTED_HERE;
        }
        if room.bans.muted {
            state |= ROOM_MUTED;
        }
        state
    }

    /// Takes users out and keeps them out until then.
    pub(crate) fn ban_from_room(&mut self, now: UnixMillis, id: &str, users: &[UserIx], until: UnixMillis) {
        if let Some(room) = self.state.get_mut(id) {
            room.bans.banned.extend(users.iter().map(|user| (*user, until)));
        }
        if self.core.has(Bug::RoomBanKeepsMember) {
            return;
        }
        for user in users {
            self.leave_room(now, id, *user, Left::Banned);
        }
    }

    /// Tells the room's members, and users that are in it no longer, of a changed mute or ban.
    pub(crate) fn tell_of_ban(
        &mut self,
        now: UnixMillis,
        id: &str,
        users: &[UserIx],
        classname: &str,
        content: &serde_json::Value,
    ) {
        let Some(speaker) = users
            .first()
            .copied()
            .or_else(|| self.state.get(id).and_then(|room| room.members.keys().next().copied()))
        else {
            return;
        };
        let up = wire::body::UpStreamMessage {
            classname: classname.to_owned(),
            content: content.to_string().into(),
            ..wire::body::UpStreamMessage::default()
        };
        let says = crate::chatroom::message::Speaker {
            user: speaker,
            from: None,
            is_service: true,
            to_speaker: true,
        };
        self.say(now, id, &says, up);
        for user in users {
            let inside = self.state.get(id).is_some_and(|room| room.members.contains_key(user));
            if !inside {
                self.tell_user(now, id, *user, classname, content);
            }
        }
    }
}
