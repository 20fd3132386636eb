//! Messages of channels: announced, pulled, handed to the app (UG-007 to UG-010).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    UnixMillis,
    body::{DownStreamMessage, DownStreamMessages},
};

use crate::ultra_group::{Channel, NUMBER};
use crate::{
    core::{
        code,
        message::{self, Object, counts, is_stored, mentions},
    },
    engine::Engine,
    mail::{inbox::SIGNALLING, recall},
};

impl Engine {
    /// A package, which may hold messages of every channel of every group.
    pub(super) fn channel_package(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        self.ultra_groups.pulling = false;
        let Some(package) = DownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0) else {
            // An answer that got lost is asked for again; a refusal stands until the next announcement.
            if code == code::NO_ANSWER && self.link.is_online() {
                self.pull_channels(now);
            }
            return;
        };
        let before = self.ultra_groups.watermark;
        self.store.begin();
        let arrivals: Vec<Object> =
            package.list.iter().filter_map(|down| self.channel_message(now, down)).collect();
        self.store.commit();
        let state = &mut self.ultra_groups;
        state.watermark = state.watermark.max(UnixMillis(package.sync_time));
        // A server that promises more and gives nothing would be asked for ever.
        let more = package.finished == Some(false) && state.watermark > before;
        let again = more || (state.noticed && state.announced > state.watermark);
        for message in arrivals {
            self.fire(
                "onMessageReceived",
                json!({"message": message, "left": 0, "offline": false, "hasPackage": false}),
            );
        }
        if again {
            self.pull_channels(now);
        }
    }

    /// Keeps what arrived; `None`: it is nothing to the app, or known already.
    fn channel_message(&mut self, now: UnixMillis, down: &DownStreamMessage) -> Option<Object> {
        // Recalls are told as changes.
        let untold = SIGNALLING.contains(&down.classname.as_str()) || down.classname == recall::COMMAND;
        if down.r#type != NUMBER || untold {
            return None;
        }
        let mut message = self.channel_received(down);
        message.insert("receivedTime".into(), now.0.into());
        let of: Channel = (down.group_id().to_owned(), down.bus_channel().to_owned());
        self.ultra_groups.coverage.meet(&of, down.data_time);
        if !is_stored(down) {
            let known = !down.msg_id().is_empty() && !self.store.see(down.msg_id()).unwrap_or(true);
            return (!known).then_some(message);
        }
        let read = self.ultra_groups.read_until.get(&of).is_some_and(|until| down.data_time <= *until);
        if read {
            message.insert("receivedStatus".into(), "read".into());
        }
        match self.store.insert(&message) {
            Ok(Some(id)) => {
                message.insert("messageId".into(), id.into());
                self.enter(id, &message, counts(down) && !read);
            }
            Ok(None) => return None,
            // What cannot be kept is shown all the same.
            Err(_) => {}
        }
        // The notice stands where a recalled message stood, and is no news by itself.
        (down.classname != recall::NOTICE).then_some(message)
    }

    /// A message of a channel by its documented properties. Who wrote it decides whether it is ours: it comes the same to
    /// all.
    pub(super) fn channel_received(&self, down: &DownStreamMessage) -> Object {
        let own = down.from_user_id == self.user;
        let down = DownStreamMessage { direction: own.then_some(true), ..down.clone() };
        message::received(&down, &self.user, false)
    }

    /// The last message of a listed channel: it is stored, and known as unread if the server says that something is.
    pub(super) fn keep_last(
        &self,
        now: UnixMillis,
        down: &DownStreamMessage,
        of: &Channel,
        read: i64,
        unread: bool,
    ) {
        if !is_stored(down) {
            return;
        }
        let mut message = self.channel_received(down);
        message.insert("receivedTime".into(), now.0.into());
        // The list says where it stands, whether the message does or not.
        message.insert("targetId".into(), of.0.as_str().into());
        message.insert("channelId".into(), of.1.as_str().into());
        match self.store.insert(&message) {
            Ok(Some(id)) => {
                let _ = self.store.list_conversation(&message);
                let received = message.get("direction") == Some(&Value::from("receive"));
                if unread && received && counts(down) && down.data_time > read {
                    let _ = self.store.set_unread(id, mentions(&message, &self.user));
                }
            }
            // It is here already; the channel may have been taken out of the list.
            _ => drop(self.store.list_conversation(&message)),
        }
    }
}
