//! What is read and what is not: which stored messages are unread, which of them mention the user (UNREAD, MENT-004), and
//! read states of messages.
//!
//! A row an unread message; of ultra groups also what the server counted and this store does not have, in `unseen`: unread
//! messages of the time before the login, which add to the counts of their channel until it is read. What was recalled
//! since is unread no more: a notice of a recall is not counted (MSG-024).

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use crate::core::bug::Bug;
use crate::core::store::{Key, Store, message};

/// An unread message `m`, in a statement whose first parameter is the owner.
const UNREAD: &str = "FROM unread u JOIN message m ON m.id = u.id
    WHERE m.owner = ?1 AND json_extract(m.body, '$.messageType') <> 'recall'";

const IN_CONVERSATION: &str = "AND m.type = ?2 AND m.target = ?3 AND m.channel = ?4";

impl Store {
    /// Counts a stored message as unread.
    pub(crate) fn set_unread(&self, id: i64, mentions_me: bool) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached("INSERT OR REPLACE INTO unread VALUES (?1, ?2)")?;
        set.execute(params![id, mentions_me]).map(|_| ())
    }

    /// Unread messages of a conversation, or those of them that mention the user.
    pub(crate) fn unread_count(&self, of: &Key, mentions: bool) -> rusqlite::Result<i64> {
        let unread = match UNREAD.split_once(" AND json_extract") {
            Some((all, _)) if self.bugs.has(Bug::RecalledCount) => all,
            _ => UNREAD,
        };
        let mut count = self.db.prepare_cached(&format!(
            "SELECT COUNT(*) {unread} {IN_CONVERSATION} AND (u.mentioned OR NOT ?5)"
        ))?;
        if !of.channel.is_empty() && self.bugs.has(Bug::UnreadOfAllChannels) {
            let all = self.unread_counts(mentions)?;
            let mine = all.iter().filter(|(key, _)| key.kind == of.kind && key.target == of.target);
            return Ok(mine.map(|(_, count)| count).sum());
        }
        let parameters = params![self.owner, of.kind, of.target, of.channel, mentions];
        let here: i64 = count.query_row(parameters, |row| row.get(0))?;
        let unseen = self.unseen(of)?;
        Ok(here + if mentions { unseen.mentions } else { unseen.count })
    }

    /// Conversations that have unread messages, or such as mention the user, with how many.
    pub(crate) fn unread_counts(&self, mentions: bool) -> rusqlite::Result<Vec<(Key, i64)>> {
        let mut count = self.db.prepare_cached(&format!(
            "SELECT type, target, channel, SUM(n) FROM (
                SELECT m.type, m.target, m.channel, COUNT(*) AS n {UNREAD} AND (u.mentioned OR NOT ?2)
                GROUP BY m.type, m.target, m.channel
                UNION ALL SELECT 'ultra_group', target, channel, CASE WHEN ?2 THEN mentions ELSE count END
                FROM unseen WHERE owner = ?1)
             GROUP BY type, target, channel HAVING SUM(n) > 0"
        ))?;
        let rows =
            count.query_map(params![self.owner, mentions], |row| Ok((Key::read(row)?, row.get(3)?)))?;
        rows.collect()
    }

    /// The oldest unread message of a conversation.
    pub(crate) fn first_unread(&self, of: &Key) -> rusqlite::Result<Option<Map<String, Value>>> {
        let order = if self.bugs.has(Bug::FirstUnreadIsNewest) { "DESC" } else { "ASC" };
        let mut find = self.db.prepare_cached(&format!(
            "SELECT m.id, m.body {UNREAD} {IN_CONVERSATION} ORDER BY m.sent_time {order}, m.id {order} LIMIT 1"
        ))?;
        find.query_row(params![self.owner, of.kind, of.target, of.channel], message::read).optional()
    }

    /// Unread messages of a conversation that mention the user, oldest first.
    pub(crate) fn unread_mentions(&self, of: &Key) -> rusqlite::Result<Vec<Map<String, Value>>> {
        let mut find = self.db.prepare_cached(&format!(
            "SELECT m.id, m.body {UNREAD} {IN_CONVERSATION} AND u.mentioned ORDER BY m.sent_time, m.id"
        ))?;
        find.query_map(params![self.owner, of.kind, of.target, of.channel], message::read)?.collect()
    }

    /// Messages of a conversation sent until then, that instant included, are read (UNREAD-010, UNREAD-012).
    pub(crate) fn clear_unread(&self, of: &Key, until: i64) -> rusqlite::Result<()> {
        let mut clear = self.db.prepare_cached(
            "DELETE FROM unread WHERE id IN (SELECT id FROM message WHERE owner = ?1 AND type = ?2
             AND target = ?3 AND channel = ?4 AND sent_time <= ?5)",
        )?;
        clear.execute(params![self.owner, of.kind, of.target, of.channel, until])?;
        self.clear_unseen(of, until)
    }
}

/// Unread messages of a channel that are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unseen {
    pub(crate) count: i64,
    pub(crate) mentions: i64,
    /// Sent time of the oldest unread message; 0: not known.
    pub(crate) first: i64,
    /// None of them was sent later than this.
    pub(crate) last: i64,
}

