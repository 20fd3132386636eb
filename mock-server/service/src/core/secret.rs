//! Tokens are passwords: journals and logs show as much of one as tells it from others.

use bytes::Bytes;
use serde_json::Value;

/// A token of fewer bytes is not shown at all.
const SHOWN_FROM: usize = 16;
/// What is shown of longer ones, bytes.
const SHOWN: usize = 4;

/// A token for journals and logs: its first characters if it is long, then dots. `test:USER` is no secret and stays.
///
/// ```
/// assert_eq!(service::shortened("kX3nzzzzzzzzzzzzzzzzzzzzzzzzzzzz@http://h"), "kX3n...");
/// assert_eq!(service::shortened("test:alice"), "test:alice");
/// ```
#[must_use]
pub fn shortened(token: &str) -> String {
    let opaque = crate::core::account::opaque(token);
    if opaque.is_empty() || opaque.starts_with("test:") || opaque == "..." {
        return opaque.to_owned();
    }
    match opaque.get(..SHOWN) {
        Some(begin) if opaque.len() >= SHOWN_FROM => format!("{begin}..."),
        _ => "...".to_owned(),
    }
}

/// Whether a field of that name holds a secret. Page tokens are bookmarks.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name.ends_with("token") && name != "pagetoken") || matches!(name.as_str(), "authorization" | "appsecret")
}

/// A request's body with its tokens shortened: a form, JSON, or anything else that has no such fields. Bodies without
/// tokens are shared, not copied.
pub(crate) fn without_tokens(body: &Bytes) -> Bytes {
    // Names may be written with escapes.
    let hints: [&[u8]; 5] = [b"token", b"authorization", b"appsecret", b"%", b"\\u"];
    if !hints.iter().any(|hint| contains(body, hint)) {
        return body.clone();
    }
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => match serde_json::from_slice::<Value>(body) {
            Ok(mut json) => {
                let found = shorten_json(&mut json);
                if found { json.to_string().into() } else { body.clone() }
            }
            // It cannot be told where in it the token stands.
            Err(_) => format!("({} bytes that are no JSON and name a token)", body.len()).into(),
        },
        _ if body.starts_with(b"--") && contains(body, b"content-disposition") => {
            format!("(a multipart form of {} bytes that names a token)", body.len()).into()
        }
        _ => form(&String::from_utf8_lossy(body)).into(),
    }
}

/// Shortens the values of all fields that hold secrets, at any depth; `false` if there is none.
pub(crate) fn shorten_json(value: &mut Value) -> bool {
    let mut found = false;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if is_secret(name) => {
                        *text = shortened(text);
                        found = true;
                    }
                    value => found |= shorten_json(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| found |= shorten_json(item)),
        _ => {}
    }
    found
}

fn form(text: &str) -> String {
    let pairs = text.split('&').map(|pair| {
        let mut read = url::form_urlencoded::parse(pair.as_bytes());
        match (pair.split_once('='), read.next()) {
            (Some((raw, _)), Some((name, value))) if is_secret(&name) => {
                let short = shortened(&value);
                format!(
                    "{raw}={}",
                    url::form_urlencoded::byte_serialize(short.as_bytes()).collect::<String>()
                )
            }
            _ => pair.to_owned(),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether `what`, in lower case, stands in `bytes`, in any case.
fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window.eq_ignore_ascii_case(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz012345";

    fn shown(body: &str) -> String {
        String::from_utf8(without_tokens(&Bytes::from(body.to_owned())).to_vec()).unwrap()
    }

    #[test]
    fn a_token_is_shortened_wherever_it_stands() {
        assert_eq!(shown(&format!("token={TOKEN}%40http%3A%2F%2Fh&v=5.38.0")), "token=abcd...&v=5.38.0");
        assert_eq!(shown(&format!("v=1&Token={TOKEN}")), "v=1&Token=abcd...");
        assert_eq!(shown(&format!("tok%65n={TOKEN}")), "tok%65n=abcd...");
        assert_eq!(shown(&format!(r#"{{"\u0074oken": "{TOKEN}"}}"#)), r#"{"token":"abcd..."}"#);
        let json = format!(r#"{{"a":[{{"userToken":"{TOKEN}"}}],"token":"short","pageToken":"p"}}"#);
        assert_eq!(shown(&json), r#"{"a":[{"userToken":"abcd..."}],"token":"...","pageToken":"p"}"#);
        for broken in [
            format!(r#"{{"token":"{TOKEN}""#),
            format!("--x\r\nContent-Disposition: a; name=\"token\"\r\n\r\n{TOKEN}"),
        ] {
            let shown = shown(&broken);
            assert!(!shown.contains(TOKEN) && shown.contains("bytes"), "{shown}");
        }
    }

    #[test]
    fn everything_else_stays_as_it_was() {
        for body in ["", "userId=u1&name=token", r#"{"content": "a token"}"#, "token=test%3Aalice"] {
            assert_eq!(shown(body), body);
        }
        assert_eq!((shortened("0123456789abcde"), shortened("")), ("...".to_owned(), String::new()));
        assert_eq!(shortened("é23456789abcdefghij"), "é23...");
    }
}
