//! Who may use the control API: callers by where they are or by the token they bear, pages by their host and origin.
//!
//! A page of the web can have its own name resolve to this machine (DNS rebinding); for the browser it is then of one
//! origin with us. So the host's name must be one that no stranger can own.

use std::{net::SocketAddr, rc::Rc};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::{Call, Refusal};
use crate::{
    advertise,
    hosts::{Authority, Origin},
    reply::{self, Reply},
    worlds::Worlds,
};

/// Whoever calls, before anything of the call is looked at.
pub(super) struct Visitor<'a> {
    pub(super) worlds: &'a Rc<Worlds>,
    pub(super) headers: &'a HeaderMap,
    pub(super) peer: SocketAddr,
    pub(super) tls: bool,
}

impl<'a> Visitor<'a> {
    /// Looks at host and origin. Gives the origin of a page from elsewhere that was allowed.
    pub(super) fn page(&self) -> Result<Option<&'a HeaderValue>, Refusal> {
        let host = self.headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
        self.known_host(host.as_deref())?;
        self.known_host(advertise::forwarded(&self.worlds.config, self.headers, "x-forwarded-host"))?;
        let Some(given) = self.headers.get(header::ORIGIN) else { return Ok(None) };
        let origin = given.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
        if let Some(origin) = origin {
            let config = &self.worlds.config;
            let is_advertised = config.advertise.is_some() && origin.is(self.worlds.standing());
            if is_advertised || origin.is(&self.worlds.visited(self.headers, self.tls)) {
                return Ok(None);
            }
            if config.allow_origins.iter().any(|allowed| allowed.is(&origin)) {
                return Ok(Some(given));
            }
        }
        let shown = String::from_utf8_lossy(given.as_bytes()).into_owned();
        let message = format!(
            "pages of {shown} may not use the control API unless the server has --allow-origin {shown}"
        );
        Err(Refusal::new(StatusCode::FORBIDDEN, "origin", message))
    }

    fn known_host(&self, named: Option<&str>) -> Result<(), Refusal> {
        let Some(named) = named else { return Ok(()) };
        let config = &self.worlds.config;
        let host: Option<Authority> = named.trim().parse().ok();
        let is_known = host.is_some_and(|host| {
            let advertised = config.advertise.iter().map(|said| said.authority());
            host.is_beyond_rebinding()
                || advertised.chain(&config.allow_hosts).any(|known| known.is_host_of(&host))
        });
        if is_known {
            return Ok(());
        }
        let name = named.split(':').next().unwrap_or_default();
        let message = format!(
            "`{named}` is no name of this server that the control API answers to: use localhost or an address, or start it with \
             --allow-host {name}"
        );
        Err(Refusal::new(StatusCode::FORBIDDEN, "host", message))
    }

    /// Looks at the token, or at where the caller is.
    pub(super) fn caller(&self) -> Result<(), Refusal> {
        match &self.worlds.config.control_token {
            Some(token) => {
                let given = self.text(header::AUTHORIZATION.as_str());
                let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
                if is_same(given.as_bytes(), token.as_bytes()) {
                    return Ok(());
                }
                let message = "the control API wants `Authorization: Bearer` with the token that the server was started with";
                Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", message))
            }
            None if self.is_from_here() => Ok(()),
            None => {
                let message = "the control API answers this machine only, unless the server has a control token \
                               (--control-token-file, MOCK_SERVER_CONTROL_TOKEN)";
                Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message))
            }
        }
    }

    /// Whether the caller sits on this machine. A proxy on it may speak for somebody who does not, and says so.
    fn is_from_here(&self) -> bool {
        let is_loopback = |ip: std::net::IpAddr| ip.to_canonical().is_loopback();
        let forwarded = self.headers.get_all("x-forwarded-for").iter().all(|value| {
            let mut named = value.to_str().unwrap_or_default().split(',').map(str::trim);
            named.all(|address| address.parse().is_ok_and(is_loopback))
        });
        is_loopback(self.peer.ip()) && forwarded && !self.headers.contains_key("forwarded")
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Takes as long for a wrong token as for the right one.
fn is_same(given: &[u8], token: &[u8]) -> bool {
    let differs = given.iter().zip(token).fold(0, |differs, (a, b)| differs | (a ^ b));
    given.len() == token.len() && differs == 0
}

/// Whether a browser asks what a page of another origin may do.
pub(super) fn is_preflight(call: &Call<'_>) -> bool {
    call.method == Method::OPTIONS && call.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

pub(super) fn preflight() -> Reply {
    let mut reply = reply::whole(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    let headers = reply.headers_mut();
    let mut put = |name, value| headers.insert(name, HeaderValue::from_static(value));
    put(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, DELETE");
    put(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Last-Event-ID");
    put(header::ACCESS_CONTROL_MAX_AGE, "600");
    reply
}

/// Lets a page of that origin read the answer.
pub(super) fn allow(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
