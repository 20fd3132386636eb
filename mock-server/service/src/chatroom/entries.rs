//! A room's entries: keys with values that every member sees (CHKV).
//!
//! Whoever sets a key last owns it (AMB-58). Removed keys are remembered for a while, so that pulls of changes tell of
//! them; who asks from before that gets everything.

use std::collections::BTreeMap;

use wire::{UnixMillis, body::ChrmKvEntity, code::status};

use crate::{
    chatroom::{Chatrooms, entry_calls},
    core::{bug::Bug, preset::Rate},
};

/// Status bit: the entry goes when its owner leaves.
pub(crate) const AUTO: i32 = 1;
/// Status bit: whoever owns the key, it is changed.
pub(crate) const FORCE: i32 = 2;
/// Status bit: the entry is removed.
pub(crate) const REMOVED: i32 = 4;

/// Longest key and value, in characters (CHKV-014, CHKV-016).
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 4096;
/// The most keys of one batch.
const MOST_AT_ONCE: usize = 100;
/// Removed keys that are remembered.
const REMEMBERED: usize = 500;

/// One key, or what is left of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) value: String,
    pub(crate) owner: String,
    /// As its last change was asked for, [`REMOVED`] included.
    pub(crate) status: i32,
    pub(crate) time: UnixMillis,
    /// It has belonged to somebody else before.
    taken_over: bool,
}

impl Entry {
    fn new(value: String, owner: &str, status: i32, time: UnixMillis) -> Self {
        Self { value, owner: owner.to_owned(), status, time, taken_over: false }
    }

    /// What members are told of the status: engines up to 5.7 take another owner's value only where it is forced, and who has
    /// missed that the former owner gave the key up would keep the old one.
    pub(super) fn told_status(&self) -> i32 {
        self.status | if self.taken_over { FORCE } else { 0 }
    }

    fn is_live(&self) -> bool {
        self.status & REMOVED == 0
    }

    /// Goes with its owner.
    pub(crate) fn is_auto(&self) -> bool {
        self.status & AUTO != 0
    }
}

/// Every key of a room.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    by_key: BTreeMap<String, Entry>,
    live: usize,
    /// The time of the newest change.
    clock: UnixMillis,
    /// Changes up to here are not all known any more.
    complete_since: UnixMillis,
    /// Changes of the last second, for the rate.
    recent: (UnixMillis, usize),
}

/// An entry that changed, as others are told.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) owner: String,
    pub(crate) status: i32,
    pub(crate) time: UnixMillis,
    pub(crate) removed: bool,
}

/// A change that the app server asks for: whoever owns the key.
pub(crate) fn by_app_server(key: &str, value: &str, auto: bool) -> ChrmKvEntity {
    let status = FORCE | if auto { AUTO } else { 0 };
    ChrmKvEntity {
        key: key.to_owned(),
        value: value.to_owned(),
        status: Some(status),
        ..ChrmKvEntity::default()
    }
}

impl Entries {
    pub(super) fn new(now: UnixMillis) -> Self {
        Self { by_key: BTreeMap::new(), live: 0, clock: now, complete_since: now, recent: (now, 0) }
    }

    /// What is there now, by key.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.by_key.iter().filter(|(_, entry)| entry.is_live()).map(|(key, entry)| (key.as_str(), entry))
    }

    pub(super) fn clock(&self) -> UnixMillis {
        self.clock
    }

    /// Clients may ask from a time that another room gave them: later changes must be later than that.
    pub(super) fn not_before(&mut self, time: UnixMillis) {
        self.clock = self.clock.max(time);
    }

    /// What changed after a time, removals included; `None`: not all of it is known, or everything was asked for.
    pub(super) fn since(&self, time: UnixMillis) -> Option<impl Iterator<Item = (&str, &Entry)>> {
        (time.0 > 0 && time >= self.complete_since).then(|| {
            let changed = self.by_key.iter().filter(move |(_, entry)| entry.time > time);
            changed.map(|(key, entry)| (key.as_str(), entry))
        })
    }

    fn tick(&mut self, now: UnixMillis) -> UnixMillis {
        self.clock = now.max(self.clock.next());
        self.clock
    }

    fn put(&mut self, key: String, mut entry: Entry) {
        let known = self.by_key.get(&key);
        let (before, after) = (known.is_some_and(Entry::is_live), entry.is_live());
        entry.taken_over = known.is_some_and(|known| known.taken_over || known.owner != entry.owner);
        self.by_key.insert(key, entry);
        self.live = self.live + usize::from(after) - usize::from(before);
        if self.by_key.len() - self.live > REMEMBERED {
            let removed = self.by_key.iter().filter(|(_, entry)| !entry.is_live());
            let oldest =
                removed.min_by_key(|(_, entry)| entry.time).map(|(key, entry)| (key.clone(), entry.time));
            if let Some((key, time)) = oldest {
                self.by_key.remove(&key);
                self.complete_since = self.complete_since.max(time);
            }
        }
    }

    /// Changes within this second of the clock.
    fn changed_in(&self, second: UnixMillis) -> usize {
        if self.recent.0 == second { self.recent.1 } else { 0 }
    }
}

/// What came of a batch: what changed, and the code of each key that did not.
pub(crate) type Outcome = (Vec<Changed>, Vec<(String, u16)>);

