//! How far a user's mailbox was fetched, and which UIDs of messages that are not stored came by.

use rusqlite::{OptionalExtension, params};
use wire::UnixMillis;

use crate::core::store::Store;

impl Store {
    /// How far a user's messages were fetched: inbox and outbox; 0 for a new user.
    pub(crate) fn watermarks(&self) -> rusqlite::Result<(UnixMillis, UnixMillis)> {
        let mut find = self.db.prepare_cached("SELECT inbox, outbox FROM watermark WHERE owner = ?1")?;
        let found = find
            .query_row([&self.owner], |row| Ok((UnixMillis(row.get(0)?), UnixMillis(row.get(1)?))))
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) fn set_watermarks(&self, inbox: UnixMillis, outbox: UnixMillis) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached("INSERT OR REPLACE INTO watermark VALUES (?1, ?2, ?3)")?;
        set.execute(params![self.owner, inbox.0, outbox.0]).map(|_| ())
    }

    /// Notes the UID of a message that is not stored; `false` if it is known.
    pub(crate) fn see(&self, uid: &str) -> rusqlite::Result<bool> {
        let mut note = self.db.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
        Ok(note.execute([self.owner.as_str(), uid])? > 0)
    }
}
