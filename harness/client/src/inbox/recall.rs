//! Recalls by others, or by another device of the user: the stored message becomes a notice of its recall.

use serde_json::{Map, Value};
use wire::{UnixMillis, body::DownStreamMessage};

use crate::{
    engine::Engine,
    message::{Object, text},
};

/// Object name of the command that recalls a message.
pub(super) const RECALL: &str = "RC:RcCmd";

/// Properties that a message shares with the notice of its recall.
const SHARED: [&str; 11] = [
    "conversationType",
    "targetId",
    "channelId",
    "messageId",
    "messageUId",
    "senderUserId",
    "direction",
    "sentTime",
    "receivedTime",
    "sentStatus",
    "receivedStatus",
];

impl Engine {
    /// The notice of a recall; `None` if the message is unknown here, or recalled already.
    pub(super) fn recalled(&self, now: UnixMillis, down: &DownStreamMessage) -> Option<Object> {
        let Ok(Value::Object(command)) = serde_json::from_slice(&down.content) else { return None };
        let original = self.store.by_uid(&self.owner, &text(&command, "messageUId")).ok()??;
        if original.get("messageType") == Some(&Value::from("recall")) {
            return None;
        }
        let flag = |name: &str| command.get(name) == Some(&Value::Bool(true));
        let mut notice = Map::new();
        for name in SHARED {
            if let Some(value) = original.get(name) {
                notice.insert(name.to_owned(), value.clone());
            }
        }
        notice.insert("messageType".into(), "recall".into());
        notice.insert("admin".into(), flag("isAdmin").into());
        notice.insert("deleted".into(), flag("isDelete").into());
        notice.insert("recallTime".into(), down.data_time.into());
        notice.insert("recallActionTime".into(), now.0.into());
        let id = original.get("messageId").and_then(Value::as_i64)?;
        notice.insert("originalMessage".into(), original.into());
        // Told even if the store cannot keep it.
        let _ = self.store.update(&self.owner, id, &notice);
        Some(notice)
    }
}
