//! What entries mean, for people: frames and bodies in words, as the journal of a world has them.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use service::{
    ConnId, Input, Login, Taken, Transport,
    journal::{Entry as JournalEntry, What as Journalled},
};
use wire::{ClientFrame, ServerFrame, Topic, UnixMillis, native, websocket};

use crate::{
    entry::{Entry, Said, Seen, What},
    header::Header,
};

/// Reads entries in their order, and knows what a later one needs of an earlier one: how a connection is carried, whose it is,
/// and what an answer answers.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    conns: BTreeMap<ConnId, Conn>,
}

#[derive(Debug, Clone, Default)]
struct Conn {
    transport: Transport,
    layout_v4: bool,
    label: String,
    /// Whose it is, once the service has said so.
    user: Option<String>,
    queries: BTreeMap<u16, Asked>,
}

/// What a QUERY asks for, and of whom.
#[derive(Debug, Clone)]
struct Asked {
    topic: Topic,
    target: String,
}

impl Decoder {
    /// For a recording from its first entry on.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        let mut decoder = Self::default();
        header.open.iter().for_each(|opened| decoder.opened(opened.id(), &opened.login));
        decoder
    }

    /// What a connection is called: its label, where no other that is open has the same, or its number.
    #[must_use]
    pub fn name(&self, conn: ConnId) -> String {
        let label = self.conns.get(&conn).map_or("", |known| known.label.as_str());
        let is_another = |(other, known): (&ConnId, &Conn)| *other != conn && known.label == label;
        match label {
            "" => format!("conn {}", conn.0),
            label if self.conns.iter().any(is_another) => format!("{label} conn {}", conn.0),
            label => label.to_owned(),
        }
    }

    /// Whose a connection is, where the service was heard to say so.
    #[must_use]
    pub fn user(&self, conn: ConnId) -> Option<&str> {
        self.conns.get(&conn)?.user.as_deref()
    }

    /// What the QUERY was about that an entry answers: a room, a group, a user; nothing of the kind is told in the answer.
    #[must_use]
    pub fn asked_of(&self, entry: &Entry) -> Option<&str> {
        let What::Said(Said::Down { conn, raw }) = &entry.what else { return None };
        match self.frame(*conn, raw).filter(|_| is_answer(raw))? {
            ServerFrame::QueryAck { id, .. } => Some(&self.conns.get(conn)?.queries.get(&id)?.target),
            _ => None,
        }
    }

    /// How a connection is carried.
    #[must_use]
    pub fn transport(&self, conn: ConnId) -> Transport {
        self.conns.get(&conn).map(|known| known.transport).unwrap_or_default()
    }

    /// Takes in what later entries need of this one, for those who do not want it in words.
    pub fn learn(&mut self, entry: &Entry) {
        match &entry.what {
            What::Taken(Taken::Input(Input::Open { conn, login })) => self.opened(*conn, login),
            What::Taken(Taken::Input(Input::Frame { conn, frame })) => self.asked(*conn, frame),
            What::Taken(Taken::Input(Input::Closed { conn })) | What::Said(Said::Close { conn, .. }) => {
                self.conns.remove(conn);
            }
            // What has its answer is forgotten: a session may ask a great deal.
            What::Said(Said::Down { conn, raw }) if is_answer(raw) => {
                if let Some(frame) = self.frame(*conn, raw) {
                    self.answered(*conn, &frame);
                }
            }
            _ => {}
        }
    }

    /// The bytes of an entry, where it is a frame or has a body: of frames as they go over their connection, which must have been
    /// decoded so far, but not to its end.
    #[must_use]
    pub fn raw(&self, entry: &Entry) -> Option<Bytes> {
        match &entry.what {
            What::Taken(Taken::Input(Input::Frame { conn, frame })) => {
                let mut raw = BytesMut::new();
                match self.transport(*conn) {
                    Transport::Tcp => native::encode_client(frame, &mut raw),
                    Transport::WebSocket | Transport::Comet => websocket::encode_client(frame, &mut raw),
                }
                Some(raw.freeze())
            }
            What::Taken(Taken::Input(Input::Http { request, .. })) => Some(request.body.clone()),
            What::Said(Said::Down { raw, .. } | Said::DownRaw { raw, .. }) => Some(raw.clone()),
            What::Said(Said::Response { answer, .. }) => answer.as_ref().map(|answer| answer.body.clone()),
            What::Said(Said::Webhook(webhook)) => Some(webhook.body.clone()),
            _ => None,
        }
    }

    fn opened(&mut self, conn: ConnId, login: &Login) {
        let known = Conn {
            transport: login.transport,
            layout_v4: login.protocol_version == 4,
            label: login.label.clone(),
            user: None,
            queries: BTreeMap::new(),
        };
        self.conns.insert(conn, known);
    }

    fn asked(&mut self, conn: ConnId, frame: &ClientFrame) {
        if let (ClientFrame::Query(query), Some(known)) = (frame, self.conns.get_mut(&conn)) {
            let asked = Asked { topic: query.topic.clone(), target: query.target.clone() };
            known.queries.insert(query.id, asked);
        }
    }

    /// What an entry tells, as an object: `is` names its kind, `conn` whose it is.
    pub fn decode(&mut self, entry: &Entry) -> Value {
        match &entry.what {
            What::Taken(taken) => self.taken(taken),
            What::Said(said) => self.said(said),
            What::Clock(offset) => json!({"is": "clock", "offset": offset}),
            What::Seen(Seen::Call { client, method, args, returned }) => {
                json!({"is": "call", "client": client, "method": method, "args": args, "returned": returned})
            }
            What::Seen(Seen::Callback { client, name, args }) => {
                json!({"is": "callback", "client": client, "name": name, "args": args})
            }
            What::Seen(Seen::Step { client, name, args }) => {
                json!({"is": "step", "client": client, "name": name, "args": args})
            }
        }
    }

    fn taken(&mut self, taken: &Taken) -> Value {
        match taken {
            Taken::Input(Input::Open { conn, login }) => {
                self.opened(*conn, login);
                json!({
                    "is": "open", "conn": self.name(*conn), "transport": login.transport,
                    "platform": login.platform, "sdk": login.sdk_version, "token": service::shortened(&login.token),
                })
            }
            Taken::Input(Input::Frame { conn, frame }) => {
                self.asked(*conn, frame);
                let what = Journalled::Up { conn: *conn, frame: frame.clone() };
                self.journalled("up", *conn, what)
            }
            Taken::Input(Input::Poll { conn }) => json!({"is": "poll", "conn": self.name(*conn)}),
            Taken::Input(Input::Garbage { conn, error }) => {
                json!({"is": "garbage", "conn": self.name(*conn), "error": error})
            }
            Taken::Input(Input::Closed { conn }) => {
                let name = self.name(*conn);
                self.conns.remove(conn);
                json!({"is": "closed", "conn": name})
            }
            Taken::Input(Input::Http { id, request }) => {
                let query =
                    if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
                json!({
                    "is": "request", "id": id.0, "method": request.method,
                    "path": format!("{}{query}", request.path), "body": text(&request.body),
                })
            }
            Taken::Due => json!({"is": "due"}),
            Taken::Act { act, done, most } => {
                let mut value = json!({"is": "act", "act": act});
                if *done > 0 || *most != u32::MAX {
                    value["after"] = (*done).into();
                }
                value
            }
            Taken::GivenUp { act, done } => json!({"is": "givenUp", "act": act, "after": done}),
            Taken::Token { user } => json!({"is": "token", "user": user}),
            Taken::Disarm { fault } => json!({"is": "disarm", "fault": fault}),
            Taken::Endpoints(endpoints) => json!({"is": "endpoints", "endpoints": endpoints}),
            Taken::Note { conn, text } => json!({"is": "note", "conn": self.name(*conn), "text": text}),
        }
    }

    /// What a world said, without an entry around it.
    pub fn said(&mut self, said: &Said) -> Value {
        match said {
            Said::Down { conn, raw } => self.down(*conn, raw),
            Said::DownRaw { conn, raw } => {
                json!({"is": "downRaw", "conn": self.name(*conn), "bytes": raw.len()})
            }
            Said::Close { conn, how } => {
                let name = self.name(*conn);
                self.conns.remove(conn);
                json!({"is": "close", "conn": name, "how": how})
            }
            Said::PollAnswered { conn } => json!({"is": "pollAnswered", "conn": self.name(*conn)}),
            Said::Response { id, answer: None } => json!({"is": "response", "id": id.0, "status": null}),
            Said::Response { id, answer: Some(answer) } => {
                json!({"is": "response", "id": id.0, "status": answer.status, "body": text(&answer.body)})
            }
            Said::Webhook(webhook) => {
                json!({"is": "webhook", "url": webhook.url, "body": text(&webhook.body)})
            }
        }
    }

    fn down(&mut self, conn: ConnId, raw: &Bytes) -> Value {
        let Some(frame) = self.frame(conn, raw) else {
            return json!({"is": "down", "conn": self.name(conn), "undecodable": raw.len()});
        };
        let answers = self.answered(conn, &frame);
        self.journalled("down", conn, Journalled::Down { conn, frame, answers })
    }

    /// What a frame answers, which has its answer now.
    fn answered(&mut self, conn: ConnId, frame: &ServerFrame) -> Option<Topic> {
        let known = self.conns.get_mut(&conn)?;
        match frame {
            ServerFrame::QueryAck { id, .. } => known.queries.remove(id).map(|asked| asked.topic),
            ServerFrame::ConnAck(ack) => {
                known.user = ack.accepted.as_ref().map(|accepted| accepted.user_id.clone());
                None
            }
            _ => None,
        }
    }

    fn frame(&self, conn: ConnId, raw: &Bytes) -> Option<ServerFrame> {
        let layout_v4 = self.conns.get(&conn).is_some_and(|known| known.layout_v4);
        match self.transport(conn) {
            Transport::Tcp => native::decode_server(&mut BytesMut::from(&raw[..]), usize::MAX).ok().flatten(),
            Transport::WebSocket | Transport::Comet => websocket::decode_server(raw.clone(), layout_v4).ok(),
        }
    }

    fn journalled(&self, is: &str, conn: ConnId, what: Journalled) -> Value {
        let told = JournalEntry::new(0, UnixMillis(0), what).to_json();
        let mut value = json!({"is": is, "conn": self.name(conn)});
        if let (Value::Object(value), Value::Object(told)) = (&mut value, told) {
            let aside = ["kind", "direction", "conn", "n", "at"];
            value.extend(told.into_iter().filter(|(key, _)| !aside.contains(&key.as_str())));
        }
        value
    }
}

/// Whether a server's frame answers a QUERY or a login: its first byte says so, on every transport.
fn is_answer(raw: &[u8]) -> bool {
    let kind = raw.first().map(|first| first >> 4);
    kind.is_some_and(|kind| kind == wire::Kind::QueryAck as u8 || kind == wire::Kind::ConnAck as u8)
}

/// A body in words: JSON where it is some, text where it is that, or else how long it is.
fn text(body: &[u8]) -> Value {
    match std::str::from_utf8(body) {
        Ok("") => Value::Null,
        Ok(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Err(_) => json!({"bytes": body.len()}),
    }
}
