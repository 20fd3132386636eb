//! A group's log: everything said in it, by time, all channels together (UGHIST-005).
//!
//! Clients have one watermark for all groups and channels, so that a pull reads logs from there on. Channels keep the
//! times of their own messages, for history and counts.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use wire::UnixMillis;

use crate::{
    core::{account::UserIx, expansion::Pairs, ids::Uid, message::Message},
    ultra_group::{Channel, UltraGroup},
};

/// Something said in a group.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) message: Arc<Message>,
    pub(crate) by: UserIx,
    pub(crate) channel: Arc<str>,
    /// Object name.
    pub(crate) classname: Box<str>,
    /// It can be read again; without it, it only is delivered.
    pub(crate) kept: bool,
    /// It was said while the channel was private.
    pub(crate) closed: bool,
    /// The members that alone get it; absent: all who see the channel.
    pub(crate) only: Option<BTreeSet<UserIx>>,
    pub(crate) reminded: Reminded,
    pub(crate) expansion: Pairs,
    pub(crate) recalled: bool,
}

/// Whom a message mentions, of those who have an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Reminded {
    #[default]
    Nobody,
    All,
    Users(Box<[UserIx]>),
}

impl Reminded {
    /// `remindType` as one member sees it: 1 all, 2 itself.
    pub(crate) fn of(&self, user: UserIx) -> Option<i32> {
        match self {
            Self::All => Some(1),
            Self::Users(users) if users.contains(&user) => Some(2),
            Self::Nobody | Self::Users(_) => None,
        }
    }
}

impl Entry {
    /// Whether it is for that member among others; see [`UltraGroup::is_for`].
    pub(crate) fn is_for(&self, user: UserIx) -> bool {
        self.by == user || self.only.as_ref().is_none_or(|only| only.contains(&user))
    }
}

/// The entries of a group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    times: BTreeMap<Uid, UnixMillis>,
}

impl Log {
    /// Entries later than a time, oldest first.
    pub(crate) fn after(&self, time: UnixMillis) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.range(self.entries.partition_point(|entry| entry.message.time <= time)..)
    }

    /// Nothing is later than that.
    pub(crate) fn last(&self) -> UnixMillis {
        self.entries.back().map(|entry| entry.message.time).unwrap_or_default()
    }

    fn index(&self, time: UnixMillis) -> Option<usize> {
        self.entries.binary_search_by_key(&time, |entry| entry.message.time).ok()
    }

    /// The entry of just that time.
    pub(crate) fn at(&self, time: UnixMillis) -> Option<&Entry> {
        self.entries.get(self.index(time)?)
    }

    pub(crate) fn find(&self, uid: Uid) -> Option<&Entry> {
        self.at(*self.times.get(&uid)?)
    }

    pub(crate) fn find_mut(&mut self, uid: Uid) -> Option<&mut Entry> {
        let index = self.index(*self.times.get(&uid)?)?;
        self.entries.get_mut(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn push(&mut self, entry: Entry) {
        self.times.insert(entry.message.uid, entry.message.time);
        self.entries.push_back(entry);
    }

    fn remove(&mut self, uid: Uid) -> Option<Entry> {
        let time = self.times.remove(&uid)?;
        let index = self.index(time)?;
        self.entries.remove(index)
    }

    fn pop_before(&mut self, since: UnixMillis) -> Option<Entry> {
        let old = self.entries.front().is_some_and(|entry| entry.message.time < since);
        let entry = old.then(|| self.entries.pop_front()).flatten()?;
        self.times.remove(&entry.message.uid);
        Some(entry)
    }

    fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        let times = &mut self.times;
        self.entries.retain(|entry| {
            let stays = keep(entry);
            if !stays {
                times.remove(&entry.message.uid);
            }
            stays
        });
    }
}

/// Where a channel's messages are in its group's log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    /// What can be read again.
    pub(crate) kept: VecDeque<UnixMillis>,
    /// What counts as unread, and by whom it was said.
    pub(crate) counted: VecDeque<(UnixMillis, UserIx)>,
    /// What counts and mentions somebody.
    pub(crate) mentions: VecDeque<UnixMillis>,
}

