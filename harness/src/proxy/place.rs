//! Servers' addresses as navigation answers and tokens write them.

use std::fmt;

use mock_server::Authority;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Its name, or its address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// An address as somebody wrote it: a server, and what stood around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The server.
    pub place: Place,
    /// `http`, `wss` …, where one was written.
    pub scheme: Option<String>,
    /// What stood behind the host: empty, or from its `/` on.
    pub rest: String,
}

impl Place {
    /// Reads `HOST`, `HOST:PORT`, `SCHEME://HOST:PORT/…`. Without a scheme, `tls` tells whether there is TLS; without a port it is
    /// the scheme's. `None`: it is no address.
    #[must_use]
    pub fn read(text: &str, tls: bool) -> Option<Written> {
        let text = text.trim();
        let (scheme, behind) = match text.split_once("://") {
            Some((scheme, behind)) => (Some(scheme.to_ascii_lowercase()), behind),
            None => (None, text),
        };
        let tls = match scheme.as_deref() {
            None => tls,
            Some("http" | "ws" | "tcp") => false,
            Some("https" | "wss" | "ssl" | "tls") => true,
            Some(_) => return None,
        };
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        let (authority, rest) = behind.split_at(end);
        let authority: Authority = authority.parse().ok()?;
        let port = authority.port().unwrap_or(if tls { 443 } else { 80 });
        let place = Self { tls, host: authority.host(), port };
        Some(Written { place, scheme, rest: rest.to_owned() })
    }

    /// `HOST:PORT` as a `Host` header has it: without the port that goes without saying.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// `HOST:PORT` as navigation answers have it: always with its port.
    #[must_use]
    pub fn authority_with_port(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Whether an authority, as a client wrote it, is this one. A port that is not named is the scheme's.
    #[must_use]
    pub fn is(&self, authority: &str) -> bool {
        Self::read(authority, self.tls)
            .is_some_and(|other| other.place.host == self.host && other.place.port == self.port)
    }
}

/// `SCHEME://HOST:PORT`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, tls: bool) -> Option<(String, String)> {
        Place::read(text, tls).map(|written| (written.place.to_string(), written.rest))
    }

    #[test]
    fn every_form_that_services_write_is_read() {
        for (text, tls, place, rest) in [
            ("im.example:8080", false, "http://im.example:8080", ""),
            ("im.example", true, "https://im.example", ""),
            ("http://im.example", true, "http://im.example", ""),
            ("https://Up.Example:443/files/k?x=1", false, "https://up.example", "/files/k?x=1"),
            ("wss://[::1]:7/websocket", false, "https://[::1]:7", "/websocket"),
        ] {
            assert_eq!(told(text, tls), Some((place.to_owned(), rest.to_owned())), "{text}");
        }
        for text in ["", "a b", "gopher://x", "http://", "host:port"] {
            assert_eq!(told(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_port_that_is_not_named_is_the_schemes() {
        let place = Place { tls: true, host: "a.example".to_owned(), port: 443 };
        assert!(place.is("a.example") && place.is("a.example:443") && !place.is("a.example:80"));
    }
}
