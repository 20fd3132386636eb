//! HTTP answers: whole ones, and streams of server-sent events.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::{io::Serving, meter::Meter};

/// What every handler answers with.
pub(crate) type Reply = http::Response<Either<Full<Bytes>, Events>>;

/// An answer's body on its way: the request is being served until it has been taken.
pub(crate) struct Watched {
    body: Either<Full<Bytes>, Events>,
    _serving: Serving,
}

/// The same answer, counted among those that wait to be read.
pub(crate) fn watched(reply: Reply, meter: &Meter, serving: Serving) -> http::Response<Watched> {
    reply.map(|body| {
        let body = match body {
            Either::Left(mut whole) => {
                // A whole body is there at once.
                let bytes = match Pin::new(&mut whole).poll_frame(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                    _ => Bytes::new(),
                };
                Either::Left(Full::new(meter.reply(bytes)))
            }
            events => events,
        };
        Watched { body, _serving: serving }
    })
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub(crate) const JSON: &str = "application/json; charset=utf-8";

pub(crate) fn whole(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Reply::new(Either::Left(Full::new(body.into())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Reply {
    whole(status, JSON, value.to_string())
}

/// A stream of events that lasts as long as their sender.
pub(crate) fn events(events: mpsc::Receiver<Bytes>) -> Reply {
    let mut reply = Reply::new(Either::Right(Events(events)));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// Lines of JSON that come as long as their sender sends.
pub(crate) fn lines(lines: mpsc::Receiver<Bytes>) -> Reply {
    let mut reply = events(lines);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    reply
}

/// The body of an event stream.
pub(crate) struct Events(mpsc::Receiver<Bytes>);

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}
