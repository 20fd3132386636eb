//! Bodies on their way: handed on as they come, kept for the recording up to a limit.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

/// Bytes of a body that a recording keeps; of a longer one it says how long it was.
pub(super) const KEPT: usize = 4 << 20;
/// Bytes of all bodies on their way that are kept at once.
const KEPT_OF_ALL: usize = 256 << 20;
/// How long a peer may pause within a body.
const PAUSE: Duration = Duration::from_secs(60);
/// How long a body may take that is read as a whole.
const WHOLE: Duration = Duration::from_secs(60);

/// What a body failed of.
pub(super) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body on its way.
pub(super) enum Passing {
    /// It is known as a whole.
    Whole(Option<Bytes>),
    /// It is handed on as it comes.
    Along(Box<Along>),
}

/// A body that is read along.
pub(super) struct Along {
    from: Incoming,
    kept: Kept,
    pause: Pin<Box<Sleep>>,
    /// Who is told when it has ended, or will never end.
    done: Option<Done>,
    /// When something last came.
    progress: Rc<Cell<Instant>>,
}

/// Gets what was kept (nothing, if it was too long), and how long it was.
pub(super) type Done = Box<dyn FnOnce(Bytes, u64)>;

/// What is kept of one body, counted among what is kept of all.
struct Kept {
    bytes: BytesMut,
    total: u64,
    too_long: bool,
    of_all: Rc<Cell<usize>>,
}

impl Kept {
    fn add(&mut self, data: &[u8]) {
        self.total += data.len() as u64;
        let of_all = self.of_all.get() + data.len();
        if self.too_long || self.bytes.len() + data.len() > KEPT || of_all > KEPT_OF_ALL {
            self.too_long = true;
            self.clear();
            return;
        }
        self.of_all.set(of_all);
        self.bytes.extend_from_slice(data);
    }

    fn clear(&mut self) {
        self.of_all.set(self.of_all.get().saturating_sub(self.bytes.len()));
        self.bytes = BytesMut::new();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Along {
    /// `done` is told of its end, whatever that is.
    pub(super) fn new(
        from: Incoming,
        of_all: &Rc<Cell<usize>>,
        progress: &Rc<Cell<Instant>>,
        done: Done,
    ) -> Self {
        let kept = Kept { bytes: BytesMut::new(), total: 0, too_long: false, of_all: of_all.clone() };
        let mut along =
            Self { from, kept, pause: Box::pin(sleep(PAUSE)), done: Some(done), progress: progress.clone() };
        if along.from.is_end_stream() {
            along.end();
        }
        along
    }

    fn end(&mut self) {
        if let Some(done) = self.done.take() {
            done(Bytes::copy_from_slice(&self.kept.bytes), self.kept.total);
        }
    }
}

impl Drop for Along {
    fn drop(&mut self) {
        self.end();
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let along = match self.get_mut() {
            Self::Whole(bytes) => return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Along(along) => along,
        };
        let Poll::Ready(frame) = Pin::new(&mut along.from).poll_frame(cx) else {
            ready!(along.pause.as_mut().poll(cx));
            let why = format!("nothing of a body came for {} s", PAUSE.as_secs());
            return Poll::Ready(Some(Err(why.into())));
        };
        along.pause.as_mut().reset(tokio::time::Instant::now() + PAUSE);
        along.progress.set(Instant::now());
        let Some(frame) = frame else {
            along.end();
            return Poll::Ready(None);
        };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        };
        if let Some(data) = frame.data_ref() {
            along.kept.add(data);
        }
        if along.from.is_end_stream() {
            along.end();
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Along(along) => along.from.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Along(along) => along.from.size_hint(),
        }
    }
}

/// Reads a body as a whole.
///
/// # Errors
/// It is longer than `most` bytes, breaks off, or takes too long: a sentence.
pub(super) async fn whole(mut body: Incoming, most: usize) -> Result<Bytes, String> {
    let read = async {
        let mut all = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| error.to_string())?.into_data() else { continue };
            if all.len() + data.len() > most {
                return Err(format!("a body of more than {most} bytes, where at most that much is read"));
            }
            all.extend_from_slice(&data);
        }
        Ok(all.freeze())
    };
    timeout(WHOLE, read)
        .await
        .unwrap_or_else(|_| Err(format!("a body did not come within {} s", WHOLE.as_secs())))
}
