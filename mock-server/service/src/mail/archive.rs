//! The history archive: one log a conversation, each participant with a view of its own (HIST, DEL, RECALL, EXP).
//!
//! The mailbox is for delivery and forgets what arrived; the archive keeps messages for reading again. It also is what
//! recalls and expansions look a message up in, so it remembers a bounded number of messages even where the customer
//! has no history on the server; those are shown to nobody.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use wire::{UnixMillis, body::DownStreamMessage};

use crate::core::{
    account::UserIx,
    expansion::Pairs,
    ids::Uid,
    message::{Conversation, Message, Side},
};

/// A conversation as all its participants share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    kind: i32,
    one: Arc<str>,
    other: Arc<str>,
}

impl Place {
    /// The conversation that `me` knows by the name `target`: the peer, the group, or who writes as the system.
    pub(crate) fn of(conversation: Conversation, me: &str, target: &str) -> Self {
        let (one, other) = match conversation {
            Conversation::Group | Conversation::Chatroom | Conversation::UltraGroup => (target, ""),
            Conversation::System => (target, me),
            Conversation::Private if me < target => (me, target),
            Conversation::Private => (target, me),
        };
        Self { kind: conversation as i32, one: one.into(), other: other.into() }
    }

    /// The group, if it is one.
    pub(crate) fn group(&self) -> Option<&str> {
        (self.kind == Conversation::Group as i32).then_some(&*self.one)
    }

    /// Where a message belongs.
    pub(crate) fn of_message(message: &Message) -> Self {
        match message.conversation {
            Conversation::System => Self::of(message.conversation, &message.target, &message.from),
            _ => Self::of(message.conversation, &message.from, &message.target),
        }
    }
}

/// A message as the archive keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) message: Arc<Message>,
    /// Who it was for, its sender included.
    pub(crate) viewers: Arc<[UserIx]>,
    /// Only for some of the group's members.
    directed: bool,
    pub(crate) recalled: bool,
    pub(crate) expansion: Pairs,
}

impl Entry {
    /// The message as that participant reads it.
    pub(crate) fn seen_by(&self, reader: &str) -> DownStreamMessage {
        let message = &self.message;
        let own = *message.from == *reader && message.from != message.target;
        message.body(Side::of(own), reader)
    }
}

/// How a message is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// It may be read again; without it, it serves recalls and expansions alone.
    pub(crate) kept: bool,
    /// It was for some of the group's members only.
    pub(crate) directed: bool,
}

#[derive(Debug, Clone, Default)]
struct Log {
    /// By time, which is unique among what is kept: clients page by it (HIST-013).
    entries: VecDeque<Entry>,
    views: BTreeMap<UserIx, View>,
}

/// What a participant has removed for itself (DEL-018).
#[derive(Debug, Clone, Default)]
struct View {
    cleared: UnixMillis,
    deleted: BTreeSet<Uid>,
}

impl View {
    fn shows(&self, entry: &Entry) -> bool {
        entry.message.time > self.cleared && !self.deleted.contains(&entry.message.uid)
    }
}

/// Which part of a conversation somebody wants to see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// Bounds, both excluded.
    pub(crate) after: UnixMillis,
    pub(crate) before: UnixMillis,
    /// Oldest first; else newest first.
    pub(crate) ascending: bool,
    pub(crate) most: usize,
}

/// All conversations of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    logs: BTreeMap<Place, Log>,
    places: BTreeMap<Uid, (Place, UnixMillis)>,
    /// UIDs as they came.
    order: VecDeque<Uid>,
    /// What came while the history service was off, for recalls and expansions alone. Looked through from its end: both
    /// are rare, and mostly of something new.
    remembered: VecDeque<Entry>,
}

impl Archive {
    /// The first time from `time` on that no message of the conversation has.
    pub(crate) fn free_time(&self, place: &Place, mut time: UnixMillis) -> UnixMillis {
        let Some(log) = self.logs.get(place) else { return time };
        while log.has_time(time) {
            time = time.next();
        }
        time
    }

    /// Keeps a message for those it is for.
    pub(crate) fn record(&mut self, message: Arc<Message>, viewers: Vec<UserIx>, how: Kept) {
        let Kept { kept, directed } = how;
        let expansion = Pairs::of(&message);
        let entry =
            |viewers| Entry { message: message.clone(), viewers, directed, recalled: false, expansion };
        if !kept {
            let viewers = shared(self.remembered.back(), viewers);
            return self.remembered.push_back(entry(viewers));
        }
        let place = Place::of_message(&message);
        let (uid, time) = (message.uid, message.time);
        let log = self.logs.entry(place.clone()).or_default();
        let viewers = shared(log.entries.back(), viewers);
        let at = log.entries.partition_point(|entry| entry.message.time <= time);
        log.entries.insert(at, entry(viewers));
        self.places.insert(uid, (place, time));
        self.order.push_back(uid);
    }

    /// Remembers only the newest `most` messages of those that are no history.
    pub(crate) fn remember(&mut self, most: usize) {
        while self.remembered.len() > most {
            self.remembered.pop_front();
        }
    }

