//! Texts by what they are: JSON keeps its shape, forms keep their keys, everything else is a pseudonym.

use serde_json::{Map, Value};
use wire::reflect::Rewrite;

use super::{allow, names::Names};

/// A string field, or a JSON string, of that name.
pub(super) fn text(names: &mut Names, field: &str, text: &str) -> String {
    match text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text)) {
        Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) => json(names, field, value).to_string(),
        _ if field == "token" || field == "Token" => token(names, text),
        _ => names.of(allow::kind(field), text),
    }
}

/// A token: its own part, and the servers that it names.
pub(super) fn token(names: &mut Names, token: &str) -> String {
    match token.split_once('@') {
        Some((bare, "")) => format!("{}@", names.of("token", bare)),
        Some((bare, hosts)) => format!("{}@{}", names.of("token", bare), names.of("host", hosts)),
        None => names.of("token", token),
    }
}

/// A JSON value under a key.
pub(super) fn json(names: &mut Names, key: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut anew = Map::new();
            for (name, value) in fields {
                let value = json(names, &name, value);
                let name = if allow::key(&name) { name } else { names.of("key", &name) };
                anew.insert(name, value);
            }
            Value::Object(anew)
        }
        Value::Array(items) => items.into_iter().map(|item| json(names, key, item)).collect(),
        Value::String(string) => Value::String(match key {
            "objectName" | "objName" | "messageType" | "typingContentType" if allow::object_name(&string) => {
                string
            }
            "engine" | "imlib" | "imlib-next" | "imlib-v4" | "version" if allow::version(&string) => string,
            _ => text(names, key, &string),
        }),
        Value::Number(_) if !allow::has_numbers(key) => 0.into(),
        plain => plain,
    }
}

/// A query or a form.
pub(super) fn form(names: &mut Names, form: &str) -> String {
    let mut anew = url::form_urlencoded::Serializer::new(String::new());
    if form.is_empty() {
        return String::new();
    }
    for (key, value) in url::form_urlencoded::parse(form.as_bytes()) {
        let is_kept = match &*key {
            "r"
            | "timestrap"
            | "messageid"
            | "header"
            | "protocolVer"
            | "cloud"
            | "reconnect"
            | "kickReconnectDevice" => allow::number(&value),
            "v" | "sdkVer" => allow::version(&value),
            "platform" | "platfrom" => allow::platform(&value),
            "objectName" => allow::object_name(&value),
            "topic" => allow::topic(&wire::Topic::from(&*value)),
            "apiVer" => value == "normal",
            "callBack" => value == "getServerEndpoint",
            _ => false,
        };
        let value = if is_kept { value.into_owned() } else { text(names, &key, &value) };
        let key = if allow::query_key(&key) { key.into_owned() } else { names.of("key", &key) };
        anew.append_pair(&key, &value);
    }
    anew.finish()
}

/// Fields of protobuf bodies.
pub(super) struct Fields<'a>(pub(super) &'a mut Names);

impl Rewrite for Fields<'_> {
    fn text(&mut self, message: &str, field: &str, string: &str) -> String {
        let is_kept = match (message, field) {
            (_, "classname" | "className") => allow::object_name(string),
            // `0`, `1`, or a level.
            ("SessionStateItem", "value") => string.len() <= 2 && allow::number(string),
            (_, "startTime") => allow::time_of_day(string),
            _ => false,
        };
        if is_kept { string.to_owned() } else { text(self.0, field, string) }
    }

    fn bytes(&mut self, message: &str, field: &str, bytes: &[u8]) -> Vec<u8> {
        match (message, field, std::str::from_utf8(bytes)) {
            (_, "content", Ok(string)) | ("UserSettingItem", "value", Ok(string)) => {
                text(self.0, "content", string).into_bytes()
            }
            // What it holds is not known, or compressed.
            _ => vec![0; bytes.len()],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_keeps_its_shape_and_the_protocols_words() {
        let mut names = Names::default();
        let value = json!({
            "content": "hello alice", "mine": {"phone": 5551234}, "objectName": "RC:TxtMsg", "user": {"id": "alice", "name": "Al"},
            "conversationType": 1, "extra": "{\"content\":\"hello alice\",\"n\":7}", "list": ["a", true, null],
        });
        let expected = json!({
            "content": "text-1", "key-2": {"key-1": 0}, "objectName": "RC:TxtMsg", "user": {"id": "text-2", "name": "text-3"},
            "conversationType": 1, "extra": "{\"content\":\"text-1\",\"key-3\":0}", "list": ["text-4", true, null],
        });
        assert_eq!(json(&mut names, "content", value), expected);
    }

    #[test]
    fn forms_keep_the_protocols_words() {
        let mut names = Names::default();
        let told = form(
            &mut names,
            "token=a%40http%3A%2F%2Fh&v=5.38.0&platfrom=browser&r=17&sdkVer=alice&mine=1&topic=pullMsg",
        );
        assert_eq!(
            told,
            "token=token-1%40host-1&v=5.38.0&platfrom=browser&r=17&sdkVer=text-1&key-1=text-2&topic=pullMsg"
        );
        assert_eq!(form(&mut names, "token=a%40"), "token=token-1%40");
        assert_eq!(form(&mut names, ""), "");
    }
}
