//! Signalling messages: what one engine tells others without an app seeing a message - receipts and read states.
//!
//! Going out, each is a message whose acknowledgement is the call's result (ENG-007, ERR-008). Coming in, each is known
//! by its UID, so that one which is pushed and pulled counts once.

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Map, Value};
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
    flags,
};

use crate::{
    core::{
        code,
        message::{Object, text},
        request::Pending,
    },
    engine::Engine,
    mail::{read_sync, receipt},
};

/// A call that is answered by what becomes of a signalling message.
#[derive(Debug, Clone)]
pub(crate) struct Signal {
    /// The result callback.
    pub(crate) event: &'static str,
    /// The call's own arguments, which the callback repeats.
    pub(crate) args: Object,
    /// What the store learns when the server has taken it.
    pub(crate) then: Then,
}

/// What a signalling message that was taken changes in the store.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    /// Nothing.
    Nothing,
    /// A receipt was asked for: the message of that UID waits for responses.
    Requested(String),
    /// A receipt was given for the messages of those UIDs.
    Responded(Vec<String>),
}

/// A callback that a received signalling message fires.
pub(crate) type Told = (&'static str, Value);

impl Engine {
    /// Sends a signalling message, or ends the call at once where there is no connection.
    pub(crate) fn send_signal(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: &str,
        up: &UpStreamMessage,
        signal: Signal,
    ) {
        if self.link.is_online() {
            let body = up.encode_to_vec().into();
            self.request(now, topic, target, body, Pending::Signal(signal));
        } else {
            self.signal_answered(signal, code::NOT_CONNECTED, None);
        }
    }

    /// The one result of the call, with its own arguments.
    pub(crate) fn signal_answered(&mut self, signal: Signal, code: i64, uid: Option<String>) {
        let Signal { event, args, then } = signal;
        if code == 0 {
            // The mailbox may give it back; it is known.
            let _ = self.store.see(uid.as_deref().unwrap_or_default());
            match then {
                Then::Nothing => {}
                Then::Requested(uid) => self.note_request(&uid),
                Then::Responded(uids) => uids.iter().for_each(|uid| self.note_response(uid)),
            }
        }
        let mut result = Map::new();
        result.insert("code".into(), code.into());
        result.extend(args);
        self.fire(event, Value::Object(result));
    }

    /// What a received signalling message tells the app; `None`: it is none of these. Other signals tell nothing.
    pub(crate) fn signalled(&self, down: &DownStreamMessage) -> Option<Vec<Told>> {
        type Handler = fn(&Engine, &DownStreamMessage, &Object) -> Vec<Told>;
        let handler: Handler = match down.classname.as_str() {
            receipt::PRIVATE => Engine::private_receipt,
            receipt::REQUEST => Engine::receipt_requested,
            receipt::RESPONSE => Engine::receipt_responded,
            read_sync::READ_SYNC => Engine::read_elsewhere,
            _ => return None,
        };
        let uid = down.msg_id();
        let status_message = down.ext_status() & flags::ext::STATUS != 0;
        if !status_message && !uid.is_empty() && !self.store.see(uid).unwrap_or(true) {
            return Some(Vec::new());
        }
        // What cannot be read tells nothing.
        let Ok(Value::Object(content)) = serde_json::from_slice(&down.content) else {
            return Some(Vec::new());
        };
        Some(handler(self, down, &content))
    }
}

/// A signalling message as it goes up: neither stored nor counted.
pub(crate) fn up(classname: &str, content: &Value, only_to: Vec<String>) -> UpStreamMessage {
    let content: Bytes = content.to_string().into();
    UpStreamMessage {
        classname: classname.to_owned(),
        content,
        user_id: only_to,
        ..UpStreamMessage::default()
    }
}

/// `channelId`, which these calls do not support: none or empty means none (PRR-008).
pub(crate) fn channel(args: &Object) -> Value {
    text(args, "channelId").into()
}

/// A time in unix milliseconds; `None`: it is no time at which a message could have been sent.
pub(crate) fn timestamp(args: &Object) -> Option<i64> {
    args.get("timestamp").and_then(Value::as_i64).filter(|time| *time > 0)
}
