//! A man in the middle: records a client's session with any server.
//!
//! One port takes whatever clients send and hands it on. Navigation answers and tokens name the proxy instead of the service's servers, which it
//! remembers and connects to ([`navi`], [`token`], [`routes`]: pure). Frames pass as they are; they are read along on the way
//! ([`heard`], [`comet`]: pure), and what cannot be read is kept as bytes and handed on all the same. A recording has the service's
//! point of view: addresses in it are the real ones, as if the proxy were not there.

mod body;
pub mod comet;
pub mod head;
pub mod heard;
mod http;
mod keep;
pub mod navi;
pub mod place;
pub mod routes;
pub mod scrub;
mod serve;
mod stream;
pub mod token;
mod tunnel;
mod watched;
pub mod ws;

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use mock_server::{Authority, Tls, shell};
use tokio::{net::TcpListener, sync::oneshot, task::LocalSet};

pub use keep::{Kept, UNNAMED};

use keep::Keeper;
use place::Place;
use serve::Shared;
use stream::Connector;

/// What a proxy is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The service's navigation address.
    pub upstream: Place,
    /// Whom to trust besides the authorities that browsers trust: files in PEM.
    pub upstream_ca: Vec<PathBuf>,
    /// Where recordings are written.
    pub record: PathBuf,
    /// Bytes after which a recording is not gone on with.
    pub record_limit: u64,
    /// Whether pseudonyms are recorded instead of whatever could tell of people.
    pub scrub: bool,
    /// Speak TLS with those who want it, with a certificate of an authority of our own that is written here.
    pub tls: Option<PathBuf>,
    /// Names, besides loopback ones and the address listened on, that the certificate is for.
    pub tls_names: Vec<Authority>,
}

/// Why a proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// What it was told to use cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The system gives no thread.
    #[error("no thread: {0}")]
    Thread(#[from] io::Error),
}

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    listens: SocketAddr,
    tls: bool,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Vec<Kept>>>,
}

impl Proxy {
    /// Starts one on a thread of its own, and waits until it listens.
    ///
    /// # Errors
    /// What keeps it from it.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let tls = config.tls.is_some();
        let thread =
            thread::Builder::new().name("proxy".to_owned()).spawn(move || run(&config, stopped, &started))?;
        match starting.recv() {
            Ok(Ok(listens)) => Ok(Self { listens, tls, stop: Some(stop), thread: Some(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Unusable("the proxy's thread ended before it listened".to_owned())),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn listens(&self) -> SocketAddr {
        self.listens
    }

    /// Where clients of this machine find it.
    #[must_use]
    pub fn place(&self) -> Place {
        let ip = self.listens.ip();
        let host = if ip.is_unspecified() { "127.0.0.1".to_owned() } else { ip.to_string() };
        Place { tls: self.tls, host, port: self.listens.port() }
    }

    /// Whether its thread runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends it; what it has recorded.
    #[must_use]
    pub fn stop(mut self) -> Vec<Kept> {
        self.end()
    }

    fn end(&mut self) -> Vec<Kept> {
        drop(self.stop.take());
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end();
    }
}

/// The proxy's thread.
fn run(
    config: &Config,
    stopped: oneshot::Receiver<()>,
    started: &mpsc::Sender<Result<SocketAddr, StartError>>,
) -> Vec<Kept> {
    // Who started it is gone if nobody hears how.
    let failed = |error| drop(started.send(Err(error)));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            failed(error.into());
            return Vec::new();
        }
    };
    let local = LocalSet::new();
    let kept = local.block_on(&runtime, async {
        let (shared, listener, tls, keeper) = match prepare(config).await {
            Ok(prepared) => prepared,
            Err(error) => {
                failed(error);
                return Vec::new();
            }
        };
        match listener.local_addr() {
            Ok(address) => drop(started.send(Ok(address))),
            Err(error) => failed(error.into()),
        }
        tokio::select! {
            () = serve::serve(shared, listener, tls) => {}
            // Dropping the other end is the sign.
            _ = stopped => {}
        }
        let mut keeper = keeper.borrow_mut();
        keeper.end();
        keeper.kept()
    });
    // Connections end with it, and a name that is being looked up is not waited for.
    drop(local);
    runtime.shutdown_background();
    kept
}

type Prepared = (Rc<Shared>, TcpListener, Option<tokio_rustls::TlsAcceptor>, Rc<RefCell<Keeper>>);

async fn prepare(config: &Config) -> Result<Prepared, StartError> {
    let connector = Connector::new(&config.upstream_ca).map_err(StartError::Unusable)?;
    let upstream = config.upstream.to_string();
    let keeper = Keeper::new(&config.record, config.record_limit, &upstream, config.scrub);
    let keeper = Rc::new(RefCell::new(keeper.map_err(StartError::Unusable)?));
    let tls = mock_server::Config {
        listen: config.listen,
        tls: config.tls.is_some().then_some(Tls::SelfSigned),
        tls_cert_out: config.tls.clone(),
        allow_hosts: config.tls_names.clone(),
        ..mock_server::Config::default()
    };
    let tls = shell::tls(&tls).map_err(|error| StartError::Unusable(error.to_string()))?;
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|reason| StartError::Listen { address: config.listen, reason })?;
    let shared = Rc::new(Shared::new(config.upstream.clone(), connector, keeper.clone()));
    Ok((shared, listener, tls, keeper))
}
