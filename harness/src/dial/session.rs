//! One adapter that dialled in: what is said to it and what came from it, whatever becomes of its links.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use super::{ring::Ring, seats::SessionId};

/// Lines that may wait for who reads; then the link is not read either.
const WAITING: usize = 256;

/// What comes from an adapter.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A line.
    Line(String),
    /// It cannot be read on: why.
    Broken(String),
}

/// An adapter that dialled in.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) id: SessionId,
    name: String,
    /// The host by which it reached us: others of our ports are reached by it as well.
    host: String,
    /// How long it may be without a link.
    pub(super) grace: Duration,
    state: Mutex<State>,
    /// Held while a line is handed on.
    turn: tokio::sync::Mutex<()>,
    /// Counts changes, for links.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    said: Ring,
    /// Lines that came from it.
    received: u64,
    /// Of the link that serves it: its number, from 1.
    link: u64,
    /// Since when it has none.
    lost: Option<Instant>,
    /// How its links are to be closed, and nothing more said.
    end: Option<End>,
    /// Where its lines go; `None`: nothing more comes.
    incoming: Option<mpsc::Sender<Incoming>>,
}

/// How a link is closed: code and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

/// What a link has to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this line.
    Line(String),
    /// Close.
    Close(End),
    /// Wait for a change.
    Wait,
}

impl Session {
    /// A session and what comes out of it.
    pub(super) fn new(
        id: SessionId,
        name: &str,
        host: &str,
        grace: Duration,
    ) -> (Self, mpsc::Receiver<Incoming>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let state = State {
            said: Ring::default(),
            received: 0,
            link: 0,
            lost: Some(Instant::now()),
            end: None,
            incoming: Some(sender),
        };
        let session = Self {
            id,
            name: name.to_owned(),
            host: host.to_owned(),
            grace,
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::new(()),
            changes: watch::Sender::new(0),
        };
        (session, receiver)
    }

    /// The client's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The host by which it reached us.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics while holding it; were it so, it is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Lines are handed on one after the other, whichever link they came on.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Says a line; `false`: it is over, or too many wait to be sent.
    pub(crate) fn say(&self, line: &str) -> bool {
        let mut state = self.state();
        let said = state.incoming.is_some() && state.end.is_none() && state.said.push(line.to_owned());
        drop(state);
        self.changed();
        said
    }

    /// Bytes that no link has taken.
    pub(crate) fn unsent(&self) -> usize {
        self.state().said.unsent()
    }

    /// Nothing more comes from it.
    pub(crate) fn is_over(&self) -> bool {
        self.state().incoming.is_none()
    }

    /// Whether a link serves it.
    pub(super) fn has_link(&self) -> bool {
        self.state().lost.is_none()
    }

    /// Closes its link, and lets nothing more of it through.
    pub(super) fn end(&self, code: u16, reason: &'static str) {
        let mut state = self.state();
        state.end.get_or_insert(End { code, reason });
        state.incoming = None;
        drop(state);
        self.changed();
    }

    /// Closes its link once all is said.
    pub(super) fn end_after(&self, line: &str, code: u16, reason: &'static str) {
        let mut state = self.state();
        if state.end.is_none() {
            // Too many lines that nobody reads: it is told by the code alone.
            let _ = state.said.push(line.to_owned());
            state.end = Some(End { code, reason });
        }
        state.incoming = None;
        drop(state);
        self.changed();
    }

    /// A new link serves it from here; gives the link's number and how many lines of the adapter's have come. `received` are
    /// ours that it has got; `None`: it cannot go on from there.
    pub(super) fn attach(&self, received: u64) -> Option<(u64, u64)> {
        let mut state = self.state();
        if state.incoming.is_none() || state.end.is_some() || !state.said.reaches_back_to(received) {
            return None;
        }
        state.link += 1;
        state.lost = None;
        let attached = (state.link, state.received);
        drop(state);
        self.changed();
        Some(attached)
    }

