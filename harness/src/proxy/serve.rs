//! The one port: what a client speaks is told by its first bytes.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use bytes::BytesMut;
use recording::What;
use service::ConnId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{interval, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    comet::Sessions,
    head::Head,
    http,
    keep::{Keeper, now, say},
    place::Place,
    routes::Routes,
    stream::{Connector, Stream},
    tunnel,
    watched::Watched,
};

/// Clients at once.
const MOST_CONNECTIONS: usize = 4096;
/// How long the first bytes may take, up to the end of a head.
const FIRST: Duration = Duration::from_secs(30);
/// The longest head, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Addresses of the proxy that clients have used, as far as they are remembered.
const MOST_NAMES: usize = 32;
/// A TLS record that begins a handshake.
const TLS_HANDSHAKE: u8 = 0x16;
/// How often polling clients are looked for that have fallen silent.
const LOOK: Duration = Duration::from_secs(15);
/// How long a listener that fails is left alone: mostly there are no file descriptors.
const AGAIN: Duration = Duration::from_millis(50);

/// What all connections share; one thread runs them.
pub(super) struct Shared {
    pub(super) routes: RefCell<Routes>,
    pub(super) connector: Connector,
    pub(super) sessions: RefCell<Sessions>,
    /// Bytes of bodies on their way that are kept.
    pub(super) kept: Rc<Cell<usize>>,
    keeper: Rc<RefCell<Keeper>>,
    conns: Cell<u64>,
    requests: Cell<u64>,
    connections: Cell<usize>,
    /// Time never runs back.
    last: Cell<i64>,
    names: RefCell<Vec<Place>>,
}

/// By which address of ours a client came.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    tls: bool,
    local: Option<SocketAddr>,
}

impl Reached {
    pub(super) fn by(stream: &Stream) -> Self {
        Self { tls: stream.is_tls(), local: stream.tcp().local_addr().ok() }
    }
}

impl Shared {
    pub(super) fn new(upstream: Place, connector: Connector, keeper: Rc<RefCell<Keeper>>) -> Self {
        Self {
            routes: RefCell::new(Routes::new(upstream)),
            connector,
            sessions: RefCell::default(),
            kept: Rc::default(),
            keeper,
            conns: Cell::new(0),
            requests: Cell::new(0),
            connections: Cell::new(0),
            last: Cell::new(0),
            names: RefCell::default(),
        }
    }

    pub(super) fn next_conn(&self) -> ConnId {
        self.conns.set(self.conns.get() + 1);
        ConnId(self.conns.get())
    }

    pub(super) fn next_request(&self) -> u64 {
        self.requests.set(self.requests.get() + 1);
        self.requests.get()
    }

    /// Takes an entry down.
    pub(super) fn keep(&self, app_key: &str, what: What) {
        self.last.set(self.last.get().max(now().0));
        self.keeper.borrow_mut().add(app_key, wire::UnixMillis(self.last.get()), what);
    }

    /// The App Key of something that names this one, or none.
    pub(super) fn app_key(&self, named: Option<&str>) -> String {
        self.keeper.borrow_mut().app_key(named)
    }

    /// The proxy, as a client calls it that came so and names that host.
    pub(super) fn own(&self, reached: &Reached, host: Option<&str>) -> Place {
        let named = host.and_then(|host| Place::read(host, reached.tls)).map(|written| written.place);
        let place = named.unwrap_or_else(|| {
            let local = reached.local.map(|local| (local.ip().to_canonical().to_string(), local.port()));
            let (host, port) = local.unwrap_or_else(|| ("127.0.0.1".to_owned(), 0));
            Place { tls: reached.tls, host, port }
        });
        let mut names = self.names.borrow_mut();
        if !names.contains(&place) && names.len() < MOST_NAMES {
            names.push(place.clone());
        }
        place
    }

    /// Every address of the proxy that clients have used.
    pub(super) fn own_places(&self, reached: &Reached, host: Option<&str>) -> Vec<Place> {
        self.own(reached, host);
        self.own(reached, None);
        self.names.borrow().clone()
    }
}

/// Serves until it is dropped.
pub(super) async fn serve(shared: Rc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    tokio::task::spawn_local(look_for_silent(shared.clone()));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                say(&format!("no connection can be taken: {error}"));
                sleep(AGAIN).await;
                continue;
            }
        };
        let (shared, tls) = (shared.clone(), tls.clone());
        if shared.connections.get() >= MOST_CONNECTIONS {
            say(&format!("a connection is turned away: there are {MOST_CONNECTIONS}"));
            continue;
        }
        tokio::task::spawn_local(async move {
            shared.connections.set(shared.connections.get() + 1);
            greet(shared.clone(), stream, tls, peer.to_string()).await;
            shared.connections.set(shared.connections.get() - 1);
        });
    }
}

/// Clients that poll do not say that they are gone.
async fn look_for_silent(shared: Rc<Shared>) {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        let silent = shared.sessions.borrow_mut().silent(now());
        for (app_key, what) in silent {
            shared.keep(&app_key, what);
        }
    }
}

enum First {
    Native(Stream, BytesMut),
    Http(Stream, BytesMut, Head),
}

async fn greet(shared: Rc<Shared>, stream: TcpStream, tls: Option<TlsAcceptor>, peer: String) {
    let Ok(Some(first)) = timeout(FIRST, begin(stream, tls)).await else { return };
    match first {
        First::Native(stream, first) => tunnel::native(shared, stream, first, peer).await,
        First::Http(stream, first, head) if head.is_upgrade() => {
            tunnel::websocket(shared, stream, first, head, peer).await;
        }
        First::Http(stream, first, _) => {
            let reached = Reached::by(&stream);
            http::serve(shared, Watched::new(first, stream), reached, peer).await;
        }
    }
}

/// Reads as much as it takes to know.
async fn begin(stream: TcpStream, tls: Option<TlsAcceptor>) -> Option<First> {
    let mut stream = match tls {
        Some(acceptor) => {
            let mut first = [0];
            stream.peek(&mut first).await.ok()?;
            if first[0] == TLS_HANDSHAKE {
                match acceptor.accept(stream).await {
                    Ok(stream) => Stream::Tls(Box::new(stream.into())),
                    Err(error) => {
                        say(&format!(
                            "a client does not get on with TLS: {error}; it is to trust the certificate of --tls-cert-out"
                        ));
                        return None;
                    }
                }
            } else {
                Stream::Plain(stream)
            }
        }
        None => Stream::Plain(stream),
    };
    let mut first = BytesMut::with_capacity(1024);
    loop {
        if stream.read_buf(&mut first).await.ok()? == 0 {
            return None;
        }
        // The header byte of a CONNECT has type 1; no HTTP method begins with such a character.
        if first[0] >> 4 == 1 && first[0] != TLS_HANDSHAKE {
            return Some(First::Native(stream, first));
        }
        if first[0] == TLS_HANDSHAKE {
            say("a client speaks TLS: start the proxy with --tls");
            return None;
        }
        if let Some(head) = Head::read(&first) {
            return Some(First::Http(stream, first, head));
        }
        let is_cut = httparse::Request::new(&mut [httparse::EMPTY_HEADER; 128]).parse(&first).is_ok();
        if !is_cut || first.len() > LONGEST_HEAD {
            say("a client speaks neither HTTP nor the native protocol: it is turned away");
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
            return None;
        }
    }
}
