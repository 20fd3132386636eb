//! What a room drops when more is said in it than the service can spread (CHRM-022 to CHRM-026).
//!
//! The capacity is messages in a sliding second, each room by itself, and off unless the world's limits set it. Low-level
//! types may use half of it, so that they go first (how the vendor divides it is not told). White lists are for what
//! always passes; it uses capacity all the same.

use std::{collections::VecDeque, time::Duration};

use wire::UnixMillis;

use crate::{
    chatroom::Chatrooms,
    core::{account::UserIx, bug::Bug, preset::Rate},
};

/// When the messages of the last second passed.
#[derive(Debug, Clone, Default)]
pub(super) struct Window(VecDeque<UnixMillis>);

impl Window {
    fn used(&mut self, now: UnixMillis) -> usize {
        while self.0.front().is_some_and(|at| now.since(*at) >= Duration::from_secs(1)) {
            self.0.pop_front();
        }
        self.0.len()
    }
}

/// Whether a message is one too many, or the room was told to spread none; if it is neither, it counts.
pub(super) fn is_shed(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    id: &str,
    user: UserIx,
    classname: &str,
) -> bool {
    if rooms.state.get(id).is_some_and(|room| room.stopped) {
        return true;
    }
    let capacity = rooms.core.limits.chatroom_per_second as usize;
    if capacity == 0 || rooms.core.has(Bug::NeverSheds) {
        return false;
    }
    let lists = rooms.core.switches.chatroom_white_lists || rooms.core.has(Bug::ListsWithoutService);
    let low = rooms.state.low_level.contains(classname) != rooms.core.has(Bug::ShedsHighLevelFirst);
    let kept_type = rooms.state.kept_types.contains(classname) && !rooms.core.has(Bug::ShedsWhiteTypes);
    let no_users = rooms.core.has(Bug::ShedsWhiteUsers);
    let Some(room) = rooms.state.get_mut(id) else { return false };
    let kept_user = room.bans.kept_users.contains(&user) && !no_users;
    let most = if lists && low { capacity / 2 } else { capacity };
    let passes = room.window.used(now) < most || lists && (kept_type || kept_user);
    if passes {
        room.window.0.push_back(now);
    } else {
        rooms.core.exceeded(Rate::Chatroom);
    }
    !passes
}
