//! The change list: what became of messages and channels since they were fetched (UGMOD-005, UGEXP-006, UGRECALL-007).
//!
//! It says of a changed message only that it was changed; the message itself is fetched. An installation goes on where its
//! last session ended, so that a message it has does not outlive its recall.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    Topic, UnixMillis,
    body::{MessageQueryInfo, MsgChange, MsgChangeList, MsgQuery, MsgQueryAck},
};

use crate::{
    core::{bug::Bug, code, message::Object},
    mail::recall::LASTING,
    ultra_group::{Call, Channel, NUMBER, UltraGroups, batch, key, recall, receive},
};

/// `changeType`.
const EXPANSION: i32 = 1;
const CONTENT: i32 = 2;
const RECALL: i32 = 3;
const CHANNEL: i32 = 4;

/// `subChangeType` of a channel.
const DELETED: i32 = 1;
const KICKED: i32 = 5;
const LOCKED_OUT: i32 = 6;

/// Changed messages of a group that are being fetched.
#[derive(Debug, Clone)]
pub(crate) struct Fetch {
    group: String,
    query: Vec<MessageQueryInfo>,
    /// UIDs of those whose content was changed.
    modified: Vec<String>,
    /// UIDs of those whose expansion was changed.
    expanded: Vec<String>,
}

impl UltraGroups<'_> {
    pub(super) fn changes_arrived(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(list) = MsgChangeList::decode(body.clone()).ok().filter(|_| code == 0) else {
            self.state.changes.failed();
            if self.core.asks_again(code) && !self.core.has(Bug::GivesUpLostChanges) {
                self.pull_changes(now);
            }
            return;
        };
        let before = self.state.changes.watermark();
        let announced = self.state.changes.end(UnixMillis(list.sync_time));
        self.recalls_and_channels(now, &list.list);
        let fetches = fetches(&list.list);
        self.state.fetching += fetches.len();
        for fetch in fetches {
            self.fetch_changed(now, fetch);
        }
        self.keep_changes();
        let more = list.has_next()
            && !self.core.has(Bug::OnePageOfChanges)
            && self.state.changes.watermark() > before;
        if more || announced {
            self.pull_changes(now);
        }
    }

    /// Once everything that was listed is in the store, the next session goes on from there.
    fn keep_changes(&mut self) {
        let state = &mut *self.state;
        let all = state.fetching == 0 || self.core.has(Bug::ChangesKeptTooEarly);
        if all && state.changes.watermark() > state.changes_kept {
            state.changes_kept = state.changes.watermark();
            // Not saved, changes are only fetched again: what is as it was tells nothing.
            let _ = self.core.store.set_changes_until(state.changes_kept.0);
        }
    }

    /// What a lost connection took away is listed again when there is a new one; a refusal stands.
    fn changed_not_fetched(&mut self, now: UnixMillis, fetch: Fetch, code: i64) {
        if self.core.asks_again(code) {
            return self.fetch_changed(now, fetch);
        }
        let state = &mut *self.state;
        state.fetching = state.fetching.saturating_sub(1);
        if matches!(code, code::NO_ANSWER | code::CONNECTION_LOST | code::NOT_CONNECTED) {
            state.changes.restart_from(state.changes_kept);
        } else {
            self.keep_changes();
        }
    }

    fn recalls_and_channels(&mut self, now: UnixMillis, changes: &[MsgChange]) {
        let mut recalled: Vec<Object> = Vec::new();
        for change in changes.iter().filter(|change| change.r#type == NUMBER) {
            match change.change_type {
                RECALL => recalled.extend(recall::recalled(self.core, now, change)),
                CHANNEL => self.channel_changed(change),
                _ => {}
            }
        }
        if !recalled.is_empty() {
            self.core.fire("onRemoteUltraGroupMessageRecalled", json!({"messages": recalled}));
        }
    }

    /// No callback of the documentation tells of channels; one that is closed to the user leaves the list.
    fn channel_changed(&mut self, change: &MsgChange) {
        let of: Channel = (change.target_id.clone(), change.bus_channel().to_owned());
        self.state.coverage.forget(&of);
        let closed = match change.sub_change_type() {
            DELETED | LOCKED_OUT => true,
            KICKED => change.operator_id() == self.core.user,
            _ => false,
        };
        if closed && !self.core.has(Bug::DeletedChannelsStay) {
            let _ = self.core.store.remove_conversation(&key(&of));
        }
    }

    fn fetch_changed(&mut self, now: UnixMillis, fetch: Fetch) {
        let body = MsgQuery {
            target_id: Some(fetch.group.clone()),
            r#type: Some(NUMBER),
            query: fetch.query.clone(),
        };
        self.ask_own(now, Topic::QryMsg, body.encode_to_vec(), Call::Changed(fetch));
    }

    /// Tells of messages that are here and are not as they were: a change of this device's own is known already.
    pub(super) fn changed_fetched(&mut self, now: UnixMillis, fetch: Fetch, code: i64, body: &Bytes) {
        let Some(answer) = MsgQueryAck::decode(body.clone()).ok().filter(|_| code == 0) else {
            return self.changed_not_fetched(now, fetch, code);
        };
        self.state.fetching = self.state.fetching.saturating_sub(1);
        let (mut modified, mut expanded) = (Vec::new(), Vec::new());
        for down in &answer.list {
            let uid = down.msg_id();
            let Ok(Some(stored)) = self.core.store.by_uid(uid) else { continue };
            let Some(id) = stored.get("messageId").and_then(Value::as_i64) else { continue };
            let mut fresh = renewed(&stored, &receive::channel_received(self.core, down));
            if pairs(&fresh) != pairs(&stored) && self.core.has(Bug::ModifiedKeepOldExpansion) {
                fresh.insert("expansion".into(), pairs(&stored).into());
            }
            if pairs(&fresh).len() < pairs(&stored).len() && self.core.has(Bug::RemovedUltraKeysStay) {
                fresh.insert("expansion".into(), pairs(&stored).into());
            }
            if fresh == stored {
                continue;
            }
            // Told even if the store cannot keep it.
            if !self.core.has(Bug::ModifiedNotKept) {
                let _ = self.core.store.update(id, &fresh);
            }
            let asked = |uids: &[String]| uids.iter().any(|known| known == uid);
            if asked(&fetch.modified) && content(&fresh) != content(&stored) {
                modified.push(fresh.clone());
            }
            if asked(&fetch.expanded) && pairs(&fresh) != pairs(&stored) {
                expanded.push(fresh);
            }
        }
        self.keep_changes();
        if !modified.is_empty() {
            self.core.fire("onRemoteUltraGroupMessageModified", json!({"messages": modified}));
        }
        if !expanded.is_empty() {
            self.core.fire("onRemoteUltraGroupMessageExpansionUpdated", json!({"messages": expanded}));
        }
    }
}

