//! Writes lines, one after the other.

use std::{collections::BTreeMap, time::Duration};

use bytes::BytesMut;
use service::{ConnId, Input, Output, Taken, Transport};
use wire::{ClientFrame, ServerFrame, UnixMillis, native, websocket};

use crate::{
    entry::{Answer, Said, Webhook, What},
    header::Header,
    json, line,
};

/// Numbers entries and writes them. Where the bytes go is its user's business.
#[derive(Debug, Clone)]
pub struct Writer {
    start: UnixMillis,
    last: u64,
    transports: Transports,
    /// Bytes of a frame, on their way into a line.
    frame: BytesMut,
}

/// How connections are carried; those that are over are forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transports(BTreeMap<ConnId, Transport>);

impl Transports {
    pub(crate) fn of(&self, conn: ConnId) -> Transport {
        self.0.get(&conn).copied().unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn opened(&mut self, conn: ConnId, transport: Transport) {
        self.0.insert(conn, transport);
    }

    /// Learns from what was done or said; call it after the entry was written or read.
    pub(crate) fn learn(&mut self, what: &What) {
        match what {
            What::Taken(Taken::Input(Input::Open { conn, login })) => {
                self.opened(*conn, login.transport);
            }
            What::Taken(Taken::Input(Input::Closed { conn })) | What::Said(Said::Close { conn, .. }) => {
                self.0.remove(conn);
            }
            _ => {}
        }
    }
}

impl Writer {
    /// Begins a recording that may end at any time: `out` gets its first line.
    pub fn begin(header: &Header, out: &mut Vec<u8>) -> Self {
        Self::begin_as(header, false, out)
    }

    /// Begins one that gets a [`last_line`](crate::last_line), and says so: without a last line it is cut.
    pub fn begin_to_end(header: &Header, out: &mut Vec<u8>) -> Self {
        Self::begin_as(header, true, out)
    }

    fn begin_as(header: &Header, ends: bool, out: &mut Vec<u8>) -> Self {
        let line = if header.ends == ends { header.line() } else { Header { ends, ..header.clone() }.line() };
        out.extend_from_slice(&line);
        let mut writer = Self { last: header.from.saturating_sub(1), ..Self::silent(header.start) };
        header.open.iter().for_each(|opened| writer.transports.opened(opened.id(), opened.login.transport));
        writer
    }

