//! HTTP as the recording has it.

use std::{cell::RefCell, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, request::Parts};
use recording::{Answer, Said, What};
use service::{HttpId, HttpRequest, Input, Taken};

use crate::proxy::{head::Head, place::Place, serve::Shared};

/// One request and its answer, as the recording has them.
pub(super) struct Exchange {
    shared: Rc<Shared>,
    app_key: String,
    id: HttpId,
    /// A browser's question whether a page may ask is between it and whoever listens: no part of a session.
    is_kept: bool,
    /// Until it is taken down.
    request: RefCell<Option<HttpRequest>>,
}

impl Exchange {
    /// A request to `place`, as that gets it, whose body is still to come.
    pub(super) fn new(shared: &Rc<Shared>, app_key: &str, parts: &Parts, path: &str, place: &Place) -> Self {
        let request = HttpRequest {
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: plain(&parts.headers),
            body: Bytes::new(),
            origin: place.to_string(),
        };
        let (id, is_kept) = (HttpId(shared.next_request()), request.method != "OPTIONS");
        let (shared, app_key, request) = (shared.clone(), app_key.to_owned(), RefCell::new(Some(request)));
        Self { shared, app_key, id, is_kept, request }
    }

    fn keep(&self, what: What) {
        if self.is_kept {
            self.shared.keep(&self.app_key, what);
        }
    }

    /// Takes the request down, once.
    pub(super) fn requested(&self, body: Bytes, total: u64) {
        let Some(mut request) = self.request.borrow_mut().take() else { return };
        tell_of_length(&mut request.headers, &body, total);
        request.body = body;
        self.keep(What::Taken(Taken::Input(Input::Http { id: self.id, request: Box::new(request) })));
    }

    /// An answer comes before the request was at its end: what came of that is on its way, and not kept.
    fn requested_early(&self) {
        if let Some(request) = &mut *self.request.borrow_mut()
            && (request.header("content-length").is_some() || request.header("transfer-encoding").is_some())
        {
            let why = "the answer came before the body, which is not kept".to_owned();
            request.headers.push(("x-harness-proxy".to_owned(), why));
        }
        self.requested(Bytes::new(), 0);
    }

    /// Takes the answer down, and the request before it.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap, body: Bytes, total: u64) {
        self.requested_early();
        let mut headers = plain(headers);
        tell_of_length(&mut headers, &body, total);
        let at = headers.iter().position(|(name, _)| name == "content-type");
        let content_type = at.map(|at| headers.remove(at).1).unwrap_or_default();
        let answer = Some(Answer { status: status.as_u16(), headers, content_type, body });
        self.keep(What::Said(Said::Response { id: self.id, answer }));
    }

    /// Takes down that there is no answer.
    pub(super) fn unanswered(&self) {
        self.requested_early();
        self.keep(What::Said(Said::Response { id: self.id, answer: None }));
    }
}

/// What was too long to be kept says so.
fn tell_of_length(headers: &mut Vec<(String, String)>, body: &Bytes, total: u64) {
    if body.len() as u64 != total {
        headers.push(("x-harness-proxy".to_owned(), format!("a body of {total} bytes is not kept")));
    }
}

fn plain(headers: &HeaderMap) -> Vec<(String, String)> {
    let plain = |(name, value): (&http::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(plain).collect()
}

/// Takes down a handshake that a service refused, with its status and what it said, or did not hear of: it is plain HTTP then.
pub(in crate::proxy) fn keep_refused_upgrade(
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
