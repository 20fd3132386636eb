//! The control API.
use crate::{
    reply::{self, Reply},
    worlds::Worlds,
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use serde_json::json;
use std::net::SocketAddr;
pub(crate) const ROOT: &str = "/control/v1";
pub(crate) async fn answer(_w: &Worlds, _p: &Parts, _path: &str, _b: Bytes, _peer: SocketAddr) -> Reply {
    reply::json(
        StatusCode::NOT_FOUND,
        &json!({"error": {"code": "not_found", "message": "not yet", "at": ""}}),
    )
}
