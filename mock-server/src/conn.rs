//! One client connection behind its login: a task that reads frames into its world and writes what the world answers.
//!
//! The task is a hand-written poll loop and holds two pointers, so that an idle connection stays small. The world writes
//! frames straight into the out-buffers of whom they concern and flushes them itself at the end of a batch; a
//! connection's own task only takes over what its socket did not accept at once.

mod frames;

use std::{
    cell::RefCell,
    future::Future,
    mem,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use bytes::BytesMut;
use service::{Close, ConnId};
use wire::ServerFrame;

use self::frames::Turn;
use crate::{
    bounds::Bound,
    io::Io,
    link::LinkState,
    meter::{Did, Seat},
    stream::{Inner, Phase},
    telling,
    world::World,
    ws::{self, CloseCode},
};

pub(crate) struct Conn {
    pub(crate) id: ConnId,
    pub(crate) label: Box<str>,
    /// A native stream; otherwise WebSocket messages.
    native: bool,
    _seat: Seat,
    inner: RefCell<Inner>,
}

/// How a connection stands, as [`Server::connections`](crate::Server::connections) tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnState {
    /// The connection.
    pub conn: ConnId,
    /// Its user; empty if its login was not accepted.
    pub user: String,
    /// The label its login gave.
    pub label: String,
    /// Frames written to it.
    pub written: u64,
    /// Frames read from it.
    pub read: u64,
    /// Whether it has ended.
    pub closed: bool,
}

impl Conn {
    /// `carry` is what was read behind the login.
    pub(crate) fn new(
        id: ConnId,
        label: &str,
        native: bool,
        io: Io,
        carry: BytesMut,
        seat: Seat,
    ) -> Rc<Self> {
        Rc::new(Self {
            id,
            label: label.into(),
            native,
            inner: RefCell::new(Inner::new(io, carry, seat.meter())),
            _seat: seat,
        })
    }

    /// Runs the connection to its end. From the moment it ends it does not hold on to its world.
    pub(crate) fn run(self: Rc<Self>, world: Rc<World>) -> impl Future<Output = ()> {
        let mut world = Some(world);
        std::future::poll_fn(move |cx| {
            if let Some(inside) = &world {
                ready!(self.poll_open(inside, cx));
                world = None;
            }
            self.inner.borrow_mut().poll_end(cx)
        })
    }

    /// Ready when the connection is no longer open.
    fn poll_open(&self, world: &World, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.borrow_mut().wakes(cx);
        let mut turn = Turn::new(&world.meter);
        loop {
            let mut inner = self.inner.borrow_mut();
            if !matches!(inner.phase, Phase::Open) {
                return Poll::Ready(());
            }
            if inner.link == LinkState::Stall {
                return Poll::Pending;
            }
            if let Poll::Ready(Err(_)) = inner.poll_write(cx) {
                drop(inner);
                self.ended(world);
                continue;
            }
            let batch = match inner.poll_batch(cx, &world.meter, &mut world.scratch.borrow_mut()) {
                Poll::Ready(batch) => batch,
                Poll::Pending => {
                    let bound = ready!(inner.poll_patience(cx, &world.meter));
                    drop(inner);
                    self.cut_off(world, bound);
                    continue;
                }
            };
            let half_open = inner.link == LinkState::HalfOpen;
            drop(inner);
            match batch {
                Ok(batch) if !half_open && !batch.is_empty() => {
                    self.frames(world, batch, &mut turn);
                    if turn.is_over() {
                        // Behind everybody else, and behind what the sockets of others have for us.
                        let mut others = std::pin::pin!(tokio::task::yield_now());
                        let _ = others.as_mut().poll(cx);
                        return Poll::Pending;
                    }
                }
                Ok(batch) if !batch.is_empty() => {}
                _ if half_open => {
                    // Nothing of this gets through: the world goes on believing in the connection.
                    self.inner.borrow_mut().unheard_end = true;
                    return Poll::Pending;
                }
                _ => self.ended(world),
            }
        }
    }

    /// The peer closed the connection, or it broke.
    fn ended(&self, world: &World) {
        // What it was to hear before it still hears, if it listens.
        world.settle_held();
        let left = {
            let mut inner = self.inner.borrow_mut();
            if matches!(inner.phase, Phase::Gone) {
                return;
            }
            inner.phase = Phase::Gone;
            inner.carry.len()
        };
        if left > 0 {
            world.note(self.id, &format!("the stream ended inside a frame: {left} bytes of it had come"));
        }
        world.closed_by_peer(self.id);
        world.settle();
    }

