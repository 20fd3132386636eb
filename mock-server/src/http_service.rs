//! Plain HTTP on the one port: the control API, `/ping`, and everything a world answers (navi, Server API).

use std::{net::SocketAddr, rc::Rc};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header, request::Parts,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use service::{HttpPath, HttpRequest, HttpResponse};

use crate::{
    body::{self, BodyError},
    bounds::Bound,
    comet, control,
    hosts::Origin,
    io::{Io, Progress, Serving, Watched},
    known,
    meter::Did,
    reply::{self, Reply},
    telling,
    worlds::{Unmet, Worlds},
};

/// The largest head of a later request on a connection, in bytes, as of the first: [`greet`](crate::greet) reads that one.
const MAX_HEAD: usize = crate::greet::MAX_HEAD;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct NoAnswer;

/// Serves a connection to its end. `head` is what was read of it.
pub(crate) async fn serve(worlds: Rc<Worlds>, io: Io, head: BytesMut, peer: SocketAddr) {
    let tls = io.is_tls();
    let progress = Rc::new(Progress::default());
    let io = Watched::new(head, io, &worlds.meter, &progress);
    let answer = service_fn(move |request| {
        let (worlds, serving) = (worlds.clone(), Serving::new(&progress));
        async move {
            let reply = answer(&worlds, request, peer, tls).await?;
            Ok::<_, NoAnswer>(reply::watched(reply, &worlds.meter, serving))
        }
    });
    let served =
        http1::Builder::new().max_buf_size(MAX_HEAD).serve_connection(TokioIo::new(io), answer).await;
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "an HTTP connection ended");
    }
}

async fn answer(
    worlds: &Rc<Worlds>,
    request: Request<Incoming>,
    peer: SocketAddr,
    tls: bool,
) -> Result<Reply, NoAnswer> {
    let (parts, body) = request.into_parts();
    if !names_one_host(&parts) {
        return Ok(no_host());
    }
    let reached = worlds.reached(&parts.headers, tls);
    let path = collapsed(parts.uri.path());
    let is_control = path == control::ROOT || path.starts_with(&format!("{}/", control::ROOT));
    if parts.method == Method::OPTIONS && !is_control {
        return Ok(preflight());
    }
    if worlds.meter.is_crowded() && !is_control {
        worlds.meter.count(Did::Refused, Bound::MaxConnections);
        return Ok(busy(Bound::MaxConnections));
    }
    if let Err(bound) = worlds.meter.admits_reply() {
        return Ok(busy(bound));
    }
    // What is read counts until the answer is made.
    let (body, _reading) = match body::read(&worlds.meter, body).await {
        Ok(read) => read,
        Err(BodyError::Broken) => return Err(NoAnswer),
        Err(error) => return Ok(refused_body(&error)),
    };
    if is_control {
        return Ok(control::answer(worlds, &parts, &path, body, peer, tls).await);
    }
    if let Some(answered) = comet::answer(worlds, &parts, &path, &body, peer, &reached).await {
        let mut reply = answered.ok_or(NoAnswer)?;
        allow_any_origin(reply.headers_mut());
        return Ok(reply);
    }
    let mut reply = match path.as_str() {
        "/ping" => reply::whole(StatusCode::OK, "text/plain; charset=utf-8", ""),
        "/websocket" => upgrade_required(),
        _ => to_world(worlds, &parts, path, body, &reached).await?,
    };
    allow_any_origin(reply.headers_mut());
    Ok(reply)
}

/// The process takes on no more now: it may later.
fn busy(bound: Bound) -> Reply {
    let message = format!("the server takes on no more now: the bound `{}` is reached", bound.name());
    let mut reply =
        reply::json(StatusCode::SERVICE_UNAVAILABLE, &json!({"code": 503, "errorMessage": message}));
    reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    allow_any_origin(reply.headers_mut());
    reply
}

fn refused_body(error: &BodyError) -> Reply {
    let status = match error {
        BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::Late(_) => StatusCode::REQUEST_TIMEOUT,
        BodyError::Busy(bound) => return busy(*bound),
        BodyError::Broken => StatusCode::BAD_REQUEST,
    };
    let mut reply = reply::json(status, &json!({"code": status.as_u16(), "errorMessage": error.to_string()}));
    // Its rest is not worth reading.
    reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    allow_any_origin(reply.headers_mut());
    reply
}

/// `//user//getToken.json` is what some SDKs make of a base address that ends with a slash.
fn collapsed(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !collapsed.ends_with('/') {
            collapsed.push(character);
        }
    }
    collapsed
}

/// HTTP/1.1 wants one `Host`, no more and no less; what it says is looked at where it matters.
fn names_one_host(parts: &Parts) -> bool {
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && parts.version < Version::HTTP_11)
}

