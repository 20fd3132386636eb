//! `/chatroom/entry/*`: entries as the app's server sets them, whoever owns the key.

use serde_json::{Value, json};
use wire::{body::UpStreamMessage, code::status};

use crate::{
    chatroom::by_app_server,
    core::refusal::Gate,
    doors::server_api::{
        Answer, Api, ApiError, Call,
        chatroom::room_of,
        endpoints::{Row, Takes::Form},
        error,
        user::LONGEST_ID,
    },
};

/// Most pairs in one call, and most keys that one asks for.
const MOST_PAIRS: usize = 20;
const MOST_KEYS: usize = 100;
/// Status bit of a removal.
const REMOVED: i32 = 4;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/chatroom/entry/set.json", Form, api_entry_set),
    ("/chatroom/entry/batch/set.json", Form, api_entries_set),
    ("/chatroom/entry/remove.json", Form, api_entry_remove),
    ("/chatroom/entry/query.json", Form, api_entries),
];

/// The pairs of `entryInfo`: a JSON object of texts.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, ApiError> {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Err(error(1002, "parameter `entryInfo` must be a JSON object"));
    };
    if object.is_empty() || object.len() > MOST_PAIRS {
        return Err(error(1005, format!("parameter `entryInfo` holds 1 to {MOST_PAIRS} pairs")));
    }
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(object.into_iter().map(|(key, value)| (key, text(value))).collect())
}

fn refused(key: &str, code: u16) -> ApiError {
    match code {
        status::ROOM_PARAMETER => error(1002, format!("the key or the value of `{key}` is malformed")),
        code => error(code, format!("the entry `{key}` was refused")),
    }
}

fn entry_room(api: &Api<'_>, call: &Call) -> Result<std::sync::Arc<str>, ApiError> {
    api.world.core.api_ordered(Gate::RoomEntries)?;
    Ok(room_of(api, call)?.id.clone())
}

fn api_entry_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = entry_room(api, call)?;
    let owner = call.required("userId", LONGEST_ID)?;
    let (key, value) = (call.required("key", 128)?, call.required("value", 4 * 4096)?);
    let notice = entry_notice(call)?;
    let entry = by_app_server(key, value, call.flag("autoDelete"));
    let (_, failed) = api
        .world
        .chatrooms()
        .change_entries(call.now, &id, owner, vec![entry])
        .map_err(|code| refused(key, code))?;
    if let Some((key, code)) = failed.first() {
        return Err(refused(key, *code));
    }
    send_entry_notice(api, call, &id, owner, notice);
    Ok(json!({}))
}

/// Pairs that are refused are left out; the others are set (assumed).
fn api_entries_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = entry_room(api, call)?;
    let owner = call.required("entryOwnerId", LONGEST_ID)?;
    let pairs = pairs(call.required("entryInfo", usize::MAX)?)?;
    let auto = call.flag("autoDelete");
    let entries = pairs.iter().map(|(key, value)| by_app_server(key, value, auto)).collect();
    api.world
        .chatrooms()
        .change_entries(call.now, &id, owner, entries)
        .map_err(|code| refused("entryInfo", code))?;
    Ok(json!({}))
}

fn api_entry_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = entry_room(api, call)?;
    let owner = call.required("userId", LONGEST_ID)?;
    let key = call.required("key", 128)?;
    let notice = entry_notice(call)?;
    let mut entry = by_app_server(key, "", false);
    entry.status = Some(entry.status() | REMOVED);
    let (_, failed) = api
        .world
        .chatrooms()
        .change_entries(call.now, &id, owner, vec![entry])
        .map_err(|code| refused(key, code))?;
    if let Some((key, code)) = failed.first() {
        return Err(refused(key, *code));
    }
    send_entry_notice(api, call, &id, owner, notice);
    Ok(json!({}))
}

fn send_entry_notice(api: &mut Api<'_>, call: &Call, id: &str, owner: &str, notice: Option<UpStreamMessage>) {
    if let Some(up) = notice {
        api.world.chatrooms().say_for_app(call.now, id, owner, up, true);
    }
}

/// `autoDelete` and `lastSetTime` are texts: one SDK fails on numbers.
fn api_entries(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = entry_room(api, call)?;
    let wanted = if call.has("keys") { call.ids("keys", MOST_KEYS)? } else { Vec::new() };
    let Some(room) = api.world.chatrooms.get(&id) else { return Ok(json!({"keys": []})) };
    let keys: Vec<Value> = room
        .entries
        .live()
        .filter(|(key, _)| wanted.is_empty() || wanted.contains(key))
        .map(|(key, entry)| {
            json!({
                "key": key, "value": entry.value, "userId": entry.owner,
                "autoDelete": u8::from(entry.is_auto()).to_string(),
                "lastSetTime": entry.time.0.to_string(),
            })
        })
        .collect();
    Ok(json!({"keys": keys}))
}

/// The message that `objectName` and `content` describe.
fn entry_notice(call: &Call) -> Result<Option<UpStreamMessage>, ApiError> {
    let Some(name) = call.optional("objectName") else { return Ok(None) };
    let content = call.optional("content").unwrap_or("{}");
    if !matches!(serde_json::from_str(content), Ok(Value::Object(_))) {
        return Err(error(1002, "parameter `content` must be a JSON object"));
    }
    Ok(Some(UpStreamMessage {
        classname: name.to_owned(),
        content: content.to_owned().into(),
        ..UpStreamMessage::default()
    }))
}