impl Store {
    /// Replaces what was known.
    pub(crate) fn set_unseen(&self, of: &Key, unseen: Unseen) -> rusqlite::Result<()> {
        if unseen.count == 0 {
            return self.clear_unseen(of, i64::MAX);
        }
        let mut set =
            self.db.prepare_cached("INSERT OR REPLACE INTO unseen VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        let Unseen { count, mentions, first, last } = unseen;
        set.execute(params![self.owner, of.target, of.channel, count, mentions, first, last]).map(|_| ())
    }

    pub(crate) fn unseen(&self, of: &Key) -> rusqlite::Result<Unseen> {
        if of.kind != "ultra_group" {
            return Ok(Unseen::default());
        }
        let mut find = self.db.prepare_cached(
            "SELECT count, mentions, first, last FROM unseen WHERE owner = ?1 AND target = ?2 AND channel = ?3",
        )?;
        let found = find.query_row(params![self.owner, of.target, of.channel], |row| {
            Ok(Unseen { count: row.get(0)?, mentions: row.get(1)?, first: row.get(2)?, last: row.get(3)? })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// They are read, if all of them were sent until then.
    pub(crate) fn clear_unseen(&self, of: &Key, until: i64) -> rusqlite::Result<()> {
        if of.kind != "ultra_group" {
            return Ok(());
        }
        if until < i64::MAX && self.bugs.has(Bug::UnreadBeforeLoginStays) {
            return Ok(());
        }
        let mut clear = self.db.prepare_cached(
            "DELETE FROM unseen WHERE owner = ?1 AND target = ?2 AND channel = ?3 AND last <= ?4",
        )?;
        clear.execute(params![self.owner, of.target, of.channel, until]).map(|_| ())
    }

    /// Forgets those of a channel in every group, or of every channel.
    pub(super) fn forget_unseen(&self, channel: Option<&str>) -> rusqlite::Result<()> {
        let mut forget =
            self.db.prepare_cached("DELETE FROM unseen WHERE owner = ?1 AND (?2 IS NULL OR channel = ?2)")?;
        forget.execute(params![self.owner, channel]).map(|_| ())
    }

    /// Up to when changes of ultra-group messages were fetched; `None` before the first time.
    pub(crate) fn changes_until(&self) -> rusqlite::Result<Option<i64>> {
        let mut find = self.db.prepare_cached("SELECT time FROM changes_until WHERE owner = ?1")?;
        find.query_row([&self.owner], |row| row.get(0)).optional()
    }

    pub(crate) fn set_changes_until(&self, time: i64) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached("INSERT OR REPLACE INTO changes_until VALUES (?1, ?2)")?;
        set.execute(params![self.owner, time]).map(|_| ())
    }
}

impl Store {
    /// The UID of the conversation's message that was sent at that time.
    pub(crate) fn uid_at(&self, kind: &str, target: &str, time: i64) -> rusqlite::Result<Option<String>> {
        let mut find = self.db.prepare_cached(
            "SELECT uid FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ''
             AND sent_time = ?4 AND uid IS NOT NULL LIMIT 1",
        )?;
        find.query_row(params![self.owner, kind, target, time], |row| row.get(0)).optional()
    }

    /// Received messages of a conversation up to that sent time are read by the user.
    pub(crate) fn mark_read(&self, of: &Key, time: i64) -> rusqlite::Result<()> {
        let mut mark = self.db.prepare_cached(
            "UPDATE message SET body = json_set(body, '$.receivedStatus', 'read')
             WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4 AND sent_time <= ?5
             AND json_extract(body, '$.direction') = 'receive'
             AND json_extract(body, '$.receivedStatus') = 'unread'",
        )?;
        mark.execute(params![self.owner, of.kind, of.target, of.channel, time]).map(|_| ())
    }

    /// Keeps up to when another device has read a conversation; an earlier time changes nothing.
    pub(crate) fn set_read_until(&self, kind: &str, target: &str, time: i64) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached(
            "INSERT INTO read_until VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET time = MAX(time, excluded.time)",
        )?;
        set.execute(params![self.owner, kind, target, time]).map(|_| ())
    }

    /// Whether another device has read a conversation up to that sent time at least.
    pub(crate) fn is_read(&self, kind: &str, target: &str, time: i64) -> rusqlite::Result<bool> {
        let mut find = self.db.prepare_cached(
            "SELECT 1 FROM read_until WHERE owner = ?1 AND type = ?2 AND target = ?3 AND time >= ?4",
        )?;
        find.exists(params![self.owner, kind, target, time])
    }

    /// Messages sent to a peer up to that time are read by the peer.
    pub(crate) fn mark_read_by_peer(&self, peer: &str, time: i64) -> rusqlite::Result<()> {
        let mut mark = self.db.prepare_cached(
            "UPDATE message SET body = json_set(body, '$.sentStatus', 'read')
             WHERE owner = ?1 AND type = 'private' AND target = ?2 AND channel = '' AND sent_time <= ?3
             AND json_extract(body, '$.direction') = 'send' AND json_extract(body, '$.sentStatus') = 'sent'",
        )?;
        mark.execute(params![self.owner, peer, time]).map(|_| ())
    }
}
