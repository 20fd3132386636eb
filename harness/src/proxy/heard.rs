//! One connection read along: bytes of both directions become entries of a recording. What cannot be read is kept as it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use recording::{Said, What};
use service::{Close, ConnId, Input, Login, Taken};
use wire::{ClientFrame, native, websocket};

use super::ws::{Message, Side};

/// The longest message that is read, in bytes: any that a service of ours takes is far shorter.
const LONGEST: usize = 16 << 20;
/// Bytes of what cannot be read that are kept at once.
const KEPT_RAW: usize = 64 << 10;

/// A connection.
#[derive(Debug)]
pub struct Heard {
    conn: ConnId,
    native: bool,
    /// Whether it has presented itself.
    open: bool,
    over: bool,
    client: Stream,
    server: Stream,
}

#[derive(Debug)]
struct Stream {
    kind: Kind,
    /// It cannot be read any more: the rest is kept as bytes.
    lost: bool,
}

#[derive(Debug)]
enum Kind {
    WebSocket(Side),
    Native(BytesMut),
}

impl Heard {
    /// A WebSocket whose handshake told `login`; the first entry says so.
    #[must_use]
    pub fn websocket(conn: ConnId, login: Login) -> (Self, What) {
        let stream = || Stream { kind: Kind::WebSocket(Side::default()), lost: false };
        let heard = Self { conn, native: false, open: true, over: false, client: stream(), server: stream() };
        (heard, What::Taken(Taken::Input(Input::Open { conn, login: Box::new(login) })))
    }

    /// A native stream, before its CONNECT.
    #[must_use]
    pub fn native(conn: ConnId) -> Self {
        let stream = || Stream { kind: Kind::Native(BytesMut::new()), lost: false };
        Self { conn, native: true, open: false, over: false, client: stream(), server: stream() }
    }

    /// Bytes of the client pass. `login` makes a login of a CONNECT.
    pub fn client(
        &mut self,
        bytes: &[u8],
        login: impl Fn(&wire::Connect) -> Login,
        say: &mut impl FnMut(What),
    ) {
        if self.over {
            return;
        }
        if self.client.lost {
            return self.unread(bytes, "bytes behind what could not be read", say);
        }
        self.client.feed(bytes);
        while !self.over {
            let conn = self.conn;
            let (raw, frame) = match self.client.next() {
                Ok(Some(Read::Frame(raw))) => {
                    let frame = client_frame(&raw, self.native);
                    (raw, frame)
                }
                Ok(Some(Read::Text(text))) => {
                    say(note(conn, format!("a text message: {}", String::from_utf8_lossy(&text))));
                    continue;
                }
                Ok(Some(Read::Close)) => {
                    self.end(What::Taken(Taken::Input(Input::Closed { conn })), say);
                    continue;
                }
                Ok(None) => return,
                Err(why) => {
                    let rest = self.client.lose();
                    return self.unread(&rest, &why, say);
                }
            };
            match frame {
                Ok(ClientFrame::Connect(connect)) if self.native && !self.open => {
                    self.open = true;
                    let login = Box::new(login(&connect));
                    say(What::Taken(Taken::Input(Input::Open { conn, login })));
                }
                Ok(frame) if self.open => {
                    let again = encoded(&frame, self.native);
                    say(What::Taken(Taken::Input(Input::Frame { conn, frame })));
                    if again != raw {
                        say(note(
                            conn,
                            format!(
                                "written otherwise: {}",
                                STANDARD.encode(&raw[..raw.len().min(KEPT_RAW)])
                            ),
                        ));
                    }
                }
                Ok(_) => self.unread(&raw, "a frame before the CONNECT", say),
                Err(why) => self.unread(&raw, &why, say),
            }
        }
    }

    /// Bytes of the server pass.
    pub fn server(&mut self, bytes: &[u8], say: &mut impl FnMut(What)) {
        if self.over {
            return;
        }
        let conn = self.conn;
        let raw_bytes = |raw: Bytes| What::Said(Said::DownRaw { conn, raw });
        if self.server.lost {
            return say(raw_bytes(Bytes::copy_from_slice(bytes)));
        }
        self.server.feed(bytes);
        while !self.over {
            match self.server.next() {
                // Whether it can be decoded its reader finds out; nobody but a client that was heard gets frames.
                Ok(Some(Read::Frame(raw))) if self.open => say(What::Said(Said::Down { conn, raw })),
                Ok(Some(Read::Frame(raw) | Read::Text(raw))) => say(raw_bytes(raw)),
                Ok(Some(Read::Close)) => {
                    self.end(What::Said(Said::Close { conn, how: Close::Clean }), say);
                }
                Ok(None) => return,
                Err(_) => {
                    let rest = self.server.lose();
                    return say(raw_bytes(rest.freeze()));
                }
            }
        }
    }

