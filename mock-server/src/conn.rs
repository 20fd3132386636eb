//! One client connection behind its login: a task that reads frames into its world and writes what the world answers.
//!
//! The task is a hand-written poll loop and holds two pointers, so that an idle connection stays small. The world writes
//! frames straight into the out-buffers of whom they concern and flushes them itself at the end of a batch; a
//! connection's own task only takes over what its socket did not accept at once.

use std::{
    cell::RefCell,
    future::Future,
    io, mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use service::{Close, ConnId, Input};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};
use wire::{FrameError, ServerFrame};

use crate::{
    io::Io,
    link::LinkState,
    telling,
    world::World,
    ws::{self, CloseCode, Incoming, Pieces, WsError},
};

/// How long a connection that was closed in good form may take to close its own side.
const LINGER: Duration = Duration::from_secs(2);
/// More than this waiting to be written means that the peer has stopped to read; it is cut.
const MAX_WAITING: usize = 64 << 20;

pub(crate) struct Conn {
    pub(crate) id: ConnId,
    pub(crate) label: Box<str>,
    /// A native stream; otherwise WebSocket messages.
    native: bool,
    inner: RefCell<Inner>,
}

struct Inner {
    io: Io,
    /// Encoded, not yet written; without memory of its own when empty.
    out: BytesMut,
    /// The beginning of a frame whose rest has not arrived.
    carry: BytesMut,
    pieces: Option<Box<Pieces>>,
    waker: Option<Waker>,
    phase: Phase,
    link: LinkState,
    /// The peer's end came while the link was half open: told to the world when it is up again.
    unheard_end: bool,
    user: Box<str>,
    written: u64,
    read: u64,
}

enum Phase {
    Open,
    /// Write what waits, end the stream, then wait a little for the peer's end.
    Ending(Option<Pin<Box<Sleep>>>),
    /// Drop the socket.
    Gone,
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
    pub(crate) fn new(id: ConnId, label: &str, native: bool, io: Io, carry: BytesMut) -> Rc<Self> {
        let inner = Inner {
            io,
            out: BytesMut::new(),
            carry,
            pieces: None,
            waker: None,
            phase: Phase::Open,
            link: LinkState::Up,
            unheard_end: false,
            user: Box::default(),
            written: 0,
            read: 0,
        };
        Rc::new(Self { id, label: label.into(), native, inner: RefCell::new(inner) })
    }

    /// Runs the connection to its end.
    pub(crate) fn run(self: Rc<Self>, world: Rc<World>) -> impl Future<Output = ()> {
        let mut begun = false;
        std::future::poll_fn(move |cx| {
            if !mem::replace(&mut begun, true) {
                let behind_login = mem::take(&mut self.inner.borrow_mut().carry);
                if !behind_login.is_empty() {
                    self.frames(&world, behind_login);
                }
            }
            self.poll(&world, cx)
        })
    }

