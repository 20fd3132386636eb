//! Messages as a client knows them: the number that the recorded one drew for one, and the one that is there now in its place; and the
//! whole of a message where only its UID is known, because it was guessed of a frame.

use std::collections::BTreeMap;

use recording::{Entry, Seen, What};
use serde_json::{Map, Value};
use simulation::Event;

/// The field of such a number.
const LOCAL: &str = "messageId";
/// And that of a message's UID.
const UID: &str = "messageUId";

/// The recorded numbers of each client, and those in their place: the same callback for the same time is taken for the same. And the
/// messages that it was told of.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Recorded callbacks of a client by their name, in order.
    recorded: BTreeMap<(String, String), Vec<Map<String, Value>>>,
    heard: BTreeMap<(String, String), usize>,
    ids: BTreeMap<(String, i64), i64>,
    /// By client and UID.
    messages: BTreeMap<(String, String), Value>,
    seen: usize,
}

impl Known {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut ids = Self::default();
        for entry in entries {
            if let What::Seen(Seen::Callback { client, name, args }) = &entry.what {
                ids.recorded.entry((client.clone(), name.clone())).or_default().push(args.clone());
            }
        }
        ids
    }

    /// Learns from the callbacks that came since the last time.
    pub(super) fn learn(&mut self, events: &[Event]) {
        for event in events.get(self.seen..).unwrap_or_default() {
            let key = (event.client.clone(), event.name.clone());
            let count = self.heard.entry(key.clone()).or_default();
            let recorded = self.recorded.get(&key).and_then(|all| all.get(*count));
            *count += 1;
            keep(&event.client, &event.args, &mut self.messages);
            if let Some(recorded) = recorded {
                pair(&event.client, recorded, &event.args, &mut self.ids);
            }
        }
        self.seen = events.len();
    }

    /// The arguments of a call of that client, with its own numbers.
    pub(super) fn rewritten(&self, client: &str, args: &Map<String, Value>) -> Map<String, Value> {
        let mut args = args.clone();
        for (name, value) in &mut args {
            self.rewrite(client, name, value);
        }
        args
    }

    fn rewrite(&self, client: &str, name: &str, value: &mut Value) {
        match value {
            Value::Object(fields) if fields.contains_key(UID) && !fields.contains_key("targetId") => {
                let uid = fields[UID].as_str().unwrap_or_default().to_owned();
                if let Some(message) = self.messages.get(&(client.to_owned(), uid)) {
                    value.clone_from(message);
                }
            }
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(name, value)| self.rewrite(client, name, value));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.rewrite(client, name, item)),
            Value::Number(number) if name.starts_with(LOCAL) => {
                let known = number.as_i64().and_then(|id| self.ids.get(&(client.to_owned(), id)));
                if let Some(id) = known {
                    *value = (*id).into();
                }
            }
            _ => {}
        }
    }
}

/// Keeps the messages that a callback brings: the last that is told of one counts.
fn keep(client: &str, args: &Map<String, Value>, messages: &mut BTreeMap<(String, String), Value>) {
    for value in args.values() {
        let one = std::slice::from_ref(value);
        for message in value.as_array().map_or(one, Vec::as_slice) {
            if let Some(uid) = message[UID].as_str().filter(|uid| !uid.is_empty()) {
                messages.insert((client.to_owned(), uid.to_owned()), message.clone());
            }
        }
    }
}

fn pair(
    client: &str,
    theirs: &Map<String, Value>,
    ours: &Map<String, Value>,
    ids: &mut BTreeMap<(String, i64), i64>,
) {
    for (name, value) in theirs {
        match (value, ours.get(name)) {
            (Value::Object(one), Some(Value::Object(other))) => pair(client, one, other, ids),
            (Value::Array(one), Some(Value::Array(other))) => {
                for (one, other) in one.iter().zip(other) {
                    if let (Value::Object(one), Value::Object(other)) = (one, other) {
                        pair(client, one, other, ids);
                    }
                }
            }
            (Value::Number(one), Some(Value::Number(other))) if name == LOCAL => {
                if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64()) {
                    ids.insert((client.to_owned(), one), other);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use wire::UnixMillis;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap_or_default()
    }

    #[test]
    fn a_clients_own_numbers_take_the_place_of_those_recorded() {
        let callback = |id: i64| Entry {
            n: 1,
            after: Duration::ZERO,
            what: What::Seen(Seen::Callback {
                client: "one".to_owned(),
                name: "onMessageSent".to_owned(),
                args: map(json!({"message": {"messageId": id}})),
            }),
        };
        let mut ids = Known::of(&[callback(7), callback(8)]);
        let event = |id: i64| Event {
            n: 1,
            at: UnixMillis(0),
            client: "one".to_owned(),
            name: "onMessageSent".to_owned(),
            args: map(json!({"message": {"messageId": id}})),
            after: Vec::new(),
        };
        ids.learn(&[event(100)]);
        ids.learn(&[event(100), event(101)]);
        let args = map(json!({"messageIds": [7, 8, 9], "message": {"messageId": 8}, "count": 7}));
        let now = json!({"messageIds": [100, 101, 9], "message": {"messageId": 101}, "count": 7});
        assert_eq!(Value::Object(ids.rewritten("one", &args)), now);
        assert_eq!(ids.rewritten("two", &args), args);
    }

    #[test]
    fn a_message_of_which_only_the_uid_is_known_is_the_one_that_the_client_was_told_of() {
        let message = json!({"messageUId": "A-B", "targetId": "bob", "text": "x"});
        let mut known = Known::default();
        known.learn(&[Event {
            n: 1,
            at: UnixMillis(0),
            client: "one".to_owned(),
            name: "onMessageReceived".to_owned(),
            args: map(json!({"message": message})),
            after: Vec::new(),
        }]);
        let args = map(json!({"message": {"messageUId": "A-B"}, "other": {"messageUId": "C-D"}}));
        let now = json!({"message": message, "other": {"messageUId": "C-D"}});
        assert_eq!(Value::Object(known.rewritten("one", &args)), now);
    }
}
