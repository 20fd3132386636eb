//! Which stored messages are unread, and which of them mention the user (UNREAD, MENT-004).
//!
//! A row an unread message; of ultra groups also what stands in `unseen`. What was recalled since is unread no more: a notice of a recall is not counted (MSG-024).

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

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
        let mut count = self.db.prepare_cached(&format!(
            "SELECT COUNT(*) {UNREAD} {IN_CONVERSATION} AND (u.mentioned OR NOT ?5)"
        ))?;
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
        let mut find = self.db.prepare_cached(&format!(
            "SELECT m.id, m.body {UNREAD} {IN_CONVERSATION} ORDER BY m.sent_time, m.id LIMIT 1"
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
