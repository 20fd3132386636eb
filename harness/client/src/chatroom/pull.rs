//! Messages of rooms: announced, pulled, handed to the app (CHRM-002 to CHRM-006, CHRM-013 to CHRM-016, CHRM-039).

use prost::Message as _;
use serde_json::json;
use wire::{
    Topic, UnixMillis,
    body::{ChrmDownStreamMessages, ChrmPullMsg, DownStreamMessage},
    flags,
};

use crate::core::bug::Bug;
use crate::{
    chatroom::{Call, Chatrooms, change},
    core::message,
    mail::recall,
};

/// Something that the app hears of.
enum Arrival {
    Message(message::Object),
    Told(&'static str, serde_json::Value),
    /// We are in the room no longer.
    TakenOut,
}

impl Chatrooms<'_> {
    /// The server has something for the room.
    pub(crate) fn noticed(&mut self, now: UnixMillis, id: &str, time: Option<UnixMillis>) {
        let Some(room) = self.state.rooms.get_mut(id).filter(|room| room.here) else { return };
        if room.messages.is_pulling() && self.core.has(Bug::DeafDuringRoomPulls) {
            return;
        }
        // Whatever its time: the pull tells the server that the notice was taken.
        if room.messages.announce(time) || !room.messages.is_pulling() {
            self.pull(now, id);
        }
    }

    pub(super) fn pull(&mut self, now: UnixMillis, id: &str) {
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let ask = ChrmPullMsg {
            sync_time: room.messages.begin().0,
            count: room.count,
            pull_msg_type: None,
            compressio_enabled: None,
        };
        let call = Call::Pull { room: id.to_owned() };
        self.ask(now, Topic::ChrmPull, id, ask.encode_to_vec(), call);
    }

    pub(super) fn package(&mut self, now: UnixMillis, id: &str, code: i64, body: &bytes::Bytes) {
        let package = ChrmDownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0);
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let Some(package) = package else {
            room.messages.failed();
            if self.core.asks_again(code) && !self.core.has(Bug::GivesUpLostRoomPulls) {
                self.pull(now, id);
            }
            return;
        };
        let again = room.messages.end(UnixMillis(package.sync_time));
        self.core.store.begin();
        let downs = package.list.iter().filter_map(|bytes| DownStreamMessage::decode(bytes.clone()).ok());
        let arrivals: Vec<Arrival> = downs.filter_map(|down| self.arrival(now, id, &down)).collect();
        self.core.store.commit();
        for arrival in arrivals {
            self.hand_over(id, arrival);
        }
        if again {
            self.pull(now, id);
        }
    }

    /// A message of a room that the server pushed as it is: for everybody, or for us alone.
    pub(crate) fn message_pushed(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        let id = down.group_id().to_owned();
        if let Some(arrival) = self.arrival(now, &id, down) {
            self.hand_over(&id, arrival);
        }
    }

    fn arrival(&self, now: UnixMillis, id: &str, down: &DownStreamMessage) -> Option<Arrival> {
        if let Some(told) = change::told(self.core, id, down) {
            return match told {
                change::Told::Members(actions) => Some(Arrival::Told(
                    "onChatRoomMemberChanged",
                    json!({"targetId": id, "actions": actions}),
                )),
                change::Told::TakenOut => Some(Arrival::TakenOut),
                change::Told::Nothing => None,
            };
        }
        if !self.state.rooms.contains_key(id) && !self.core.has(Bug::PushedRoomMessagesOfOthers) {
            return None;
        }
        if down.classname == recall::COMMAND {
            if self.core.has(Bug::RoomRecallsIgnored) {
                return None;
            }
            let notice = recall::recalled(self.core, now, down)?;
            return Some(Arrival::Told("onRemoteMessageRecalled", json!({"message": notice})));
        }
        let mut message = message::received(down, &self.core.user, false);
        message.insert("receivedTime".into(), now.0.into());
        if down.classname == recall::NOTICE {
            // As elsewhere it stands where the message stood, and is no news by itself.
            let _ = self.core.store.insert(&message);
            return None;
        }
        // Held for the stay; neither a conversation of the list nor unread (CHRM-041).
        if down.status & flags::down::PERSIST != 0 {
            match self.core.store.insert(&message) {
                Ok(Some(number)) => {
                    message.insert("messageId".into(), number.into());
                    if self.core.has(Bug::RoomMessagesAreListed) {
                        crate::mail::inbox::enter(self.core, number, &message, true);
                    }
                }
                Ok(None) if self.core.has(Bug::RejoinBringsHistory) => {}
                Ok(None) => return None,
                Err(_) => {}
            }
        } else if !down.msg_id().is_empty() && !self.core.store.see(down.msg_id()).unwrap_or(true) {
            return None;
        }
        Some(Arrival::Message(message))
    }

    fn hand_over(&mut self, id: &str, arrival: Arrival) {
        match arrival {
            Arrival::Message(message) => self.core.fire(
                "onMessageReceived",
                json!({"message": message, "left": 0, "offline": false, "hasPackage": false}),
            ),
            Arrival::Told(event, args) => self.core.fire(event, args),
            Arrival::TakenOut if self.core.has(Bug::BannedRoomJoinedAgain) => {
                if let Some(room) = self.state.rooms.get_mut(id) {
                    room.here = false;
                }
            }
            Arrival::TakenOut => self.forget(id),
        }
    }
}
