//! The head of an HTTP request as its bytes: for connections that become a tunnel, whose heads pass as they are but for what names the proxy.

/// A request's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `GET` …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in their order and spelling.
    pub headers: Vec<(String, String)>,
    /// Bytes of it.
    pub length: usize,
}

/// Headers of a head, at most.
const MOST_HEADERS: usize = 128;

impl Head {
    /// Reads a whole one; `None`: it is none, or not whole.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = request.parse(bytes) else { return None };
        let text = |header: &httparse::Header<'_>| {
            (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
        };
        Some(Self {
            method: request.method?.to_owned(),
            target: request.path?.to_owned(),
            headers: request.headers.iter().map(text).collect(),
            length,
        })
    }

    /// The first header of that name, in any spelling.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether it asks for a WebSocket.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.header("upgrade").is_some_and(|upgrade| upgrade.trim().eq_ignore_ascii_case("websocket"))
    }

    /// Path and query.
    #[must_use]
    pub fn path_and_query(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += "\r\n";
        text.into_bytes()
    }
}

/// The status of a whole head of an answer, and its length; `Ok(None)`: it is not whole.
///
/// # Errors
/// It is no head of an answer.
pub fn status(bytes: &[u8]) -> Result<Option<(u16, usize)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => Ok(Some((response.code.unwrap_or(0), length))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_and_written() {
        let text =
            b"GET /websocket?appId=k HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nX-Y: 1 \r\n\r\nbehind";
        let mut head = Head::read(text).unwrap();
        assert_eq!(&text[head.length..], b"behind");
        assert!(head.is_upgrade());
        assert_eq!((head.path_and_query(), head.header("HOST")), (("/websocket", "appId=k"), Some("a")));
        head.headers.retain(|(name, _)| name != "X-Y");
        assert_eq!(head.bytes(), b"GET /websocket?appId=k HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\r\n");
        assert_eq!(Head::read(b"GET / HTTP/1.1\r\nHost"), None);
    }

    #[test]
    fn the_status_of_an_answer_is_known_once_its_head_is_whole() {
        assert_eq!(status(b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nx"), Ok(Some((101, 42))));
        assert_eq!(status(b"HTTP/1.1 101 Swi"), Ok(None));
        assert!(status(b"no").is_err() || status(b"nonsense\r\n\r\n").is_err());
    }
}
