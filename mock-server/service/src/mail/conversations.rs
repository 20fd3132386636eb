//! The conversation list that the server keeps for each user: what web SDKs ask for (`qryRelationR`) and take
//! conversations out of (`delRelation`, `delRelationBatch`); imlib-next asks for the last messages of conversations whose
//! settings it keeps itself too (`qryRLBatch`). Native clients keep a list of their own (CONV-001).
//!
//! It is part of the cloud storage of messages: with `roamingHistory` off it is empty. Assumed; refusing the question
//! is no choice, for imlib-next would repeat it every second.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use prost::Message as _;
use wire::{
    UnixMillis,
    body::{RelationDelBatchReq, RelationInfo, RelationQryInput, RelationsInput, RelationsOutput},
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        message::{Conversation, Message, Side},
        refusal::Gate,
    },
    mail::Mail,
};

/// A conversation of a user: its type's wire number and the other side, group or system account.
type Key = (i32, Arc<str>);

#[derive(Debug, Clone)]
struct Entry {
    last: Arc<Message>,
    /// The user sent it.
    own: bool,
}

impl Entry {
    fn info(&self, (kind, target): &Key, reader: &str) -> RelationInfo {
        let message = &self.last;
        RelationInfo {
            r#type: *kind,
            user_id: target.to_string(),
            msg: Some(message.body(Side::of(self.own), reader)),
            version_time: Some(message.time.0),
            ..RelationInfo::default()
        }
    }
}

/// Every user's list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversations {
    lists: BTreeMap<UserIx, BTreeMap<Key, Entry>>,
}

impl Conversations {
    /// A stored message becomes the last one of its conversation.
    pub(crate) fn enter(&mut self, user: UserIx, message: &Arc<Message>, own: bool) {
        let target = match (message.conversation, own) {
            (Conversation::Group, _) | (_, true) => message.target.clone(),
            (_, false) => message.from.clone(),
        };
        let key = (message.conversation as i32, target);
        self.lists.entry(user).or_default().insert(key, Entry { last: message.clone(), own });
    }

    pub(crate) fn forget(&mut self, user: UserIx) {
        self.lists.remove(&user);
    }

    fn remove(&mut self, user: UserIx, kind: i32, target: &str) {
        if let Some(list) = self.lists.get_mut(&user) {
            list.remove(&(kind, Arc::from(target)));
        }
    }

    /// At most `count` conversations on one side of a time, and whether that is all of them.
    fn page(&self, user: UserIx, asked: &RelationQryInput) -> (Vec<(&Key, &Entry)>, bool) {
        let newer = asked.order() == 1;
        let start = asked.start_time();
        let wanted = |key: &Key, time: i64| {
            let beyond = if newer { time > start } else { start == 0 || time < start };
            // `type` is no filter: imlib-v4 always sends 1 and wants every type.
            beyond && (asked.channel_type.is_empty() || asked.channel_type.contains(&key.0))
        };
        let list = self.lists.get(&user).into_iter().flatten();
        let mut page: Vec<_> = list.filter(|(key, entry)| wanted(key, entry.last.time.0)).collect();
        page.sort_by_key(|(_, entry)| entry.last.time);
        if !newer {
            page.reverse();
        }
        let most = usize::try_from(asked.count()).ok().filter(|count| *count > 0).unwrap_or(usize::MAX);
        let all = page.len() <= most;
        page.truncate(most);
        (page, all)
    }
}

impl Mail<'_> {
    /// `qryRelationR`: conversations before `startTime`, newest first, or after it, oldest first.
    pub(crate) fn conversation_list(&self, now: UnixMillis, user: UserIx, asked: &RelationQryInput) -> Bytes {
        let (page, all) = if self.core.shows(Gate::History) {
            self.state.conversations.page(user, asked)
        } else {
            (Vec::new(), true)
        };
        let last = page.iter().map(|(_, entry)| entry.last.time.0).max().unwrap_or_default();
        let me = &self.core.accounts[user].id;
        let info = page.into_iter().map(|(key, entry)| entry.info(key, me)).collect();
        // Never lower than what was asked with, else a client would ask for ever.
        let pull_time = asked.start_time().max(if all { now.0 } else { last });
        let output = RelationsOutput {
            info,
            is_finished: Some(all),
            pull_time: Some(pull_time),
            ..RelationsOutput::default()
        };
        output.encode_to_vec().into()
    }

    /// `qryRLBatch`: those of the named conversations that are in the list, with their last messages. Seen with a real
    /// SDK, which passes an error on to the app; that a conversation without messages is left out is assumed.
    pub(crate) fn conversations_by_name(
        &self,
        now: UnixMillis,
        user: UserIx,
        asked: &RelationDelBatchReq,
    ) -> Bytes {
        let list = self.state.conversations.lists.get(&user).filter(|_| self.core.shows(Gate::History));
        let me = &self.core.accounts[user].id;
        let mut seen: BTreeSet<Key> = BTreeSet::new();
        let found = asked.relation.iter().filter_map(|named| {
            let key: Key = (named.conversation_type(), Arc::from(named.conversation_id()));
            // Each once, however often it is named.
            let first = seen.insert(key.clone());
            list.filter(|_| first)?.get(&key).map(|entry| entry.info(&key, me))
        });
        let output = RelationsOutput {
            info: found.collect(),
            is_finished: Some(true),
            pull_time: Some(now.0),
            ..RelationsOutput::default()
        };
        output.encode_to_vec().into()
    }

    /// `delRelation`: the frame's target names the conversation, the body its type.
    pub(crate) fn remove_conversation(
        &mut self,
        user: UserIx,
        target: &str,
        asked: &RelationsInput,
    ) -> Result<Bytes, u16> {
        if target.is_empty() {
            return Err(status::BAD_PARAMETER);
        }
        self.state.conversations.remove(user, asked.r#type(), target);
        Ok(Bytes::new())
    }

    /// `delRelationBatch`: several at once. Their messages are history, which is not touched here.
    pub(crate) fn remove_conversations(
        &mut self,
        user: UserIx,
        asked: &RelationDelBatchReq,
    ) -> Result<Bytes, u16> {
        if asked.relation.iter().any(|relation| relation.conversation_id().is_empty()) {
            return Err(status::BAD_PARAMETER);
        }
        for relation in &asked.relation {
            self.state.conversations.remove(user, relation.conversation_type(), relation.conversation_id());
        }
        Ok(Bytes::new())
    }
}
