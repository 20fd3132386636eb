//! The file server that media messages go through: upload tokens, uploads, downloads, all below `/files/APPKEY`.
//!
//! A client asks for a token and an object key (`qnTkn`), posts the file as a form (`token`, `key`, `file`, as the
//! vendor's storage takes it), asks where the object can be read (`qnUrl`), and puts that address into its message.
//! Receivers read it with plain GET requests, whole or a range at a time.

mod kind;
pub(crate) mod message_log;
mod multipart;
mod zip;

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use indexmap::IndexMap;
use prost::Message as _;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wire::{
    Request, UnixMillis,
    body::{GetDownloadUrlInput, GetDownloadUrlOutput, GetQNupTokenInput, GetQNupTokenOutput},
    code::status,
};

use crate::{
    core::{
        Core,
        account::{Accounts, UserIx},
        answer::read,
        bug::Bug,
        http_path::{FILES, HttpPath},
        io::{ConnId, HttpRequest, HttpResponse},
    },
    files::message_log::MessageLog,
};

/// How long an upload token is good for. Assumed; SDKs ask for one each upload.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// Upload tokens at once in a world; one more takes the place of the oldest. Assumed.
const MOST_TOKENS: usize = 4096;
/// Bytes of an object's key. Assumed.
const LONGEST_KEY: usize = 1024;

/// The file server, and what it may touch.
pub(crate) struct Files<'w> {
    pub(crate) files: &'w mut FilesState,
    pub(crate) message_log: &'w mut MessageLog,
    pub(crate) core: &'w mut Core,
}

/// What clients have uploaded, and what they may.
#[derive(Debug, Clone, Default)]
pub(crate) struct FilesState {
    allowed: IndexMap<String, Allowed>,
    stored: IndexMap<String, Stored>,
    /// Of all that is stored.
    bytes: usize,
    refused: u64,
}

impl FilesState {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// Bytes of the object, if it is there: another one takes its place.
    fn replaced(&self, key: &str) -> usize {
        self.stored.get(key).map_or(0, |stored| stored.bytes.len())
    }

    /// What is stored, in the order it came.
    pub(crate) fn to_json(&self, accounts: &Accounts) -> Value {
        let entry = |(key, stored): (&String, &Stored)| {
            let user = &*accounts[stored.user].id;
            json!({
                "key": key, "user": user, "size": stored.bytes.len(), "sha1": stored.sha1,
                "contentType": stored.kind,
            })
        };
        self.stored.iter().map(entry).collect()
    }

    fn store(&mut self, key: String, stored: Stored) {
        self.bytes = self.bytes - self.replaced(&key) + stored.bytes.len();
        self.stored.insert(key, stored);
    }
}

/// Where uploads go, for somebody who reached us by that origin: told by navi.
pub(crate) fn file_server(core: &Core, origin: &str) -> String {
    format!("{}{FILES}{}", core.found_at(origin).navi, encoded(&core.app_key))
}

/// An upload that was asked for.
#[derive(Debug, Clone)]
struct Allowed {
    user: UserIx,
    key: String,
    until: UnixMillis,
}

#[derive(Debug, Clone)]
struct Stored {
    user: UserIx,
    bytes: Bytes,
    /// Its media type.
    kind: Cow<'static, str>,
    /// Reckoned once: whoever looks at all files does not pay for their bytes.
    sha1: String,
}

