//! Where the recorded service was found, and where clients find it now.

use serde_json::Value;
use wire::UnixMillis;

use crate::recorded::{Names, meaning::opaque, rewrite_body};

/// Addresses in what is said to clients and in what apps call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Places {
    /// `127.0.0.1:41234` of the recorded service; empty where nobody knows.
    then: String,
    now: String,
}

impl Places {
    /// Of two origins, `http://127.0.0.1:41234`.
    pub(super) fn new(then: &str, now: &str) -> Self {
        let authority = |origin: &str| {
            let behind = origin.split_once("://").map_or(origin, |(_, behind)| behind);
            behind.split('/').next().unwrap_or_default().to_owned()
        };
        Self { then: authority(then), now: authority(now) }
    }

    fn is_moved(&self) -> bool {
        !self.then.is_empty() && !self.now.is_empty() && self.then != self.now
    }

    /// A body that names us where it named the recorded service; `None`: it does not.
    pub(super) fn body(&self, bytes: &[u8]) -> Option<bytes::Bytes> {
        if self.is_moved() { rewrite_body(bytes, self) } else { None }
    }

    /// Arguments of a call; what stands behind the `@` of a token leads to a service, too.
    pub(super) fn call(&self, value: &mut Value, navi: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(token) if name == "token" && opaque(token) != token => {
                            *token = format!("{}@{navi}", opaque(token));
                        }
                        value => self.call(value, navi),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.call(item, navi)),
            Value::String(text) if self.is_moved() && text.contains(&self.then) => {
                *text = text.replace(&self.then, &self.now);
            }
            _ => {}
        }
    }
}

impl Names for Places {
    fn name(&self, text: &str) -> Option<String> {
        text.contains(&self.then).then(|| text.replace(&self.then, &self.now))
    }

    fn instant(&self, _: UnixMillis) -> Option<UnixMillis> {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_of_then_become_those_of_now() {
        let places = Places::new("http://127.0.0.1:1", "http://10.0.0.2:99");
        let mut args = json!({
            "token": "abc@http://127.0.0.1:1", "options": {"naviServer": "http://127.0.0.1:1", "other": "x.example"}, "n": 1,
            "plain": {"token": "test:alice"},
        });
        places.call(&mut args, "http://10.0.0.2:99");
        let now = json!({
            "token": "abc@http://10.0.0.2:99", "options": {"naviServer": "http://10.0.0.2:99", "other": "x.example"}, "n": 1,
            "plain": {"token": "test:alice"},
        });
        assert_eq!(args, now);
        let body = places.body(b"\x0a\x1ahttp://127.0.0.1:1/files/k");
        assert_eq!(body.as_deref(), Some(&b"\x0a\x1ahttp://10.0.0.2:99/files/k"[..]));
        assert_eq!(places.body(b"\x0a\x01x"), None);
        assert_eq!(Places::new("", "http://a").body(b"\x0a\x01x"), None);
    }
}
