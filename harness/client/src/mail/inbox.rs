//! Receiving: packages of the mailbox, and what is handed to the app (RECV, OFFL).
//!
//! After each login the mailbox is pulled from the stored watermarks, again while the server has more. Messages older
//! than the login waited on the server: they count down inside their package. Later ones are real-time, however they
//! came (AMB-34).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, DownStreamMessages, SyncRequestMsg},
    flags,
};

use crate::{
    core::{
        Core,
        bug::Bug,
        feed::Feed,
        message::{self, Object, counts, is_stored, mentions},
    },
    mail::{
        Call, Mail, expansion, read_sync, recall,
        signal::{self, Told},
    },
};

/// Object names that tell of something and are no messages to an app.
pub(crate) const SIGNALLING: [&str; 8] = [
    "RC:TypSts",
    "RC:ReadNtf",
    "RC:RRReqMsg",
    "RC:RRRspMsg",
    "RC:SRSMsg",
    "RC:InterceptMsg",
    "RC:LogCmdMsg",
    "RC:chrmKVNotiMsg",
];

/// How far this device has fetched.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// What others sent.
    pub(super) feed: Feed,
    /// Everything up to the watermarks is here: the last pull went to its end.
    pub(super) synced: bool,
    /// Up to where the user's own messages were fetched.
    pub(super) sent: UnixMillis,
    /// What was sent earlier than this waited on the server.
    online_since: UnixMillis,
}

/// Something new for the app.
pub(super) enum Arrival {
    Message(Object),
    /// The notice that stands where a recalled message stood.
    Recall(Object),
    /// What a signalling message tells.
    Signal(Vec<Told>),
    /// A change of a message's expansion.
    Expansion(expansion::Told),
}

impl Arrival {
    fn is_offline_message(&self) -> bool {
        matches!(self, Self::Message(message) if message.get("offLine") == Some(&Value::Bool(true)))
    }
}

