//! Every endpoint: its path, what its calls bring along, and what carries it out. The tables of rooms and ultra groups
//! stand in their modules.

use Takes::{Form, Json, Query};

use crate::{
    doors::server_api::{Answer, Call},
    service::Service,
};

pub(super) type Endpoint = fn(&mut Service, &Call) -> Answer;

/// What an endpoint's parameters come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// A JSON object.
    Json,
    /// The query of a GET.
    Query,
}

impl Takes {
    /// The method its calls have.
    pub(super) fn method(self) -> &'static str {
        if self == Query { "GET" } else { "POST" }
    }
}

/// A path, what it takes, and what carries it out.
pub(super) type Row = (&'static str, Takes, Endpoint);

/// Every endpoint.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    let tables = [
        ENDPOINTS,
        crate::doors::server_api::chatroom::ENDPOINTS,
        crate::doors::server_api::chatroom_message::ENDPOINTS,
        crate::doors::server_api::chatroom_mute::ENDPOINTS,
        crate::doors::server_api::chatroom_entry::ENDPOINTS,
        crate::doors::server_api::ultra_group::ENDPOINTS,
        crate::doors::server_api::ultra_group_channel::ENDPOINTS,
        crate::doors::server_api::ultra_group_message::ENDPOINTS,
        crate::doors::server_api::ultra_group_history::ENDPOINTS,
        crate::doors::server_api::ultra_group_mute::ENDPOINTS,
        crate::doors::server_api::ultra_group_users::ENDPOINTS,
        crate::doors::server_api::ultra_group_level::ENDPOINTS,
    ];
    tables.into_iter().flatten()
}

/// The endpoint of that path.
pub(super) fn find(path: &str) -> Option<&'static Row> {
    all().find(|(known, ..)| *known == path)
}

/// The endpoint whose path is most like that one, with its method; `None` if none is like it.
#[must_use]
pub fn nearest_endpoint(path: &str) -> Option<(&'static str, &'static str)> {
    let plain = |path: &str| {
        let path = path.strip_suffix(".json").or_else(|| path.strip_suffix(".xml")).unwrap_or(path);
        path.trim_matches('/').to_ascii_lowercase()
    };
    // Nothing long is like anything here, and would take its time.
    if path.len() > 200 {
        return None;
    }
    let wanted = plain(path);
    let (distance, path, takes) = all()
        .map(|(path, takes, _)| (strsim::damerau_levenshtein(&wanted, &plain(path)), *path, *takes))
        .min_by_key(|(distance, ..)| *distance)?;
    (distance * 2 <= wanted.len()).then_some((takes.method(), path))
}

