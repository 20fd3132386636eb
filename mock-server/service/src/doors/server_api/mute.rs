//! Mutes: members (`/group/user/gag/*`), groups (`/group/ban/*`), who may speak all the same
//! (`/group/user/ban/whitelist/*`), private chats (`/user/chat/fb/*`). Messages of the Server API are not concerned
//! (GRP-011 to GRP-014).

use serde_json::{Value, json};

use crate::{
    core::{
        account::UserIx,
        calendar::{date_text, minutes_long},
        caps::LONGEST_BAN,
    },
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        group::no_group,
        user::LONGEST_ID,
    },
    mail::group::Mute,
};

/// Most users or groups in one call.
const MOST: usize = 20;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/chat/fb/set.json", Form, api_mute_private),
    ("/user/chat/fb/querylist.json", Form, api_muted_private),
    ("/group/user/gag/add.json", Form, api_mute_members),
    ("/group/user/gag/rollback.json", Form, api_unmute_members),
    ("/group/user/gag/list.json", Form, api_muted_members),
    ("/group/ban/add.json", Form, api_mute_groups),
    ("/group/ban/rollback.json", Form, api_unmute_groups),
    ("/group/ban/query.json", Form, api_muted_groups),
    ("/group/user/ban/whitelist/add.json", Form, api_speakers_add),
    ("/group/user/ban/whitelist/rollback.json", Form, api_speakers_remove),
    ("/group/user/ban/whitelist/query.json", Form, api_speakers),
];

fn muted_users(api: &mut Api<'_>, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userId", MOST)?;
    Ok(ids.into_iter().map(|id| api.world.core.accounts.find_or_add(id)).collect())
}

/// In a group, or without `groupId` in all; 0 minutes are for ever.
fn api_mute_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let minutes = call.number("minute", 0..=i64::from(LONGEST_BAN))? as u32;
    let until = (minutes > 0).then(|| call.now + minutes_long(minutes));
    let users = muted_users(api, call)?;
    let mutes = match call.optional("groupId") {
        None => &mut api.world.mail.groups.mutes_everywhere,
        Some(id) => &mut api.world.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
    };
    for user in users {
        mutes.insert(user, Mute { since: call.now, until });
    }
    Ok(json!({}))
}

fn api_unmute_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let users = muted_users(api, call)?;
    let mutes = match call.optional("groupId") {
        None => &mut api.world.mail.groups.mutes_everywhere,
        Some(id) => &mut api.world.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
    };
    for user in users {
        mutes.shift_remove(&user);
    }
    Ok(json!({}))
}

fn api_muted_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let mutes = match call.optional("groupId") {
        None => &api.world.mail.groups.mutes_everywhere,
        Some(id) => &api.world.mail.groups.group(id).ok_or_else(|| no_group(id))?.mutes,
    };
    let holding = mutes.iter().filter(|(_, mute)| mute.holds(call.now));
    let users: Vec<Value> = holding
        .map(|(user, mute)| {
            json!({
                "userId": &*api.world.core.accounts[*user].id, "startTime": date_text(mute.since),
                "time": mute.until.map(date_text).unwrap_or_default(),
            })
        })
        .collect();
    Ok(json!({"users": users}))
}

fn api_mute_groups(api: &mut Api<'_>, call: &Call) -> Answer {
    set_groups_muted(api, call, true)
}

fn api_unmute_groups(api: &mut Api<'_>, call: &Call) -> Answer {
    set_groups_muted(api, call, false)
}

fn set_groups_muted(api: &mut Api<'_>, call: &Call, muted: bool) -> Answer {
    let ids = call.ids("groupId", MOST)?;
    if let Some(unknown) = ids.iter().find(|id| !api.world.mail.groups.contains_key(id)) {
        return Err(no_group(unknown));
    }
    for id in ids {
        api.world.mail.groups.create(id).muted = muted;
    }
    Ok(json!({}))
}

/// The groups named, or a page of those that are muted. `stat` is a number: one SDK refuses anything else.
fn api_muted_groups(api: &mut Api<'_>, call: &Call) -> Answer {
    let stat = |muted: bool| i32::from(muted);
    let paged = call.optional("page").is_some() || call.optional("groupId").is_none();
    let info: Vec<Value> = if paged {
        let page = if call.has("page") { call.number("page", 1..=1_000_000)? as usize } else { 1 };
        let size = if call.has("size") { call.number("size", 1..=200)? as usize } else { 50 };
        let muted = api.world.mail.groups.iter().filter(|(_, group)| group.muted);
        let rows = muted.skip((page - 1) * size).take(size);
        rows.map(|(id, _)| json!({"groupId": &**id, "stat": 1})).collect()
    } else {
        let ids = call.ids("groupId", MOST)?;
        let muted = |id: &str| api.world.mail.groups.group(id).is_some_and(|group| group.muted);
        ids.into_iter().map(|id| json!({"groupId": id, "stat": stat(muted(id))})).collect()
    };
    Ok(json!({"groupinfo": info}))
}

fn api_speakers_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let users = muted_users(api, call)?;
    let id = call.required("groupId", LONGEST_ID)?;
    api.world.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.whitelist.extend(users);
    Ok(json!({}))
}

fn api_speakers_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let users = muted_users(api, call)?;
    let id = call.required("groupId", LONGEST_ID)?;
    let group = api.world.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?;
    group.whitelist.retain(|user| !users.contains(user));
    Ok(json!({}))
}

fn api_speakers(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("groupId", LONGEST_ID)?;
    let group = api.world.mail.groups.group(id).ok_or_else(|| no_group(id))?;
    let ids: Vec<&str> = group.whitelist.iter().map(|user| &*api.world.core.accounts[*user].id).collect();
    Ok(json!({"userIds": ids}))
}

/// `PERSON` is the only kind of chat that users are muted in here.
fn check_person(call: &Call) -> Result<(), ApiError> {
    match call.required("type", 16)? {
        "PERSON" => Ok(()),
        other => Err(error(1002, format!("parameter `type` is `{other}`; `PERSON` is expected"))),
    }
}

fn api_mute_private(api: &mut Api<'_>, call: &Call) -> Answer {
    check_person(call)?;
    let muted = call.number("state", 0..=1)? == 1;
    for id in call.ids("userId", 1000)? {
        let user = api.world.core.accounts.find_or_add(id);
        api.world.core.accounts[user].muted_private = muted;
    }
    Ok(json!({}))
}

fn api_muted_private(api: &mut Api<'_>, call: &Call) -> Answer {
    check_person(call)?;
    let count = if call.has("num") { call.number("num", 1..=200)? as usize } else { 100 };
    let from = if call.has("offset") { call.number("offset", 0..=i64::MAX)? as usize } else { 0 };
    let muted = || api.world.core.accounts.iter().filter(|account| account.muted_private);
    let users: Vec<&str> = muted().skip(from).take(count).map(|account| &*account.id).collect();
    Ok(json!({"total": muted().count(), "users": users}))
}
