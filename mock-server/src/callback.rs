//! Calls of an app's own server: what a world wants told, posted over plain HTTP, in order, up to three times each.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use service::{Callback, CallbackKind};
use tokio::{
    net::TcpStream,
    sync::mpsc::{self, Receiver, Sender, error::TrySendError},
    task::JoinHandle,
};

use crate::bounds::Bound;
use crate::meter::{Did, Meter};

/// How long an app's server may take for an answer, as documented.
const LIMIT: Duration = Duration::from_secs(5);
/// How often one call is made at most, as documented.
const ATTEMPTS: u32 = 3;
/// How many calls of one kind wait at most behind an app's server that is slow, beside the bound on their bytes; further
/// ones are dropped.
const WAITING: usize = 1_000;

/// Why a call did not get through.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("`{0}` is no http address")]
    Address(String),
    #[error("no answer within five seconds")]
    Late,
    #[error("answered with {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error(transparent)]
    Request(#[from] http::Error),
}

/// The calls of one world. Of one kind, one is made after the other, so that an app's server sees what happened in
/// order; kinds do not wait for each other, nor does the world for any. With the world they end.
#[derive(Debug)]
pub(crate) struct Callbacks {
    meter: Rc<Meter>,
    queues: RefCell<BTreeMap<CallbackKind, Queue>>,
}

/// Calls of one kind that wait, and the task that makes them.
#[derive(Debug)]
struct Queue {
    waiting: Sender<Callback>,
    bytes: Rc<Cell<usize>>,
    task: JoinHandle<()>,
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Callbacks {
    pub(crate) fn new(meter: &Rc<Meter>) -> Self {
        Self { meter: meter.clone(), queues: RefCell::default() }
    }

    pub(crate) fn call(&self, callback: Callback) {
        let mut queues = self.queues.borrow_mut();
        let queue = queues.entry(callback.kind).or_insert_with(|| {
            let (waiting, calls) = mpsc::channel(WAITING);
            let bytes = Rc::new(Cell::new(0));
            Queue { waiting, bytes: bytes.clone(), task: tokio::task::spawn_local(make_calls(calls, bytes)) }
        });
        let (waiting, size) = (queue.bytes.get(), callback.body.len());
        // One call is made, however large.
        let fits = waiting == 0 || waiting + size <= self.meter.bounds.callbacks;
        if !fits {
            tracing::warn!(
                url = callback.url,
                "dropped: calls of the app's server with {waiting} bytes wait already"
            );
            return self.meter.count(Did::Dropped, Bound::Callbacks);
        }
        match queue.waiting.try_send(callback) {
            Ok(()) => queue.bytes.set(waiting + size),
            Err(TrySendError::Full(callback)) => {
                tracing::warn!(
                    url = callback.url,
                    "dropped: {WAITING} calls of the app's server wait already"
                );
                self.meter.count(Did::Dropped, Bound::Callbacks);
            }
            // The task lives as long as its queue.
            Err(TrySendError::Closed(_)) => {}
        }
    }

    /// Makes no further calls.
    pub(crate) fn stop(&self) {
        self.queues.borrow_mut().clear();
    }
}

async fn make_calls(mut calls: Receiver<Callback>, bytes: Rc<Cell<usize>>) {
    while let Some(callback) = calls.recv().await {
        for attempt in 1..=ATTEMPTS {
            let outcome = tokio::time::timeout(LIMIT, post(&callback)).await.unwrap_or(Err(Failure::Late));
            match outcome {
                Ok(()) => break,
                Err(failure) => {
                    tracing::warn!(url = callback.url, attempt, %failure, "the app's server was not reached");
                }
            }
        }
        bytes.set(bytes.get().saturating_sub(callback.body.len()));
    }
}

async fn post(callback: &Callback) -> Result<(), Failure> {
    let wrong = || Failure::Address(callback.url.clone());
    let uri: Uri = callback.url.parse().map_err(|_| wrong())?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // An address may come without a path, a request may not.
    let target = format!("{}?{}", uri.path(), uri.query().unwrap_or_default());
    let request = Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, callback.content_type)
        .header(header::CONNECTION, "close")
        .body(Full::<Bytes>::new(callback.body.clone()))?;
    let answer = sender.send_request(request);
    tokio::pin!(answer, connection);
    // Both here: a call that is given up takes its connection with it.
    let answer = tokio::select! {
        answer = &mut answer => answer?,
        ended = &mut connection => {
            ended?;
            answer.await?
        }
    };
    match answer.status() {
        StatusCode::OK => Ok(()),
        status => Err(Failure::Status(status)),
    }
}