impl Mail<'_> {
    /// Fetches what waited (OFFL-001).
    pub(crate) fn begin_sync(&mut self, now: UnixMillis, server_time: UnixMillis) {
        // A store that cannot be read is an empty one: messages then come again rather than not at all.
        let (mut received, mut sent) = self.core.store.watermarks().unwrap_or_default();
        let first = !std::mem::replace(&mut self.state.begun, true);
        if first && received > UnixMillis(0) {
            let _ = self.core.store.forget_at_start();
        }
        if first && received > UnixMillis(0) && self.core.has(Bug::ForgetsWatermarks) {
            (received, sent) = Default::default();
        }
        let feed = Feed::from(received);
        self.state.inbox = Inbox { feed, sent, online_since: server_time, ..Inbox::default() };
        self.pull(now);
        for (topic, target, body, call) in std::mem::take(&mut self.state.held) {
            self.ask(now, topic, &target, body, call);
        }
    }

    pub(super) fn pull(&mut self, now: UnixMillis) {
        let from = self.state.inbox.feed.begin();
        let ask = SyncRequestMsg {
            sync_time: Some(from.0),
            ispolling: Some(false),
            is_pull_send: Some(!self.core.has(Bug::PullsNoOwn)),
            send_box_sync_time: Some(self.state.inbox.sent.0),
            ..SyncRequestMsg::default()
        };
        let user = self.core.user.clone();
        self.ask(now, Topic::PullMsg, &user, ask.encode_to_vec(), Call::Pull);
    }

    pub(crate) fn pull_failed(&mut self, now: UnixMillis, code: i64) {
        self.state.inbox.feed.failed();
        self.state.inbox.synced = false;
        if self.core.asks_again(code) && !self.core.has(Bug::GivesUpLostPackages) {
            self.pull(now);
        }
    }

    /// A package: its messages are handed over one at a time, in order (RECV-003 to RECV-007).
    pub(crate) fn package(&mut self, now: UnixMillis, body: &Bytes) {
        let Ok(package) = DownStreamMessages::decode(body.clone()) else {
            return self.pull_failed(now, i64::from(wire::code::status::BAD_PARAMETER));
        };
        let before = (self.state.inbox.feed.watermark(), self.state.inbox.sent);
        let more = package.finished == Some(false) && !self.core.has(Bug::OnePackageOnly);
        let own = package.list.iter().filter(|message| message.is_own());
        let newest_own = own.map(|message| message.data_time).max().unwrap_or_default();
        self.core.store.begin();
        let mut arrivals: Vec<Arrival> =
            package.list.iter().filter_map(|down| self.take_in(now, down)).collect();
        if arrivals.len() > 1 && self.core.has(Bug::PackageBackwards) {
            arrivals.reverse();
        }
        let announced = self.state.inbox.feed.end(UnixMillis(package.sync_time));
        self.state.inbox.sent = self.state.inbox.sent.max(UnixMillis(newest_own));
        self.save_watermarks();
        if more && self.core.has(Bug::KeepsWatermarkTooEarly) {
            let _ = self.core.store.set_watermarks(self.state.inbox.online_since, self.state.inbox.sent);
        }
        self.core.store.commit();
        let mut left = arrivals.iter().filter(|arrival| arrival.is_offline_message()).count();
        for arrival in arrivals {
            if arrival.is_offline_message() {
                left -= 1;
                let told = match left {
                    1 if self.core.has(Bug::TellsPackageAtOnce) => 0,
                    left => left + usize::from(self.core.has(Bug::LeftCountsItself)),
                };
                let has_package = more || self.core.has(Bug::AlwaysHasPackage);
                self.hand_over(arrival, told, has_package);
            } else {
                self.hand_over(arrival, 0, false);
            }
        }
        // A server that promises more and gives nothing would be asked for ever.
        if more && (self.state.inbox.feed.watermark(), self.state.inbox.sent) > before {
            return self.pull(now);
        }
        let first = !std::mem::replace(&mut self.state.inbox.synced, !more);
        let in_vain = first && self.core.has(Bug::PullsMailboxTwice);
        if announced || in_vain {
            self.pull(now);
        }
    }

    pub(super) fn save_watermarks(&self) {
        // Not saved, messages would only be fetched twice, and known UIDs are not shown again.
        let _ = self.core.store.set_watermarks(self.state.inbox.feed.watermark(), self.state.inbox.sent);
    }

    /// Keeps what arrived; `None` if it is nothing to the app, or known already (RECV-001, OFFL-022, OFFL-023).
    pub(super) fn take_in(&self, now: UnixMillis, down: &DownStreamMessage) -> Option<Arrival> {
        if SIGNALLING.contains(&down.classname.as_str()) {
            return signal::received(self.core, down).map(Arrival::Signal);
        }
        let uid = down.msg_id();
        let status_message = down.ext_status() & flags::ext::STATUS != 0;
        match down.classname.as_str() {
            recall::COMMAND
                if down.data_time < self.state.inbox.online_since.0
                    && self.core.has(Bug::DeafToOfflineRecalls) =>
            {
                return None;
            }
            recall::COMMAND if down.is_own() && self.core.has(Bug::OwnRecallsElsewhereIgnored) => {
                return None;
            }
            recall::COMMAND => return recall::recalled(self.core, now, down).map(Arrival::Recall),
            expansion::CHANGE => return expansion::expanded(self.core, down).map(Arrival::Expansion),
            _ => {}
        }
        let offline = down.data_time < self.state.inbox.online_since.0
            || (self.state.inbox.feed.is_pulling() && self.core.has(Bug::PulledIsOffline));
        let mut message = message::received(down, &self.core.user, offline);
        message.insert("receivedTime".into(), now.0.into());
        if message.get("messageType") == Some(&Value::from("unknown")) && self.core.has(Bug::DropsUnknown) {
            return None;
        }
        spoil(self.core, &mut message);
        if down.classname == recall::NOTICE {
            // It stands where the message stood that was recalled before it came; the command behind it tells of it.
            let _ = self.core.store.insert(&message);
            return None;
        }
        let stored = is_stored(down) || (down.classname == "RC:CmdMsg" && self.core.has(Bug::StoresCommands));
        let read = stored && read_sync::was_read_elsewhere(self.core, &message);
        if read {
            message.insert("receivedStatus".into(), "read".into());
        }
        if stored {
            match self.core.store.insert(&message) {
                Ok(Some(id)) => {
                    message.insert("messageId".into(), id.into());
                    enter(self.core, id, &message, is_counted(self.core, down) && !read);
                }
                Ok(None) => return None,
                // What cannot be kept is shown all the same: the server will not send it again.
                Err(_) => {}
            }
        } else if !status_message
            && !uid.is_empty()
            && !self.core.store.see(uid).unwrap_or(true)
            && !self.core.has(Bug::TellsUnstoredTwice)
        {
            return None;
        }
        Some(Arrival::Message(message))
    }

    pub(super) fn hand_over(&mut self, arrival: Arrival, left: usize, has_package: bool) {
        match arrival {
            Arrival::Message(message) => {
                if message.get("direction") == Some(&Value::from("receive"))
                    && message.get("conversationType") == Some(&Value::from("private"))
                {
                    self.typing_ended(&message::text(&message, "targetId"));
                    if self.core.has(Bug::ReceiptsByThemselves) {
                        self.send_receipt_unasked(&message);
                    }
                }
                let mut message = message;
                if message.get("direction") == Some(&Value::from("receive"))
                    && self.core.has(Bug::ReceivedSaysSend)
                {
                    message.insert("direction".into(), "send".into());
                }
                let offline = message.get("offLine").cloned().unwrap_or(Value::Bool(false));
                self.core.fire(
                    "onMessageReceived",
                    json!({"message": message, "left": left, "offline": offline, "hasPackage": has_package}),
                );
            }
            Arrival::Signal(told) => told.into_iter().for_each(|(event, args)| self.core.fire(event, args)),
            Arrival::Expansion(told) => expansion::tell(self.core, told),
            Arrival::Recall(notice) => self.core.fire("onRemoteMessageRecalled", json!({"message": notice})),
        }
    }
}

