//! The client's half of a WebSocket handshake (RFC 6455, section 4.2.1): what it asks for, or what is wrong with it.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;

/// The one version of the protocol.
const VERSION: &str = "13";

/// What an HTTP head is to a client's socket.
#[derive(Debug)]
pub(crate) enum Asked {
    /// None of its business.
    Http,
    /// A WebSocket to our address.
    Upgrade(Box<Upgrade>),
    /// One that cannot be had like this.
    Refused(Refused),
}

/// What a WebSocket upgrade asks for.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(crate) key: String,
    pub(crate) query: String,
    pub(crate) label: String,
    /// Every header.
    pub(crate) headers: HeaderMap,
    /// Bytes of the head.
    pub(crate) length: usize,
}

/// Why there is no WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another version than ours.
    Version,
    /// A header that must be there is missing or wrong.
    Header(&'static str),
}

impl Refused {
    fn status(self) -> StatusCode {
        match self {
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Header(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The whole answer, after which the connection ends.
    pub(crate) fn answer(self) -> String {
        let why = match self {
            Self::Version => format!("this server speaks WebSocket version {VERSION} only"),
            Self::Header(what) => format!("this is no WebSocket handshake (RFC 6455): {what}"),
        };
        let status = self.status();
        let body = json!({"code": status.as_u16(), "errorMessage": why}).to_string();
        format!(
            "HTTP/1.1 {status}\r\nSec-WebSocket-Version: {VERSION}\r\nContent-Type: application/json; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// Reads a whole HTTP head.
pub(crate) fn read(head: &[u8]) -> Asked {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = request.parse(head) else { return Asked::Http };
    let Some(path) = request.path else { return Asked::Http };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if request.method != Some("GET") || path.trim_matches('/') != "websocket" {
        return Asked::Http;
    }
    let headers = request.headers.iter().filter_map(|header| {
        let name = HeaderName::try_from(header.name).ok()?;
        Some((name, HeaderValue::from_bytes(header.value).ok()?))
    });
    let headers: HeaderMap = headers.fold(HeaderMap::new(), |mut all, (name, value)| {
        all.append(name, value);
        all
    });
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if !text("upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")) {
        return Asked::Http;
    }
    if let Some(what) = missing(request.version, &headers) {
        return Asked::Refused(Refused::Header(what));
    }
    match text("sec-websocket-version") {
        Some(VERSION) => {}
        Some(_) => return Asked::Refused(Refused::Version),
        None => return Asked::Refused(Refused::Header("`Sec-WebSocket-Version` is missing")),
    }
    let key = text("sec-websocket-key").filter(|key| is_sixteen_bytes(key)).map(str::to_owned);
    let Some(key) = key else {
        return Asked::Refused(Refused::Header("`Sec-WebSocket-Key` must be 16 bytes in base64"));
    };
    let label = text("x-harness-connection").unwrap_or_default().to_owned();
    Asked::Upgrade(Box::new(Upgrade { key, query: query.to_owned(), label, headers, length }))
}

/// What any upgrade must have.
fn missing(version: Option<u8>, headers: &HeaderMap) -> Option<&'static str> {
    if version != Some(1) {
        return Some("it is no HTTP/1.1");
    }
    if headers.get_all("host").iter().count() != 1 {
        return Some("one `Host` is wanted");
    }
    let connection = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let mut tokens = connection.flat_map(|value| value.split(',')).map(str::trim);
    (!tokens.any(|token| token.eq_ignore_ascii_case("upgrade")))
        .then_some("`Connection` does not say `Upgrade`")
}

/// Whether the text is base64 of 16 bytes: 22 characters that matter, then two equals signs.
fn is_sixteen_bytes(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    text.len() == 24 && text.strip_suffix("==").is_some_and(|begin| begin.chars().all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &[&str]) -> Vec<u8> {
        format!("GET /websocket?appId=k HTTP/1.1\r\n{}\r\n\r\nrest", lines.join("\r\n")).into_bytes()
    }

    const GOOD: [&str; 6] = [
        "Host: h",
        "Upgrade: WebSocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "X-Harness-Connection: phone/2",
    ];

    #[test]
    fn an_upgrade_is_known_by_its_head() {
        let head = head(&GOOD);
        let Asked::Upgrade(upgrade) = read(&head) else { panic!("no upgrade") };
        assert_eq!((upgrade.query.as_str(), upgrade.label.as_str()), ("appId=k", "phone/2"));
        assert_eq!(&head[upgrade.length..], b"rest");
        assert_eq!(upgrade.headers["host"], "h");
    }

    #[test]
    fn other_requests_are_plain_http() {
        assert!(matches!(read(b"GET /navi.js HTTP/1.1\r\nHost: h\r\n\r\n"), Asked::Http));
        assert!(matches!(read(b"GET /websocket HTTP/1.1\r\nHost: h\r\n\r\n"), Asked::Http));
    }

    #[test]
    fn a_handshake_that_is_not_whole_is_refused() {
        let with = |index: usize, line: &'static str| {
            let mut lines = GOOD.to_vec();
            lines[index] = line;
            lines.retain(|line| !line.is_empty());
            match read(&head(&lines)) {
                Asked::Refused(refused) => refused.status().as_u16(),
                other => panic!("{line}: {other:?}"),
            }
        };
        assert_eq!(with(4, "Sec-WebSocket-Version: 8"), 426);
        assert_eq!(with(4, "Sec-WebSocket-Version: 13, 8"), 426);
        for (index, line) in [
            (0, ""),
            (2, "Connection: close"),
            (2, ""),
            (3, ""),
            (3, "Sec-WebSocket-Key: abc"),
            (3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEyMw=="),
            (4, ""),
            (5, "Host: another"),
        ] {
            assert_eq!(with(index, line), 400, "{line}");
        }
        let old = String::from_utf8(head(&GOOD)).unwrap().replace("HTTP/1.1", "HTTP/1.0");
        assert!(matches!(read(old.as_bytes()), Asked::Refused(Refused::Header(_))));
    }

    #[test]
    fn a_refusal_is_a_whole_answer() {
        let answer = Refused::Version.answer();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"), "{head}");
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())) && body.contains("version 13"),
            "{answer}"
        );
    }
}