    /// The client's side has ended.
    pub fn client_ended(&mut self, say: &mut impl FnMut(What)) {
        self.end(What::Taken(Taken::Input(Input::Closed { conn: self.conn })), say);
    }

    /// The server's side has ended; `how` it did.
    pub fn server_ended(&mut self, how: Close, say: &mut impl FnMut(What)) {
        self.end(What::Said(Said::Close { conn: self.conn, how }), say);
    }

    /// Says that the connection is over, once.
    fn end(&mut self, what: What, say: &mut impl FnMut(What)) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        for (stream, whose) in [(&mut self.client, "client"), (&mut self.server, "server")] {
            let left = stream.lose();
            if !left.is_empty() {
                say(note(
                    self.conn,
                    format!("the {whose}'s stream ended inside a frame: {} bytes of it had come", left.len()),
                ));
            }
        }
        say(what);
    }

    fn unread(&self, bytes: &[u8], why: &str, say: &mut impl FnMut(What)) {
        let kept = STANDARD.encode(&bytes[..bytes.len().min(KEPT_RAW)]);
        let error = format!("{why}; {} bytes, in base64: {kept}", bytes.len());
        say(What::Taken(Taken::Input(Input::Garbage { conn: self.conn, error })));
    }
}

enum Read {
    /// A frame with all its bytes.
    Frame(Bytes),
    Text(Bytes),
    Close,
}

impl Stream {
    fn feed(&mut self, bytes: &[u8]) {
        match &mut self.kind {
            Kind::WebSocket(side) => side.feed(bytes),
            Kind::Native(buffer) => buffer.extend_from_slice(bytes),
        }
    }

    fn next(&mut self) -> Result<Option<Read>, String> {
        match &mut self.kind {
            Kind::WebSocket(side) => loop {
                return Ok(Some(match side.next(LONGEST)? {
                    Some(Message::Binary(bytes)) => Read::Frame(bytes),
                    Some(Message::Text(bytes)) => Read::Text(bytes),
                    Some(Message::Close) => Read::Close,
                    Some(Message::Beside) => continue,
                    None => return Ok(None),
                }));
            },
            Kind::Native(buffer) => {
                // Its own memory: taking the pad off changes bytes in place.
                let Some(size) = native_size(buffer)? else { return Ok(None) };
                Ok(Some(Read::Frame(buffer.split_to(size).freeze())))
            }
        }
    }

    /// Gives up reading; what has come and was not read.
    fn lose(&mut self) -> BytesMut {
        self.lost = true;
        match &mut self.kind {
            Kind::WebSocket(side) => side.rest(),
            Kind::Native(buffer) => std::mem::take(buffer),
        }
    }
}

/// Bytes of the frame that a native stream is at; `None`: it is not whole yet.
fn native_size(buffer: &BytesMut) -> Result<Option<usize>, String> {
    // Only its head is looked at, so that nothing is copied for each read of a long frame.
    let head = &buffer[..buffer.len().min(6)];
    let Some(length) = head.get(2..).and_then(|lengths| lengths.iter().position(|byte| byte & 0x80 == 0))
    else {
        if head.len() == 6 {
            return Err("the length takes more than four bytes".to_owned());
        }
        return Ok(None);
    };
    let body =
        head[2..3 + length].iter().rev().fold(0_usize, |size, byte| size << 7 | usize::from(byte & 0x7F));
    let check = head[..1].iter().chain(&head[2..3 + length]).fold(0, |sum, byte| sum ^ byte);
    if check != head[1] {
        return Err(format!("bad check byte: {:#04x} where {check:#04x} follows", head[1]));
    }
    if body > LONGEST {
        return Err(format!("a frame of {body} bytes is longer than the {LONGEST} that are kept"));
    }
    let size = 3 + length + body;
    Ok((buffer.len() >= size).then_some(size))
}

