//! Who may speak in a channel: `/ultragroup/userbanned/*` (members), `/ultragroup/globalbanned/*` (everybody),
//! `/ultragroup/banned/whitelist/*` (who may speak all the same). Without a channel, the default one is meant (assumed).

use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, ApiError, Call,
        endpoints::{Row, Takes::Form},
        ultra_group::ultra_group_of,
        ultra_group_channel::{MOST_USERS, known_channel, no_channel, ultra_group_members},
    },
    service::Service,
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
fn muted_place(service: &mut Service, call: &Call) -> Result<(String, String), ApiError> {
    let group = ultra_group_of(service, call)?;
    let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
    let channel = service.ultra_groups().channel_id(channel).to_owned();
    known_channel(service, group, &channel)?;
    Ok((group.to_owned(), channel))
}

fn muted_channel<'s>(
    service: &'s mut Service,
    (group, channel): &(String, String),
) -> Result<&'s mut Channel, ApiError> {
    let found =
        service.ultra_groups.get_mut(group).and_then(|group| group.channels.get_mut(channel.as_str()));
    found.ok_or_else(|| no_channel(channel, group))
}

fn users_to_free(service: &Service, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userIds", MOST_USERS)?;
    Ok(ids.into_iter().filter_map(|id| service.core.accounts.find(id)).collect())
}

fn page_of_users(service: &Service, call: &Call, users: impl Iterator<Item = UserIx>) -> Answer {
    let (skipped, size) = call.page("page", "pageSize", 200, 50)?;
    let rows = users.skip(skipped).take(size).map(|user| json!({"id": &*service.core.accounts[user].id}));
    Ok(json!({"users": rows.collect::<Vec<Value>>()}))
}

pub(super) fn api_channel_mute_users(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = ultra_group_members(service, call, &place.0)?;
    muted_channel(service, &place)?.mutes.users.extend(users);
    Ok(json!({}))
}

pub(super) fn api_channel_unmute_users(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = users_to_free(service, call)?;
    muted_channel(service, &place)?.mutes.users.retain(|user| !users.contains(user));
    Ok(json!({}))
}

pub(super) fn api_channel_muted_users(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = muted_channel(service, &place)?.mutes.users.clone();
    page_of_users(service, call, users.into_iter())
}

pub(super) fn api_channel_mute(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    call.required("status", 8)?;
    muted_channel(service, &place)?.mutes.everyone = call.flag("status");
    Ok(json!({}))
}

pub(super) fn api_channel_is_muted(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    Ok(json!({"status": muted_channel(service, &place)?.mutes.everyone}))
}

pub(super) fn api_channel_speakers_add(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = ultra_group_members(service, call, &place.0)?;
    muted_channel(service, &place)?.mutes.speakers.extend(users);
    Ok(json!({}))
}

pub(super) fn api_channel_speakers_remove(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = users_to_free(service, call)?;
    muted_channel(service, &place)?.mutes.speakers.retain(|user| !users.contains(user));
    Ok(json!({}))
}

pub(super) fn api_channel_speakers(service: &mut Service, call: &Call) -> Answer {
    let place = muted_place(service, call)?;
    let users = muted_channel(service, &place)?.mutes.speakers.clone();
    page_of_users(service, call, users.into_iter())
}
