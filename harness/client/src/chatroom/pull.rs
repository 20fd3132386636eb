//! Messages of rooms: announced, pulled, handed to the app (CHRM-002 to CHRM-006, CHRM-013 to CHRM-016, CHRM-039).

use prost::Message as _;
use serde_json::json;
use wire::{
    Topic, UnixMillis,
    body::{ChrmDownStreamMessages, ChrmPullMsg, DownStreamMessage},
    flags,
};

use crate::chatroom::{Call, change};
use crate::{
    core::{code, message, request::Pending},
    engine::Engine,
    mail::recall,
};

/// Something that the app hears of.
enum Arrival {
    Message(message::Object),
    Told(&'static str, serde_json::Value),
    /// We are in the room no longer.
    TakenOut,
}

impl Engine {
    /// The server has something for the room.
    pub(crate) fn room_noticed(&mut self, now: UnixMillis, id: &str, time: UnixMillis) {
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.here) else { return };
        if room.pulling {
            room.noticed = room.noticed.max(Some(time));
        } else {
            self.pull_room(now, id);
        }
    }

    pub(super) fn pull_room(&mut self, now: UnixMillis, id: &str) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.pulling = true;
        room.noticed = None;
        let ask = ChrmPullMsg {
            sync_time: room.watermark.0,
            count: room.count,
            pull_msg_type: None,
            compressio_enabled: None,
        };
        let call = Call::Pull { room: id.to_owned() };
        self.ask(now, Topic::ChrmPull, id, ask.encode_to_vec().into(), Pending::Room(Box::new(call)));
    }

    pub(super) fn room_package(&mut self, now: UnixMillis, id: &str, code: i64, body: &bytes::Bytes) {
        let package = ChrmDownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0);
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.pulling = false;
        let Some(package) = package else {
            // An answer that got lost is asked for again; a refusal stands until the next announcement.
            if code == code::NO_ANSWER && self.link.is_online() {
                self.pull_room(now, id);
            }
            return;
        };
        let watermark = UnixMillis(package.sync_time);
        room.watermark = room.watermark.max(watermark);
        let again = room.noticed.is_some_and(|noticed| noticed > watermark);
        self.store.begin();
        let downs = package.list.iter().filter_map(|bytes| DownStreamMessage::decode(bytes.clone()).ok());
        let arrivals: Vec<Arrival> = downs.filter_map(|down| self.room_arrival(now, id, &down)).collect();
        self.store.commit();
        for arrival in arrivals {
            self.room_hand_over(id, arrival);
        }
        if again {
            self.pull_room(now, id);
        }
    }

    /// A message of a room that the server pushed as it is: for everybody, or for us alone.
    pub(crate) fn room_message_pushed(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        let id = down.group_id().to_owned();
        if let Some(arrival) = self.room_arrival(now, &id, down) {
            self.room_hand_over(&id, arrival);
        }
    }

    fn room_arrival(&self, now: UnixMillis, id: &str, down: &DownStreamMessage) -> Option<Arrival> {
        if let Some(told) = change::told(id, down, &self.user) {
            return match told {
                change::Told::Members(actions) => Some(Arrival::Told(
                    "onChatRoomMemberChanged",
                    json!({"targetId": id, "actions": actions}),
                )),
                change::Told::TakenOut => Some(Arrival::TakenOut),
                change::Told::Nothing => None,
            };
        }
        if !self.rooms.contains_key(id) {
            return None;
        }
        if down.classname == recall::COMMAND {
            let notice = self.recalled(now, down)?;
            return Some(Arrival::Told("onRemoteMessageRecalled", json!({"message": notice})));
        }
        let mut message = message::received(down, &self.user, false);
        message.insert("receivedTime".into(), now.0.into());
        if down.classname == recall::NOTICE {
            // As elsewhere it stands where the message stood, and is no news by itself.
            let _ = self.store.insert(&message);
            return None;
        }
        // Held for the stay; neither a conversation of the list nor unread (CHRM-041).
        if down.status & flags::down::PERSIST != 0 {
            match self.store.insert(&message) {
                Ok(Some(number)) => {
                    message.insert("messageId".into(), number.into());
                }
                Ok(None) => return None,
                Err(_) => {}
            }
        } else if !down.msg_id().is_empty() && !self.store.see(down.msg_id()).unwrap_or(true) {
            return None;
        }
        Some(Arrival::Message(message))
    }

    fn room_hand_over(&mut self, id: &str, arrival: Arrival) {
        match arrival {
            Arrival::Message(message) => self.fire(
                "onMessageReceived",
                json!({"message": message, "left": 0, "offline": false, "hasPackage": false}),
            ),
            Arrival::Told(event, args) => self.fire(event, args),
            Arrival::TakenOut => self.forget_room(id),
        }
    }
}
