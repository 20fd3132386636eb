//! A connection's byte stream: plain or TLS behind one face, and that of an HTTP connection, which is watched.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};
use tokio_rustls::TlsStream;

use crate::bounds::Bound;
use crate::meter::{Did, Meter};

/// A connection's bytes, decrypted.
#[derive(Debug)]
pub enum Io {
    /// Without TLS.
    Plain(TcpStream),
    /// With it, of either side.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Io {
    /// The socket below.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Whether there is TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The next close resets the connection instead of ending it in good form.
    pub(crate) fn reset_on_drop(&self) {
        // A socket that is already dead cannot be reset, and need not be.
        let _ = self.tcp().set_zero_linger();
    }

    /// The address that the peer connected to; `None`: the socket is dead.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.tcp().local_addr().ok()
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// How far an HTTP connection is, shared between its stream and what answers on it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Requests whose answers are not yet on their way.
    serving: Cell<usize>,
    /// Waits for the last of them: then the connection begins to be idle.
    waker: RefCell<Option<Waker>>,
}

/// A request that is being answered, until its answer is on its way.
#[derive(Debug)]
pub(crate) struct Serving(Rc<Progress>);

impl Serving {
    pub(crate) fn new(progress: &Rc<Progress>) -> Self {
        progress.serving.set(progress.serving.get() + 1);
        Self(progress.clone())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.serving.set(self.0.serving.get().saturating_sub(1));
        if self.0.serving.get() == 0
            && let Some(waker) = self.0.waker.take()
        {
            waker.wake();
        }
    }
}

/// An HTTP connection's stream: it first gives again what was read from it to find out what it speaks, and it ends when
/// the peer dawdles: between requests, inside a head, or with an answer that it does not read. (Bodies have their times
/// where they are read.)
pub(crate) struct Watched {
    prefix: BytesMut,
    io: Io,
    meter: Rc<Meter>,
    progress: Rc<Progress>,
    reading: Option<(Bound, Pin<Box<Sleep>>)>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    pub(crate) fn new(prefix: BytesMut, io: Io, meter: &Rc<Meter>, progress: &Rc<Progress>) -> Self {
        let (meter, progress) = (meter.clone(), progress.clone());
        Self { prefix, io, meter, progress, reading: None, writing: None }
    }

    fn late(&self, bound: Bound) -> io::Error {
        self.meter.count(Did::Cut, bound);
        self.io.reset_on_drop();
        io::Error::new(io::ErrorKind::TimedOut, format!("the bound `{}`", bound.name()))
    }

    /// Nothing has come: how long that may last.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.progress.serving.get() > 0 {
            self.reading = None;
            self.progress.waker.replace(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        let idle = self.meter.bounds.idle_time;
        let (bound, over) =
            self.reading.get_or_insert_with(|| (Bound::IdleTime, Box::pin(tokio::time::sleep(idle))));
        let bound = *bound;
        ready!(over.as_mut().poll(cx));
        Poll::Ready(Err(self.late(bound)))
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.prefix.is_empty() {
            let before = buf.filled().len();
            let read = Pin::new(&mut this.io).poll_read(cx, buf);
            if read.is_pending() {
                return this.poll_idle(cx);
            }
            // The first bytes of a head: from here on it is to come to its end, drop by drop or at once.
            let begins = buf.filled().len() > before && this.progress.serving.get() == 0;
            if begins && this.reading.as_ref().is_none_or(|(bound, _)| *bound != Bound::HeadTime) {
                let over = Box::pin(tokio::time::sleep(this.meter.bounds.head_time));
                this.reading = Some((Bound::HeadTime, over));
            }
            return read;
        }
        let taken = this.prefix.len().min(buf.remaining());
        buf.put_slice(&this.prefix[..taken]);
        this.prefix.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(cx, buf);
        if written.is_ready() {
            // Who reads a long answer is not idle.
            (this.reading, this.writing) = (None, None);
            return written;
        }
        let unread = this.meter.bounds.unread_time;
        let over = this.writing.get_or_insert_with(|| Box::pin(tokio::time::sleep(unread)));
        ready!(over.as_mut().poll(cx));
        Poll::Ready(Err(this.late(Bound::UnreadTime)))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
