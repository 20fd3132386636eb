//! The first bytes of a connection: they tell a native CONNECT from HTTP, and HTTP that becomes a WebSocket from HTTP
//! that is answered.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use bytes::{Buf, BytesMut};
use http::StatusCode;
use service::{Input, Login, Transport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wire::{ClientFrame, ConnAck, ConnAckLayout, ServerFrame, code::connack};

use crate::{
    conn::Conn,
    handshake::{self, Asked, Upgrade},
    http_service,
    io::Io,
    peer::Peer,
    telling,
    world::World,
    worlds::Worlds,
    ws,
};

/// The largest HTTP head accepted, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// How long a connection may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(30);
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
    let first = tokio::time::timeout(PATIENCE, begin(&worlds, tls, stream)).await.ok()??;
    match first {
        First::Native(io, head) => native(&worlds, io, head, peer).await,
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
                Io::Tls(Box::new(acceptor.accept(stream).await.ok()?))
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
    io.write_all(last).await?;
    io.shutdown().await?;
    let mut rest = [0; 512];
    let drain = async { while matches!(io.read(&mut rest).await, Ok(n) if n > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(1), drain).await;
    Ok(())
}

/// Waits for the whole CONNECT and lets the client in.
async fn native(worlds: &Worlds, mut io: Io, mut head: BytesMut, peer: SocketAddr) -> Option<Greeted> {
    let connect = loop {
        match wire::native::decode_client(&mut head, worlds.config.max_frame) {
            Ok(Some(ClientFrame::Connect(connect))) => break connect,
            Ok(Some(_)) => {
                worlds.count_stranger("a native stream that does not begin with a CONNECT");
                return None;
            }
            Ok(None) => match tokio::time::timeout(PATIENCE, io.read_buf(&mut head)).await {
                Ok(Ok(read)) if read > 0 => {}
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
    };
    let (app_key, mut login) = Login::from_connect(&connect);
    login.address = peer.to_string();
    login.origin = worlds.reached_at(io.local_addr(), io.is_tls()).to_string();
    let behind = BytesMut::from(&head[..]);
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
    io.write_all(answer.as_bytes()).await.ok()?;
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
    let Some(world) = worlds.meet(app_key) else {
        tracing::info!(app_key, "a login to an unknown App Key, refused");
        let _ = end(&mut io, &unknown_app(&login)).await;
        return None;
    };
    if !world.passes(&login.label).await {
        return None;
    }
    if let Io::Plain(stream) = &io {
        // Frames are small and answered one by one: never wait to fill a segment.
        let _ = stream.set_nodelay(true);
    }
    let conn = Conn::new(worlds.next_conn(), &login.label, login.transport == Transport::Tcp, io, behind);
    world.add(Peer::Socket(conn.clone()));
    world.input(Input::Open { conn: conn.id, login: Box::new(login) });
    world.settle();
    Some((conn, world))
}

/// CONNACK "identifier rejected", in the client's own layout and transport.
fn unknown_app(login: &Login) -> BytesMut {
    let layout = match login.protocol_version {
        4 => ConnAckLayout::V4 { first_message_id: 0 },
        _ => ConnAckLayout::V3,
    };
    let frame = ServerFrame::ConnAck(ConnAck { status: connack::IDENTIFIER, accepted: None, layout });
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
