//! Media messages: files go to the file server before, and come from it after, the messages that name them (SEND-014 to
//! SEND-019, MEDIA).

mod download;
mod upload;

use std::collections::BTreeMap;

use wire::UnixMillis;

use crate::{
    core::{code, io::HttpAnswer, message::Object},
    engine::Engine,
};

/// How long an upload may take, and a part of a download.
const UPLOAD_LIMIT: std::time::Duration = std::time::Duration::from_secs(600);
const PART_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Transfers under way, by a number of their own.
#[derive(Debug, Default)]
pub(crate) struct Media {
    uploads: BTreeMap<u64, Transfer>,
    downloads: BTreeMap<u64, Transfer>,
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

impl Media {
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

impl Engine {
    /// An HTTP answer; `false`: it is none of a transfer's.
    pub(crate) fn media_answered(&mut self, now: UnixMillis, id: u64, answer: Option<&HttpAnswer>) -> bool {
        let find = |of: &BTreeMap<u64, Transfer>| {
            of.iter().find(|(_, transfer)| transfer.awaits(id)).map(|(job, _)| *job)
        };
        let (upload, download) = (find(&self.media.uploads), find(&self.media.downloads));
        if let Some(job) = upload {
            self.uploaded(now, job, answer);
        } else if let Some(job) = download {
            self.part_arrived(now, job, answer);
        }
        upload.is_some() || download.is_some()
    }

    /// Transfers that took too long have failed.
    pub(crate) fn media_overdue(&mut self, now: UnixMillis) {
        let late = |of: &BTreeMap<u64, Transfer>| -> Vec<u64> {
            let late = of.iter().filter(|(_, t)| t.http.is_some_and(|(_, until)| until <= now));
            late.map(|(job, _)| *job).collect()
        };
        for job in late(&self.media.uploads) {
            self.upload_failed(job, code::NO_ANSWER);
        }
        for job in late(&self.media.downloads) {
            self.download_ended(job, code::NO_ANSWER);
        }
    }

    /// The connection is gone, and with it what a message needs after its upload.
    pub(crate) fn fail_uploads(&mut self) {
        let jobs: Vec<u64> = self.media.uploads.keys().copied().collect();
        for job in jobs {
            self.upload_failed(job, code::CONNECTION_LOST);
        }
    }
}