    /// Cut by a bound: the peer is told by a reset, the world by the journal.
    pub(crate) fn cut_off(&self, world: &World, bound: Bound) {
        let text = {
            let mut inner = self.inner.borrow_mut();
            if matches!(inner.phase, Phase::Gone) {
                return;
            }
            inner.phase = Phase::Gone;
            inner.io.reset_on_drop();
            let (unread, begun) = (inner.out.len(), inner.carry.len());
            inner.out.release();
            let name = bound.name();
            format!(
                "cut by the bound `{name}`: {unread} bytes were not read, {begun} bytes of a frame had come"
            )
        };
        world.meter.count(Did::Cut, bound);
        world.note(self.id, &text);
        world.closed_by_peer(self.id);
        world.settle();
    }

    fn is_open(&self) -> bool {
        matches!(self.inner.borrow().phase, Phase::Open)
    }

    /// Encodes a frame into the out-buffer.
    pub(crate) fn send(&self, frame: &ServerFrame) {
        let mut inner = self.inner.borrow_mut();
        inner.written += 1;
        if let ServerFrame::ConnAck(ack) = frame {
            telling::login_answered(self.id.0, ack);
            if let Some(accepted) = &ack.accepted {
                inner.user = accepted.user_id.as_str().into();
            }
        }
        if inner.link == LinkState::HalfOpen || inner.out.is_too_long() {
            return;
        }
        inner.out.write(|out| {
            if self.native {
                wire::native::encode_server(frame, out);
            } else {
                ws::put_binary(out, 1 + frame.body_hint(), |out| wire::websocket::encode_server(frame, out));
            }
        });
    }

    /// The same for bytes that are no frame of ours.
    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        let mut inner = self.inner.borrow_mut();
        inner.written += 1;
        if inner.link == LinkState::HalfOpen || inner.out.is_too_long() {
            return;
        }
        inner.out.write(|out| {
            if self.native {
                out.extend_from_slice(bytes);
            } else {
                ws::put_binary(out, bytes.len(), |out| out.extend_from_slice(bytes));
            }
        });
    }

    /// Writes what the socket takes now; the rest is left to the connection's own task. `false`: too much waits, and the
    /// connection must be cut.
    pub(crate) fn flush(&self) -> bool {
        let mut inner = self.inner.borrow_mut();
        if !matches!(inner.phase, Phase::Open) {
            return true;
        }
        if inner.link != LinkState::Stall {
            let mut nobody = Context::from_waker(Waker::noop());
            if !matches!(inner.poll_write(&mut nobody), Poll::Ready(Ok(()))) {
                inner.wake();
            }
        }
        !inner.out.is_too_long()
    }

    /// What waits to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.borrow().out.len()
    }

    /// Ends the connection as its world wants it.
    pub(crate) fn close(&self, how: Close) {
        match how {
            Close::Clean => self.end(ws::NORMAL),
            Close::Cut | Close::Reset => {
                let mut inner = self.inner.borrow_mut();
                inner.phase = Phase::Gone;
                inner.out.release();
                if how == Close::Reset {
                    inner.io.reset_on_drop();
                }
                inner.wake();
            }
        }
    }

    fn end(&self, code: CloseCode) {
        let mut inner = self.inner.borrow_mut();
        if !matches!(inner.phase, Phase::Open) {
            return;
        }
        inner.phase = Phase::Ending(None);
        if !self.native && inner.link != LinkState::HalfOpen {
            inner.out.write(|out| ws::put_close(out, code));
        }
        inner.wake();
    }

    /// Breaks the connection below the protocol, whatever the state of its link; the world hears of it.
    pub(crate) fn break_off(&self, world: &World) {
        self.inner.borrow_mut().link = LinkState::Up;
        self.ended(world);
        self.inner.borrow_mut().wake();
    }

    /// Changes the link. Coming up again lets what a stall held go on, and tells of an end that nobody heard.
    /// Gives the state it had before.
    pub(crate) fn set_link(&self, link: LinkState) -> LinkState {
        let mut inner = self.inner.borrow_mut();
        let before = mem::replace(&mut inner.link, link);
        if link == LinkState::Up && mem::take(&mut inner.unheard_end) {
            inner.carry.clear();
            inner.held = false;
        }
        inner.wake();
        before
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
