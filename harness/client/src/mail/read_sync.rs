//! The read state of a conversation on the user's other devices (SYNC-019 to SYNC-023).

use serde_json::{Value, json};
use wire::{Topic, UnixMillis, body::DownStreamMessage};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
        store::Key,
    },
    mail::{
        Mail,
        signal::{self, Signal, Then, Told, channel, timestamp, up},
    },
};

/// Object name of the message that tells the user's other devices.
pub(crate) const READ_SYNC: &str = "RC:SRSMsg";

/// `syncConversationReadStatus(type, targetId, channelId, timestamp)`: the sent time of the last message read, in
/// unix milliseconds. Of private chats and groups; rooms have no such state, ultra groups a call of their own.
pub(crate) fn sync(mail: &mut Mail<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let (kind, target) = (text(args, "type"), text(args, "targetId"));
    let topic = match kind.as_str() {
        "private" => Topic::PpMsgP,
        "group" => Topic::PgMsgP,
        _ => return CallResult::Code(code::PARAM_ERROR),
    };
    let Some(time) = timestamp(args).filter(|_| !target.is_empty()) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let content = json!({"lastMessageSendTime": time});
    let mut repeated = Object::new();
    repeated.insert("type".into(), kind.into());
    repeated.insert("targetId".into(), target.as_str().into());
    repeated.insert("channelId".into(), channel(args));
    repeated.insert("timestamp".into(), time.into());
    let signal = Signal { event: "onConversationReadStatusSynced", args: repeated, then: Then::Nothing };
    // Seen with a real SDK: it names its own user as the only receiver.
    let up = up(READ_SYNC, &content, vec![mail.core.user.clone()]);
    signal::send(mail, now, topic, &target, &up, signal);
    CallResult::Code(0)
}

/// Another device of the user's has read a conversation; what others say of theirs is nothing to us (AMB-32).
pub(crate) fn read_elsewhere(core: &Core, down: &DownStreamMessage, content: &Object) -> Vec<Told> {
    let time = content.get("lastMessageSendTime").and_then(Value::as_i64);
    match (time, down.r#type) {
        (Some(time), 1) if !down.is_own() && core.has(Bug::ReadSyncByEverybody) => {
            read_up_to(core, "private", &down.from_user_id, time)
        }
        (Some(time), 1) if down.is_own() => read_up_to(core, "private", &down.from_user_id, time),
        (Some(time), 3) if down.is_own() => read_up_to(core, "group", down.group_id(), time),
        _ => Vec::new(),
    }
}

/// Takes over that a conversation is read up to a time, in the messages' states and in the unread count; newer
/// messages stay unread (SYNC-023, UNREAD-004). Messages it is about may come only after it: a read state is pushed
/// at once, a message that waited is pulled.
pub(crate) fn read_up_to(core: &Core, kind: &str, target: &str, time: i64) -> Vec<Told> {
    // The app is told even if the store cannot keep it.
    let of = Key::new(kind.to_owned(), target.to_owned(), String::new());
    let until = if core.has(Bug::ReadSyncCoversAll) { i64::MAX } else { time };
    let _ = core.store.mark_read(&of, until);
    if !core.has(Bug::ReadSyncMissesLater) {
        let _ = core.store.set_read_until(kind, target, until);
    }
    if !core.has(Bug::ReadSyncCountsNothing) {
        let _ = core.store.clear_unread(&of, until);
    }
    vec![(
        "onConversationReadStatusSyncMessageReceived",
        json!({"type": kind, "targetId": target, "timestamp": time}),
    )]
}

/// Whether a message that arrives now was read on another device before it came.
pub(crate) fn was_read_elsewhere(core: &Core, message: &Object) -> bool {
    let (kind, target) = (text(message, "conversationType"), text(message, "targetId"));
    let time = message.get("sentTime").and_then(Value::as_i64).unwrap_or_default();
    message.get("direction") == Some(&Value::from("receive"))
        && core.store.is_read(&kind, &target, time).unwrap_or(false)
}
