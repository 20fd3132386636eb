//! The Server API: signed requests of an app's own server.
//!
//! Here: signatures, parameters, errors and the table of endpoints. What they do stands in the modules by area.

mod blacklist;
mod broadcast;
mod call;
mod chatroom;
mod chatroom_entry;
mod chatroom_message;
mod chatroom_mute;
mod compose;
mod conversation_tag;
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

pub(crate) use call::Call;
use format::Format;
pub(crate) use once::Repeats;
pub(crate) use rate::ApiRates;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use ultra_group_rest::Rest;
use wire::UnixMillis;

use crate::{
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

/// Endpoints that are read with GET, their parameters in the query.
const READ_BY_GET: [&str; 3] =
    ["/conversation/attribute/get.json", "/user/conversation/tag/get.json", "/tag/conversation/get.json"];

/// What an endpoint answers besides `code: 200`.
pub(crate) type Answer = Result<Value, ApiError>;

impl Service {
    pub(crate) fn server_api(&mut self, now: UnixMillis, request: &HttpRequest) -> HttpResponse {
        let known = self.accounts.len();
        if let Some(rest) = Rest::of(request) {
            let answer = self.called(now, &rest.request, &request.path, rest.endpoint);
            if answer.is_err() {
                self.accounts.forget_from(known);
            }
            return self.with_request_id(request, ultra_group_rest::response(answer));
        }
        let (path, format) = Format::of(&request.path);
        match self.server_api_answer(now, request, &path) {
            Ok(mut answer) => {
                answer["code"] = 200.into();
                self.with_request_id(request, format.response(200, &answer))
            }
            Err(fault) => {
                // A refused call leaves the world as it was: whom it was first to name is forgotten again.
                self.accounts.forget_from(known);
                let body = json!({"url": request.path, "code": fault.code, "errorMessage": fault.text});
                self.with_request_id(request, format.response(fault.status(), &body))
            }
        }
    }

    fn with_request_id(&self, request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
        if let Some(id) = request.header("x-request-id") {
            response.headers.push(("X-Request-ID".to_owned(), id.to_owned()));
        }
        response
    }

    fn server_api_answer(&mut self, now: UnixMillis, request: &HttpRequest, path: &str) -> Answer {
        type Endpoint = fn(&mut Service, &Call) -> Answer;
        let endpoint: Endpoint = match path {
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
            "/user/tag/set.json" => Self::api_tags_set,
            "/user/tag/batch/set.json" => Self::api_tags_set_batch,
            "/user/tags/get.json" => Self::api_tags,
            "/user/remarks/set.json" => Self::api_remarks_set,
            "/user/remarks/del.json" => Self::api_remark_remove,
            "/user/remarks/get.json" => Self::api_remarks,
            "/message/private/publish_template.json" => Self::api_template_private,
            "/message/system/publish_template.json" => Self::api_template_system,
            "/message/discussion/publish.json" => Self::api_publish_discussion,
            "/message/broadcast.json" => Self::api_broadcast,
            "/message/online/broadcast.json" => Self::api_broadcast_online,
            "/push.json" => Self::api_push,
            "/push/custom.json" => Self::api_push_custom,
            "/push/user.json" => Self::api_push_users,
            "/message/broadcast/recall.json" => Self::api_broadcast_recall,
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
            "/conversation/attribute/get.json" => Self::api_conversation_attributes,
            "/user/conversation/tag/set.json" => Self::api_conversation_tags_set,
            "/user/conversation/tag/del.json" => Self::api_conversation_tags_remove,
            "/user/conversation/tag/get.json" => Self::api_conversation_tags,
            "/tag/conversation/set.json" => Self::api_tag_conversations,
            "/tag/conversation/del.json" => Self::api_untag_conversations,
            "/tag/conversation/get.json" => Self::api_tagged_conversations,
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
            "/message/history.json" => Self::api_message_log,
            "/message/history/delete.json" => Self::api_message_log_remove,
            "/user/delusers.json" => Self::api_delete_users,
            "/message/recall.json" => Self::api_recall,
            "/message/expansion/set.json" => Self::api_expansion_set,
            "/message/expansion/delete.json" => Self::api_expansion_delete,
            "/message/expansion/query.json" => Self::api_expansion_query,
            "/conversation/message/history/clean.json" => Self::api_clean_history,
            "/v3/message/private/query.json" => Self::api_query_private,
            "/v3/message/group/query.json" => Self::api_query_group,
            path => match chatroom::endpoint(path).or_else(|| ultra_group::endpoint(path)) {
                Some(endpoint) => endpoint,
                None => return Err(error(404, format!("there is no endpoint `{path}` in this mock"))),
            },
        };
        let method = if READ_BY_GET.contains(&path) { "GET" } else { "POST" };
        if request.method != method {
            return Err(error(405, format!("`{path}` takes {method}, not {}", request.method)));
        }
        self.called(now, request, path, endpoint)
    }

    /// Carries a call out that is signed and within its rate.
    fn called(
        &mut self,
        now: UnixMillis,
        request: &HttpRequest,
        path: &str,
        endpoint: ultra_group::Endpoint,
    ) -> Answer {
        self.check_signature(now, request)?;
        self.within_rate(now, &rate::Rated::Calls(path), 1)?;
        endpoint(self, &Call::of(now, request)?)
    }

    /// SHA-1 of secret, nonce and timestamp as sent; path, query and body are not signed. No replay check, and a time
    /// window only where the world's limits give one: one SDK signs once a process.
    fn check_signature(&self, now: UnixMillis, request: &HttpRequest) -> Result<(), ApiError> {
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
        let minutes = i64::from(self.limits.api_timestamp_minutes);
        let off = signed_at(timestamp).map(|at| now.0.abs_diff(at.0));
        if minutes > 0 && off.is_none_or(|off| off > minutes.unsigned_abs().saturating_mul(60_000)) {
            return Err(error(1004, format!("`timestamp` must be within {minutes} minutes of now")));
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

/// SDKs send seconds, the documentation asks for milliseconds.
fn signed_at(timestamp: &str) -> Option<UnixMillis> {
    let number: i64 = timestamp.parse().ok()?;
    Some(UnixMillis(if timestamp.len() > 11 { number } else { number.checked_mul(1000)? }))
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