/// The changed messages that have to be fetched, by group and in portions.
fn fetches(changes: &[MsgChange]) -> Vec<Fetch> {
    let mut groups: BTreeMap<&str, Vec<&MsgChange>> = BTreeMap::new();
    let of_message =
        |change: &&MsgChange| change.r#type == NUMBER && matches!(change.change_type, EXPANSION | CONTENT);
    for change in changes.iter().filter(of_message) {
        groups.entry(&change.target_id).or_default().push(change);
    }
    let mut fetches = Vec::new();
    for (group, changes) in groups {
        let mut query: Vec<MessageQueryInfo> = Vec::new();
        for change in &changes {
            if !query.iter().any(|known| known.msg_uid() == change.msg_uid) {
                query.push(MessageQueryInfo {
                    msg_time: Some(change.msg_time),
                    msg_uid: Some(change.msg_uid.clone()),
                    bus_channel: Some(change.bus_channel().to_owned()),
                });
            }
        }
        for query in query.chunks(batch::MOST) {
            let of = |kind: i32| {
                let asked = |uid: &str| query.iter().any(|known| known.msg_uid() == uid);
                let mine =
                    changes.iter().filter(|change| change.change_type == kind && asked(&change.msg_uid));
                mine.map(|change| change.msg_uid.clone()).collect()
            };
            let (modified, expanded) = (of(CONTENT), of(EXPANSION));
            fetches.push(Fetch { group: group.to_owned(), query: query.to_vec(), modified, expanded });
        }
    }
    fetches
}

/// Whether no change of a message's content touches that property.
fn lasts(name: &str) -> bool {
    LASTING.contains(&name) || matches!(name, "offLine" | "expansion")
}

/// Replaces a message's content by what `write` puts there.
pub(super) fn set_content(message: &mut Object, write: impl FnOnce(&mut Object)) {
    message.retain(|name, _| lasts(name) || is_local(name));
    write(message);
}

/// A stored message with the content and the expansion of a fresh one.
pub(super) fn renewed(stored: &Object, fresh: &Object) -> Object {
    let mut message = stored.clone();
    set_content(&mut message, |message| {
        message.extend(content(fresh).into_iter().map(|(name, value)| (name.clone(), value.clone())));
    });
    match fresh.get("expansion") {
        Some(expansion) => drop(message.insert("expansion".into(), expansion.clone())),
        None => drop(message.remove("expansion")),
    }
    message
}

/// Where a media message's file is here; how it is pushed.
fn is_local(name: &str) -> bool {
    matches!(name, "local" | "pushOptions")
}

fn content(message: &Object) -> Vec<(&String, &Value)> {
    let all = message.iter();
    all.filter(|(name, _)| !lasts(name) && !is_local(name)).collect()
}

/// No expansion is the same as an empty one.
fn pairs(message: &Object) -> Object {
    message.get("expansion").and_then(Value::as_object).cloned().unwrap_or_default()
}
