//! Which address answers name: the one that the asker used, unless the operator knows better.

use std::{fmt, net::SocketAddr, str::FromStr};

use http::{HeaderMap, header};

use crate::{
    config::Config,
    hosts::{Authority, NoAuthority, Origin, Scheme},
};

/// What `--advertise` says: `[SCHEME://]HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertised {
    /// Without one, the request's.
    scheme: Option<Scheme>,
    authority: Authority,
}

impl Advertised {
    /// The host, for a certificate.
    #[must_use]
    pub fn host(&self) -> String {
        self.authority.host()
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl FromStr for Advertised {
    type Err = NoAuthority;

    fn from_str(text: &str) -> Result<Self, NoAuthority> {
        if let Ok(Origin { scheme, authority }) = text.parse() {
            // An address with a scheme is a whole one.
            return Ok(Self { scheme: Some(scheme), authority: authority.or_port(scheme.port()) });
        }
        Ok(Self { scheme: None, authority: text.parse()? })
    }
}

impl fmt::Display for Advertised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Some(scheme) => write!(f, "{}://{}", scheme.as_str(), self.authority),
            None => self.authority.fmt(f),
        }
    }
}

/// Where the server is, for those of whom nothing is known: the ready line, worlds before anybody asks.
pub(crate) fn standing(config: &Config, bound: SocketAddr) -> Origin {
    let scheme = Scheme::of(config.tls.is_some());
    let loopback = || {
        // An address that means "every interface" is none that a client can go to.
        let ip = if bound.ip().is_unspecified() { [127, 0, 0, 1].into() } else { bound.ip() };
        Authority::from(SocketAddr::new(ip, bound.port()))
    };
    match &config.advertise {
        Some(said) => Origin {
            scheme: said.scheme.unwrap_or(scheme),
            authority: said.authority.clone().or_port(bound.port()),
        },
        None => Origin { scheme, authority: loopback() },
    }
}

/// The origin by which a request reached us, for answers that name addresses. `standing` is what is known without it.
pub(crate) fn reached(config: &Config, standing: &Origin, headers: &HeaderMap, tls: bool) -> Origin {
    advertised(config, standing, visited(config, standing, headers, tls))
}

/// The same for a native client that connected to `local`.
pub(crate) fn reached_at(config: &Config, standing: &Origin, local: Option<SocketAddr>, tls: bool) -> Origin {
    let local = local.map(|local| SocketAddr::new(local.ip().to_canonical(), local.port()));
    let authority = local.map_or_else(|| standing.authority.clone(), Authority::from);
    advertised(config, standing, Origin { scheme: Scheme::of(tls), authority })
}

/// The origin that a request takes us for, whatever is advertised.
pub(crate) fn visited(config: &Config, standing: &Origin, headers: &HeaderMap, tls: bool) -> Origin {
    let scheme = forwarded(config, headers, "x-forwarded-proto").and_then(Scheme::read);
    Origin {
        scheme: scheme.unwrap_or(Scheme::of(tls)),
        authority: named(config, headers).unwrap_or_else(|| standing.authority.clone()),
    }
}

fn advertised(config: &Config, standing: &Origin, visited: Origin) -> Origin {
    match &config.advertise {
        Some(said) => {
            Origin { scheme: said.scheme.unwrap_or(visited.scheme), authority: standing.authority.clone() }
        }
        None => visited,
    }
}

/// The host that a request names: the proxy's word for it where proxies are trusted, or else its `Host`. `None`: it names
/// none, or an absurd one.
fn named(config: &Config, headers: &HeaderMap) -> Option<Authority> {
    let forwarded = forwarded(config, headers, "x-forwarded-host").and_then(|host| host.parse().ok());
    forwarded.or_else(|| headers.get(header::HOST)?.to_str().ok()?.trim().parse().ok())
}

/// What a trusted proxy says; of several, the first in the row, which is the one that the client met.
pub(crate) fn forwarded<'a>(config: &Config, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name).filter(|_| config.trust_proxy)?.to_str().ok()?;
    value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    fn told(config: &Config, pairs: &[(&'static str, &'static str)], tls: bool) -> String {
        let bound = SocketAddr::from(([0, 0, 0, 0], 8090));
        reached(config, &standing(config, bound), &headers(pairs), tls).to_string()
    }

    #[test]
    fn the_askers_own_host_is_named_unless_it_is_absurd() {
        let config = Config::default();
        assert_eq!(told(&config, &[("host", "10.0.2.2:8090")], false), "http://10.0.2.2:8090");
        assert_eq!(told(&config, &[("host", "[::1]:8090")], true), "https://[::1]:8090");
        assert_eq!(told(&config, &[("host", "mock.example")], false), "http://mock.example");
        assert_eq!(told(&config, &[("host", "a b")], false), "http://127.0.0.1:8090");
        assert_eq!(told(&config, &[], false), "http://127.0.0.1:8090");
    }

    #[test]
    fn proxies_are_believed_only_when_they_are_trusted() {
        let pairs = [("host", "a"), ("x-forwarded-host", "b.example, c"), ("x-forwarded-proto", "https")];
        assert_eq!(told(&Config::default(), &pairs, false), "http://a");
        let trusting = Config { trust_proxy: true, ..Config::default() };
        assert_eq!(told(&trusting, &pairs, false), "https://b.example");
        assert_eq!(told(&trusting, &[("host", "a"), ("x-forwarded-proto", "gopher")], false), "http://a");
        assert_eq!(told(&trusting, &[("host", "a"), ("x-forwarded-host", "<x>")], false), "http://a");
    }

    #[test]
    fn a_native_client_is_told_the_address_it_connected_to() {
        let bound = SocketAddr::from(([0, 0, 0, 0], 8090));
        let at = |config: &Config, local: Option<&str>| {
            let local = local.map(|local| local.parse().unwrap());
            reached_at(config, &standing(config, bound), local, false).to_string()
        };
        let config = Config::default();
        assert_eq!(at(&config, Some("192.168.1.5:8090")), "http://192.168.1.5:8090");
        assert_eq!(at(&config, Some("[::ffff:192.168.1.5]:8090")), "http://192.168.1.5:8090");
        assert_eq!(at(&config, None), "http://127.0.0.1:8090");
        let config = Config { advertise: Some("mock.example".parse().unwrap()), ..config };
        assert_eq!(at(&config, Some("192.168.1.5:8090")), "http://mock.example:8090");
    }

    #[test]
    fn what_is_advertised_goes_before_everything() {
        let advertise = |text: &str| Config { advertise: Some(text.parse().unwrap()), ..Config::default() };
        let asked = [("host", "10.0.2.2:8090")];
        assert_eq!(told(&advertise("mock.example"), &asked, false), "http://mock.example:8090");
        assert_eq!(told(&advertise("mock.example:80"), &asked, true), "https://mock.example:80");
        assert_eq!(told(&advertise("https://mock.example"), &asked, false), "https://mock.example:443");
        assert!("mock.example/path".parse::<Advertised>().is_err());
    }
}
