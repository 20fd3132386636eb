//! Calls of an app's own server: what a world wants told, posted over plain HTTP, in order, up to three times each.

use std::{cell::OnceCell, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use service::Callback;
use tokio::{
    net::TcpStream,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
};

/// How long an app's server may take for an answer, as documented.
const LIMIT: Duration = Duration::from_secs(5);
/// How often one call is made at most, as documented.
const ATTEMPTS: u32 = 3;

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

/// The calls of one world. One is made after the other: an app's server sees what happened in order.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    queue: OnceCell<UnboundedSender<Callback>>,
}

impl Callbacks {
    pub(crate) fn call(&self, callback: Callback) {
        let queue = self.queue.get_or_init(|| {
            let (queue, waiting) = mpsc::unbounded_channel();
            tokio::task::spawn_local(make_calls(waiting));
            queue
        });
        // The task ends with the queue and not before.
        let _ = queue.send(callback);
    }
}

async fn make_calls(mut waiting: UnboundedReceiver<Callback>) {
    while let Some(callback) = waiting.recv().await {
        for attempt in 1..=ATTEMPTS {
            let outcome = tokio::time::timeout(LIMIT, post(&callback)).await.unwrap_or(Err(Failure::Late));
            match outcome {
                Ok(()) => break,
                Err(failure) => {
                    tracing::warn!(url = callback.url, attempt, %failure, "the app's server was not reached");
                }
            }
        }
    }
}

async fn post(callback: &Callback) -> Result<(), Failure> {
    let wrong = || Failure::Address(callback.url.clone());
    let uri: Uri = callback.url.parse().map_err(|_| wrong())?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(async move {
        // How the connection ends is told by the request.
        let _ = connection.await;
    });
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, callback.content_type)
        .body(Full::<Bytes>::new(callback.body.clone()))?;
    match sender.send_request(request).await?.status() {
        StatusCode::OK => Ok(()),
        status => Err(Failure::Status(status)),
    }
}
