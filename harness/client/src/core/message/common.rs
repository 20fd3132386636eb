//! What any message can carry beside its content: the sender's user information, mentions, a free text
//! (MSG-013, MSG-014, MSG-016). On the wire they stand in the content.

use serde_json::{Map, Value, json};

use crate::core::message::{Object, text};

/// Puts them into the content of an outgoing message.
pub(super) fn write(message: &Object, content: &mut Map<String, Value>) {
    if let Some(Value::String(extra)) = message.get("extra") {
        content.insert("extra".to_owned(), extra.as_str().into());
    }
    if let Some(Value::Object(user)) = message.get("userInfo") {
        let portrait = text(user, "portrait");
        let mut told = json!({"id": text(user, "userId"), "name": text(user, "name"), "portrait": portrait});
        for name in ["alias", "extra"] {
            if let Some(Value::String(value)) = user.get(name) {
                told[name] = value.as_str().into();
            }
        }
        content.insert("user".to_owned(), told);
    }
    if let Some(Value::Object(mentioned)) = message.get("mentionedInfo") {
        let kind = if text(mentioned, "type") == "all" { 1 } else { 2 };
        let users = mentioned.get("userIdList").filter(|users| users.is_array()).cloned();
        let told = json!({
            "type": kind, "userIdList": users.unwrap_or(json!([])),
            "mentionedContent": text(mentioned, "mentionedContent"),
        });
        content.insert("mentionedInfo".to_owned(), told);
    }
}

/// Takes them out of the content of an incoming message.
pub(super) fn take(message: &mut Object, content: &mut Map<String, Value>) {
    if content.get("extra").is_some_and(Value::is_string)
        && let Some(extra) = content.remove("extra")
    {
        message.insert("extra".to_owned(), extra);
    }
    if let Some(Value::Object(user)) = content.get("user") {
        let portrait = Some(text(user, "portrait")).filter(|portrait| !portrait.is_empty());
        let mut info = json!({
            "userId": text(user, "id"), "name": text(user, "name"),
            "portrait": portrait.unwrap_or_else(|| text(user, "portraitUri")),
        });
        for name in ["alias", "extra"] {
            if let Some(Value::String(value)) = user.get(name) {
                info[name] = value.as_str().into();
            }
        }
        message.insert("userInfo".to_owned(), info);
        content.remove("user");
    }
    if let Some(Value::Object(mentioned)) = content.get("mentionedInfo") {
        let kind = if mentioned.get("type") == Some(&json!(1)) { "all" } else { "part" };
        let users = mentioned.get("userIdList").filter(|users| users.is_array()).cloned();
        let info = json!({
            "type": kind, "userIdList": users.unwrap_or(json!([])),
            "mentionedContent": text(mentioned, "mentionedContent"),
        });
        message.insert("mentionedInfo".to_owned(), info);
        content.remove("mentionedInfo");
    }
}

/// Whether mentions mean anything there (MENT-007).
pub(super) fn can_mention(conversation: &str) -> bool {
    matches!(conversation, "group" | "ultra_group")
}

/// Whether the message mentions that user, alone or with all (MENT-004, MENT-005).
pub(crate) fn mentions(message: &Object, user: &str) -> bool {
    let Some(Value::Object(mentioned)) = message.get("mentionedInfo") else { return false };
    let named = || {
        let users = mentioned.get("userIdList").and_then(Value::as_array);
        users.is_some_and(|users| users.iter().any(|id| id.as_str() == Some(user)))
    };
    can_mention(&text(message, "conversationType")) && (text(mentioned, "type") == "all" || named())
}
