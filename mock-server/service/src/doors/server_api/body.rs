//! Bodies that are not what an endpoint takes: what they are, and what to send instead. Such calls lack their parameters
//! (1002); that alone would leave their author guessing.

use serde_json::Value;

use crate::{
    core::{io::HttpRequest, params::Form},
    doors::server_api::{ApiError, endpoints::Takes, error},
};

/// Parameters that are written `NAME[ID]=…`.
const WITH_IDS: [&str; 2] = ["chatroom", "group"];

/// Refuses a body in a form that its endpoint does not take.
///
/// # Errors
/// 1002, with what to send instead.
pub(super) fn check(path: &str, takes: Takes, request: &HttpRequest) -> Result<(), ApiError> {
    if takes == Takes::Query || request.body.is_empty() {
        return Ok(());
    }
    let refuse = |what: &str| Err(error(1002, format!("{what}: {}", wanted(path, takes))));
    let encoding = request.header("content-encoding").map(str::trim).unwrap_or_default();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return refuse(&format!("the body comes with `Content-Encoding: {encoding}`, and is read as it is"));
    }
    let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("multipart/") {
        return refuse("the body is multipart");
    }
    let says_json = kind.contains("json");
    let is_json = matches!(request.body.trim_ascii_start().first(), Some(b'{' | b'['));
    match takes {
        Takes::Form if says_json => refuse("the body is JSON, by its Content-Type"),
        Takes::Form if is_json => refuse("the body looks like JSON"),
        Takes::Json if !says_json && is_json => {
            refuse("the body looks like JSON, its Content-Type does not say so")
        }
        Takes::Json if !says_json => refuse("the body is no JSON"),
        Takes::Json if !is_json && request.body.contains(&b'=') => {
            refuse("the body looks like a form, its Content-Type says JSON")
        }
        Takes::Json | Takes::Query => Ok(()),
        Takes::Form => no_indexes(&Form::parse(&String::from_utf8_lossy(&request.body))),
    }
}

fn wanted(path: &str, takes: Takes) -> String {
    match takes {
        Takes::Json => format!("`{path}` takes a JSON object with `Content-Type: application/json`"),
        _ => format!(
            "`{path}` takes a form, `name=value&name=value` with `Content-Type: application/x-www-form-urlencoded`"
        ),
    }
}

/// `toUserId[0]=a&toUserId[1]=b` is how some languages write lists.
fn no_indexes(form: &Form) -> Result<(), ApiError> {
    let wrong = form.names().find_map(|key| {
        let (name, rest) = key.split_once('[')?;
        (rest.ends_with(']') && !WITH_IDS.contains(&name)).then_some((key, name))
    });
    match wrong {
        None => Ok(()),
        Some((key, name)) => {
            let text = format!("there is no parameter `{key}`; repeat the parameter: `{name}=a&{name}=b`");
            Err(error(1002, text))
        }
    }
}

/// A list written as JSON where a form repeats the parameter.
pub(super) fn no_list(name: &str, value: &str) -> Result<(), ApiError> {
    let value = value.trim();
    if value.starts_with('[') && matches!(serde_json::from_str(value), Ok(Value::Array(_))) {
        let text = format!(
            "parameter `{name}` is a JSON list; in a form, repeat the parameter: `{name}=a&{name}=b`"
        );
        return Err(error(1002, text));
    }
    Ok(())
}
