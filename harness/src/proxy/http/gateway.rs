//! What a client is told when no service is there.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::proxy::body::Passing;

fn reason(why: &str) -> String {
    json!({"code": 502, "errorMessage": format!("harness proxy: {why}")}).to_string()
}

pub(super) fn bad_gateway(why: &str) -> Response<Passing> {
    let mut response = Response::new(Passing::Whole(Some(reason(why).into())));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// The same for a connection of which nothing was answered yet.
pub(in crate::proxy) fn bad_gateway_text(why: &str) -> String {
    let body = reason(why);
    format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
