//! Plain HTTP: navigation, polling, uploads, logs, the Server API, and whatever else comes. It is handed on as it is, but for what names
//! the proxy on the way to the service, and what names the service in navigation answers and tokens.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::{body::Incoming, client, server, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mock_server::shell;
use recording::{Answer, Said, What};
use serde_json::json;
use service::{HttpId, HttpPath, HttpRequest, Input, Login, Taken};
use tokio::time::timeout;

use super::{
    body::{self, Along, Passing, Slot},
    comet::{self, Asked, Session},
    head::Head,
    keep::{now, say},
    navi,
    place::Place,
    serve::{Reached, Shared},
    stream::Stream,
    token::value_of,
    watched::Watched,
};

/// The largest navigation request, navigation answer and answer with a token.
const SMALL: usize = 1 << 20;
/// The largest request and answer of a polling client.
const POLLED: usize = 16 << 20;
/// Between two requests of a connection, or within a head.
const IDLE: Duration = Duration::from_secs(120);
/// How long a service may think while nothing is on its way; polls last 45 s.
const THINKS: Duration = Duration::from_secs(120);
/// Headers that are about one connection, not about a message.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
];

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

/// One request and its answer, as the recording has them.
struct Exchange {
    shared: Rc<Shared>,
    app_key: String,
    id: HttpId,
    /// Until it is taken down.
    request: Slot<HttpRequest>,
}

impl Exchange {
    /// Takes the request down, once.
    fn requested(&self, body: Bytes, total: u64) {
        let Some(mut request) = self.request.borrow_mut().take() else { return };
        tell_of_length(&mut request.headers, &body, total);
        request.body = body;
        self.shared.keep(
            &self.app_key,
            What::Taken(Taken::Input(Input::Http { id: self.id, request: Box::new(request) })),
        );
    }

    fn answered(&self, status: StatusCode, headers: &HeaderMap, body: Bytes, total: u64) {
        self.requested(Bytes::new(), 0);
        let mut headers = plain(headers);
        tell_of_length(&mut headers, &body, total);
        let at = headers.iter().position(|(name, _)| name == "content-type");
        let content_type = at.map(|at| headers.remove(at).1).unwrap_or_default();
        let answer = Some(Answer { status: status.as_u16(), headers, content_type, body });
        self.shared.keep(&self.app_key, What::Said(Said::Response { id: self.id, answer }));
    }

    fn unanswered(&self) {
        self.requested(Bytes::new(), 0);
        self.shared.keep(&self.app_key, What::Said(Said::Response { id: self.id, answer: None }));
    }
}

/// What was too long to be kept says so.
fn tell_of_length(headers: &mut Vec<(String, String)>, body: &Bytes, total: u64) {
    if body.len() as u64 != total {
        headers.push(("x-harness-proxy".to_owned(), format!("a body of {total} bytes is not kept")));
    }
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
            let exchange = exchange(shared, &app_key, &parts, &path, &places[0]);
            exchange.unanswered();
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

fn exchange(shared: &Rc<Shared>, app_key: &str, parts: &Parts, path: &str, place: &Place) -> Exchange {
    let request = HttpRequest {
        method: parts.method.to_string(),
        path: path.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: plain(&parts.headers),
        body: Bytes::new(),
        origin: place.to_string(),
    };
    let id = HttpId(shared.next_request());
    Exchange {
        shared: shared.clone(),
        app_key: app_key.to_owned(),
        id,
        request: Rc::new(RefCell::new(Some(request))),
    }
}

/// A request on its way to a service that it is connected to.
struct Way<'a> {
    shared: &'a Rc<Shared>,
    own: &'a Place,
    owns: &'a [Place],
    peer: &'a str,
    app_key: &'a str,
    path: &'a str,
    place: Place,
    stream: Stream,
}

