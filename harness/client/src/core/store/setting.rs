//! Settings of conversations and types: pins and do-not-disturb levels, and how far they were fetched.

use rusqlite::{OptionalExtension, params};

use crate::core::bug::Bug;
use crate::core::store::Store;

/// A conversation, or with an empty target all of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) channel: String,
}

impl Place {
    pub(crate) fn of_type(kind: &str) -> Self {
        Self { kind: kind.to_owned(), target: String::new(), channel: String::new() }
    }
}

/// One setting of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// The server's number of a do-not-disturb level; 0 is unset.
    Level(i32),
    Top(bool),
}

impl Store {
    pub(crate) fn set(&self, place: &Place, setting: &Setting) -> rusqlite::Result<()> {
        let Place { kind, target, channel } = place;
        let (sql, value) = match setting {
            Setting::Level(level) => (
                "INSERT INTO setting (owner, type, target, channel, level) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET level = excluded.level",
                *level,
            ),
            Setting::Top(false) if self.bugs.has(Bug::UnpinnedStayInFront) => return Ok(()),
            Setting::Top(top) => (
                "INSERT INTO setting (owner, type, target, channel, top) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET top = excluded.top",
                i32::from(*top),
            ),
        };
        self.db.prepare_cached(sql)?.execute(params![self.owner, kind, target, channel, value]).map(|_| ())
    }

    /// Level and pin of a place; 0 and `false` if nothing was ever set.
    pub(crate) fn setting(&self, place: &Place) -> rusqlite::Result<(i32, bool)> {
        let mut find = self.db.prepare_cached(
            "SELECT level, top FROM setting WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4",
        )?;
        let Place { kind, target, channel } = place;
        let found = find
            .query_row(params![self.owner, kind, target, channel], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Every place with a setting, by type, target and channel.
    pub(crate) fn settings(&self) -> rusqlite::Result<Vec<(Place, i32, bool)>> {
        let mut find = self.db.prepare_cached(
            "SELECT type, target, channel, level, top FROM setting WHERE owner = ?1 ORDER BY type, target, channel",
        )?;
        let rows = find.query_map([&self.owner], |row| {
            let place = Place { kind: row.get(0)?, target: row.get(1)?, channel: row.get(2)? };
            Ok((place, row.get(3)?, row.get(4)?))
        })?;
        rows.collect()
    }

    /// The version of the newest setting at hand; `None` before the first pull.
    pub(crate) fn settings_version(&self) -> rusqlite::Result<Option<i64>> {
        let mut find = self.db.prepare_cached("SELECT version FROM setting_version WHERE owner = ?1")?;
        find.query_row([&self.owner], |row| row.get(0)).optional()
    }

    pub(crate) fn set_settings_version(&self, version: i64) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached("INSERT OR REPLACE INTO setting_version VALUES (?1, ?2)")?;
        set.execute(params![self.owner, version]).map(|_| ())
    }
}
