//! Who stands behind the one address of the proxy: what it remembers of navigation, tokens and sessions.

use super::{
    navi::Servers,
    place::Place,
    token::{Recent, Tokens, bare},
};

/// How a path begins that is another server's than the one that answers navi.
const PREFIX: &str = "/~proxy/";
/// Servers that have a prefix, at most: more are left as they are.
const MOST: usize = 64;

/// HTTP servers that answers name, by the beginnings of paths that stand for them.
#[derive(Debug, Clone)]
pub struct Prefixes {
    upstream: Place,
    places: Vec<Place>,
}

impl Prefixes {
    /// None but the server that answers navi.
    #[must_use]
    pub fn new(upstream: Place) -> Self {
        Self { upstream, places: Vec::new() }
    }

    /// The beginning of a server's paths: empty for the one that answers navi. `None`: there are too many.
    pub fn of(&mut self, place: &Place) -> Option<String> {
        if *place == self.upstream {
            return Some(String::new());
        }
        let at = match self.places.iter().position(|known| known == place) {
            Some(at) => at,
            None if self.places.len() < MOST => {
                self.places.push(place.clone());
                self.places.len() - 1
            }
            None => return None,
        };
        Some(format!("{PREFIX}{}", at + 1))
    }

    /// The server of a path, and the path as that has it.
    #[must_use]
    pub fn find<'p>(&self, path: &'p str) -> (&Place, &'p str) {
        let found = path.strip_prefix(PREFIX).and_then(|rest| {
            let (number, _) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
            let place = self.places.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
            Some((place, &rest[number.len()..]))
        });
        found
            .map_or((&self.upstream, path), |(place, path)| (place, if path.is_empty() { "/" } else { path }))
    }
}

/// All that the proxy remembers.
#[derive(Debug)]
pub struct Routes {
    /// The server that answers navi.
    pub upstream: Place,
    /// HTTP servers.
    pub prefixes: Prefixes,
    /// Servers that tokens named.
    pub tokens: Tokens,
    by_token: Recent<Servers>,
    /// What was answered last: for clients whose token tells nothing.
    last: Servers,
}

impl Routes {
    /// Nothing yet.
    #[must_use]
    pub fn new(upstream: Place) -> Self {
        Self {
            prefixes: Prefixes::new(upstream.clone()),
            tokens: Tokens::default(),
            by_token: Recent::default(),
            last: Servers::default(),
            upstream,
        }
    }

    /// Who asked with that token was answered so.
    pub fn learn(&mut self, token: &str, servers: Servers) {
        for (last, now) in [(&mut self.last.native, &servers.native), (&mut self.last.web, &servers.web)] {
            if !now.is_empty() {
                last.clone_from(now);
            }
        }
        self.by_token.set(bare(token), servers);
    }

    /// Whom a client with that token connects to, in the order of trying; never empty.
    #[must_use]
    pub fn servers(&self, token: &str, native: bool) -> Vec<Place> {
        let of = |servers: &Servers| if native { servers.native.clone() } else { servers.web.clone() };
        let told = self.by_token.get(bare(token)).map(of).filter(|places| !places.is_empty());
        let places = told.unwrap_or_else(|| of(&self.last));
        if places.is_empty() { vec![self.upstream.clone()] } else { places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::read(text, false).unwrap().place
    }

    #[test]
    fn a_prefix_stands_for_its_server() {
        let mut prefixes = Prefixes::new(place("navi.example"));
        assert_eq!(prefixes.of(&place("navi.example")).unwrap(), "");
        assert_eq!(prefixes.of(&place("up.example")).unwrap(), "/~proxy/1");
        assert_eq!(prefixes.of(&place("up.example")).unwrap(), "/~proxy/1");
        let found = |path| {
            let (place, path) = prefixes.find(path);
            (place.host.clone(), path)
        };
        assert_eq!(found("/~proxy/1/a/b"), ("up.example".to_owned(), "/a/b"));
        assert_eq!(found("/~proxy/1"), ("up.example".to_owned(), "/"));
        assert_eq!(found("/~proxy/2/a"), ("navi.example".to_owned(), "/~proxy/2/a"));
        assert_eq!(found("/~proxy/0"), ("navi.example".to_owned(), "/~proxy/0"));
        assert_eq!(found("/files/k"), ("navi.example".to_owned(), "/files/k"));
    }

    #[test]
    fn there_is_a_most_of_servers() {
        let mut prefixes = Prefixes::new(place("navi.example"));
        for n in 0..MOST {
            assert!(prefixes.of(&place(&format!("h{n}.example"))).is_some());
        }
        assert_eq!(prefixes.of(&place("more.example")), None);
    }

    #[test]
    fn a_token_tells_where_or_else_what_was_answered_last() {
        let mut routes = Routes::new(place("navi.example"));
        let told = |routes: &Routes, token: &str, native: bool| {
            routes.servers(token, native).into_iter().map(|place| place.host).collect::<Vec<_>>()
        };
        assert_eq!(told(&routes, "t", true), ["navi.example"]);
        routes.learn("t@x", Servers { native: vec![place("a:1")], web: vec![] });
        routes.learn("u", Servers { native: vec![], web: vec![place("b:1"), place("c:1")] });
        assert_eq!(told(&routes, "t@", true), ["a"]);
        assert_eq!(told(&routes, "t", false), ["b", "c"]);
        assert_eq!(told(&routes, "v", true), ["a"]);
    }
}
