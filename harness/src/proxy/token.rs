//! Tokens, which name navigation servers behind their `@`: towards clients the proxy, towards the service what it wrote itself.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use super::place::Place;

/// What is kept of so many, at most; then the oldest is forgotten.
const KEPT: usize = 4096;

/// A table of the newest entries.
#[derive(Debug)]
pub struct Recent<V> {
    by_key: BTreeMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<V> Recent<V> {
    /// What stands there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        self.by_key.get(key)
    }

    /// Sets what stands there.
    pub fn set(&mut self, key: &str, value: V) {
        if self.by_key.insert(key.to_owned(), value).is_some() {
            return;
        }
        self.order.push_back(key.to_owned());
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_key.remove(&oldest);
        }
    }

    /// Takes it out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        self.order.retain(|known| known != key);
        self.by_key.remove(key)
    }
}

/// The token itself, without the servers that it names.
#[must_use]
pub fn bare(token: &str) -> &str {
    token.split('@').next().unwrap_or_default()
}

/// Which servers tokens named before the proxy stood in their place.
#[derive(Debug, Default)]
pub struct Tokens {
    named: Recent<String>,
}

impl Tokens {
    /// A token of the service as clients get it: it names `own`, an address of the proxy. One that names no server stays.
    pub fn outward(&mut self, token: &str, own: &Place) -> Option<String> {
        let (bare, hosts) = token.split_once('@')?;
        if hosts.is_empty() || bare.is_empty() {
            return None;
        }
        self.named.set(bare, hosts.to_owned());
        Some(format!("{bare}@{own}"))
    }

    /// A token of a client as the service gets it. `None`: it stays as it is.
    #[must_use]
    pub fn inward(&self, token: &str, own: &[Place], upstream: &Place) -> Option<String> {
        let (bare, hosts) = token.split_once('@')?;
        let is_own = |host: &str| {
            Place::read(host, false).is_some_and(|host| {
                own.iter().any(|own| own.host == host.place.host && own.port == host.place.port)
            })
        };
        if !hosts.split(';').any(is_own) {
            return None;
        }
        if let Some(named) = self.named.get(bare) {
            return Some(format!("{bare}@{named}"));
        }
        let others =
            hosts.split(';').map(|host| if is_own(host) { upstream.to_string() } else { host.to_owned() });
        Some(format!("{bare}@{}", others.collect::<Vec<_>>().join(";")))
    }

    /// The same for the values of `token` in a query or a form; everything else keeps its bytes.
    #[must_use]
    pub fn inward_form<'a>(&self, form: &'a str, own: &[Place], upstream: &Place) -> Cow<'a, str> {
        let mut changed = false;
        let parts: Vec<Cow<'_, str>> = form
            .split('&')
            .map(|part| {
                let Some(value) = part.strip_prefix("token=") else { return Cow::Borrowed(part) };
                match self.inward(&decoded(value), own, upstream) {
                    Some(token) => {
                        changed = true;
                        let encoded: String =
                            url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
                        Cow::Owned(format!("token={encoded}"))
                    }
                    None => Cow::Borrowed(part),
                }
            })
            .collect();
        if changed { Cow::Owned(parts.join("&")) } else { Cow::Borrowed(form) }
    }
}

/// The value of a key in a query or a form.
#[must_use]
pub fn value_of(form: &str, key: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

fn decoded(value: &str) -> String {
    let pair = format!("v={value}");
    value_of(&pair, "v").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::read(text, false).unwrap().place
    }

    #[test]
    fn servers_behind_the_at_are_exchanged_and_given_back() {
        let (own, upstream) = (place("127.0.0.1:9"), place("https://navi.example"));
        let mut tokens = Tokens::default();
        let out = tokens.outward("abc=@a.example;b.example", &own).unwrap();
        assert_eq!(out, "abc=@http://127.0.0.1:9");
        let owns = [own.clone()];
        assert_eq!(tokens.inward(&out, &owns, &upstream).unwrap(), "abc=@a.example;b.example");
        assert_eq!(tokens.outward("abc", &own), None);
        assert_eq!(tokens.outward("abc@", &own), None);
        // One that somebody wrote by hand.
        assert_eq!(
            tokens.inward("xyz@127.0.0.1:9;c", &owns, &upstream).unwrap(),
            "xyz@https://navi.example;c"
        );
        assert_eq!(tokens.inward("xyz@", &owns, &upstream), None);
        assert_eq!(tokens.inward("xyz@a.example", &owns, &upstream), None);
    }

    #[test]
    fn forms_keep_whatever_is_no_token_of_ours() {
        let (own, upstream) = ([place("127.0.0.1:9")], place("http://navi.example"));
        let tokens = Tokens::default();
        let form = "v=5.38.0&token=a%2Bb%40http%3A%2F%2F127.0.0.1%3A9&x=%e4&platfrom=browser";
        assert_eq!(
            tokens.inward_form(form, &own, &upstream),
            "v=5.38.0&token=a%2Bb%40http%3A%2F%2Fnavi.example&x=%e4&platfrom=browser"
        );
        let other = "token=a%2bb%40&x";
        assert!(matches!(tokens.inward_form(other, &own, &upstream), Cow::Borrowed(_)));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut recent = Recent::default();
        for n in 0..=KEPT {
            recent.set(&n.to_string(), n);
        }
        assert_eq!((recent.get("0"), recent.get("1"), recent.by_key.len()), (None, Some(&1), KEPT));
        assert_eq!((recent.remove("1"), recent.order.len()), (Some(1), KEPT - 1));
    }
}
