//! The Server API: signed requests of an app's own server.
//!
//! Here: signatures, parameters, errors and the table of endpoints. What they do stands in the modules by area.

mod blacklist;
mod chatroom;
mod chatroom_entry;
mod chatroom_message;
mod chatroom_mute;
mod group;
mod history;
mod message;
mod mute;
mod rate;
mod recall;
mod settings;
mod user;

pub(crate) use rate::ApiRates;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wire::UnixMillis;

use crate::{
    form::Form,
    io::{HttpRequest, HttpResponse},
    world::Service,
};

/// A failure as the Server API reports it: its code, the HTTP status that goes with it, and a text that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    code: u16,
    text: String,
}

impl ApiError {
    fn status(&self) -> u16 {
        match self.code {
            1001 | 1004 | 1006 | 1007 => 401,
            1002 | 1003 | 1005 => 400,
            1008 => 429,
            1009 => 430,
            2007 => 403,
            // The codes of chatrooms come with the status of success.
            23_400..=23_499 => 200,
            404 | 405 => self.code,
            _ => 500,
        }
    }
}

pub(crate) fn error(code: u16, text: impl Into<String>) -> ApiError {
    ApiError { code, text: text.into() }
}

/// What an endpoint answers besides `code: 200`.
pub(crate) type Answer = Result<Value, ApiError>;

/// The parameters of one call.
pub(crate) struct Call {
    pub(crate) now: UnixMillis,
    form: Form,
}

impl Call {
    /// A parameter that must be there and not empty, of at most `most` bytes.
    pub(crate) fn required(&self, name: &str, most: usize) -> Result<&str, ApiError> {
        let value = self.form.get(name).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| error(1002, format!("parameter `{name}` is missing")))?;
        if value.len() > most {
            return Err(error(
                1005,
                format!("parameter `{name}` has {} bytes; at most {most} are allowed", value.len()),
            ));
        }
        Ok(value)
    }

    /// Whether it is given at all, empty or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.form.get(name).is_some()
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.form.get(name).filter(|value| !value.is_empty())
    }

    /// Fields written `NAME[INSIDE]=VALUE`, in order.
    pub(crate) fn bracketed(&self, name: &str) -> Vec<(String, String)> {
        self.form.bracketed(name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.form.flag(name)
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, name: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, ApiError> {
        let text = self.required(name, 32)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let (low, high) = range.into_inner();
            error(
                1002,
                format!("parameter `{name}` is `{text}`; a whole number from {low} to {high} is expected"),
            )
        })
    }

    /// Ids, repeated or joined by commas: at least one, at most `most`.
    pub(crate) fn ids(&self, name: &str, most: usize) -> Result<Vec<&str>, ApiError> {
        let ids = self.form.list(name);
        if ids.is_empty() {
            return Err(error(1002, format!("parameter `{name}` is missing")));
        }
        if ids.len() > most {
            return Err(error(
                1005,
                format!("parameter `{name}` names {} ids; at most {most} are allowed", ids.len()),
            ));
        }
        Ok(ids)
    }
}

impl Service {
    pub(crate) fn server_api(&mut self, now: UnixMillis, request: &HttpRequest) -> HttpResponse {
        match self.server_api_answer(now, request) {
            Ok(mut answer) => {
                answer["code"] = 200.into();
                self.with_request_id(request, HttpResponse::json(200, &answer))
            }
            Err(fault) => {
                let body = json!({"url": request.path, "code": fault.code, "errorMessage": fault.text});
                self.with_request_id(request, HttpResponse::json(fault.status(), &body))
            }
        }
    }

    fn with_request_id(&self, request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
        if let Some(id) = request.header("x-request-id") {
            response.headers.push(("X-Request-ID".to_owned(), id.to_owned()));
        }
        response
    }

