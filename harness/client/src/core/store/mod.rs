//! The local store: one SQLite database an installation, rows owned by a user of an App Key.
//!
//! It outlives engines, and with a path processes. There is no journal and no wait for the disk: a test's store need
//! not survive a power cut, and is made hundreds of times a second.

mod conversation;
mod file;
mod message;
mod search;
mod setting;
mod unread;
mod watermark;

use rusqlite::Connection;

use crate::core::{
    bug::{Bug, Bugs},
    code,
};

pub(crate) use conversation::Key;
pub(crate) use message::Conversation;
pub(crate) use search::Search;
pub(crate) use setting::{Place, Setting};
pub(crate) use unread::Unseen;

/// The store of one installation.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    /// Whose rows are read and written: a user of an App Key. Empty while it is nobody's.
    owner: String,
    /// A deliberate bug: the App Key that it stays with.
    pub(crate) app: Option<String>,
    /// Those of the engine that it is in.
    pub(crate) bugs: Bugs,
}

// A UID is stored once: what comes twice is not shown twice. NULL, for what was never sent, is no UID.
const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, uid TEXT, type TEXT NOT NULL, target TEXT NOT NULL,
        channel TEXT NOT NULL, sent_time INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, uid));
    CREATE INDEX IF NOT EXISTS conversation ON message (owner, type, target, channel, sent_time);
    CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS seen (owner TEXT NOT NULL, uid TEXT NOT NULL, PRIMARY KEY (owner, uid)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS watermark (owner TEXT PRIMARY KEY, inbox INTEGER NOT NULL, outbox INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS listed (owner TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
        channel TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (owner, type, target, channel)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS draft (owner TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
        channel TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT NULL,
        PRIMARY KEY (owner, type, target, channel)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS read_until (owner TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
        time INTEGER NOT NULL, PRIMARY KEY (owner, type, target)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unread (id INTEGER PRIMARY KEY, mentioned INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS unseen (owner TEXT NOT NULL, target TEXT NOT NULL, channel TEXT NOT NULL,
        count INTEGER NOT NULL, mentions INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (owner, target, channel)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS changes_until (owner TEXT PRIMARY KEY, time INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS setting (
        owner TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL, channel TEXT NOT NULL,
        level INTEGER NOT NULL DEFAULT 0, top INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (owner, type, target, channel)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS setting_version (owner TEXT PRIMARY KEY, version INTEGER NOT NULL);
    COMMIT;
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
        Ok(Self { db, owner: String::new(), app: None, bugs: Bugs::default() })
    }

    /// From now on it is the database of that user of that App Key, until it is another's or [`close`](Self::close)d.
    pub(crate) fn open_for(&mut self, app_key: &str, user: &str) {
        if !self.owner.is_empty()
            && self.owner != format!("{app_key}\n{user}")
            && self.bugs.has(Bug::StoreOfFormerUser)
        {
            return;
        }
        let app_key = self.app.as_deref().unwrap_or(app_key);
        // A line end stands in no App Key: no two pairs make one owner.
        self.owner = format!("{app_key}\n{user}");
    }

    /// It is nobody's until somebody logs in.
    pub(crate) fn close(&mut self) {
        self.owner.clear();
    }

    /// Whether it is somebody's: before the first login there is no user whose database it could be.
    pub(crate) fn is_open(&self) -> bool {
        !self.owner.is_empty()
    }

    /// What something asked of it comes to for a callback: its code and the values, or none.
    pub(crate) fn outcome<T: Default>(&self, asked: rusqlite::Result<T>) -> (i64, T) {
        match asked {
            Ok(found) if self.is_open() => (0, found),
            _ => (code::DATABASE_ERROR, T::default()),
        }
    }

    /// Whose it is, for [`update_of`](Self::update_of).
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Begins a batch of writes, for speed only: without a journal nothing is taken back.
    pub(crate) fn begin(&self) {
        // A batch that does not begin is the same writes, slower.
        let _ = self.db.execute_batch("BEGIN");
    }

    /// Ends the batch.
    pub(crate) fn commit(&self) {
        let _ = self.db.execute_batch("COMMIT");
    }
}
