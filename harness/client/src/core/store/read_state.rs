//! Read states of stored messages.

use rusqlite::{OptionalExtension, params};

use crate::core::store::{Key, Store};

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
