//! One world: the pure state machine that shells feed and drain. The public face, and nothing else: what comes in is told apart
//! by `doors`, what a world is made of stands in `world`.

use std::collections::VecDeque;

use serde_json::Value;
use wire::UnixMillis;

use crate::{
    core::{
        Core,
        bug::Bug,
        io::{Close, ConnId, ConnView, Endpoints, Input, Output},
        journal::{Journal, What},
        stand_in::StandIn,
        timers::Delayed,
    },
    doors::{
        frames::carry_frame,
        gate::{frame_through_faults, http_through_faults, open_through_faults},
        http::http_request,
        login::open,
        note,
        operator::{
            act::{Act, ActError},
            bulk::{self, Filling, Progress},
            populate::populate,
            setup::WorldSetup,
            tokens, view,
        },
        polling::{poll_due, polled},
        server_api::ApiState,
    },
    outward::OutwardState,
    taken::Taken,
    world::World,
};

/// What [`Service::on_deadline`] runs at most in one go.
const MOST_AT_ONCE: usize = 256;

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
///
/// Whoever runs it calls [`handle`](Self::handle), [`act`](Self::act) and [`on_deadline`](Self::on_deadline), and after each of
/// them takes everything that [`poll_output`](Self::poll_output) has.
///
/// ```
/// use service::{ConnId, Endpoints, Input, Login, Output, Service, setup::WorldSetup};
/// use wire::{ClientFrame, ServerFrame};
///
/// let setup = WorldSetup::default();
/// let now = setup.start();
/// let mut service = Service::new("my-app", &setup, 1, Endpoints::default(), now).unwrap();
/// let (conn, token) = (ConnId(1), service.issue_token(now, "alice"));
/// let login = Login { token, platform: "Android".into(), ..Login::default() };
/// service.handle(now, Input::Open { conn, login: Box::new(login) });
/// service.handle(now, Input::Frame { conn, frame: ClientFrame::Ping });
/// let mut frames = std::iter::from_fn(|| service.poll_output()).filter_map(|output| match output {
///     Output::Send { frame, .. } => Some(frame),
///     _ => None,
/// });
/// assert!(matches!(frames.next(), Some(ServerFrame::ConnAck(_))));
/// assert!(matches!(frames.next(), Some(ServerFrame::Pong)));
/// ```
#[derive(Debug, Clone)]
pub struct Service {
    pub(crate) world: World,
    pub(crate) api: ApiState,
    /// What was done to it and nobody has asked for yet; `None`: nobody will ask.
    tape: Option<VecDeque<(UnixMillis, Taken)>>,
    stand_in: Option<Box<dyn StandIn>>,
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

    /// A world as `setup` describes it, but without its `backlog`, which [`fill`](Self::fill) puts into it.
    ///
    /// # Errors
    /// Every mistake in the set-up, a sentence each.
    pub fn begin(
        app_key: &str,
        setup: &WorldSetup,
        seed: u64,
        endpoints: Endpoints,
        now: UnixMillis,
    ) -> Result<(Self, Filling), Vec<String>> {
        let mistakes = setup.mistakes();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let service = Self::unfilled(app_key, setup, seed, endpoints, now);
        Ok((service, Filling::of(setup, now)))
    }

    /// The world of a set-up without mistakes; its backlog is still to come.
    fn unfilled(app_key: &str, setup: &WorldSetup, seed: u64, endpoints: Endpoints, now: UnixMillis) -> Self {
        let preset = setup.preset.unwrap_or_default();
        let secret = setup.app_secret.as_deref().unwrap_or("mock-secret");
        let rules = (preset.switches(&setup.switches), preset.limits(&setup.limits), preset);
        let core = Core::new((app_key, secret), endpoints, rules, seed);
        let outward = OutwardState {
            callbacks: setup.callbacks.clone(),
            app_level: setup.app_level,
            ..OutwardState::default()
        };
        let mut service =
            Self { world: World::new(core, outward), api: ApiState::default(), tape: None, stand_in: None };
        populate(&mut service.world, setup, now);
        service
    }

    /// From now on everything that is done to it can be had from [`poll_taken`](Self::poll_taken), which whoever runs it then has
    /// to drain, too.
    pub fn tell_taken(&mut self) {
        self.tape.get_or_insert_default();
    }

    /// The next thing that was done to it, and when; nothing unless [`tell_taken`](Self::tell_taken) was called.
    pub fn poll_taken(&mut self) -> Option<(UnixMillis, Taken)> {
        self.tape.as_mut()?.pop_front()
    }

    /// Everything that is done to a world goes through here before it is done: a world that panics over it has told of it.
    fn takes(&mut self, now: UnixMillis, what: impl FnOnce() -> Taken) {
        if let Some(tape) = &mut self.tape {
            tape.push_back((now, what()));
        }
    }

