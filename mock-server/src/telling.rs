//! What the log tells of logins, navi and tokens, at `debug`: enough to see why a client does not get in, and no token
//! whole.

use service::{HttpPath, HttpRequest, HttpResponse, Login, shortened};
use tracing::{Level, debug, enabled};
use url::form_urlencoded;
use wire::ConnAck;

/// A client presents itself.
pub(crate) fn login(app_key: &str, login: &Login) {
    debug!(
        app_key,
        transport = ?login.transport,
        token = shortened(&login.token),
        platform = login.platform,
        sdk = login.sdk_version,
        device = login.device_id,
        reconnect = login.reconnect,
        reached = login.origin,
        from = login.address,
        label = login.label,
        "a login"
    );
}

/// It was let in, or not.
pub(crate) fn login_answered(conn: u64, ack: &ConnAck) {
    let user = ack.accepted.as_ref().map(|accepted| accepted.user_id.as_str());
    debug!(conn, status = ack.status, user, "a login, answered");
}

/// An HTTP request that is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Navi,
    Token,
}

/// Tells of a request for navigation or a token; `None`: it is neither, or nobody listens.
pub(crate) fn asked(app_key: &str, request: &HttpRequest) -> Option<Told> {
    if !enabled!(Level::DEBUG) {
        return None;
    }
    let told = match request.path.as_str() {
        path if path.starts_with("/user/getToken") => Told::Token,
        path if HttpPath::of(path) == HttpPath::Navi => Told::Navi,
        _ => return None,
    };
    let field = |name: &str| {
        let pairs =
            form_urlencoded::parse(&request.body).chain(form_urlencoded::parse(request.query.as_bytes()));
        let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        values.next().unwrap_or_default()
    };
    let (path, reached) = (request.path.as_str(), request.origin.as_str());
    match told {
        Told::Navi => debug!(app_key, path, token = shortened(&field("token")), reached, "navi, asked"),
        Told::Token => debug!(app_key, path, user = field("userId"), reached, "a token, asked for"),
    }
    Some(told)
}

/// What it was answered.
pub(crate) fn answered(app_key: &str, told: Told, answer: Option<&HttpResponse>) {
    let Some(HttpResponse { status, body, .. }) = answer else {
        return debug!(app_key, ?told, "closed without an answer");
    };
    let text = String::from_utf8_lossy(body);
    // Navi may be script text around the object.
    let json =
        text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to)).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let field = |name: &str| json[name].as_str().unwrap_or_default();
    match told {
        Told::Navi => {
            debug!(app_key, status, user = field("userId"), server = field("server"), "navi, answered")
        }
        Told::Token => {
            let (code, token) = (json["code"].as_i64(), shortened(field("token")));
            debug!(
                app_key,
                status,
                code,
                user = field("userId"),
                token,
                why = field("errorMessage"),
                "a token, answered"
            );
        }
    }
}
