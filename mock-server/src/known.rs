//! Paths of requests that name no App Key: which are ours, and which known one a wrong one comes nearest to.

use http::StatusCode;
use serde_json::json;
use service::HttpPath;

use crate::{
    control,
    reply::{self, Reply},
};

/// Code of the Server API for an App Key that is unknown.
pub(crate) const UNKNOWN_APP: u32 = 1001;
/// Paths that are no endpoints of the Server API.
const PATHS: [&str; 5] = ["/", "/ping", "/websocket", "/pullmsg.js", "/control/v1/"];
/// A path that differs in more than every so many characters is no misspelling.
const LETTERS_A_MISTAKE: usize = 3;

/// Answers a request without an App Key that is not for the shell itself.
pub(crate) fn without_app_key(path: &str) -> Reply {
    if path == "/" {
        let text = format!("mock-server {}\ncontrol API: {}/\n", env!("CARGO_PKG_VERSION"), control::ROOT);
        return reply::whole(StatusCode::OK, "text/plain; charset=utf-8", text);
    }
    let endpoint = service::nearest_endpoint(path).map(|(_, known)| known);
    if wants_app_key(path) || endpoint == Some(path) {
        let text = json!({
            "code": UNKNOWN_APP,
            "errorMessage": "no App Key: headers RC-Appkey, App-Key or RC-App-Key, or the query's appId, name one",
        });
        return reply::json(StatusCode::UNAUTHORIZED, &text);
    }
    let hint = nearest(path).or(endpoint).map(|known| format!("; did you mean `{known}`?"));
    let hint = hint.unwrap_or_default();
    let text = json!({"code": 404, "errorMessage": format!("there is nothing at `{path}`{hint}")});
    reply::json(StatusCode::NOT_FOUND, &text)
}

/// Paths below `/v2/ultragroups` name ids: none can be told to be wrong before its App Key is known.
fn wants_app_key(path: &str) -> bool {
    PATHS.contains(&path) || HttpPath::of(path) != HttpPath::Api || path.starts_with("/v2/ultragroups")
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
        (strsim::levenshtein(lower.get(..length).unwrap_or(&lower), known), known)
    };
    let (distance, known) =
        PATHS.into_iter().chain(service::NAVI).filter(|known| *known != "/").map(begin).min()?;
    (distance * LETTERS_A_MISTAKE <= known.len()).then_some(known)
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
            "/v2/ultragroups/g/users",
            "/v3/message/private/query.json",
        ] {
            assert_eq!(without_app_key(path).status(), 401, "{path}");
        }
        for path in ["/favicon.ico", "/v2/nav.json", "/nav.js", "/user/getTokn.json"] {
            assert_eq!(without_app_key(path).status(), 404, "{path}");
        }
        assert_eq!(without_app_key("/").status(), 200);
    }
}
