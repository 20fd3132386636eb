//! Where the server is found, and the line that says so when it is ready.

use serde::Serialize;

use crate::hosts::Origin;

/// Addresses by what is found there; all are one port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// Navigation, with scheme.
    pub navi: String,
    /// Server API, with scheme.
    pub server_api: String,
    /// `host:port` for WebSocket.
    pub websocket: String,
    /// `host:port` for native clients.
    pub tcp: String,
    /// The control API's root.
    pub control: String,
}

impl Addresses {
    /// What is found behind an origin.
    pub(crate) fn new(origin: &Origin) -> Self {
        let socket = origin.authority.clone().or_port(origin.scheme.port()).to_string();
        let http = format!("{}://{socket}", origin.scheme.as_str());
        Self {
            control: format!("{http}/control/v1"),
            server_api: http.clone(),
            navi: http,
            tcp: socket.clone(),
            websocket: socket,
        }
    }
}
