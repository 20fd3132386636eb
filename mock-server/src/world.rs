//! One world on the server's thread: its service, its clock, and the connections and requests that wait for its answers.
//!
//! Nothing here is borrowed across an await. Inputs go in one by one, outputs are encoded into out-buffers at once, and
//! [`World::settle`] ends a batch: it flushes whom it concerned, wakes who watches, and looks at the next deadline.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    rc::Rc,
};

use service::{Close, ConnId, HttpId, HttpPath, HttpRequest, HttpResponse, Input, Service};
use tokio::sync::{Notify, oneshot};
use wire::{FrameError, UnixMillis};

use crate::{
    bounds::Bound,
    callback::Callbacks,
    clock::{self, WorldClock},
    conn::ConnState,
    kept::Held,
    link::{LinkState, Links},
    meter::{Did, Meter, Seat},
    peer::Peer,
    recorder::Recorder,
    timer::Timer,
};

/// How many ended connections are remembered.
const PAST: usize = 1024;

/// Connections are numbered one after the other: their number is hash enough.
#[derive(Debug, Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

type Numbered<V> = HashMap<u64, V, BuildHasherDefault<NumberHasher>>;
type Waiting = oneshot::Sender<Option<Box<HttpResponse>>>;

pub(crate) struct World {
    pub(crate) app_key: String,
    pub(crate) max_frame: usize,
    pub(crate) meter: Rc<Meter>,
    _seat: Seat,
    /// What sockets are read into; one for the whole thread.
    pub(crate) scratch: Rc<RefCell<Box<[u8]>>>,
    /// Told after every batch that somebody may wait for.
    pub(crate) changed: Notify,
    pub(crate) service: RefCell<Service>,
    pub(crate) clock: RefCell<WorldClock>,
    conns: RefCell<Numbered<Peer>>,
    pub(crate) requests: RefCell<Numbered<Waiting>>,
    pub(crate) callbacks: Callbacks,
    pub(crate) recorder: RefCell<Option<Recorder>>,
    /// What nobody may hear of before it is kept.
    pub(crate) held: RefCell<Held>,
    /// The end of this turn is waited for.
    pub(crate) turn: Notify,
    /// When something of the recording is to be kept, on the machine's clock, whether or not anybody waits for it.
    pub(crate) keeps_at: Cell<Option<UnixMillis>>,
    pub(crate) dirty: RefCell<Vec<Peer>>,
    past: RefCell<VecDeque<ConnState>>,
    links: RefCell<Links>,
    pub(crate) timer: Rc<Timer>,
    removed: Cell<bool>,
    /// Somebody has done something to it, beyond asking where it is.
    used: Cell<bool>,
    /// Held by whoever moves the time: one after the other.
    pub(crate) advancing: tokio::sync::Mutex<()>,
}

