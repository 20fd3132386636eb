//! Receiving: packages of the mailbox, pushes, announcements, mirrors of the user's other devices (RECV, OFFL).

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    ClientFrame, Topic, UnixMillis,
    body::{DownStreamMessage, DownStreamMessages, NotifyMsg, SyncRequestMsg, UpStreamMessage},
    flags,
};

use crate::{
    engine::{Engine, Pending},
    message::{self, is_stored},
};

/// Object names that are not messages to an app.
const SIGNALLING: [&str; 3] = ["RC:TypSts", "RC:RcCmd", "RC:SRSMsg"];

/// How far this device has fetched, and whether it is at it.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pulling: bool,
    /// The newest time the server announced.
    announced: UnixMillis,
    received: UnixMillis,
    sent: UnixMillis,
    /// What was sent earlier than this waited on the server.
    online_since: UnixMillis,
    /// Mirrors that wait for their acknowledgement, by its id.
    mirrors: BTreeMap<u16, Pushed>,
}

impl Inbox {
    pub(crate) fn disconnected(&mut self) {
        self.pulling = false;
        self.mirrors.clear();
    }
}

/// A server's PUBLISH.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    pub(crate) dup: bool,
    pub(crate) qos: u8,
    pub(crate) topic: Topic,
    pub(crate) target: String,
    pub(crate) id: u16,
    pub(crate) body: Bytes,
}

impl Engine {
    /// Fetches what waited (OFFL-001).
    pub(crate) fn begin_sync(&mut self, now: UnixMillis, server_time: UnixMillis) {
        // A store that cannot be read is an empty one: messages then come again rather than not at all.
        let (received, sent) = self.store.watermarks(&self.user).unwrap_or_default();
        self.inbox = Inbox { received, sent, online_since: server_time, ..Inbox::default() };
        self.pull(now);
    }

    fn pull(&mut self, now: UnixMillis) {
        self.inbox.pulling = true;
        let ask = SyncRequestMsg {
            sync_time: Some(self.inbox.received.0),
            ispolling: Some(false),
            is_pull_send: Some(true),
            send_box_sync_time: Some(self.inbox.sent.0),
            ..SyncRequestMsg::default()
        };
        let user = self.user.clone();
        self.request(now, Topic::PullMsg, &user, ask.encode_to_vec().into(), Pending::Pull);
    }

    pub(crate) fn pull_failed(&mut self, now: UnixMillis, code: i64) {
        self.inbox.pulling = false;
        // An answer that got lost is asked for again; a refusal stands until the next announcement.
        if code == crate::code::NO_ANSWER && self.link.online().is_some() {
            self.pull(now);
        }
    }

    /// A package: its messages are handed over one at a time, in order (RECV-003 to RECV-007).
    pub(crate) fn package(&mut self, now: UnixMillis, body: &Bytes) {
        let Ok(package) = DownStreamMessages::decode(body.clone()) else {
            return self.pull_failed(now, i64::from(wire::code::status::BAD_PARAMETER));
        };
        let more = package.finished == Some(false);
        let own = package.list.iter().filter(|message| message.direction == Some(1));
        let newest_own = own.map(|message| message.data_time).max().unwrap_or_default();
        let new: Vec<_> = package.list.iter().filter_map(|down| self.take_in(now, down)).collect();
        self.inbox.received = self.inbox.received.max(UnixMillis(package.sync_time));
        self.inbox.sent = self.inbox.sent.max(UnixMillis(newest_own));
        self.save_watermarks();
        let count = new.len();
        for (index, message) in new.into_iter().enumerate() {
            self.hand_over(message, count - 1 - index, more);
        }
        self.inbox.pulling = false;
        if more || self.inbox.announced > self.inbox.received {
            self.pull(now);
        }
    }

    fn save_watermarks(&self) {
        // Not saved, messages would only be fetched twice, and known UIDs are not shown again.
        let _ = self.store.set_watermarks(&self.user, self.inbox.received, self.inbox.sent);
    }

    /// Stores a message; `None` if it is no message to the app, or known already.
    fn take_in(&self, now: UnixMillis, down: &DownStreamMessage) -> Option<message::Object> {
        if SIGNALLING.contains(&down.classname.as_str()) {
            return None;
        }
        let offline = down.data_time < self.inbox.online_since.0;
        let mut message = message::received(down, &self.user, offline);
        message.insert("receivedTime".into(), now.0.into());
        if is_stored(down) {
            let id = self.store.insert(&self.user, &message).ok()??;
            message.insert("messageId".into(), id.into());
        }
        Some(message)
    }

    fn hand_over(&mut self, message: message::Object, left: usize, has_package: bool) {
        let offline = message.get("offLine").cloned().unwrap_or(Value::Bool(false));
        self.fire(
            "onMessageReceived",
            json!({"message": message, "left": left, "offline": offline, "hasPackage": has_package}),
        );
    }

    pub(crate) fn pushed(&mut self, now: UnixMillis, push: Pushed) {
        if push.dup {
            // Shown once its acknowledgement tells UID and time.
            self.inbox.mirrors.insert(push.id, push);
            return;
        }
        if push.qos > 0 {
            self.write(ClientFrame::PubAck { id: push.id });
        }
        match push.topic {
            Topic::SNtf => {
                if let Ok(notify) = NotifyMsg::decode(push.body)
                    && notify.r#type == 1
                {
                    self.told_of(now, UnixMillis(notify.time()));
                }
            }
            Topic::SMsg => {
                if let Ok(down) = DownStreamMessage::decode(push.body) {
                    self.message_pushed(now, &down);
                }
            }
            // Commands and unknown topics change nothing here.
            _ => {}
        }
    }

    fn told_of(&mut self, now: UnixMillis, time: UnixMillis) {
        self.inbox.announced = self.inbox.announced.max(time);
        if !self.inbox.pulling && self.inbox.announced > self.inbox.received {
            self.pull(now);
        }
    }

    fn message_pushed(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        let status_message = down.ext_status() & flags::ext::STATUS != 0;
        let time = UnixMillis(down.data_time);
        if self.inbox.pulling && !status_message {
            // The pull brings it in its place.
            return self.told_of(now, time);
        }
        if let Some(message) = self.take_in(now, down) {
            self.hand_over(message, 0, false);
        }
        if !status_message && down.direction != Some(1) {
            self.inbox.received = self.inbox.received.max(time);
            self.save_watermarks();
        }
    }

    /// Completes a mirror; `false` if that id is none.
    pub(crate) fn mirror_acknowledged(&mut self, id: u16, time: UnixMillis, uid: &str) -> bool {
        let Some(mirror) = self.inbox.mirrors.remove(&id) else { return false };
        let kind = match mirror.topic {
            Topic::PpMsgP => 1,
            Topic::PgMsgP => 3,
            _ => return true,
        };
        let Ok(up) = UpStreamMessage::decode(mirror.body) else { return true };
        let down = DownStreamMessage {
            from_user_id: mirror.target.clone(),
            r#type: kind,
            group_id: Some(mirror.target),
            classname: up.classname,
            content: up.content,
            data_time: time.0,
            status: flags::up_to_down(up.session_id),
            msg_id: Some(uid.to_owned()),
            direction: Some(1),
            ..DownStreamMessage::default()
        };
        if let Some(message) = self.take_in(time, &down) {
            self.hand_over(message, 0, false);
        }
        self.inbox.sent = self.inbox.sent.max(time);
        self.save_watermarks();
        true
    }
}
