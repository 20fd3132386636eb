//! Taking messages out of the store.

use rusqlite::params;

use crate::core::store::Store;

impl Store {
    /// Removes messages of a conversation (type, target, channel) up to and including a time; 0 removes all.
    pub(crate) fn forget_until(
        &self,
        (kind, target, channel): (&str, &str, &str),
        time: i64,
    ) -> rusqlite::Result<()> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             AND (?5 = 0 OR sent_time <= ?5)",
        )?;
        delete.execute(params![self.owner, kind, target, channel, time]).map(|_| ())
    }

    /// The same in every channel of an ultra group.
    pub(crate) fn forget_group_until(&self, group: &str, time: i64) -> rusqlite::Result<()> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM message WHERE owner = ?1 AND type = 'ultra_group' AND target = ?2
             AND (?3 = 0 OR sent_time <= ?3)",
        )?;
        delete.execute(params![self.owner, group, time]).map(|_| ())
    }

    /// Removes the message of that number, or of that UID where no number is given.
    pub(crate) fn forget(&self, id: Option<i64>, uid: &str) -> rusqlite::Result<()> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM message WHERE owner = ?1 AND (id = ?2 OR (?2 IS NULL AND uid = ?3))",
        )?;
        delete.execute(params![self.owner, id, uid]).map(|_| ())
    }

    /// Removes the messages of a chatroom, or of all of them.
    pub(crate) fn forget_rooms(&self, room: Option<&str>) -> rusqlite::Result<()> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM message WHERE owner = ?1 AND type = 'chatroom' AND (?2 IS NULL OR target = ?2)",
        )?;
        delete.execute(params![self.owner, room]).map(|_| ())
    }

    /// How many messages a conversation has.
    pub(crate) fn count(&self, kind: &str, target: &str, channel: &str) -> rusqlite::Result<i64> {
        let mut count = self.db.prepare_cached(
            "SELECT count(*) FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        count.query_row(params![self.owner, kind, target, channel], |row| row.get(0))
    }
}
