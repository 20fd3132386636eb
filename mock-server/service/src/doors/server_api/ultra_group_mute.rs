//! Who may speak in a channel: `/ultragroup/userbanned/*` (members), `/ultragroup/globalbanned/*` (everybody),
//! `/ultragroup/banned/whitelist/*` (who may speak all the same). Without a channel, the default one is meant (assumed).

use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        ultra_group::ultra_group_of,
        ultra_group_channel::{MOST_USERS, known_channel, no_channel, ultra_group_members},
    },
    ultra_group::{Channel, LONGEST_CHANNEL},
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/userbanned/add.json", Form, api_channel_mute_users),
    ("/ultragroup/userbanned/del.json", Form, api_channel_unmute_users),
    ("/ultragroup/userbanned/get.json", Form, api_channel_muted_users),
    ("/ultragroup/globalbanned/set.json", Form, api_channel_mute),
    ("/ultragroup/globalbanned/get.json", Form, api_channel_is_muted),
    ("/ultragroup/banned/whitelist/add.json", Form, api_channel_speakers_add),
    ("/ultragroup/banned/whitelist/del.json", Form, api_channel_speakers_remove),
    ("/ultragroup/banned/whitelist/get.json", Form, api_channel_speakers),
];

/// The group and the channel a call is about.
fn muted_place(api: &mut Api<'_>, call: &Call) -> Result<(String, String), ApiError> {
    let group = ultra_group_of(api, call)?;
    let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
    let channel = api.world.ultra_groups().channel_id(channel).to_owned();
    known_channel(api, group, &channel)?;
    Ok((group.to_owned(), channel))
}

fn muted_channel<'s>(
    api: &'s mut Api<'_>,
    (group, channel): &(String, String),
) -> Result<&'s mut Channel, ApiError> {
    let found =
        api.world.ultra_groups.get_mut(group).and_then(|group| group.channels.get_mut(channel.as_str()));
    found.ok_or_else(|| no_channel(channel, group))
}

fn users_to_free(api: &Api<'_>, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userIds", MOST_USERS)?;
    Ok(ids.into_iter().filter_map(|id| api.world.core.accounts.find(id)).collect())
}

fn page_of_users(api: &Api<'_>, call: &Call, users: impl Iterator<Item = UserIx>) -> Answer {
    let (skipped, size) = call.page("page", "pageSize", 200, 50)?;
    let rows = users.skip(skipped).take(size).map(|user| json!({"id": &*api.world.core.accounts[user].id}));
    Ok(json!({"users": rows.collect::<Vec<Value>>()}))
}

pub(super) fn api_channel_mute_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = ultra_group_members(api, call, &place.0)?;
    muted_channel(api, &place)?.mutes.users.extend(users);
    Ok(json!({}))
}

pub(super) fn api_channel_unmute_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = users_to_free(api, call)?;
    muted_channel(api, &place)?.mutes.users.retain(|user| !users.contains(user));
    Ok(json!({}))
}

pub(super) fn api_channel_muted_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = muted_channel(api, &place)?.mutes.users.clone();
    page_of_users(api, call, users.into_iter())
}

pub(super) fn api_channel_mute(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    call.required("status", 8)?;
    muted_channel(api, &place)?.mutes.everyone = call.flag("status");
    Ok(json!({}))
}

pub(super) fn api_channel_is_muted(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    Ok(json!({"status": muted_channel(api, &place)?.mutes.everyone}))
}

pub(super) fn api_channel_speakers_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = ultra_group_members(api, call, &place.0)?;
    muted_channel(api, &place)?.mutes.speakers.extend(users);
    Ok(json!({}))
}

pub(super) fn api_channel_speakers_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = users_to_free(api, call)?;
    muted_channel(api, &place)?.mutes.speakers.retain(|user| !users.contains(user));
    Ok(json!({}))
}

pub(super) fn api_channel_speakers(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = muted_place(api, call)?;
    let users = muted_channel(api, &place)?.mutes.speakers.clone();
    page_of_users(api, call, users.into_iter())
}
