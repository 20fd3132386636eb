//! An entry in words, and what it is about.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use recording::{Decoder, Entry, Said, Seen, What};
use serde_json::Value;
use service::{ConnId, Input, Taken, Transport};

/// Texts of an entry that are looked at for whom it is about, and how long each may be.
const MOST_IDS: usize = 64;
const LONGEST_ID: usize = 64;

/// Characters of an entry in one line.
const LONGEST_BRIEF: usize = 400;

/// Where an entry stands: beside whom the service speaks with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// A client, or a connection of nobody known.
    Client(String),
    /// HTTP calls, and those of the app's own server.
    Http,
    /// The service alone.
    Service,
}

impl Lane {
    /// Whose an entry is; the decoder knows what came before it.
    pub(super) fn of(entry: &Entry, decoder: &Decoder) -> Self {
        match &entry.what {
            What::Taken(Taken::Input(Input::Open { login, .. })) if !login.label.is_empty() => {
                Self::named(&login.label)
            }
            What::Taken(Taken::Input(Input::Http { .. }))
            | What::Said(Said::Response { .. } | Said::Webhook(_)) => Self::Http,
            What::Seen(
                Seen::Call { client, .. } | Seen::Callback { client, .. } | Seen::Step { client, .. },
            ) if !client.is_empty() => Self::Client(client.clone()),
            other => match conn_of(other) {
                Some(conn) => Self::named(&decoder.name(conn)),
                None => Self::Service,
            },
        }
    }

    /// Connections of one client stand in one lane: they are labelled `client/1`, `client/2`.
    fn named(name: &str) -> Self {
        Self::Client(name.split_once('/').map_or(name, |(client, _)| client).to_owned())
    }

    /// The client, where it is one.
    #[must_use]
    pub fn client(&self) -> Option<String> {
        match self {
            Self::Client(name) => Some(name.clone()),
            Self::Http | Self::Service => None,
        }
    }

    /// What stands above it.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Client(name) => name,
            Self::Http => "http",
            Self::Service => "service",
        }
    }
}

/// The connection that an entry is of.
#[must_use]
pub(super) fn conn_of(what: &What) -> Option<ConnId> {
    match what {
        What::Taken(
            Taken::Input(
                Input::Open { conn, .. }
                | Input::Frame { conn, .. }
                | Input::Poll { conn }
                | Input::Garbage { conn, .. }
                | Input::Closed { conn },
            )
            | Taken::Note { conn, .. },
        )
        | What::Said(
            Said::Down { conn, .. }
            | Said::DownRaw { conn, .. }
            | Said::Close { conn, .. }
            | Said::PollAnswered { conn },
        ) => Some(*conn),
        _ => None,
    }
}

/// Which way an entry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the service.
    Up,
    /// From the service.
    Down,
    /// It stays where it is.
    Here,
}

/// An entry in words.
#[derive(Debug)]
pub struct Row {
    /// Its number.
    pub n: u64,
    /// When it was.
    pub after: Duration,
    /// What [`Decoder`] tells of it.
    pub told: Value,
    /// Where it stands.
    pub lane: Lane,
    /// Its bytes, where it is a frame or has a body.
    pub raw: Option<Bytes>,
    /// A native frame without its pad, which makes its bytes unreadable: header and body.
    pub clear: Option<Bytes>,
    /// Of whom the QUERY asked that it answers.
    pub asked: Option<String>,
    /// Its connection.
    pub conn: Option<ConnId>,
    /// Whose the connection is, where the service was heard to say so.
    pub user: Option<String>,
}

impl Row {
    pub(super) fn new(entry: &Entry, decoder: &mut Decoder) -> Self {
        let (raw, conn) = (decoder.raw(entry), conn_of(&entry.what));
        let is_native = conn.is_some_and(|conn| decoder.transport(conn) == Transport::Tcp);
        let clear = raw.as_deref().filter(|_| is_native).and_then(without_pad);
        let before = conn.and_then(|conn| decoder.user(conn)).map(str::to_owned);
        let (lane, asked) = (Lane::of(entry, decoder), decoder.asked_of(entry).map(str::to_owned));
        let told = decoder.decode(entry);
        // One that has just ended was somebody's, one that is just accepted is.
        let user = before.or_else(|| Some(decoder.user(conn?)?.to_owned()));
        Self { n: entry.n, after: entry.after, told, lane, raw, clear, asked, conn, user }
    }

    /// A text of what it tells.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.told[key].as_str()
    }

    /// Which way it goes.
    #[must_use]
    pub fn way(&self) -> Way {
        match self.text("is").unwrap_or_default() {
            "up" | "open" | "closed" | "poll" | "garbage" | "request" => Way::Up,
            "down" | "downRaw" | "close" | "pollAnswered" | "response" | "webhook" => Way::Down,
            _ => Way::Here,
        }
    }

    /// In one line, without number, time and whose it is.
    #[must_use]
    pub fn brief(&self) -> String {
        let seen = match self.text("is") {
            Some("callback") => self.text("name").map(|name| format!("{name} {}", self.told["args"])),
            Some("call") => self.text("method").map(|method| format!("call {method} {}", self.told["args"])),
            _ => None,
        };
        if let Some(seen) = seen {
            return seen.chars().take(LONGEST_BRIEF).collect();
        }
        let line = crate::recorded::line(0, Duration::ZERO, &self.told, false);
        // `     0       +0.000 -> phone/1      `: 6 + 1 + 12 + 1 + 2 + 1 characters, a name of 12 or more, a space.
        let rest: String = line.chars().skip(23).collect();
        let who = self.text("conn").or_else(|| self.text("client")).unwrap_or_default();
        rest.strip_prefix(who).unwrap_or(&rest).trim_start().to_owned()
    }

    /// Everything that can be searched in.
    #[must_use]
    pub fn whole(&self) -> String {
        crate::recorded::line(self.n, self.after, &self.told, true)
    }

    /// Ids that it names, most telling first: its target, texts in its body, its user.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        if let Some(target) = self.text("target").or(self.asked.as_deref()) {
            add(&mut ids, target);
        }
        for key in ["user", "userId", "act", "args", "body"] {
            gather(&self.told[key], &mut ids);
        }
        if let Some(user) = &self.user {
            add(&mut ids, user);
        }
        ids
    }
}

fn without_pad(raw: &[u8]) -> Option<Bytes> {
    let (header, body) = wire::native::split_frame(&mut BytesMut::from(raw), usize::MAX).ok()??;
    let mut clear = BytesMut::with_capacity(1 + body.len());
    clear.put_u8(header.to_byte());
    clear.put(body);
    Some(clear.freeze())
}

fn gather(value: &Value, ids: &mut Vec<String>) {
    match value {
        // A form, or an id as it is.
        Value::String(text) if text.len() <= 4096 => {
            text.split(['&', '=']).for_each(|text| add(ids, text));
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, ids)),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, ids)),
        _ => {}
    }
}

fn add(ids: &mut Vec<String>, id: &str) {
    let fits = !id.is_empty() && id.len() <= LONGEST_ID && ids.len() < MOST_IDS;
    if fits && !ids.iter().any(|known| known == id) {
        ids.push(id.to_owned());
    }
}