impl Times {
    fn push(&mut self, entry: &Entry) {
        let time = entry.message.time;
        if entry.kept {
            self.kept.push_back(time);
        }
        if entry.message.counted {
            self.counted.push_back((time, entry.by));
            if entry.reminded != Reminded::Nobody {
                self.mentions.push_back(time);
            }
        }
    }

    fn pop_until(&mut self, time: UnixMillis) {
        while self.kept.front().is_some_and(|first| *first <= time) {
            self.kept.pop_front();
        }
        while self.counted.front().is_some_and(|(first, _)| *first <= time) {
            self.counted.pop_front();
        }
        while self.mentions.front().is_some_and(|first| *first <= time) {
            self.mentions.pop_front();
        }
    }

    /// It counts no longer.
    pub(crate) fn uncount(&mut self, time: UnixMillis) {
        if let Ok(index) = self.counted.binary_search_by_key(&time, |(time, _)| *time) {
            self.counted.remove(index);
        }
        if let Ok(index) = self.mentions.binary_search(&time) {
            self.mentions.remove(index);
        }
    }

    fn remove(&mut self, time: UnixMillis) {
        self.uncount(time);
        if let Ok(index) = self.kept.binary_search(&time) {
            self.kept.remove(index);
        }
    }
}

impl UltraGroup {
    /// Puts something said at the end of the log; its channel exists.
    pub(super) fn record(&mut self, entry: Entry) {
        self.answer.forget();
        if let Some(channel) = self.channels.get_mut(&entry.channel) {
            channel.times.push(&entry);
        }
        self.log.push(entry);
    }

    /// Forgets what is older than `since`.
    pub(super) fn forget_before(&mut self, since: UnixMillis) {
        while let Some(entry) = self.log.pop_before(since) {
            if let Some(channel) = self.channels.get_mut(&entry.channel) {
                channel.times.pop_until(entry.message.time);
            }
        }
    }

    /// The message counts as unread no longer.
    pub(super) fn uncount(&mut self, uid: Uid) {
        self.answer.forget();
        if let Some(entry) = self.log.find(uid)
            && let Some(channel) = self.channels.get_mut(&entry.channel)
        {
            channel.times.uncount(entry.message.time);
        }
    }

    /// Whom a message mentions was changed.
    pub(super) fn mentions_changed(&mut self, uid: Uid) {
        self.answer.forget();
        let Some(entry) = self.log.find(uid).filter(|entry| entry.message.counted) else { return };
        let Some(channel) = self.channels.get_mut(&entry.channel) else { return };
        let (mentions, time) = (&mut channel.times.mentions, entry.message.time);
        match mentions.binary_search(&time) {
            Ok(index) if entry.reminded == Reminded::Nobody => {
                mentions.remove(index);
            }
            Err(index) if entry.reminded != Reminded::Nobody => mentions.insert(index, time),
            _ => {}
        }
    }

    /// Takes a message out for everybody.
    pub(super) fn remove_entry(&mut self, uid: Uid) {
        self.answer.forget();
        if let Some(entry) = self.log.remove(uid)
            && let Some(channel) = self.channels.get_mut(&entry.channel)
        {
            channel.times.remove(entry.message.time);
        }
    }

    /// Takes out what was said in a channel that is gone.
    pub(super) fn forget_channel(&mut self, id: &str) {
        self.answer.forget();
        self.log.retain(|entry| *entry.channel != *id);
        for marks in self.marks.values_mut() {
            marks.remove(id);
        }
    }

    /// The newest message of a channel that a member finds there.
    pub(super) fn last_seen(
        &self,
        id: &str,
        channel: &Channel,
        user: UserIx,
        since: UnixMillis,
    ) -> Option<&Entry> {
        let mark = self.mark(user, id);
        let since = since.max(mark.map(|mark| mark.cleared).unwrap_or_default());
        let times = channel.times.kept.iter().rev().take_while(|time| **time > since);
        let mut entries = times.filter_map(|time| self.log.at(*time));
        entries.find(|entry| {
            self.is_for(entry, user) && mark.is_none_or(|mark| !mark.deleted.contains(&entry.message.uid))
        })
    }
}
