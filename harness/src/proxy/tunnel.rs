//! Connections that are a stream of frames: WebSocket and native. Their bytes pass as they are, and are read along.

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use bytes::BytesMut;
use recording::What;
use service::{Close, Login};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    time::timeout,
};
use wire::ClientFrame;

use super::{
    head::{self, Head},
    heard::{Heard, native_login},
    http,
    keep::say,
    place::Place,
    serve::{Reached, Shared},
    stream::Stream,
    token::value_of,
};

/// Between two bytes of a connection that lives: clients ping every few minutes at the latest.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// How long a peer may take to read what it is sent.
const UNREAD: Duration = Duration::from_secs(60);
/// How long one side may go on when the other has ended.
const LINGER: Duration = Duration::from_secs(10);
/// How long a CONNECT, or the answer to a handshake, may take.
const LOGIN: Duration = Duration::from_secs(30);
/// The largest CONNECT and the largest head, in bytes.
const LONGEST: usize = 64 << 10;
const CHUNK: usize = 16 << 10;

/// One who reads along, and where it is taken down.
struct Along {
    shared: Rc<Shared>,
    heard: Heard,
    app_key: String,
    address: String,
    origin: String,
}

impl Along {
    fn with(&mut self, act: impl FnOnce(&mut Heard, &mut dyn FnMut(What))) {
        let (shared, app_key) = (&self.shared, &self.app_key);
        act(&mut self.heard, &mut |what| shared.keep(app_key, what));
    }

    fn client(&mut self, bytes: &[u8]) {
        let (address, origin) = (self.address.clone(), self.origin.clone());
        self.with(|heard, say| {
            heard.client(bytes, |connect| native_login(connect, &address, &origin).1, &mut |what| say(what));
        });
    }

    fn server(&mut self, bytes: &[u8]) {
        self.with(|heard, say| heard.server(bytes, &mut |what| say(what)));
    }
}

/// A native client, of which `first` has come.
pub(super) async fn native(shared: Rc<Shared>, mut client: Stream, mut first: BytesMut, peer: String) {
    // What cannot be read passes all the same: to whom the last one was sent.
    let connect = timeout(LOGIN, connect(&mut client, &mut first)).await.unwrap_or_default();
    let token = connect.as_ref().map(|connect| connect.token.clone()).unwrap_or_default();
    let places = shared.routes.borrow().servers(&token, true);
    let app_key = shared.app_key(connect.as_ref().map(|connect| connect.app_key.as_str()));
    if let Some(connect) = connect {
        restore(&shared, &client, connect, &mut first);
    }
    let connected = shared.connector.connect(&places).await;
    let origin = connected.as_ref().map_or(&places[0], |(_, place)| place).to_string();
    let heard = Heard::native(shared.next_conn());
    let mut along = Along { heard, app_key, address: peer, origin, shared };
    let server = match connected {
        Ok((server, _)) => server,
        Err(why) => {
            say(&format!("a native client: {why}"));
            // It presented itself, and nobody was there.
            along.client(&first);
            return along.with(|heard, say| heard.server_ended(Close::Cut, &mut |what| say(what)));
        }
    };
    pump(along, client, server, first, BytesMut::new()).await;
}

