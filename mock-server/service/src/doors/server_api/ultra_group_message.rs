//! Messages of ultra groups: sent by the app's server (`/message/ultragroup/publish.json`), modified, expanded and
//! recalled in their senders' names (UGMOD, UGEXP, UGRECALL).

use serde_json::{Value, json};
use wire::code::status;

use crate::{
    core::{account::UserIx, ids::Uid, message::Recall},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        compose::{api_message, checked},
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        once::once,
        rate::{Rated, within_rates},
        recall::{MOST_PAIRS, PAGE, parsed, refusal},
        ultra_group::known_ultra_group,
        ultra_group_channel::{channel_or_none, known_channel, no_channel},
        user::LONGEST_ID,
    },
    ultra_group::{LONGEST_CHANNEL, edit, recall},
};

/// Most ultra groups that one call names.
const MOST_GROUPS: usize = 3;
/// Most members that alone get a message.
const MOST_RECEIVERS: usize = 1000;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/ultragroup/publish.json", Json, api_publish_ultra_group),
    ("/ultragroup/msg/modify.json", Form, api_channel_message_modify),
    ("/ultragroup/message/expansion/set.json", Form, api_channel_expansion_set),
    ("/ultragroup/message/expansion/delete.json", Form, api_channel_expansion_delete),
    ("/ultragroup/message/expansion/query.json", Form, api_channel_expansion),
];

/// Bytes of a message UID, at most.
pub(super) const LONGEST_UID: usize = 64;

/// To everybody who sees the channel, the sender too; mutes do not concern it, and the sender need not be a member.
pub(super) fn api_publish_ultra_group(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.required("fromUserId", LONGEST_ID)?;
    let groups: Vec<String> = call.ids("toGroupIds", MOST_GROUPS)?.into_iter().map(str::to_owned).collect();
    let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
    let mut message = api_message(api, call)?;
    if call.has("toUserIds") {
        message.user_id = call.ids("toUserIds", MOST_RECEIVERS)?.into_iter().map(str::to_owned).collect();
    }
    for group in &groups {
        known_ultra_group(api, group)?;
        let channel = api.world.ultra_groups().channel_id(channel).to_owned();
        known_channel(api, group, &channel)?;
    }
    once(api, call, from, |api| {
        let rates: Vec<Rated<'_>> = groups.iter().map(|group| Rated::UltraGroup(group)).collect();
        within_rates(api, call.now, &rates, 1)?;
        let mut uids: Vec<Value> = Vec::new();
        for group in groups {
            let posted = api.world.ultra_groups().say_in_channel_for_app(
                call.now,
                &group,
                channel,
                from,
                message.clone(),
            );
            let posted = posted.ok_or_else(|| no_channel(channel, &group))?;
            uids.push(json!({"groupId": group, "messageUID": posted.uid.as_str()}));
        }
        Ok(json!({"messageUIDs": uids}))
    })
}

/// A message that a call names, in the channel it names, if it names one.
///
/// # Errors
/// There is none.
pub(super) fn channel_message(api: &mut Api<'_>, call: &Call, uid: &str) -> Result<(String, Uid), ApiError> {
    let (group, channel) = channel_or_none(api, call)?;
    let found = Uid::parse(uid).filter(|uid| {
        let entry = api.world.ultra_groups.said(group, *uid);
        entry.is_some_and(|entry| channel.is_none_or(|channel| *entry.channel == *channel))
    });
    let found =
        found.ok_or_else(|| error(1002, format!("the ultra group `{group}` has no message `{uid}`")))?;
    Ok((group.to_owned(), found))
}

fn sender_in_ultra_group(api: &Api<'_>, group: &str, from: &str, uid: Uid) -> Result<UserIx, ApiError> {
    let entry = api.world.ultra_groups.said(group, uid);
    let own = entry.filter(|entry| *entry.message.from == *from).map(|entry| entry.by);
    own.ok_or_else(|| error(1002, format!("`{from}` sent no message `{uid}` in the ultra group `{group}`")))
}

fn api_channel_message_modify(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, uid) = channel_message(api, call, call.required("msgUID", LONGEST_UID)?)?;
    let from = call.required("fromUserId", LONGEST_ID)?;
    sender_in_ultra_group(api, &group, from, uid)?;
    let content = call.required("content", api.world.core.limits.message_bytes)?;
    let name = api.world.ultra_groups.said(&group, uid).map(|entry| entry.classname.clone());
    checked(name.as_deref().unwrap_or_default(), content)?;
    once(api, call, from, |api| {
        let changed =
            edit::modify_in_channel(&mut api.world.ultra_groups(), call.now, &group, uid, content, None);
        changed.map(|_| json!({})).map_err(refusal)
    })
}

fn api_channel_expansion_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let Value::Object(pairs) = parsed(call, "extraKeyVal")? else {
        return Err(error(1002, "parameter `extraKeyVal` must be a JSON object of texts"));
    };
    expand_channel_message(api, call, &json!({"put": pairs}))
}

fn api_channel_expansion_delete(api: &mut Api<'_>, call: &Call) -> Answer {
    match parsed(call, "extraKey")? {
        Value::Array(keys) if keys.len() <= MOST_PAIRS => {
            expand_channel_message(api, call, &json!({"del": keys}))
        }
        Value::Array(_) => {
            Err(error(1005, format!("parameter `extraKey` names more than {MOST_PAIRS} keys")))
        }
        _ => Err(error(1002, "parameter `extraKey` must be a JSON list of keys")),
    }
}

fn expand_channel_message(api: &mut Api<'_>, call: &Call, change: &Value) -> Answer {
    let (group, uid) = channel_message(api, call, call.required("msgUID", LONGEST_UID)?)?;
    call.required("userId", LONGEST_ID)?;
    let mut change = change.clone();
    change["mid"] = uid.as_str().into();
    edit::expand_in_channel(
        &mut api.world.ultra_groups(),
        call.now,
        &group,
        uid,
        &change.to_string(),
        MOST_PAIRS,
        None,
    )
    .map_err(refusal)?;
    Ok(json!({}))
}

fn api_channel_expansion(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, uid) = channel_message(api, call, call.required("msgUID", LONGEST_UID)?)?;
    let page = call.number_or("pageNo", 1..=i64::from(u32::MAX), 1)?;
    let entry = api.world.ultra_groups.said(&group, uid).filter(|entry| entry.message.expandable);
    let entry = entry.ok_or_else(|| refusal(status::EXPANSION_OFF))?;
    Ok(json!({"extraContent": entry.expansion.page((page - 1) as usize, PAGE)}))
}

/// `/message/recall.json` with `conversationType` 10.
pub(super) fn api_recall_in_ultra_group(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.id("fromUserId")?;
    let group = call.id("targetId")?;
    known_ultra_group(api, group)?;
    let uid = call.required("messageUID", LONGEST_UID)?;
    call.number("sentTime", 0..=i64::MAX)?;
    if let Some(channel) = call.optional_within("busChannel", LONGEST_CHANNEL)? {
        known_channel(api, group, channel)?;
    }
    let unknown = || error(1002, format!("`{from}` sent no message `{uid}` in the ultra group `{group}`"));
    let uid = Uid::parse(uid).ok_or_else(unknown)?;
    let by = sender_in_ultra_group(api, group, from, uid)?;
    let recall = Recall { by, uid, admin: call.flag("isAdmin"), delete: call.flag("isDelete") };
    let recalled = recall::in_channel(&mut api.world.ultra_groups(), call.now, group, &recall);
    recalled
        .map(|_| json!({}))
        .map_err(|code| error(1002, format!("the message cannot be recalled ({code})")))
}