fn no_host() -> Reply {
    let text = json!({"code": 400, "errorMessage": "an HTTP/1.1 request has one header `Host`"});
    reply::json(StatusCode::BAD_REQUEST, &text)
}

fn preflight() -> Reply {
    let mut reply = reply::whole(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    let headers = reply.headers_mut();
    allow_any_origin(headers);
    let allowed = "RC-Appkey, RC-App-Key, App-Key, RC-Negotiate, Content-Type, Range, X-Requested-With, Authorization, \
                   Nonce, Timestamp, Signature, RC-Nonce, RC-Timestamp, RC-Signature, X-Harness-Connection";
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    reply
}

/// Navi answers are read by pages of any origin; nobody sends credentials.
fn allow_any_origin(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

fn upgrade_required() -> Reply {
    let text =
        json!({"code": 426, "errorMessage": "a WebSocket opens with an upgrade on a connection of its own"});
    reply::json(StatusCode::UPGRADE_REQUIRED, &text)
}

async fn to_world(
    worlds: &Worlds,
    parts: &Parts,
    path: String,
    body: Bytes,
    reached: &Origin,
) -> Result<Reply, NoAnswer> {
    let query = parts.uri.query().unwrap_or_default();
    let named = app_key(&parts.headers, query).or_else(|| file_owner(&path));
    let Some(app_key) = named else {
        return Ok(known::without_app_key(&path));
    };
    let world = match worlds.meet(&app_key) {
        Ok(world) => world,
        Err(Unmet::Unknown) => return Ok(unknown_app(&path, &app_key)),
        Err(Unmet::Bound(bound)) => return Ok(busy(bound)),
    };
    // What is posted is kept, mostly: a message for a hundred users is small here and large there.
    if parts.method == Method::POST
        && let Err(bound) = worlds.meter.has_memory()
    {
        return Ok(busy(bound));
    }
    let label = text(&parts.headers, "x-harness-connection").unwrap_or_default();
    if !world.passes(&label).await {
        return Err(NoAnswer);
    }
    let request = HttpRequest {
        method: parts.method.to_string(),
        path,
        query: query.to_owned(),
        headers: parts.headers.iter().map(plain_header).collect(),
        body,
        origin: reached.to_string(),
    };
    let told = telling::asked(&app_key, &request);
    let answer = world.request(worlds.next_request(), Box::new(request)).await;
    if let Some(told) = told {
        telling::answered(&app_key, told, answer.as_deref());
    }
    Ok(reply_of(*answer.ok_or(NoAnswer)?))
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn plain_header((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The App Key that a request names: in a header, or in its query.
#[must_use]
pub fn app_key(headers: &HeaderMap, query: &str) -> Option<String> {
    let named = ["rc-appkey", "app-key", "rc-app-key"].iter().find_map(|name| text(headers, name));
    named
        .or_else(|| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == "appId").map(|(_, value)| value.into_owned())
        })
        .filter(|key| !key.is_empty())
}

/// The file server's addresses name the App Key: whoever loads a file sends no header of ours.
#[must_use]
pub fn file_owner(path: &str) -> Option<String> {
    let HttpPath::File { owner, .. } = HttpPath::of(path) else { return None };
    let mut pairs = url::form_urlencoded::parse(owner.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).filter(|key| !key.is_empty())
}

/// Clients read 403 as "no such App Key"; the Server API has its own code.
fn unknown_app(path: &str, app_key: &str) -> Reply {
    let shown: String = app_key.chars().take(64).collect();
    let message = format!("the App Key {shown} is unknown");
    if HttpPath::of(path) == HttpPath::Navi {
        return reply::json(StatusCode::FORBIDDEN, &json!({"code": 403, "errorMessage": message}));
    }
    reply::json(StatusCode::UNAUTHORIZED, &json!({"code": known::UNKNOWN_APP, "errorMessage": message}))
}

fn reply_of(answer: HttpResponse) -> Reply {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = if answer.content_type.is_empty() { reply::JSON } else { answer.content_type };
    let mut reply = reply::whole(status, content_type, answer.body);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            if name == header::CONTENT_TYPE {
                reply.headers_mut().insert(name, value);
            } else {
                reply.headers_mut().append(name, value);
            }
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_slashes_are_one() {
        assert_eq!(collapsed("//user///getToken.json"), "/user/getToken.json");
        assert_eq!(collapsed("/"), "/");
    }

    #[test]
    fn the_app_key_is_found_where_sdks_put_it() {
        let mut headers = HeaderMap::new();
        assert_eq!(app_key(&headers, "appId=a%2Bb&x=1").as_deref(), Some("a+b"));
        headers.insert("RC-App-Key", HeaderValue::from_static("k"));
        assert_eq!(app_key(&headers, "appId=a").as_deref(), Some("k"));
        assert_eq!(app_key(&HeaderMap::new(), "appId="), None);
    }
}