    fn server_api_answer(&mut self, now: UnixMillis, request: &HttpRequest) -> Answer {
        type Endpoint = fn(&mut Service, &Call) -> Answer;
        let endpoint: Endpoint = match request.path.as_str() {
            "/user/getToken.json" => Self::api_get_token,
            "/user/refresh.json" => Self::api_refresh,
            "/user/info.json" => Self::api_info,
            "/user/query.json" => Self::api_query,
            "/user/token/expire.json" => Self::api_expire_tokens,
            "/user/checkOnline.json" => Self::api_check_online,
            "/user/block.json" => Self::api_block,
            "/user/unblock.json" => Self::api_unblock,
            "/user/block/query.json" => Self::api_blocked,
            "/user/deactivate.json" => Self::api_deactivate,
            "/user/deactivate/query.json" => Self::api_deactivated,
            "/user/reactivate.json" | "/user/activate.json" => Self::api_reactivate,
            "/user/blacklist/add.json" => Self::api_blacklist_add,
            "/user/blacklist/remove.json" => Self::api_blacklist_remove,
            "/user/blacklist/query.json" => Self::api_blacklist_query,
            "/user/whitelist/add.json" => Self::api_whitelist_add,
            "/user/whitelist/remove.json" => Self::api_whitelist_remove,
            "/user/whitelist/query.json" => Self::api_whitelist_query,
            "/user/whitesetting/set.json" => Self::api_white_setting_set,
            "/user/whitesetting/query.json" => Self::api_white_setting_query,
            "/message/group/publish.json" => Self::api_publish_group,
            "/statusmessage/private/publish.json" => Self::api_publish_status_private,
            "/statusmessage/group/publish.json" => Self::api_publish_status_group,
            "/user/chat/fb/set.json" => Self::api_mute_private,
            "/user/chat/fb/querylist.json" => Self::api_muted_private,
            "/user/group/query.json" => Self::api_groups_of_user,
            "/user/blockPushPeriod/set.json" => Self::api_quiet_hours_set,
            "/user/blockPushPeriod/get.json" => Self::api_quiet_hours,
            "/user/blockPushPeriod/delete.json" => Self::api_quiet_hours_remove,
            "/conversation/notification/set.json" => Self::api_conversation_level_set,
            "/conversation/notification/get.json" => Self::api_conversation_level,
            "/conversation/type/notification/set.json" => Self::api_type_level_set,
            "/conversation/type/notification/get.json" => Self::api_type_level,
            "/conversation/top/set.json" => Self::api_top_set,
            "/group/create.json" => Self::api_group_create,
            "/group/join.json" => Self::api_group_join,
            "/group/quit.json" => Self::api_group_quit,
            "/group/dismiss.json" => Self::api_group_dismiss,
            "/group/refresh.json" => Self::api_group_refresh,
            "/group/sync.json" => Self::api_group_sync,
            "/group/user/query.json" => Self::api_group_members,
            "/group/remarks/set.json" => Self::api_group_remark_set,
            "/group/remarks/del.json" => Self::api_group_remark_remove,
            "/group/remarks/get.json" => Self::api_group_remark,
            "/group/user/gag/add.json" => Self::api_mute_members,
            "/group/user/gag/rollback.json" => Self::api_unmute_members,
            "/group/user/gag/list.json" => Self::api_muted_members,
            "/group/ban/add.json" => Self::api_mute_groups,
            "/group/ban/rollback.json" => Self::api_unmute_groups,
            "/group/ban/query.json" => Self::api_muted_groups,
            "/group/user/ban/whitelist/add.json" => Self::api_speakers_add,
            "/group/user/ban/whitelist/rollback.json" => Self::api_speakers_remove,
            "/group/user/ban/whitelist/query.json" => Self::api_speakers,
            "/message/private/publish.json" => Self::api_publish_private,
            "/message/system/publish.json" => Self::api_publish_system,
            "/message/recall.json" => Self::api_recall,
            "/message/expansion/set.json" => Self::api_expansion_set,
            "/message/expansion/delete.json" => Self::api_expansion_delete,
            "/message/expansion/query.json" => Self::api_expansion_query,
            "/conversation/message/history/clean.json" => Self::api_clean_history,
            "/v3/message/private/query.json" => Self::api_query_private,
            "/v3/message/group/query.json" => Self::api_query_group,
            path => match chatroom::endpoint(path) {
                Some(endpoint) => endpoint,
                None => return Err(error(404, format!("there is no endpoint `{path}` in this mock"))),
            },
        };
        if request.method != "POST" {
            return Err(error(405, format!("`{}` takes POST, not {}", request.path, request.method)));
        }
        self.check_signature(request)?;
        self.within_rate(now, &rate::Rated::Calls(&request.path), 1)?;
        let form = parameters(request)?;
        endpoint(self, &Call { now, form })
    }

    /// SHA-1 of secret, nonce and timestamp as sent; path, query and body are not signed. No replay check and no
    /// time window: one SDK signs once a process.
    fn check_signature(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let header = |name: &str| request.header(name).or_else(|| request.header(&format!("rc-{name}")));
        let get = |name: &str| header(name).ok_or_else(|| error(1004, format!("header `{name}` is missing")));
        match header("app-key") {
            None => return Err(error(1001, "header `app-key` is missing")),
            Some(key) if key != self.app_key => return Err(error(1001, "the App Key is not this world's")),
            Some(_) => {}
        }
        let (nonce, timestamp, signature) = (get("nonce")?, get("timestamp")?, get("signature")?);
        let expected = signature_of(&self.app_secret, nonce, timestamp);
        if !signature.eq_ignore_ascii_case(&expected) {
            return Err(error(
                1004,
                "the signature is wrong: hex SHA-1 of App Secret + Nonce + Timestamp is expected",
            ));
        }
        Ok(())
    }
}

/// The signature of a Server API request: lower-case hex SHA-1 of `secret + nonce + timestamp`.
#[must_use]
pub fn signature_of(secret: &str, nonce: &str, timestamp: &str) -> String {
    let digest = Sha1::new().chain_update(secret).chain_update(nonce).chain_update(timestamp).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parameters(request: &HttpRequest) -> Result<Form, ApiError> {
    let text = String::from_utf8_lossy(&request.body);
    let json = request.header("content-type").is_some_and(|kind| kind.contains("json"));
    if !json {
        return Ok(Form::parse(&text));
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(Form::from_json(&object)),
        Ok(_) => Err(error(1002, "the JSON body must be an object")),
        Err(fault) => Err(error(1002, format!("the body is not JSON: {fault}"))),
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
