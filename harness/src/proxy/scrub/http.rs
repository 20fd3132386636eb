//! HTTP requests and answers.

use bytes::Bytes;
use recording::Answer;
use serde_json::Value;
use service::{HttpPath, HttpRequest};

use super::{
    allow,
    names::Names,
    texts::{form, json},
};

pub(super) fn request(names: &mut Names, request: HttpRequest) -> HttpRequest {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| allow::media_type(kind) == Some("application/x-www-form-urlencoded"));
    let mut headers = headers(names, request.headers);
    let body = body(names, &request.body, is_form, &mut headers);
    HttpRequest {
        method: if allow::method(&request.method) {
            request.method
        } else {
            names.of("METHOD", &request.method)
        },
        path: path(names, &request.path),
        query: form(names, &request.query),
        headers,
        body,
        origin: names.of("host", &request.origin),
    }
}

pub(super) fn answer(names: &mut Names, answer: Answer) -> Answer {
    let mut headers = headers(names, answer.headers);
    let body = body(names, &answer.body, false, &mut headers);
    let content_type = allow::media_type(&answer.content_type).unwrap_or_default().to_owned();
    Answer { status: answer.status, headers, content_type, body }
}

fn path(names: &mut Names, path: &str) -> String {
    if allow::path(path) {
        return path.to_owned();
    }
    if let HttpPath::File { owner, key } = HttpPath::of(path) {
        let owner = names.of("app", owner);
        return key.map_or_else(
            || format!("/files/{owner}"),
            |key| format!("/files/{owner}/{}", names.of("path", key)),
        );
    }
    format!("/{}", names.of("path", path))
}

/// Headers on the list; others are left out, names and all.
fn headers(names: &mut Names, headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let kept = headers.into_iter().filter_map(|(name, value)| {
        let value = match name.as_str() {
            "host" => names.of("host", &value),
            "rc-appkey" | "app-key" | "rc-app-key" => names.of("app", &value),
            "content-type" => allow::media_type(&value)?.to_owned(),
            "content-length" if allow::number(&value) => value,
            "rc-negotiate" if allow::negotiated(&value) => value,
            "access-control-allow-origin" if value == "*" => value,
            "connection" if matches!(value.as_str(), "close" | "keep-alive") => value,
            "transfer-encoding" if value == "chunked" => value,
            _ => return None,
        };
        Some((name, value))
    });
    kept.collect()
}

/// JSON, also in a script's call, and forms keep their shape; of anything else its length is told.
fn body(names: &mut Names, body: &Bytes, is_form: bool, headers: &mut Vec<(String, String)>) -> Bytes {
    if body.is_empty() {
        return Bytes::new();
    }
    if let Ok(text) = std::str::from_utf8(body) {
        if is_form {
            return form(names, text).into();
        }
        if let Some(json) = in_shape(names, text) {
            return json.into();
        }
    }
    headers.push(("x-harness-proxy".to_owned(), format!("a body of {} bytes is not kept", body.len())));
    Bytes::new()
}

fn in_shape(names: &mut Names, text: &str) -> Option<String> {
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return Some(json(names, "", value).to_string());
    }
    let (begin, end) = (text.find('{')?, text.rfind('}')? + 1);
    let value: Value = serde_json::from_str(text.get(begin..end)?).ok()?;
    let is_call = text[..begin].trim_end().ends_with('(') && text[end..].trim_start().starts_with(')');
    // Its name is the asker's choice.
    is_call.then(|| format!("getServerEndpoint({});", json(names, "", value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_their_shape() {
        let mut names = Names::default();
        let mut shaped = |text: &str| {
            let mut headers = Vec::new();
            let body = body(&mut names, &Bytes::copy_from_slice(text.as_bytes()), false, &mut headers);
            (String::from_utf8(body.to_vec()).unwrap(), headers.len())
        };
        assert_eq!(
            shaped(r#"{"code":200,"userId":"alice"}"#),
            (r#"{"code":200,"userId":"user-1"}"#.to_owned(), 0)
        );
        assert_eq!(
            shaped(r#"alice({"server":"h:1"});"#),
            (r#"getServerEndpoint({"server":"host-1"});"#.to_owned(), 0)
        );
        assert_eq!(shaped("alice"), (String::new(), 1));
        assert_eq!(shaped("\"alice\""), (String::new(), 1));
    }

    #[test]
    fn paths_are_endpoints_or_pseudonyms() {
        let mut names = Names::default();
        assert_eq!(path(&mut names, "/navi.js"), "/navi.js");
        assert_eq!(path(&mut names, "/files/alice/b/c.png"), "/files/app-1/path-1");
        assert_eq!(path(&mut names, "/users/alice"), "/path-2");
    }
}
