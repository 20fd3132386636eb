//! Names of hosts: as `Host` headers give them, as options give them, and which of them are ours.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// The longest name of a host, bytes (RFC 1035).
const LONGEST: usize = 253;

/// A host, by name or by address, and perhaps a port: what stands between `//` and `/` in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    host: Host,
    port: Option<u16>,
}

/// A host without a port. Names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Name(String),
    Address(IpAddr),
}

/// What is no `HOST` or `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no HOST or HOST:PORT, such as mock.example, 10.0.2.2:8090 or [::1]:8090")]
pub struct NoAuthority(String);

impl Authority {
    /// The host for people and certificates: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }

    /// Its port, if it names one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The same with that port, unless it names one.
    #[must_use]
    pub fn or_port(self, port: u16) -> Self {
        Self { port: self.port.or(Some(port)), ..self }
    }

    /// Whether a page that a browser loads from here was loaded from this machine or from where its user typed an
    /// address: no foreign name server has a say in it.
    pub(crate) fn is_beyond_rebinding(&self) -> bool {
        match &self.host {
            Host::Address(_) => true,
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }

    /// Whether both are the same host, ports aside.
    pub(crate) fn is_host_of(&self, other: &Self) -> bool {
        self.host == other.host
    }
}

impl FromStr for Authority {
    type Err = NoAuthority;

    fn from_str(text: &str) -> Result<Self, NoAuthority> {
        parse(text)
            .ok_or_else(|| NoAuthority(text.chars().take(100).flat_map(char::escape_default).collect()))
    }
}

fn parse(text: &str) -> Option<Authority> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest.split_once(']')?;
            let port = match behind {
                "" => None,
                behind => Some(behind.strip_prefix(':')?),
            };
            (Host::Address(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?)), port)
        }
        None => {
            let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
            (name_or_address(host)?, port)
        }
    };
    let port = port.map(number).map_or(Some(None), |port| port.map(Some))?;
    Some(Authority { host, port })
}

fn number(port: &str) -> Option<u16> {
    // `u16` would read a plus sign.
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| port.parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

fn name_or_address(host: &str) -> Option<Host> {
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return Some(Host::Address(address.into()));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(fits)
    };
    // Browsers read names such as `0x7f.1` as addresses; a name that ends with a number is none (WHATWG URL).
    let is_numeric = name.rsplit('.').next().is_some_and(|last| {
        let hexadecimal = last.to_ascii_lowercase().strip_prefix("0x").map(str::to_owned);
        let is_hexadecimal = |digits: String| digits.chars().all(|c| c.is_ascii_hexdigit());
        last.bytes().all(|byte| byte.is_ascii_digit()) || hexadecimal.is_some_and(is_hexadecimal)
    });
    let is_name = name.len() <= LONGEST && name.split('.').all(is_label) && !is_numeric;
    is_name.then(|| Host::Name(name.to_ascii_lowercase()))
}

impl From<SocketAddr> for Authority {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip()), port: Some(address.port()) }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => f.write_str(name)?,
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// How a web address begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    pub(crate) fn of(tls: bool) -> Self {
        if tls { Self::Https } else { Self::Http }
    }

    /// As it is written: `http` or `https`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that goes without saying.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }
}

/// `SCHEME://HOST[:PORT]`: where a page comes from, or where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
}

/// What is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin, such as http://localhost:3000")]
pub struct NoOrigin(String);

impl Origin {
    /// Whether a browser takes both for one origin: a port that is not named is the scheme's.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let port = |origin: &Self| origin.authority.port.unwrap_or(origin.scheme.port());
        self.scheme == other.scheme
            && self.authority.host == other.authority.host
            && port(self) == port(other)
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let read = || {
            let (scheme, authority) = text.split_once("://")?;
            Some(Self { scheme: Scheme::read(scheme)?, authority: authority.parse().ok()? })
        };
        read().ok_or_else(|| NoOrigin(text.chars().take(100).flat_map(char::escape_default).collect()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        text.parse::<Authority>().ok().map(|authority| authority.to_string())
    }

    #[test]
    fn hosts_are_read_and_written_in_one_form() {
        for (text, expected) in [
            ("LocalHost:8090", "localhost:8090"),
            ("mock.example.", "mock.example"),
            ("10.0.2.2", "10.0.2.2"),
            ("[0:0::1]:8090", "[::1]:8090"),
            ("[::1]", "[::1]"),
            ("my_host-1:1", "my_host-1:1"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn absurd_ones_are_none() {
        let long = "a".repeat(254);
        for text in [
            "",
            ":80",
            "a b",
            "a/b",
            "a@b",
            "a:b",
            "a:0",
            "a:65536",
            "a:+1",
            "a:",
            "a:1:2",
            "::1",
            "[::1",
            "[::1]x",
            "[a]:1",
            "[fe80::1%eth0]",
            "a\r\nX: y",
            "ä.example",
            "a..b",
            "127.1",
            "1.2.3.4.5",
            "0x7f000001",
            "2130706433",
            &long,
            "<x>",
        ] {
            assert_eq!(shown(text), None, "{text:?}");
        }
    }

    #[test]
    fn loopback_names_and_addresses_need_no_allowance() {
        let is = |text: &str| text.parse::<Authority>().unwrap().is_beyond_rebinding();
        for text in ["localhost:1", "page.localhost", "127.0.0.1", "192.168.1.5:80", "[::1]:80"] {
            assert!(is(text), "{text}");
        }
        for text in ["evil.example", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example"] {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn origins_are_compared_as_browsers_do() {
        let is = |a: &str, b: &str| a.parse::<Origin>().unwrap().is(&b.parse().unwrap());
        assert!(is("http://a", "HTTP://A:80") && is("https://a:443", "https://a"));
        assert!(
            !is("http://a", "https://a") && !is("http://a:1", "http://a:2") && !is("http://a", "http://b")
        );
        for text in ["null", "a", "http://", "file:///x", "http://a/b"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
