//! A request on its way to a service, by its kind, and the answer on its way back.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, header, request::Parts};
use hyper::{body::Incoming, client};
use hyper_util::rt::TokioIo;
use service::Login;
use tokio::time::timeout;

use super::{
    exchange::Exchange,
    headers::{remove_hop_by_hop, restore_location, sized},
};
use crate::proxy::{
    body::{self, Along, Passing},
    comet::{Asked, Session},
    keep::{now, say},
    navi,
    place::Place,
    serve::Shared,
    stream::Stream,
    token::value_of,
};

/// The largest navigation request, navigation answer and answer with a token.
const SMALL: usize = 1 << 20;
/// The largest request and answer of a polling client.
const POLLED: usize = 16 << 20;
/// How long a service may think while nothing is on its way; polls last 45 s.
const THINKS: Duration = Duration::from_secs(120);

/// A request on its way to a service that it is connected to.
pub(super) struct Way<'a> {
    pub(super) shared: &'a Rc<Shared>,
    pub(super) own: &'a Place,
    pub(super) owns: &'a [Place],
    pub(super) peer: &'a str,
    pub(super) app_key: &'a str,
    pub(super) path: &'a str,
    pub(super) place: Place,
    pub(super) stream: Stream,
}

impl Way<'_> {
    /// Navigation: the answer names the proxy, and who asked is known by its token.
    pub(super) async fn navi(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
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
        let native = navi::wants_native(negotiated);
        let exchange = self.exchange(&parts);
        let (shared, own, place) = (self.shared.clone(), self.own.clone(), self.place.clone());
        let (head, answer) = self.small(&exchange, &mut parts, form).await?;
        let asked = navi::Asked { own: &own, upstream: &place, native };
        let mut routes = shared.routes.borrow_mut();
        let rewritten = navi::rewrite(&answer, asked, &mut routes.prefixes);
        if native && navi::obfuscates(&answer) {
            say("the service has native clients obfuscate their frames (`openAnti`): they are kept as bytes");
        }
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

    /// A token of the Server API: it names the proxy.
    pub(super) async fn token(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
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

    /// A request of a client that polls.
    pub(super) async fn polling(
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
    pub(super) async fn other(self, mut parts: Parts, body: Incoming) -> Result<Response<Passing>, String> {
        let exchange = Rc::new(self.exchange(&parts));
        let (shared, own, place) = (self.shared.clone(), self.own.clone(), self.place.clone());
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
        let prefix = shared.routes.borrow_mut().prefixes.of(&place).unwrap_or_default();
        restore_location(response.headers_mut(), &place, &own, &prefix);
        Ok(response)
    }

    fn exchange(&self, parts: &Parts) -> Exchange {
        Exchange::new(self.shared, self.app_key, parts, self.path, &self.place)
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

fn whole(mut head: http::response::Parts, body: Bytes) -> Response<Passing> {
    remove_hop_by_hop(&mut head.headers);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Passing::Whole(Some(body)))
}
