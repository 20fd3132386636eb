//! The socket of one client: what waits to be written to it, what has come from it, and how it ends.

use std::{
    io, mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use crate::{
    bounds::Bound,
    buffer::Out,
    io::Io,
    link::LinkState,
    meter::{Did, Meter, Reading},
    ws::Pieces,
};

/// How long a connection that was closed in good form may take to close its own side.
const LINGER: Duration = Duration::from_secs(2);
/// The beginning of a frame that is not worth a cut, however much is being read.
const SMALL: usize = 4 << 10;

pub(crate) struct Inner {
    pub(crate) io: Io,
    /// Encoded, not yet written; without memory of its own when empty.
    pub(crate) out: Out,
    /// The beginning of a frame whose rest has not arrived, or frames that wait.
    pub(crate) carry: BytesMut,
    /// There may be whole frames in `carry`: they wait until the peer reads, or for this connection's next turn.
    pub(crate) held: bool,
    pub(crate) pieces: Option<Box<Pieces>>,
    pub(crate) waker: Option<Waker>,
    pub(crate) phase: Phase,
    /// What the peer does not get on with, if anything.
    pub(crate) patience: Option<Box<Patience>>,
    pub(crate) link: LinkState,
    /// The peer's end came while the link was half open: told to the world when it is up again.
    pub(crate) unheard_end: bool,
    pub(crate) user: Box<str>,
    pub(crate) written: u64,
    pub(crate) read: u64,
}

pub(crate) enum Phase {
    Open,
    /// Write what waits, end the stream, then wait a little for the peer's end.
    Ending(Option<Pin<Box<Sleep>>>),
    /// Drop the socket.
    Gone,
}

/// A peer that does not read what it asked for, or does not end a frame that it began.
pub(crate) struct Patience {
    over: Pin<Box<Sleep>>,
    waits_for: Bound,
    /// What has come of the frame.
    unfinished: Reading,
}

impl Inner {
    pub(crate) fn new(io: Io, carry: BytesMut, meter: &Rc<Meter>) -> Self {
        Self {
            io,
            out: Out::new(meter),
            held: !carry.is_empty(),
            carry,
            pieces: None,
            waker: None,
            phase: Phase::Open,
            patience: None,
            link: LinkState::Up,
            unheard_end: false,
            user: Box::default(),
            written: 0,
            read: 0,
        }
    }

    /// Whom to wake.
    pub(crate) fn wakes(&mut self, cx: &Context<'_>) {
        match &self.waker {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            _ => self.waker = Some(cx.waker().clone()),
        }
    }

    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Writes until nothing waits or the socket takes no more.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.out.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.out.is_empty() {
            let taken = ready!(Pin::new(&mut self.io).poll_write(cx, self.out.bytes()))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(taken);
            if self.patience.as_ref().is_some_and(|patience| patience.waits_for == Bound::UnreadTime) {
                self.patience = None;
            }
        }
        self.out.release();
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// What waits to be handled, or else what has arrived, behind what was left of the last batch. Empty: the stream has
    /// ended. Nothing is taken from who does not read.
    pub(crate) fn poll_batch(
        &mut self,
        cx: &mut Context<'_>,
        meter: &Meter,
        scratch: &mut [u8],
    ) -> Poll<io::Result<BytesMut>> {
        if self.out.len() > meter.bounds.output {
            return Poll::Pending;
        }
        if mem::take(&mut self.held) && !self.carry.is_empty() {
            return Poll::Ready(Ok(mem::take(&mut self.carry)));
        }
        let mut buf = ReadBuf::new(scratch);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            return Poll::Ready(Ok(BytesMut::new()));
        }
        let mut batch = mem::take(&mut self.carry);
        batch.extend_from_slice(buf.filled());
        Poll::Ready(Ok(batch))
    }

    /// Waits for a peer that does not read, or that has begun a frame; tells the bound when that has taken too long.
    pub(crate) fn poll_patience(&mut self, cx: &mut Context<'_>, meter: &Rc<Meter>) -> Poll<Bound> {
        let ending = !matches!(self.phase, Phase::Open);
        let unread = ending || self.out.len() > meter.bounds.output;
        let pieces = self.pieces.as_ref().map_or(0, |pieces| pieces.len());
        let unfinished = if unread { 0 } else { self.carry.len() + pieces };
        let (waits_for, limit) = match (unread, unfinished) {
            (true, _) => (Bound::UnreadTime, meter.bounds.unread_time),
            (false, 0) => {
                self.patience = None;
                return Poll::Pending;
            }
            (false, _) => (Bound::BodyTime, meter.bounds.body_time),
        };
        if self.patience.as_ref().is_none_or(|patience| patience.waits_for != waits_for) {
            let over = Box::pin(tokio::time::sleep(limit));
            self.patience = Some(Box::new(Patience { over, waits_for, unfinished: Reading::new(meter) }));
        }
        let Some(patience) = &mut self.patience else { return Poll::Pending };
        // Small beginnings are not worth a cut.
        if !patience.unfinished.set(unfinished) && unfinished > SMALL {
            return Poll::Ready(Bound::Bodies);
        }
        ready!(patience.over.as_mut().poll(cx));
        Poll::Ready(waits_for)
    }

    /// Writes what waits and ends the stream, if it is to end in good form.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wakes(cx);
        if matches!(self.link, LinkState::Stall | LinkState::HalfOpen) {
            return Poll::Pending;
        }
        match self.phase {
            Phase::Gone => Poll::Ready(()),
            Phase::Open | Phase::Ending(_) => self.poll_ending(cx),
        }
    }

    fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_write(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(()),
            Poll::Pending => {
                let meter = self.out.meter().clone();
                let bound = ready!(self.poll_patience(cx, &meter));
                meter.count(Did::Cut, bound);
                self.io.reset_on_drop();
                return Poll::Ready(());
            }
        }
        if let Phase::Ending(linger @ None) = &mut self.phase {
            if ready!(Pin::new(&mut self.io).poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            *linger = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        // Unread bytes would turn the close into a reset, which may overtake what was written last.
        let mut rest = [0; 2048];
        loop {
            let mut buf = ReadBuf::new(&mut rest);
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
