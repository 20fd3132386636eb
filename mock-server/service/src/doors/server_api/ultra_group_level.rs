//! `/ultragroup/notdisturb/*`: do-not-disturb for all members of an ultra group or of one of its channels (UGDND-066).

use serde_json::json;

use crate::{
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        ultra_group::{known_ultra_group, ultra_group_of},
        ultra_group_channel::known_channel,
    },
    preferences::settings::LEVELS,
    ultra_group::LONGEST_CHANNEL,
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/notdisturb/set.json", Form, api_default_level_set),
    ("/ultragroup/notdisturb/get.json", Form, api_default_level),
];

/// The group, and the channel if the call is about one.
fn level_of<'a>(api: &mut Api<'_>, call: &'a Call) -> Result<(&'a str, Option<&'a str>), ApiError> {
    let group = ultra_group_of(api, call)?;
    if !call.has("busChannel") {
        return Ok((group, None));
    }
    let channel = call.required("busChannel", LONGEST_CHANNEL)?;
    known_channel(api, group, channel)?;
    Ok((group, Some(channel)))
}

fn api_default_level_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, channel) = level_of(api, call)?;
    let level = call.number("unpushLevel", -1..=5)? as i32;
    if !LEVELS.contains(&level) {
        let text = "parameter `unpushLevel` is one of -1, 0, 1, 2, 4, 5";
        return Err(error(1002, text));
    }
    if let Some(group) = api.world.ultra_groups.get_mut(group) {
        group.levels.set(channel, level);
    }
    Ok(json!({}))
}

fn api_default_level(api: &mut Api<'_>, call: &Call) -> Answer {
    let (group, channel) = level_of(api, call)?;
    let level = known_ultra_group(api, group)?.levels.get(channel);
    let mut answer = json!({"groupId": group, "unpushLevel": level});
    if let Some(channel) = channel {
        answer["busChannel"] = json!(channel);
    }
    Ok(answer)
}
