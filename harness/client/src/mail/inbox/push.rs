//! What the server says on its own: messages, announcements, mirrors of the user's other devices (RECV-008, SYNC).

use bytes::Bytes;
use prost::Message as _;
use wire::{
    ClientFrame, Topic, UnixMillis,
    body::{DownStreamMessage, NotifyMsg, UpStreamMessage},
    flags,
};

use crate::{engine::Engine, mail::typing::TYPING};

/// `type` of an announcement that is about a chatroom, not about the mailbox.
const CHATROOM: i32 = 2;
/// `type` of a command that tells that a chatroom is gone. [`CHATROOM`] as a command tells of changed entries.
const ROOM_GONE: i32 = 4;
/// The wire number of chatrooms among conversation types.
const IN_CHATROOM: i32 = 4;
/// `type` of a command that tells of changed conversation settings.
const SETTINGS: i32 = 3;
/// `type` of a command that tells of messages in ultra groups.
const ULTRA_GROUP_MESSAGES: i32 = 6;
/// `type` of a command that tells of changed messages or channels in ultra groups.
const ULTRA_GROUP_CHANGES: i32 = 7;

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
    pub(crate) fn pushed(&mut self, now: UnixMillis, push: Pushed) {
        if push.dup {
            // Another device of ours sent this. Shown once its acknowledgement tells UID and time; status messages,
            // which get none, are nothing to this device.
            if matches!(
                push.topic,
                Topic::PpMsgP | Topic::PgMsgP | Topic::RecallMsg | Topic::UgMsg | Topic::UpdUgRTime
            ) {
                self.inbox.mirrors.insert(push.id, push);
            }
            return;
        }
        if push.qos > 0 {
            // At once, whatever it holds.
            self.write(ClientFrame::PubAck { id: push.id });
        }
        match push.topic {
            Topic::SNtf => {
                if let Ok(notify) = NotifyMsg::decode(push.body) {
                    if notify.r#type == CHATROOM {
                        let time = UnixMillis(notify.time());
                        return self.room_noticed(now, notify.chrm_id(), time);
                    }
                    // Without a time it tells of something new all the same.
                    let time = notify.time.unwrap_or(self.inbox.received.0.saturating_add(1));
                    self.told_of(now, UnixMillis(time));
                }
            }
            Topic::SMsg => {
                if let Ok(down) = DownStreamMessage::decode(push.body) {
                    self.message_pushed(now, &down);
                }
            }
            Topic::SCmd => match NotifyMsg::decode(push.body) {
                Ok(notify) if notify.r#type == SETTINGS => self.pull_settings(now),
                Ok(notify) if notify.r#type == CHATROOM => self.entries_noticed(now, notify.chrm_id()),
                Ok(notify) if notify.r#type == ROOM_GONE => self.room_gone(&notify),
                Ok(notify) if notify.r#type == ULTRA_GROUP_MESSAGES => {
                    self.ultra_groups_noticed(now, notify.time);
                }
                Ok(notify) if notify.r#type == ULTRA_GROUP_CHANGES => self.changes_noticed(now),
                _ => {}
            },
            Topic::SOpNtf => self.channel_typing_received(&push.body),
            // Unknown topics change nothing here.
            _ => {}
        }
    }

    fn told_of(&mut self, now: UnixMillis, time: UnixMillis) {
        self.inbox.announced = self.inbox.announced.max(time);
        if self.inbox.pulling {
            self.inbox.noticed = true;
        } else if self.inbox.announced > self.inbox.received {
            self.pull(now);
        }
    }

    fn message_pushed(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        if down.r#type == IN_CHATROOM {
            return self.room_message_pushed(now, down);
        }
        if down.classname == TYPING {
            return self.typing_received(now, down);
        }
        let status_message = down.ext_status() & flags::ext::STATUS != 0;
        let time = UnixMillis(down.data_time);
        if !status_message && (self.inbox.pulling || !self.inbox.synced) {
            // A pull brings it in its place. Taken now, it would lift the watermark over what is still to come.
            return self.told_of(now, time);
        }
        if let Some(arrival) = self.take_in(now, down) {
            self.hand_over(arrival, 0, false);
        }
        if !status_message && !down.is_own() {
            self.inbox.received = self.inbox.received.max(time);
            self.save_watermarks();
        }
    }

    /// Completes a mirror; `false` if that id is none.
    pub(crate) fn mirror_acknowledged(
        &mut self,
        now: UnixMillis,
        id: u16,
        time: UnixMillis,
        uid: &str,
    ) -> bool {
        let Some(mirror) = self.inbox.mirrors.remove(&id) else { return false };
        match mirror.topic {
            Topic::UpdUgRTime => {
                self.channel_read_elsewhere(&mirror.body, time);
                return true;
            }
            // It comes by a pull like all others.
            Topic::UgMsg => {
                self.ultra_groups_noticed(now, Some(time.0));
                return true;
            }
            _ => {}
        }
        let kind = match mirror.topic {
            Topic::PgMsgP => 3,
            _ => 1,
        };
        let Ok(up) = UpStreamMessage::decode(mirror.body) else { return true };
        if mirror.topic == Topic::RecallMsg && up.bus_channel.is_some() {
            // Of an ultra group: the change list tells of it.
            return true;
        }
        let down = DownStreamMessage {
            // As in a pull: an own private message names the peer as its sender.
            from_user_id: mirror.target.clone(),
            r#type: kind,
            group_id: Some(mirror.target),
            classname: up.classname,
            content: up.content,
            data_time: time.0,
            status: flags::up_to_down(up.session_id),
            msg_id: Some(uid.to_owned()),
            direction: Some(true),
            extra_content: up.extra_content,
            ..DownStreamMessage::default()
        };
        if let Some(arrival) = self.take_in(now, &down) {
            self.hand_over(arrival, 0, false);
        }
        if self.inbox.synced && !self.inbox.pulling {
            self.inbox.sent = self.inbox.sent.max(time);
            self.save_watermarks();
        }
        true
    }
}
