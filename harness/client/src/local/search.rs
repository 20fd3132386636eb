//! Searching the local store (SRCH). Letters are compared as they are; times are those of sending.

use serde_json::{Value, json};

use crate::core::arguments::channel;
use crate::{
    core::{
        Core,
        arguments::{conversation_of, conversation_types, message_types, number},
        bug::Bug,
        conversation::describe,
        message::{Object, text},
        store::{Key, Search},
    },
    local::{Answer, Answered},
};

/// How many results one search may ask for (SRCH-007 to SRCH-012).
const COUNT: std::ops::RangeInclusive<i64> = 1..=50;
const TIME: std::ops::RangeInclusive<i64> = 0..=i64::MAX;

/// Older than `startTime`, or from the newest on (SRCH-005, SRCH-006).
pub(crate) fn messages(core: &Core, args: &Object) -> Answered {
    let (of, keyword) = (conversation_of(args)?, keyword(args)?);
    let before = number(args, "startTime", TIME)?;
    let count = number(args, "count", COUNT)?;
    let search = Search {
        keyword: Some(&keyword),
        before: (before > 0).then(|| before + i64::from(core.has(Bug::SearchIncludesStart))),
        count,
        ..Search::default()
    };
    let echoed = &["type", "targetId", "channelId", "keyword", "startTime", "count"];
    Some(searched(core, "onMessagesSearched", echoed, &of, &search))
}

/// From `startTime` to `endTime`, both included; 0 as the end is now (SRCH-013, SRCH-014). That the ends belong to
/// the range is assumed.
pub(crate) fn by_time_range(core: &Core, args: &Object) -> Answered {
    let (of, keyword) = (conversation_of(args)?, keyword(args)?);
    let (from, to) = (number(args, "startTime", TIME)?, number(args, "endTime", TIME)?);
    let search = Search {
        keyword: Some(&keyword),
        from: if from > 0 && core.has(Bug::SearchRangeIsOpen) { 0 } else { from },
        before: (to > 0).then(|| to.saturating_add(1)),
        offset: number(args, "offset", TIME)?.min(if core.has(Bug::SearchOffsetIgnored) {
            0
        } else {
            i64::MAX
        }),
        count: number(args, "count", COUNT)?,
        ..Search::default()
    };
    let echoed = &["type", "targetId", "channelId", "keyword", "startTime", "endTime", "offset", "count"];
    Some(searched(core, "onMessagesSearchedByTimeRange", echoed, &of, &search))
}

/// Of one sender (SRCH-015).
pub(crate) fn by_user(core: &Core, args: &Object) -> Answered {
    let (of, user) = (conversation_of(args)?, text(args, "userId"));
    let before = number(args, "startTime", TIME)?;
    let count = number(args, "count", COUNT)?;
    if user.is_empty() {
        return None;
    }
    let search =
        Search { sender: Some(&user), before: (before > 0).then_some(before), count, ..Search::default() };
    let echoed = &["userId", "type", "targetId", "channelId", "startTime", "count"];
    Some(searched(core, "onMessagesSearchedByUserId", echoed, &of, &search))
}

fn searched(
    core: &Core,
    event: &'static str,
    echoed: &'static [&'static str],
    of: &Key,
    search: &Search<'_>,
) -> Answer {
    // What a room's stay holds is not searched (SRCH-017).
    let found = match of.kind.as_str() {
        "chatroom" => Ok(Vec::new()),
        _ => core.store.search(of, search),
    };
    Answer {
        event,
        echoed,
        result: found.map(|found| vec![("messages", found.into())]),
        otherwise: vec![("messages", json!([]))],
    }
}

/// Conversations with messages that contain the keyword, each with how many.
pub(crate) fn conversations(core: &Core, args: &Object) -> Answered {
    let (kinds, channel, types) = (conversation_types(args)?, channel(args)?, message_types(args)?);
    let keyword = keyword(args)?;
    let found = core.store.search_conversations(&types, &keyword).and_then(|found| {
        let mut results: Vec<Value> = Vec::new();
        for (key, count) in found {
            let asked = key.kind != "chatroom"
                && kinds.contains(&key.kind)
                && (channel.is_empty() || key.kind != "ultra_group" || key.channel == channel);
            let count = if core.has(Bug::SearchCountsConversationsOnce) { 1 } else { count };
            if asked {
                results.push(json!({"conversation": describe(&core.store, &key)?, "count": count}));
            }
        }
        Ok(results)
    });
    Some(Answer {
        event: "onConversationsSearched",
        echoed: &["conversationTypes", "channelId", "messageTypes", "keyword"],
        result: found.map(|found| vec![("conversations", found.into())]),
        otherwise: vec![("conversations", json!([]))],
    })
}

fn keyword(args: &Object) -> Option<String> {
    Some(text(args, "keyword")).filter(|keyword| !keyword.is_empty())
}
