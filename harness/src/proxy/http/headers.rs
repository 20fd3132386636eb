//! Headers on their way: what names the proxy names the service, and the other way round; what is about one connection stays behind.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::proxy::place::Place;

/// Headers that are about one connection, not about a message.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
];

/// Headers of a request whose body is known as a whole.
pub(super) fn sized(headers: &mut HeaderMap, body: &Bytes) {
    headers.remove(header::TRANSFER_ENCODING);
    match body.len() {
        0 => drop(headers.remove(header::CONTENT_LENGTH)),
        length => drop(headers.insert(header::CONTENT_LENGTH, length.into())),
    }
}

pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Headers that name the proxy name the service; an answer that is to be read comes uncompressed.
pub(super) fn restore_headers(headers: &mut HeaderMap, owns: &[Place], upstream: &Place, is_read: bool) {
    for name in [header::ORIGIN, header::REFERER] {
        let theirs = headers.get(&name).and_then(|value| other_origin(value.to_str().ok()?, owns, upstream));
        if let Some(theirs) = theirs.and_then(|theirs| HeaderValue::try_from(theirs).ok()) {
            headers.insert(name, theirs);
        }
    }
    if is_read && headers.contains_key(header::ACCEPT_ENCODING) {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
}

/// The value of `Origin` or `Referer` as the service gets it, where it names the proxy.
pub(in crate::proxy) fn other_origin(value: &str, owns: &[Place], upstream: &Place) -> Option<String> {
    let written = Place::read(value, false).filter(|written| written.scheme.is_some())?;
    owns.contains(&written.place).then(|| format!("{upstream}{}", written.rest))
}

/// `Location` of an answer as the client gets it: where it names `place`, it names the proxy, by the beginning of paths that stands for
/// that server.
pub(super) fn restore_location(headers: &mut HeaderMap, place: &Place, own: &Place, prefix: &str) {
    let ours = headers.get(header::LOCATION).and_then(|value| {
        let written =
            Place::read(value.to_str().ok()?, place.tls).filter(|written| written.scheme.is_some())?;
        (written.place == *place).then(|| format!("{own}{prefix}{}", written.rest))
    });
    if let Some(ours) = ours.and_then(|ours| HeaderValue::try_from(ours).ok()) {
        headers.insert(header::LOCATION, ours);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_name_the_proxy_name_the_service() {
        let place = |text| Place::read(text, false).unwrap().place;
        let (owns, upstream) = ([place("127.0.0.1:9")], place("https://im.example"));
        let theirs = |value| other_origin(value, &owns, &upstream);
        assert_eq!(theirs("http://127.0.0.1:9").unwrap(), "https://im.example");
        assert_eq!(theirs("http://127.0.0.1:9/a?b").unwrap(), "https://im.example/a?b");
        assert_eq!(theirs("http://page.example"), None);
        assert_eq!(theirs("null"), None);
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, X-Mine"), ("x-mine", "1"), ("x-other", "1"), ("upgrade", "h2c")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-other"]);
    }

    #[test]
    fn a_redirect_to_the_service_comes_back_to_the_proxy() {
        let place = |text| Place::read(text, false).unwrap().place;
        let told = |location| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, HeaderValue::from_static(location));
            restore_location(&mut headers, &place("https://up.example"), &place("127.0.0.1:9"), "/~proxy/1");
            headers[header::LOCATION].to_str().unwrap().to_owned()
        };
        assert_eq!(told("https://up.example/a?b"), "http://127.0.0.1:9/~proxy/1/a?b");
        assert_eq!(told("https://other.example/a"), "https://other.example/a");
        assert_eq!(told("/a"), "/a");
    }
}
