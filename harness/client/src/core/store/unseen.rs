//! Unread messages of ultra groups that the server counted and this store does not have: those of the time before the
//! login. They add to the unread counts of their channel until it is read.

use rusqlite::{OptionalExtension, params};

use crate::core::store::{Key, Store};

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
