//! Unread counts a client reports, against the messages it handed over (UNREAD-002, UNREAD-004, UNREAD-010).
//!
//! Judged as long as all that touches a count is seen: a message that arrives adds one, clearing and another device's
//! read state take away what is not newer. Whatever else may touch one (recalls, deletions, insertions, removed
//! conversations, another user) ends the reckoning for that client.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulation::Event;

use super::{Broken, Watched, message};

/// Kinds of messages of which it is certain that they count (MSG-017 to MSG-023, MSG-027).
const COUNTED: [&str; 8] = ["text", "voice", "image", "file", "sight", "gif", "reference", "location"];
/// Those of which it is certain that they do not (MSG-024 to MSG-026).
const NOT_COUNTED: [&str; 3] = ["command", "command_notification", "recall"];

/// Callbacks after which a count may be another.
const MEDDLING: [&str; 10] = [
    "onRemoteMessageRecalled",
    "onMessageRecalled",
    "onMessagesCleared",
    "onMessagesDeleted",
    "onLocalMessagesDeleted",
    "onMessageInserted",
    "onMessagesInserted",
    "onMessageReceiveStatusChanged",
    "onConversationRemoved",
    "onConversationsRemoved",
];

/// What ultra groups have unread the server says at a login (UGUNREAD-001): only it and the client know.
const ULTRA_GROUP: &str = "ultra_group";

/// The first count that is not what it should be.
pub(super) fn miscounted(client: &str, events: &[&Event], watched: &Watched<'_>) -> Option<Broken> {
    let mine = |name: &str| {
        name.starts_with("call setOn") || matches!(name, "restart" | "reinstall" | "call create")
    };
    if watched.calls.iter().any(|call| call.client == client && mine(&call.name)) {
        return None;
    }
    let in_channels = |event: &Event| {
        let kind =
            |args: &serde_json::Map<String, Value>, name: &str| args.get(name) == Some(&ULTRA_GROUP.into());
        let message = event.args.get("message").and_then(Value::as_object);
        kind(&event.args, "type") || message.is_some_and(|message| kind(message, "conversationType"))
    };
    let mut reckoning =
        Reckoning { channels: watched.events.iter().any(in_channels), ..Reckoning::default() };
    for event in events {
        if MEDDLING.contains(&event.name.as_str()) || reckoning.is_another_user(event) {
            return None;
        }
        if let Some((what, should, seen)) = reckoning.take(event)
            && should != seen
        {
            let rule = format!("{client}: the unread count of {what} is {should}");
            return Some(Broken { rule, seen: seen.to_string() });
        }
    }
    None
}

/// Unread messages of one conversation, by UID with their sent times; `None`: not to be known any more.
type Unread = Option<BTreeMap<String, i64>>;

#[derive(Default)]
struct Reckoning {
    user: Option<Value>,
    /// Some client has something of an ultra group: what is unread in all is not to be known.
    channels: bool,
    conversations: BTreeMap<String, Unread>,
    seen: BTreeSet<String>,
    /// Up to when another device has read a conversation: what comes later and is older is no news.
    read_elsewhere: BTreeMap<String, i64>,
}

impl Reckoning {
    /// Counts belong to a user; with the next one others begin.
    fn is_another_user(&mut self, event: &Event) -> bool {
        if event.name != "onConnected" || event.args.get("code") != Some(&Value::from(0)) {
            return false;
        }
        let user = event.args.get("userId").cloned();
        let other = self.user.is_some() && self.user != user;
        self.user = user;
        other
    }

    /// What the event says a count is, and what it should be.
    fn take(&mut self, event: &Event) -> Option<(String, i64, i64)> {
        match event.name.as_str() {
            "onMessageReceived" => self.received(event),
            "onUnreadCountCleared" => self.cleared(event),
            "onConversationReadStatusSyncMessageReceived" => {
                self.cleared(event);
                let until = event.args.get("timestamp").and_then(Value::as_i64);
                let (of, until) = conversation(&event.args, "type").zip(until)?;
                let known = self.read_elsewhere.entry(of).or_insert(until);
                *known = (*known).max(until);
            }
            "onUnreadCountLoaded" => {
                let of = conversation(&event.args, "type").filter(|of| !of.starts_with(ULTRA_GROUP))?;
                let should = match self.conversations.get(&of) {
                    None => 0,
                    Some(unread) => i64::try_from(unread.as_ref()?.len()).ok()?,
                };
                return Some((of, should, count(event)?));
            }
            "onTotalUnreadCountLoaded"
                if !self.channels && event.args.get("channelId").is_none_or(is_empty) =>
            {
                let mut should = 0;
                for (_, unread) in self.conversations.iter().filter(|(of, _)| !of.starts_with("chatroom")) {
                    should += i64::try_from(unread.as_ref()?.len()).ok()?;
                }
                return Some(("all conversations".to_owned(), should, count(event)?));
            }
            _ => {}
        }
        None
    }

