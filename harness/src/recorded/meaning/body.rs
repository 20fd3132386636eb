//! Bodies of HTTP in fields.

use serde_json::{Map, Value};

use super::fields::form;

/// A token without what stands behind `@`.
pub(crate) fn opaque(token: &str) -> &str {
    token.split('@').next().unwrap_or_default()
}

/// The parts of a form that uploads a file, by their names: its boundary is drawn.
fn multipart(text: &str) -> Option<Value> {
    let boundary =
        text.lines().next().filter(|line| line.starts_with("--") && text.contains("Content-Disposition"))?;
    let mut parts = Map::new();
    for part in text.split(boundary).skip(1) {
        if let Some((head, value)) = part.split_once("\r\n\r\n")
            && let Some((_, name)) = head.split_once("name=\"")
        {
            let name = name.split('"').next().unwrap_or_default();
            parts.insert(name.to_owned(), value.trim_end_matches("\r\n").into());
        }
    }
    Some(Value::Object(parts))
}

/// A body in fields: JSON, JSON in a call (`callback({…})`), or a form; text where it is neither.
pub(crate) fn body(told: &Value) -> Value {
    let Value::String(text) = told else { return told.clone() };
    if let Some((_, inner)) = text.trim_end_matches([';', '\n', ' ']).split_once('(')
        && let Some(inner) = inner.strip_suffix(')')
        && let Ok(json @ Value::Object(_)) = serde_json::from_str(inner)
    {
        return json;
    }
    if let Some(parts) = multipart(text) {
        return parts;
    }
    let is_form = !text.is_empty()
        && text.len() < 1 << 16
        && text.split('&').all(|part| {
            part.split_once('=').is_some_and(|(key, _)| {
                key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(&byte))
            })
        });
    if is_form { form(text) } else { told.clone() }
}
