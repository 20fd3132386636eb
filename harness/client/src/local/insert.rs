//! Messages put into the local store by hand: sent to nobody, all of a batch or none (INS).

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::{
        Core,
        bug::Bug,
        message::{self, Object},
    },
    local::{Answer, Answered},
};

/// The stored message comes back with its messageId (INS-001).
pub(crate) fn one(core: &Core, now: UnixMillis, args: &Object) -> Answered {
    let message = message::to_insert(args.get("message")?, &core.user, now)?;
    Some(Answer {
        event: "onMessageInserted",
        echoed: &[],
        result: all(core, now, vec![message]).map(|mut stored| vec![("message", stored.remove(0))]),
        otherwise: vec![("message", args.get("message").cloned().unwrap_or_default())],
    })
}

/// Any number; ten at most are recommended (INS-010). One that cannot be stored fails them all (INS-011).
pub(crate) fn many(core: &Core, now: UnixMillis, args: &Object) -> Answered {
    let given = args.get("messages")?.as_array()?.iter().filter(|message| !message.is_null());
    let messages: Vec<Option<Object>> =
        given.map(|message| message::to_insert(message, &core.user, now)).collect();
    if messages.iter().any(Option::is_none) && !core.has(Bug::InsertsWhatItCan) {
        return None;
    }
    let messages: Vec<Object> = messages.into_iter().flatten().collect();
    if messages.is_empty() {
        return None;
    }
    Some(Answer {
        event: "onMessagesInserted",
        echoed: &[],
        result: all(core, now, messages).map(|stored| vec![("messages", stored.into())]),
        otherwise: vec![("messages", args.get("messages").cloned().unwrap_or(json!([])))],
    })
}

/// At least one message goes in, at least one comes back.
fn all(core: &Core, now: UnixMillis, messages: Vec<Object>) -> rusqlite::Result<Vec<Value>> {
    let mut stored = Vec::new();
    let mut ids = Vec::new();
    for message in messages {
        match store(core, now, message) {
            Ok((id, message)) => {
                ids.push(id);
                stored.push(Value::Object(message));
            }
            Err(error) => {
                // Without a journal the store takes nothing back by itself.
                for id in ids {
                    let _ = core.store.delete(id);
                }
                return Err(error);
            }
        }
    }
    Ok(stored)
}

fn store(core: &Core, now: UnixMillis, mut message: Object) -> rusqlite::Result<(i64, Object)> {
    if core.has(Bug::InsertsBesideTime) {
        message.insert("sentTime".to_owned(), now.0.into());
    }
    let id = core.store.insert(&message)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    message.insert("messageId".to_owned(), id.into());
    core.store.list_conversation(&message)?;
    if message.get("receivedStatus") == Some(&Value::from("unread"))
        && message::is_counted(&message)
        && !core.has(Bug::InsertedAreRead)
    {
        core.store.set_unread(id, false)?;
    }
    Ok((id, message))
}