impl World {
    pub(crate) fn new(
        service: Service,
        clock: WorldClock,
        recorder: Option<Recorder>,
        max_frame: usize,
        meter: Rc<Meter>,
        scratch: Rc<RefCell<Box<[u8]>>>,
        timer: Rc<Timer>,
    ) -> Self {
        Self {
            app_key: service.app_key().to_owned(),
            max_frame,
            callbacks: Callbacks::new(&meter),
            _seat: Seat::world(&meter),
            meter,
            scratch,
            changed: Notify::new(),
            service: RefCell::new(service),
            clock: RefCell::new(clock),
            conns: RefCell::default(),
            requests: RefCell::default(),
            recorder: RefCell::new(recorder),
            held: RefCell::default(),
            turn: Notify::new(),
            keeps_at: Cell::new(None),
            dirty: RefCell::default(),
            past: RefCell::default(),
            links: RefCell::default(),
            timer,
            removed: Cell::new(false),
            used: Cell::new(false),
            advancing: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.borrow_mut().now()
    }

    /// What is added to the machine's clock; `None` on a clock moved by hand.
    pub(crate) fn offset(&self) -> Option<i64> {
        self.clock.borrow().offset()
    }

    /// One input; [`settle`](Self::settle) must follow before the thread goes on to wait.
    pub(crate) fn input(&self, input: Input) {
        let now = self.now();
        let mut service = self.service.borrow_mut();
        match &mut *self.recorder.borrow_mut() {
            Some(recorder) => {
                recorder.input(now, &input, &mut service);
                service.handle_taken(now, input);
            }
            None => service.handle(now, input),
        }
        self.drain(&mut service, now);
    }

    /// Anything else that may cause outputs, settled.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Service, UnixMillis) -> T) -> T {
        self.used.set(true);
        let now = self.now();
        let mut service = self.service.borrow_mut();
        let value = work(&mut service, now);
        self.drain(&mut service, now);
        // Whoever asked for it is told what came of it.
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.owes();
        }
        drop(service);
        self.settle();
        value
    }

    /// A look that changes nothing. What it finds was kept.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Service) -> T) -> T {
        self.settle_held();
        look(&self.service.borrow())
    }

    pub(crate) fn garbage(&self, conn: ConnId, error: FrameError) {
        tracing::debug!(app = self.app_key, conn = conn.0, %error, "garbage");
        self.input(Input::Garbage { conn, error: error.to_string() });
    }

    pub(crate) fn note(&self, conn: ConnId, text: &str) {
        tracing::debug!(app = self.app_key, conn = conn.0, text, "note");
        let now = self.now();
        let mut service = self.service.borrow_mut();
        service.note(now, conn, text);
        self.drain(&mut service, now);
    }

    pub(crate) fn on(&self, conn: ConnId, write: impl FnOnce(&Peer)) {
        let conns = self.conns.borrow();
        let Some(conn) = conns.get(&conn.0) else { return };
        write(conn);
        let mut dirty = self.dirty.borrow_mut();
        // Answers to one peer come in a row; a connection that is flushed twice finds nothing to do.
        if !dirty.last().is_some_and(|last| last.is(conn)) {
            dirty.push(conn.clone());
        }
    }

    /// Something was put into the connection's out-buffer.
    pub(crate) fn mark(&self, conn: ConnId) {
        self.on(conn, |_| {});
    }

    /// When, on the machine's clock, the world has something to do.
    pub(crate) fn due(&self) -> Option<UnixMillis> {
        let deadline = self.service.borrow().next_deadline();
        let deadline = deadline.and_then(|deadline| self.clock.borrow().on_wall(deadline));
        [deadline, self.keeps_at.get()].into_iter().flatten().min()
    }

    /// Runs what is due by now.
    pub(crate) fn run_due(&self) {
        if self.keeps_at.get().is_some_and(|at| at <= clock::wall()) {
            self.keep();
        }
        let now = self.now();
        if self.look(|service| service.next_deadline().is_some_and(|at| at <= now)) {
            self.with(Service::on_deadline);
        }
    }

    /// Cuts a client by a bound, once; [`settle`](Self::settle) must follow.
    pub(crate) fn cut_off(&self, peer: &Peer, bound: Bound) {
        if self.forget(peer.id()).is_none() {
            return;
        }
        self.meter.count(Did::Cut, bound);
        let (name, waiting) = (bound.name(), peer.waiting());
        self.note(peer.id(), &format!("cut by the bound `{name}`: {waiting} bytes were not read"));
        peer.close(Close::Reset);
        self.input(Input::Closed { conn: peer.id() });
    }

    /// Clients for whom more than `floor` bytes wait, with how much it is.
    pub(crate) fn unread(&self, floor: usize) -> Vec<(usize, Peer)> {
        let conns = self.conns.borrow();
        let unread = conns.values().map(|peer| (peer.waiting(), peer.clone()));
        let mut unread: Vec<_> = unread.filter(|(waiting, _)| *waiting > floor).collect();
        unread.sort_by_key(|(_, peer)| peer.id());
        unread
    }

    /// Takes a connection in; its login follows as an input.
    pub(crate) fn add(&self, peer: Peer) {
        self.conns.borrow_mut().insert(peer.id().0, peer);
    }

    pub(crate) fn closed_by_peer(&self, conn: ConnId) {
        if self.forget(conn).is_some() {
            self.input(Input::Closed { conn });
        }
    }

    pub(crate) fn forget(&self, conn: ConnId) -> Option<Peer> {
        let conn = self.conns.borrow_mut().remove(&conn.0)?;
        let mut past = self.past.borrow_mut();
        if past.len() == PAST {
            past.pop_front();
        }
        past.push_back(conn.state(true));
        Some(conn)
    }

    /// An HTTP request; the answer may come much later, or never.
    pub(crate) async fn request(&self, id: HttpId, request: Box<HttpRequest>) -> Option<Box<HttpResponse>> {
        /// A client that gives up takes its place with it.
        struct Place<'a>(&'a World, u64);
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                self.0.requests.borrow_mut().remove(&self.1);
            }
        }
        let (waiting, answer) = oneshot::channel();
        self.requests.borrow_mut().insert(id.0, waiting);
        let _place = Place(self, id.0);
        let asks_where = HttpPath::of(&request.path) == HttpPath::Navi;
        self.input(Input::Http { id, request });
        self.settle_soon();
        let answer = answer.await.ok().flatten();
        if !asks_where && answer.as_ref().is_some_and(|answer| answer.status == 200) {
            self.used.set(true);
        }
        answer
    }

    pub(crate) fn link_of(&self, label: &str) -> LinkState {
        self.links.borrow().of(label)
    }

    /// Waits until the link lets a new request or connection through; `false` if it never will.
    pub(crate) async fn passes(&self, label: &str) -> bool {
        loop {
            let changed = self.changed.notified();
            match self.link_of(label) {
                // Closed meanwhile: nobody waits for it to come back.
                _ if self.is_removed() => return false,
                LinkState::Up => return true,
                LinkState::Refuse => return false,
                LinkState::Stall => changed.await,
                LinkState::HalfOpen => {
                    // Lost on its way: nobody hears of it while the link is like this, and later it is too late.
                    let mut changed = changed;
                    while self.link_of(label) == LinkState::HalfOpen && !self.is_removed() {
                        changed.await;
                        changed = self.changed.notified();
                    }
                    return false;
                }
            }
        }
    }

    pub(crate) fn set_link(&self, prefix: &str, state: LinkState) {
        self.used.set(true);
        // What was said before goes the way that it would have gone.
        self.settle_held();
        self.links.borrow_mut().set(prefix, state);
        for conn in self.labelled(prefix) {
            let state = self.link_of(conn.label());
            // A stream with a hole in it does not go on.
            if conn.set_link(state) == LinkState::HalfOpen && state != LinkState::HalfOpen {
                conn.break_off(self);
            }
        }
        self.changed.notify_waiters();
    }

    /// Breaks the connections of a label prefix; says how many.
    pub(crate) fn cut(&self, prefix: &str) -> usize {
        self.settle_held();
        let conns = self.labelled(prefix);
        conns.iter().for_each(|conn| conn.break_off(self));
        conns.len()
    }

    fn labelled(&self, prefix: &str) -> Vec<Peer> {
        let conns = self.conns.borrow();
        let mut conns: Vec<_> =
            conns.values().filter(|conn| conn.label().starts_with(prefix)).cloned().collect();
        conns.sort_by_key(Peer::id);
        conns
    }

    /// Connections in the order they came: ended ones that are still remembered, and open ones.
    pub(crate) fn connections(&self) -> Vec<ConnState> {
        self.settle_held();
        let mut states: Vec<_> = self.past.borrow().iter().cloned().collect();
        states.extend(self.conns.borrow().values().map(|conn| conn.state(false)));
        states.sort_by_key(|state| state.conn);
        states
    }

    /// Whether nobody is there and nothing was ever done in it.
    pub(crate) fn is_unused(&self) -> bool {
        !self.used.get()
            && self.conns.borrow().is_empty()
            && self.requests.borrow().is_empty()
            && self.service.try_borrow().is_ok_and(|service| service.is_empty())
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.removed.get()
    }

    /// Closes every connection in good form and leaves requests without an answer.
    pub(crate) fn remove(&self) {
        self.settle_held();
        self.keep();
        self.removed.set(true);
        self.turn.notify_one();
        self.callbacks.stop();
        let conns: Vec<_> = self.conns.borrow_mut().drain().map(|(_, conn)| conn).collect();
        for conn in conns {
            conn.close(Close::Clean);
        }
        self.requests.borrow_mut().clear();
        self.changed.notify_waiters();
    }
}
