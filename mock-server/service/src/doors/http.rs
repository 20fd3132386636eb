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
    doors::server_api::server_api,
    service::Service,
};

impl Service {
    pub(crate) fn http(&mut self, now: UnixMillis, id: HttpId, request: &HttpRequest) {
        let response = Box::new(self.http_answer(now, request));
        let is_file = HttpPath::of(&request.path).is_file();
        let delay = if is_file { self.files().file_delay(request, &response) } else { 0 };
        if delay > 0 {
            return self.core.delay(now, delay, Delayed::Respond(id, response));
        }
        self.core.output(Output::Respond { id, response: Some(response) });
    }

    pub(crate) fn http_answer(
        &mut self,
        now: UnixMillis,
        request: &HttpRequest,
    ) -> crate::core::io::HttpResponse {
        let response = match HttpPath::of(&request.path) {
            HttpPath::Navi => self.navi(now, request),
            HttpPath::File { .. } => self.files().file_request(now, request),
            HttpPath::Api => server_api(self, now, request),
        };
        self.settle(now);
        self.http_journal(now, request, response.status);
        response
    }

    pub(crate) fn http_journal(&mut self, now: UnixMillis, request: &HttpRequest, status: u16) {
        self.core.journal.hint(self.core.hint.take());
        self.core.journal.record(now, || What::Http {
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
}
