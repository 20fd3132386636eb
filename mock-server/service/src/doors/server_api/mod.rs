//! The Server API: signed requests of an app's own server.
//!
//! Here: signatures, parameters, errors and the table of endpoints. What they do stands in the modules by area.

mod blacklist;
mod body;
mod broadcast;
mod call;
mod chatroom;
mod chatroom_entry;
mod chatroom_message;
mod chatroom_mute;
mod compose;
mod conversation_tag;
mod endpoints;
mod format;
mod group;
mod history;
mod log;
mod message;
#[cfg(test)]
mod misuse;
mod mute;
mod once;
mod push;
mod rate;
mod recall;
mod remark;
mod settings;
mod span;
mod tag;
mod template;
mod ultra_group;
mod ultra_group_channel;
mod ultra_group_history;
mod ultra_group_level;
mod ultra_group_message;
mod ultra_group_mute;
mod ultra_group_rest;
mod ultra_group_users;
mod user;

use crate::core::refusal::ApiRefusal;
use crate::core::signature::signature_of;
use crate::core::signature::signed_at;
use crate::doors::server_api::rate::within_rate;
use crate::world::World;
pub(crate) use call::Call;
pub use endpoints::nearest_endpoint;
use endpoints::{Endpoint, Takes};
use format::Format;
pub(crate) use once::Repeats;
pub(crate) use rate::ApiRates;
use serde_json::{Value, json};
use ultra_group_rest::Rest;
use wire::UnixMillis;

use crate::core::io::{HttpRequest, HttpResponse};

/// A failure as the Server API reports it: its code, the HTTP status that goes with it, and a text that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    code: u16,
    text: String,
}

impl From<ApiRefusal> for ApiError {
    fn from(ApiRefusal { code, text }: ApiRefusal) -> Self {
        Self { code, text }
    }
}

impl ApiError {
    fn status(&self) -> u16 {
        match self.code {
            1015 => 200,
            1016 => 403,
            1001 | 1004 | 1006 | 1007 => 401,
            1002 | 1003 | 1005 => 400,
            1008 => 429,
            1009 => 430,
            2007 => 403,
            // The codes of chatrooms, and like them those of ultra groups (assumed), come with the status of success.
            23_400..=23_499 | 24_400..=24_499 => 200,
            404 | 405 => self.code,
            _ => 500,
        }
    }
}

pub(crate) fn error(code: u16, text: impl Into<String>) -> ApiError {
    ApiError { code, text: text.into() }
}

/// What the Server API remembers of its calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiState {
    rates: ApiRates,
    repeats: Repeats,
}

/// The Server API at work: a world, and what is remembered of calls.
pub(crate) struct Api<'w> {
    pub(crate) world: &'w mut World,
    rates: &'w mut ApiRates,
    repeats: &'w mut Repeats,
}

/// What an endpoint answers besides `code: 200`.
pub(crate) type Answer = Result<Value, ApiError>;

pub(crate) fn server_api(
    world: &mut World,
    state: &mut ApiState,
    now: UnixMillis,
    request: &HttpRequest,
) -> HttpResponse {
    let api = &mut Api { world, rates: &mut state.rates, repeats: &mut state.repeats };
    let known = api.world.core.accounts.len();
    if let Some(rest) = Rest::of(request) {
        let answer = match rest.endpoint {
            Ok(endpoint) => called(api, now, &rest.request, &request.path, (Takes::Json, endpoint)),
            Err(fault) => Err(fault),
        };
        if answer.is_err() {
            api.world.forget_from(known);
        }
        return with_request_id(request, ultra_group_rest::response(answer));
    }
    let (path, format) = Format::of(&request.path);
    match server_api_answer(api, now, request, &path) {
        Ok(mut answer) => {
            answer["code"] = 200.into();
            with_request_id(request, format.response(200, &answer))
        }
        Err(fault) => {
            // A refused call leaves the world as it was: whom it was first to name is forgotten again.
            api.world.forget_from(known);
            let body = json!({"url": request.path, "code": fault.code, "errorMessage": fault.text});
            with_request_id(request, format.response(fault.status(), &body))
        }
    }
}

fn with_request_id(request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
    if let Some(id) = request.header("x-request-id") {
        response.headers.push(("X-Request-ID".to_owned(), id.to_owned()));
    }
    response
}

fn server_api_answer(api: &mut Api<'_>, now: UnixMillis, request: &HttpRequest, path: &str) -> Answer {
    let Some((_, takes, endpoint)) = endpoints::find(path) else {
        return Err(error(404, no_endpoint(path)));
    };
    if request.method != takes.method() {
        let method = takes.method();
        return Err(error(405, format!("`{path}` takes {method}, not {}", request.method)));
    }
    called(api, now, request, path, (*takes, *endpoint))
}

/// Carries a call out that is signed and within its rate.
fn called(
    api: &mut Api<'_>,
    now: UnixMillis,
    request: &HttpRequest,
    path: &str,
    (takes, endpoint): (Takes, Endpoint),
) -> Answer {
    check_signature(api, now, request)?;
    within_rate(api, now, &rate::Rated::Calls(path), 1)?;
    body::check(path, takes, request)?;
    endpoint(api, &Call::of(now, request)?)
}

/// SHA-1 of secret, nonce and timestamp as sent; path, query and body are not signed. No replay check, and a time
/// window only where the world's limits give one: one SDK signs once a process.
fn check_signature(api: &Api<'_>, now: UnixMillis, request: &HttpRequest) -> Result<(), ApiError> {
    let header = |name: &str| request.header(name).or_else(|| request.header(&format!("rc-{name}")));
    let get = |name: &str| header(name).ok_or_else(|| error(1004, format!("header `{name}` is missing")));
    match header("app-key") {
        None => return Err(error(1001, "header `app-key` is missing")),
        Some(key) if key != api.world.core.app_key => {
            return Err(error(1001, "the App Key is not this world's"));
        }
        Some(_) => {}
    }
    let (nonce, timestamp, signature) = (get("nonce")?, get("timestamp")?, get("signature")?);
    let expected = signature_of(&api.world.core.app_secret, nonce, timestamp);
    if !signature.eq_ignore_ascii_case(&expected) {
        return Err(error(
            1004,
            "the signature is wrong: hex SHA-1 of App Secret + Nonce + Timestamp is expected",
        ));
    }
    let minutes = i64::from(api.world.core.limits.api_timestamp_minutes);
    let off = signed_at(timestamp).map(|at| now.0.abs_diff(at.0));
    if minutes > 0 && off.is_none_or(|off| off > minutes.unsigned_abs().saturating_mul(60_000)) {
        return Err(error(1004, format!("`timestamp` must be within {minutes} minutes of now")));
    }
    Ok(())
}

/// What is said of a path that is none.
fn no_endpoint(path: &str) -> String {
    let text = format!("there is no endpoint `{path}` in this mock");
    match nearest_endpoint(path) {
        Some((method, nearest)) => format!("{text}; the nearest is {method} `{nearest}`"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_worked_example() {
        assert_eq!(
            signature_of("mocksecret", "42", "1767323045"),
            "a7f468f07361629730269af83fda814401551557"
        );
    }
}
