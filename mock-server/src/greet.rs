//! The first bytes of a connection: they tell a native CONNECT from HTTP, and HTTP that becomes a WebSocket from HTTP
//! that is answered.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use bytes::{Buf, BytesMut};
use http::StatusCode;
use service::{Input, Login, Transport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wire::{ClientFrame, ConnAck, ConnAckLayout, Connect, ServerFrame, code::connack};

use crate::{
    bounds::Bound,
    conn::Conn,
    handshake::{self, Asked, Upgrade},
    http_service,
    io::Io,
    meter::{Did, Seat},
    peer::Peer,
    telling,
    world::World,
    worlds::Worlds,
    ws,
};

/// The largest HTTP head accepted, in bytes.
pub(crate) const MAX_HEAD: usize = 64 << 10;
/// The largest CONNECT accepted, in bytes of body: each of its strings has its own limit far below.
const MAX_CONNECT: usize = 16 << 10;
/// How long the last words to somebody who is turned away may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A TLS record that begins a handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// Somebody to run, and where.
pub(crate) type Greeted = (Rc<Conn>, Rc<World>);

/// Serves a new connection until it turns out to be a client's; HTTP is answered here to its end.
pub(crate) async fn greet(
    worlds: Rc<Worlds>,
    tls: Option<TlsAcceptor>,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<Greeted> {
    let begun = Instant::now();
    let limit = worlds.meter.bounds.head_time;
    let Ok(first) = tokio::time::timeout(limit, begin(&worlds, tls, stream)).await else {
        worlds.meter.count(Did::Cut, Bound::HeadTime);
        return None;
    };
    match first? {
        First::Native(io, head) => {
            let by = begun + worlds.meter.bounds.login_time;
            let Ok(connect) = tokio::time::timeout_at(by, connect(&worlds, io, head)).await else {
                worlds.meter.count(Did::Cut, Bound::LoginTime);
                worlds.count_stranger("a native stream that did not end its CONNECT in time");
                return None;
            };
            let (io, connect, behind) = connect?;
            native(&worlds, io, &connect, behind, peer).await
        }
        First::Http(mut io, head) => match handshake::read(&head) {
            Asked::Upgrade(upgrade) => websocket(&worlds, io, head, *upgrade, peer).await,
            Asked::Refused(refused) => {
                tracing::debug!(%peer, ?refused, "a WebSocket handshake, refused");
                let _ = end(&mut io, refused.answer().as_bytes()).await;
                None
            }
            Asked::Http => {
                http_service::serve(worlds, io, head, peer).await;
                None
            }
        },
    }
}

enum First {
    /// Behind a whole CONNECT frame or what pretends to be one.
    Native(Io, BytesMut),
    /// With a whole head.
    Http(Io, BytesMut),
}

/// Reads as much as it takes to know.
async fn begin(worlds: &Worlds, tls: Option<TlsAcceptor>, stream: TcpStream) -> Option<First> {
    let mut io = match tls {
        Some(acceptor) => {
            let mut first = [0];
            stream.peek(&mut first).await.ok()?;
            if first[0] == TLS_HANDSHAKE {
                Io::Tls(Box::new(acceptor.accept(stream).await.ok()?.into()))
            } else {
                // Plain HTTP and plain native clients are served beside TLS: the control API stays in reach of scripts.
                Io::Plain(stream)
            }
        }
        None => Io::Plain(stream),
    };
    let mut head = BytesMut::with_capacity(1024);
    loop {
        if io.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
        // The header byte of a CONNECT has type 1; no HTTP method begins with such a character.
        if head[0] >> 4 == 1 {
            return Some(First::Native(io, head));
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        match httparse::Request::new(&mut headers).parse(&head) {
            Ok(httparse::Status::Complete(_)) => return Some(First::Http(io, head)),
            Ok(httparse::Status::Partial) if head.len() < MAX_HEAD => {}
            Ok(httparse::Status::Partial) => {
                worlds.count_stranger("an HTTP head over the limit");
                let _ = refuse(&mut io, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).await;
                return None;
            }
            Err(error) => {
                worlds.count_stranger(&format!("neither a CONNECT nor HTTP: {error}"));
                let _ = refuse(&mut io, StatusCode::BAD_REQUEST).await;
                return None;
            }
        }
    }
}

async fn refuse(io: &mut Io, status: StatusCode) -> std::io::Result<()> {
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    end(io, text.as_bytes()).await
}

/// Writes the last words and sees the peer off.
async fn end(io: &mut Io, last: &[u8]) -> std::io::Result<()> {
    let goodbye = async {
        io.write_all(last).await?;
        io.shutdown().await?;
        let mut rest = [0; 512];
        while io.read(&mut rest).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(LAST_WORDS, goodbye).await.unwrap_or(Ok(()))
}

/// Turns away who cannot be served at all: in HTTP, the one language that most of them know.
pub(crate) async fn turn_away(stream: TcpStream) {
    let text = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let _ = end(&mut Io::Plain(stream), text.as_bytes()).await;
}

/// Waits for the whole CONNECT; gives also what came behind it.
async fn connect(worlds: &Worlds, mut io: Io, mut head: BytesMut) -> Option<(Io, Connect, BytesMut)> {
    loop {
        match wire::native::decode_client(&mut head, MAX_CONNECT.min(worlds.config.max_frame)) {
            Ok(Some(ClientFrame::Connect(connect))) => return Some((io, connect, BytesMut::from(&head[..]))),
            Ok(Some(_)) => {
                worlds.count_stranger("a native stream that does not begin with a CONNECT");
                return None;
            }
            Ok(None) => match io.read_buf(&mut head).await {
                Ok(read) if read > 0 => {}
                _ => {
                    worlds.count_stranger("a native stream that ended inside its CONNECT");
                    return None;
                }
            },
            Err(error) => {
                worlds.count_stranger(&format!("a native stream without a CONNECT: {error}"));
                return None;
            }
        }
    }
}

async fn native(
    worlds: &Worlds,
    io: Io,
    connect: &Connect,
    behind: BytesMut,
    peer: SocketAddr,
) -> Option<Greeted> {
    let (app_key, mut login) = Login::from_connect(connect);
    login.address = peer.to_string();
    login.origin = worlds.reached_at(io.local_addr(), io.is_tls()).to_string();
    enter(worlds, io, behind, &app_key, login).await
}

async fn websocket(
    worlds: &Worlds,
    mut io: Io,
    mut head: BytesMut,
    upgrade: Upgrade,
    peer: SocketAddr,
) -> Option<Greeted> {
    let (app_key, mut login) = Login::from_websocket_query(&upgrade.query);
    login.label = upgrade.label;
    login.address = peer.to_string();
    login.origin = worlds.reached(&upgrade.headers, io.is_tls()).to_string();
    if let Some(world) = worlds.get(&app_key)
        && !world.passes(&login.label).await
    {
        return None;
    }
    let accept = derive_accept_key(upgrade.key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    tokio::time::timeout(LAST_WORDS, io.write_all(answer.as_bytes())).await.ok()?.ok()?;
    head.advance(upgrade.length);
    let behind = BytesMut::from(&head[..]);
    enter(worlds, io, behind, &app_key, login).await
}

/// Presents a login to its world; an App Key that is none is refused with a CONNACK.
async fn enter(
    worlds: &Worlds,
    mut io: Io,
    behind: BytesMut,
    app_key: &str,
    login: Login,
) -> Option<Greeted> {
    telling::login(app_key, &login);
    let world = match worlds.meet(app_key) {
        Ok(world) => world,
        Err(unmet) => {
            tracing::info!(app_key, ?unmet, "a login that no world takes, refused");
            let _ = end(&mut io, &refusal(&login, unmet.connack())).await;
            return None;
        }
    };
    if !world.passes(&login.label).await {
        return None;
    }
    if let Io::Plain(stream) = &io {
        // Frames are small and answered one by one: never wait to fill a segment.
        let _ = stream.set_nodelay(true);
    }
    let seat = Seat::client(&worlds.meter);
    if worlds.meter.admits_client().is_err() {
        let _ = end(&mut io, &refusal(&login, connack::UNAVAILABLE)).await;
        return None;
    }
    let native = login.transport == Transport::Tcp;
    let conn = Conn::new(worlds.next_conn(), &login.label, native, io, behind, seat);
    world.add(Peer::Socket(conn.clone()));
    world.input(Input::Open { conn: conn.id, login: Box::new(login) });
    world.settle();
    Some((conn, world))
}

/// A CONNACK that refuses, in the client's own layout and transport.
fn refusal(login: &Login, status: u8) -> BytesMut {
    let layout = match login.protocol_version {
        4 => ConnAckLayout::V4 { first_message_id: 0 },
        _ => ConnAckLayout::V3,
    };
    let frame = ServerFrame::ConnAck(ConnAck { status, accepted: None, layout });
    let mut out = BytesMut::new();
    match login.transport {
        Transport::Tcp => wire::native::encode_server(&frame, &mut out),
        // Polling clients do not come here.
        Transport::WebSocket | Transport::Comet => {
            ws::put_binary(&mut out, 4, |out| wire::websocket::encode_server(&frame, out));
            ws::put_close(&mut out, ws::NORMAL);
        }
    }
    out
}
