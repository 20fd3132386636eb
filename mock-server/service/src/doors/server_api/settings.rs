//! `/conversation/*` and `/user/blockPushPeriod/*`: a user's settings from the app's server, the same that its clients
//! see and set (DND-048, TOP-006).

use serde_json::json;

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
    preferences::{
        quiet::QuietHours,
        settings::{LEVELS, Place, level_item, top_item},
    },
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/blockPushPeriod/set.json", Form, api_quiet_hours_set),
    ("/user/blockPushPeriod/get.json", Form, api_quiet_hours),
    ("/user/blockPushPeriod/delete.json", Form, api_quiet_hours_remove),
    ("/conversation/notification/set.json", Form, api_conversation_level_set),
    ("/conversation/notification/get.json", Form, api_conversation_level),
    ("/conversation/type/notification/set.json", Form, api_type_level_set),
    ("/conversation/type/notification/get.json", Form, api_type_level),
    ("/conversation/top/set.json", Form, api_top_set),
];

fn kind(call: &Call) -> Result<i32, ApiError> {
    kind_of(call.number("conversationType", 1..=10)?)
}

/// The types of conversations that have settings.
pub(super) fn kind_of(kind: i64) -> Result<i32, ApiError> {
    match kind {
        1 | 3 | 6 | 10 => Ok(kind as i32),
        _ => Err(error(1002, format!("parameter `conversationType` is `{kind}`; 1, 3, 6 or 10 is expected"))),
    }
}

fn level(call: &Call) -> Result<i32, ApiError> {
    let level = call.number("unpushLevel", -1..=5)? as i32;
    if LEVELS.contains(&level) {
        return Ok(level);
    }
    Err(error(1002, format!("parameter `unpushLevel` is `{level}`; -1, 0, 1, 2, 4 or 5 is expected")))
}

fn place(call: &Call) -> Result<Place, ApiError> {
    let target = call.required("targetId", LONGEST_ID)?.to_owned();
    Ok((kind(call)?, target, call.optional("busChannel").unwrap_or_default().to_owned()))
}

/// The user, whose parameter some of these endpoints call `requestId`.
pub(super) fn whose(api: &mut Api<'_>, call: &Call, name: &str) -> Result<UserIx, ApiError> {
    Ok(api.world.core.accounts.find_or_add(call.required(name, LONGEST_ID)?))
}

fn api_conversation_level_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = place(call)?;
    // The old parameter knows on and off only.
    let level = if call.has("unpushLevel") { level(call)? } else { call.number("isMuted", 0..=1)? as i32 };
    let user = whose(api, call, "requestId")?;
    api.world.preferences().apply_settings(call.now, user, None, vec![(place, level_item(level))]);
    Ok(json!({}))
}

/// The level comes back as a number in `isMuted`.
fn api_conversation_level(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = place(call)?;
    let user = whose(api, call, "requestId")?;
    Ok(json!({"isMuted": api.world.preferences.settings[user].level(&place)}))
}

fn api_type_level_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = (kind(call)?, String::new(), String::new());
    let level = level(call)?;
    let user = whose(api, call, "requestId")?;
    api.world.preferences().apply_settings(call.now, user, None, vec![(place, level_item(level))]);
    Ok(json!({}))
}

fn api_type_level(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = (kind(call)?, String::new(), String::new());
    let user = whose(api, call, "requestId")?;
    Ok(json!({"isMuted": api.world.preferences.settings[user].level(&place)}))
}

fn api_top_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let place = place(call)?;
    let top = match call.required("setTop", 8)? {
        "true" | "True" | "1" => true,
        "false" | "False" | "0" => false,
        other => {
            return Err(error(1002, format!("parameter `setTop` is `{other}`; true or false is expected")));
        }
    };
    let user = whose(api, call, "userId")?;
    api.world.preferences().apply_settings(call.now, user, None, vec![(place, top_item(top))]);
    Ok(json!({}))
}

/// The window counts in the world's zone; 0 minutes remove it (assumed).
fn api_quiet_hours_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let start = call.required("startTime", 8)?.to_owned();
    let span = call.number("period", 0..=1439)? as u32;
    let level = if call.has("level") { call.number("level", 0..=5)? as i32 } else { 1 };
    let quiet = QuietHours::new(start, span, level, None)
        .map_err(|_| error(1002, "parameter `startTime` must be HH:MM:SS and `level` 0, 1 or 5"))?;
    let user = whose(api, call, "userId")?;
    api.world.preferences.settings[user].quiet = (span > 0).then_some(quiet);
    Ok(json!({}))
}

fn api_quiet_hours(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = whose(api, call, "userId")?;
    let data = match &api.world.preferences.settings[user].quiet {
        Some(quiet) => {
            json!({"startTime": quiet.start, "period": quiet.span, "unPushLevel": quiet.level})
        }
        None => json!({"startTime": "", "period": 0, "unPushLevel": 0}),
    };
    Ok(json!({"data": data}))
}

fn api_quiet_hours_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let user = whose(api, call, "userId")?;
    api.world.preferences.settings[user].quiet = None;
    Ok(json!({}))
}