/// Reads until the CONNECT is whole, and leaves all bytes where they are; `None`: it cannot be read.
async fn connect(client: &mut Stream, first: &mut BytesMut) -> Option<wire::Connect> {
    loop {
        match wire::native::decode_client(&mut first.clone(), LONGEST) {
            Ok(Some(ClientFrame::Connect(connect))) => return Some(connect),
            Ok(None) if first.len() <= LONGEST => {
                if client.read_buf(first).await.ok()? == 0 {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

/// A token that names the proxy names again whom it named before.
fn restore(shared: &Shared, client: &Stream, connect: wire::Connect, first: &mut BytesMut) {
    let own = shared.own_places(&Reached::by(client), None);
    let routes = shared.routes.borrow();
    let Some(token) = routes.tokens.inward(&connect.token, &own, &routes.upstream) else { return };
    let mut behind = first.clone();
    if let Ok(Some(_)) = wire::native::decode_client(&mut behind, LONGEST) {
        let mut out = BytesMut::new();
        wire::native::encode_client(&ClientFrame::Connect(wire::Connect { token, ..connect }), &mut out);
        out.extend_from_slice(&behind);
        *first = out;
    }
}

/// A client that asks for a WebSocket, with its head and what has come behind it.
pub(super) async fn websocket(
    shared: Rc<Shared>,
    mut client: Stream,
    mut first: BytesMut,
    head: Head,
    peer: String,
) {
    let behind = first.split_off(head.length);
    let asked = request(&shared, &client, head);
    let Asked { head, places, login: (app_key, mut login) } = asked;
    let app_key = shared.app_key(Some(&app_key));
    let (mut server, place) = match shared.connector.connect(&places).await {
        Ok(connected) => connected,
        Err(why) => {
            say(&format!("a WebSocket: {why}"));
            http::keep_refused_upgrade(&shared, &app_key, &head, &places[0], None);
            let _ = timeout(LINGER, client.write_all(http::bad_gateway_text(&why).as_bytes())).await;
            return;
        }
    };
    let mut head = head;
    for (name, value) in &mut head.headers {
        if name.eq_ignore_ascii_case("host") {
            *value = place.authority();
        }
    }
    let shaken = timeout(LOGIN, async {
        server.write_all(&head.bytes()).await?;
        server.flush().await?;
        answer(&mut server).await
    });
    let (status, length, answer) = match shaken.await {
        Ok(Ok(shaken)) => shaken,
        Ok(Err(error)) => return say(&format!("a WebSocket to {place}: {error}")),
        Err(_) => return say(&format!("a WebSocket to {place}: no answer within {} s", LOGIN.as_secs())),
    };
    if status != 101 {
        // It is plain HTTP then, and ends with its answer.
        http::keep_refused_upgrade(&shared, &app_key, &head, &place, Some((status, &answer[length..])));
        let _ = timeout(UNREAD, client.write_all(&answer)).await;
        let _ = timeout(LINGER, tokio::io::copy(&mut server, &mut client)).await;
        return;
    }
    (login.address, login.origin) = (peer, place.to_string());
    login.label = head.header("x-harness-connection").unwrap_or_default().to_owned();
    let (heard, open) = Heard::websocket(shared.next_conn(), login);
    shared.keep(&app_key, open);
    let mut answer = answer;
    let first_down = answer.split_off(length);
    if !matches!(timeout(UNREAD, client.write_all(&answer)).await, Ok(Ok(()))) {
        return;
    }
    let along = Along { heard, app_key, address: String::new(), origin: String::new(), shared };
    pump(along, client, server, behind, first_down).await;
}

struct Asked {
    head: Head,
    places: Vec<Place>,
    login: (String, Login),
}

/// The request as the service gets it.
fn request(shared: &Shared, client: &Stream, mut head: Head) -> Asked {
    let own = shared.own_places(&Reached::by(client), head.header("host"));
    let routes = shared.routes.borrow();
    let (path, query) = head.path_and_query();
    let (prefixed, path) = routes.prefixes.find(path);
    let token = value_of(query, "token").unwrap_or_default();
    let places =
        if *prefixed == routes.upstream { routes.servers(&token, false) } else { vec![prefixed.clone()] };
    let query = routes.tokens.inward_form(query, &own, &routes.upstream);
    let login = Login::from_websocket_query(&query);
    head.target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    // Without extensions what passes can be read.
    head.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("sec-websocket-extensions"));
    for (name, value) in &mut head.headers {
        if name.eq_ignore_ascii_case("origin")
            && let Some(theirs) = http::other_origin(value, &own, &routes.upstream)
        {
            *value = theirs;
        }
    }
    Asked { head, places, login }
}

/// Reads the head of a handshake's answer: its status, its length, and all that has come.
async fn answer(server: &mut Stream) -> io::Result<(u16, usize, BytesMut)> {
    let mut bytes = BytesMut::new();
    loop {
        if server.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed instead of answering"));
        }
        match head::status(&bytes) {
            Ok(Some((status, length))) => return Ok((status, length, bytes)),
            Ok(None) if bytes.len() <= LONGEST => {}
            Ok(None) => return Err(io::Error::other("the head of its answer has no end")),
            Err(why) => return Err(io::Error::other(format!("its answer is no HTTP: {why}"))),
        }
    }
}

/// Hands bytes on in both directions until both have ended.
async fn pump(along: Along, client: Stream, server: Stream, up: BytesMut, down: BytesMut) {
    let _ = client.tcp().set_nodelay(true);
    let along = RefCell::new(along);
    let (mut client_in, mut client_out) = split(client);
    let (mut server_in, mut server_out) = split(server);
    let upward = async {
        let end = pass(&mut client_in, &mut server_out, up, |bytes| along.borrow_mut().client(bytes)).await;
        along.borrow_mut().with(|heard, say| heard.client_ended(&mut |what| say(what)));
        let _ = timeout(LINGER, server_out.shutdown()).await;
        end
    };
    let downward = async {
        let end = pass(&mut server_in, &mut client_out, down, |bytes| along.borrow_mut().server(bytes)).await;
        let how = if end == End::Clean { Close::Clean } else { Close::Reset };
        along.borrow_mut().with(|heard, say| heard.server_ended(how, &mut |what| say(what)));
        let _ = timeout(LINGER, client_out.shutdown()).await;
        end
    };
    let (mut upward, mut downward) = (Box::pin(upward), Box::pin(downward));
    let (first, from_server) = tokio::select! {
        end = &mut upward => (end, false),
        end = &mut downward => (end, true),
    };
    if first == End::Clean {
        // The other side has its last words.
        let rest = async { if from_server { upward.await } else { downward.await } };
        let _ = timeout(LINGER, rest).await;
    } else {
        drop((upward, downward));
        // What was broken here is broken there.
        let (server, client) = (server_in.unsplit(server_out), client_in.unsplit(client_out));
        let other = if from_server { &client } else { &server };
        let _ = other.tcp().set_zero_linger();
    }
}

/// How a direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The sender closed its side.
    Clean,
    /// It broke, or nothing came or was read for too long.
    Broken,
}

async fn pass(
    from: &mut ReadHalf<Stream>,
    to: &mut WriteHalf<Stream>,
    first: BytesMut,
    mut along: impl FnMut(&[u8]),
) -> End {
    if !first.is_empty() {
        along(&first);
        if !write(to, &first).await {
            return End::Broken;
        }
    }
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match timeout(IDLE, from.read(&mut chunk)).await {
            Ok(Ok(0)) => return End::Clean,
            Ok(Ok(read)) => read,
            // A TLS peer that closes without saying so is no reason to break the other side.
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return End::Clean,
            Ok(Err(_)) | Err(_) => return End::Broken,
        };
        // It is taken down before anybody gets it.
        along(&chunk[..read]);
        if !write(to, &chunk[..read]).await {
            return End::Broken;
        }
    }
}

async fn write(to: &mut WriteHalf<Stream>, bytes: &[u8]) -> bool {
    let written = async {
        to.write_all(bytes).await?;
        to.flush().await
    };
    matches!(timeout(UNREAD, written).await, Ok(Ok(())))
}
