//! The form in which a message that an app inserts is stored.

use serde_json::Value;
use wire::UnixMillis;

use crate::core::message::{Object, base, is_conversation, kind, text};

/// Properties of messages of every kind that an inserted one does not keep, or that are set here (INS-006).
const NOT_KEPT: [&str; 17] = [
    "conversationType",
    "targetId",
    "channelId",
    "messageId",
    "messageUId",
    "offLine",
    "groupReadReceiptInfo",
    "receivedTime",
    "sentTime",
    "receivedStatus",
    "sentStatus",
    "senderUserId",
    "direction",
    "userInfo",
    "mentionedInfo",
    "pushOptions",
    "extra",
];

/// What is stored of `given`; `None`: it is no message that can be stored (INS-005).
///
/// Kept are the conversation, the direction, the time of sending, whether it was read, and what messages of its kind
/// alone have. Without these it is one of the user's own, sent successfully now (INS-007, INS-008).
pub(crate) fn to_insert(given: &Value, me: &str, now: UnixMillis) -> Option<Object> {
    let given = given.as_object()?;
    kind::insertable(given)?;
    let (conversation, target) = (text(given, "conversationType"), text(given, "targetId"));
    let channel = crate::core::arguments::channel(given)?;
    if !is_conversation(&conversation) || target.is_empty() {
        return None;
    }
    let mut message = base(&conversation, &target, &channel);
    let received = text(given, "direction") == "receive";
    let sent = given.get("sentTime").and_then(Value::as_i64).filter(|time| *time > 0).unwrap_or(now.0);
    let status = Some(text(given, "receivedStatus")).filter(|status| received && !status.is_empty());
    // Who sent a received one is not told: in a group nobody is assumed.
    let sender = match (received, conversation.as_str()) {
        (false, _) => me,
        (true, "private" | "system") => &target,
        (true, _) => "",
    };
    message.insert("senderUserId".into(), sender.into());
    message.insert("direction".into(), if received { "receive" } else { "send" }.into());
    message.insert("sentStatus".into(), if received { "received" } else { "sent" }.into());
    message.insert("sentTime".into(), sent.into());
    if received {
        message.insert("receivedTime".into(), now.0.into());
        message.insert("receivedStatus".into(), status.unwrap_or_else(|| "read".to_owned()).into());
    }
    let own = given.iter().filter(|(name, _)| !NOT_KEPT.contains(&name.as_str()) && *name != "expansion");
    message.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    Some(message)
}
