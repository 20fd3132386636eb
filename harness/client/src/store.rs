//! The local store: messages and watermarks in SQLite, one database an installation, rows owned by a user.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};
use wire::UnixMillis;

/// The store of one installation; it outlives engines.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, uid TEXT, type TEXT NOT NULL, target TEXT NOT NULL,
        channel TEXT NOT NULL, sent_time INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, uid));
    CREATE TABLE IF NOT EXISTS watermark (owner TEXT PRIMARY KEY, inbox INTEGER NOT NULL, outbox INTEGER NOT NULL);
";

impl Store {
    /// An empty store that ends with its owner.
    ///
    /// # Errors
    /// SQLite cannot make one.
    pub fn in_memory() -> Result<Self, rusqlite::Error> {
        Self::with(Connection::open_in_memory()?)
    }

    /// The store in that file, made if need be.
    ///
    /// # Errors
    /// The file cannot be opened, or is no store.
    pub fn open(path: &std::path::Path) -> Result<Self, rusqlite::Error> {
        Self::with(Connection::open(path)?)
    }

    fn with(db: Connection) -> Result<Self, rusqlite::Error> {
        db.execute_batch(SCHEMA)?;
        Ok(Self { db })
    }

    /// How far a user's messages were fetched: inbox and outbox.
    pub(crate) fn watermarks(&self, owner: &str) -> rusqlite::Result<(UnixMillis, UnixMillis)> {
        let mut find = self.db.prepare_cached("SELECT inbox, outbox FROM watermark WHERE owner = ?1")?;
        let found = find
            .query_row([owner], |row| Ok((UnixMillis(row.get(0)?), UnixMillis(row.get(1)?))))
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) fn set_watermarks(
        &self,
        owner: &str,
        inbox: UnixMillis,
        outbox: UnixMillis,
    ) -> rusqlite::Result<()> {
        let mut set = self.db.prepare_cached("INSERT OR REPLACE INTO watermark VALUES (?1, ?2, ?3)")?;
        set.execute(params![owner, inbox.0, outbox.0]).map(|_| ())
    }

    /// Stores a message and gives its messageId; `None` if that UID is there already.
    pub(crate) fn insert(&self, owner: &str, body: &Map<String, Value>) -> rusqlite::Result<Option<i64>> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut insert = self.db.prepare_cached(
            "INSERT OR IGNORE INTO message (owner, uid, type, target, channel, sent_time, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let uid = Some(text("messageUId")).filter(|uid| !uid.is_empty());
        let time = body.get("sentTime").and_then(Value::as_i64).unwrap_or_default();
        let json = Value::Object(body.clone()).to_string();
        let conversation = (text("conversationType"), text("targetId"), text("channelId"));
        let rows = insert.execute(params![
            owner,
            uid,
            conversation.0,
            conversation.1,
            conversation.2,
            time,
            json
        ])?;
        Ok((rows > 0).then(|| self.db.last_insert_rowid()))
    }

    /// Replaces what is stored under a messageId; `false` if there is nothing.
    pub(crate) fn update(&self, owner: &str, id: i64, body: &Map<String, Value>) -> rusqlite::Result<bool> {
        let uid = body.get("messageUId").and_then(Value::as_str).filter(|uid| !uid.is_empty());
        let time = body.get("sentTime").and_then(Value::as_i64).unwrap_or_default();
        let mut update = self.db.prepare_cached(
            "UPDATE message SET uid = ?3, sent_time = ?4, body = ?5 WHERE owner = ?1 AND id = ?2",
        )?;
        Ok(update.execute(params![owner, id, uid, time, Value::Object(body.clone()).to_string()])? > 0)
    }

    pub(crate) fn by_id(&self, owner: &str, id: i64) -> rusqlite::Result<Option<Map<String, Value>>> {
        let mut find = self.db.prepare_cached("SELECT id, body FROM message WHERE owner = ?1 AND id = ?2")?;
        find.query_row(params![owner, id], read).optional()
    }

    pub(crate) fn by_uid(&self, owner: &str, uid: &str) -> rusqlite::Result<Option<Map<String, Value>>> {
        let mut find =
            self.db.prepare_cached("SELECT id, body FROM message WHERE owner = ?1 AND uid = ?2")?;
        find.query_row(params![owner, uid], read).optional()
    }

    /// Messages of a conversation before (newest first) or after (oldest first) a time; 0 stands for now.
    pub(crate) fn conversation(
        &self,
        owner: &str,
        of: &Conversation<'_>,
    ) -> rusqlite::Result<Vec<Map<String, Value>>> {
        let sql = if of.after {
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             AND sent_time > ?5 ORDER BY sent_time, id LIMIT ?6"
        } else {
            "SELECT id, body FROM message WHERE owner = ?1 AND type = ?2 AND target = ?3 AND channel = ?4
             AND (?5 = 0 OR sent_time < ?5) ORDER BY sent_time DESC, id DESC LIMIT ?6"
        };
        let mut find = self.db.prepare_cached(sql)?;
        let rows = find.query_map(params![owner, of.kind, of.target, of.channel, of.time, of.count], read)?;
        rows.collect()
    }
}

/// Which messages of which conversation.
#[derive(Debug)]
pub(crate) struct Conversation<'a> {
    pub(crate) kind: &'a str,
    pub(crate) target: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) time: i64,
    pub(crate) count: i64,
    pub(crate) after: bool,
}

/// A stored message: its columns decide order and identity, the body holds the canonical message.
fn read(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
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
