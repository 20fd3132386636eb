//! What a conversation is to an app.

use serde_json::{Value, json};

use crate::core::{
    bug::Bug,
    level::level_name,
    store::{Key, Place, Store},
};

/// A conversation by its documented properties (CONV-009).
pub(crate) fn describe(store: &Store, of: &Key) -> rusqlite::Result<Value> {
    let first = store.first_unread(of)?;
    let last = store.last_message(of)?;
    let place = Place { kind: of.kind.clone(), target: of.target.clone(), channel: of.channel.clone() };
    let (level, top) = store.setting(&place)?;
    let first = first.and_then(|first| first.get("sentTime")?.as_i64());
    // What is unread and not here is older than what is.
    let first = Some(store.unseen(of)?.first).filter(|first| *first > 0).or(first);
    let level = if level != 0 && store.bugs.has(Bug::ListsTellNoLevel) { 0 } else { level };
    let mut draft = store.draft(of)?;
    if !draft.is_empty() && store.bugs.has(Bug::ListsTellNoDraft) {
        draft.clear();
    }
    Ok(json!({
        "conversationType": of.kind,
        "targetId": of.target,
        "channelId": of.channel,
        "unreadCount": store.unread_count(of, false)?,
        "mentionedCount": store.unread_count(of, true)?,
        "top": top,
        "draft": draft,
        "notificationLevel": level_name(level),
        "lastMessage": last,
        "firstUnreadMsgSendTime": first.unwrap_or_default(),
    }))
}
