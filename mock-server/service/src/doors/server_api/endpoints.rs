//! Every endpoint. Each module has a table of its own: path, what its calls bring along, and what carries it out.

use Takes::Query;

use crate::doors::server_api::{
    Answer, Api, Call, blacklist, broadcast, chatroom, chatroom_entry, chatroom_message, chatroom_mute,
    conversation_tag, group, history, log, message, mute, push, recall, remark, settings, tag, template,
    ultra_group, ultra_group_channel, ultra_group_history, ultra_group_level, ultra_group_message,
    ultra_group_mute, ultra_group_users, user,
};

pub(super) type Endpoint = fn(&mut Api<'_>, &Call) -> Answer;

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
        blacklist::ENDPOINTS,
        broadcast::ENDPOINTS,
        chatroom::ENDPOINTS,
        chatroom_entry::ENDPOINTS,
        chatroom_message::ENDPOINTS,
        chatroom_mute::ENDPOINTS,
        conversation_tag::ENDPOINTS,
        group::ENDPOINTS,
        history::ENDPOINTS,
        log::ENDPOINTS,
        message::ENDPOINTS,
        mute::ENDPOINTS,
        push::ENDPOINTS,
        recall::ENDPOINTS,
        remark::ENDPOINTS,
        settings::ENDPOINTS,
        tag::ENDPOINTS,
        template::ENDPOINTS,
        ultra_group::ENDPOINTS,
        ultra_group_channel::ENDPOINTS,
        ultra_group_history::ENDPOINTS,
        ultra_group_level::ENDPOINTS,
        ultra_group_message::ENDPOINTS,
        ultra_group_mute::ENDPOINTS,
        ultra_group_users::ENDPOINTS,
        user::ENDPOINTS,
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
