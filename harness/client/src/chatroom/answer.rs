//! What comes of entries: answers to calls, and changes that others made (CHKV-026 to CHKV-030).

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{ChrmKvOutput, ChrmKvsOutput, QueryChrmKv},
};

use crate::core::bug::Bug;
use crate::{
    chatroom::{Call, Chatrooms, entries::REMOVED},
    core::message::Object,
};

impl Chatrooms<'_> {
    pub(super) fn entry_answered(&mut self, event: &'static str, echo: Object, code: i64) {
        let mut args = Object::new();
        args.insert("code".into(), code.into());
        args.extend(echo);
        self.core.fire(event, Value::Object(args));
    }

    /// Where some keys failed the code says so, and the keys stand in `errorEntries` with codes of their own (CHKV-026).
    pub(super) fn entries_answered(
        &mut self,
        event: &'static str,
        mut echo: Object,
        names_failed: bool,
        code: i64,
        body: &Bytes,
    ) {
        if names_failed {
            let output = ChrmKvsOutput::decode(body.clone()).unwrap_or_default();
            let hidden = !output.error_keys.is_empty() && self.core.has(Bug::FailedEntriesHidden);
            let failed: Map<String, Value> = output
                .error_keys
                .into_iter()
                .filter(|_| !hidden)
                .filter_map(|error| Some((error.key?, error.error_code.unwrap_or_default().into())))
                .collect();
            echo.insert("errorEntries".into(), Value::Object(failed));
        }
        self.entry_answered(event, echo, code);
    }

    /// Entries of a room have changed.
    pub(crate) fn entries_noticed(&mut self, now: UnixMillis, id: &str) {
        let Some(room) = self.state.rooms.get_mut(id).filter(|room| room.here) else { return };
        if room.changes.is_pulling() && self.core.has(Bug::DeafDuringEntryPulls) {
            return;
        }
        if room.changes.announce(None) {
            self.pull_entries(now, id);
        }
    }

    pub(super) fn pull_entries(&mut self, now: UnixMillis, id: &str) {
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let ask = QueryChrmKv { timestamp: room.changes.begin().0, compressio_enabled: None };
        let call = Call::PullEntries { room: id.to_owned() };
        self.ask(now, Topic::PullKv, id, ask.encode_to_vec(), call);
    }

    pub(super) fn entries_package(&mut self, now: UnixMillis, id: &str, code: i64, body: &Bytes) {
        let output = ChrmKvOutput::decode(body.clone()).ok().filter(|_| code == 0);
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let Some(output) = output else {
            room.changes.failed();
            if self.core.asks_again(code) && !self.core.has(Bug::GivesUpLostEntryPulls) {
                self.pull_entries(now, id);
            }
            return;
        };
        let (mut updated, mut removed) = (Map::new(), Map::new());
        if output.b_full_update() {
            // What a full answer does not name is gone.
            for (key, value) in std::mem::take(&mut room.entries) {
                let named = output.entries.iter().any(|entry| entry.key == key);
                if !named && !self.core.has(Bug::GoneEntriesStay) {
                    removed.insert(key, value);
                } else {
                    room.entries.insert(key, value);
                }
            }
        }
        for entry in output.entries {
            if entry.status() & REMOVED != 0 {
                let gone = match self.core.has(Bug::RemovedEntriesStay) {
                    false => room.entries.remove(&entry.key),
                    true => room.entries.get(&entry.key).cloned(),
                };
                if let Some(value) = gone {
                    removed.insert(entry.key, value);
                }
            } else {
                let value = Value::from(entry.value);
                if room.entries.get(&entry.key) != Some(&value) || !output.b_full_update.unwrap_or(false) {
                    updated.insert(entry.key.clone(), value.clone());
                }
                room.entries.insert(entry.key, value);
            }
        }
        let again = room.changes.end(UnixMillis(output.sync_time.unwrap_or_default()));
        let first = !std::mem::replace(&mut room.synced, true) || self.core.has(Bug::EntriesSyncedAgain);
        for (kind, entries) in [("remove", removed), ("update", updated)] {
            if !entries.is_empty() {
                let kind = match kind {
                    "remove" if self.core.has(Bug::EntriesToldAsUpdates) => "update",
                    kind => kind,
                };
                self.core.fire(
                    "onChatRoomEntriesChanged",
                    json!({"operationType": kind, "roomId": id, "entries": entries}),
                );
            }
        }
        if first {
            self.core.fire("onChatRoomEntriesSynced", json!({"roomId": id}));
        }
        if again {
            self.pull_entries(now, id);
        }
    }

    pub(super) fn entries_loaded(&mut self, id: &str, key: Option<String>, code: i64, body: &Bytes) {
        let output = ChrmKvOutput::decode(body.clone()).unwrap_or_default();
        let live = output.entries.into_iter().filter(|entry| entry.status() & REMOVED == 0);
        let entries: Map<String, Value> = live.map(|entry| (entry.key, entry.value.into())).collect();
        self.tell_entries(id, key, code, &entries);
    }
}
