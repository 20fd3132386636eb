//! The journal: every input and output of a world with its virtual time, in a ring that is bounded in entries and in bytes
//! and counts what it drops. Of a large body it keeps how long it was and, if it came from outside, its SHA-1.

mod size;

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};
use wire::{ClientFrame, ServerFrame, Topic, UnixMillis, reflect};

use crate::core::{io::ConnId, refusal::Hint, secret::shorten_json};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Running number of the world, from 1, without gaps.
    pub n: u64,
    /// When, in the world's virtual time.
    pub at: UnixMillis,
    /// What; without a body that is too large to keep.
    pub what: What,
    /// The body that was not kept.
    pub large: Option<Box<Large>>,
    /// Of an answer that refuses or is empty because a switch is off, or a rate was exceeded: what would change that.
    pub hint: Option<Hint>,
}

/// The kinds of entries, as [`Entry::to_json`] tells them.
pub const KINDS: [&str; 9] =
    ["open", "closed", "frame", "garbage", "http", "act", "fault", "push", "callback"];

/// A body that is larger than the journal keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Large {
    /// Its length.
    pub bytes: usize,
    /// Its SHA-1, if it came from outside: what the service says itself is not reckoned.
    pub sha1: Option<[u8; 20]>,
}

/// Bodies of more bytes are kept as their length and hash.
pub const LARGEST_BODY: usize = 64 << 10;

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
        /// What the client's shell calls the connection, for those that drive several: `phone/2`. Empty as a rule.
        label: String,
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
        /// What it answers, if it is a QUERYACK: the frame itself says no more than a number.
        answers: Option<Topic>,
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

/// The fields that [`Entry::to_json`] writes; what is below them depends on the entry.
pub const FIELDS: &[&str] = &[
    "kind",
    "n",
    "at",
    "direction",
    "conn",
    "frame",
    "topic",
    "target",
    "id",
    "qos",
    "dup",
    "body",
    "status",
    "userId",
    "messageUId",
    "bytes",
    "type",
    "client",
    "user",
    "platform",
    "label",
    "why",
    "error",
    "method",
    "path",
    "act",
    "effect",
    "sent",
    "url",
    "hint",
    "refusedBy",
];

impl Entry {
    /// An entry as it stands by itself: nothing was left out of it, and it hints at nothing.
    #[must_use]
    pub fn new(n: u64, at: UnixMillis, what: What) -> Self {
        Self { n, at, what, large: None, hint: None }
    }

