//! References in `options` of a client: those that have a value before anything is there.

use serde_json::{Map, Value};

/// Options with `$navi` and `$appKey` of the client's world filled in, alone or as `${navi}` inside a text.
pub(super) fn filled(options: &Map<String, Value>, navi: &str, app_key: &str) -> Map<String, Value> {
    options.iter().map(|(name, value)| (name.clone(), fill(value, navi, app_key))).collect()
}

fn fill(value: &Value, navi: &str, app_key: &str) -> Value {
    match value {
        Value::String(text) if text == "$navi" => navi.into(),
        Value::String(text) if text == "$appKey" => app_key.into(),
        Value::String(text) => text.replace("${navi}", navi).replace("${appKey}", app_key).into(),
        Value::Array(list) => list.iter().map(|item| fill(item, navi, app_key)).collect(),
        Value::Object(fields) => Value::Object(filled(fields, navi, app_key)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_and_an_app_key_are_filled_in_wherever_they_stand() {
        let options = json!({
            "naviServer": "$navi", "appKey": "$appKey", "fileServer": "${navi}/files",
            "pushOptions": {"list": ["$navi", 1, "$other"]},
        });
        let filled = filled(options.as_object().unwrap(), "http://navi.test", "key");
        let expected = json!({
            "naviServer": "http://navi.test", "appKey": "key", "fileServer": "http://navi.test/files",
            "pushOptions": {"list": ["http://navi.test", 1, "$other"]},
        });
        assert_eq!(Value::Object(filled), expected);
    }
}
