//! Stored messages: columns decide identity and order, the body holds the canonical message.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value};

use crate::core::bug::Bug;
use crate::core::store::{Key, Store};

/// Which messages of which conversation.
#[derive(Debug)]
pub(crate) struct Conversation<'a> {
    pub(crate) kind: &'a str,
    pub(crate) target: &'a str,
    pub(crate) channel: &'a str,
    /// Unix milliseconds; 0 stands for now.
    pub(crate) time: i64,
    pub(crate) count: i64,
    /// Later than `time`, oldest first; else earlier, newest first.
    pub(crate) after: bool,
}

impl Store {
    /// Stores a message and gives its messageId; `None` if that UID is there already.
    pub(crate) fn insert(&self, body: &Map<String, Value>) -> rusqlite::Result<Option<i64>> {
        let mut insert = self.db.prepare_cached(
            "INSERT OR IGNORE INTO message (owner, uid, type, target, channel, sent_time, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let Key { kind, target, channel } = Key::of(body);
        let (uid, time) = (uid(body).map(str::to_owned), time(body));
        let mut body = body.clone();
        // Means something in the receive callback alone (MSG-011).
        if let Some(offline) = body.get_mut("offLine")
            && !(*offline == Value::Bool(true) && self.bugs.has(Bug::StoresOfflineMark))
        {
            *offline = false.into();
        }
        let json = serde_json::to_string(&body).unwrap_or_default();
        let rows = insert.execute(params![self.owner, uid, kind, target, channel, time, json])?;
        Ok((rows > 0).then(|| self.db.last_insert_rowid()))
    }

    /// Replaces what is stored under a messageId; `false` if there is nothing.
    pub(crate) fn update(&self, id: i64, body: &Map<String, Value>) -> rusqlite::Result<bool> {
        self.update_of(&self.owner, id, body)
    }

    /// The same in the rows of `owner`, for what began under another login, as a download may have.
    pub(crate) fn update_of(
        &self,
        owner: &str,
        id: i64,
        body: &Map<String, Value>,
    ) -> rusqlite::Result<bool> {
        let mut update = self.db.prepare_cached(
            "UPDATE message SET uid = ?3, sent_time = ?4, body = ?5 WHERE owner = ?1 AND id = ?2",
        )?;
        let json = serde_json::to_string(body).unwrap_or_default();
        Ok(update.execute(params![owner, id, uid(body), time(body), json])? > 0)
    }

    pub(crate) fn by_id(&self, id: i64) -> rusqlite::Result<Option<Map<String, Value>>> {
        let mut find = self.db.prepare_cached("SELECT id, body FROM message WHERE owner = ?1 AND id = ?2")?;
        find.query_row(params![self.owner, id], read).optional()
    }

    pub(crate) fn by_uid(&self, uid: &str) -> rusqlite::Result<Option<Map<String, Value>>> {
        let mut find =
            self.db.prepare_cached("SELECT id, body FROM message WHERE owner = ?1 AND uid = ?2")?;
        find.query_row(params![self.owner, uid], read).optional()
    }

    /// Removes the message of that messageId; one that is not there is gone already.
    pub(crate) fn delete(&self, id: i64) -> rusqlite::Result<()> {
        let mut delete = self.db.prepare_cached("DELETE FROM message WHERE owner = ?1 AND id = ?2")?;
        delete.execute(params![self.owner, id]).map(|_| ())
    }

    /// Messages of a conversation around a time.
    pub(crate) fn conversation(&self, of: &Conversation<'_>) -> rusqlite::Result<Vec<Map<String, Value>>> {
        let sql = if of.after {
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             AND sent_time > ?5 ORDER BY sent_time, id LIMIT ?6"
        } else {
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             AND (?5 = 0 OR sent_time < ?5) ORDER BY sent_time DESC, id DESC LIMIT ?6"
        };
        let mut find = match self.bugs.has(Bug::SameIdsMix) {
            false => self.db.prepare_cached(sql)?,
            true => self.db.prepare_cached(&sql.replace("type = ?2", "(type = ?2 OR type <> ?2)"))?,
        };
        // Only ultra groups have channels (MSG-002).
        let channel = if of.kind == "ultra_group" { of.channel } else { "" };
        let rows =
            find.query_map(params![self.owner, of.kind, of.target, channel, of.time, of.count], read)?;
        rows.collect()
    }
}

fn uid(body: &Map<String, Value>) -> Option<&str> {
    body.get("messageUId").and_then(Value::as_str).filter(|uid| !uid.is_empty())
}

pub(super) fn time(body: &Map<String, Value>) -> i64 {
    body.get("sentTime").and_then(Value::as_i64).unwrap_or_default()
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let id: i64 = row.get(0)?;
    let text: String = row.get(1)?;
    // Only this file writes bodies; one that is no JSON object reads as empty.
    let mut body = match serde_json::from_str(&text) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.insert("messageId".to_owned(), id.into());
    Ok(body)
}

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
