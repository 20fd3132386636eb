//! `/group/*` without mutes, and `/user/group/query`: groups and who is in them (GRP-001, GRP-002, GRP-010, GRP-025).

use serde_json::{Value, json};

use crate::{
    core::{account::UserIx, bug::Bug, message::Conversation},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        compose::api_message,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
    mail::post::FromApi,
};

/// Most users in one call.
const MOST_USERS: usize = 1000;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/group/query.json", Form, api_groups_of_user),
    ("/group/create.json", Form, api_group_create),
    ("/group/join.json", Form, api_group_join),
    ("/group/quit.json", Form, api_group_quit),
    ("/group/dismiss.json", Form, api_group_dismiss),
    ("/group/refresh.json", Form, api_group_refresh),
    ("/group/sync.json", Form, api_group_sync),
    ("/group/user/query.json", Form, api_group_members),
    ("/group/remarks/set.json", Form, api_group_remark_set),
    ("/group/remarks/del.json", Form, api_group_remark_remove),
    ("/group/remarks/get.json", Form, api_group_remark),
];

fn group_users(api: &mut Api<'_>, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userId", MOST_USERS)?;
    Ok(ids.into_iter().map(|id| api.world.core.accounts.find_or_add(id)).collect())
}

/// An id that exists already takes the users in.
fn api_group_create(api: &mut Api<'_>, call: &Call) -> Answer {
    call.required("groupName", 64)?;
    take_in(api, call)
}

/// A group that does not exist begins with its first member (assumed).
fn api_group_join(api: &mut Api<'_>, call: &Call) -> Answer {
    take_in(api, call)
}

fn take_in(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = call.required("groupId", LONGEST_ID)?;
    check_notice(api, call)?;
    let own_limit = match call.optional("maxMember") {
        Some(_) => Some(call.number("maxMember", 1..=100_000)? as usize),
        None => api.world.mail.groups.group(group).and_then(|group| group.most),
    };
    let users = group_users(api, call)?;
    let (known, most) =
        (api.world.mail.groups.contains_key(group), own_limit.unwrap_or(api.world.core.limits.group_members));
    let before = api.world.mail.groups.group(group).and_then(|group| group.most);
    api.world.mail.groups.create(group).most = own_limit;
    let most = if api.world.core.has(Bug::NoMemberLimit) { 0 } else { most };
    if api.world.core.has(Bug::NoMemberLimit) {
        api.world.mail.groups.create(group).most = None;
    }
    if !api.world.mail.groups.join(group, &users, most, call.now) {
        if known {
            api.world.mail.groups.create(group).most = before;
        } else {
            api.world.mail.groups.dismiss(group);
        }
        return Err(error(405, format!("a group holds {most} members (GRP-002)")));
    }
    if let Some(name) = call.optional("groupName") {
        name.clone_into(&mut api.world.mail.groups.create(group).name);
    }
    let mut answer = notice(api, call, group)?;
    answer["memberCount"] = api.world.mail.groups.get(group).map_or(0, Vec::len).into();
    Ok(answer)
}

fn api_group_quit(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = call.required("groupId", LONGEST_ID)?;
    check_notice(api, call)?;
    let users = group_users(api, call)?;
    // Who leaves still sees the notice of it (assumed).
    let mut answer = notice(api, call, group)?;
    if !api.world.core.has(Bug::QuitKeepsMember) {
        api.world.mail.groups.quit(group, &users);
    }
    answer["memberCount"] = api.world.mail.groups.get(group).map_or(0, Vec::len).into();
    Ok(answer)
}

fn api_group_dismiss(api: &mut Api<'_>, call: &Call) -> Answer {
    call.required("userId", LONGEST_ID)?;
    let group = call.required("groupId", LONGEST_ID)?;
    check_notice(api, call)?;
    let answer = notice(api, call, group)?;
    if !api.world.core.has(Bug::QuitKeepsMember) {
        api.world.mail.groups.dismiss(group);
    }
    Ok(answer)
}

