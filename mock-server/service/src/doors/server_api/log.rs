//! `/message/history.json` and `/message/history/delete.json`: the log of an hour's messages (LIM-006).

use serde_json::json;

use crate::{
    core::refusal::Gate,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
    },
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/history.json", Form, api_message_log),
    ("/message/history/delete.json", Form, api_message_log_remove),
];

/// The address is empty if there is no log of that hour.
fn api_message_log(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::MessageLog)?;
    let hour = hour(call)?;
    let url = api.world.files().log_address(call.now, hour, &call.origin).unwrap_or_default();
    Ok(json!({"url": url, "date": hour}))
}

fn api_message_log_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::MessageLog)?;
    api.world.files().remove_log(hour(call)?);
    Ok(json!({}))
}

fn hour(call: &Call) -> Result<&str, ApiError> {
    let hour = call.required("date", 16)?;
    let part = |range: std::ops::Range<usize>| hour.get(range).and_then(|text| text.parse::<u32>().ok());
    let fits = hour.len() == 10
        && hour.bytes().all(|byte| byte.is_ascii_digit())
        && part(4..6).is_some_and(|month| (1..=12).contains(&month))
        && part(6..8).is_some_and(|day| (1..=31).contains(&day))
        && part(8..10).is_some_and(|hour| hour < 24);
    if fits {
        Ok(hour)
    } else {
        Err(error(1002, format!("parameter `date` is `{hour}`; YYYYMMDDHH is expected")))
    }
}
