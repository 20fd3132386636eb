//! Unread counts: of a conversation, in all, by type, of mentions; clearing them (UNREAD, MENT-004).

use serde_json::{Value, json};

use crate::core::arguments::channel;
use crate::{
    core::{
        Core,
        arguments::{conversation_of, conversation_types, number},
        bug::Bug,
        conversation::describe,
        level::does_not_disturb,
        message::Object,
        store::Key,
    },
    local::{Answer, Answered},
};

const CONVERSATION: &[&str] = &["type", "targetId", "channelId"];

/// Chatrooms store nothing, so their count is 0 (UNREAD-005).
pub(crate) fn count(core: &Core, args: &Object, mentions: bool) -> Answered {
    let of = conversation_of(args)?;
    let mut count = core.store.unread_count(&of, mentions);
    if count.as_ref().is_ok_and(|count| *count > 99) && core.has(Bug::CountsTo99) {
        count = Ok(99);
    }
    let event = if mentions { "onUnreadMentionedCountLoaded" } else { "onUnreadCountLoaded" };
    Some(counted(event, CONVERSATION, count))
}

/// Every type, conversations that do not disturb included (UNREAD-002, AMB-46).
pub(crate) fn total(core: &Core, args: &Object) -> Answered {
    let channel = channel(args)?;
    let count = core.store.unread_counts(false).map(|counts| {
        let system = |key: &Key| key.kind != "system" || !core.has(Bug::TotalWithoutSystem);
        let counts =
            counts.iter().filter(|(key, _)| system(key) && (channel.is_empty() || key.channel == channel));
        counts.map(|(_, count)| count).sum()
    });
    Some(counted("onTotalUnreadCountLoaded", &["channelId"], count))
}

/// Without `contain`, conversations that do not disturb are left out (UNREAD-007, UNREAD-008).
pub(crate) fn by_types(core: &Core, args: &Object) -> Answered {
    let (kinds, channel) = (conversation_types(args)?, channel(args)?);
    let contain = args.get("contain")?.as_bool()?;
    let count = core.store.unread_counts(false).and_then(|counts| {
        let mut sum = 0;
        for (key, count) in counts {
            let asked = kinds.contains(&key.kind)
                && (channel.is_empty() || key.kind != "ultra_group" || key.channel == channel);
            let contain = contain || core.has(Bug::SilentCountAnyway);
            if asked && (contain || !does_not_disturb(&describe(&core.store, &key)?)) {
                sum += count;
            }
        }
        Ok(sum)
    });
    let echoed = &["conversationTypes", "channelId", "contain"];
    Some(counted("onUnreadCountByConversationTypesLoaded", echoed, count))
}

/// Up to the sent time of the last message read, that message included (UNREAD-010).
pub(crate) fn clear(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    let mut until = number(args, "timestamp", 0..=i64::MAX)?;
    if until > 0 && core.has(Bug::ClearsUpToExcluded) {
        until -= 1;
    }
    if until > 0 && core.has(Bug::ClearsAllUnread) {
        until = i64::MAX;
    }
    Some(Answer {
        event: "onUnreadCountCleared",
        echoed: &["type", "targetId", "channelId", "timestamp"],
        result: core.store.clear_unread(&of, until).map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}

/// The oldest unread message, or null.
pub(crate) fn first(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    let found = core.store.first_unread(&of);
    Some(Answer {
        event: "onFirstUnreadMessageLoaded",
        echoed: CONVERSATION,
        result: found.map(|found| vec![("message", found.map_or(Value::Null, Value::Object))]),
        otherwise: vec![("message", Value::Null)],
    })
}

pub(crate) fn mentions(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    let found = core.store.unread_mentions(&of);
    Some(Answer {
        event: "onUnreadMentionedMessagesLoaded",
        echoed: CONVERSATION,
        result: found.map(|found| vec![("messages", found.into())]),
        otherwise: vec![("messages", json!([]))],
    })
}

fn counted(event: &'static str, echoed: &'static [&'static str], count: rusqlite::Result<i64>) -> Answer {
    let result = count.map(|count| vec![("count", count.into())]);
    Answer { event, echoed, result, otherwise: vec![("count", 0.into())] }
}
