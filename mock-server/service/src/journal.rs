//! The journal: every input and output of a world with its virtual time, in a bounded ring that counts what it drops.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};
use wire::{ClientFrame, ServerFrame, UnixMillis, reflect};

use crate::{gate::Hint, io::ConnId};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Running number of the world, from 1, without gaps.
    pub n: u64,
    /// When, in the world's virtual time.
    pub at: UnixMillis,
    /// What.
    pub what: What,
    /// Of an answer that refuses or is empty because a switch is off, or a rate was exceeded: what would change that.
    pub hint: Option<Hint>,
}

/// The kinds of entries, as [`Entry::to_json`] tells them.
pub const KINDS: [&str; 9] =
    ["open", "closed", "frame", "garbage", "http", "act", "fault", "push", "callback"];

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A client presented itself.
    Open {
        /// The connection.
        conn: ConnId,
        /// The user its token belongs to, if it was accepted.
        user: Option<String>,
        /// Platform as sent.
        platform: String,
        /// CONNACK status.
        status: u8,
    },
    /// A connection ended.
    Closed {
        /// The connection.
        conn: ConnId,
        /// Who ended it and why.
        why: &'static str,
    },
    /// A frame from a client.
    Up {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: ClientFrame,
    },
    /// A frame to a client.
    Down {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: ServerFrame,
    },
    /// Bytes that are no frame.
    Garbage {
        /// The connection.
        conn: ConnId,
        /// What is wrong.
        error: String,
    },
    /// An HTTP call and its status.
    Http {
        /// Method.
        method: String,
        /// Path.
        path: String,
        /// Request body.
        body: Bytes,
        /// Status answered; 0 = no answer.
        status: u16,
    },
    /// A server-side act, as JSON.
    Act(Value),
    /// A fault took effect.
    Fault {
        /// Its id.
        id: u64,
        /// The effect, as JSON.
        effect: Value,
    },
    /// A push notification would have been sent, or not.
    Push {
        /// To whom.
        user: String,
        /// The message.
        message_uid: String,
        /// Whether it would have been sent.
        sent: bool,
        /// Which rule decided.
        why: &'static str,
    },
    /// The app's own server was called.
    Callback {
        /// Address.
        url: String,
        /// Body.
        body: Value,
    },
}

impl Entry {
    /// The entry for people and the control API, bodies decoded.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut entry = match &self.what {
            What::Open { conn, user, platform, status } => {
                json!({"kind": "open", "conn": conn.0, "user": user, "platform": platform, "status": status})
            }
            What::Callback { url, body } => json!({"kind": "callback", "url": url, "body": body}),
            What::Closed { conn, why } => json!({"kind": "closed", "conn": conn.0, "why": why}),
            What::Up { conn, frame } => {
                with(json!({"kind": "frame", "direction": "up", "conn": conn.0}), client_json(frame))
            }
            What::Down { conn, frame } => {
                with(json!({"kind": "frame", "direction": "down", "conn": conn.0}), server_json(frame))
            }
            What::Garbage { conn, error } => json!({"kind": "garbage", "conn": conn.0, "error": error}),
            What::Http { method, path, body, status } => {
                json!({"kind": "http", "method": method, "path": path, "body": String::from_utf8_lossy(body), "status": status})
            }
            What::Act(act) => json!({"kind": "act", "act": act}),
            What::Fault { id, effect } => json!({"kind": "fault", "id": id, "effect": effect}),
            What::Push { user, message_uid, sent, why } => {
                json!({"kind": "push", "user": user, "messageUId": message_uid, "sent": sent, "why": why})
            }
        };
        entry["n"] = self.n.into();
        entry["at"] = self.at.0.into();
        if let Some(hint) = &self.hint {
            hint.write(&mut entry);
        }
        entry
    }
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn decoded(name: Option<&'static str>, body: &Bytes) -> Value {
    match name.map(|name| reflect::judge(name, body)) {
        Some(Ok(judged)) => {
            let mut value = json!({"message": judged.message, "fields": judged.json});
            if !judged.missing.is_empty() {
                value["missing"] = judged.missing.into();
            }
            if !judged.unknown.is_empty() {
                value["unknown"] = judged.unknown.into();
            }
            value
        }
        Some(Err(error)) => json!({"undecodable": error, "bytes": body.len()}),
        None => json!({"bytes": body.len()}),
    }
}

