//! `/ultragroup/channel/*`: channels, their types, and the lists of private ones (UG-004, UG-012 to UG-015, UG-021,
//! UG-034).

use serde_json::{Value, json};

use crate::{
    core::{account::UserIx, calendar::date_text},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        ultra_group::{known_ultra_group, no_member, ultra_group_of},
    },
    ultra_group::{Channel, DEFAULT_CHANNEL, LONGEST_CHANNEL},
};

/// Most users in one call.
pub(super) const MOST_USERS: usize = 20;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/channel/create.json", Form, api_channel_create),
    ("/ultragroup/channel/del.json", Form, api_channel_delete),
    ("/ultragroup/channel/get.json", Form, api_channels),
    ("/ultragroup/channel/type/change.json", Form, api_channel_type),
    ("/ultragroup/channel/private/users/add.json", Form, api_channel_list_add),
    ("/ultragroup/channel/private/users/del.json", Form, api_channel_list_remove),
    ("/ultragroup/channel/private/users/get.json", Form, api_channel_list),
];

pub(super) fn no_channel(id: &str, group: &str) -> ApiError {
    error(24414, format!("the ultra group `{group}` has no channel `{id}`"))
}

/// A channel's id: 1 to 20 letters, digits, hyphens and underscores (the documentation names the first two).
fn fits(id: &str) -> Result<(), ApiError> {
    if id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Ok(());
    }
    Err(error(1002, format!("parameter `busChannel` is `{id}`; letters and digits are expected")))
}

/// The group and the existing channel that a call names.
pub(super) fn channel_of<'a>(api: &mut Api<'_>, call: &'a Call) -> Result<(&'a str, &'a str), ApiError> {
    let group = ultra_group_of(api, call)?;
    let id = call.required("busChannel", LONGEST_CHANNEL)?;
    known_channel(api, group, id)?;
    Ok((group, id))
}

/// The same where a call may leave the channel out; `None`: it does.
pub(super) fn channel_or_none<'a>(
    api: &mut Api<'_>,
    call: &'a Call,
) -> Result<(&'a str, Option<&'a str>), ApiError> {
    let group = ultra_group_of(api, call)?;
    let id = call.optional_within("busChannel", LONGEST_CHANNEL)?;
    if let Some(id) = id {
        known_channel(api, group, id)?;
    }
    Ok((group, id))
}

/// # Errors
/// There is no such channel.
pub(super) fn known_channel<'s>(
    api: &'s mut Api<'_>,
    group: &str,
    id: &str,
) -> Result<&'s Channel, ApiError> {
    api.world.ultra_groups().ensure_default_channel(group);
    let channels = api.world.ultra_groups.get(group).map(|group| &group.channels);
    channels.and_then(|channels| channels.get(id)).ok_or_else(|| no_channel(id, group))
}

/// Members of a group by the ids of a call.
///
/// # Errors
/// One of them is none.
pub(super) fn ultra_group_members(api: &Api<'_>, call: &Call, group: &str) -> Result<Vec<UserIx>, ApiError> {
    let members = known_ultra_group(api, group)?;
    let find = |id: &str| {
        let user = api.world.core.accounts.find(id).filter(|user| members.has_member(*user));
        user.ok_or_else(|| no_member(id, group))
    };
    call.ids("userIds", MOST_USERS)?.into_iter().map(find).collect()
}

pub(super) fn api_channel_create(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let id = call.required("busChannel", LONGEST_CHANNEL)?;
    fits(id)?;
    let private = call.number_or("type", 0..=1, 0)? == 1;
    if !api.world.ultra_groups().create_channel(call.now, group, id, private) {
        let most = api.world.core.limits.ultra_group_channels;
        return Err(error(24413, format!("the ultra group `{group}` has {most} channels already (UG-004)")));
    }
    Ok(json!({}))
}

/// The default channel stays (assumed).
pub(super) fn api_channel_delete(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, id) = channel_of(api, call)?;
    if id == api.world.ultra_groups().default_channel() {
        return Err(error(1002, format!("the channel `{id}` cannot be deleted")));
    }
    api.world.ultra_groups().delete_channel(call.now, group, id);
    Ok(json!({}))
}

/// All channels (UG-034). One SDK calls the size of a page `size`, others `limit`.
pub(super) fn api_channels(api: &mut Api<'_>, call: &Call) -> Answer {
    let group = ultra_group_of(api, call)?;
    let size = if call.has("limit") { "limit" } else { "size" };
    let (skipped, size) = call.page("page", size, 100, 20)?;
    api.world.ultra_groups().ensure_default_channel(group);
    let channels = &known_ultra_group(api, group)?.channels;
    let list: Vec<Value> = channels
        .iter()
        .filter(|(id, _)| !id.is_empty())
        .skip(skipped)
        .take(size)
        .map(|(id, channel)| {
            json!({
                "channelId": &**id, "type": u8::from(channel.private), "createTime": date_text(channel.created),
            })
        })
        .collect();
    Ok(json!({"channelList": list}))
}

fn api_channel_type(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, id) = channel_of(api, call)?;
    let private = call.number("type", 0..=1)? == 1;
    if private && id == DEFAULT_CHANNEL {
        return Err(error(1002, format!("the channel `{id}` cannot be private (UG-021)")));
    }
    api.world.ultra_groups().set_channel_type(call.now, group, id, private);
    Ok(json!({}))
}

fn api_channel_list_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, id) = channel_of(api, call)?;
    let users = ultra_group_members(api, call, group)?;
    api.world.ultra_groups().list_in_channel(call.now, group, id, &users);
    Ok(json!({}))
}

fn api_channel_list_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, id) = channel_of(api, call)?;
    let ids = call.ids("userIds", MOST_USERS)?;
    let users: Vec<UserIx> = ids.into_iter().filter_map(|id| api.world.core.accounts.find(id)).collect();
    api.world.ultra_groups().unlist_from_channel(call.now, group, id, &users);
    Ok(json!({}))
}

fn api_channel_list(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, id) = channel_of(api, call)?;
    let (skipped, size) = call.page("page", "pageSize", 100, 50)?;
    let listed: Vec<UserIx> = known_channel(api, group, id)?.listed.keys().copied().collect();
    let users = listed.into_iter().skip(skipped).take(size);
    let users: Vec<&str> = users.map(|user| &*api.world.core.accounts[user].id).collect();
    Ok(json!({"users": users}))
}