    fn received(&mut self, event: &Event) {
        let text = |field| message(event, field).and_then(Value::as_str).unwrap_or_default();
        let (kind, uid) = (text("messageType"), text("messageUId").to_owned());
        if text("direction") == "send" || NOT_COUNTED.contains(&kind) {
            return;
        }
        let Some(of) = event
            .args
            .get("message")
            .and_then(Value::as_object)
            .and_then(|args| conversation(args, "conversationType"))
        else {
            return;
        };
        let unread = self.conversations.entry(of.clone()).or_insert_with(|| Some(BTreeMap::new()));
        let time = message(event, "sentTime").and_then(Value::as_i64);
        match time {
            Some(time) if COUNTED.contains(&kind) && !uid.is_empty() && !of.starts_with("chatroom") => {
                if self.seen.insert(uid.clone())
                    && self.read_elsewhere.get(&of).is_none_or(|until| *until < time)
                    && let Some(unread) = unread
                {
                    unread.insert(uid, time);
                }
            }
            // A kind whose flags decide, or a room.
            _ => *unread = None,
        }
    }

    fn cleared(&mut self, event: &Event) {
        if event.args.get("code").is_some_and(|code| code.as_i64() != Some(0)) {
            return;
        }
        let until = event.args.get("timestamp").and_then(Value::as_i64);
        let Some((of, until)) = conversation(&event.args, "type").zip(until) else { return };
        if let Some(Some(unread)) = self.conversations.get_mut(&of) {
            unread.retain(|_, time| *time > until);
        }
    }
}

fn count(event: &Event) -> Option<i64> {
    let told = event.args.get("code") == Some(&Value::from(0));
    event.args.get("count").filter(|_| told)?.as_i64()
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// Outside ultra groups a channel says nothing (MSG-042).
fn conversation(args: &serde_json::Map<String, Value>, kind: &str) -> Option<String> {
    let text = |field: &str| args.get(field).and_then(Value::as_str);
    let (kind, target) = (text(kind)?, text("targetId")?);
    let channel = text("channelId").filter(|_| kind == "ultra_group").unwrap_or_default();
    Some(format!("{kind} {target} {channel}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::UnixMillis;

    use super::*;

    fn event(name: &str, args: Value) -> Event {
        let args = args.as_object().unwrap().clone();
        Event { n: 0, at: UnixMillis(0), client: "a".into(), name: name.into(), args, after: Vec::new() }
    }

    fn received(uid: &str, time: i64) -> Event {
        let message = json!({
            "messageUId": uid, "conversationType": "private", "targetId": "bob", "sentTime": time,
            "direction": "receive", "messageType": "text",
        });
        event("onMessageReceived", json!({"message": message}))
    }

    fn counted(count: i64) -> Event {
        event("onUnreadCountLoaded", json!({"code": 0, "type": "private", "targetId": "bob", "count": count}))
    }

    fn seen(events: &[Event]) -> Option<String> {
        let users = BTreeMap::from([("a".to_owned(), "alice".to_owned())]);
        let watched =
            Watched { events, calls: &[], users: &users, begun: &[], disturbed: false, waited: false };
        let mine: Vec<&Event> = events.iter().collect();
        miscounted("a", &mine, &watched).map(|broken| format!("{}: {}", broken.rule, broken.seen))
    }

    #[test]
    fn a_count_that_is_not_what_arrived_is_seen() {
        let arrived = [received("u1", 1), received("u2", 2)];
        let with = |last: Event| [&arrived[..], &[last]].concat();
        assert_eq!(seen(&with(counted(2))), None);
        let wrong = "a: the unread count of private bob is 2: 3";
        assert_eq!(seen(&with(counted(3))).as_deref(), Some(wrong));
        let total = event("onTotalUnreadCountLoaded", json!({"code": 0, "channelId": "", "count": 1}));
        let wrong = "a: the unread count of all conversations is 2: 1";
        assert_eq!(seen(&with(total)).as_deref(), Some(wrong));
    }

    #[test]
    fn what_was_read_here_or_elsewhere_does_not_count() {
        let until = json!({"code": 0, "type": "private", "targetId": "bob", "channelId": "", "timestamp": 1});
        for name in ["onUnreadCountCleared", "onConversationReadStatusSyncMessageReceived"] {
            let arrived = [received("u1", 1), received("u2", 2), event(name, until.clone())];
            assert_eq!(seen(&[&arrived[..], &[counted(1)]].concat()), None);
            assert!(seen(&[&arrived[..], &[counted(2)]].concat()).is_some());
        }
    }

    #[test]
    fn of_ultra_groups_nothing_is_claimed() {
        let counted = |name: &str, count: i64| {
            event(
                name,
                json!({"code": 0, "type": "ultra_group", "targetId": "g", "channelId": "", "count": count}),
            )
        };
        assert_eq!(seen(&[counted("onUnreadCountLoaded", 3), counted("onTotalUnreadCountLoaded", 3)]), None);
    }

    #[test]
    fn after_a_recall_nothing_is_claimed() {
        let recalled = event("onRemoteMessageRecalled", json!({"message": {}}));
        assert_eq!(seen(&[received("u1", 1), recalled, counted(0)]), None);
    }
}