    fn poll(&self, world: &World, cx: &mut Context<'_>) -> Poll<()> {
        {
            let mut inner = self.inner.borrow_mut();
            match &inner.waker {
                Some(waker) if waker.will_wake(cx.waker()) => {}
                _ => inner.waker = Some(cx.waker().clone()),
            }
        }
        loop {
            let mut inner = self.inner.borrow_mut();
            let open = matches!(inner.phase, Phase::Open);
            if inner.link == LinkState::Stall || (inner.link == LinkState::HalfOpen && !open) {
                return Poll::Pending;
            }
            match inner.phase {
                Phase::Gone => return Poll::Ready(()),
                Phase::Ending(_) => return inner.poll_ending(cx, &mut world.scratch.borrow_mut()),
                Phase::Open => {}
            }
            if let Poll::Ready(Err(_)) = inner.poll_write(cx) {
                drop(inner);
                self.ended(world);
                continue;
            }
            let batch = ready!(inner.poll_batch(cx, &mut world.scratch.borrow_mut()));
            let half_open = inner.link == LinkState::HalfOpen;
            drop(inner);
            match batch {
                Ok(batch) if !half_open && !batch.is_empty() => self.frames(world, batch),
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

    /// Hands every whole frame in `batch` to the world and keeps the rest.
    fn frames(&self, world: &World, mut batch: BytesMut) {
        if self.native {
            self.native_frames(world, &mut batch);
        } else {
            self.messages(world, &mut batch);
        }
        if !batch.is_empty() && self.is_open() {
            self.inner.borrow_mut().carry = batch;
        }
        world.settle();
    }

    fn native_frames(&self, world: &World, batch: &mut BytesMut) {
        while self.is_open() {
            match wire::native::decode_client(batch, world.max_frame) {
                Ok(Some(frame)) => {
                    self.inner.borrow_mut().read += 1;
                    world.input(Input::Frame { conn: self.id, frame });
                }
                Ok(None) => return,
                Err(error) => return world.garbage(self.id, error),
            }
        }
    }

    fn messages(&self, world: &World, batch: &mut BytesMut) {
        let mut pieces = self.inner.borrow_mut().pieces.take();
        while self.is_open() {
            // The header byte is not part of the body that the limit is about.
            match ws::next(batch, &mut pieces, world.max_frame + 1) {
                Ok(Some(Incoming::Binary(message))) => match wire::websocket::decode_client(message) {
                    Ok(frame) => {
                        self.inner.borrow_mut().read += 1;
                        world.input(Input::Frame { conn: self.id, frame });
                    }
                    Err(error) => world.garbage(self.id, error),
                },
                Ok(Some(Incoming::Text)) => world.note(self.id, "a text message, ignored: frames are binary"),
                Ok(Some(Incoming::Ping(payload))) => {
                    ws::put_pong(&mut self.inner.borrow_mut().out, &payload);
                    world.mark(self.id);
                }
                Ok(Some(Incoming::Pong)) => {}
                Ok(Some(Incoming::Close(code))) => {
                    world.closed_by_peer(self.id);
                    self.end(code.unwrap_or(ws::NORMAL));
                }
                Ok(None) => break,
                Err(WsError::TooLarge { size, max }) => {
                    world.garbage(self.id, FrameError::TooLarge { size: size - 1, max: max - 1 });
                }
                Err(error) => {
                    world.note(self.id, &error.to_string());
                    world.closed_by_peer(self.id);
                    self.end(error.code());
                }
            }
        }
        self.inner.borrow_mut().pieces = pieces;
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
        if inner.link == LinkState::HalfOpen {
            return;
        }
        if self.native {
            wire::native::encode_server(frame, &mut inner.out);
        } else {
            ws::put_binary(&mut inner.out, 1 + frame.body_hint(), |out| {
                wire::websocket::encode_server(frame, out);
            });
        }
    }

    /// The same for bytes that are no frame of ours.
    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        let mut inner = self.inner.borrow_mut();
        inner.written += 1;
        if inner.link == LinkState::HalfOpen {
            return;
        }
        if self.native {
            inner.out.extend_from_slice(bytes);
        } else {
            ws::put_binary(&mut inner.out, bytes.len(), |out| out.extend_from_slice(bytes));
        }
    }

    /// Writes what the socket takes now; the rest is left to the connection's own task.
    pub(crate) fn flush(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.link == LinkState::Stall || !matches!(inner.phase, Phase::Open) {
            return;
        }
        let mut nobody = Context::from_waker(Waker::noop());
        if !matches!(inner.poll_write(&mut nobody), Poll::Ready(Ok(()))) {
            inner.wake();
        }
    }

    /// Ends the connection as its world wants it.
    pub(crate) fn close(&self, how: Close) {
        match how {
            Close::Clean => self.end(ws::NORMAL),
            Close::Cut | Close::Reset => {
                let mut inner = self.inner.borrow_mut();
                inner.phase = Phase::Gone;
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
            ws::put_close(&mut inner.out, code);
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

impl Inner {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Writes until nothing waits or the socket takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.out.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.out.len() > MAX_WAITING {
            self.io.reset_on_drop();
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        while !self.out.is_empty() {
            let taken = ready!(Pin::new(&mut self.io).poll_write(cx, &self.out))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(taken);
        }
        self.out = BytesMut::new();
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// What has arrived, behind what was left of the last batch. Empty: the stream has ended.
    fn poll_batch(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> Poll<io::Result<BytesMut>> {
        let mut buf = ReadBuf::new(scratch);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            return Poll::Ready(Ok(BytesMut::new()));
        }
        let mut batch = mem::take(&mut self.carry);
        batch.extend_from_slice(buf.filled());
        Poll::Ready(Ok(batch))
    }

    fn poll_ending(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> Poll<()> {
        if ready!(self.poll_write(cx)).is_err() {
            return Poll::Ready(());
        }
        if let Phase::Ending(linger @ None) = &mut self.phase {
            if ready!(Pin::new(&mut self.io).poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            *linger = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        // Unread bytes would turn the close into a reset, which may overtake what was written last.
        loop {
            let mut buf = ReadBuf::new(scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        match &mut self.phase {
            Phase::Ending(Some(linger)) => linger.as_mut().poll(cx),
            _ => Poll::Ready(()),
        }
    }
}
