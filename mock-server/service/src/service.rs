//! One world: the pure state machine that shells feed and drain.
//!
//! This file holds the state, the public face and the way of every frame in and out (journal, counters); the faults that
//! wait on that way stand in `through_faults`.
//! What frames mean is told by the modules named after it: `session` (logging in and out), `send` (messages),
//! `deliver` (pushing them), `query` (pulls and other requests), `navi` and `server_api`.

use std::collections::BTreeMap;

use wire::UnixMillis;

use crate::{
    chatroom::{Chatrooms, ChatroomsState},
    core::{
        Core,
        account::UserIx,
        connection::Lost,
        io::{Close, ConnId, Endpoints, Input, Output},
        journal::{Journal, What},
        timers::Delayed,
    },
    doors::{
        operator::setup::WorldSetup,
        server_api::{ApiRates, Repeats},
    },
    files::{Files, FilesState, message_log::MessageLog},
    mail::{Mail, MailState},
    outward::{Outward, OutwardState},
    preferences::{Preferences, PreferencesState},
    ultra_group::{UltraGroups, UltraGroupsState},
};

/// Why an act was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// An argument names nothing that exists, or is out of range.
    #[error("{0}")]
    Argument(String),
}

/// What [`Service::on_deadline`] runs at most in one go.
const MOST_AT_ONCE: usize = 256;

/// A connection as shells and fences see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnView {
    /// The connection.
    pub conn: ConnId,
    /// Its user.
    pub user: String,
    /// The label its login gave.
    pub label: String,
    /// Frames written to it.
    pub written: u64,
    /// Frames read from it.
    pub read: u64,
}

/// What a world keeps, in bytes, and what it dropped and refused because of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Entries of the journal.
    pub journal: usize,
    /// Entries that the journal has dropped.
    pub journal_dropped: u64,
    /// Uploaded files.
    pub files: usize,
    /// Uploads that were refused because there were too many bytes.
    pub files_refused: u64,
}

impl std::ops::AddAssign for Held {
    fn add_assign(&mut self, other: Self) {
        self.journal += other.journal;
        self.journal_dropped += other.journal_dropped;
        self.files += other.files;
        self.files_refused += other.files_refused;
    }
}

