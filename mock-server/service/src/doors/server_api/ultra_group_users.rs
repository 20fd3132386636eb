//! User groups of ultra groups and what they are bound to: `/ultragroup/usergroup/*`, `/ultragroup/channel/usergroup/*`,
//! `/ultragroup/user/*`.

use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        ultra_group::{known_ultra_group, no_member, ultra_group_of},
        ultra_group_channel::{MOST_USERS, channel_of, known_channel, ultra_group_members},
        user::LONGEST_ID,
    },
};

/// Most user groups that one call creates, and that one call names.
const MOST_NEW: usize = 10;
const MOST_NAMED: usize = 20;
/// Most user groups of an ultra group, and members of one.
const MOST_GROUPS: usize = 50;
const MOST_MEMBERS: usize = 100;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/usergroup/add.json", Json, api_user_groups_create),
    ("/ultragroup/usergroup/del.json", Form, api_user_groups_disband),
    ("/ultragroup/usergroup/query.json", Form, api_user_groups),
    ("/ultragroup/usergroup/user/add.json", Form, api_user_group_add),
    ("/ultragroup/usergroup/user/del.json", Form, api_user_group_remove),
    ("/ultragroup/user/usergroup/query.json", Form, api_user_groups_of_user),
    ("/ultragroup/channel/usergroup/bind.json", Form, api_user_groups_bind),
    ("/ultragroup/channel/userGroup/bind.json", Form, api_user_groups_bind),
    ("/ultragroup/channel/usergroup/unbind.json", Form, api_user_groups_unbind),
    ("/ultragroup/channel/userGroup/unbind.json", Form, api_user_groups_unbind),
    ("/ultragroup/channel/usergroup/query.json", Form, api_user_groups_of_channel),
    ("/ultragroup/usergroup/channel/query.json", Form, api_channels_of_user_group),
    ("/ultragroup/user/channel/query.json", Form, api_channels_of_user),
];

fn no_user_group(id: &str, group: &str) -> ApiError {
    error(1002, format!("the ultra group `{group}` has no user group `{id}`"))
}

fn data(call: &Call, ids: impl Iterator<Item = String>) -> Answer {
    let (skipped, size) = call.page("page", "pageSize", 50, 10)?;
    Ok(json!({"data": ids.skip(skipped).take(size).collect::<Vec<String>>()}))
}

/// User groups that a call names; they must exist.
fn user_groups_of<'a>(api: &Api<'_>, call: &'a Call, group: &str) -> Result<Vec<&'a str>, ApiError> {
    let ids = call.ids("userGroupIds", MOST_NAMED)?;
    let known = known_ultra_group(api, group)?;
    match ids.iter().find(|id| !known.user_groups.contains_key(**id)) {
        Some(unknown) => Err(no_user_group(unknown, group)),
        None => Ok(ids),
    }
}

fn user_group_of<'a>(api: &Api<'_>, call: &'a Call, group: &str) -> Result<&'a str, ApiError> {
    let id = call.required("userGroupId", LONGEST_ID)?;
    let known = known_ultra_group(api, group)?.user_groups.contains_key(id);
    if known { Ok(id) } else { Err(no_user_group(id, group)) }
}

/// `userGroups`: `[{"userGroupId"}]`.
fn api_user_groups_create(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let list = call.list("userGroups", MOST_NEW)?;
    let id = |one: &Value| {
        let id = one["userGroupId"].as_str().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
        id.map(str::to_owned)
            .ok_or_else(|| error(1002, "parameter `userGroups` must be a list of objects with `userGroupId`"))
    };
    let ids = list.iter().map(id).collect::<Result<Vec<String>, ApiError>>()?;
    let known = &known_ultra_group(api, group)?.user_groups;
    let new = ids.iter().filter(|id| !known.contains_key(id.as_str())).count();
    if known.len() + new > MOST_GROUPS {
        return Err(error(1005, format!("an ultra group has at most {MOST_GROUPS} user groups")));
    }
    api.world.ultra_groups().create_user_groups(group, &ids);
    Ok(json!({}))
}

fn api_user_groups_disband(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let ids = user_groups_of(api, call, group)?;
    api.world.ultra_groups().disband_user_groups(call.now, group, &ids);
    Ok(json!({}))
}

fn api_user_groups(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let (skipped, size) = call.page("page", "pageSize", 50, 10)?;
    let ids = known_ultra_group(api, group)?.user_groups.keys().skip(skipped).take(size);
    let rows: Vec<Value> = ids.map(|id| json!({"userGroupId": &**id})).collect();
    Ok(json!({"userGroups": rows}))
}

fn api_user_group_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let id = user_group_of(api, call, group)?;
    let users = ultra_group_members(api, call, group)?;
    let members = known_ultra_group(api, group)?.user_groups.get(id);
    let count = members
        .map_or(0, |members| members.len() + users.iter().filter(|user| !members.contains_key(user)).count());
    if count > MOST_MEMBERS {
        return Err(error(1005, format!("a user group has at most {MOST_MEMBERS} members")));
    }
    api.world.ultra_groups().add_to_user_group(call.now, group, id, &users);
    Ok(json!({}))
}

fn api_user_group_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let id = user_group_of(api, call, group)?;
    let ids = call.ids("userIds", MOST_USERS)?;
    let users: Vec<UserIx> = ids.into_iter().filter_map(|id| api.world.core.accounts.find(id)).collect();
    api.world.ultra_groups().remove_from_user_group(call.now, group, id, &users);
    Ok(json!({}))
}

fn member_of_call(api: &Api<'_>, call: &Call, group: &str) -> Result<UserIx, ApiError> {
    let id = call.required("userId", LONGEST_ID)?;
    let known = known_ultra_group(api, group)?;
    let user = api.world.core.accounts.find(id).filter(|user| known.has_member(*user));
    user.ok_or_else(|| no_member(id, group))
}

fn api_user_groups_of_user(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let user = member_of_call(api, call, group)?;
    let groups = known_ultra_group(api, group)?.user_groups.iter();
    data(call, groups.filter(|(_, members)| members.contains_key(&user)).map(|(id, _)| id.to_string()))
}

fn api_user_groups_bind(api: &mut Api<'_>, call: &Call) -> Answer {
    set_bound(api, call, true)
}

fn api_user_groups_unbind(api: &mut Api<'_>, call: &Call) -> Answer {
    set_bound(api, call, false)
}

fn set_bound(api: &mut Api<'_>, call: &Call, bind: bool) -> Answer {
    let (group, channel) = channel_of(api, call)?;
    let ids = user_groups_of(api, call, group)?;
    api.world.ultra_groups().bind_user_groups(call.now, group, channel, &ids, bind);
    Ok(json!({}))
}

fn api_user_groups_of_channel(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, channel) = channel_of(api, call)?;
    data(call, known_channel(api, group, channel)?.bound.keys().map(ToString::to_string))
}

fn api_channels_of_user_group(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let id = user_group_of(api, call, group)?;
    let channels = known_ultra_group(api, group)?.channels.iter();
    data(call, channels.filter(|(_, channel)| channel.bound.contains_key(id)).map(|(id, _)| id.to_string()))
}

/// Private channels that a member sees (assumed: public ones are everybody's).
fn api_channels_of_user(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let user = member_of_call(api, call, group)?;
    let known = known_ultra_group(api, group)?;
    let mine = known
        .channels
        .iter()
        .filter(|(_, channel)| channel.private && known.seen_since(channel, user).is_some());
    data(call, mine.map(|(id, _)| id.to_string()))
}
