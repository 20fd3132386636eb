//! HTTP requests that no fault holds up: to navi, the file server or the Server API, by their path.

use bytes::Bytes;
use wire::UnixMillis;

use crate::{
    core::{
        http_path::HttpPath,
        io::{HttpId, HttpRequest, Output},
        journal::What,
        secret::without_tokens,
        timers::Delayed,
    },
    doors::{
        navi::navi,
        server_api::{ApiState, server_api},
    },
    world::World,
};

pub(crate) fn http_request(
    world: &mut World,
    api: &mut ApiState,
    now: UnixMillis,
    id: HttpId,
    request: &HttpRequest,
) {
    let response = Box::new(http_answer(world, api, now, request));
    let is_file = HttpPath::of(&request.path).is_file();
    let delay = if is_file { world.files().file_delay(request, &response) } else { 0 };
    if delay > 0 {
        return world.core.delay(now, delay, Delayed::Respond(id, response));
    }
    world.core.output(Output::Respond { id, response: Some(response) });
}

pub(crate) fn http_answer(
    world: &mut World,
    api: &mut ApiState,
    now: UnixMillis,
    request: &HttpRequest,
) -> crate::core::io::HttpResponse {
    let response = match HttpPath::of(&request.path) {
        HttpPath::Navi => navi(world, now, request),
        HttpPath::File { .. } => world.files().file_request(now, request),
        HttpPath::Api => server_api(world, api, now, request),
    };
    world.settle(now);
    http_journal(world, now, request, response.status);
    response
}

pub(crate) fn http_journal(world: &mut World, now: UnixMillis, request: &HttpRequest, status: u16) {
    world.core.journal.hint(world.core.hint.take());
    world.core.journal.record(now, || What::Http {
        method: request.method.clone(),
        path: request.path.clone(),
        // Files are not text; what became of them is told by their state.
        body: if HttpPath::of(&request.path).is_file() {
            Bytes::new()
        } else {
            without_tokens(&request.body)
        },
        status,
    });
}