/// One world.
#[derive(Debug)]
pub struct Service {
    pub(crate) core: Core,
    pub(crate) named_tokens: BTreeMap<String, String>,
    pub(crate) rooms: ChatroomsState,
    pub(crate) ultra_groups: UltraGroupsState,
    pub(crate) outward: OutwardState,
    pub(crate) preferences: PreferencesState,
    pub(crate) mail: MailState,
    pub(crate) api_rates: ApiRates,
    pub(crate) api_repeats: Repeats,
    pub(crate) files: FilesState,
    pub(crate) message_log: MessageLog,
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
        let (mut service, mut filling) = Self::begin(app_key, setup, seed, endpoints, now)?;
        while service.fill(&mut filling, u32::MAX) {}
        Ok(service)
    }

    /// The world of a set-up without mistakes; its backlog is still to come.
    pub(crate) fn unfilled(
        app_key: &str,
        setup: &WorldSetup,
        seed: u64,
        endpoints: Endpoints,
        now: UnixMillis,
    ) -> Self {
        let preset = setup.preset.unwrap_or_default();
        let mut service = Self {
            core: Core::new(
                app_key,
                setup.app_secret.as_deref().unwrap_or("mock-secret"),
                endpoints,
                preset.switches(&setup.switches),
                preset.limits(&setup.limits),
                preset,
                seed,
                Journal::new(setup.limits.journal, setup.limits.journal_bytes),
            ),
            named_tokens: BTreeMap::new(),
            rooms: ChatroomsState::default(),
            ultra_groups: UltraGroupsState::default(),
            preferences: PreferencesState::default(),
            mail: MailState::default(),
            outward: OutwardState {
                callbacks: setup.callbacks.clone(),
                app_level: setup.app_level,
                ..OutwardState::default()
            },
            api_rates: ApiRates::default(),
            api_repeats: Repeats::default(),
            files: FilesState::default(),
            message_log: MessageLog::default(),
        };
        service.populate(setup, now);
        service
    }

    /// Takes an input; outputs queue up for [`poll_output`](Self::poll_output).
    pub fn handle(&mut self, now: UnixMillis, input: Input) {
        self.core.hint.set(None);
        match input {
            Input::Open { conn, login } => self.open_through_faults(now, conn, login),
            Input::Frame { conn, frame } => self.frame_through_faults(now, conn, frame),
            Input::Poll { conn } => self.polled(now, conn),
            Input::Garbage { conn, error } => {
                self.core.journal.record(now, || What::Garbage { conn, error: error.to_string() });
                self.core.lose(now, conn, "sent what is no frame");
                self.core.output(Output::Close { conn, how: Close::Clean });
            }
            Input::Closed { conn } => self.core.lose(now, conn, "closed by the peer"),
            Input::Http { id, request } => self.http_through_faults(now, id, request),
        }
        self.settle(now);
    }

    pub(crate) fn outward(&mut self) -> Outward<'_> {
        Outward { state: &mut self.outward, preferences: &self.preferences, core: &mut self.core }
    }

    pub(crate) fn mail(&mut self) -> Mail<'_> {
        Mail {
            state: &mut self.mail,
            message_log: &mut self.message_log,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn chatrooms(&mut self) -> Chatrooms<'_> {
        Chatrooms {
            rooms: &mut self.rooms,
            mailboxes: &mut self.mail.mailboxes,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn ultra_groups(&mut self) -> UltraGroups<'_> {
        UltraGroups {
            ultra_groups: &mut self.ultra_groups,
            message_log: &mut self.message_log,
            outward: &mut self.outward,
            preferences: &self.preferences,
            core: &mut self.core,
        }
    }

    pub(crate) fn preferences(&mut self) -> Preferences<'_> {
        Preferences { state: &mut self.preferences, core: &mut self.core }
    }

    /// Forgets users from that one on, whom a refused call was the first to name.
    pub(crate) fn forget_from(&mut self, user: UserIx) {
        self.core.accounts.forget_from(user);
        self.preferences.settings.forget_from(user);
        self.preferences.tags.forget_from(user);
        self.mail.mailboxes.forget_from(user);
    }

    pub(crate) fn files(&mut self) -> Files<'_> {
        Files { files: &mut self.files, message_log: &mut self.message_log, core: &mut self.core }
    }

    /// Tells the topics of the connections that were lost since they were last told. What a topic does then may lose others.
    pub(crate) fn settle(&mut self, now: UnixMillis) {
        while let Some(Lost { conn, connection, how }) = self.core.next_lost() {
            self.mail.mailboxes[connection.user].hide_from(connection.device);
            self.chatrooms().lost_by_rooms(now, &connection, conn);
            self.ultra_groups().lost_by_ultra_groups(connection.user, conn);
            self.outward().went_offline(now, &connection, how);
        }
    }

    /// Drained by the shell after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.next_output()
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.core.timers.first()
    }

    /// Runs what is due by `now`, at most a bounded number of it: if more is due, [`next_deadline`](Self::next_deadline)
    /// is still `now` or earlier. Idempotent. Tells how much it ran.
    pub fn on_deadline(&mut self, now: UnixMillis) -> usize {
        for ran in 0..MOST_AT_ONCE {
            let Some(delayed) = self.core.timers.due(now) else { return ran };
            self.core.hint.set(None);
            match delayed {
                Delayed::Open(conn, login) => self.open(now, conn, &login),
                Delayed::Up(conn, frame) => self.frame(now, conn, frame),
                Delayed::Down(conn, frame, answers, hint) => {
                    self.core.hint.set(hint);
                    self.core.write(now, conn, frame, answers.as_ref());
                }
                Delayed::Http(id, request) => self.http(now, id, &request),
                Delayed::Respond(id, response) => {
                    self.core.output(Output::Respond { id, response: Some(response) });
                }
                Delayed::Remind(conn) => self.mail().remind(now, conn),
                Delayed::Room(id, timer) => self.chatrooms().room_due(now, &id, timer),
                Delayed::RoomExit(id, user) => self.chatrooms().exit_overdue(now, &id, user),
                Delayed::RemindOfEntries(id, conn) => self.chatrooms().remind_of_entries(now, &id, conn),
                Delayed::Poll { conn, poll, gone } => self.poll_due(now, conn, poll, gone),
                Delayed::UltraTyping(id) => self.ultra_groups().tell_of_typing(now, &id),
                Delayed::Withdraw(uid, time) => {
                    self.mail.mailboxes.iter_mut().for_each(|mailbox| mailbox.rewrite(uid, time, None));
                }
            }
            self.settle(now);
        }
        MOST_AT_ONCE
    }

    /// What the world keeps in bytes, and what it dropped and refused because of it.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            journal: self.core.journal.bytes(),
            journal_dropped: self.core.journal.dropped(),
            files: self.files.bytes(),
            files_refused: self.files.refused(),
        }
    }

    /// Whether no user has ever been heard of in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.core.connections.is_empty() && self.core.accounts.len() == 0
    }

    /// Every input and output so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.core.journal
    }

    /// The App Key.
    #[must_use]
    pub fn app_key(&self) -> &str {
        &self.core.app_key
    }

    /// The App Secret.
    #[must_use]
    pub fn app_secret(&self) -> &str {
        &self.core.app_secret
    }

    /// Where clients find the server changed (the shell knows its port only after it listens).
    pub fn set_endpoints(&mut self, endpoints: Endpoints) {
        self.core.endpoints = endpoints;
    }

    /// The armed faults, in the order they were armed: id, what each waits for and does, how many fitting frames or requests
    /// it has `seen`, on how many it acted (`fired`), and whether it is `spent`.
    #[must_use]
    pub fn armed_faults(&self) -> Vec<serde_json::Value> {
        self.core.faults.list().collect()
    }

    /// Disarms a fault; `false` if there is none of that id.
    pub fn clear_fault(&mut self, id: u64) -> bool {
        self.core.faults.disarm(id)
    }

    /// Open connections in the order they came.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnView> {
        self.core
            .connections
            .iter()
            .map(|(conn, connection)| ConnView {
                conn: *conn,
                user: self.core.accounts[connection.user].id.to_string(),
                label: connection.label.to_string(),
                written: connection.written,
                read: connection.read,
            })
            .collect()
    }
}
