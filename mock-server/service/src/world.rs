//! One world: the pure state machine that shells feed and drain.

use crate::{
    act::Act,
    io::{ConnId, Endpoints, Input, Output},
    journal::Journal,
    setup::WorldSetup,
};
use serde_json::Value;
use std::collections::VecDeque;
use wire::UnixMillis;

/// Why an act was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// An argument names nothing that exists, or is out of range.
    #[error("{0}")]
    Argument(String),
}

/// A connection as shells and fences see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnView {
    /// The connection.
    pub conn: ConnId,
    /// Its user, once accepted.
    pub user: Option<String>,
    /// The label its login gave.
    pub label: String,
    /// Frames written to it.
    pub written: u64,
    /// Frames read from it.
    pub read: u64,
}

/// One world.
#[derive(Debug)]
pub struct Service {
    out: VecDeque<Output>,
    journal: Journal,
    app_key: String,
    app_secret: String,
}

impl Service {
    /// A world as `setup` describes it.
    ///
    /// # Errors
    /// Every mistake in the set-up, a sentence each.
    pub fn new(
        app_key: &str,
        setup: &WorldSetup,
        seed: u64,
        endpoints: Endpoints,
        now: UnixMillis,
    ) -> Result<Self, Vec<String>> {
        let _ = (setup, seed, endpoints, now);
        Ok(Self {
            out: VecDeque::new(),
            journal: Journal::new(1),
            app_key: app_key.to_owned(),
            app_secret: String::new(),
        })
    }
    /// Takes an input; outputs queue up for [`poll_output`](Self::poll_output).
    pub fn handle(&mut self, now: UnixMillis, input: Input) {
        let _ = (now, input);
    }
    /// Drained by the shell after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        None
    }
    /// Runs what is due by `now`. Idempotent.
    pub fn on_deadline(&mut self, now: UnixMillis) {
        let _ = now;
    }
    /// Carries out a server-side act and says what came of it.
    ///
    /// # Errors
    /// An argument is wrong; then nothing has changed.
    pub fn act(&mut self, now: UnixMillis, act: &Act) -> Result<Value, ActError> {
        let _ = (now, act);
        Ok(Value::Null)
    }
    /// Issues a token for a user, registering it if need be.
    pub fn issue_token(&mut self, now: UnixMillis, user: &str) -> String {
        let _ = now;
        user.to_owned()
    }
    /// The token that the set-up's `tokens:` names.
    #[must_use]
    pub fn named_token(&self, name: &str) -> Option<&str> {
        let _ = name;
        None
    }
    /// What the world holds: `kind` is users, devices, groups, mailboxes, pushes or switches.
    #[must_use]
    pub fn state(&self, kind: &str, id: Option<&str>) -> Option<Value> {
        let _ = (kind, id);
        None
    }
    /// Every input and output so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
    /// Open connections in the order they came.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnView> {
        Vec::new()
    }
    /// The App Key.
    #[must_use]
    pub fn app_key(&self) -> &str {
        &self.app_key
    }
    /// The App Secret.
    #[must_use]
    pub fn app_secret(&self) -> &str {
        &self.app_secret
    }
    /// Where clients find the server changed (the shell knows its port only after it listens).
    pub fn set_endpoints(&mut self, endpoints: Endpoints) {
        let _ = endpoints;
    }
    /// Disarms a fault; `false` if there is none of that id.
    pub fn clear_fault(&mut self, id: u64) -> bool {
        let _ = id;
        false
    }
}
