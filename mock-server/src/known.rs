//! Paths of requests that name no App Key: which are ours, and which known one a wrong one comes nearest to.

use http::StatusCode;
use serde_json::json;

use crate::{
    control,
    reply::{self, Reply},
};

/// Code of the Server API for an App Key that is unknown.
pub(crate) const UNKNOWN_APP: u32 = 1001;
/// What a path may begin with that belongs to the Server API; an App Key must come with it.
const FAMILIES: [&str; 13] = [
    "user",
    "message",
    "statusmessage",
    "group",
    "chatroom",
    "ultragroup",
    "conversation",
    "tag",
    "push",
    "push.json",
    "wordfilter",
    "v2",
    "v3",
];
/// Paths that are no family's.
const PATHS: [&str; 10] = [
    "/",
    "/ping",
    "/websocket",
    "/pullmsg.js",
    "/navi.js",
    "/navi.json",
    "/navi.xml",
    "/cometnavi.js",
    "/v2/navi.json",
    "/control/v1/",
];
/// A path that differs in more than every so many characters is no misspelling.
const LETTERS_A_MISTAKE: usize = 3;

/// Answers a request without an App Key that is not for the shell itself.
pub(crate) fn without_app_key(path: &str) -> Reply {
    if path == "/" {
        let text = format!("mock-server {}\ncontrol API: {}/\n", env!("CARGO_PKG_VERSION"), control::ROOT);
        return reply::whole(StatusCode::OK, "text/plain; charset=utf-8", text);
    }
    let is_ours = PATHS.contains(&path) || path.starts_with(service::FILES);
    let near = nearest(path).filter(|_| !is_ours);
    if is_ours || (near.is_none() && is_server_api(path)) {
        let text = json!({
            "code": UNKNOWN_APP,
            "errorMessage": "no App Key: headers RC-Appkey, App-Key or RC-App-Key, or the query's appId, name one",
        });
        return reply::json(StatusCode::UNAUTHORIZED, &text);
    }
    let hint = near.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    let text = json!({"code": 404, "errorMessage": format!("there is nothing at `{path}`{hint}")});
    reply::json(StatusCode::NOT_FOUND, &text)
}

fn is_server_api(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    FAMILIES.contains(&first)
}

/// The known path that differs least, if it is near at all.
fn nearest(path: &str) -> Option<&'static str> {
    if path.len() > 100 {
        return None;
    }
    let lower = path.to_ascii_lowercase();
    let begin = |known: &'static str| {
        // Whatever stands below the control API's root begins with a misspelling of it.
        let root = known == "/control/v1/";
        let length = if root { known.len().min(lower.len()) } else { lower.len() };
        (distance(lower.get(..length).unwrap_or(&lower), known), known)
    };
    let (distance, known) = PATHS.into_iter().filter(|known| *known != "/").map(begin).min()?;
    (distance * LETTERS_A_MISTAKE <= known.len()).then_some(known)
}

/// How many characters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_told_the_nearest_path() {
        for (typed, known) in [
            ("/nav.js", "/navi.js"),
            ("/v2/nav.json", "/v2/navi.json"),
            ("/Navi.js", "/navi.js"),
            ("/contorl/v1/apps", "/control/v1/"),
            ("/control/v2/", "/control/v1/"),
            ("/control", "/control/v1/"),
            ("/pong", "/ping"),
            ("/websockets", "/websocket"),
        ] {
            assert_eq!(nearest(typed), Some(known), "{typed}");
        }
        for typed in ["/favicon.ico", "/robots.txt", "/é", "/x"] {
            assert_eq!(nearest(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_lacks_nothing_but_its_app_key_is_told_that() {
        for path in [
            "/navi.js",
            "/v2/navi.json",
            "/user/getToken.json",
            "/files/k",
            "/push.json",
            "/v3/message/x.json",
        ] {
            assert_eq!(without_app_key(path).status(), 401, "{path}");
        }
        for path in ["/favicon.ico", "/v2/nav.json", "/nav.js"] {
            assert_eq!(without_app_key(path).status(), 404, "{path}");
        }
        assert_eq!(without_app_key("/").status(), 200);
    }
}