impl Chatrooms<'_> {
    /// Changes entries for `owner`, each by itself; tells the members and the app server of those that changed.
    ///
    /// # Errors
    /// Nothing changed: no such room, too many at once, too fast.
    pub(crate) fn change_entries(
        &mut self,
        now: UnixMillis,
        id: &str,
        owner: &str,
        asked: Vec<ChrmKvEntity>,
    ) -> Result<Outcome, u16> {
        if asked.is_empty() || asked.len() > MOST_AT_ONCE {
            return Err(status::ENTRY_BATCH);
        }
        let rate = self.core.limits.chatroom_entries_per_second;
        let room = self.state.get_mut(id).ok_or(status::NO_ROOM)?;
        let second = UnixMillis(now.0.saturating_sub(now.0.rem_euclid(1000)));
        let before = room.entries.changed_in(second);
        if rate > 0 && before + asked.len() > rate as usize {
            return Err(self.core.too_fast(Rate::ChatroomEntries));
        }
        let room_id = room.id.clone();
        let (mut changed, mut failed) = (Vec::new(), Vec::new());
        for entity in asked {
            let key = entity.key.clone();
            match self.change_entry(now, id, owner, entity) {
                Ok(change) => changed.push(change),
                Err(code) => failed.push((key, code)),
            }
        }
        if let Some(room) = self.state.get_mut(id).filter(|_| !changed.is_empty()) {
            room.entries.recent = (second, before + changed.len());
        }
        entry_calls::entries_changed(self, now, &room_id, &changed);
        Ok((changed, failed))
    }

    fn change_entry(
        &mut self,
        now: UnixMillis,
        id: &str,
        owner: &str,
        asked: ChrmKvEntity,
    ) -> Result<Changed, u16> {
        let most = if self.core.has(Bug::EntriesWithoutLimit) {
            usize::MAX
        } else {
            self.core.limits.chatroom_entries
        };
        let ignores_owner = self.core.has(Bug::IgnoresEntryOwner);
        let never_overwrites = self.core.has(Bug::NeverOverwritesEntries);
        let own_too = self.core.switches.chatroom_own_entries_need_overwrite;
        let room = self.state.get_mut(id).ok_or(status::NO_ROOM)?;
        let bits = asked.status();
        let (removes, forced) = (bits & REMOVED != 0, bits & FORCE != 0);
        let known = room.entries.by_key.get(&asked.key).filter(|entry| entry.is_live());
        if !is_key(&asked.key) || asked.value.chars().count() > LONGEST_VALUE {
            return Err(status::ROOM_PARAMETER);
        }
        match known {
            None if removes => return Err(status::NO_ENTRY),
            None if room.entries.live >= most => return Err(status::TOO_MANY_ENTRIES),
            None => {}
            Some(_) if never_overwrites => return Err(status::NOT_THE_ENTRYS_OWNER),
            Some(_) if forced || ignores_owner => {}
            Some(entry) if entry.owner != owner || own_too && !removes => {
                return Err(status::NOT_THE_ENTRYS_OWNER);
            }
            Some(_) => {}
        }
        let time = room.entries.tick(now);
        let value = if removes { String::new() } else { asked.value };
        let entry = Entry::new(value.clone(), owner, bits, time);
        room.entries.put(asked.key.clone(), entry);
        Ok(Changed { key: asked.key, value, owner: owner.to_owned(), status: bits, time, removed: removes })
    }

    /// A member left or dropped: the entries that go with it are removed (CHKV-023 to CHKV-025, CHKICK-011).
    pub(super) fn entries_go_with(&mut self, now: UnixMillis, id: &str, user: crate::core::account::UserIx) {
        if self.core.has(Bug::KeepsAutoEntries) {
            return;
        }
        let all = self.core.has(Bug::RemovesAllEntriesOfLeavers);
        let owner = self.core.accounts[user].id.clone();
        let Some(room) = self.state.get_mut(id) else { return };
        let goes = |entry: &Entry| *entry.owner == *owner && (all || entry.is_auto());
        let keys: Vec<String> =
            room.entries.live().filter(|(_, entry)| goes(entry)).map(|(key, _)| key.to_owned()).collect();
        let mut changed = Vec::new();
        for key in keys {
            let (time, status) = (room.entries.tick(now), AUTO | REMOVED);
            let entry = Entry::new(String::new(), &owner, status, time);
            room.entries.put(key.clone(), entry);
            changed.push(Changed {
                key,
                value: String::new(),
                owner: owner.to_string(),
                status,
                time,
                removed: true,
            });
        }
        let id = room.id.clone();
        entry_calls::entries_changed(self, now, &id, &changed);
    }
}

/// Letters, digits and the special characters that web SDKs let through (CHKV-015, AMB-57).
fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_letters_digits_and_a_few_signs() {
        for key in ["Aa0+=", "a-b_c", &"k".repeat(128)] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "a b", "a/b", "键", &"k".repeat(129)] {
            assert!(!is_key(key), "{key}");
        }
    }

    #[test]
    fn who_asks_from_before_what_is_remembered_gets_everything() {
        let mut entries = Entries::new(UnixMillis(1));
        let entry = |status, time| Entry::new(String::new(), "", status, UnixMillis(time));
        for n in 0..=i64::try_from(REMEMBERED).unwrap() {
            entries.put(format!("k{n}"), entry(REMOVED, 10 + n));
        }
        assert!(entries.since(UnixMillis(5)).is_none(), "the removal at 10 is forgotten");
        assert_eq!(entries.since(UnixMillis(10)).map(Iterator::count), Some(REMEMBERED));
        assert!(entries.since(UnixMillis(0)).is_none(), "everything was asked for");
    }
}
