//! What an app changes on stored messages of this device: `changeMessageSentStatus`, `changeMessageReceiveStatus`, and
//! `deleteLocalMessages` (DEL-001 to DEL-003). Neither is documented to touch unread counts, so a changed status does not.

use crate::{
    core::{
        Core,
        arguments::number,
        bug::Bug,
        message::{Object, text},
    },
    local::{Answer, Answered},
};

const SENT: [&str; 7] = ["sending", "failed", "sent", "received", "read", "destroyed", "canceled"];
const RECEIVED: [&str; 6] = ["unread", "read", "listened", "downloaded", "retrieved", "multiple_receive"];

/// The server's and other devices' copies stay. Messages are known by `messageId`; of one that is gone already there
/// is nothing to delete.
pub(crate) fn delete(core: &Core, args: &Object) -> Answered {
    let given = args.get("messages")?.as_array()?.iter().filter(|message| !message.is_null());
    let mut ids: Vec<i64> = given.map(|message| message.get("messageId")?.as_i64()).collect::<Option<_>>()?;
    if ids.is_empty() {
        return None;
    }
    if ids.len() > 1 && core.has(Bug::DeletesFirstOnly) {
        ids.truncate(1);
    }
    let deleted = ids.iter().try_for_each(|id| core.store.delete(*id));
    Some(Answer {
        event: "onLocalMessagesDeleted",
        echoed: &["messages"],
        result: deleted.map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}

/// Code 3 if there is no such message.
pub(crate) fn change(core: &Core, args: &Object, sent: bool) -> Answered {
    let (event, name, known): (_, _, &[&str]) = if sent {
        ("onMessageSentStatusChanged", "sentStatus", &SENT)
    } else {
        ("onMessageReceiveStatusChanged", "receivedStatus", &RECEIVED)
    };
    let id = number(args, "messageId", 1..=i64::MAX)?;
    let status = text(args, name);
    if !known.contains(&status.as_str()) {
        return None;
    }
    let changed = core.store.by_id(id).and_then(|found| {
        let mut message = found.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        message.insert(name.to_owned(), status.into());
        core.store.update(id, &message)
    });
    Some(Answer { event, echoed: &["messageId"], result: changed.map(|_| Vec::new()), otherwise: Vec::new() })
}
