//! Where adapters dial in: one for a run, shared by all that runs side by side.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::Write as _,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{
    Mount, close, link,
    seats::{Admission, Seats, SessionId, Shown},
    serve,
    session::{Incoming, Session},
    shown::{self, Shape},
    token,
};
use crate::runner::Fault;

/// How often a wait looks at what else may end it.
const MOMENT: Duration = Duration::from_millis(50);
/// How long adapters may take to hear that a run is over.
const FAREWELL: Duration = Duration::from_secs(2);

/// How clients dial in.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Where they do; port 0 takes a free one.
    pub address: SocketAddr,
    /// How long one is waited for.
    pub wait: Duration,
    /// How long an adapter may be without a link until it counts as gone; [`GRACE`](super::GRACE).
    pub grace: Duration,
    /// The host by which devices reach this machine, where that is not the one by which they dialled in.
    pub advertise: Option<String>,
    /// What pages are served.
    pub mounts: Vec<Mount>,
    /// Whether addresses are shown as QR codes too.
    pub codes: bool,
}

/// An adapter that dialled in, and what comes from it.
pub(crate) type Arrived = (Arc<Session>, mpsc::Receiver<Incoming>);

/// Where adapters dial in. Dropped, it tells those who are there that the run is over.
#[derive(Debug)]
pub struct Exchange {
    shared: Arc<Shared>,
    terms: Terms,
    bound: SocketAddr,
    /// Dropped, it ends the thread that serves.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What the thread that serves shares with those who wait.
#[derive(Debug)]
pub(super) struct Shared {
    mounts: Vec<Mount>,
    grace: Duration,
    state: Mutex<State>,
    changed: Condvar,
    next_id: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    seats: Seats,
    sessions: BTreeMap<SessionId, Arc<Session>>,
    /// Who dialled in and was not taken yet, by name.
    waiting: BTreeMap<String, VecDeque<Arrived>>,
    /// Who was taken, and is not needed for now.
    returned: Vec<Arc<Session>>,
    /// Who was waited for in vain: not waited for again.
    missed: BTreeSet<String>,
}

/// What becomes of a WebSocket.
#[derive(Debug)]
pub(super) enum Let {
    /// It is closed: why.
    Refused(&'static str),
    /// It serves that session: as which link, and how many of our lines the adapter has got; what it is told first.
    In { session: Arc<Session>, from: (u64, u64), welcome: String },
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics while holding it; were it so, it is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Somebody dials in, by that host.
    pub(super) async fn admit(&self, shown: Option<Shown>, host: &str) -> Let {
        let admission = self.state().seats.admit(shown);
        let (name, before) = match admission {
            Admission::Refused(why) => return Let::Refused(why),
            Admission::Begin(name) => (name, None),
            Admission::Return { name, session, received } => {
                let before = self.state().sessions.get(&session).cloned();
                let goes_on = before.as_ref().and_then(|session| session.attach(received?));
                if let (Some(session), Some((link, heard)), Some(received)) = (&before, goes_on, received) {
                    let welcome =
                        json!({"welcome": {"name": name, "fresh": false, "received": heard}}).to_string();
                    return Let::In { session: Arc::clone(session), from: (link, received), welcome };
                }
                (name, before)
            }
        };
        if let Some(before) = before {
            let to = before.abandon();
            self.forget(&before);
            if let Some(to) = to {
                link::tell(&to, "it began anew: what it was asked is lost".to_owned()).await;
            }
        }
        self.begin(&name, host)
    }

    fn begin(&self, name: &str, host: &str) -> Let {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (session, incoming) = Session::new(id, name, host, self.grace);
        let session = Arc::new(session);
        let Some((link, _)) = session.attach(0) else { return Let::Refused("the run is over") };
        let resume = token::draw();
        let grace = u64::try_from(self.grace.as_millis()).unwrap_or(u64::MAX);
        let welcome = json!({"welcome": {"name": name, "fresh": true, "resume": resume, "received": 0, "graceMs": grace}});
        let mut state = self.state();
        state.seats.may_return(resume, name, id);
        state.sessions.insert(id, Arc::clone(&session));
        state.missed.remove(name);
        state.waiting.entry(name.to_owned()).or_default().push_back((Arc::clone(&session), incoming));
        drop(state);
        self.changed.notify_all();
        Let::In { session, from: (link, 0), welcome: welcome.to_string() }
    }

    /// It cannot come back any more.
    fn forget(&self, session: &Session) {
        let mut state = self.state();
        state.sessions.remove(&session.id);
        state.seats.forget(session.id);
    }
}

impl Exchange {
    /// Listens.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn open(terms: Terms) -> Result<Self, Fault> {
        let fault = |error: std::io::Error| Fault(format!("--dial {}: {error}", terms.address));
        let listener = std::net::TcpListener::bind(terms.address).map_err(fault)?;
        listener.set_nonblocking(true).map_err(fault)?;
        let bound = listener.local_addr().map_err(fault)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fault)?;
        let shared = Arc::new(Shared {
            mounts: terms.mounts.clone(),
            grace: terms.grace,
            state: Mutex::default(),
            changed: Condvar::new(),
            next_id: AtomicU64::new(1),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("dial".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve::serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
            // Links that are being closed have a moment.
            runtime.shutdown_timeout(Duration::ZERO);
        });
        let thread = thread.map_err(fault)?;
        Ok(Self { shared, terms, bound, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.bound
    }

    /// A client of that name may dial in; gives the address at which it does, token and all.
    pub fn offer(&self, name: &str) -> String {
        let token = token::draw();
        let url = format!("ws://{}{}?token={token}", self.reached(), serve::PATH);
        self.shared.state().seats.offer(name, token);
        url
    }

    /// As [`offer`](Self::offer), and tells people.
    pub fn invite(&self, name: &str) {
        let url = self.offer(name);
        let page = !self.terms.mounts.is_empty();
        let shape = Shape { page, code: self.terms.codes };
        // Nobody to tell is no reason to stop.
        let _ = std::io::stderr().write_all(shown::invitation(name, &url, shape).as_bytes());
    }

    /// Names of clients that were offered a place.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.shared.state().seats.names()
    }

    /// Host and port by which devices reach it, as far as that can be known.
    fn reached(&self) -> String {
        let port = self.bound.port();
        match &self.terms.advertise {
            Some(host) => format!("{host}:{port}"),
            None if self.bound.ip().is_unspecified() => {
                SocketAddr::new(shown::own_address(self.bound.is_ipv6()), port).to_string()
            }
            None => self.bound.to_string(),
        }
    }

    /// Where a server for clients that dial in has to listen: they must reach it as they reach this.
    #[must_use]
    pub fn server_address(&self) -> SocketAddr {
        if self.bound.ip().is_loopback() {
            return SocketAddr::new(self.bound.ip(), 0);
        }
        // The clients beside them come by the loopback address.
        if self.bound.is_ipv4() {
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
        } else {
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
        }
    }

    /// The host at which a client that dialled in finds other ports of ours.
    pub(crate) fn host_for(&self, session: &Session) -> String {
        self.terms.advertise.clone().unwrap_or_else(|| session.host().to_owned())
    }

    /// Takes an adapter of that name: one that waits, or the first that comes within the time. `check` may end the wait.
    ///
    /// # Errors
    /// Nobody comes, or `check` says so.
    pub(crate) fn take(&self, name: &str, check: &dyn Fn() -> Result<(), Fault>) -> Result<Arrived, Fault> {
        let began = Instant::now();
        let mut invited = false;
        loop {
            let mut state = self.shared.state();
            while let Some(arrived) = state.waiting.get_mut(name).and_then(VecDeque::pop_front) {
                if !arrived.0.is_over() {
                    return Ok(arrived);
                }
            }
            // One that was here comes back without what it may hold of earlier cases.
            let again = state.returned.iter().position(|session| session.name() == name);
            if let Some(index) = again {
                state
                    .returned
                    .swap_remove(index)
                    .end(close::ANEW, "begin anew: come back with the resume token");
            } else if !invited && !state.seats.is_open(name) && began.elapsed() >= self.terms.grace / 2 {
                invited = true;
                drop(state);
                self.invite(name);
                continue;
            }
            let limit = if state.missed.contains(name) { Duration::ZERO } else { self.terms.wait };
            if began.elapsed() >= limit {
                let first = state.missed.insert(name.to_owned());
                let waited = self.terms.wait.as_secs();
                let why = if first {
                    format!(
                        "no client has dialled in as {name} within {waited} s (`--dial-wait`); is {} reached from there?",
                        self.reached()
                    )
                } else {
                    format!("no client has dialled in as {name}: it was waited for in vain")
                };
                return Err(Fault(why));
            }
            let (state, _) =
                self.shared.changed.wait_timeout(state, MOMENT).unwrap_or_else(PoisonError::into_inner);
            drop(state);
            check()?;
        }
    }

    /// An adapter is not needed for now.
    pub(crate) fn give_back(&self, session: &Arc<Session>) {
        let mut state = self.shared.state();
        let is_there = state.returned.iter().any(|other| Arc::ptr_eq(other, session));
        if !session.is_over() && !is_there {
            state.returned.push(Arc::clone(session));
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let state = self.shared.state();
        let here: Vec<Arc<Session>> = state.sessions.values().cloned().collect();
        drop(state);
        for session in &here {
            session.end_after(r#"{"id":0,"bye":{}}"#, close::OVER, "the run is over");
        }
        // Links close by themselves; the thread ends with what is left of them.
        let until = Instant::now() + FAREWELL;
        while here.iter().any(|session| session.has_link()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was told on stderr, and is no reason for another.
            let _ = thread.join();
        }
    }
}
