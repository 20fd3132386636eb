//! Setting and removing entries, and asking for them (CHKV-002 to CHKV-022).

use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{ChrmKvEntity, QueryChrmKv, SetChrmKv, SetChrmKvs},
    code::status,
};

use crate::{
    chatroom::{Call, Chatrooms, target},
    core::{Core, bug::Bug, code, io::CallResult, message::Object},
};

const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 4096;
/// Status bits of an entry.
const GOES_WITH_OWNER: i32 = 1;
const FORCED: i32 = 2;
pub(super) const REMOVED: i32 = 4;

impl Chatrooms<'_> {
    /// `addChatRoomEntry(targetId, key, value, deleteWhenLeft, overwrite)`.
    pub(crate) fn add_entry(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let (key, value) = (key(args.get("key")), value(args.get("value")));
        let (Some(room), Some(key), Some(value), Some(status)) = (target(args), key, value, bits(args))
        else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["targetId", "key"]);
        self.change_entry(now, Topic::SetKv, &room, entity(key, value, status), "onChatRoomEntryAdded", echo);
        CallResult::Code(0)
    }

    /// `removeChatRoomEntry(targetId, key, force)`.
    pub(crate) fn remove_entry(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let force = args.get("force").and_then(Value::as_bool);
        let (Some(room), Some(key), Some(force)) = (target(args), key(args.get("key")), force) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["targetId", "key"]);
        let removal = entity(key, "", removal(force));
        self.change_entry(now, Topic::DelKv, &room, removal, "onChatRoomEntryRemoved", echo);
        CallResult::Code(0)
    }

    fn change_entry(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        room: &str,
        entry: ChrmKvEntity,
        event: &'static str,
        echo: Object,
    ) {
        let entry = spoilt(self.core, entry);
        let body = SetChrmKv { entry, ..SetChrmKv::default() };
        let call = Call::Entry { event, echo };
        self.ask(now, topic, room, body.encode_to_vec(), call);
    }

    /// `addChatRoomEntries(targetId, entries, deleteWhenLeft, overwrite)`: each key by itself.
    pub(crate) fn add_entries(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let pairs = args.get("entries").and_then(Value::as_object).filter(|pairs| !pairs.is_empty());
        let (Some(room), Some(pairs), Some(status)) = (target(args), pairs, bits(args)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let entry = |(name, text): (&String, &Value)| {
            let name = name.as_str();
            is_key(name).then_some(())?;
            Some(entity(name, value(Some(text))?, status))
        };
        let Some(entry) = pairs.iter().map(entry).collect::<Option<Vec<_>>>() else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["targetId", "entries"]);
        self.change_entries(now, Topic::SetKvs, &room, entry, ("onChatRoomEntriesAdded", true), echo);
        CallResult::Code(0)
    }

    /// `removeChatRoomEntries(targetId, keys, force)`.
    pub(crate) fn remove_entries(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let keys = args.get("keys").and_then(Value::as_array).filter(|keys| !keys.is_empty());
        let force = args.get("force").and_then(Value::as_bool);
        let (Some(room), Some(keys), Some(force)) = (target(args), keys, force) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let entry = |name: &Value| Some(entity(key(Some(name))?, "", removal(force)));
        let Some(entry) = keys.iter().map(entry).collect::<Option<Vec<_>>>() else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["targetId", "keys"]);
        self.change_entries(now, Topic::DelKvs, &room, entry, ("onChatRoomEntriesRemoved", false), echo);
        CallResult::Code(0)
    }

    fn change_entries(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        room: &str,
        entry: Vec<ChrmKvEntity>,
        (event, names_failed): (&'static str, bool),
        echo: Object,
    ) {
        let entry = entry.into_iter().map(|entry| spoilt(self.core, entry)).collect();
        let body = SetChrmKvs { entry, ..SetChrmKvs::default() };
        let call = Call::Entries { event, echo, names_failed };
        self.ask(now, topic, room, body.encode_to_vec(), call);
    }

    /// `loadChatRoomEntry(targetId, key)`: from the copy where it is complete, otherwise from the server.
    pub(crate) fn load_entry(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let (Some(room), Some(key)) = (target(args), key(args.get("key"))) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let key = key.to_owned();
        self.load_entries(now, room, Some(key));
        CallResult::Code(0)
    }

    /// `loadChatRoomAllEntries(targetId)`.
    pub(crate) fn load_all_entries(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let Some(room) = target(args) else { return CallResult::Code(code::PARAM_ERROR) };
        self.load_entries(now, room, None);
        CallResult::Code(0)
    }

    fn load_entries(&mut self, now: UnixMillis, room: String, key: Option<String>) {
        let copy = self.state.rooms.get(&room).filter(|room| {
            let fresh = !room.changes.is_pulling() || self.core.has(Bug::CopyAnswersWhilePulling);
            room.here && room.synced && fresh
        });
        if let Some(entries) = copy.map(|room| room.entries.clone()) {
            return self.tell_entries(&room, key, 0, &entries);
        }
        let ask = QueryChrmKv { timestamp: 0, compressio_enabled: None };
        let call = Call::LoadEntries { room: room.clone(), key };
        self.ask(now, Topic::PullKv, &room, ask.encode_to_vec(), call);
    }

    /// The one result of a call that asked for one entry or for all.
    pub(super) fn tell_entries(
        &mut self,
        room: &str,
        key: Option<String>,
        code: i64,
        entries: &Map<String, Value>,
    ) {
        let Some(key) = key else {
            return self.core.fire(
                "onChatRoomAllEntriesLoaded",
                json!({"code": code, "targetId": room, "entries": entries}),
            );
        };
        let found = entries.get_key_value(&key);
        let code = if code == 0 && found.is_none() { i64::from(status::NO_ENTRY) } else { code };
        let entry: Map<String, Value> =
            found.map(|(key, value)| (key.clone(), value.clone())).into_iter().collect();
        self.core.fire("onChatRoomEntryLoaded", json!({"code": code, "targetId": room, "entry": entry}));
    }
}

