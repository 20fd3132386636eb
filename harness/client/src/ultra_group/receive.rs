//! Messages of channels: announced, pulled, handed to the app (UG-007 to UG-010).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    UnixMillis,
    body::{DownStreamMessage, DownStreamMessages},
};

use crate::{
    core::{
        Core,
        bug::Bug,
        message::{self, Object, counts, is_stored, mentions, text},
    },
    mail::{
        inbox::{self, SIGNALLING},
        recall,
    },
    ultra_group::{Channel, NUMBER, UltraGroups},
};

impl UltraGroups<'_> {
    /// A package, which may hold messages of every channel of every group.
    pub(super) fn package(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(package) = DownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0) else {
            self.state.messages.failed();
            if self.core.asks_again(code) && !self.core.has(Bug::GivesUpLostChannelPulls) {
                self.pull_channels(now);
            }
            return;
        };
        let before = self.state.messages.watermark();
        self.core.store.begin();
        let arrivals: Vec<Object> =
            package.list.iter().filter_map(|down| self.channel_message(now, down)).collect();
        self.core.store.commit();
        let announced = self.state.messages.end(UnixMillis(package.sync_time));
        // A server that promises more and gives nothing would be asked for ever.
        let more = package.finished == Some(false)
            && !self.core.has(Bug::OnePageOfMessages)
            && self.state.messages.watermark() > before;
        let again = more || announced;
        for message in arrivals {
            self.core.fire(
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
        let mut message = channel_received(self.core, down);
        message.insert("receivedTime".into(), now.0.into());
        let of: Channel = (down.group_id().to_owned(), down.bus_channel().to_owned());
        self.state.coverage.meet(&of, down.data_time);
        if !is_stored(down) {
            let known = !down.msg_id().is_empty() && !self.core.store.see(down.msg_id()).unwrap_or(true);
            return (!known).then_some(message);
        }
        let read = self.state.read_until.get(&of).is_some_and(|until| down.data_time <= *until);
        if read {
            message.insert("receivedStatus".into(), "read".into());
        }
        match self.core.store.insert(&message) {
            Ok(Some(id)) => {
                message.insert("messageId".into(), id.into());
                inbox::enter(self.core, id, &message, counts(down) && !read);
            }
            Ok(None) => return None,
            // What cannot be kept is shown all the same.
            Err(_) => {}
        }
        // The notice stands where a recalled message stood, and is no news by itself.
        (down.classname != recall::NOTICE).then_some(message)
    }
}

/// A message of a channel by its documented properties. Who wrote it decides whether it is ours: it comes the same to
/// all.
pub(super) fn channel_received(core: &Core, down: &DownStreamMessage) -> Object {
    let own = down.from_user_id == core.user && !core.has(Bug::OwnChannelMessagesReceived);
    let down = DownStreamMessage { direction: own.then_some(true), ..down.clone() };
    let mut message = message::received(&down, &core.user, false);
    inbox::spoil(core, &mut message);
    if !text(&message, "channelId").is_empty() && core.has(Bug::LosesChannel) {
        message.insert("channelId".into(), "".into());
    }
    message
}

/// The last message of a listed channel: it is stored, and known as unread if the server says that something is.
pub(super) fn keep_last(
    core: &Core,
    now: UnixMillis,
    down: &DownStreamMessage,
    of: &Channel,
    read: i64,
    unread: bool,
) {
    if !is_stored(down) {
        return;
    }
    let mut message = channel_received(core, down);
    message.insert("receivedTime".into(), now.0.into());
    // The list says where it stands, whether the message does or not.
    message.insert("targetId".into(), of.0.as_str().into());
    message.insert("channelId".into(), of.1.as_str().into());
    match core.store.insert(&message) {
        Ok(Some(id)) => {
            let _ = core.store.list_conversation(&message);
            let received = message.get("direction") == Some(&Value::from("receive"));
            if unread && received && counts(down) && down.data_time > read {
                let _ = core.store.set_unread(id, mentions(&message, &core.user));
            }
        }
        // It is here already; the channel may have been taken out of the list.
        _ => drop(core.store.list_conversation(&message)),
    }
}
