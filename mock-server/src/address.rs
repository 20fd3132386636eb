//! Where the server is found, and the line that says so when it is ready.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Serialize;

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
    pub(crate) fn new(bound: SocketAddr, tls: bool) -> Self {
        // An address that means "every interface" is none that a client can go to.
        let ip = if bound.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { bound.ip() };
        let socket = SocketAddr::new(ip, bound.port()).to_string();
        let http = format!("{}://{socket}", if tls { "https" } else { "http" });
        Self {
            control: format!("{http}/control/v1"),
            server_api: http.clone(),
            navi: http,
            tcp: socket.clone(),
            websocket: socket,
        }
    }
}
