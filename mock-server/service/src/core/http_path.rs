//! What the path of an HTTP request is: navi, a file, or, as everything else, the Server API. Decided here alone.

/// Where the file server's paths begin; an App Key follows.
pub(crate) const FILES: &str = "/files/";

/// Navi's paths, one a form that SDK generations ask in (NAVI-002).
pub const NAVI: [&str; 5] = ["/navi.js", "/cometnavi.js", "/v2/navi.json", "/navi.json", "/navi.xml"];

/// Whose business a path is.
///
/// ```
/// use service::HttpPath;
/// assert_eq!(HttpPath::of("/navi.js"), HttpPath::Navi);
/// assert_eq!(HttpPath::of("/files/app/a/b.png"), HttpPath::File { owner: "app", key: Some("a/b.png") });
/// assert_eq!(HttpPath::of("/user/getToken.json"), HttpPath::Api);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpPath<'p> {
    /// Where clients ask for the server.
    Navi,
    /// The file server.
    File {
        /// The App Key, percent-encoded as it came: whoever loads a file sends no header of ours.
        owner: &'p str,
        /// The object's key, percent-encoded; absent in the address that uploads are posted to.
        key: Option<&'p str>,
    },
    /// The Server API, known endpoint or not.
    Api,
}

impl<'p> HttpPath<'p> {
    /// What that path is; it comes without the query.
    #[must_use]
    pub fn of(path: &'p str) -> Self {
        if NAVI.contains(&path) {
            return Self::Navi;
        }
        let Some(rest) = path.strip_prefix(FILES) else { return Self::Api };
        match rest.split_once('/') {
            Some((owner, key)) => Self::File { owner, key: Some(key) },
            None => Self::File { owner: rest, key: None },
        }
    }

    /// Whether it is on the file server.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::File { .. })
    }
}
