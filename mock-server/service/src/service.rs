//! One world: the pure state machine that shells feed and drain.
//!
//! This file holds the state, the public face and the way of every frame in and out (journal, counters); the faults that
//! wait on that way stand in `through_faults`.
//! What frames mean is told by the modules named after it: `session` (logging in and out), `send` (messages),
//! `deliver` (pushing them), `query` (pulls and other requests), `navi` and `server_api`.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use wire::{ClientFrame, ServerFrame, Topic, UnixMillis};

use crate::{
    chatroom::Rooms,
    core::{
        account::{Accounts, Tokens},
        bug::Bug,
        connection::Connection,
        fault::armed::Faults,
        ids::{Ids, Uid},
        io::{Close, ConnId, Endpoints, HttpId, HttpRequest, HttpResponse, Input, Login, Output},
        journal::{Journal, What},
        length,
        limits::Limits,
        preset::Preset,
        reach::Asked,
        refusal::Hint,
        secret::without_tokens,
        switch::Switches,
    },
    doors::{
        operator::setup::WorldSetup,
        server_api::{ApiRates, Repeats},
    },
    files::{FILES, Files, message_log::MessageLog},
    mail::{archive::Archive, group::Groups, receipt::Receipts},
    outward::{callback::Callbacks, push::Pushes, push_decision::AppLevel},
    ultra_group::UltraGroups,
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

/// What waits for its time.
#[derive(Debug)]
pub(crate) enum Delayed {
    Open(ConnId, Box<Login>),
    Up(ConnId, ClientFrame),
    /// With the topic that an answer answers, and its hint for the journal.
    Down(ConnId, ServerFrame, Option<Topic>, Option<Hint>),
    Http(HttpId, Box<HttpRequest>),
    /// The file server takes its time.
    Respond(HttpId, Box<HttpResponse>),
    /// A client that has not pulled since its login is told that something waits.
    Remind(ConnId),
    /// A chatroom may have to end.
    Room(Arc<str>, u64),
    /// A chatroom's member has been offline for a while.
    RoomExit(Arc<str>, crate::core::account::UserIx),
    /// A device that came back into a chatroom may not have asked for its entries.
    RemindOfEntries(Arc<str>, ConnId),
    /// A polling client's poll has waited long enough, or the client is gone.
    Poll {
        conn: ConnId,
        poll: u32,
        gone: bool,
    },
    /// Members of an ultra group are told who types.
    UltraTyping(Arc<str>),
    /// A message waits for nobody any longer.
    Withdraw(Uid, UnixMillis),
}

/// One world.
#[derive(Debug)]
pub struct Service {
    pub(crate) app_key: String,
    pub(crate) app_secret: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) switches: Switches,
    pub(crate) limits: Limits,
    pub(crate) bugs: BTreeSet<Bug>,
    pub(crate) ids: Ids,
    pub(crate) accounts: Accounts,
    pub(crate) tokens: Tokens,
    pub(crate) named_tokens: BTreeMap<String, String>,
    /// How native clients reached us.
    pub(crate) asked: Asked,
    pub(crate) groups: Groups,
    pub(crate) rooms: Rooms,
    pub(crate) ultra_groups: UltraGroups,
    pub(crate) callbacks: Callbacks,
    /// Do-not-disturb of the whole app.
    pub(crate) app_level: AppLevel,
    pub(crate) api_rates: ApiRates,
    pub(crate) api_repeats: Repeats,
    pub(crate) conversations: crate::mail::conversations::Conversations,
    pub(crate) connections: BTreeMap<ConnId, Connection>,
    pub(crate) pushes: Pushes,
    pub(crate) receipts: Receipts,
    pub(crate) files: Files,
    pub(crate) archive: Archive,
    pub(crate) message_log: MessageLog,
    pub(crate) journal: Journal,
    pub(crate) preset: Preset,
    /// Why the answer in the making refuses; its journal entry takes it.
    pub(crate) hint: Cell<Option<Hint>>,
    pub(crate) faults: Faults,
    delayed: BTreeMap<(UnixMillis, u64), Delayed>,
    next_delayed: u64,
    out: VecDeque<Output>,
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
            app_key: app_key.to_owned(),
            app_secret: setup.app_secret.clone().unwrap_or_else(|| "mock-secret".to_owned()),
            endpoints,
            switches: preset.switches(&setup.switches),
            limits: preset.limits(&setup.limits),
            preset,
            hint: Cell::new(None),
            bugs: BTreeSet::new(),
            ids: Ids::new(seed),
            accounts: Accounts::default(),
            tokens: Tokens::default(),
            named_tokens: BTreeMap::new(),
            asked: Asked::default(),
            groups: Groups::default(),
            rooms: Rooms::default(),
            ultra_groups: UltraGroups::default(),
            callbacks: setup.callbacks.clone(),
            app_level: setup.app_level,
            api_rates: ApiRates::default(),
            api_repeats: Repeats::default(),
            conversations: crate::mail::conversations::Conversations::default(),
            connections: BTreeMap::new(),
            pushes: Pushes::default(),
            receipts: Receipts::default(),
            files: Files::default(),
            archive: Archive::default(),
            message_log: MessageLog::default(),
            journal: Journal::new(setup.limits.journal, setup.limits.journal_bytes),
            faults: Faults::default(),
            delayed: BTreeMap::new(),
            next_delayed: 0,
            out: VecDeque::new(),
        };
        service.populate(setup, now);
        service
    }

    /// Takes an input; outputs queue up for [`poll_output`](Self::poll_output).
    pub fn handle(&mut self, now: UnixMillis, input: Input) {
        self.hint.set(None);
        match input {
            Input::Open { conn, login } => self.open_through_faults(now, conn, login),
            Input::Frame { conn, frame } => self.frame_through_faults(now, conn, frame),
            Input::Poll { conn } => self.polled(now, conn),
            Input::Garbage { conn, error } => {
                self.journal.record(now, || What::Garbage { conn, error: error.to_string() });
                self.forget(now, conn, "sent what is no frame");
                self.out.push_back(Output::Close { conn, how: Close::Clean });
            }
            Input::Closed { conn } => self.forget(now, conn, "closed by the peer"),
            Input::Http { id, request } => self.http_through_faults(now, id, request),
        }
    }

    /// Drained by the shell after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.delayed.keys().next().map(|(at, _)| *at)
    }

    /// Runs what is due by `now`, at most a bounded number of it: if more is due, [`next_deadline`](Self::next_deadline)
    /// is still `now` or earlier. Idempotent. Tells how much it ran.
    pub fn on_deadline(&mut self, now: UnixMillis) -> usize {
        for ran in 0..MOST_AT_ONCE {
            let Some(entry) = self.delayed.first_entry().filter(|entry| entry.key().0 <= now) else {
                return ran;
            };
            self.hint.set(None);
            match entry.remove() {
                Delayed::Open(conn, login) => self.open(now, conn, &login),
                Delayed::Up(conn, frame) => self.frame(now, conn, frame),
                Delayed::Down(conn, frame, answers, hint) => {
                    self.hint.set(hint);
                    self.write(now, conn, frame, answers.as_ref());
                }
                Delayed::Http(id, request) => self.http(now, id, &request),
                Delayed::Respond(id, response) => {
                    self.out.push_back(Output::Respond { id, response: Some(response) });
                }
                Delayed::Remind(conn) => self.remind(now, conn),
                Delayed::Room(id, timer) => self.room_due(now, &id, timer),
                Delayed::RoomExit(id, user) => self.exit_overdue(now, &id, user),
                Delayed::RemindOfEntries(id, conn) => self.remind_of_entries(now, &id, conn),
                Delayed::Poll { conn, poll, gone } => self.poll_due(now, conn, poll, gone),
                Delayed::UltraTyping(id) => self.tell_of_typing(now, &id),
                Delayed::Withdraw(uid, time) => self.accounts.withdraw(uid, time),
            }
        }
        MOST_AT_ONCE
    }

    /// What the world keeps in bytes, and what it dropped and refused because of it.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            journal: self.journal.bytes(),
            journal_dropped: self.journal.dropped(),
            files: self.files.bytes(),
            files_refused: self.files.refused(),
        }
    }

    /// Whether no user has ever been heard of in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.accounts.len() == 0
    }

    /// Every input and output so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
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
        self.endpoints = endpoints;
    }

    /// The armed faults, in the order they were armed: id, what each waits for and does, how many fitting frames or requests
    /// it has `seen`, on how many it acted (`fired`), and whether it is `spent`.
    #[must_use]
    pub fn armed_faults(&self) -> Vec<serde_json::Value> {
        self.faults.list().collect()
    }

    /// Disarms a fault; `false` if there is none of that id.
    pub fn clear_fault(&mut self, id: u64) -> bool {
        self.faults.disarm(id)
    }

    /// Open connections in the order they came.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnView> {
        self.connections
            .iter()
            .map(|(conn, connection)| ConnView {
                conn: *conn,
                user: self.accounts[connection.user].id.to_string(),
                label: connection.label.to_string(),
                written: connection.written,
                read: connection.read,
            })
            .collect()
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bugs.contains(&bug)
    }

    pub(crate) fn user_id(&self, conn: ConnId) -> Option<Arc<str>> {
        self.connections.get(&conn).map(|connection| self.accounts[connection.user].id.clone())
    }

    /// Writes a frame: journal, counters, output. To a connection that is gone, nothing. `answers`: the topic of the
    /// request that the frame answers.
    pub(crate) fn write(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        frame: ServerFrame,
        answers: Option<&Topic>,
    ) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            if connection.silenced {
                return;
            }
            connection.written += 1;
        } else if !matches!(frame, ServerFrame::ConnAck(_)) {
            return;
        }
        if matches!(frame, ServerFrame::QueryAck { .. } | ServerFrame::PubAck { .. }) {
            self.journal.hint(self.hint.take());
        }
        self.journal.record(now, || {
            let answers = answers.filter(|_| matches!(frame, ServerFrame::QueryAck { .. })).cloned();
            What::Down { conn, frame: frame.clone(), answers }
        });
        self.out.push_back(Output::Send { conn, frame });
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Breaks a connection and forgets it.
    pub(crate) fn cut(&mut self, now: UnixMillis, conn: ConnId, how: Close) {
        self.forget(now, conn, "cut");
        self.out.push_back(Output::Close { conn, how });
    }

    /// Looks after a login whether the client has pulled.
    pub(crate) fn remind_later(&mut self, now: UnixMillis, conn: ConnId, ms: u64) {
        self.delay(now, ms, Delayed::Remind(conn));
    }

    /// Looks after a chatroom in so many milliseconds.
    pub(crate) fn end_later(&mut self, now: UnixMillis, ms: u64, room: Arc<str>, timer: u64) {
        self.delay(now, ms, Delayed::Room(room, timer));
    }

    /// Looks after a chatroom's member.
    pub(crate) fn exit_later(
        &mut self,
        now: UnixMillis,
        wait: std::time::Duration,
        room: Arc<str>,
        user: crate::core::account::UserIx,
    ) {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.delay(now, ms, Delayed::RoomExit(room, user));
    }

    /// Takes a message of that time out of all mailboxes it still waits in, after a while.
    pub(crate) fn withdraw_later(&mut self, now: UnixMillis, after: Duration, uid: Uid, time: UnixMillis) {
        let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.delay(now, ms, Delayed::Withdraw(uid, time));
    }

    pub(crate) fn delay(&mut self, now: UnixMillis, ms: u64, what: Delayed) {
        self.next_delayed += 1;
        self.delayed.insert((now + Duration::from_millis(ms), self.next_delayed), what);
    }

    pub(crate) fn frame(&mut self, now: UnixMillis, conn: ConnId, frame: ClientFrame) {
        if let Some(code) = length::refusal(&frame) {
            return self.answer(now, conn, &frame, code);
        }
        match frame {
            ClientFrame::Publish(request) => self.publish(now, conn, request),
            ClientFrame::Query(request) => self.query(now, conn, &request),
            ClientFrame::PubAck { id } => self.push_acknowledged(conn, id),
            ClientFrame::QueryCon { id } => self.pull_confirmed(now, conn, id),
            ClientFrame::Ping if self.has(Bug::IgnoresPings) => {}
            ClientFrame::Ping => self.send(now, conn, ServerFrame::Pong, None),
            ClientFrame::Disconnect { status } => self.logged_out(now, conn, status),
            // A second CONNECT and unknown types change nothing; the journal has them.
            _ => {}
        }
    }

    pub(crate) fn http(&mut self, now: UnixMillis, id: HttpId, request: &HttpRequest) {
        let response = Box::new(self.http_answer(now, request));
        let delay = if request.path.starts_with(FILES) { self.file_delay(request, &response) } else { 0 };
        if delay > 0 {
            return self.delay(now, delay, Delayed::Respond(id, response));
        }
        self.out.push_back(Output::Respond { id, response: Some(response) });
    }

    pub(crate) fn http_answer(
        &mut self,
        now: UnixMillis,
        request: &HttpRequest,
    ) -> crate::core::io::HttpResponse {
        let response = if crate::doors::navi::is_navi(&request.path) {
            self.navi(now, request)
        } else if request.path.starts_with(FILES) {
            self.file_request(now, request)
        } else {
            self.server_api(now, request)
        };
        self.http_journal(now, request, response.status);
        response
    }

    pub(crate) fn http_journal(&mut self, now: UnixMillis, request: &HttpRequest, status: u16) {
        self.journal.hint(self.hint.take());
        self.journal.record(now, || What::Http {
            method: request.method.clone(),
            path: request.path.clone(),
            // Files are not text; what became of them is told by their state.
            body: if request.path.starts_with(FILES) { Bytes::new() } else { without_tokens(&request.body) },
            status,
        });
    }
}
