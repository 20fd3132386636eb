//! History of ultra groups for the app's server: `/ultragroup/msg/get.json`, `/ultragroup/hismsg/*`,
//! `/v3/message/ultragroup/query.json`, and `/conversation/message/history/clean.json` of a channel (UGHIST-005).

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::ids::Uid,
    doors::server_api::{
        Answer, Api, Call,
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        ultra_group::{known_ultra_group, no_member, ultra_group_of},
        ultra_group_channel::{channel_of, known_channel},
        ultra_group_message::{LONGEST_UID, channel_message},
        user::LONGEST_ID,
    },
    ultra_group::{Entry, LONGEST_CHANNEL},
};

/// The longest time that one query covers, milliseconds.
const FOURTEEN_DAYS: i64 = 14 * 24 * 3600 * 1000;
/// Messages that one query asks for by UID (assumed).
const MOST_ASKED: usize = 20;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/msg/get.json", Form, api_channel_messages),
    ("/ultragroup/hismsg/query.json", Form, api_channel_history),
    ("/ultragroup/hismsg/msgid/query.json", Form, api_channel_history_around),
    ("/v3/message/ultragroup/query.json", Json, api_query_ultra_group),
];

/// A message as these endpoints tell it; each calls some fields its own way.
fn row(group: &str, entry: &Entry) -> Value {
    // Own bytes decode.
    let down = entry.message.as_sent();
    let pairs = if down.extra_content().is_empty() { "{}" } else { down.extra_content() };
    json!({
        "groupId": group, "busChannel": &*entry.channel, "fromUserId": &*entry.message.from,
        "msgUID": down.msg_id(), "objectName": down.classname,
        "content": String::from_utf8_lossy(&down.content), "expansion": entry.message.expandable,
        "extraContent": pairs,
    })
}

/// The same with the time, and the misspelt type.
fn history_row(group: &str, entry: &Entry) -> Value {
    let mut row = row(group, entry);
    row["msgTime"] = entry.message.time.0.into();
    row["conversionType"] = 10.into();
    row
}

/// `msgs`: `[{"msgUID", "busChannel"}]`; what is not there is left out.
fn api_channel_messages(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let named = call.list("msgs", MOST_ASKED)?;
    let mut data = Vec::new();
    for one in named {
        let Some(uid) = one["msgUID"].as_str() else {
            return Err(error(1002, "parameter `msgs` must be a list of objects with `msgUID`"));
        };
        let channel = one["busChannel"].as_str().filter(|channel| !channel.is_empty());
        let entry = Uid::parse(uid).and_then(|uid| api.world.ultra_groups.said(group, uid));
        let entry = entry.filter(|entry| channel.is_none_or(|channel| *entry.channel == *channel));
        data.extend(entry.map(|entry| {
            let mut row = row(group, entry);
            row["sentTime"] = entry.message.time.0.into();
            row
        }));
    }
    Ok(json!({"data": data}))
}

/// Later than `startTime`, up to `endTime`, oldest first; or the other way round.
fn api_channel_history(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, channel) = channel_of(api, call)?;
    let span = call.span_within(FOURTEEN_DAYS)?;
    let from = call.optional_within("fromUserId", LONGEST_ID)?;
    let size = call.number_or("pageSize", 1..=100, 20)? as usize;
    let log = api.world.ultra_groups.channel_log(
        &api.world.core,
        call.now,
        group,
        channel,
        (span.after, span.before),
    );
    let log = log.filter(|entry| from.is_none_or(|from| *entry.message.from == *from));
    let page = span.first(log, size, |entry| entry.message.time);
    let data: Vec<Value> = page.into_iter().map(|entry| history_row(group, entry)).collect();
    Ok(json!({"data": data}))
}

/// So many before a message, it, and so many after it.
fn api_channel_history_around(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, channel) = channel_of(api, call)?;
    let uid = call.required("msgUID", LONGEST_UID)?;
    let before = call.number_or("prevNum", 0..=50, 10)? as usize;
    let after = call.number_or("lastNum", 0..=50, 10)? as usize;
    let (_, found) = channel_message(api, call, uid)?;
    let Some(at) = api.world.ultra_groups.said(group, found).map(|entry| entry.message.time) else {
        return Ok(json!({"data": []}));
    };
    let log = |range| api.world.ultra_groups.channel_log(&api.world.core, call.now, group, channel, range);
    let mut rows: Vec<Value> =
        log((UnixMillis(i64::MIN), at)).rev().take(before).map(|entry| history_row(group, entry)).collect();
    rows.reverse();
    let rest = log((at.previous(), UnixMillis(i64::MAX))).take(after + 1);
    rows.extend(rest.map(|entry| history_row(group, entry)));
    Ok(json!({"data": rows}))
}

/// A channel between two times, for a member.
fn api_query_ultra_group(api: &mut Api<'_>, call: &Call) -> Answer {
    let me = call.required("userId", LONGEST_ID)?;
    let group = call.required("targetId", LONGEST_ID)?;
    let known = known_ultra_group(api, group)?;
    if !api.world.core.accounts.find(me).is_some_and(|user| known.has_member(user)) {
        return Err(no_member(me, group));
    }
    let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
    let channel = api.world.ultra_groups().channel_id(channel).to_owned();
    known_channel(api, group, &channel)?;
    let span = call.span()?;
    let size = call.number_or("pageSize", 1..=100, 20)? as usize;
    let log = api.world.ultra_groups.channel_log(
        &api.world.core,
        call.now,
        group,
        &channel,
        (span.after, span.before),
    );
    let page = span.first(log, size, |entry| entry.message.time);
    let data: Vec<Value> = page
        .into_iter()
        .map(|entry| {
            let mut row = row(group, entry);
            row["targetId"] = group.into();
            row["messageUID"] = row["msgUID"].take();
            row["msgTime"] = entry.message.time.0.into();
            if let Some(fields) = row.as_object_mut() {
                fields.remove("groupId");
                fields.remove("msgUID");
            }
            row
        })
        .collect();
    Ok(json!({"data": data}))
}

/// For one member; without a time, everything so far (DEL-018).
pub(super) fn api_clean_channel(api: &mut Api<'_>, call: &Call) -> Answer {
    let owner = call.required("fromUserId", LONGEST_ID)?;
    let group = call.required("targetId", LONGEST_ID)?;
    let known = known_ultra_group(api, group)?;
    let member = api.world.core.accounts.find(owner).filter(|user| known.has_member(*user));
    let user = member.ok_or_else(|| no_member(owner, group))?;
    let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
    let channel = api.world.ultra_groups().channel_id(channel).to_owned();
    known_channel(api, group, &channel)?;
    let time = call.number_or("msgTimestamp", 0..=i64::MAX, 0)?;
    api.world.ultra_groups().clear_channel_for(user, group, &channel.into(), time);
    Ok(json!({}))
}
