//! Drafts: one text a conversation, on this device alone (DRAFT).

use rusqlite::{OptionalExtension, params};
use wire::UnixMillis;

use crate::core::store::{Key, Store};

impl Store {
    pub(crate) fn save_draft(&self, of: &Key, text: &str, now: UnixMillis) -> rusqlite::Result<()> {
        let mut save =
            self.db.prepare_cached("INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        save.execute(params![self.owner, of.kind, of.target, of.channel, text, now.0]).map(|_| ())
    }

    /// The text saved last; empty if there is none.
    pub(crate) fn draft(&self, of: &Key) -> rusqlite::Result<String> {
        let mut find = self.db.prepare_cached(
            "SELECT text FROM draft WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        let found = find.query_row(params![self.owner, of.kind, of.target, of.channel], |row| row.get(0));
        Ok(found.optional()?.unwrap_or_default())
    }

    pub(crate) fn clear_draft(&self, of: &Key) -> rusqlite::Result<()> {
        let mut clear = self.db.prepare_cached(
            "DELETE FROM draft WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        clear.execute(params![self.owner, of.kind, of.target, of.channel]).map(|_| ())
    }
}
