//! Members who went offline without leaving are taken out (CHKICK): by the first message once thirty seconds have
//! passed, or by the 31st within them. Where real-time removal is on, five minutes are enough without any message.
//!
//! The time runs from when the service noticed the loss (AMB-56). The message that takes a member out is stored first.

use std::{sync::Arc, time::Duration};

use wire::UnixMillis;

use crate::{
    chatroom::{Chatrooms, Left},
    core::{account::UserIx, bug::Bug},
};

/// From then on, one message takes an offline member out (CHKICK-003).
const GRACE: Duration = Duration::from_secs(30);
/// The most messages that an offline member outlasts within that time (CHKICK-001, CHKICK-002).
const MOST_MESSAGES: u32 = 30;
/// When real-time removal takes a member out at the latest (CHKICK-008).
const REAL_TIME: Duration = Duration::from_secs(5 * 60);

/// Since when a member has no device in the room, and what was said since.
#[derive(Debug, Clone)]
pub(super) struct Offline {
    since: UnixMillis,
    messages: u32,
}

/// A member's last device is gone.
pub(super) fn member_dropped(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &Arc<str>, user: UserIx) {
    let Some(room) = rooms.state.get_mut(id) else { return };
    room.offline.insert(user, Offline { since: now, messages: 0 });
    if rooms.core.has(Bug::DroppingLeaves) {
        return rooms.leave_room(now, id, user, Left::ByItself);
    }
    if !rooms.core.switches.chatroom_entries_outlast_drops {
        rooms.entries_go_with(now, id, user);
    }
    if rooms.core.switches.chatroom_real_time_exit {
        rooms.core.exit_later(now, REAL_TIME, id.clone(), user);
    }
}

/// A message was said in the room: whose time is up is taken out.
pub(super) fn count_for_offline(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &Arc<str>) {
    if rooms.core.has(Bug::NeverAutoExits) {
        return;
    }
    let most = if rooms.core.has(Bug::AutoExitsTooEarly) { MOST_MESSAGES - 1 } else { MOST_MESSAGES };
    let grace = !rooms.core.has(Bug::AutoExitForgetsTime);
    let spares = rooms.core.switches.chatroom_white_lists && !rooms.core.has(Bug::AutoExitsWhiteList);
    let Some(room) = rooms.state.get_mut(id) else { return };
    let mut gone: Vec<UserIx> = Vec::new();
    for (user, offline) in &mut room.offline {
        if spares && room.bans.kept_users.contains(user) {
            continue;
        }
        offline.messages += 1;
        if (grace && now.since(offline.since) >= GRACE) || offline.messages > most {
            gone.push(*user);
        }
    }
    if rooms.core.has(Bug::AutoExitTakesEveryone) && !gone.is_empty() {
        gone = rooms.state.get(id).map(|room| room.members.keys().copied().collect()).unwrap_or_default();
    }
    for user in gone {
        rooms.leave_room(now, id, user, Left::ByItself);
    }
}

/// Real-time removal: the member is still offline, without having been online in between.
pub(crate) fn exit_overdue(rooms: &mut Chatrooms<'_>, now: UnixMillis, id: &str, user: UserIx) {
    let spares = rooms.core.switches.chatroom_white_lists;
    let overdue = rooms.state.get(id).is_some_and(|room| {
        room.offline.get(&user).is_some_and(|offline| now.since(offline.since) >= REAL_TIME)
            && !(spares && room.bans.kept_users.contains(&user))
    });
    if overdue && rooms.core.switches.chatroom_real_time_exit && !rooms.core.has(Bug::NeverAutoExits) {
        rooms.leave_room(now, id, user, Left::ByItself);
    }
}
