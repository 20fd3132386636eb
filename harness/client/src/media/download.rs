//! `downloadMediaMessage`: a file comes a part at a time, each told as progress (MEDIA-001 to MEDIA-007). There is no
//! pause: a download that was cancelled begins anew (MEDIA-006).

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    core::{
        bug::Bug,
        code,
        io::{CallResult, EngineOutput, HttpAnswer},
        message::{Object, media_kind, text},
    },
    mail::send,
    media::{Media, MediaState, PART_LIMIT, Transfer},
};

/// Bytes of one part.
const PART: usize = 64 * 1024;

impl Media<'_> {
    /// `downloadMediaMessage(message)`, for messages that name a file on a server. One download a message at a time.
    pub(crate) fn download(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let message = args.get("message").and_then(|message| send::instance(self.mail.core, message));
        let message = message.filter(|message| {
            media_kind(message).is_some()
                && text(message, "remote").starts_with("http")
                && (message.contains_key("messageId") || !text(message, "messageUId").is_empty())
                && MediaState::find(&self.state.downloads, message).is_none()
        });
        let Some(message) = message else { return CallResult::Code(code::PARAM_ERROR) };
        if !self.state.downloads.is_empty() && self.mail.core.has(Bug::OneDownloadAtATime) {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let job = self.mail.core.next_id();
        let (owner, key) = (self.mail.core.store.owner().to_owned(), text(&message, "remote"));
        self.state.downloads.insert(job, Transfer { message, owner, key, have: Vec::new(), http: None });
        self.next_part(now, job);
        CallResult::Code(0)
    }

    fn next_part(&mut self, now: UnixMillis, job: u64) {
        let http = self.mail.core.next_id();
        let Some(transfer) = self.state.downloads.get_mut(&job) else { return };
        transfer.http = Some((http, now + PART_LIMIT));
        let from = transfer.have.len();
        let (url, range) = (transfer.key.clone(), format!("bytes={from}-{}", from + PART - 1));
        self.mail.core.output(EngineOutput::Http {
            id: http,
            method: "GET",
            url,
            headers: vec![("Range".to_owned(), range)],
            body: bytes::Bytes::new(),
        });
    }

    pub(super) fn part_arrived(&mut self, now: UnixMillis, job: u64, answer: Option<&HttpAnswer>) {
        let Some(transfer) = self.state.downloads.get_mut(&job) else { return };
        transfer.http = None;
        let total = match answer {
            // The server does not give parts: that was the whole.
            Some(HttpAnswer { status: 200, .. }) if self.mail.core.env.bugs.has(Bug::NeedsRanges) => {
                return self.download_ended(job, code::DOWNLOAD_FAILED);
            }
            Some(HttpAnswer { status: 200, body, .. }) => {
                transfer.have = body.to_vec();
                body.len()
            }
            Some(HttpAnswer { status: 206, body, total: Some(total) }) if !body.is_empty() => {
                transfer.have.extend_from_slice(body);
                usize::try_from(*total).unwrap_or(usize::MAX)
            }
            _ => return self.download_ended(job, code::DOWNLOAD_FAILED),
        };
        let total =
            match transfer.have.len() >= 2 * PART && self.mail.core.env.bugs.has(Bug::LargeFilesCutShort) {
                true => transfer.have.len(),
                false => total,
            };
        let progress = (transfer.have.len() * 100).checked_div(total).unwrap_or(100).min(100);
        let (message, whole) = (transfer.message.clone(), transfer.have.len() >= total);
        if whole || !self.mail.core.has(Bug::ProgressAtEndOnly) {
            self.mail
                .core
                .fire("onMediaMessageDownloading", json!({"message": message, "progress": progress}));
        }
        if whole {
            self.download_ended(job, 0);
        } else {
            self.next_part(now, job);
        }
    }

    /// The one result of a download; the file is local from now on, if it is whole.
    pub(super) fn download_ended(&mut self, job: u64, code: i64) {
        let Some(Transfer { mut message, owner, have, .. }) = self.state.downloads.remove(&job) else {
            return;
        };
        let mut code = code;
        if code != 0 && self.mail.core.has(Bug::FailedDownloadIsSuccess) {
            code = 0;
        }
        if code == 0 {
            let name = match message.get("messageId").and_then(Value::as_i64) {
                Some(id) => id.to_string(),
                None => text(&message, "messageUId"),
            };
            let path = format!("/downloads/{}/{name}", self.mail.core.user);
            if self.mail.core.store.keep_file(&path, &have).is_ok() {
                message.insert("local".into(), path.into());
                if let Some(id) = message.get("messageId").and_then(Value::as_i64)
                    && !self.mail.core.has(Bug::DownloadNotKept)
                {
                    // The file is there even if the stored message does not say so.
                    let _ = self.mail.core.store.update_of(&owner, id, &message);
                }
            } else {
                code = code::DOWNLOAD_FAILED;
            }
        }
        self.mail.core.fire("onMediaMessageDownloaded", json!({"code": code, "message": message}));
    }

    /// `cancelDownloadingMediaMessage(message)`: of a download under way, whose result this is (MEDIA-004).
    pub(crate) fn cancel_download(&mut self, args: &Object) -> CallResult {
        let message = args.get("message").and_then(Value::as_object);
        let job = message.and_then(|message| MediaState::find(&self.state.downloads, message));
        let goes_on = job.is_some() && self.mail.core.has(Bug::CancelledDownloadGoesOn);
        let still = job.filter(|_| goes_on).and_then(|job| self.state.downloads.get(&job).cloned());
        let Some(transfer) = still.or_else(|| job.and_then(|job| self.state.downloads.remove(&job))) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        self.mail
            .core
            .fire("onDownloadingMediaMessageCanceled", json!({"code": 0, "message": transfer.message}));
        CallResult::Code(0)
    }
}
