//! The text of a push notification (MENT-006, AMB-03): what a mention says goes before what the sender set for the push,
//! and that before the message's own text.

use prost::Message as _;
use serde_json::Value;
use wire::body::DownStreamMessage;

use crate::message::{Conversation, Message};

/// The text for a message; empty where its kind has none. `ignore_mention` is [`Bug`](crate::bug::Bug)'s.
pub(crate) fn of(message: &Message, ignore_mention: bool) -> String {
    let Ok(down) = DownStreamMessage::decode(message.received.clone()) else { return String::new() };
    let content: Value = serde_json::from_slice(&down.content).unwrap_or_default();
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let can_mention = message.conversation == Conversation::Group && !ignore_mention;
    let mentioned = can_mention.then(|| text(&content["mentionedInfo"]["mentionedContent"])).flatten();
    let own = || if down.classname == "RC:TxtMsg" { text(&content["content"]) } else { None };
    mentioned
        .or_else(|| down.push_content.clone().filter(|set| !set.is_empty()))
        .or_else(own)
        .unwrap_or_default()
}
