//! One polling client behind its login: what waits for it, and the poll that waits for something.

use std::{cell::RefCell, collections::VecDeque, mem, rc::Rc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use service::{Close, ConnId};
use tokio::{sync::oneshot, time::Instant};
use wire::{ClientFrame, ServerFrame, Topic, comet};

use crate::{
    buffer::Out,
    conn::ConnState,
    link::LinkState,
    meter::{Meter, Seat},
    telling,
    world::World,
};

/// Queries whose answers are awaited, at most: an answer to an older one is an empty object.
const AWAITED: usize = 1024;
/// An answer that tells nothing.
const NOTHING: &str = "[]";

/// Takes the answer of a request that waits.
type Waiting = oneshot::Sender<Bytes>;

pub(crate) struct Polling {
    pub(crate) id: ConnId,
    pub(crate) label: Box<str>,
    _seat: Seat,
    inner: RefCell<Inner>,
}

struct Inner {
    session: String,
    user: Box<str>,
    /// The login, until it is answered.
    opening: Option<Waiting>,
    poll: Option<Waiting>,
    /// JSON texts with commas between them.
    signals: Out,
    /// Bytes that are no signals, for the next answer.
    raw: Option<Bytes>,
    /// What queries that are not yet answered are about.
    awaited: VecDeque<(u16, Topic)>,
    ended: Option<Instant>,
    /// It ended as a broken link does.
    cut: bool,
    link: LinkState,
    /// Answers given, and requests taken behind the login: what a fence counts as frames.
    written: u64,
    read: u64,
}

impl Polling {
    pub(crate) fn new(id: ConnId, label: &str, meter: &Rc<Meter>) -> Rc<Self> {
        let inner = Inner {
            session: String::new(),
            user: Box::default(),
            opening: None,
            poll: None,
            signals: Out::new(meter),
            raw: None,
            awaited: VecDeque::new(),
            ended: None,
            cut: false,
            link: LinkState::Up,
            written: 0,
            read: 0,
        };
        Rc::new(Self { id, label: label.into(), _seat: Seat::client(meter), inner: RefCell::new(inner) })
    }

    /// The login waits for its answer.
    pub(crate) fn opening(&self) -> oneshot::Receiver<Bytes> {
        let (waiting, answer) = oneshot::channel();
        self.inner.borrow_mut().opening = Some(waiting);
        answer
    }

    /// A poll waits for signals. One that waited already gets nothing.
    pub(crate) fn poll(&self) -> oneshot::Receiver<Bytes> {
        self.answer_empty();
        let (waiting, answer) = oneshot::channel();
        let mut inner = self.inner.borrow_mut();
        inner.read += 1;
        inner.poll = Some(waiting);
        answer
    }

    pub(crate) fn count_read(&self) {
        self.inner.borrow_mut().read += 1;
    }

    pub(crate) fn count_written(&self) {
        self.inner.borrow_mut().written += 1;
    }

    /// Remembers what a query is about: its answer's message depends on it.
    pub(crate) fn expects(&self, frame: &ClientFrame) {
        let ClientFrame::Query(request) = frame else { return };
        let mut inner = self.inner.borrow_mut();
        if inner.awaited.len() == AWAITED {
            inner.awaited.pop_front();
        }
        inner.awaited.push_back((request.id, request.topic.clone()));
    }

    pub(crate) fn send(&self, frame: &ServerFrame) {
        let mut inner = self.inner.borrow_mut();
        if let ServerFrame::ConnAck(ack) = frame {
            telling::login_answered(self.id.0, ack);
            if let Some(accepted) = &ack.accepted {
                inner.user = accepted.user_id.as_str().into();
                inner.session = format!("{}.{}", accepted.session_id, self.id.0);
            }
            let answer = comet::open_answer(ack, &inner.session);
            if let Some(opening) = inner.opening.take() {
                inner.written += 1;
                // A client that gave up comes again.
                let _ = opening.send(answer.into());
            }
            return;
        }
        let answers = match frame {
            ServerFrame::QueryAck { id, .. } => {
                let found = inner.awaited.iter().position(|(asked, _)| asked == id);
                found.and_then(|index| inner.awaited.remove(index)).map(|(_, topic)| topic)
            }
            _ => None,
        };
        if inner.link != LinkState::HalfOpen
            && !inner.signals.is_too_long()
            && let Some(signal) = comet::signal(frame, answers.as_ref())
        {
            let comma = !inner.signals.is_empty();
            inner.signals.write(|out| {
                if comma {
                    out.put_u8(b',');
                }
                out.put_slice(signal.to_string().as_bytes());
            });
        }
    }

    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        self.inner.borrow_mut().raw = Some(Bytes::copy_from_slice(bytes));
    }

    /// Answers the poll that waits, if there is something to tell. `false`: too much waits that nobody asks for.
    pub(crate) fn flush(&self) -> bool {
        let mut inner = self.inner.borrow_mut();
        if inner.link != LinkState::Stall && inner.has_something() {
            inner.poll = inner.poll.take().filter(|poll| !poll.is_closed());
            if let Some(poll) = inner.poll.take() {
                inner.written += 1;
                let _ = poll.send(inner.take());
            }
        }
        !inner.signals.is_too_long()
    }

    /// Bytes that wait for somebody to ask.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.borrow().signals.len()
    }

    /// All there is to tell, for a request that does not wait.
    pub(crate) fn take(&self) -> Bytes {
        let mut inner = self.inner.borrow_mut();
        inner.written += 1;
        inner.take()
    }

    pub(crate) fn answer_empty(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.link == LinkState::Up
            && let Some(poll) = inner.poll.take()
        {
            inner.written += 1;
            let _ = poll.send(Bytes::from_static(NOTHING.as_bytes()));
        }
    }

    /// Ends the session as its world wants it: in good form the last signals can still be fetched.
    pub(crate) fn close(&self, how: Close) {
        self.flush();
        let mut inner = self.inner.borrow_mut();
        inner.ended = Some(Instant::now());
        if how != Close::Clean {
            inner.cut = true;
            inner.signals.release();
            inner.raw = None;
        }
        // Requests that wait end without an answer.
        inner.poll = None;
        inner.opening = None;
    }

    pub(crate) fn break_off(&self, world: &World) {
        self.inner.borrow_mut().link = LinkState::Up;
        self.close(Close::Cut);
        world.closed_by_peer(self.id);
        world.settle();
    }

    pub(crate) fn set_link(&self, link: LinkState) -> LinkState {
        let before = mem::replace(&mut self.inner.borrow_mut().link, link);
        self.flush();
        before
    }

    pub(crate) fn is_session(&self, session: &str) -> bool {
        self.inner.borrow().session == session
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.inner.borrow().cut
    }

    /// Whether it has ended, and has nothing left to tell or has waited for so long that somebody asks.
    pub(crate) fn is_over(&self, kept: Duration) -> bool {
        let inner = self.inner.borrow();
        inner.ended.is_some_and(|at| !inner.has_something() || at.elapsed() >= kept)
    }

    /// What it had to tell is lost.
    pub(crate) fn give_up(&self) {
        self.inner.borrow_mut().signals.release();
    }

    pub(crate) fn state(&self, closed: bool) -> ConnState {
        let inner = self.inner.borrow();
        ConnState {
            conn: self.id,
            user: inner.user.to_string(),
            label: self.label.to_string(),
            written: inner.written,
            read: inner.read,
            closed,
        }
    }
}

impl Inner {
    fn has_something(&self) -> bool {
        !self.signals.is_empty() || self.raw.is_some()
    }

    fn take(&mut self) -> Bytes {
        match self.raw.take() {
            Some(raw) => raw,
            None => {
                let mut all = BytesMut::with_capacity(self.signals.len() + 2);
                all.put_u8(b'[');
                all.put_slice(self.signals.bytes());
                all.put_u8(b']');
                self.signals.release();
                all.freeze()
            }
        }
    }
}