impl Files<'_> {
    /// `qnTkn`: a token for one object.
    pub(crate) fn upload_token(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        request: &Request,
    ) -> Result<Bytes, u16> {
        let asked: GetQNupTokenInput = read(request)?;
        if asked.key().len() > LONGEST_KEY {
            return Err(status::BAD_PARAMETER);
        }
        let token = self.core.ids.token();
        // A client that names no object gets one named by its token.
        let key = asked.key.filter(|key| !key.is_empty()).unwrap_or_else(|| token.clone());
        let until = now + TOKEN_LIFE;
        self.files.allowed.retain(|_, allowed| allowed.until > now);
        if self.files.allowed.len() >= MOST_TOKENS {
            self.files.allowed.shift_remove_index(0);
        }
        self.files.allowed.insert(token.clone(), Allowed { user, key, until });
        let answer = GetQNupTokenOutput { deadline: until.0 / 1000, token, ..GetQNupTokenOutput::default() };
        Ok(answer.encode_to_vec().into())
    }

    /// `qnUrl`: where an object can be read, whether or not it is there yet.
    pub(crate) fn download_url(&self, conn: ConnId, request: &Request) -> Result<Bytes, u16> {
        let asked: GetDownloadUrlInput = read(request)?;
        let key = asked.key.filter(|key| !key.is_empty()).ok_or(status::BAD_PARAMETER)?;
        let origin = self.core.connections.get(&conn).map_or("", |connection| &*connection.origin);
        let download_url = format!("{}/{}", file_server(self.core, origin), encoded(&key));
        Ok(GetDownloadUrlOutput { download_url }.encode_to_vec().into())
    }

    /// An upload or a download. Failures are told as the vendor's storage tells them: an HTTP status and `error`.
    pub(crate) fn file_request(&mut self, now: UnixMillis, request: &HttpRequest) -> HttpResponse {
        match request.method.as_str() {
            "POST" => self.upload(now, request),
            // The shell leaves the body of a HEAD's answer out.
            "GET" | "HEAD" => self.download(request),
            _ => refused(405, "a file is posted or read"),
        }
    }

    /// How long the file server takes for an answer at its speed.
    pub(crate) fn file_delay(&self, request: &HttpRequest, response: &HttpResponse) -> u64 {
        let sent = if request.method == "HEAD" { 0 } else { response.body.len() };
        let bytes = request.body.len().max(sent) as u64;
        bytes.saturating_mul(1000).checked_div(self.core.limits.file_bytes_per_second).unwrap_or(0)
    }

    fn upload(&mut self, now: UnixMillis, request: &HttpRequest) -> HttpResponse {
        let content_type = request.header("content-type").unwrap_or_default();
        let Some(form) = multipart::parse(content_type, &request.body) else {
            return refused(400, "the body is no multipart form with `token` and `file`");
        };
        let allowed = self.files.allowed.get(&form.token).filter(|allowed| allowed.until > now);
        let Some(Allowed { user, key, .. }) = allowed else { return refused(401, "bad token") };
        if form.key.as_ref().is_some_and(|named| named != key) {
            return refused(403, "the token is for another object");
        }
        if form.file.len() > self.core.limits.upload_bytes {
            return refused(413, "the file is too large");
        }
        let (user, key) = (*user, key.clone());
        let bytes = if self.core.has(Bug::CutsFilesShort) {
            form.file.slice(..form.file.len() / 2)
        } else {
            form.file
        };
        let most = self.core.limits.files_bytes;
        if self.files.bytes - self.files.replaced(&key) + bytes.len() > most {
            self.files.refused += 1;
            return refused(507, &format!("the world's files exceed {most} bytes: the limit `filesBytes`"));
        }
        // A file that is a small part of its form does not keep all of it.
        let part = bytes.len() < request.body.len() / 4 * 3;
        let bytes = if part { Bytes::copy_from_slice(&bytes) } else { bytes };
        let kind = kind::of(form.kind, &key);
        let sha1 = hash(&bytes);
        let answer = json!({"hash": sha1, "key": key});
        self.files.store(key, Stored { user, bytes, kind, sha1 });
        HttpResponse::json(200, &answer)
    }

    fn download(&self, request: &HttpRequest) -> HttpResponse {
        if self.core.has(Bug::LosesFiles) {
            return refused(404, "no such object");
        }
        let key = match HttpPath::of(&request.path) {
            HttpPath::File { key: Some(key), .. } => decoded(key),
            _ => String::new(),
        };
        let stored = self.files.stored.get(&key).map(|stored| (stored.bytes.clone(), stored.kind.clone()));
        let archive = || self.log_archive(&key).map(|archive| (archive, kind::of(None, &key)));
        let Some((bytes, kind)) = stored.or_else(archive) else {
            return refused(404, "no such object");
        };
        let whole = bytes.len();
        let response = HttpResponse {
            status: 200,
            headers: kind::headers(&kind),
            body: bytes.clone(),
            ..HttpResponse::default()
        };
        let part = request.header("range").filter(|_| !self.core.has(Bug::IgnoresRanges)).and_then(range);
        let Some((from, to)) = part else { return response };
        if from >= whole {
            return refused(416, "the object ends before that");
        }
        let to = to.map_or(whole - 1, |to| to.min(whole - 1));
        let mut part = HttpResponse { status: 206, body: bytes.slice(from..=to), ..response };
        part.headers.push(("Content-Range".to_owned(), format!("bytes {from}-{to}/{whole}")));
        part
    }
}

/// `bytes=A-B` or `bytes=A-`, one range. Others are passed over, as HTTP allows.
fn range(text: &str) -> Option<(usize, Option<usize>)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let from = from.parse().ok()?;
    let to = if to.is_empty() { None } else { Some(to.parse().ok().filter(|to| *to >= from)?) };
    Some((from, to))
}

fn refused(status: u16, why: &str) -> HttpResponse {
    HttpResponse::json(status, &json!({"error": why}))
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha1::digest(bytes))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn decoded(text: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_writes_them() {
        assert_eq!(range("bytes=0-9"), Some((0, Some(9))));
        assert_eq!(range("bytes=5-"), Some((5, None)));
        for other in ["bytes=-5", "bytes=9-5", "bytes=1-2,4-5", "items=0-1", ""] {
            assert_eq!(range(other), None, "{other}");
        }
    }
}
