//! Plain HTTP: navigation, polling, uploads, logs, the Server API, and whatever else comes. It is handed on as it is, but for what names
//! the proxy on the way to the service, and what names the service in navigation answers and tokens.

mod exchange;
mod gateway;
mod headers;
mod way;

pub(super) use exchange::keep_refused_upgrade;
pub(super) use gateway::bad_gateway_text;
pub(super) use headers::other_origin;

use std::{rc::Rc, time::Duration};

use http::{HeaderValue, Request, Response, header, request::Parts};
use hyper::{body::Incoming, server, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mock_server::shell;
use service::HttpPath;

use exchange::Exchange;
use gateway::bad_gateway;
use headers::restore_headers;
use way::Way;

use super::{
    body::Passing,
    comet::{self, Asked},
    keep::{now, say},
    serve::{Reached, Shared},
    token::value_of,
    watched::Watched,
};

/// Between two requests of a connection, or within a head.
const IDLE: Duration = Duration::from_secs(120);
/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct NoAnswer;

/// Serves a connection to its end; `stream` gives first what was read of it already.
pub(super) async fn serve(shared: Rc<Shared>, stream: Watched, reached: Reached, peer: String) {
    let answer = service_fn(move |request| {
        let (shared, reached, peer) = (shared.clone(), reached.clone(), peer.clone());
        async move { Ok::<_, NoAnswer>(answer(&shared, &reached, &peer, request).await) }
    });
    let mut builder = server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE).preserve_header_case(true);
    // How it ended is of no consequence.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    shared: &Rc<Shared>,
    reached: &Reached,
    peer: &str,
    request: Request<Incoming>,
) -> Response<Passing> {
    let (parts, body) = request.into_parts();
    let passed = pass(shared, reached, peer, parts, body).await;
    passed.unwrap_or_else(|why| {
        say(&why);
        bad_gateway(&why)
    })
}

/// What kind of request it is.
enum Kind {
    Navi,
    Token,
    Polling(Asked),
    Other,
}

async fn pass(
    shared: &Rc<Shared>,
    reached: &Reached,
    peer: &str,
    mut parts: Parts,
    body: Incoming,
) -> Result<Response<Passing>, String> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let own = shared.own(reached, host.as_deref());
    let owns = shared.own_places(reached, host.as_deref());
    let (place, path) = {
        let routes = shared.routes.borrow();
        let (place, path) = routes.prefixes.find(parts.uri.path());
        (place.clone(), path.to_owned())
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let is_upstream = place == shared.routes.borrow().upstream;
    let kind = if is_upstream { kind(parts.method.as_str(), &path, &query) } else { Kind::Other };
    let places = match &kind {
        Kind::Polling(Asked::Open) => {
            shared.routes.borrow().servers(&value_of(&query, "token").unwrap_or_default(), false)
        }
        Kind::Polling(Asked::Poll(session) | Asked::Frame(session)) => {
            let known = shared.sessions.borrow_mut().get(session, now()).map(|session| session.place.clone());
            vec![known.unwrap_or(place)]
        }
        _ => vec![place],
    };
    let app_key = shell::app_key(&parts.headers, &query).or_else(|| shell::file_owner(&path));
    let app_key = shared.app_key(app_key.as_deref());
    // Towards the service nothing names the proxy.
    {
        let routes = shared.routes.borrow();
        let query = routes.tokens.inward_form(&query, &owns, &routes.upstream);
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        parts.uri = target.parse().map_err(|error| format!("{target}: {error}"))?;
        restore_headers(&mut parts.headers, &owns, &routes.upstream, !matches!(kind, Kind::Other));
    }
    let (stream, place) = match shared.connector.connect(&places).await {
        Ok(connected) => connected,
        Err(why) => {
            Exchange::new(shared, &app_key, &parts, &path, &places[0]).unanswered();
            return Err(why);
        }
    };
    if let Ok(host) = HeaderValue::try_from(place.authority()) {
        parts.headers.insert(header::HOST, host);
    }
    let way = Way { shared, own: &own, owns: &owns, peer, app_key: &app_key, path: &path, place, stream };
    match kind {
        Kind::Navi => way.navi(parts, body).await,
        Kind::Token => way.token(parts, body).await,
        Kind::Polling(asked) => way.polling(asked, parts, body).await,
        Kind::Other => way.other(parts, body).await,
    }
}

fn kind(method: &str, path: &str, query: &str) -> Kind {
    if let Some(asked) = comet::asked(method, path, query) {
        return Kind::Polling(asked);
    }
    let collapsed =
        path.split('/').filter(|part| !part.is_empty()).fold(String::new(), |path, part| path + "/" + part);
    // What asks whether it may ask is answered without addresses.
    let asks = method != "OPTIONS";
    if asks && HttpPath::of(&collapsed) == HttpPath::Navi {
        Kind::Navi
    } else if asks && collapsed.to_ascii_lowercase().ends_with("/gettoken.json") {
        Kind::Token
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_their_path() {
        let is = |method, path, query| match kind(method, path, query) {
            Kind::Navi => "navi",
            Kind::Token => "token",
            Kind::Polling(_) => "polling",
            Kind::Other => "other",
        };
        assert_eq!(is("GET", "/navi.js", ""), "navi");
        assert_eq!(is("POST", "//v2/navi.json", "cloud=0"), "navi");
        assert_eq!(is("OPTIONS", "/v2/navi.json", ""), "other");
        assert_eq!(is("POST", "/user/getToken.json", ""), "token");
        assert_eq!(is("GET", "/websocket", "appId=k"), "polling");
        assert_eq!(is("POST", "/files/k", ""), "other");
    }
}