    /// Does again what was done to a world: the same set-up, seed and endpoints, with the same things at the same times, give
    /// the same outputs, byte for byte.
    pub fn again(&mut self, now: UnixMillis, taken: Taken) {
        match taken {
            Taken::Input(input) => self.handle(now, input),
            Taken::Due => {
                self.on_deadline(now);
            }
            Taken::Act { act, done, most } => {
                // An act that was wrong is wrong again.
                let _ = self.act_piece(now, &act, &mut Progress::after(done), most);
            }
            Taken::GivenUp { act, done } => self.act_given_up(now, &act, &Progress::after(done)),
            Taken::Token { user } => {
                self.issue_token(now, &user);
            }
            Taken::Disarm { fault } => {
                self.disarm(now, fault);
            }
            Taken::Endpoints(endpoints) => self.move_to(now, endpoints),
            Taken::Note { conn, text } => self.note(now, conn, &text),
        }
    }

    /// From now on somebody speaks in its stead. What was done is told as ever; doing it again without the same one gives other
    /// outputs.
    pub fn stands_in(&mut self, stand_in: Box<dyn StandIn>) {
        self.stand_in = Some(stand_in);
    }

    /// Tells whoever speaks in its stead ([`StandIn::hears`]); nobody else hears it.
    pub fn tell_stand_in(&mut self, now: UnixMillis, what: &Value) {
        if let Some(stand_in) = &mut self.stand_in {
            stand_in.hears(now, what);
        }
    }

    /// Who speaks in its stead.
    #[must_use]
    pub fn stand_in(&self) -> Option<&dyn StandIn> {
        self.stand_in.as_deref()
    }

    /// Takes an input; outputs queue up for [`poll_output`](Self::poll_output).
    pub fn handle(&mut self, now: UnixMillis, input: Input) {
        self.takes(now, || Taken::Input(input.clone()));
        self.handle_taken(now, input);
    }

    /// The same for an input that whoever runs the world has taken down already: [`poll_taken`](Self::poll_taken) does not tell of it.
    pub fn handle_taken(&mut self, now: UnixMillis, input: Input) {
        if self.stand_in.as_mut().is_some_and(|stand_in| stand_in.takes(now, &input)) {
            return;
        }
        self.world.core.hint.set(None);
        match input {
            Input::Open { conn, login } => open_through_faults(&mut self.world, now, conn, login),
            Input::Frame { conn, frame } => frame_through_faults(&mut self.world, now, conn, frame),
            Input::Poll { conn } => polled(&mut self.world, now, conn),
            Input::Garbage { conn, error } => {
                self.world.core.journal.record(now, || What::Garbage { conn, error });
                self.world.core.lose(now, conn, "sent what is no frame");
                self.world.core.output(Output::Close { conn, how: Close::Clean });
            }
            Input::Closed { conn } => self.world.core.lose(now, conn, "closed by the peer"),
            Input::Http { id, request } => {
                http_through_faults(&mut self.world, &mut self.api, now, id, request)
            }
        }
        self.world.settle(now);
    }