fn client_frame(raw: &Bytes, native: bool) -> Result<ClientFrame, String> {
    if !native {
        return websocket::decode_client(raw.clone()).map_err(|error| error.to_string());
    }
    match native::decode_client(&mut BytesMut::from(&raw[..]), LONGEST) {
        Ok(Some(frame)) => Ok(frame),
        Ok(None) => Err("a part of a frame".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn encoded(frame: &ClientFrame, native: bool) -> BytesMut {
    let mut out = BytesMut::new();
    if native {
        native::encode_client(frame, &mut out);
    } else {
        websocket::encode_client(frame, &mut out);
    }
    out
}

pub(super) fn note(conn: ConnId, text: String) -> What {
    What::Taken(Taken::Note { conn, text })
}

/// The login of a native client, and its App Key.
#[must_use]
pub fn native_login(connect: &wire::Connect, address: &str, origin: &str) -> (String, Login) {
    let (app_key, login) = Login::from_connect(connect);
    (app_key, Login { address: address.to_owned(), origin: origin.to_owned(), ..login })
}

#[cfg(test)]
mod tests {
    use wire::{Connect, Request, ServerFrame};

    use super::*;

    const CONN: ConnId = ConnId(3);

    fn login(connect: &Connect) -> Login {
        native_login(connect, "1.2.3.4:5", "").1
    }

    fn names(entries: &[What]) -> Vec<String> {
        let mut decoder = recording::Decoder::default();
        let told = entries.iter().enumerate().map(|(n, what)| {
            let entry =
                recording::Entry { n: n as u64, after: std::time::Duration::ZERO, what: what.clone() };
            let told = decoder.decode(&entry);
            let frame = told["frame"]
                .as_str()
                .or(told["error"].as_str())
                .or(told["text"].as_str())
                .unwrap_or_default();
            format!("{} {frame}", told["is"].as_str().unwrap_or_default()).trim().to_owned()
        });
        told.collect()
    }

    fn native(frame: &ClientFrame) -> BytesMut {
        encoded(frame, true)
    }

    fn query() -> ClientFrame {
        ClientFrame::Query(Request::new("pullMsg".into(), "alice", 7, Bytes::from_static(b"\x08\x01")))
    }

    #[test]
    fn a_native_session_is_read_byte_by_byte() {
        let connect =
            Connect { version: 3, app_key: "k".to_owned(), token: "t@".to_owned(), ..Connect::default() };
        let up =
            [native(&ClientFrame::Connect(connect)), native(&query()), native(&ClientFrame::Ping)].concat();
        let mut down = BytesMut::new();
        native::encode_server(&ServerFrame::Pong, &mut down);
        let (mut heard, mut all) = (Heard::native(CONN), Vec::new());
        for byte in up {
            heard.client(&[byte], login, &mut |what| all.push(what));
        }
        heard.server(&down, &mut |what| all.push(what));
        heard.client_ended(&mut |what| all.push(what));
        heard.server_ended(Close::Clean, &mut |what| all.push(what));
        assert_eq!(names(&all), ["open", "up QUERY", "up PINGREQ", "down PINGRESP", "closed"]);
    }

    #[test]
    fn what_is_no_frame_is_kept_as_bytes() {
        let (mut heard, mut all) = (Heard::native(CONN), Vec::new());
        heard.client(&[0x14, 0xFF, 1, 2], login, &mut |what| all.push(what));
        heard.client(b"more", login, &mut |what| all.push(what));
        heard.server(&[0x20, 0, 0], &mut |what| all.push(what));
        heard.server_ended(Close::Cut, &mut |what| all.push(what));
        let told = names(&all);
        assert!(told[0].starts_with("garbage bad check byte") && told[0].ends_with("FP8BAg=="), "{told:?}");
        assert!(told[1].ends_with("bW9yZQ=="), "{told:?}");
        assert_eq!(told[2..], ["downRaw", "close"]);
    }

    #[test]
    fn a_websocket_is_read_with_what_is_no_frame_in_it() {
        let (mut heard, first) = Heard::websocket(CONN, Login::default());
        let mut all = vec![first];
        let message = |bytes: &[u8]| [&[0x82, u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
        heard.client(&message(&encoded(&query(), false)), login, &mut |what| all.push(what));
        heard.client(&message(&[0x50, 0]), login, &mut |what| all.push(what));
        // A ping with a body is read as a ping; its bytes are noted.
        heard.client(&message(&[0xC0, 1]), login, &mut |what| all.push(what));
        heard.server(&message(&[0xD0]), &mut |what| all.push(what));
        heard.server(&[0x88, 0], &mut |what| all.push(what));
        heard.client_ended(&mut |what| all.push(what));
        let told = names(&all);
        assert!(told[2].starts_with("garbage the frame ends inside"), "{told:?}");
        let told: Vec<_> = told.iter().map(|line| line.split([':', ';']).next().unwrap()).collect();
        assert_eq!(told[..2], ["open", "up QUERY"]);
        assert_eq!(told[3..], ["up PINGREQ", "note written otherwise", "down PINGRESP", "close"]);
    }
}