fn client_json(frame: &ClientFrame) -> Value {
    match frame {
        ClientFrame::Connect(connect) => json!({"frame": "CONNECT", "client": connect.client_info}),
        ClientFrame::Publish(request) | ClientFrame::Query(request) => json!({
            "frame": if matches!(frame, ClientFrame::Query(_)) { "QUERY" } else { "PUBLISH" },
            "topic": request.topic.as_str(), "target": request.target, "id": request.id, "qos": request.qos,
            "body": decoded(reflect::request_message(&request.topic), &request.body),
        }),
        ClientFrame::PubAck { id } => json!({"frame": "PUBACK", "id": id}),
        ClientFrame::QueryCon { id } => json!({"frame": "QUERYCON", "id": id}),
        ClientFrame::Ping => json!({"frame": "PINGREQ"}),
        ClientFrame::Disconnect { status } => json!({"frame": "DISCONNECT", "status": status}),
        ClientFrame::Unknown { header, body } => {
            json!({"frame": "UNKNOWN", "type": header.kind, "bytes": body.len()})
        }
        _ => json!({"frame": "OTHER"}),
    }
}

fn server_json(frame: &ServerFrame) -> Value {
    match frame {
        ServerFrame::ConnAck(ack) => {
            json!({"frame": "CONNACK", "status": ack.status, "userId": ack.accepted.as_ref().map(|a| a.user_id.clone())})
        }
        ServerFrame::Publish { dup, qos, topic, target, id, body, .. } => json!({
            "frame": "PUBLISH", "topic": topic.as_str(), "target": target, "id": id, "qos": qos, "dup": dup,
            "body": decoded(reflect::push_message(topic, *dup), body),
        }),
        ServerFrame::PubAck { id, status, message_uid, .. } => {
            json!({"frame": "PUBACK", "id": id, "status": status, "messageUId": message_uid})
        }
        ServerFrame::QueryAck { id, status, body, .. } => {
            json!({"frame": "QUERYACK", "id": id, "status": status, "bytes": body.len()})
        }
        ServerFrame::Pong => json!({"frame": "PINGRESP"}),
        ServerFrame::Disconnect { status, .. } => json!({"frame": "DISCONNECT", "status": status}),
        ServerFrame::Unknown { header, body } => {
            json!({"frame": "UNKNOWN", "type": header.kind, "bytes": body.len()})
        }
        _ => json!({"frame": "OTHER"}),
    }
}

/// The ring. Bodies are shared with the frames, so an entry costs its head only.
#[derive(Debug)]
pub struct Journal {
    entries: VecDeque<Entry>,
    capacity: usize,
    next: u64,
    hint: Option<Hint>,
}

impl Journal {
    /// A ring of so many entries; 0 records nothing and still counts.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity, next: 1, hint: None }
    }

    /// What the next entry hints at.
    pub(crate) fn hint(&mut self, hint: Option<Hint>) {
        self.hint = hint;
    }

    pub(crate) fn record(&mut self, at: UnixMillis, what: impl FnOnce() -> What) {
        let (n, hint) = (self.next, self.hint.take());
        self.next += 1;
        if self.capacity == 0 {
            return;
        }
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { n, at, what: what(), hint });
    }

    /// Entries with a number greater than `after` that are still held, oldest first.
    pub fn after(&self, after: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.front().map_or(self.next, |entry| entry.n);
        let skip = usize::try_from((after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip)
    }

    /// The number of the newest entry; 0 if there was none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.next - 1
    }

    /// How many entries the ring has dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.last() - self.entries.len() as u64
    }
}
