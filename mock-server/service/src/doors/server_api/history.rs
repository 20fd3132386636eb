//! `/conversation/message/history/clean.json` and `/v3/message/*/query.json`: a user's history for its app's server.

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::{message::Conversation, refusal::Gate},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        chatroom_message::api_clean_room_history,
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        ultra_group_history::api_clean_channel,
        user::LONGEST_ID,
    },
    mail::archive::Place,
};

/// Messages of a page: by default, and at most. The endpoint's own numbers are not told; these are assumed.
const PAGE: i64 = 20;
const LARGEST_PAGE: i64 = 100;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/conversation/message/history/clean.json", Form, api_clean_history),
    ("/v3/message/private/query.json", Json, api_query_private),
    ("/v3/message/group/query.json", Json, api_query_group),
];

/// Clears a user's history of a conversation; nobody's local store is touched (DEL-018).
fn api_clean_history(api: &mut Api<'_>, call: &Call) -> Answer {
    if call.optional("conversationType") == Some("10") {
        return api_clean_channel(api, call);
    }
    if call.optional("conversationType") == Some("4") {
        return api_clean_room_history(api, call);
    }
    api.world.core.api_ordered(Gate::History)?;
    let conversation = conversation(call, &[1, 3, 4, 6])?;
    let owner = call.required("fromUserId", LONGEST_ID)?;
    let target = call.required("targetId", LONGEST_ID)?;
    let until = match call.optional("msgTimestamp") {
        None => call.now,
        Some(_) => match call.number("msgTimestamp", 0..=i64::MAX)? {
            0 => call.now,
            time => UnixMillis(time),
        },
    };
    let place = Place::of(conversation, owner, target);
    let user = api.world.core.accounts.find_or_add(owner);
    api.world.mail().clear_history(user, &place, until);
    Ok(json!({}))
}

fn api_query_private(api: &mut Api<'_>, call: &Call) -> Answer {
    query_history(api, call, Conversation::Private)
}

fn api_query_group(api: &mut Api<'_>, call: &Call) -> Answer {
    query_history(api, call, Conversation::Group)
}

/// A user's view of a conversation between two times, from the first that is named to the second.
fn query_history(api: &mut Api<'_>, call: &Call, conversation: Conversation) -> Answer {
    api.world.core.api_ordered(Gate::History)?;
    let me = call.required("userId", LONGEST_ID)?;
    let target = call.required("targetId", LONGEST_ID)?;
    let span = call.span()?;
    let size = match call.optional("pageSize") {
        None => PAGE,
        Some(_) => call.number("pageSize", 1..=LARGEST_PAGE)?,
    };
    let since = api.world.mail().history_since(call.now);
    let range = span.range(since, size as usize);
    let Some(user) = api.world.core.accounts.find(me) else { return Ok(json!({"data": []})) };
    let (page, _) = api.world.mail.archive.page(&Place::of(conversation, me, target), user, &range, false);
    let data: Vec<Value> = page
        .into_iter()
        .map(|entry| {
            let down = entry.seen_by(&api.world.core.accounts[user].id);
            json!({
                "targetId": target, "fromUserId": &*entry.message.from, "busChannel": down.bus_channel(),
                "messageUID": down.msg_id(), "msgTime": down.data_time, "objectName": down.classname,
                "content": String::from_utf8_lossy(&down.content), "expansion": entry.message.expandable,
                "extraContent": if down.extra_content().is_empty() { "{}" } else { down.extra_content() },
            })
        })
        .collect();
    Ok(json!({"data": data}))
}

/// The conversation type of a call, by its number.
pub(super) fn conversation(call: &Call, allowed: &[i64]) -> Result<Conversation, ApiError> {
    let number = call.number("conversationType", 1..=10)?;
    match number {
        _ if !allowed.contains(&number) => {}
        1 => return Ok(Conversation::Private),
        3 => return Ok(Conversation::Group),
        6 => return Ok(Conversation::System),
        _ => {}
    }
    Err(error(1002, format!("parameter `conversationType` is {number}; this mock knows {allowed:?} here")))
}
