//! The conversation list: which conversations there are, in which order, and their newest messages (CONV).
//!
//! A conversation is in the list from the first message sent, received or inserted there until it is removed (CONV-001).
//! Its time is that of its newest message or of its draft, whichever is later (DRAFT-002).
//! A draft is one text a conversation, on this device alone (DRAFT).

use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::core::bug::Bug;
use crate::core::store::{Store, message};

/// Names a conversation. Outside ultra groups the channel is empty (MSG-042).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) channel: String,
}

impl Key {
    /// The conversation a message stands in.
    pub(crate) fn of(body: &Map<String, Value>) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self::new(text("conversationType"), text("targetId"), text("channelId"))
    }

    pub(crate) fn new(kind: String, target: String, channel: String) -> Self {
        let channel = if kind == "ultra_group" { channel } else { String::new() };
        Self { kind, target, channel }
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { kind: row.get(0)?, target: row.get(1)?, channel: row.get(2)? })
    }
}

/// When a listed conversation `c` was last written in, or drafted in.
const TIME: &str =
    "MAX(COALESCE((SELECT MAX(m.sent_time) FROM message m WHERE m.owner = c.owner AND m.type = c.type
    AND m.target = c.target AND m.channel = c.channel), c.time),
    COALESCE((SELECT d.time FROM draft d WHERE d.owner = c.owner AND d.type = c.type AND d.target = c.target
    AND d.channel = c.channel), 0))";

impl Store {
    /// Puts the conversation of a message into the list.
    pub(crate) fn list_conversation(&self, body: &Map<String, Value>) -> rusqlite::Result<()> {
        let of = Key::of(body);
        if self.removed_before(&of)? {
            return Ok(());
        }
        let Key { kind, target, channel } = of;
        let mut list = self.db.prepare_cached(
            "INSERT INTO listed VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET time = MAX(time, excluded.time)",
        )?;
        list.execute(params![self.owner, kind, target, channel, message::time(body)]).map(|_| ())
    }

    /// A deliberate bug: messages of a conversation that is in the list no more do not bring it back.
    fn removed_before(&self, of: &Key) -> rusqlite::Result<bool> {
        let (kind, target, channel) = (of.kind.as_str(), of.target.as_str(), of.channel.as_str());
        let old = || Ok::<bool, rusqlite::Error>(self.count(kind, target, channel)? > 1);
        Ok(!self.is_listed(of)? && old()? && self.bugs.has(Bug::RemovedStayAway))
    }

    pub(crate) fn is_listed(&self, of: &Key) -> rusqlite::Result<bool> {
        let mut find = self.db.prepare_cached(
            "SELECT 1 FROM listed WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        find.exists(params![self.owner, of.kind, of.target, of.channel])
    }

    /// Every listed conversation of these types with its time, newest first.
    pub(crate) fn listed(&self, kinds: &[String]) -> rusqlite::Result<Vec<(Key, i64)>> {
        let mut find = self.db.prepare_cached(&format!(
            "SELECT type, target, channel, {TIME} AS at FROM listed c WHERE owner = ?1
             ORDER BY at DESC, type, target, channel"
        ))?;
        let rows = find.query_map([&self.owner], |row| Ok((Key::read(row)?, row.get(3)?)))?;
        let all: Vec<(Key, i64)> = rows.collect::<rusqlite::Result<_>>()?;
        Ok(all.into_iter().filter(|(key, _)| kinds.contains(&key.kind)).collect())
    }

    /// The newest message of a conversation (CONV-010).
    pub(crate) fn last_message(&self, of: &Key) -> rusqlite::Result<Option<Map<String, Value>>> {
        let mut find = self.db.prepare_cached(
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             ORDER BY sent_time DESC, id DESC LIMIT 1",
        )?;
        find.query_row(params![self.owner, of.kind, of.target, of.channel], message::read).optional()
    }

    /// Takes a conversation out of the list, with its draft and unread counts; its messages stay (CONV-023).
    pub(crate) fn remove_conversation(&self, of: &Key) -> rusqlite::Result<()> {
        self.clear_unread(of, i64::MAX)?;
        self.clear_draft(of)?;
        if self.bugs.has(Bug::RemovalDeletesMessages) {
            self.forget_until((&of.kind, &of.target, &of.channel), 0)?;
        }
        let mut remove = self.db.prepare_cached(
            "DELETE FROM listed WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        remove.execute(params![self.owner, of.kind, of.target, of.channel]).map(|_| ())
    }

    /// Removes every conversation of a type with its messages; with a channel: those of that channel alone (CONV-027).
    pub(crate) fn remove_conversations(&self, kind: &str, channel: Option<&str>) -> rusqlite::Result<()> {
        let kept = usize::from(self.bugs.has(Bug::RemovedTypesKeepMessages));
        for table in ["message", "listed", "draft"].into_iter().skip(kept) {
            let mut remove = self.db.prepare_cached(&format!(
                "DELETE FROM {table} WHERE owner = ?1 AND type = ?2 AND (?3 IS NULL OR channel = ?3)"
            ))?;
            remove.execute(params![self.owner, kind, channel])?;
        }
        if kind == "ultra_group" {
            return self.forget_unseen(channel);
        }
        Ok(())
    }
}

impl Store {
    pub(crate) fn save_draft(&self, of: &Key, text: &str, now: UnixMillis) -> rusqlite::Result<()> {
        let mut save =
            self.db.prepare_cached("INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let time = if self.bugs.has(Bug::DraftsMoveNothing) { 0 } else { now.0 };
        let channel = self.draft_channel(of);
        save.execute(params![self.owner, of.kind, of.target, channel, text, time]).map(|_| ())
    }

    fn draft_channel<'a>(&self, of: &'a Key) -> &'a str {
        if !of.channel.is_empty() && self.bugs.has(Bug::DraftsOfGroups) { "" } else { &of.channel }
    }

    /// What deliberate bugs forget when the app is started anew.
    pub(crate) fn forget_at_start(&self) -> rusqlite::Result<()> {
        if self.bugs.has(Bug::DraftsEndWithApp) {
            self.db.execute("DELETE FROM draft WHERE owner = ?1", [&self.owner])?;
        }
        if self.bugs.has(Bug::UnreadEndsWithApp) {
            self.db.execute(
                "DELETE FROM unread WHERE id IN (SELECT id FROM message WHERE owner = ?1)",
                [&self.owner],
            )?;
        }
        Ok(())
    }

    /// The text saved last; empty if there is none.
    pub(crate) fn draft(&self, of: &Key) -> rusqlite::Result<String> {
        let mut find = self.db.prepare_cached(
            "SELECT text FROM draft WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        let channel = self.draft_channel(of);
        let found = find.query_row(params![self.owner, of.kind, of.target, channel], |row| row.get(0));
        Ok(found.optional()?.unwrap_or_default())
    }

    pub(crate) fn clear_draft(&self, of: &Key) -> rusqlite::Result<()> {
        let mut clear = self.db.prepare_cached(
            "DELETE FROM draft WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        let channel = self.draft_channel(of);
        clear.execute(params![self.owner, of.kind, of.target, channel]).map(|_| ())
    }
}