    /// The `kind` of the entry as [`to_json`](Self::to_json) tells it, without decoding anything.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.what {
            What::Open { .. } => "open",
            What::Callback { .. } => "callback",
            What::Closed { .. } => "closed",
            What::Up { .. } | What::Down { .. } => "frame",
            What::Garbage { .. } => "garbage",
            What::Http { .. } => "http",
            What::Act(_) => "act",
            What::Fault { .. } => "fault",
            What::Push { .. } => "push",
        }
    }

    /// The entry for people and the control API, bodies decoded.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut entry = match &self.what {
            What::Open { conn, user, platform, status, label } => {
                let open = json!({"kind": "open", "conn": conn.0, "user": user, "platform": platform, "status": status});
                if label.is_empty() { open } else { with(open, json!({"label": label})) }
            }
            What::Callback { url, body } => json!({"kind": "callback", "url": url, "body": body}),
            What::Closed { conn, why } => json!({"kind": "closed", "conn": conn.0, "why": why}),
            What::Up { conn, frame } => {
                with(json!({"kind": "frame", "direction": "up", "conn": conn.0}), client_json(frame))
            }
            What::Down { conn, frame, answers } => {
                let frame = server_json(frame, answers.as_ref());
                with(json!({"kind": "frame", "direction": "down", "conn": conn.0}), frame)
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
        if let Some(large) = &self.large {
            large.tell(&mut entry);
        }
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
        Some(Ok(mut judged)) => {
            shorten_json(&mut judged.json);
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
            "body": decoded(request.topic.request(), &request.body),
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

/// `answers`: the topic of the query that a QUERYACK answers.
fn server_json(frame: &ServerFrame, answers: Option<&Topic>) -> Value {
    match frame {
        ServerFrame::ConnAck(ack) => {
            json!({"frame": "CONNACK", "status": ack.status, "userId": ack.accepted.as_ref().map(|a| a.user_id.clone())})
        }
        ServerFrame::Publish { dup, qos, topic, target, id, body, .. } => json!({
            "frame": "PUBLISH", "topic": topic.as_str(), "target": target, "id": id, "qos": qos, "dup": dup,
            "body": decoded(topic.push(*dup), body),
        }),
        ServerFrame::PubAck { id, status, message_uid, .. } => {
            json!({"frame": "PUBACK", "id": id, "status": status, "messageUId": message_uid})
        }
        ServerFrame::QueryAck { id, status, body, .. } => {
            let topic = answers.map(Topic::as_str);
            // A refusal has no body but where part of a batch failed.
            let message = answers.and_then(Topic::answer).filter(|_| *status == 0 || !body.is_empty());
            json!({
                "frame": "QUERYACK", "topic": topic, "id": id, "status": status, "bytes": body.len(),
                "body": decoded(message, body),
            })
        }
        ServerFrame::Pong => json!({"frame": "PINGRESP"}),
        ServerFrame::Disconnect { status, .. } => json!({"frame": "DISCONNECT", "status": status}),
        ServerFrame::Unknown { header, body } => {
            json!({"frame": "UNKNOWN", "type": header.kind, "bytes": body.len()})
        }
        _ => json!({"frame": "OTHER"}),
    }
}

/// The ring. Bodies are shared with the frames; what an entry keeps alive counts all the same.
#[derive(Debug, Clone)]
pub struct Journal {
    entries: VecDeque<Entry>,
    capacity: usize,
    most_bytes: usize,
    bytes: usize,
    next: u64,
    hint: Option<Hint>,
}

impl Journal {
    /// A ring of so many entries, which together keep at most so many bytes; 0 records nothing and still counts.
    #[must_use]
    pub fn new(capacity: usize, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), capacity, most_bytes, bytes: 0, next: 1, hint: None }
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
        let (what, large) = size::shortened(what());
        let entry = Entry { n, at, what, large, hint };
        let size = entry.size();
        while self.entries.len() >= self.capacity
            || (self.bytes + size > self.most_bytes && !self.entries.is_empty())
        {
            self.drop_oldest();
        }
        if size <= self.most_bytes {
            self.bytes += size;
            self.entries.push_back(entry);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.bytes -= oldest.size();
        }
    }

    /// Entries with a number greater than `after` that are still held, oldest first.
    pub fn after(&self, after: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.partition_point(|entry| entry.n <= after);
        self.entries.range(first..)
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

    /// Bytes that its entries keep.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_entry_is_listed() {
        let conn = ConnId(1);
        let all = [
            What::Open { conn, user: None, platform: "Web".into(), status: 0, label: "phone/1".into() },
            What::Closed { conn, why: "left" },
            What::Up { conn, frame: ClientFrame::Ping },
            What::Up { conn, frame: ClientFrame::PubAck { id: 1 } },
            What::Down { conn, frame: ServerFrame::Pong, answers: None },
            What::Garbage { conn, error: "short".into() },
            What::Http { method: "GET".into(), path: "/".into(), body: Bytes::new(), status: 200 },
            What::Act(json!({})),
            What::Fault { id: 1, effect: json!("drop") },
            What::Push { user: "a".into(), message_uid: "u".into(), sent: true, why: "on" },
            What::Callback { url: "http://a/".into(), body: json!({}) },
        ];
        for what in all {
            let mut entry = Entry::new(1, UnixMillis(0), what);
            entry.hint = Some(Hint::Switch { name: "ultraGroup", by_preset: true });
            entry.large = Some(Box::new(Large { bytes: 70_000, sha1: Some([0; 20]) }));
            let json = entry.to_json();
            for field in json.as_object().unwrap().keys() {
                assert!(FIELDS.contains(&field.as_str()), "{field}");
            }
        }
    }
}
