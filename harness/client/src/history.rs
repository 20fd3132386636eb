//! Messages at hand: `getMessageById`, `getMessageByUId`, and `loadMessages` from the local store.

use serde_json::{Map, Value, json};

use crate::{
    code,
    engine::Engine,
    io::CallResult,
    message::{Object, is_conversation, text},
    store::Conversation,
};

impl Engine {
    /// The stored message of that number, or null (AMB-38).
    pub(crate) fn message_by_id(&self, args: &Map<String, Value>) -> CallResult {
        let id = args.get("messageId").and_then(Value::as_i64);
        found(id.and_then(|id| self.store.by_id(&self.owner, id).ok().flatten()))
    }

    /// The stored message of that UID, or null.
    pub(crate) fn message_by_uid(&self, uid: &str) -> CallResult {
        found(self.store.by_uid(&self.owner, uid).ok().flatten())
    }

    /// `loadMessages`: at most 20, of the local store. The server's history belongs to a later part.
    pub(crate) fn load_messages(&mut self, args: &Map<String, Value>) -> CallResult {
        let (kind, target, channel) = (text(args, "type"), text(args, "targetId"), text(args, "channelId"));
        let order = text(args, "order");
        let number = |name: &str| args.get(name).and_then(Value::as_i64);
        let (Some(time), Some(count)) = (number("sentTime"), number("count")) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let ordered = matches!(order.as_str(), "before" | "after");
        if !ordered || !is_conversation(&kind) || target.is_empty() || time < 0 || !(1..=20).contains(&count)
        {
            return CallResult::Code(code::PARAM_ERROR);
        }
        match text(args, "policy").as_str() {
            "local" => {}
            "remote" | "local_remote" => {
                return CallResult::Unsupported("the reference client loads local messages only".to_owned());
            }
            _ => return CallResult::Code(code::PARAM_ERROR),
        }
        let of = Conversation {
            kind: &kind,
            target: &target,
            channel: &channel,
            time,
            count,
            after: order == "after",
        };
        let (code, messages): (i64, Vec<Value>) = match self.store.conversation(&self.owner, &of) {
            Ok(rows) => (0, rows.into_iter().map(Value::Object).collect()),
            Err(_) => (code::NOT_CONNECTED, Vec::new()),
        };
        self.fire(
            "onMessagesLoaded",
            json!({
                "code": code, "type": kind, "targetId": target, "channelId": channel, "sentTime": time,
                "order": order, "messages": messages,
            }),
        );
        CallResult::Code(0)
    }
}

fn found(message: Option<Object>) -> CallResult {
    CallResult::Value(message.map_or(Value::Null, Value::Object))
}
