//! The message that a call describes: kind, content, flags, push settings, expansion.

use serde_json::{Map, Value, json};
use wire::{
    body::{PushExtra, UpStreamMessage},
    flags,
};

use crate::{
    core::expansion,
    doors::server_api::{Api, ApiError, Call, error},
};

/// Bytes of an object name (documented for an app's own types as characters, which they have to be ASCII for).
const LONGEST_NAME: usize = 32;
/// `configFlag` of a message whose text pushes show whatever the receiver chose (PUSH-051).
const FORCE_DETAIL: i32 = 8;

/// The message a call describes.
pub(super) fn api_message(api: &Api<'_>, call: &Call) -> Result<UpStreamMessage, ApiError> {
    let content = call.required("content", api.world.core.limits.message_bytes)?;
    let up = api_envelope(api, call, content)?;
    Ok(UpStreamMessage {
        push_text: call.optional("pushContent").map(str::to_owned),
        app_data: call.optional("pushData").map(str::to_owned),
        ..up
    })
}

/// The same without what templates give each receiver: the push's text and data.
pub(super) fn api_envelope(api: &Api<'_>, call: &Call, content: &str) -> Result<UpStreamMessage, ApiError> {
    let name = call.required("objectName", LONGEST_NAME)?;
    let expandable = call.flag("expansion");
    let bits = [
        (call.unless_off("isPersisted"), flags::up::PERSIST),
        (call.unless_off("isCounted"), flags::up::COUNT),
        (call.flag("disablePush"), flags::up::SILENT),
        (call.flag("isMentioned"), flags::up::MENTION),
        (expandable, flags::up::EXPANSION),
    ];
    let options = [
        (call.flag("disableUpdateLastMsg"), flags::option::NOT_LAST),
        (call.flag("needReadReceipt"), flags::option::RECEIPT),
    ];
    let option_bits = options.iter().filter(|(on, _)| *on).fold(0, |word, (_, bit)| word | bit);
    let (push_ext, force) = call.optional("pushExt").map_or(Ok((None, false)), push_settings)?;
    Ok(UpStreamMessage {
        session_id: bits.iter().filter(|(on, _)| *on).fold(0, |word, (_, bit)| word | bit),
        classname: name.to_owned(),
        content: checked(name, content)?.to_owned().into(),
        extra_content: if expandable { initial_expansion(api, call)? } else { None },
        push_ext,
        config_flag: force.then_some(FORCE_DETAIL),
        bus_channel: call.optional_within("busChannel", 20)?.map(str::to_owned),
        option_bits: (option_bits != 0).then_some(option_bits),
        ..UpStreamMessage::default()
    })
}

/// `extraContent`: pairs of texts, as messages carry them (EXP-003, EXP-015, EXP-017, EXP-018).
fn initial_expansion(api: &Api<'_>, call: &Call) -> Result<Option<String>, ApiError> {
    if call.optional("extraContent").is_none() {
        return Ok(None);
    }
    let Value::Object(pairs) = call.json("extraContent")? else {
        return Err(error(1002, "parameter `extraContent` must be a JSON object of texts"));
    };
    if pairs.len() > api.world.core.limits.expansion_pairs {
        return Err(error(
            1005,
            format!("an expansion has at most {} pairs", api.world.core.limits.expansion_pairs),
        ));
    }
    let mut carried = Map::new();
    for (key, value) in pairs {
        match value {
            Value::String(text) if expansion::fits(&key, &text) => carried.insert(key, json!({"v": text})),
            _ => {
                return Err(error(
                    1002,
                    "parameter `extraContent`: keys have 1 to 32 characters, values are texts of up to 4096",
                ));
            }
        };
    }
    Ok(Some(Value::Object(carried).to_string()))
}

/// The vendor's own messages are JSON objects (SDKs show another body to nobody, and one never recovers from `null`);
/// an app's own may have any form.
pub(super) fn checked<'a>(name: &str, content: &'a str) -> Result<&'a str, ApiError> {
    match serde_json::from_str(content) {
        Ok(Value::Object(_)) => Ok(content),
        _ if !name.starts_with("RC:") => Ok(content),
        _ => Err(error(1002, "parameter `content` must be a JSON object")),
    }
}

/// `pushExt`: what pushes show, and whether they show it whatever the receiver chose. One SDK sends `pushConfigs` as an
/// object instead of a list.
fn push_settings(text: &str) -> Result<(Option<PushExtra>, bool), ApiError> {
    let Ok(Value::Object(settings)) = serde_json::from_str(text) else {
        return Err(error(1002, "parameter `pushExt` must be a JSON object"));
    };
    let written = |name: &str| match settings.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let force = settings.get("forceShowPushContent");
    let force = force.is_some_and(|force| matches!(force.to_string().as_str(), "1" | "true" | "\"1\""));
    let extra = PushExtra {
        title: written("title"),
        template_id: written("templateId"),
        push_configs: written("pushConfigs"),
        ..PushExtra::default()
    };
    Ok((Some(extra), force))
}
