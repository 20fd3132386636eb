//! What the app's server is told of rooms (CHRM-036, CHKV-032).

use serde_json::json;
use wire::UnixMillis;

use crate::{
    chatroom::{Chatrooms, Gone, Left},
    core::{account::UserIx, bug::Bug, io::CallbackKind},
};

/// Something that happened to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Created,
    Joined,
    Left(Left),
    Destroyed(Gone),
}

impl Event {
    /// `type` and `status` of the callback.
    fn numbers(self) -> (u8, u8) {
        match self {
            Self::Created => (0, 0),
            Self::Joined => (1, 0),
            Self::Left(why) => (2, why as u8),
            Self::Destroyed(Gone::Auto) => (3, 3),
            Self::Destroyed(_) => (3, 0),
        }
    }
}

pub(super) fn tell_app_server(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    id: &str,
    event: Event,
    users: &[UserIx],
) {
    if !rooms.outward().calls_back(CallbackKind::ChatroomStatus) || rooms.core.has(Bug::NoRoomCallbacks) {
        return;
    }
    let (kind, status) = event.numbers();
    let users: Vec<&str> = users.iter().map(|user| &*rooms.core.accounts[*user].id).collect();
    let body = json!([{"chatRoomId": id, "userIds": users, "status": status, "type": kind, "time": now.0}]);
    rooms.outward().call_back(now, CallbackKind::ChatroomStatus, &body);
}

/// One call for each entry that changed.
pub(super) fn tell_app_server_of_entry(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    id: &str,
    changed: &crate::chatroom::Changed,
) {
    if !rooms.outward().calls_back(CallbackKind::ChatroomEntries) || rooms.core.has(Bug::NoRoomCallbacks) {
        return;
    }
    let body = json!({
        "chatroomId": id, "key": changed.key, "value": changed.value, "optType": if changed.removed { 2 } else { 1 },
        "userId": changed.owner, "status": changed.status, "timestamp": changed.time.0, "version": changed.time.0,
    });
    rooms.outward().call_back(now, CallbackKind::ChatroomEntries, &body);
}
