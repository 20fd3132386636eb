//! The conversation list: `loadConversation(s)`, `removeConversation(s)` (CONV).

use serde_json::{Value, json};

use crate::core::arguments::channel;
use crate::{
    core::{
        Core,
        arguments::{conversation_of, conversation_types, number},
        bug::Bug,
        conversation::describe,
        message::Object,
    },
    local::{Answer, Answered},
};

const CONVERSATION: &[&str] = &["type", "targetId", "channelId"];

pub(crate) fn load(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    let found = core
        .store
        .is_listed(&of)
        .and_then(|listed| Ok(if listed { describe(&core.store, &of)? } else { Value::Null }));
    Some(Answer {
        event: "onConversationLoaded",
        echoed: CONVERSATION,
        result: found.map(|found| vec![("conversation", found)]),
        otherwise: vec![("conversation", Value::Null)],
    })
}

/// At most `count` conversations older than `startTime`, or the newest (CONV-014 to CONV-020). Pinned ones come
/// first; as they are the page that begins with the newest has them (AMB-47).
pub(crate) fn load_many(core: &Core, args: &Object) -> Answered {
    let (mut kinds, channel) = (conversation_types(args)?, channel(args)?);
    if kinds.len() > 1 && core.has(Bug::OneTypeAtATime) {
        kinds.truncate(1);
    }
    let start = number(args, "startTime", 0..=i64::MAX)?;
    let count = usize::try_from(number(args, "count", 1..=50)?).ok()?;
    let found = core.store.listed(&kinds).and_then(|mut all| {
        all.retain(|(key, time)| {
            (start == 0 || *time < start || (*time == start && core.has(Bug::StartBelongsToPage)))
                && (channel.is_empty() || key.kind != "ultra_group" || key.channel == channel)
        });
        let cut_first = all.len() > count && core.has(Bug::PinsAfterCut);
        if cut_first {
            all.truncate(count);
        }
        let mut described = Vec::new();
        for (key, _) in all {
            described.push(describe(&core.store, &key)?);
        }
        // Stable: among the pinned, and among the others, time decides.
        described.sort_by_key(|conversation| conversation["top"] != Value::Bool(true));
        described.truncate(count);
        Ok(described)
    });
    Some(Answer {
        event: "onConversationsLoaded",
        echoed: &["conversationTypes", "channelId", "startTime", "count"],
        result: found.map(|found| vec![("conversations", found.into())]),
        otherwise: vec![("conversations", json!([]))],
    })
}

pub(crate) fn remove(core: &Core, args: &Object) -> Answered {
    let of = conversation_of(args)?;
    Some(Answer {
        event: "onConversationRemoved",
        echoed: CONVERSATION,
        result: core.store.remove_conversation(&of).map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}

pub(crate) fn remove_many(core: &Core, args: &Object) -> Answered {
    let (kinds, channel) = (conversation_types(args)?, channel(args)?);
    let removed = kinds.iter().try_for_each(|kind| {
        let channel = Some(&*channel).filter(|channel| kind == "ultra_group" && !channel.is_empty());
        core.store.remove_conversations(kind, channel)
    });
    Some(Answer {
        event: "onConversationsRemoved",
        echoed: &["conversationTypes", "channelId"],
        result: removed.map(|()| Vec::new()),
        otherwise: Vec::new(),
    })
}