    /// Drained by the shell after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        let stand_in = self.stand_in.as_mut().and_then(|stand_in| stand_in.poll_output());
        stand_in.or_else(|| self.world.core.next_output())
    }

    /// When [`on_deadline`](Self::on_deadline) must be called at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        let stand_in = self.stand_in.as_ref().and_then(|stand_in| stand_in.next_deadline());
        [self.world.core.timers.first(), stand_in].into_iter().flatten().min()
    }

    /// Runs what is due by `now`, at most a bounded number of it: if more is due, [`next_deadline`](Self::next_deadline)
    /// is still `now` or earlier. Idempotent. Tells how much it ran.
    pub fn on_deadline(&mut self, now: UnixMillis) -> usize {
        if self.next_deadline().is_none_or(|due| due > now) {
            return 0;
        }
        self.takes(now, || Taken::Due);
        if let Some(stand_in) = &mut self.stand_in {
            stand_in.on_deadline(now);
        }
        for ran in 0..MOST_AT_ONCE {
            let Some(delayed) = self.world.core.timers.due(now) else { return ran };
            self.world.core.hint.set(None);
            match delayed {
                Delayed::Open(conn, login) => open(&mut self.world, now, conn, &login),
                Delayed::Up(conn, frame) => carry_frame(&mut self.world, now, conn, frame),
                Delayed::Down(conn, frame, answers, hint) => {
                    self.world.core.hint.set(hint);
                    self.world.core.write(now, conn, frame, answers.as_ref());
                }
                Delayed::Http(id, request) => http_request(&mut self.world, &mut self.api, now, id, &request),
                Delayed::Respond(id, response) => {
                    self.world.core.output(Output::Respond { id, response: Some(response) });
                }
                Delayed::Poll { conn, poll, gone } => poll_due(&mut self.world, now, conn, poll, gone),
                Delayed::Topic(due) => self.world.due(now, due),
            }
            self.world.settle(now);
        }
        MOST_AT_ONCE
    }

    /// What the world keeps in bytes, and what it dropped and refused because of it.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            journal: self.world.core.journal.bytes(),
            journal_dropped: self.world.core.journal.dropped(),
            files: self.world.files.bytes(),
            files_refused: self.world.files.refused(),
        }
    }

    /// Whether no user has ever been heard of in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.world.core.connections.is_empty() && self.world.core.accounts.len() == 0
    }

    /// Every input and output so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.world.core.journal
    }

    /// The App Key.
    #[must_use]
    pub fn app_key(&self) -> &str {
        &self.world.core.app_key
    }

    /// The App Secret.
    #[must_use]
    pub fn app_secret(&self) -> &str {
        &self.world.core.app_secret
    }

    /// Where clients find the server changed (the shell knows its port only after it listens).
    pub fn move_to(&mut self, now: UnixMillis, endpoints: Endpoints) {
        self.takes(now, || Taken::Endpoints(endpoints.clone()));
        self.world.core.endpoints = endpoints;
    }

    /// The deliberate bugs that the code has come to so far: with any other the world would have done the same.
    #[must_use]
    pub fn bugs_asked(&self) -> Vec<Bug> {
        self.world.core.bugs.asked()
    }

    /// The armed faults, in the order they were armed: id, what each waits for and does, how many fitting frames or requests
    /// it has `seen`, on how many it acted (`fired`), and whether it is `spent`.
    #[must_use]
    pub fn armed_faults(&self) -> Vec<serde_json::Value> {
        self.world.core.faults.list().collect()
    }

    /// Disarms a fault; `false` if there is none of that id.
    pub fn disarm(&mut self, now: UnixMillis, id: u64) -> bool {
        self.takes(now, || Taken::Disarm { fault: id });
        self.world.core.faults.disarm(id)
    }

    /// Open connections in the order they came.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnView> {
        let mut views = self.own_connections();
        if let Some(stand_in) = &self.stand_in {
            views.extend(stand_in.connections());
            views.sort_by_key(|view| view.conn);
        }
        views
    }

    fn own_connections(&self) -> Vec<ConnView> {
        self.world
            .core
            .connections
            .iter()
            .map(|(conn, connection)| ConnView {
                conn: *conn,
                user: self.world.core.accounts[connection.user].id.to_string(),
                label: connection.label.to_string(),
                written: connection.written,
                read: connection.read,
                owes: connection.owes(),
            })
            .collect()
    }

    /// Whose an open connection is.
    #[must_use]
    pub fn user_of(&self, conn: ConnId) -> Option<&str> {
        let connection = self.world.core.connections.get(&conn)?;
        Some(&self.world.core.accounts[connection.user].id)
    }

    /// Carries a server-side act out and says what came of it.
    ///
    /// # Errors
    /// An argument is wrong; then nothing has changed.
    pub fn act(&mut self, now: UnixMillis, act: &Act) -> Result<Value, ActError> {
        let mut progress = Progress::default();
        loop {
            if let Some(outcome) = self.act_piece(now, act, &mut progress, u32::MAX)? {
                return Ok(outcome);
            }
        }
    }

    /// The same, but at most `most` messages of it; `None`: there is more to do. `progress` is a new one at first.
    ///
    /// # Errors
    /// An argument is wrong. At the first piece nothing has changed then; later, where what the act goes to has ended
    /// meanwhile, what was done stays.
    pub fn act_piece(
        &mut self,
        now: UnixMillis,
        act: &Act,
        progress: &mut Progress,
        most: u32,
    ) -> Result<Option<Value>, ActError> {
        self.takes(now, || Taken::Act { act: Box::new(act.clone()), done: progress.done(), most });
        bulk::act_piece(&mut self.world, now, act, progress, most)
    }

    /// An act is given up between two pieces: the journal tells how much of it was done.
    pub fn act_given_up(&mut self, now: UnixMillis, act: &Act, progress: &Progress) {
        self.takes(now, || Taken::GivenUp { act: Box::new(act.clone()), done: progress.done() });
        bulk::act_given_up(&mut self.world, now, act, progress);
    }

    /// Puts at most `most` messages of a world's beginning into it; `false` once all are there.
    pub fn fill(&mut self, filling: &mut Filling, most: u32) -> bool {
        bulk::fill(&mut self.world, filling, most)
    }

    /// Issues a token for a user, registering it if need be. It names the configured address.
    pub fn issue_token(&mut self, now: UnixMillis, user: &str) -> String {
        self.takes(now, || Taken::Token { user: user.to_owned() });
        tokens::issue_token(&mut self.world, now, user)
    }

    /// The token that the set-up's `tokens:` names.
    #[must_use]
    pub fn named_token(&self, name: &str) -> Option<&str> {
        tokens::named_token(&self.world, name)
    }

    /// What the world holds of a kind ([`StateKind`](crate::StateKind)); `id` narrows it to one of it. `None`: no such kind
    /// or id.
    #[must_use]
    pub fn state(&self, kind: &str, id: Option<&str>) -> Option<Value> {
        view::state(&self.world, kind, id)
    }

    /// What a shell saw below the frames, and the journal should show all the same.
    pub fn note(&mut self, now: UnixMillis, conn: ConnId, text: &str) {
        self.takes(now, || Taken::Note { conn, text: text.to_owned() });
        note::note(&mut self.world, now, conn, text);
    }
}