fn api_group_refresh(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = call.required("groupId", LONGEST_ID)?;
    let name = call.required("groupName", 64)?;
    check_notice(api, call)?;
    let known = api.world.mail.groups.group_mut(group);
    known.ok_or_else(|| no_group(group))?.name = name.to_owned();
    notice(api, call, group)
}

/// `group[ID]=NAME` for each group of the user; it is in no others afterwards.
fn api_group_sync(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    let mut named = call.bracketed("group");
    if api.world.core.has(Bug::LimitsGroupsOfAUser) {
        named.truncate(500);
    }
    if named.is_empty() {
        return Err(error(1002, "parameter `group[GROUPID]` is missing"));
    }
    if let Some((id, _)) = named.iter().find(|(id, _)| id.len() > LONGEST_ID) {
        return Err(error(1005, format!("the group id `{id}` has more than {LONGEST_ID} bytes")));
    }
    let most = api.world.core.limits.group_members;
    // All or nothing: a group that is full keeps the user out of the others too.
    let full = |id: &str| {
        let group = api.world.mail.groups.group(id)?;
        let most = group.most.unwrap_or(most);
        (group.joined(user).is_none() && most > 0 && group.members().len() >= most).then_some(most)
    };
    if let Some(most) = named.iter().find_map(|(id, _)| full(id)) {
        return Err(error(405, format!("a group holds {most} members (GRP-002)")));
    }
    if api.world.core.has(Bug::SyncOnlyJoins) {
        for (id, _) in &named {
            api.world.mail.groups.join(id, &[user], most, call.now);
        }
        return Ok(json!({}));
    }
    api.world.mail.groups.sync(user, &named, most, call.now);
    Ok(json!({}))
}

fn api_group_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = call.required("groupId", LONGEST_ID)?;
    let members = api.world.mail.groups.get(group).into_iter().flatten();
    let users: Vec<Value> = members.map(|user| json!({"id": &*api.world.core.accounts[*user].id})).collect();
    Ok(json!({"users": users}))
}

fn api_groups_of_user(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    let mine = api.world.mail.groups.iter().filter(|(_, group)| group.joined(user).is_some());
    let groups: Vec<Value> = mine.map(|(id, group)| json!({"id": &**id, "name": group.name})).collect();
    Ok(json!({"groups": groups}))
}

fn api_group_remark_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let remark = call.required("remark", 256)?.to_owned();
    change_remark(api, call, Some(remark))
}

fn api_group_remark_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    change_remark(api, call, None)
}

fn change_remark(api: &mut Api<'_>, call: &Call, remark: Option<String>) -> Answer {
    let user = api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    let id = call.required("groupId", LONGEST_ID)?;
    let group = api.world.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?;
    match remark {
        Some(remark) => group.remarks.insert(user, remark),
        None => group.remarks.remove(&user),
    };
    Ok(json!({}))
}

fn api_group_remark(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = api.world.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
    let group = api.world.mail.groups.group(call.required("groupId", LONGEST_ID)?);
    let remark = group.and_then(|group| group.remarks.get(&user)).cloned().unwrap_or_default();
    Ok(json!({"remark": remark}))
}

/// What `bindNotifyMsg` needs is checked before anything changes.
fn check_notice(api: &Api<'_>, call: &Call) -> Result<(), ApiError> {
    if call.flag("bindNotifyMsg") {
        call.required("fromUserId", LONGEST_ID)?;
        api_message(api, call)?;
    }
    Ok(())
}

/// The message that a call with `bindNotifyMsg` describes, sent to the group.
pub(super) fn notice(api: &mut Api<'_>, call: &Call, group: &str) -> Answer {
    if !call.flag("bindNotifyMsg") {
        return Ok(json!({}));
    }
    let from = call.required("fromUserId", LONGEST_ID)?;
    let message = api_message(api, call)?;
    let how = FromApi { with_sender: call.flag("isIncludeSender"), ..FromApi::default() };
    let posted = api.world.mail().publish_from_api(call.now, from, group, Conversation::Group, message, &how);
    Ok(json!({"messageUID": posted.uid.as_str()}))
}

pub(super) fn no_group(id: &str) -> ApiError {
    error(1002, format!("there is no group `{id}`"))
}