impl Way<'_> {
    async fn navi(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let body = body::whole(body, SMALL).await?;
        let (form, token) = {
            let routes = self.shared.routes.borrow();
            let text = std::str::from_utf8(&body).ok();
            let form =
                text.map(|text| routes.tokens.inward_form(text, self.owns, &routes.upstream).into_owned());
            let token = text.and_then(|text| value_of(text, "token")).or_else(|| value_of(&query, "token"));
            (form.map_or(body, Bytes::from), token.unwrap_or_default())
        };
        sized(&mut parts.headers, &form);
        let negotiated =
            parts.headers.get("rc-negotiate").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let native = wants_native(negotiated);
        let exchange = self.exchange(&parts);
        let (shared, own, place) = (self.shared.clone(), self.own.clone(), self.place.clone());
        let (head, answer) = self.small(&exchange, &mut parts, form).await?;
        let asked = navi::Asked { own: &own, upstream: &place, native };
        let mut routes = shared.routes.borrow_mut();
        let rewritten = navi::rewrite(&answer, asked, &mut routes.prefixes);
        let body = match rewritten {
            Some((body, servers)) => {
                routes.learn(&token, servers);
                Bytes::from(body)
            }
            None => {
                if head.status.is_success() {
                    say("a navigation answer that is none, or that is compressed, is handed on as it is");
                }
                answer
            }
        };
        Ok(whole(head, body))
    }

    async fn token(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
        let body = body::whole(body, SMALL).await?;
        sized(&mut parts.headers, &body);
        let exchange = self.exchange(&parts);
        let (shared, own) = (self.shared.clone(), self.own.clone());
        let (head, answer) = self.small(&exchange, &mut parts, body).await?;
        let read = serde_json::from_slice::<serde_json::Value>(&answer);
        let body = read.ok().and_then(|mut answer| {
            let token = shared.routes.borrow_mut().tokens.outward(answer["token"].as_str()?, &own)?;
            answer["token"] = token.into();
            Some(Bytes::from(answer.to_string()))
        });
        Ok(whole(head, body.unwrap_or(answer)))
    }

    async fn polling(
        self,
        asked: Asked,
        mut parts: Parts,
        body: Incoming,
    ) -> Result<Response<Passing>, String> {
        let body = body::whole(body, POLLED).await?;
        sized(&mut parts.headers, &body);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let (shared, app_key) = (self.shared.clone(), self.app_key.to_owned());
        let mut opened = None;
        match &asked {
            Asked::Open => {
                let (_, login) = Login::from_comet_query(&query);
                let label = parts.headers.get("x-harness-connection").and_then(|value| value.to_str().ok());
                let login = Login {
                    label: label.unwrap_or_default().to_owned(),
                    address: self.peer.to_owned(),
                    origin: self.place.to_string(),
                    ..login
                };
                let session = Session::new(shared.next_conn(), self.place.clone(), &app_key, now());
                shared.keep(&app_key, session.open(login));
                opened = Some(session);
            }
            Asked::Poll(id) | Asked::Frame(id) => {
                let polls = matches!(asked, Asked::Poll(_));
                let asks = |session: &mut Session| {
                    let what = if polls { session.poll() } else { session.frame(&query, &body) };
                    (session.app_key.clone(), what)
                };
                let known = shared.sessions.borrow_mut().get(id, now()).map(asks);
                let Some((app_key, what)) = known else { return self.unknown_session(parts, body).await };
                shared.keep(&app_key, what);
            }
        }
        let sent = self.send(&mut parts, Passing::Whole(Some(body))).await;
        let read = match sent {
            Ok(response) => {
                let (head, answer) = response.into_parts();
                body::whole(answer, POLLED).await.map(|answer| (head, answer))
            }
            Err(why) => Err(why),
        };
        let mut sessions = shared.sessions.borrow_mut();
        match (&asked, opened) {
            (_, Some(session)) => {
                let answer = read.as_ref().map_or(&b""[..], |(_, answer)| answer);
                sessions.opened(session, answer, &mut |what| shared.keep(&app_key, what));
            }
            (Asked::Poll(id) | Asked::Frame(id), None) => {
                // A link that breaks is noticed by the client alone, which asks again.
                if let (Ok((head, answer)), Some(session)) = (&read, sessions.get(id, now())) {
                    let (app_key, polled) = (session.app_key.clone(), matches!(asked, Asked::Poll(_)));
                    let status = head.status.as_u16();
                    sessions.answered(id, polled, status, answer, &mut |what| shared.keep(&app_key, what));
                }
            }
            (Asked::Open, None) => {}
        }
        read.map(|(head, answer)| whole(head, answer))
    }

    /// Polls of sessions that nobody saw open are plain HTTP.
    async fn unknown_session(self, mut parts: Parts, body: Bytes) -> Result<Response<Passing>, String> {
        let exchange = self.exchange(&parts);
        let (head, answer) = self.small(&exchange, &mut parts, body).await?;
        Ok(whole(head, answer))
    }

    /// Anything else passes as it comes.
    async fn other(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
        let exchange = Rc::new(self.exchange(&parts));
        let shared = self.shared.clone();
        let progress = Rc::new(Cell::new(Instant::now()));
        let requested = exchange.clone();
        let done = Box::new(move |body: Bytes, total| requested.requested(body, total));
        let body = Passing::Along(Box::new(Along::new(body, &shared.kept, &progress, done)));
        let response = self.send_while(&mut parts, body, &progress).await;
        let (head, answer) = match response {
            Ok(response) => response.into_parts(),
            Err(why) => {
                exchange.unanswered();
                return Err(why);
            }
        };
        let (status, headers) = (head.status, head.headers.clone());
        let done = Box::new(move |body: Bytes, total| exchange.answered(status, &headers, body, total));
        let body = Passing::Along(Box::new(Along::new(answer, &shared.kept, &progress, done)));
        let mut response = Response::from_parts(head, body);
        remove_hop_by_hop(response.headers_mut());
        Ok(response)
    }

    fn exchange(&self, parts: &Parts) -> Exchange {
        exchange(self.shared, self.app_key, parts, self.path, &self.place)
    }

    /// A request and an answer that are known as a whole; both are taken down.
    async fn small(
        self,
        exchange: &Exchange,
        parts: &mut Parts,
        body: Bytes,
    ) -> Result<(http::response::Parts, Bytes), String> {
        exchange.requested(body.clone(), body.len() as u64);
        let answered = async {
            let response = self.send(parts, Passing::Whole(Some(body))).await?;
            let (head, answer) = response.into_parts();
            let answer = body::whole(answer, SMALL.max(body::KEPT)).await?;
            Ok((head, answer))
        };
        let answered: Result<_, String> = answered.await;
        match &answered {
            Ok((head, answer)) => {
                exchange.answered(head.status, &head.headers, answer.clone(), answer.len() as u64)
            }
            Err(_) => exchange.unanswered(),
        }
        answered
    }

    async fn send(self, parts: &mut Parts, body: Passing) -> Result<Response<Incoming>, String> {
        self.send_while(parts, body, &Rc::new(Cell::new(Instant::now()))).await
    }

    /// Sends a request and waits for the head of its answer, for as long as something is on its way.
    async fn send_while(
        self,
        parts: &mut Parts,
        body: Passing,
        progress: &Rc<Cell<Instant>>,
    ) -> Result<Response<Incoming>, String> {
        let said = |error: hyper::Error| format!("{}: {error}", self.place);
        remove_hop_by_hop(&mut parts.headers);
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = parts.uri.clone();
        *request.headers_mut() = std::mem::take(&mut parts.headers);
        // The spelling of headers is kept in there.
        *request.extensions_mut() = std::mem::take(&mut parts.extensions);
        let mut builder = client::conn::http1::Builder::new();
        builder.preserve_header_case(true);
        let (mut sender, connection) = builder.handshake(TokioIo::new(self.stream)).await.map_err(said)?;
        // It ends when the answer has been read, or its reader is gone.
        tokio::task::spawn_local(async move {
            let _ = connection.await;
        });
        progress.set(Instant::now());
        let mut sent = std::pin::pin!(sender.send_request(request));
        loop {
            if let Ok(sent) = timeout(Duration::from_secs(5), &mut sent).await {
                return sent.map_err(said);
            }
            if progress.get().elapsed() > THINKS {
                return Err(format!("{}: no answer within {} s", self.place, THINKS.as_secs()));
            }
        }
    }
}

