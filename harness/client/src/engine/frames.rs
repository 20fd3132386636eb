//! The one table of what the server says: which topic hears of it.

use std::collections::BTreeMap;
use wire::code::notify;

use bytes::Bytes;
use prost::Message as _;
use wire::{
    ClientFrame, ServerFrame, Topic, UnixMillis,
    body::{DownStreamMessage, NotifyMsg, UpStreamMessage},
};

use crate::{
    core::{
        bug::Bug,
        code,
        link::Link,
        requests::{Reply, Way},
    },
    engine::Engine,
    mail::typing::TYPING,
    ultra_group,
};

/// The wire number of chatrooms among conversation types.
const IN_CHATROOM: i32 = 4;

/// A server's PUBLISH.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    dup: bool,
    qos: u8,
    topic: Topic,
    target: String,
    id: u16,
    body: Bytes,
}

/// What other devices of the user's sent, by its id: it counts once its acknowledgement tells UID and time.
pub(crate) type Mirrors = BTreeMap<u16, Pushed>;

impl Engine {
    /// A frame of the open connection.
    pub(crate) fn frame(&mut self, now: UnixMillis, frame: ServerFrame) {
        match frame {
            ServerFrame::ConnAck(ack) => return self.greeted(now, ack),
            ServerFrame::Disconnect { status, .. } => return self.told_to_leave(now, status),
            _ => {}
        }
        // Everything else means something only after a login.
        let Link::Online { heartbeat, .. } = &mut self.core.link else { return };
        heartbeat.heard();
        match frame {
            ServerFrame::Publish { dup, qos, topic, target, id, body, .. } => {
                self.pushed(now, Pushed { dup, qos, topic, target, id, body });
            }
            ServerFrame::PubAck { id, status, time, message_uid } => {
                // The server's ids and ours are counted apart, so a PUBACK is looked for among mirrors first: theirs
                // follows at once.
                if let Some(mirror) = self.mirrors.remove(&id) {
                    return self.mirrored(now, mirror, time, message_uid);
                }
                if self.core.requests.end(id, Way::Publish) {
                    let code = i64::from(status);
                    self.answered(now, id, Reply { code, body: Bytes::new(), time, uid: message_uid });
                }
            }
            ServerFrame::QueryAck { id, qos, status, body, .. } => {
                if qos > 0 && !self.core.has(Bug::ConfirmsNothing) {
                    self.core.write(ClientFrame::QueryCon { id });
                    if self.core.has(Bug::ConfirmsAnswersTwice) {
                        self.core.write(ClientFrame::QueryCon { id });
                    }
                }
                if self.core.requests.end(id, Way::Query) {
                    self.answered(now, id, Reply { code: i64::from(status), body, ..Reply::default() });
                }
            }
            ServerFrame::Pong => heartbeat.pong(now, &self.core.env.bugs),
            _ => {}
        }
    }

    /// Requests that waited too long.
    pub(crate) fn requests_overdue(&mut self, now: UnixMillis) {
        for id in self.core.requests.overdue(now) {
            if self.core.requests.give_up(id) {
                self.answered(now, id, Reply::none(code::NO_ANSWER));
            }
        }
    }

    /// The connection is gone: whatever waited on it will not be answered.
    pub(crate) fn fail_requests(&mut self, now: UnixMillis) {
        for id in self.core.requests.give_up_all() {
            self.answered(now, id, Reply::none(code::CONNECTION_LOST));
        }
        self.media().fail_uploads();
    }

    /// A request has ended; whose it was knows what it was about.
    fn answered(&mut self, now: UnixMillis, id: u16, reply: Reply) {
        if let Some(call) = self.mail.asked.take(id) {
            self.mail().answered(now, call, reply);
        } else if let Some(call) = self.preferences.asked.take(id) {
            self.preferences().answered(now, call, &reply);
        } else if let Some(call) = self.media.asked.take(id) {
            self.media().answered(now, call, &reply);
        } else if let Some(call) = self.chatrooms.asked.take(id) {
            self.chatrooms().answered(now, call, &reply);
        } else if let Some(call) = self.ultra_groups.asked.take(id) {
            self.ultra_groups().answered(now, call, &reply);
        }
    }

    fn pushed(&mut self, now: UnixMillis, push: Pushed) {
        if push.dup {
            // Another device of ours sent this. Status messages get no acknowledgement and are nothing to this device.
            if matches!(
                push.topic,
                Topic::PpMsgP | Topic::PgMsgP | Topic::RecallMsg | Topic::UgMsg | Topic::UpdUgRTime
            ) {
                self.mirrors.insert(push.id, push);
            }
            return;
        }
        if push.qos > 0 && !self.core.has(Bug::AcknowledgesNothing) {
            // At once, whatever it holds.
            self.core.write(ClientFrame::PubAck { id: push.id });
            if self.core.has(Bug::AcknowledgesTwice) {
                self.core.write(ClientFrame::PubAck { id: push.id });
            }
        }
        match push.topic {
            Topic::SNtf => {
                let Ok(notify) = NotifyMsg::decode(push.body) else { return };
                if notify.r#type == notify::CHATROOM {
                    self.chatrooms().noticed(now, notify.chrm_id(), notify.time.map(UnixMillis));
                } else {
                    self.mail().noticed(now, notify.time.map(UnixMillis));
                }
            }
            Topic::SMsg => {
                let Ok(down) = DownStreamMessage::decode(push.body) else { return };
                if down.r#type == IN_CHATROOM {
                    self.chatrooms().message_pushed(now, &down);
                } else if down.classname == TYPING {
                    self.mail().typing_received(now, &down);
                } else {
                    self.mail().message_pushed(now, &down);
                }
            }
            Topic::SCmd => {
                let Ok(notify) = NotifyMsg::decode(push.body) else { return };
                match notify.r#type {
                    notify::SETTINGS => self.preferences().pull(now),
                    notify::CHATROOM => self.chatrooms().entries_noticed(now, notify.chrm_id()),
                    notify::CHATROOM_GONE => self.chatrooms().gone(&notify),
                    notify::ULTRA_GROUP_MESSAGES => {
                        self.ultra_groups().noticed(now, notify.time.map(UnixMillis))
                    }
                    notify::ULTRA_GROUP_CHANGES => self.ultra_groups().changes_noticed(now),
                    _ => {}
                }
            }
            Topic::SOpNtf => ultra_group::typing::received(&mut self.core, &push.body),
            // Unknown topics change nothing here.
            _ => {}
        }
    }

    /// What another device of ours sent has its UID and time.
    fn mirrored(&mut self, now: UnixMillis, mirror: Pushed, time: UnixMillis, uid: String) {
        let Pushed { topic, target, body, .. } = mirror;
        match topic {
            Topic::UpdUgRTime => self.ultra_groups().read_elsewhere(&body, time),
            // It comes by a pull like all others.
            Topic::UgMsg => self.ultra_groups().noticed(now, Some(time)),
            _ => {
                let Ok(up) = UpStreamMessage::decode(body) else { return };
                // Of an ultra group the change list tells.
                if topic != Topic::RecallMsg || up.bus_channel.is_none() {
                    self.mail().mirrored(now, topic, target, up, (time, uid));
                }
            }
        }
    }
}
