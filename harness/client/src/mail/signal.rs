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
        Core,
        bug::Bug,
        message::{Object, text},
    },
    mail::{
        Call, Mail, read_sync,
        receipt::{self, group, private},
    },
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

/// Sends a signalling message, or ends the call at once where there is no connection.
pub(crate) fn send(
    mail: &mut Mail<'_>,
    now: UnixMillis,
    topic: Topic,
    target: &str,
    up: &UpStreamMessage,
    signal: Signal,
) {
    mail.ask(now, topic, target, up.encode_to_vec(), Call::Signal(signal));
}

/// The one result of the call, with its own arguments.
pub(crate) fn answered(core: &mut Core, signal: Signal, code: i64, uid: Option<String>) {
    let Signal { event, args, then } = signal;
    if code == 0 {
        // The mailbox may give it back; it is known.
        let _ = core.store.see(uid.as_deref().unwrap_or_default());
        match then {
            Then::Nothing => {}
            Then::Requested(uid) => group::note_request(core, &uid),
            Then::Responded(uids) => uids.iter().for_each(|uid| group::note_response(core, uid)),
        }
    }
    let mut result = Map::new();
    result.insert("code".into(), code.into());
    result.extend(args);
    core.fire(event, Value::Object(result));
}

/// What a received signalling message tells the app; `None`: it is none of these. Other signals tell nothing.
pub(crate) fn received(core: &Core, down: &DownStreamMessage) -> Option<Vec<Told>> {
    type Handler = fn(&Core, &DownStreamMessage, &Object) -> Vec<Told>;
    let handler: Handler = match down.classname.as_str() {
        receipt::PRIVATE => private::received,
        receipt::REQUEST => group::requested,
        receipt::RESPONSE => group::received,
        read_sync::READ_SYNC => read_sync::read_elsewhere,
        _ => return None,
    };
    let uid = down.msg_id();
    let status_message = down.ext_status() & flags::ext::STATUS != 0;
    if !status_message
        && !uid.is_empty()
        && !core.store.see(uid).unwrap_or(true)
        && !core.has(Bug::SignalsToldTwice)
    {
        return Some(Vec::new());
    }
    // What cannot be read tells nothing.
    let Ok(Value::Object(content)) = serde_json::from_slice(&down.content) else {
        return Some(Vec::new());
    };
    Some(handler(core, down, &content))
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
