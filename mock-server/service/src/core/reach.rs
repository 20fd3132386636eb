//! Where clients find the service: behind the address that they used themselves, or else behind the configured one.
//!
//! A phone, an emulator and a container reach one server by three names. An answer that names addresses therefore names
//! the asker's own ([`HttpRequest::origin`](crate::HttpRequest::origin), [`Login::origin`](crate::Login::origin)).

use std::{collections::VecDeque, sync::Arc};

use crate::core::{account::opaque, io::Endpoints};

/// How many native clients are remembered between their navi request and their login.
const REMEMBERED: usize = 256;

impl Endpoints {
    /// What is found behind an origin such as `http://10.0.2.2:8090`: everything is one port, the scheme's own if none is
    /// named. `None`: it is no origin of `http` or `https`.
    ///
    /// ```
    /// let found = service::Endpoints::at("https://mock.example").unwrap();
    /// assert_eq!((found.websocket.as_str(), found.tls), ("mock.example:443", true));
    /// ```
    #[must_use]
    pub fn at(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '?' | '#' | '@');
        if authority.is_empty() || authority.contains(is_odd) {
            return None;
        }
        let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let socket = match authority.rsplit_once(':') {
            Some((_, port)) if is_number(port) => authority.to_owned(),
            _ => format!("{authority}:{}", if tls { 443 } else { 80 }),
        };
        Some(Self { navi: origin.to_owned(), tcp: socket.clone(), websocket: socket, tls })
    }
}

/// By which origins clients reached us.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Of native clients when they asked navi, newest last: their CONNECT names no host.
    by_token: VecDeque<(String, Arc<str>)>,
    /// The latest one of all. Most come by the same, and many idle connections share it.
    latest: Arc<str>,
}

impl Asked {
    pub(crate) fn note(&mut self, token: &str, origin: &str) {
        let token = opaque(token);
        if token.is_empty() || origin.is_empty() {
            return;
        }
        self.by_token.retain(|(known, _)| known != token);
        if self.by_token.len() == REMEMBERED {
            self.by_token.pop_front();
        }
        let origin = self.shared(origin);
        self.by_token.push_back((token.to_owned(), origin));
    }

    /// The origin in memory that others have too.
    pub(crate) fn shared(&mut self, origin: &str) -> Arc<str> {
        if *self.latest != *origin {
            self.latest = origin.into();
        }
        self.latest.clone()
    }

    pub(crate) fn by(&self, token: &str) -> Option<Arc<str>> {
        let token = opaque(token);
        self.by_token.iter().rev().find(|(known, _)| known == token).map(|(_, origin)| origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_without_a_port_has_its_schemes() {
        let socket = |origin: &str| Endpoints::at(origin).map(|found| found.tcp);
        assert_eq!(socket("http://h").as_deref(), Some("h:80"));
        assert_eq!(socket("https://h").as_deref(), Some("h:443"));
        assert_eq!(socket("http://[::1]").as_deref(), Some("[::1]:80"));
        assert_eq!(socket("http://[::1]:8090").as_deref(), Some("[::1]:8090"));
        assert_eq!(socket("http://10.0.2.2:8090").as_deref(), Some("10.0.2.2:8090"));
        for none in [
            "",
            "h:80",
            "ftp://h",
            "http://",
            "http://a b",
            "http://h/path",
            "http://u@h",
            "http://h\r\nX: y",
        ] {
            assert_eq!(socket(none), None, "{none}");
        }
    }

    #[test]
    fn the_newest_asking_counts_and_old_ones_are_forgotten() {
        let mut asked = Asked::default();
        asked.note("t@host", "http://a");
        asked.note("t", "http://b");
        assert_eq!(asked.by("t@").as_deref(), Some("http://b"));
        for n in 0..REMEMBERED {
            asked.note(&format!("other{n}"), "http://c");
        }
        assert_eq!((asked.by("t"), asked.by_token.len()), (None, REMEMBERED));
        asked.note("", "http://d");
        assert_eq!(asked.by(""), None);
    }
}
