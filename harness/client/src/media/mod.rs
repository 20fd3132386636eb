//! Media messages: files go to the file server before, and come from it after, the messages that name them (SEND-014 to
//! SEND-019, MEDIA).

mod download;
mod upload;

use std::collections::BTreeMap;

use wire::{Topic, UnixMillis};

use crate::{
    core::{
        code,
        io::HttpAnswer,
        message::Object,
        requests::{Asked, Reply, Way},
    },
    mail::Mail,
};

/// How long an upload may take, and a part of a download.
const UPLOAD_LIMIT: std::time::Duration = std::time::Duration::from_secs(600);
const PART_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Transfers under way, by a number of their own.
#[derive(Debug, Default)]
pub(crate) struct MediaState {
    uploads: BTreeMap<u64, Transfer>,
    downloads: BTreeMap<u64, Transfer>,
    pub(crate) asked: Asked<Call>,
}

/// Transfers, and what they may touch: a message that was uploaded goes out like any other.
pub(crate) struct Media<'e> {
    pub(crate) mail: Mail<'e>,
    pub(crate) state: &'e mut MediaState,
}

/// What an unanswered request is about: the transfer of that number.
#[derive(Debug)]
pub(crate) enum Call {
    /// Leave to upload a file.
    UploadToken(u64),
    /// Where an uploaded file can be read.
    FileAddress(u64),
}

/// One file on its way.
#[derive(Debug, Clone)]
struct Transfer {
    message: Object,
    /// Whose message it is.
    owner: String,
    /// The object on the file server.
    key: String,
    /// What has arrived of a download.
    have: Vec<u8>,
    /// The HTTP request it waits for, and until when.
    http: Option<(u64, UnixMillis)>,
}

impl Transfer {
    fn awaits(&self, http: u64) -> bool {
        self.http.is_some_and(|(id, _)| id == http)
    }
}

impl MediaState {
    /// When the next transfer has taken too long.
    pub(crate) fn deadline(&self) -> Option<UnixMillis> {
        let transfers = self.uploads.values().chain(self.downloads.values());
        transfers.filter_map(|transfer| transfer.http).map(|(_, until)| until).min()
    }

    /// The transfer of a message among `transfers`: the same instance has the same number or UID.
    fn find(transfers: &BTreeMap<u64, Transfer>, message: &Object) -> Option<u64> {
        let same =
            |name: &str, other: &Object| message.get(name).is_some_and(|id| other.get(name) == Some(id));
        let mut found =
            transfers.iter().filter(|(_, t)| same("messageId", &t.message) || same("messageUId", &t.message));
        found.next().map(|(job, _)| *job)
    }
}

impl Media<'_> {
    /// Sends a request, or ends it at once where there is no connection.
    fn ask(&mut self, now: UnixMillis, topic: Topic, target: &str, body: Vec<u8>, call: Call) {
        match self.mail.core.ask(now, topic, target, body, Way::Query) {
            Some(id) => self.state.asked.keep(id, call),
            None => self.answered(now, call, &Reply::none(code::NOT_CONNECTED)),
        }
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: UnixMillis, call: Call, reply: &Reply) {
        match call {
            Call::UploadToken(job) if reply.code == 0 => self.upload_allowed(now, job, &reply.body),
            Call::FileAddress(job) if reply.code == 0 => self.upload_addressed(now, job, &reply.body),
            Call::UploadToken(job) | Call::FileAddress(job) => self.upload_failed(job, reply.code),
        }
    }

    /// An HTTP answer; `false`: it is none of a transfer's.
    pub(crate) fn http_answered(&mut self, now: UnixMillis, id: u64, answer: Option<&HttpAnswer>) -> bool {
        let find = |of: &BTreeMap<u64, Transfer>| {
            of.iter().find(|(_, transfer)| transfer.awaits(id)).map(|(job, _)| *job)
        };
        let (upload, download) = (find(&self.state.uploads), find(&self.state.downloads));
        if let Some(job) = upload {
            self.uploaded(now, job, answer);
        } else if let Some(job) = download {
            self.part_arrived(now, job, answer);
        }
        upload.is_some() || download.is_some()
    }

    /// Transfers that took too long have failed.
    pub(crate) fn overdue(&mut self, now: UnixMillis) {
        let late = |of: &BTreeMap<u64, Transfer>| -> Vec<u64> {
            let late = of.iter().filter(|(_, t)| t.http.is_some_and(|(_, until)| until <= now));
            late.map(|(job, _)| *job).collect()
        };
        for job in late(&self.state.uploads) {
            self.upload_failed(job, code::NO_ANSWER);
        }
        for job in late(&self.state.downloads) {
            self.download_ended(job, code::NO_ANSWER);
        }
    }

    /// The connection is gone, and with it what a message needs after its upload.
    pub(crate) fn fail_uploads(&mut self) {
        let jobs: Vec<u64> = self.state.uploads.keys().copied().collect();
        for job in jobs {
            self.upload_failed(job, code::CONNECTION_LOST);
        }
    }
}