/// Whether a message counts as a mention of the user.
fn counted_mention(core: &Core, message: &Object) -> bool {
    let info = message.get("mentionedInfo").and_then(Value::as_object);
    let Some(info) = info else { return mentions(message, &core.user) };
    let all = info.get("type") == Some(&Value::from("all"));
    if all && core.has(Bug::MentionOfAllIgnored) {
        return false;
    }
    mentions(message, &core.user) || core.has(Bug::EveryMentionCounts)
}

/// Whether it adds to the unread count.
fn is_counted(core: &Core, down: &DownStreamMessage) -> bool {
    let custom = !down.classname.starts_with("RC:");
    counts(down)
        || (down.classname == "RC:CmdNtf" && core.has(Bug::NoticesCount))
        || (custom && is_stored(down) && core.has(Bug::StorageCounts))
}

/// What deliberate bugs take from a message that arrives.
pub(crate) fn spoil(core: &Core, message: &mut Object) {
    let lost = [
        ("duration", Bug::VoicesWithoutLength),
        ("thumbnailBase64String", Bug::PicturesWithoutThumbnail),
        ("fields", Bug::LosesCustomFields),
        ("extra", Bug::LosesExtra),
        ("userInfo", Bug::LosesUserInfo),
        ("mentionedInfo", Bug::LosesMentions),
        ("referenceMessage", Bug::QuotesNothing),
        ("name", Bug::LosesFileNames),
    ];
    for (name, bug) in lost {
        let concerned = name != "name" || message.get("messageType") == Some(&Value::from("file"));
        if concerned && message.contains_key(name) && core.has(bug) {
            message.remove(name);
        }
    }
    let said = message::text(message, "text");
    let beyond = |character: char| u32::from(character) > 0xFFFF;
    if said.contains(beyond) && core.has(Bug::LosesEmoji) {
        message.insert("text".into(), said.replace(beyond, "?").into());
    }
    let received = message.get("direction") == Some(&Value::from("receive"));
    let group = message.get("conversationType") == Some(&Value::from("group"));
    if received && group && core.has(Bug::SenderIsConversation) {
        let group = message.get("targetId").cloned().unwrap_or_default();
        message.insert("senderUserId".into(), group);
    }
}

/// A stored message stands in the conversation list, and counts as unread if it is another's (CONV-001,
/// UNREAD-004). It is shown even if the store cannot count it.
pub(crate) fn enter(core: &Core, id: i64, message: &Object, counted: bool) {
    let _ = core.store.list_conversation(message);
    let received = message.get("direction") == Some(&Value::from("receive"));
    if counted && (received || core.has(Bug::OwnCountAsUnread)) {
        let _ = core.store.set_unread(id, counted_mention(core, message));
    }
}