    /// Goes on with one that was read to its end.
    #[must_use]
    pub fn go_on(reader: &crate::Reader<impl std::io::BufRead>) -> Self {
        Self {
            start: reader.header().start,
            last: reader.last(),
            transports: Transports(reader.transports().0.clone()),
            frame: BytesMut::new(),
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Adds an entry: a line at the end of `out`.
    pub fn add(&mut self, now: UnixMillis, what: &What, out: &mut Vec<u8>) {
        if let What::Taken(Taken::Input(Input::Frame { conn, frame })) = what {
            return self.add_frame(now, *conn, frame, out);
        }
        let from = self.begin_line(now, out);
        json::write(what, out);
        line::seal(out, from);
        self.transports.learn(what);
    }

    /// Adds an input: the same line as by [`add`](Self::add), made without an entry where it is a frame.
    pub fn add_input(&mut self, now: UnixMillis, input: &Input, out: &mut Vec<u8>) {
        match input {
            Input::Frame { conn, frame } => self.add_frame(now, *conn, frame, out),
            other => self.add(now, &What::Taken(Taken::Input(other.clone())), out),
        }
    }

    fn add_frame(&mut self, now: UnixMillis, conn: ConnId, frame: &ClientFrame, out: &mut Vec<u8>) {
        let from = self.begin_line(now, out);
        self.frame.clear();
        up(frame, self.transports.of(conn), &mut self.frame);
        json::raw("up", conn, &self.frame, out);
        line::seal(out, from);
    }

    /// Adds what a world said: the same line as by [`said`](Self::said) and [`add`](Self::add), made without an entry where it is
    /// a frame.
    pub fn add_said(&mut self, now: UnixMillis, output: &Output, out: &mut Vec<u8>) {
        let Output::Send { conn, frame } = output else {
            let said = What::Said(self.said(output));
            return self.add(now, &said, out);
        };
        let from = self.begin_line(now, out);
        self.frame.clear();
        down(frame, self.transports.of(*conn), &mut self.frame);
        json::raw("down", *conn, &self.frame, out);
        line::seal(out, from);
    }

    /// What every line begins with; says where it does.
    fn begin_line(&mut self, now: UnixMillis, out: &mut Vec<u8>) -> usize {
        self.last += 1;
        let from = out.len();
        out.extend_from_slice(b"{\"n\":");
        number(self.last, out);
        out.extend_from_slice(b",\"t\":");
        number(now.since(self.start).as_millis().try_into().unwrap_or(u64::MAX), out);
        out.push(b',');
        from
    }

    /// One that only puts outputs into entries.
    pub(crate) fn silent(start: UnixMillis) -> Self {
        Self { start, last: 0, transports: Transports::default(), frame: BytesMut::new() }
    }

    /// Learns of something that is not written.
    pub(crate) fn learn(&mut self, what: &What) {
        self.transports.learn(what);
    }

    /// A connection is over, and no entry says so.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        self.transports.0.remove(&conn);
    }

    /// What an output is as an entry.
    #[must_use]
    pub fn said(&self, output: &Output) -> Said {
        match output {
            Output::Send { conn, frame } => {
                let mut raw = BytesMut::new();
                down(frame, self.transports.of(*conn), &mut raw);
                Said::Down { conn: *conn, raw: raw.freeze() }
            }
            Output::SendRaw { conn, bytes } => Said::DownRaw { conn: *conn, raw: bytes.clone() },
            Output::Close { conn, how } => Said::Close { conn: *conn, how: *how },
            Output::AnswerPoll { conn } => Said::PollAnswered { conn: *conn },
            Output::Respond { id, response } => {
                let answer = response.as_ref().map(|response| Answer {
                    status: response.status,
                    headers: response.headers.clone(),
                    content_type: response.content_type.to_owned(),
                    body: response.body.clone(),
                });
                Said::Response { id: *id, answer }
            }
            Output::Callback(callback) => Said::Webhook(Webhook {
                kind: callback.kind,
                url: callback.url.clone(),
                content_type: callback.content_type.to_owned(),
                body: callback.body.clone(),
            }),
        }
    }
}

/// A connection's bytes of a client's frame.
fn up(frame: &ClientFrame, transport: Transport, raw: &mut BytesMut) {
    match transport {
        Transport::Tcp => native::encode_client(frame, raw),
        Transport::WebSocket | Transport::Comet => websocket::encode_client(frame, raw),
    }
}

/// The same of one for a client.
fn down(frame: &ServerFrame, transport: Transport, raw: &mut BytesMut) {
    match transport {
        Transport::Tcp => native::encode_server(frame, raw),
        Transport::WebSocket | Transport::Comet => websocket::encode_server(frame, raw),
    }
}

/// A number in digits: most of what a line has besides its bytes.
pub(crate) fn number(mut number: u64, out: &mut Vec<u8>) {
    const MOST: usize = 20;
    // Twice as long as need be: as many bytes are copied whatever number it is, which takes less time than as many as it has.
    let mut digits = [0; 2 * MOST];
    let mut at = MOST;
    // Two at a time: a division is what takes long.
    while number >= 100 {
        let two = (number % 100) as u8;
        number /= 100;
        at -= 2;
        (digits[at], digits[at + 1]) = (b'0' + two / 10, b'0' + two % 10);
    }
    if number >= 10 {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    at -= 1;
    digits[at] = b'0' + number as u8;
    let end = out.len() + MOST - at;
    if let Some(copied) = digits[at..].first_chunk::<MOST>() {
        out.extend_from_slice(copied);
    }
    out.truncate(end);
}

/// How long after the beginning.
pub(crate) fn after(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for n in [0, 7, 10, 42, 99, 100, 101, 1_000, 65_535, 123_456_789, u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            number(n, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
    }
}