    /// Forgets what is older than `since`.
    pub(crate) fn forget(&mut self, since: UnixMillis) {
        while let Some(uid) = self.order.front().copied() {
            let done = self.find(uid).is_none_or(|entry| entry.message.time < since);
            if !done {
                return;
            }
            self.order.pop_front();
            self.remove(uid);
        }
    }

    /// The message of that UID.
    pub(crate) fn find(&self, uid: Uid) -> Option<&Entry> {
        let Some((place, time)) = self.places.get(&uid) else {
            return self.remembered.iter().rfind(|entry| entry.message.uid == uid);
        };
        let log = self.logs.get(place)?;
        log.find(uid, *time).and_then(|index| log.entries.get(index))
    }

    /// The same, to be changed.
    pub(crate) fn find_mut(&mut self, uid: Uid) -> Option<&mut Entry> {
        let Some((place, time)) = self.places.get(&uid) else {
            return self.remembered.iter_mut().rfind(|entry| entry.message.uid == uid);
        };
        let log = self.logs.get_mut(place)?;
        log.find(uid, *time).and_then(|index| log.entries.get_mut(index))
    }

    /// Takes a message out for everybody.
    pub(crate) fn remove(&mut self, uid: Uid) {
        let Some((place, time)) = self.places.remove(&uid) else {
            return self.remembered.retain(|entry| entry.message.uid != uid);
        };
        if let Some(log) = self.logs.get_mut(&place)
            && let Some(index) = log.find(uid, time)
        {
            log.entries.remove(index);
            for view in log.views.values_mut() {
                view.deleted.remove(&uid);
            }
        }
    }

    /// What `user` sees of a conversation, and whether more of it lies beyond.
    /// `everything`: not only what was for `user`, but what was for nobody in particular.
    pub(crate) fn page(
        &self,
        place: &Place,
        user: UserIx,
        range: &Range,
        everything: bool,
    ) -> (Vec<&Entry>, bool) {
        let Some(log) = self.logs.get(place) else { return (Vec::new(), false) };
        let view = log.views.get(&user);
        let start = log.entries.partition_point(|entry| entry.message.time <= range.after);
        let end = log.entries.partition_point(|entry| entry.message.time < range.before).max(start);
        let seen = |entry: &&Entry| {
            let mine = entry.viewers.contains(&user) || (everything && !entry.directed);
            mine && view.is_none_or(|view| view.shows(entry))
        };
        let part = log.entries.range(start..end);
        let mut page: Vec<&Entry> = if range.ascending {
            part.filter(seen).take(range.most.saturating_add(1)).collect()
        } else {
            part.rev().filter(seen).take(range.most.saturating_add(1)).collect()
        };
        let more = page.len() > range.most;
        page.truncate(range.most);
        (page, more)
    }

    /// The time of the conversation's newest message; 0 if it has none.
    pub(crate) fn newest(&self, place: &Place) -> UnixMillis {
        let newest = self.logs.get(place).and_then(|log| log.entries.back());
        newest.map(|entry| entry.message.time).unwrap_or_default()
    }

    /// `user` sees nothing of the conversation any more up to `time`; gives the UIDs concerned.
    pub(crate) fn clear(&mut self, place: &Place, user: UserIx, time: UnixMillis) -> Vec<Uid> {
        let Some(log) = self.logs.get_mut(place) else { return Vec::new() };
        let view = log.views.entry(user).or_default();
        view.cleared = view.cleared.max(time);
        let until = view.cleared;
        log.entries.iter().map(|entry| &entry.message).filter(|m| m.time <= until).map(|m| m.uid).collect()
    }

    /// `user` sees that message no more.
    pub(crate) fn delete(&mut self, place: &Place, user: UserIx, uid: Uid) {
        if let Some(log) = self.logs.get_mut(place) {
            log.views.entry(user).or_default().deleted.insert(uid);
        }
    }

    /// Everybody the conversation is for.
    pub(crate) fn participants(&self, place: &Place) -> BTreeSet<UserIx> {
        let entries = self.logs.get(place).into_iter().flat_map(|log| &log.entries);
        entries.flat_map(|entry| entry.viewers.iter().copied()).collect()
    }
}

/// The same people as before share their list.
fn shared(last: Option<&Entry>, viewers: Vec<UserIx>) -> Arc<[UserIx]> {
    match last {
        Some(last) if *last.viewers == *viewers => last.viewers.clone(),
        _ => viewers.into(),
    }
}

impl Log {
    /// Where the message of that UID and time is.
    fn find(&self, uid: Uid, time: UnixMillis) -> Option<usize> {
        let start = self.entries.partition_point(|entry| entry.message.time < time);
        let same = self.entries.range(start..).take_while(|entry| entry.message.time == time);
        same.map(|entry| entry.message.uid).position(|known| known == uid).map(|index| start + index)
    }

    fn has_time(&self, time: UnixMillis) -> bool {
        self.entries.binary_search_by_key(&time, |entry| entry.message.time).is_ok()
    }
}
