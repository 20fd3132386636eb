//! Private read receipts (PRR): one message tells the peer up to which sent time everything is read.

use prost::Message as _;
use serde_json::{Value, json};
use wire::{ClientFrame, Request, Topic, UnixMillis, body::DownStreamMessage};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    mail::{
        Mail, read_sync,
        signal::{self, Signal, Then, Told, channel, timestamp, up},
    },
};

/// Object name of a private receipt.
pub(crate) const PRIVATE: &str = "RC:ReadNtf";

/// `sendPrivateReadReceiptMessage(targetId, channelId, timestamp)`: the sent time of the last message read, in
/// unix milliseconds. Nothing is sent but by this call (PRR-001, PRR-005).
pub(crate) fn send(mail: &mut Mail<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let target = text(args, "targetId");
    let Some(time) = timestamp(args).filter(|_| !target.is_empty()) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let uid = mail.core.store.uid_at("private", &target, time).ok().flatten().unwrap_or_default();
    let content = json!({"messageUID": uid, "lastMessageSendTime": time, "type": 1});
    let mut repeated = Object::new();
    repeated.insert("targetId".into(), target.as_str().into());
    repeated.insert("channelId".into(), channel(args));
    repeated.insert("timestamp".into(), time.into());
    let signal = Signal { event: "onPrivateReadReceiptMessageSent", args: repeated, then: Then::Nothing };
    signal::send(mail, now, Topic::PpMsgP, &target, &up(PRIVATE, &content, Vec::new()), signal);
    CallResult::Code(0)
}

impl Mail<'_> {
    /// A deliberate bug: nobody asked for this receipt.
    pub(crate) fn send_receipt_unasked(&mut self, message: &Object) {
        let time = message.get("sentTime").and_then(Value::as_i64).unwrap_or_default();
        let content =
            json!({"messageUID": text(message, "messageUId"), "lastMessageSendTime": time, "type": 1});
        let id = self.core.requests.next_id();
        let body = up(PRIVATE, &content, Vec::new()).encode_to_vec().into();
        let request = Request::new(Topic::PpMsgP, &text(message, "targetId"), id, body);
        self.core.write(ClientFrame::Publish(request));
    }
}

/// The peer has read our messages up to a time (PRR-003); sent by another device of ours, this device has
/// something to take over.
pub(crate) fn received(core: &Core, down: &DownStreamMessage, content: &Object) -> Vec<Told> {
    let Some(time) = content.get("lastMessageSendTime").and_then(Value::as_i64) else {
        return Vec::new();
    };
    let peer = down.from_user_id.as_str();
    if down.is_own() && !core.has(Bug::OwnReceiptsTold) {
        return read_sync::read_up_to(core, "private", peer, time);
    }
    // The app is told even if the store cannot keep it.
    let until = if core.has(Bug::ReceiptCoversAll) { i64::MAX } else { time };
    if !core.has(Bug::ReceiptMarksNothing) {
        let _ = core.store.mark_read_by_peer(peer, until);
    }
    vec![(
        "onPrivateReadReceiptReceived",
        json!({"targetId": peer, "channelId": down.bus_channel(), "timestamp": time}),
    )]
}
