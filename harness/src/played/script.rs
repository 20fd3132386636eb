//! What a recorded service said, and what it said it to.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use recording::{Answer, Entry, Header, Said, What};
use service::{Close, ConnId, HttpRequest, Input, Login, Taken, Transport};
use wire::{ClientFrame, ServerFrame, UnixMillis, native, websocket};

/// The service's half of a session.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Connections, in the order in which they were opened.
    pub lines: Vec<Line>,
    /// HTTP requests, in order.
    pub http: Vec<Exchange>,
    /// Requests that were waited for before something else was said: their entries, with the line and the place in it.
    pub asked: Vec<(u64, usize, usize)>,
    /// When the recorded world began.
    pub start: UnixMillis,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    pub after: Duration,
    pub login: Login,
    /// Whose it was, if the service said so.
    pub user: String,
    pub asked: Vec<Asked>,
    pub told: Vec<Told>,
    /// Pings, and whether they were answered.
    pub pings: Vec<(Duration, bool)>,
    /// When it ended, whoever ended it.
    pub ended: Option<Duration>,
}

impl Line {
    /// Whether a ping so long after the beginning is answered: as the nearest one was that was recorded.
    pub(super) fn answers_ping(&self, after: Duration) -> bool {
        let nearest = self.pings.iter().min_by_key(|(at, _)| at.abs_diff(after));
        nearest.is_none_or(|(_, answered)| *answered)
    }
}

/// A request of the recorded client.
#[derive(Debug)]
pub(super) struct Asked {
    pub n: u64,
    pub after: Duration,
    pub frame: ClientFrame,
    /// The places in the line of what it was answered with.
    pub answers: Vec<usize>,
}

/// Something that the service said.
#[derive(Debug)]
pub(super) struct Told {
    pub n: u64,
    pub after: Duration,
    pub what: Say,
    pub why: Why,
}

/// What it was.
#[derive(Debug, Clone)]
pub(super) enum Say {
    Frame(Box<ServerFrame>),
    /// What is no frame, or cannot be read.
    Bytes(Bytes),
    Close(Close),
}

/// Why it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody connected.
    Greeting,
    /// A request (its place in the line) was made.
    Answer(usize),
    /// Of the service's own accord, when it was time.
    Itself,
}

/// An HTTP request, and what came of it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub n: u64,
    pub after: Duration,
    pub request: HttpRequest,
    /// After how long it was answered, and with what (`None`: the connection was closed); `None`: it never was.
    pub answer: Option<(Duration, Option<Answer>)>,
}

/// A connection as it is read.
#[derive(Debug, Default)]
struct Open {
    line: usize,
    /// Requests without an answer yet, by their numbers.
    waiting: BTreeMap<(bool, u16), VecDeque<usize>>,
    /// The client has said goodbye: that it is over then follows from that.
    goodbye: bool,
}

/// Reads the service's half of a recording.
pub(super) fn script(header: &Header, entries: &[Entry]) -> Script {
    let mut script = Script { start: header.start, ..Script::default() };
    let mut of_conn: BTreeMap<ConnId, Open> = BTreeMap::new();
    let mut requests: BTreeMap<u64, (u64, Duration, HttpRequest)> = BTreeMap::new();
    for entry in entries {
        match &entry.what {
            What::Taken(Taken::Input(input)) => match input {
                Input::Open { conn, login } => {
                    of_conn.insert(*conn, Open { line: script.lines.len(), ..Open::default() });
                    script.lines.push(Line {
                        after: entry.after,
                        login: (**login).clone(),
                        user: String::new(),
                        asked: Vec::new(),
                        told: Vec::new(),
                        pings: Vec::new(),
                        ended: None,
                    });
                }
                Input::Frame { conn, frame } => {
                    let Some(open) = of_conn.get_mut(conn) else { continue };
                    open.goodbye |= matches!(frame, ClientFrame::Disconnect { .. });
                    if *frame == ClientFrame::Ping {
                        script.lines[open.line].pings.push((entry.after, false));
                    }
                    if let Some(key) = key_of(frame) {
                        let line = &mut script.lines[open.line];
                        script.asked.push((entry.n, open.line, line.asked.len()));
                        open.waiting.entry(key).or_default().push_back(line.asked.len());
                        let (frame, answers) = (frame.clone(), Vec::new());
                        line.asked.push(Asked { n: entry.n, after: entry.after, frame, answers });
                    }
                }
                Input::Closed { conn } => end(&mut script, &mut of_conn, *conn, entry.after),
                Input::Http { id, request } => {
                    requests.insert(id.0, (entry.n, entry.after, (**request).clone()));
                }
                _ => {}
            },
            What::Said(Said::Response { id, answer }) => {
                if let Some((n, after, request)) = requests.remove(&id.0) {
                    let took = entry.after.saturating_sub(after);
                    script.http.push(Exchange { n, after, request, answer: Some((took, answer.clone())) });
                }
            }
            What::Said(said) => {
                tell(&mut script, &mut of_conn, entry, said);
                if let Said::Close { conn, .. } = said {
                    end(&mut script, &mut of_conn, *conn, entry.after);
                }
            }
            _ => {}
        }
    }
    let never = requests.into_values();
    script.http.extend(never.map(|(n, after, request)| Exchange { n, after, request, answer: None }));
    script.http.sort_by_key(|exchange| exchange.n);
    script
}