/// What deliberate bugs make of an entry that is set.
fn spoilt(core: &Core, mut entry: ChrmKvEntity) -> ChrmKvEntity {
    let bits = entry.status();
    if bits & REMOVED == 0 {
        if bits & FORCED == 0 && core.has(Bug::OverwritesWhatever) {
            entry.status = Some(bits | FORCED);
        }
        if bits & GOES_WITH_OWNER != 0 && core.has(Bug::EntriesOutliveStays) {
            entry.status = Some(bits & !GOES_WITH_OWNER);
        }
    }
    entry
}

fn entity(key: &str, value: &str, status: i32) -> ChrmKvEntity {
    ChrmKvEntity {
        key: key.to_owned(),
        value: value.to_owned(),
        status: Some(status),
        ..ChrmKvEntity::default()
    }
}

fn removal(force: bool) -> i32 {
    REMOVED | if force { FORCED } else { 0 }
}

/// `deleteWhenLeft` and `overwrite`.
fn bits(args: &Object) -> Option<i32> {
    let goes = args.get("deleteWhenLeft")?.as_bool()?;
    let overwrites = args.get("overwrite")?.as_bool()?;
    Some(if goes { GOES_WITH_OWNER } else { 0 } | if overwrites { FORCED } else { 0 })
}

fn key(key: Option<&Value>) -> Option<&str> {
    key?.as_str().filter(|key| is_key(key))
}

/// Letters, digits and a few signs, as the vendor's SDKs have it (CHKV-014, CHKV-015, AMB-57).
fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=' | b'-' | b'_'))
}

fn value(value: Option<&Value>) -> Option<&str> {
    value?.as_str().filter(|value| (1..=LONGEST_VALUE).contains(&value.chars().count()))
}

/// The call's own arguments, which its callback repeats.
fn echo(args: &Object, names: &[&str]) -> Object {
    names.iter().map(|name| ((*name).to_owned(), args.get(*name).cloned().unwrap_or_default())).collect()
}
