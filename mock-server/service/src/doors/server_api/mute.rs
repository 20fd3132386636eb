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
        Answer, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        group::no_group,
        user::LONGEST_ID,
    },
    mail::group::Mute,
    service::Service,
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

fn muted_users(service: &mut Service, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userId", MOST)?;
    Ok(ids.into_iter().map(|id| service.core.accounts.find_or_add(id)).collect())
}

/// In a group, or without `groupId` in all; 0 minutes are for ever.
fn api_mute_members(service: &mut Service, call: &Call) -> Answer {
    let minutes = call.number("minute", 0..=i64::from(LONGEST_BAN))? as u32;
    let until = (minutes > 0).then(|| call.now + minutes_long(minutes));
    let users = muted_users(service, call)?;
    let mutes = match call.optional("groupId") {
        None => &mut service.mail.groups.mutes_everywhere,
        Some(id) => &mut service.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
    };
    for user in users {
        mutes.insert(user, Mute { since: call.now, until });
    }
    Ok(json!({}))
}

fn api_unmute_members(service: &mut Service, call: &Call) -> Answer {
    let users = muted_users(service, call)?;
    let mutes = match call.optional("groupId") {
        None => &mut service.mail.groups.mutes_everywhere,
        Some(id) => &mut service.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
    };
    for user in users {
        mutes.shift_remove(&user);
    }
    Ok(json!({}))
}

fn api_muted_members(service: &mut Service, call: &Call) -> Answer {
    let mutes = match call.optional("groupId") {
        None => &service.mail.groups.mutes_everywhere,
        Some(id) => &service.mail.groups.group(id).ok_or_else(|| no_group(id))?.mutes,
    };
    let holding = mutes.iter().filter(|(_, mute)| mute.holds(call.now));
    let users: Vec<Value> = holding
        .map(|(user, mute)| {
            json!({
                "userId": &*service.core.accounts[*user].id, "startTime": date_text(mute.since),
                "time": mute.until.map(date_text).unwrap_or_default(),
            })
        })
        .collect();
    Ok(json!({"users": users}))
}

fn api_mute_groups(service: &mut Service, call: &Call) -> Answer {
    set_groups_muted(service, call, true)
}

fn api_unmute_groups(service: &mut Service, call: &Call) -> Answer {
    set_groups_muted(service, call, false)
}

fn set_groups_muted(service: &mut Service, call: &Call, muted: bool) -> Answer {
    let ids = call.ids("groupId", MOST)?;
    if let Some(unknown) = ids.iter().find(|id| !service.mail.groups.contains_key(id)) {
        return Err(no_group(unknown));
    }
    for id in ids {
        service.mail.groups.create(id).muted = muted;
    }
    Ok(json!({}))
}

/// The groups named, or a page of those that are muted. `stat` is a number: one SDK refuses anything else.
fn api_muted_groups(service: &mut Service, call: &Call) -> Answer {
    let stat = |muted: bool| i32::from(muted);
    let paged = call.optional("page").is_some() || call.optional("groupId").is_none();
    let info: Vec<Value> = if paged {
        let page = if call.has("page") { call.number("page", 1..=1_000_000)? as usize } else { 1 };
        let size = if call.has("size") { call.number("size", 1..=200)? as usize } else { 50 };
        let muted = service.mail.groups.iter().filter(|(_, group)| group.muted);
        let rows = muted.skip((page - 1) * size).take(size);
        rows.map(|(id, _)| json!({"groupId": &**id, "stat": 1})).collect()
    } else {
        let ids = call.ids("groupId", MOST)?;
        let muted = |id: &str| service.mail.groups.group(id).is_some_and(|group| group.muted);
        ids.into_iter().map(|id| json!({"groupId": id, "stat": stat(muted(id))})).collect()
    };
    Ok(json!({"groupinfo": info}))
}

fn api_speakers_add(service: &mut Service, call: &Call) -> Answer {
    let users = muted_users(service, call)?;
    let id = call.required("groupId", LONGEST_ID)?;
    service.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.whitelist.extend(users);
    Ok(json!({}))
}

fn api_speakers_remove(service: &mut Service, call: &Call) -> Answer {
    let users = muted_users(service, call)?;
    let id = call.required("groupId", LONGEST_ID)?;
    let group = service.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?;
    group.whitelist.retain(|user| !users.contains(user));
    Ok(json!({}))
}

fn api_speakers(service: &mut Service, call: &Call) -> Answer {
    let id = call.required("groupId", LONGEST_ID)?;
    let group = service.mail.groups.group(id).ok_or_else(|| no_group(id))?;
    let ids: Vec<&str> = group.whitelist.iter().map(|user| &*service.core.accounts[*user].id).collect();
    Ok(json!({"userIds": ids}))
}

/// `PERSON` is the only kind of chat that users are muted in here.
fn check_person(call: &Call) -> Result<(), ApiError> {
    match call.required("type", 16)? {
        "PERSON" => Ok(()),
        other => Err(error(1002, format!("parameter `type` is `{other}`; `PERSON` is expected"))),
    }
}

fn api_mute_private(service: &mut Service, call: &Call) -> Answer {
    check_person(call)?;
    let muted = call.number("state", 0..=1)? == 1;
    for id in call.ids("userId", 1000)? {
        let user = service.core.accounts.find_or_add(id);
        service.core.accounts[user].muted_private = muted;
    }
    Ok(json!({}))
}

fn api_muted_private(service: &mut Service, call: &Call) -> Answer {
    check_person(call)?;
    let count = if call.has("num") { call.number("num", 1..=200)? as usize } else { 100 };
    let from = if call.has("offset") { call.number("offset", 0..=i64::MAX)? as usize } else { 0 };
    let muted = || service.core.accounts.iter().filter(|account| account.muted_private);
    let users: Vec<&str> = muted().skip(from).take(count).map(|account| &*account.id).collect();
    Ok(json!({"total": muted().count(), "users": users}))
}
