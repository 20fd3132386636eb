//! Joining, leaving, joining again (CHRM-001 to CHRM-020), and what ends a stay from outside (CHST-001 to CHST-004).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{ChrmInput, ChrmOutput, NotifyMsg},
    code::status,
};

use crate::{
    chatroom::{Call, Chatrooms, Room, target},
    core::{bug::Bug, code, io::CallResult, message::Object},
};

/// The most messages that joining brings (CHRM-005); more is refused.
const MOST: i64 = 50;

impl Chatrooms<'_> {
    /// `joinChatRoom(targetId, messageCount, autoCreate)`.
    pub(crate) fn join(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let count = args.get("messageCount").and_then(Value::as_i64).filter(|n| (-1..=MOST).contains(n));
        let create = args.get("autoCreate").and_then(Value::as_bool);
        let (Some(room), Some(count), Some(create)) = (target(args), count, create) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let topic = if create { Topic::JoinChrm } else { Topic::JoinChrmR };
        self.ask_to_join(now, topic, room, count as i32, false);
        CallResult::Code(0)
    }

    fn ask_to_join(&mut self, now: UnixMillis, topic: Topic, room: String, count: i32, again: bool) {
        self.core.fire("onChatRoomJoining", json!({"targetId": room}));
        let body = ChrmInput { nothing: 1, extra: None };
        let call = Call::Join { room: room.clone(), count, again };
        self.ask(now, topic, &room, body.encode_to_vec(), call);
    }

    /// After a login: every room that was not left (CHRM-018 to CHRM-020). It must still be there.
    pub(crate) fn rejoin(&mut self, now: UnixMillis) {
        let rooms: Vec<(String, i32)> =
            self.state.rooms.iter().map(|(id, room)| (id.clone(), room.count)).collect();
        let passed = match rooms.len() {
            2.. if self.core.has(Bug::LastRoomJoinedAgain) => rooms.len() - 1,
            _ => 0,
        };
        for (room, count) in rooms.into_iter().skip(passed) {
            let create = self.core.has(Bug::JoinsAgainByCreating);
            let topic = if create { Topic::JoinChrm } else { Topic::JoinChrmR };
            self.ask_to_join(now, topic, room, count, true);
        }
    }

    pub(super) fn joined(
        &mut self,
        now: UnixMillis,
        id: &str,
        count: i32,
        again: bool,
        code: i64,
        body: &Bytes,
    ) {
        if code == 0 {
            let others = self.state.rooms.keys().any(|other| other != id);
            if !self.core.app_has(|navi| navi.many_rooms) && others && !self.core.has(Bug::FormerRoomIsKept) {
                // The server has taken us out of the former one (CHRM-010).
                let others: Vec<String> =
                    self.state.rooms.keys().filter(|other| *other != id).cloned().collect();
                for other in others {
                    self.forget(&other);
                }
            }
            let joined = ChrmOutput::decode(body.clone()).unwrap_or_default().join_time();
            let room = self.state.rooms.entry(id.to_owned()).or_insert_with(|| Room {
                count,
                joined: UnixMillis(joined),
                ..Room::default()
            });
            if again && room.messages.watermark() > UnixMillis(0) && self.core.has(Bug::RejoinBringsHistory) {
                room.messages.restart_from(UnixMillis(0));
            } else if again {
                // Where the first pull was never answered, what was said since then is more than what was said before.
                room.messages.reached(room.joined);
            }
            room.here = true;
            room.synced &= again;
        } else if [i64::from(status::BANNED_FROM_ROOM), i64::from(status::NO_ROOM)].contains(&code) {
            // There is nothing to come back to.
            self.forget(id);
        }
        if code != 0 && !again && self.core.has(Bug::RefusedJoinIsJoined) {
            self.state.rooms.entry(id.to_owned()).or_insert_with(|| Room { count, ..Room::default() });
        }
        self.core.fire("onChatRoomJoined", json!({"code": code, "targetId": id}));
        if code == 0 {
            self.pull(now, id);
            if self.core.app_has(|navi| navi.room_entries) {
                self.pull_entries(now, id);
            }
        }
    }

    /// `leaveChatRoom(targetId)`.
    pub(crate) fn leave(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let Some(room) = target(args) else { return CallResult::Code(code::PARAM_ERROR) };
        let body = ChrmInput { nothing: 1, extra: None };
        let call = Call::Leave { room: room.clone() };
        self.ask(now, Topic::ExitChrm, &room, body.encode_to_vec(), call);
        CallResult::Code(0)
    }

    pub(super) fn left(&mut self, id: &str, code: i64) {
        if code == code::NO_ANSWER && self.core.has(Bug::UnansweredLeaveNeverEnds) {
            return;
        }
        let outside = [i64::from(status::NOT_IN_ROOM), i64::from(status::NO_ROOM)].contains(&code);
        // Unanswered on a connection that stands, it may have been carried out, and nothing would tell: the app wanted to
        // leave. After a loss the room is joined again, and all is known.
        if (code == 0 || outside || code == code::NO_ANSWER) && !self.core.has(Bug::LeftRoomJoinedAgain) {
            self.forget(id);
        }
        self.core.fire("onChatRoomLeft", json!({"code": code, "targetId": id}));
    }

    /// The server says that a room is gone, and why. Which number a reset has is assumed.
    pub(crate) fn gone(&mut self, notify: &NotifyMsg) {
        let id = notify.chrm_id();
        if !self.state.rooms.contains_key(id) {
            return;
        }
        if !self.core.has(Bug::DestroyedRoomJoinedAgain) {
            self.forget(id);
        }
        let status = match notify.destroy_type {
            Some(1) if self.core.has(Bug::ResetIsDestruction) => "destroy_manual",
            Some(3) => "destroy_auto",
            Some(1) => "reset",
            _ => "destroy_manual",
        };
        self.core.fire("onChatRoomStatusChanged", json!({"targetId": id, "status": status}));
    }
}