/// `RC-Negotiate: conn=1,2;…` lists the transports that a client speaks; native ones name 1 or 2.
fn wants_native(negotiated: &str) -> bool {
    let lists = negotiated.split(';').filter_map(|part| part.trim().strip_prefix("conn="));
    lists.flat_map(|list| list.split(',')).any(|number| matches!(number.trim(), "1" | "2"))
}

/// Headers of a request whose body is known as a whole.
fn sized(headers: &mut HeaderMap, body: &Bytes) {
    headers.remove(header::TRANSFER_ENCODING);
    match body.len() {
        0 => drop(headers.remove(header::CONTENT_LENGTH)),
        length => drop(headers.insert(header::CONTENT_LENGTH, length.into())),
    }
}

fn whole(mut head: http::response::Parts, body: Bytes) -> Response<Passing> {
    remove_hop_by_hop(&mut head.headers);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Passing::Whole(Some(body)))
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Headers that name the proxy name the service; an answer that is to be read comes uncompressed.
fn restore_headers(headers: &mut HeaderMap, owns: &[Place], upstream: &Place, is_read: bool) {
    for name in [header::ORIGIN, header::REFERER] {
        let theirs = headers.get(&name).and_then(|value| other_origin(value.to_str().ok()?, owns, upstream));
        if let Some(theirs) = theirs.and_then(|theirs| HeaderValue::try_from(theirs).ok()) {
            headers.insert(name, theirs);
        }
    }
    if is_read && headers.contains_key(header::ACCEPT_ENCODING) {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
}

/// The value of `Origin` or `Referer` as the service gets it, where it names the proxy.
pub(super) fn other_origin(value: &str, owns: &[Place], upstream: &Place) -> Option<String> {
    let written = Place::read(value, false).filter(|written| written.scheme.is_some())?;
    owns.contains(&written.place).then(|| format!("{upstream}{}", written.rest))
}

fn plain(headers: &HeaderMap) -> Vec<(String, String)> {
    let plain = |(name, value): (&http::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(plain).collect()
}

/// Takes down a handshake that a service refused, with its status and what it said, or did not hear of: it is plain HTTP then.
pub(super) fn keep_refused_upgrade(
    shared: &Rc<Shared>,
    app_key: &str,
    head: &Head,
    place: &Place,
    answer: Option<(u16, &[u8])>,
) {
    let (path, query) = head.path_and_query();
    let request = HttpRequest {
        method: head.method.clone(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect(),
        body: Bytes::new(),
        origin: place.to_string(),
    };
    let id = HttpId(shared.next_request());
    shared.keep(app_key, What::Taken(Taken::Input(Input::Http { id, request: Box::new(request) })));
    let answer = answer.map(|(status, body)| Answer {
        status,
        headers: Vec::new(),
        content_type: String::new(),
        body: Bytes::copy_from_slice(body),
    });
    shared.keep(app_key, What::Said(Said::Response { id, answer }));
}

fn reason(why: &str) -> String {
    json!({"code": 502, "errorMessage": format!("harness proxy: {why}")}).to_string()
}

fn bad_gateway(why: &str) -> Response<Passing> {
    let mut response = Response::new(Passing::Whole(Some(reason(why).into())));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// The same for a connection of which nothing was answered yet.
pub(super) fn bad_gateway_text(why: &str) -> String {
    let body = reason(why);
    format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
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
        assert!(wants_native("conn=1,2;rtc=4") && !wants_native("rtc=1; conn=5"));
    }

    #[test]
    fn headers_that_name_the_proxy_name_the_service() {
        let place = |text| Place::read(text, false).unwrap().place;
        let (owns, upstream) = ([place("127.0.0.1:9")], place("https://im.example"));
        let theirs = |value| other_origin(value, &owns, &upstream);
        assert_eq!(theirs("http://127.0.0.1:9").unwrap(), "https://im.example");
        assert_eq!(theirs("http://127.0.0.1:9/a?b").unwrap(), "https://im.example/a?b");
        assert_eq!(theirs("http://page.example"), None);
        assert_eq!(theirs("null"), None);
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, X-Mine"), ("x-mine", "1"), ("x-other", "1"), ("upgrade", "h2c")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-other"]);
    }
}