fn end(script: &mut Script, of_conn: &mut BTreeMap<ConnId, Open>, conn: ConnId, after: Duration) {
    if let Some(open) = of_conn.remove(&conn) {
        script.lines[open.line].ended = Some(after);
    }
}

/// What answers are found by: whether it is a PUBLISH, and its number.
fn key_of(frame: &ClientFrame) -> Option<(bool, u16)> {
    match frame {
        ClientFrame::Publish(request) => Some((true, request.id)),
        ClientFrame::Query(request) => Some((false, request.id)),
        _ => None,
    }
}

fn tell(script: &mut Script, of_conn: &mut BTreeMap<ConnId, Open>, entry: &Entry, said: &Said) {
    let (conn, what) = match said {
        Said::Down { conn, raw } | Said::DownRaw { conn, raw } => (conn, raw),
        Said::Close { conn, how } => {
            if let Some(open) = of_conn.get(conn).filter(|open| !open.goodbye) {
                let (what, why) = (Say::Close(*how), Why::Itself);
                script.lines[open.line].told.push(Told { n: entry.n, after: entry.after, what, why });
            }
            return;
        }
        _ => return,
    };
    let Some(open) = of_conn.get_mut(conn) else { return };
    let line = &mut script.lines[open.line];
    let frame = if matches!(said, Said::Down { .. }) { frame_of(&line.login, what) } else { None };
    let Some(frame) = frame else {
        let (what, why) = (Say::Bytes(what.clone()), Why::Itself);
        line.told.push(Told { n: entry.n, after: entry.after, what, why });
        return;
    };
    let place = line.told.len();
    let mut answers = |key: (bool, u16), is_last: bool| {
        let waiting = open.waiting.get_mut(&key)?;
        // What is answered twice was the last of that number that was asked.
        let asked = if is_last && waiting.len() > 1 { waiting.pop_front()? } else { *waiting.front()? };
        line.asked[asked].answers.push(place);
        Some(Why::Answer(asked))
    };
    let why = match &frame {
        // The first that waits.
        ServerFrame::Pong => {
            if let Some((_, answered)) = line.pings.iter_mut().find(|(_, answered)| !answered) {
                *answered = true;
            }
            return;
        }
        ServerFrame::ConnAck(ack) => {
            if let Some(accepted) = &ack.accepted {
                line.user.clone_from(&accepted.user_id);
            }
            Why::Greeting
        }
        // The sender's own copy comes before its acknowledgement, under the same number.
        ServerFrame::Publish { dup: true, id, .. } => answers((true, *id), false).unwrap_or(Why::Itself),
        ServerFrame::PubAck { id, .. } => answers((true, *id), true).unwrap_or(Why::Itself),
        ServerFrame::QueryAck { id, .. } => answers((false, *id), true).unwrap_or(Why::Itself),
        _ => Why::Itself,
    };
    line.told.push(Told { n: entry.n, after: entry.after, what: Say::Frame(Box::new(frame)), why });
}

fn frame_of(login: &Login, raw: &Bytes) -> Option<ServerFrame> {
    match login.transport {
        Transport::Tcp => {
            native::decode_server(&mut BytesMut::from(&raw[..]), wire::DEFAULT_MAX_FRAME).ok()?
        }
        Transport::WebSocket | Transport::Comet => {
            websocket::decode_server(raw.clone(), login.protocol_version == 4).ok()
        }
    }
}
