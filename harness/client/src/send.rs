//! Sending: attached, then sent, with exactly one outcome (SEND-005 to SEND-013).

use prost::Message as _;
use serde_json::{Value, json};
use wire::{Topic, UnixMillis};

use crate::{
    code,
    engine::{Engine, Pending},
    io::CallResult,
    message::{Object, Outgoing, outgoing, text},
};

impl Engine {
    pub(crate) fn send_message(&mut self, now: UnixMillis, mut message: Object) -> CallResult {
        let target = text(&message, "targetId");
        let Some(Outgoing { up, stored, status }) = outgoing(&message).filter(|_| !target.is_empty()) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let topic = match (text(&message, "conversationType").as_str(), status) {
            ("private", false) => Topic::PpMsgP,
            ("private", true) => Topic::PpMsgS,
            ("group", false) => Topic::PgMsgP,
            ("group", true) => Topic::PgMsgS,
            ("chatroom", _) => Topic::ChatMsg,
            ("ultra_group", _) => Topic::UgMsg,
            _ => return CallResult::Code(code::PARAM_ERROR),
        };
        message.insert("direction".into(), "send".into());
        message.insert("senderUserId".into(), self.user.as_str().into());
        message.insert("sentTime".into(), now.0.into());
        message.insert("sentStatus".into(), "sending".into());
        if stored && !self.user.is_empty() {
            if !self.attach(&mut message) {
                return CallResult::Code(code::PARAM_ERROR);
            }
            let attached = message.clone();
            self.fire("onMessageAttached", json!({"message": attached}));
        }
        if self.link.online().is_none() {
            self.sent(message, code::NOT_CONNECTED, None);
            return CallResult::Code(0);
        }
        self.request(now, topic, &target, up.encode_to_vec().into(), Pending::Send { message });
        CallResult::Code(0)
    }

    /// Stores the message: anew, or in its old place when the same instance is sent again (SEND-010).
    fn attach(&mut self, message: &mut Object) -> bool {
        if let Some(id) = message.get("messageId").and_then(Value::as_i64) {
            return self.store.update(&self.user, id, message).unwrap_or(false);
        }
        match self.store.insert(&self.user, message) {
            Ok(Some(id)) => {
                message.insert("messageId".into(), id.into());
                true
            }
            _ => false,
        }
    }

    /// The server answered a message.
    pub(crate) fn send_answered(&mut self, id: u16, status: u16, time: UnixMillis, uid: String) {
        if let Some((_, Pending::Send { message })) = self.pending.remove(&id) {
            let accepted = (status == 0).then_some((time, uid));
            self.sent(message, i64::from(status), accepted);
        }
    }

    /// Ends a sending: the stored message learns its outcome, the app hears of it once.
    pub(crate) fn sent(&mut self, mut message: Object, code: i64, accepted: Option<(UnixMillis, String)>) {
        message.insert("sentStatus".into(), if code == 0 { "sent" } else { "failed" }.into());
        if let Some((time, uid)) = accepted {
            message.insert("sentTime".into(), time.0.into());
            message.insert("messageUId".into(), uid.into());
        }
        if let Some(id) = message.get("messageId").and_then(Value::as_i64) {
            // The app hears the outcome even if the store cannot keep it.
            let _ = self.store.update(&self.user, id, &message);
        }
        self.fire("onMessageSent", json!({"code": code, "message": message}));
    }
}