const ENDPOINTS: &[Row] = &[
    ("/user/getToken.json", Form, Service::api_get_token),
    ("/user/refresh.json", Form, Service::api_refresh),
    ("/user/info.json", Form, Service::api_info),
    ("/user/query.json", Form, Service::api_query),
    ("/user/token/expire.json", Form, Service::api_expire_tokens),
    ("/user/checkOnline.json", Form, Service::api_check_online),
    ("/user/block.json", Form, Service::api_block),
    ("/user/unblock.json", Form, Service::api_unblock),
    ("/user/block/query.json", Form, Service::api_blocked),
    ("/user/deactivate.json", Form, Service::api_deactivate),
    ("/user/deactivate/query.json", Form, Service::api_deactivated),
    ("/user/reactivate.json", Form, Service::api_reactivate),
    ("/user/activate.json", Form, Service::api_reactivate),
    ("/user/blacklist/add.json", Form, Service::api_blacklist_add),
    ("/user/blacklist/remove.json", Form, Service::api_blacklist_remove),
    ("/user/blacklist/query.json", Form, Service::api_blacklist_query),
    ("/user/whitelist/add.json", Form, Service::api_whitelist_add),
    ("/user/whitelist/remove.json", Form, Service::api_whitelist_remove),
    ("/user/whitelist/query.json", Form, Service::api_whitelist_query),
    ("/user/whitesetting/set.json", Form, Service::api_white_setting_set),
    ("/user/whitesetting/query.json", Form, Service::api_white_setting_query),
    ("/user/tag/set.json", Json, Service::api_tags_set),
    ("/user/tag/batch/set.json", Json, Service::api_tags_set_batch),
    ("/user/tags/get.json", Form, Service::api_tags),
    ("/user/remarks/set.json", Form, Service::api_remarks_set),
    ("/user/remarks/del.json", Form, Service::api_remark_remove),
    ("/user/remarks/get.json", Form, Service::api_remarks),
    ("/message/private/publish_template.json", Json, Service::api_template_private),
    ("/message/system/publish_template.json", Json, Service::api_template_system),
    ("/message/discussion/publish.json", Form, Service::api_publish_discussion),
    ("/message/broadcast.json", Form, Service::api_broadcast),
    ("/message/online/broadcast.json", Form, Service::api_broadcast_online),
    ("/push.json", Json, Service::api_push),
    ("/push/custom.json", Json, Service::api_push_custom),
    ("/push/user.json", Json, Service::api_push_users),
    ("/message/broadcast/recall.json", Form, Service::api_broadcast_recall),
    ("/message/group/publish.json", Form, Service::api_publish_group),
    ("/statusmessage/private/publish.json", Form, Service::api_publish_status_private),
    ("/statusmessage/group/publish.json", Form, Service::api_publish_status_group),
    ("/user/chat/fb/set.json", Form, Service::api_mute_private),
    ("/user/chat/fb/querylist.json", Form, Service::api_muted_private),
    ("/user/group/query.json", Form, Service::api_groups_of_user),
    ("/user/blockPushPeriod/set.json", Form, Service::api_quiet_hours_set),
    ("/user/blockPushPeriod/get.json", Form, Service::api_quiet_hours),
    ("/user/blockPushPeriod/delete.json", Form, Service::api_quiet_hours_remove),
    ("/conversation/notification/set.json", Form, Service::api_conversation_level_set),
    ("/conversation/notification/get.json", Form, Service::api_conversation_level),
    ("/conversation/type/notification/set.json", Form, Service::api_type_level_set),
    ("/conversation/type/notification/get.json", Form, Service::api_type_level),
    ("/conversation/top/set.json", Form, Service::api_top_set),
    ("/conversation/attribute/get.json", Query, Service::api_conversation_attributes),
    ("/user/conversation/tag/set.json", Json, Service::api_conversation_tags_set),
    ("/user/conversation/tag/del.json", Json, Service::api_conversation_tags_remove),
    ("/user/conversation/tag/get.json", Query, Service::api_conversation_tags),
    ("/tag/conversation/set.json", Json, Service::api_tag_conversations),
    ("/tag/conversation/del.json", Json, Service::api_untag_conversations),
    ("/tag/conversation/get.json", Query, Service::api_tagged_conversations),
    ("/group/create.json", Form, Service::api_group_create),
    ("/group/join.json", Form, Service::api_group_join),
    ("/group/quit.json", Form, Service::api_group_quit),
    ("/group/dismiss.json", Form, Service::api_group_dismiss),
    ("/group/refresh.json", Form, Service::api_group_refresh),
    ("/group/sync.json", Form, Service::api_group_sync),
    ("/group/user/query.json", Form, Service::api_group_members),
    ("/group/remarks/set.json", Form, Service::api_group_remark_set),
    ("/group/remarks/del.json", Form, Service::api_group_remark_remove),
    ("/group/remarks/get.json", Form, Service::api_group_remark),
    ("/group/user/gag/add.json", Form, Service::api_mute_members),
    ("/group/user/gag/rollback.json", Form, Service::api_unmute_members),
    ("/group/user/gag/list.json", Form, Service::api_muted_members),
    ("/group/ban/add.json", Form, Service::api_mute_groups),
    ("/group/ban/rollback.json", Form, Service::api_unmute_groups),
    ("/group/ban/query.json", Form, Service::api_muted_groups),
    ("/group/user/ban/whitelist/add.json", Form, Service::api_speakers_add),
    ("/group/user/ban/whitelist/rollback.json", Form, Service::api_speakers_remove),
    ("/group/user/ban/whitelist/query.json", Form, Service::api_speakers),
    ("/message/private/publish.json", Form, Service::api_publish_private),
    ("/message/system/publish.json", Form, Service::api_publish_system),
    ("/message/history.json", Form, Service::api_message_log),
    ("/message/history/delete.json", Form, Service::api_message_log_remove),
    ("/user/delusers.json", Form, Service::api_delete_users),
    ("/message/recall.json", Form, Service::api_recall),
    ("/message/expansion/set.json", Form, Service::api_expansion_set),
    ("/message/expansion/delete.json", Form, Service::api_expansion_delete),
    ("/message/expansion/query.json", Form, Service::api_expansion_query),
    ("/conversation/message/history/clean.json", Form, Service::api_clean_history),
    ("/v3/message/private/query.json", Json, Service::api_query_private),
    ("/v3/message/group/query.json", Json, Service::api_query_group),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_stands_once() {
        let mut paths: Vec<&str> = all().map(|(path, ..)| *path).collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!((paths.len(), count), (count, 179));
    }

    #[test]
    fn the_nearest_is_what_was_meant() {
        for (path, nearest) in [
            ("/user/gettoken.json", Some(("POST", "/user/getToken.json"))),
            ("/user/getToken", Some(("POST", "/user/getToken.json"))),
            ("/user/blocklist/add.json", Some(("POST", "/user/blacklist/add.json"))),
            ("/message/private/publsh.json", Some(("POST", "/message/private/publish.json"))),
            ("/conversation/attributes/get.json", Some(("GET", "/conversation/attribute/get.json"))),
            ("/favicon.ico", None),
        ] {
            assert_eq!(nearest_endpoint(path), nearest, "{path}");
        }
        assert_eq!(nearest_endpoint(&"x".repeat(1 << 20)), None);
        for (path, takes, _) in all() {
            assert_eq!(nearest_endpoint(path).map(|(method, _)| method), Some(takes.method()));
        }
    }
}