    /// What that link has to do, of which that many lines have been sent.
    pub(super) fn next(&self, link: u64, sent: u64) -> Next {
        let mut state = self.state();
        if state.link != link {
            let code = super::close::REPLACED;
            return Next::Close(End { code, reason: "another link of this adapter took over" });
        }
        if let Some(line) = state.said.get(sent + 1).map(str::to_owned) {
            state.said.sending(sent + 1);
            return Next::Line(line);
        }
        state.end.clone().map_or(Next::Wait, Next::Close)
    }

    /// A line came on that link; gives where it goes. `None`: nobody wants it.
    pub(super) fn heard(&self, link: u64) -> Option<mpsc::Sender<Incoming>> {
        let mut state = self.state();
        if state.link != link {
            return None;
        }
        state.received += 1;
        state.incoming.clone()
    }

    /// That link is gone; `true`: no other serves it, and it may come back.
    pub(super) fn detach(&self, link: u64) -> bool {
        let mut state = self.state();
        if state.link != link {
            return false;
        }
        state.lost = Some(Instant::now());
        state.incoming.is_some()
    }

    /// The adapter left by itself: what it wrote before is read to the end.
    pub(super) fn left(&self, link: u64) {
        let mut state = self.state();
        if state.link == link {
            state.incoming = None;
            state.lost = Some(Instant::now());
        }
    }

    /// What came on that link cannot be read on.
    pub(super) fn unreadable(&self, link: u64) -> Option<mpsc::Sender<Incoming>> {
        let mut state = self.state();
        if state.link == link { state.incoming.take() } else { None }
    }

    /// Whether it has been without a link for as long as it may; then nothing more comes, and who reads is to be told.
    pub(super) fn expire(&self) -> Option<mpsc::Sender<Incoming>> {
        let mut state = self.state();
        let expired = state.lost.is_some_and(|since| since.elapsed() >= self.grace);
        if expired { state.incoming.take() } else { None }
    }

    /// It came back and has forgotten everything: the old conversation cannot go on.
    pub(super) fn abandon(&self) -> Option<mpsc::Sender<Incoming>> {
        let mut state = self.state();
        // A link that still seems open is not its link any more.
        state.link += 1;
        let incoming = state.incoming.take();
        drop(state);
        self.changed();
        incoming
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_link_says_again_what_the_last_one_may_have_lost() {
        let (session, mut incoming) = Session::new(1, "dial@page", "here", Duration::ZERO);
        let (first, _) = session.attach(0).unwrap();
        for line in ["a", "b", "c"] {
            assert!(session.say(line));
        }
        assert_eq!(session.next(first, 0), Next::Line("a".to_owned()));
        assert_eq!(session.next(first, 1), Next::Line("b".to_owned()));
        let to = session.heard(first).unwrap();
        to.try_send(Incoming::Line("x".to_owned())).unwrap();
        assert!(session.detach(first));
        // It got one line of ours, and we one of its.
        let (second, received) = session.attach(1).unwrap();
        assert_eq!(received, 1);
        assert!(
            matches!(session.next(first, 2), Next::Close(End { code: 4009, .. })),
            "the old link is over"
        );
        assert!(session.heard(first).is_none() && !session.detach(first));
        assert_eq!(session.next(second, 1), Next::Line("b".to_owned()));
        assert_eq!(session.next(second, 2), Next::Line("c".to_owned()));
        assert_eq!(session.next(second, 3), Next::Wait);
        assert!(matches!(incoming.try_recv(), Ok(Incoming::Line(line)) if line == "x"));
    }

    #[test]
    fn who_has_got_what_was_never_sent_cannot_go_on() {
        let (session, _incoming) = Session::new(1, "dial@page", "here", Duration::ZERO);
        assert!(session.attach(1).is_none());
        assert!(session.attach(0).is_some());
    }

    #[test]
    fn the_last_line_is_said_before_the_link_is_closed() {
        let (session, _incoming) = Session::new(1, "dial@page", "here", Duration::ZERO);
        let (link, _) = session.attach(0).unwrap();
        session.end_after("bye", 1000, "the run is over");
        assert_eq!(session.next(link, 0), Next::Line("bye".to_owned()));
        assert_eq!(session.next(link, 1), Next::Close(End { code: 1000, reason: "the run is over" }));
        assert!(!session.say("more") && session.attach(1).is_none());
    }
}
