//! How much an entry keeps in memory, and what becomes of bodies that are too large to keep.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wire::{ClientFrame, ConnAck, Connect, Request, ServerFrame, Topic};

use crate::core::journal::{Entry, LARGEST_BODY, Large, What};

/// What a value of JSON takes beside its texts, about.
const NODE: usize = 64;

impl Entry {
    /// Bytes that it keeps: its own and those of its bodies and texts. Allocators take some more.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + kept(&self.what)
    }
}

impl Large {
    /// Puts it in the place of the body.
    pub(super) fn tell(&self, entry: &mut Value) {
        let mut told = json!({"bytes": self.bytes});
        if let Some(sha1) = self.sha1 {
            told["sha1"] = HEXLOWER.encode(&sha1).into();
        }
        let Value::Object(entry) = entry else { return };
        if let Some(bytes) = entry.get_mut("bytes") {
            *bytes = self.bytes.into();
        } else if entry.contains_key("act") {
            entry.insert("act".to_owned(), told);
        } else {
            entry.insert("body".to_owned(), told);
        }
    }
}

/// The same without a body that is too large.
pub(super) fn shortened(mut what: What) -> (What, Option<Box<Large>>) {
    let large = match &mut what {
        What::Up { frame, .. } => client_body(frame).and_then(|body| taken(body, true)),
        What::Down { frame, .. } => server_body(frame).and_then(|body| taken(body, false)),
        What::Http { body, .. } => taken(body, true),
        What::Act(act) if json_size(act) > LARGEST_BODY => {
            let text = std::mem::take(act).to_string();
            Some(Box::new(Large { bytes: text.len(), sha1: Some(Sha1::digest(text).into()) }))
        }
        _ => None,
    };
    (what, large)
}

fn taken(body: &mut Bytes, hashed: bool) -> Option<Box<Large>> {
    if body.len() <= LARGEST_BODY {
        return None;
    }
    let body = std::mem::take(body);
    Some(Box::new(Large { bytes: body.len(), sha1: hashed.then(|| Sha1::digest(&body).into()) }))
}

fn client_body(frame: &mut ClientFrame) -> Option<&mut Bytes> {
    match frame {
        ClientFrame::Publish(request) | ClientFrame::Query(request) => Some(&mut request.body),
        ClientFrame::Connect(connect) => Some(&mut connect.rest),
        ClientFrame::Unknown { body, .. } => Some(body),
        _ => None,
    }
}

fn server_body(frame: &mut ServerFrame) -> Option<&mut Bytes> {
    match frame {
        ServerFrame::Publish { body, .. }
        | ServerFrame::QueryAck { body, .. }
        | ServerFrame::Unknown { body, .. } => Some(body),
        _ => None,
    }
}

fn kept(what: &What) -> usize {
    match what {
        What::Open { user, platform, .. } => user.as_ref().map_or(0, String::len) + platform.len(),
        What::Closed { .. } => 0,
        What::Up { frame, .. } => of_client(frame),
        What::Down { frame, .. } => of_server(frame),
        What::Garbage { error, .. } => error.len(),
        What::Http { method, path, body, .. } => method.len() + path.len() + body.len(),
        What::Act(act) => json_size(act),
        What::Fault { effect, .. } => json_size(effect),
        What::Push { user, message_uid, .. } => user.len() + message_uid.len(),
        What::Callback { url, body } => url.len() + json_size(body),
    }
}

fn of_client(frame: &ClientFrame) -> usize {
    match frame {
        ClientFrame::Publish(Request { topic, target, body, .. })
        | ClientFrame::Query(Request { topic, target, body, .. }) => {
            of_topic(topic) + target.len() + body.len()
        }
        ClientFrame::Connect(Connect { device_id, client, client_info, app_key, token, rest, .. }) => {
            device_id.len() + client.len() + client_info.len() + app_key.len() + token.len() + rest.len()
        }
        ClientFrame::Unknown { body, .. } => body.len(),
        _ => 0,
    }
}

fn of_server(frame: &ServerFrame) -> usize {
    match frame {
        ServerFrame::Publish { topic, target, body, .. } => of_topic(topic) + target.len() + body.len(),
        ServerFrame::QueryAck { body, .. } | ServerFrame::Unknown { body, .. } => body.len(),
        ServerFrame::PubAck { message_uid, .. } => message_uid.len(),
        ServerFrame::ConnAck(ConnAck { accepted, .. }) => {
            accepted.as_ref().map_or(0, |accepted| accepted.user_id.len() + accepted.session_id.len())
        }
        ServerFrame::Disconnect { rest, .. } => rest.len(),
        _ => 0,
    }
}

/// Those that are known keep nothing.
fn of_topic(topic: &Topic) -> usize {
    match topic {
        Topic::Other(name) => name.len(),
        _ => 0,
    }
}

fn json_size(value: &Value) -> usize {
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(json_size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + json_size(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use wire::UnixMillis;

    use super::*;
    use crate::core::{io::ConnId, journal::Journal};

    fn http(size: usize) -> What {
        let (method, path) = ("POST".to_owned(), "/x".to_owned());
        What::Http { method, path, body: Bytes::from(vec![b'a'; size]), status: 404 }
    }

    #[test]
    fn a_large_body_is_kept_as_its_length_and_hash() {
        let mut journal = Journal::new(10, 1 << 20);
        journal.record(UnixMillis(1), || http(31 << 20));
        assert!(journal.bytes() < 1000, "{}", journal.bytes());
        let entry = journal.after(0).next().unwrap().to_json();
        assert_eq!(entry["body"]["bytes"], 31 << 20);
        assert_eq!(entry["body"]["sha1"].as_str().map(str::len), Some(40));
        let body = Bytes::from(vec![0; LARGEST_BODY + 1]);
        let frame = ServerFrame::QueryAck { id: 1, qos: 0, seconds: 0, status: 0, body };
        journal.record(UnixMillis(1), || What::Down { conn: ConnId(1), frame, answers: None });
        assert_eq!(journal.after(1).next().unwrap().to_json()["bytes"], LARGEST_BODY + 1);
    }

    #[test]
    fn the_ring_never_keeps_more_than_its_bytes_and_counts_what_it_drops() {
        let mut journal = Journal::new(4096, 1 << 20);
        for n in 0..200 {
            journal.record(UnixMillis(n), || http(20_000 + n as usize));
            assert!(journal.bytes() <= 1 << 20);
            let told: usize = journal.after(0).map(Entry::size).sum();
            assert_eq!(told, journal.bytes());
        }
        let held = journal.after(0).count() as u64;
        assert_eq!((journal.last(), journal.dropped()), (200, 200 - held));
        assert!(held > 40, "{held}");
        assert_eq!(journal.after(0).last().map(|entry| entry.n), Some(200));
    }

    #[test]
    fn a_ring_of_no_bytes_still_counts() {
        let mut journal = Journal::new(10, 0);
        journal.record(UnixMillis(1), || http(1));
        assert_eq!((journal.last(), journal.dropped(), journal.bytes()), (1, 1, 0));
    }
}
