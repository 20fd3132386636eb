//! `loadChatRoomMessages`: the cloud's history of a room, never the local store (CHHIST).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{HistoryMsgInput, HistoryMsgOuput},
    code::status,
};

use crate::{
    chatroom::{Call, Chatrooms, target},
    core::{
        arguments::number,
        bug::Bug,
        code,
        io::CallResult,
        message::{self, Object, text},
    },
};

/// A call on its way.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    room: String,
    time: i64,
}

impl Chatrooms<'_> {
    /// Between 1 and 50 messages before or after a time; 0 is now, or the beginning (CHHIST-005 to CHHIST-007).
    pub(crate) fn load_messages(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let order = match text(args, "order").as_str() {
            "before" => Some(0),
            "after" => Some(1),
            _ => None,
        };
        let (time, count) = (number(args, "timestamp", 0..=i64::MAX), number(args, "count", 1..=50));
        let (Some(room), Some(order), Some(time), Some(count)) = (target(args), order, time, count) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let ask = HistoryMsgInput {
            target_id: Some(room.clone()),
            time: Some(time),
            count: i32::try_from(count).ok(),
            order: Some(order),
            ..HistoryMsgInput::default()
        };
        let call = Call::History(Load { room: room.clone(), time });
        self.ask(now, Topic::QryChMsg, &room, ask.encode_to_vec(), call);
        CallResult::Code(0)
    }

    pub(super) fn messages_loaded(&mut self, load: &Load, code: i64, body: &Bytes) {
        let page = HistoryMsgOuput::decode(body.clone());
        let (code, messages, sync_time) = match page {
            Ok(page) if code == 0 => {
                let messages: Vec<Value> = page
                    .list
                    .iter()
                    .map(|down| Value::Object(message::received(down, &self.core.user, false)))
                    .collect();
                let told = if self.core.has(Bug::RoomHistoryNeverPages) { load.time } else { page.sync_time };
                (0, messages, told)
            }
            Ok(_) => (code, Vec::new(), load.time),
            Err(_) if code == 0 => (i64::from(status::BAD_PARAMETER), Vec::new(), load.time),
            Err(_) => (code, Vec::new(), load.time),
        };
        self.core.fire(
            "onChatRoomMessagesLoaded",
            json!({"code": code, "targetId": load.room, "messages": messages, "syncTime": sync_time}),
        );
    }
}
