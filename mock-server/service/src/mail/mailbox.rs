//! A user's mailbox: what waits for its devices, in order, handed out in packages.
//!
//! Times are strictly increasing within a mailbox, because clients ask for "newer than". Without multi-device
//! sync a message belongs to the first device that gets it, and is forgotten once that device is known to have it;
//! with sync it waits for every device until its retention ends (OFFL-009 to OFFL-013).

use std::{collections::VecDeque, sync::Arc};

use wire::UnixMillis;

use crate::core::{
    account::DeviceIx,
    ids::Uid,
    message::{Conversation, Message, Side},
};

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) message: Arc<Message>,
    /// The message's, at hand for searches: they would touch every message on their way.
    time: UnixMillis,
    pub(crate) side: Side,
    /// The device it was handed to (inbox, without sync) or sent from (outbox).
    device: Option<DeviceIx>,
    /// The device has acknowledged it.
    delivered: bool,
    /// With sync: the first device that is known to have it. From then on it no longer waits as an offline message; other
    /// devices get it by compensation (COMP).
    had_by: Option<DeviceIx>,
}

/// How many acknowledged messages stay at hand: a client acknowledges before it looks at the content, and one that
/// was busy pulling fetches them again, as does engine 5.28, to which a pushed body is a mere reason to pull.
const TAIL: usize = 64;

/// Messages that may wait for a device as sent by its user without sync: one that never pulls piles up no more.
const MOST_SHOWN: usize = 200;

#[derive(Debug, Clone, Default)]
pub(crate) struct Mailbox {
    items: VecDeque<Item>,
    /// Without sync: what the app's server sent in this user's name while a device was online, for that device alone.
    shown: VecDeque<Item>,
    /// No message may be stamped this or earlier.
    last: UnixMillis,
    /// With sync: some device has everything up to this.
    had_to: UnixMillis,
    delivered: usize,
}

/// What a device asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) device: DeviceIx,
    /// Inbox watermark.
    pub(crate) after: UnixMillis,
    /// Outbox watermark; `None` leaves own messages out. Without sync they are those of the app's server alone.
    pub(crate) sent_after: Option<UnixMillis>,
    pub(crate) most: usize,
    /// Bytes of their bodies; one goes beyond it.
    pub(crate) most_bytes: usize,
    /// Messages are for every device.
    pub(crate) sync: bool,
    /// Received earlier than this: forgotten.
    pub(crate) private_since: UnixMillis,
    pub(crate) group_since: UnixMillis,
    /// Sent or received on other devices earlier than this: not compensated (COMP-005 to COMP-011).
    pub(crate) compensated_since: UnixMillis,
}

impl Mailbox {
    /// The first time a new message may have at `now`.
    pub(crate) fn next_time(&self, now: UnixMillis) -> UnixMillis {
        now.max(self.last.next())
    }

    /// The user sent a message of that time: what comes next is newer, whether or not a copy is kept here.
    pub(crate) fn stamped(&mut self, time: UnixMillis) {
        self.last = self.last.max(time);
    }

