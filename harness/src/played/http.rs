//! HTTP: navigation, files and whatever else was asked, answered as it was; addresses in navigation answers become ours.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use service::{HttpPath, HttpRequest, HttpResponse};
use wire::UnixMillis;

use super::{
    player::{GRACE, scaled},
    script::{Exchange, Script},
};
use crate::{
    proxy::{navi, place::Place, routes::Prefixes, token::value_of},
    recorded::meaning::opaque,
};

/// Recorded requests, and which of them were made again.
#[derive(Debug, Clone)]
pub(super) struct Http {
    script: Arc<Script>,
    made: BTreeSet<usize>,
    prefixes: Option<Prefixes>,
}

/// What comes of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// An answer after so long; `None`: the connection is closed without one.
    After(Duration, Option<Box<HttpResponse>>),
    /// Nothing.
    Never,
}

impl Http {
    /// `upstream`: where the recorded service was found.
    pub(super) fn new(script: Arc<Script>, upstream: &str) -> Self {
        let prefixes = Place::read(upstream, false).map(|written| Prefixes::new(written.place));
        Self { script, made: BTreeSet::new(), prefixes }
    }

    /// What a request was answered with, and after how long; `None`: nobody asked that.
    pub(super) fn answer(&mut self, now: UnixMillis, times: f64, request: &HttpRequest) -> Option<Reply> {
        let path = self.prefixes.as_ref().map_or(&*request.path, |prefixes| prefixes.find(&request.path).1);
        let mine = (&*request.method, path, token(request), is_native(request));
        let same = |exchange: &Exchange| {
            let theirs = &exchange.request;
            (&*theirs.method, &*theirs.path, token(theirs), is_native(theirs)) == mine
        };
        let rank = |(place, exchange): &(usize, &Exchange)| {
            let is_new = !self.made.contains(place);
            let is_near = self.script.start + scaled(exchange.after, times) <= now + GRACE;
            let order = if is_new { exchange.n } else { u64::MAX - exchange.n };
            let alike = (part(&exchange.request) == part(request), exchange.request.body == request.body);
            (is_near, is_new, alike, std::cmp::Reverse(order))
        };
        let all = self.script.http.iter().enumerate().filter(|(_, exchange)| same(exchange));
        let (place, exchange) = all.max_by_key(rank)?;
        self.made.insert(place);
        let Some((took, answer)) = &exchange.answer else { return Some(Reply::Never) };
        let took = scaled(*took, times);
        let Some(answer) = answer else { return Some(Reply::After(took, None)) };
        let is_navi = HttpPath::of(&request.path) == HttpPath::Navi;
        let body = if is_navi { rewritten(&mut self.prefixes, request, &answer.body) } else { None };
        let mut headers = answer.headers.clone();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("Content-Type".to_owned(), answer.content_type.clone()));
        }
        let response = HttpResponse {
            status: answer.status,
            headers,
            content_type: "",
            body: body.unwrap_or_else(|| answer.body.clone()),
        };
        Some(Reply::After(took, Some(Box::new(response))))
    }
}

/// A navigation answer that names us. `None`: it is none.
fn rewritten(prefixes: &mut Option<Prefixes>, request: &HttpRequest, body: &[u8]) -> Option<Bytes> {
    let own = Place::read(&request.origin, false)?.place;
    let prefixes = prefixes.get_or_insert_with(|| Prefixes::new(own.clone()));
    let upstream = prefixes.find("").0.clone();
    let asked = navi::Asked { own: &own, upstream: &upstream, native: is_native(request) };
    navi::rewrite(body, asked, prefixes).map(|(body, _)| body.into())
}

/// What is answered depends on which transports a client speaks.
fn is_native(request: &HttpRequest) -> bool {
    request.header("rc-negotiate").is_some_and(navi::wants_native)
}

/// Which part of a file is asked for.
fn part(request: &HttpRequest) -> Option<&str> {
    request.header("range")
}

/// Whose request it is, as far as a token tells.
fn token(request: &HttpRequest) -> Option<String> {
    let form = std::str::from_utf8(&request.body).ok();
    let found = value_of(&request.query, "token").or_else(|| form.and_then(|form| value_of(form, "token")));
    found.map(|token| opaque(&token).to_owned())
}
