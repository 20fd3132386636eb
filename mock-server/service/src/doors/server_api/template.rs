//! `/message/*/publish_template.json`: one message with gaps that each receiver's values fill.

use serde_json::{Map, Value};
use wire::body::UpStreamMessage;

use crate::{
    core::{bug::Bug, message::Conversation},
    doors::server_api::{
        Answer, Api, ApiError, Call,
        compose::api_envelope,
        endpoints::{Row, Takes::Json},
        error,
        message::{most_receivers, publish_each},
        once::once,
    },
    mail::post::FromApi,
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/private/publish_template.json", Json, api_template_private),
    ("/message/system/publish_template.json", Json, api_template_system),
];

fn api_template_private(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_template(api, call, Conversation::Private)
}

fn api_template_system(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_template(api, call, Conversation::System)
}

/// Every receiver's message is made before the first is sent.
fn publish_template(api: &mut Api<'_>, call: &Call, conversation: Conversation) -> Answer {
    let from = call.id("fromUserId")?;
    let most = most_receivers(conversation);
    let receivers: Vec<&str> = call.ids("toUserId", most)?;
    let values = call.list("values", most)?;
    if values.len() != receivers.len() {
        return Err(uneven("values", values.len(), receivers.len()));
    }
    let (texts, data) = (beside(call, "pushContent")?, beside(call, "pushData")?);
    check_beside("pushContent", texts.len(), receivers.len())?;
    check_beside("pushData", data.len(), receivers.len())?;
    let template = call.required("content", api.world.core.limits.message_bytes)?;
    let mut to: Vec<(String, UpStreamMessage)> = Vec::new();
    for (index, receiver) in receivers.into_iter().enumerate() {
        let Some(Value::Object(values)) = values.get(index) else {
            return Err(error(1002, "parameter `values` must be a list of objects"));
        };
        let content = if api.world.core.has(Bug::LeavesGaps) {
            template.to_owned()
        } else {
            filled(template, values, true)
        };
        if content.len() > api.world.core.limits.message_bytes {
            return Err(too_long(receiver, content.len()));
        }
        let up = UpStreamMessage {
            push_text: texts.get(index).and_then(Value::as_str).map(|text| filled(text, values, false)),
            app_data: data.get(index).and_then(Value::as_str).map(|text| filled(text, values, false)),
            ..api_envelope(api, call, &content)?
        };
        to.push((receiver.to_owned(), up));
    }
    once(api, call, from, |api| publish_each(api, call, conversation, from, to, &FromApi::default()))
}

/// A list of texts that goes with the receivers, one each or `null`. One SDK sends an empty one for no push text at all.
fn beside(call: &Call, name: &str) -> Result<Vec<Value>, ApiError> {
    match if call.has(name) { call.json(name)? } else { Value::Array(Vec::new()) } {
        Value::Array(list) if list.iter().all(|text| text.is_string() || text.is_null()) => Ok(list),
        _ => Err(error(1002, format!("parameter `{name}` must be a list of texts"))),
    }
}

fn check_beside(name: &str, count: usize, receivers: usize) -> Result<(), ApiError> {
    if count == 0 || count == receivers { Ok(()) } else { Err(uneven(name, count, receivers)) }
}

fn uneven(name: &str, count: usize, receivers: usize) -> ApiError {
    error(1002, format!("parameter `{name}` has {count} elements for {receivers} receivers"))
}

fn too_long(receiver: &str, bytes: usize) -> ApiError {
    error(1005, format!("filled in for `{receiver}`, `content` has {bytes} bytes"))
}

/// The template with each value where its name stands. In JSON a value is escaped, so that quotation marks in it end no
/// text.
fn filled(template: &str, values: &Map<String, Value>, in_json: bool) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        let value = match value {
            Value::String(value) if in_json => {
                let quoted = Value::String(value.clone()).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        text.replace(name.as_str(), &value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_stand_where_their_names_stood() {
        let values = json!({"{name}": r#"A "quoted" one"#, "{n}": 3, "{unused}": "x"});
        let values = values.as_object().unwrap();
        assert_eq!(
            filled(r#"{"content":"{name}: {n} of {n}"}"#, values, true),
            r#"{"content":"A \"quoted\" one: 3 of 3"}"#
        );
        assert_eq!(filled("{name}", values, false), r#"A "quoted" one"#);
    }
}