    pub(crate) fn last(&self) -> UnixMillis {
        self.last
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn push(&mut self, message: Arc<Message>, side: Side, device: Option<DeviceIx>) {
        debug_assert!(message.time > self.last, "times of a mailbox are strictly increasing");
        self.last = self.last.max(message.time);
        let time = message.time;
        self.items.push_back(Item { message, time, side, device, delivered: false, had_by: None });
    }

    /// The next package for a device and whether more waits behind it.
    pub(crate) fn package(&mut self, ask: &Ask) -> (Vec<Item>, bool) {
        if ask.sync {
            self.had(ask.device, ask.after);
        } else {
            self.forget(ask.device, ask.after);
        }
        let mut package = Vec::new();
        let mut bytes: usize = 0;
        let first = ask.sent_after.filter(|_| ask.sync).map_or(ask.after, |sent| sent.min(ask.after));
        let start = self.items.partition_point(|item| item.time <= first);
        for item in self.items.range_mut(start..) {
            if !item.is_for(ask) {
                continue;
            }
            let size = item.message.len();
            let is_full = !package.is_empty() && bytes + size > ask.most_bytes;
            if package.len() == ask.most || is_full {
                return (package, true);
            }
            bytes += size;
            if !ask.sync && item.side == Side::Inbox {
                item.device = Some(ask.device);
            }
            package.push(item.clone());
        }
        if !self.shown.is_empty() {
            return self.with_shown(ask, package);
        }
        (package, false)
    }

    /// The last package, with what the app's server sent for the user that the device has not got yet.
    fn with_shown(&mut self, ask: &Ask, mut package: Vec<Item>) -> (Vec<Item>, bool) {
        let Some(after) = ask.sent_after else { return (package, false) };
        self.shown.retain(|item| item.device != Some(ask.device) || item.time > after);
        package.extend(self.shown.iter().filter(|item| item.device == Some(ask.device)).cloned());
        package.sort_by_key(|item| item.time);
        let more = package.len() > ask.most;
        package.truncate(ask.most);
        (package, more)
    }

    /// Without sync: a message that the app's server sent for this user is for that device, as sent by the user.
    pub(crate) fn show(&mut self, message: Arc<Message>, device: DeviceIx) {
        if self.shown.len() == MOST_SHOWN {
            self.shown.pop_front();
        }
        let time = message.time;
        let device = Some(device);
        self.shown.push_back(Item {
            message,
            time,
            side: Side::Outbox,
            device,
            delivered: false,
            had_by: None,
        });
    }

    /// The device is online no longer: what was only to be shown meanwhile is over.
    pub(crate) fn hide_from(&mut self, device: DeviceIx) {
        self.shown.retain(|item| item.device != Some(device));
    }

    /// Whether anything is there that the device has not acknowledged; with sync, anything at all.
    pub(crate) fn waits_for(&self, device: DeviceIx) -> bool {
        self.items.iter().rev().any(|item| {
            item.side == Side::Inbox && !item.delivered && item.device.is_none_or(|own| own == device)
        })
    }

    /// Hands a message to a device at once.
    pub(crate) fn hand_to(&mut self, time: UnixMillis, device: DeviceIx) {
        if let Some(index) = self.find(time) {
            self.items[index].device = Some(device);
        }
    }

    /// The device acknowledged the message of that time. Without sync it need not wait any longer.
    pub(crate) fn acknowledge(&mut self, time: UnixMillis, device: DeviceIx, sync: bool) {
        let Some(index) = self.find(time) else { return };
        if sync {
            self.items[index].had_by.get_or_insert(device);
            return;
        }
        if !std::mem::replace(&mut self.items[index].delivered, true) {
            self.delivered += 1;
        }
        while self.delivered > TAIL && self.items.front().is_some_and(|item| item.delivered) {
            self.items.pop_front();
            self.delivered -= 1;
        }
    }

    /// Without sync: the device has the message of that time for certain.
    pub(crate) fn done(&mut self, time: UnixMillis) {
        let Some(index) = self.find(time) else { return };
        if self.items.remove(index).is_some_and(|item| item.delivered) {
            self.delivered -= 1;
        }
    }

    /// With sync: the device has everything up to that time.
    pub(crate) fn had(&mut self, device: DeviceIx, up_to: UnixMillis) {
        let done = self.had_to;
        let start = self.items.partition_point(|item| item.time <= done);
        let end = self.items.partition_point(|item| item.time <= up_to).max(start);
        for item in self.items.range_mut(start..end) {
            item.had_by.get_or_insert(device);
        }
        self.had_to = done.max(up_to);
    }

    /// Puts another message in the place of one, or nothing.
    pub(crate) fn rewrite(&mut self, uid: Uid, time: UnixMillis, new: Option<&Arc<Message>>) {
        match new {
            Some(message) => {
                let shown = self.shown.iter_mut().filter(|item| item.message.uid == uid);
                shown.for_each(|item| item.message = message.clone());
            }
            None => self.shown.retain(|item| item.message.uid != uid),
        }
        let Some(index) = self.find(time).filter(|index| self.items[*index].message.uid == uid) else {
            return;
        };
        match new {
            Some(message) => self.items[index].message = message.clone(),
            None => {
                if self.items.remove(index).is_some_and(|item| item.delivered) {
                    self.delivered -= 1;
                }
            }
        }
    }

    /// Drops what is older than its retention.
    pub(crate) fn expire(&mut self, private_since: UnixMillis, group_since: UnixMillis) {
        let oldest = private_since.min(group_since);
        while self.items.front().is_some_and(|item| item.time < oldest) {
            self.pop_front();
        }
    }

    /// Keeps only the newest `most` group messages (OFFL-016).
    pub(crate) fn keep_group(&mut self, most: usize) {
        let groups =
            self.items.iter().filter(|item| item.message.conversation == Conversation::Group).count();
        let mut surplus = groups.saturating_sub(most);
        self.items.retain(|item| {
            let drop = surplus > 0 && item.message.conversation == Conversation::Group;
            if drop {
                surplus -= 1;
            }
            !drop
        });
        self.delivered = self.items.iter().filter(|item| item.delivered).count();
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.shown.clear();
        self.delivered = 0;
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    /// What the device says it has is done with.
    fn forget(&mut self, device: DeviceIx, up_to: UnixMillis) {
        while let Some(front) = self.items.front() {
            let done = front.time <= up_to && (front.side == Side::Outbox || front.device == Some(device));
            if !done {
                return;
            }
            self.pop_front();
        }
    }

    fn pop_front(&mut self) {
        if self.items.pop_front().is_some_and(|item| item.delivered) {
            self.delivered -= 1;
        }
    }

    fn find(&self, time: UnixMillis) -> Option<usize> {
        // Mostly the one that has just come.
        if self.items.back().is_some_and(|item| item.time == time) {
            return Some(self.items.len() - 1);
        }
        let index = self.items.partition_point(|item| item.time < time);
        self.items.get(index).is_some_and(|item| item.time == time).then_some(index)
    }
}

impl Item {
    fn is_for(&self, ask: &Ask) -> bool {
        let time = self.time;
        match self.side {
            Side::Outbox => {
                let other = self.device != Some(ask.device) || ask.sent_after == Some(UnixMillis(0));
                ask.sync
                    && ask.sent_after.is_some_and(|after| time > after)
                    && (!other || time >= ask.compensated_since)
            }
            Side::Inbox => {
                let since = match self.message.conversation {
                    Conversation::Group => ask.group_since,
                    _ => ask.private_since,
                };
                // A device that begins anew (watermark 0) does not get again what it acknowledged.
                let seen = self.delivered && ask.after.0 == 0;
                let mine = ask.sync || self.device.is_none_or(|device| device == ask.device);
                // A reinstalled app is as good as another device: its store is gone (COMP-003).
                let elsewhere =
                    self.had_by.is_some_and(|device| device != ask.device || ask.after.0 == 0) && ask.sync;
                let since = if elsewhere { ask.compensated_since } else { since };
                time > ask.after && time >= since && mine && !seen
            }
        }
    }

    /// A message for the user that no mailbox holds.
    pub(crate) fn stray(message: Message) -> Self {
        let time = message.time;
        Self {
            message: Arc::new(message),
            time,
            side: Side::Inbox,
            device: None,
            delivered: false,
            had_by: None,
        }
    }
}
