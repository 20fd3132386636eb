//! `/message/*/publish_template.json`: one message with gaps that each receiver's values fill.

use serde_json::{Map, Value};
use wire::body::UpStreamMessage;

use super::{
    Answer, ApiError, Call,
    compose::checked,
    error,
    message::{beside, check_beside, most_receivers},
};
use crate::{bug::Bug, message::Conversation, send::FromApi, world::Service};

impl Service {
    pub(super) fn api_template_private(&mut self, call: &Call) -> Answer {
        self.publish_template(call, Conversation::Private)
    }

    pub(super) fn api_template_system(&mut self, call: &Call) -> Answer {
        self.publish_template(call, Conversation::System)
    }

    /// Every receiver's message is made before the first is sent.
    fn publish_template(&mut self, call: &Call, conversation: Conversation) -> Answer {
        let from = call.id("fromUserId")?;
        let most = most_receivers(conversation);
        let receivers: Vec<&str> = call.ids("toUserId", most)?;
        let values = call.list("values", most)?;
        check_beside("values", values.len(), receivers.len())?;
        let texts = call.texts("pushContent", most, 1 << 20)?;
        check_beside("pushContent", texts.len(), receivers.len())?;
        let data = if call.has("pushData") { call.texts("pushData", most, 1 << 20)? } else { Vec::new() };
        let template = call.required("content", self.limits.message_bytes)?;
        let mut to: Vec<(String, UpStreamMessage)> = Vec::new();
        for (index, receiver) in receivers.into_iter().enumerate() {
            let Some(Value::Object(values)) = values.get(index) else {
                return Err(error(1002, "parameter `values` must be a list of objects"));
            };
            let content =
                if self.has(Bug::LeavesGaps) { template.to_owned() } else { filled(template, values, true) };
            if content.len() > self.limits.message_bytes {
                return Err(too_long(receiver, content.len()));
            }
            let up = UpStreamMessage {
                push_text: beside(&texts, index).map(|text| filled(&text, values, false)),
                app_data: beside(&data, index).map(|text| filled(&text, values, false)),
                ..self.api_envelope(call, checked(&content)?)?
            };
            to.push((receiver.to_owned(), up));
        }
        self.once(call, from, |service| {
            service.publish_each(call, conversation, from, to, &FromApi::default())
        })
    }
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
