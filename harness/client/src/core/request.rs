//! Requests under way: every accepted one ends in exactly one result (ERR-008, ENG-007).

use bytes::Bytes;
use wire::{ClientFrame, Request, Topic, UnixMillis};

use crate::{
    chatroom,
    core::{code, message::Object},
    engine::Engine,
    mail::{
        delete::{Clear, Delete},
        expansion,
        history::Load,
        send::SendEvents,
        signal::Signal,
    },
    preferences::{quiet::QuietCall, settings::Change},
    ultra_group,
};

/// How long a request waits for its answer, as the vendor's engines have it.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// What an unanswered request was about.
#[derive(Debug, Clone)]
pub(crate) enum Pending {
    /// A message of the app, and the callbacks that tell of it.
    Send { message: Object, events: SendEvents },
    /// A receipt, or a read state for other devices.
    Signal(Signal),
    /// Leave to upload a file, for the transfer of that number.
    UploadToken(u64),
    /// Where an uploaded file can be read.
    FileAddress(u64),
    /// A package of the mailbox.
    Pull,
    /// A blacklist request: the callback that answers it, and the user it is about.
    Blacklist { event: &'static str, user: Option<String> },
    /// A change of a pin or a do-not-disturb level.
    Setting(Box<Change>),
    /// Newer settings.
    Settings,
    /// Quiet hours.
    Quiet(QuietCall),
    /// A page of the server's history.
    Load(Box<Load>),
    /// Clearing the server's history by time.
    Clear(Box<Clear>),
    /// Deleting messages from the server's history.
    Delete(Box<Delete>),
    /// A recall of that message.
    Recall(Object),
    /// A change of the expansion of the message of that UID.
    Expansion { uid: String, change: expansion::Change },
    /// Something about a chatroom.
    Room(Box<chatroom::Call>),
    /// Something about ultra groups.
    UltraGroup(Box<ultra_group::Call>),
}

impl Pending {
    /// Whether it goes up as a PUBLISH, which a PUBACK answers; everything else is a QUERY.
    fn is_published(&self) -> bool {
        match self {
            Self::UltraGroup(call) => call.is_published(),
            Self::Send { .. } | Self::Signal(_) | Self::Recall(_) | Self::Expansion { .. } => true,
            _ => false,
        }
    }
}

impl Engine {
    /// Sends a request on the open connection; it will be answered, or fail after thirty seconds.
    pub(crate) fn request(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: &str,
        body: Bytes,
        pending: Pending,
    ) {
        let id = self.next_message_id();
        let mut request = Request::new(topic, target, id, body);
        let frame = if pending.is_published() {
            ClientFrame::Publish(request)
        } else {
            request.qos = 0;
            ClientFrame::Query(request)
        };
        self.pending.insert(id, (now + ANSWER_LIMIT, pending));
        self.write(frame);
    }

    /// Sends a request, or fails it at once where there is no connection.
    pub(crate) fn ask(&mut self, now: UnixMillis, topic: Topic, target: &str, body: Bytes, pending: Pending) {
        if self.link.is_online() {
            self.request(now, topic, target, body, pending);
        } else {
            self.failed(now, pending, code::NOT_CONNECTED);
        }
    }

    /// Ids run from 1 to 65535 and round again, past those still in use.
    pub(crate) fn next_message_id(&mut self) -> u16 {
        for _ in 0..=u16::MAX {
            self.last_message_id = self.last_message_id.checked_add(1).unwrap_or(1);
            if !self.pending.contains_key(&self.last_message_id) {
                break;
            }
        }
        self.last_message_id
    }

    pub(crate) fn requests_overdue(&mut self, now: UnixMillis) {
        let overdue: Vec<u16> =
            self.pending.iter().filter(|(_, (until, _))| *until <= now).map(|(id, _)| *id).collect();
        for id in overdue {
            if let Some((_, pending)) = self.pending.remove(&id) {
                self.failed(now, pending, code::NO_ANSWER);
            }
        }
    }

    /// The connection is gone: whatever waited on it will not be answered.
    pub(crate) fn fail_pending(&mut self, now: UnixMillis) {
        for (_, (_, pending)) in std::mem::take(&mut self.pending) {
            self.failed(now, pending, code::CONNECTION_LOST);
        }
        self.fail_uploads();
    }

    /// A request ended without an answer.
    pub(crate) fn failed(&mut self, now: UnixMillis, pending: Pending, code: i64) {
        match pending {
            Pending::Send { message, events } => self.sent(message, events, code, None),
            Pending::Signal(signal) => self.signal_answered(signal, code, None),
            Pending::UploadToken(job) | Pending::FileAddress(job) => self.upload_failed(job, code),
            Pending::Pull => self.pull_failed(now, code),
            Pending::Blacklist { event, user } => self.blacklist_answered(event, user, code, &Bytes::new()),
            Pending::Setting(change) => self.setting_changed(*change, code, &Bytes::new()),
            // An answer that got lost is asked for again; a refusal stands until the next notice.
            Pending::Settings if code == crate::core::code::NO_ANSWER && self.link.is_online() => {
                self.pull_settings(now)
            }
            Pending::Settings => {}
            Pending::Quiet(call) => self.quiet_answered(call, code, &Bytes::new()),
            Pending::Load(load) => self.history_answered(&load, code, &Bytes::new()),
            Pending::Clear(clear) => self.cleared(&clear, code),
            Pending::Delete(delete) => self.deleted(&delete, code),
            Pending::Recall(message) => self.recall_answered(now, message, code),
            Pending::Room(call) => self.room_answered(now, *call, code, &Bytes::new()),
            Pending::UltraGroup(call) => self.ultra_group_answered(now, *call, code, &Bytes::new()),
            Pending::Expansion { uid, change } => self.expansion_answered(&uid, &change, code, ""),
        }
    }

    pub(crate) fn query_answered(&mut self, now: UnixMillis, id: u16, status: u16, body: &Bytes) {
        // A query's answer does not answer a message that happens to have its id.
        if self.pending.get(&id).is_some_and(|(_, pending)| pending.is_published()) {
            return;
        }
        match self.pending.remove(&id) {
            Some((_, Pending::Pull)) if status == 0 => self.package(now, body),
            Some((_, Pending::UploadToken(job))) if status == 0 => self.upload_allowed(now, job, body),
            Some((_, Pending::FileAddress(job))) if status == 0 => self.upload_addressed(now, job, body),
            Some((_, Pending::Blacklist { event, user })) => {
                self.blacklist_answered(event, user, i64::from(status), body);
            }
            Some((_, Pending::Setting(change))) => self.setting_changed(*change, i64::from(status), body),
            Some((_, Pending::Settings)) if status == 0 => self.settings_arrived(body),
            Some((_, Pending::Quiet(call))) => self.quiet_answered(call, i64::from(status), body),
            Some((_, Pending::Load(load))) => self.history_answered(&load, i64::from(status), body),
            Some((_, Pending::Room(call))) => self.room_answered(now, *call, i64::from(status), body),
            Some((_, Pending::UltraGroup(call))) => {
                self.ultra_group_answered(now, *call, i64::from(status), body);
            }
            Some((_, pending)) => self.failed(now, pending, i64::from(status)),
            None => {}
        }
    }

    /// The server answered a message.
    pub(crate) fn send_answered(
        &mut self,
        now: UnixMillis,
        id: u16,
        status: u16,
        time: UnixMillis,
        uid: String,
    ) {
        if !self.pending.get(&id).is_some_and(|(_, pending)| pending.is_published()) {
            return;
        }
        let code = i64::from(status);
        match self.pending.remove(&id) {
            Some((_, Pending::Send { message, events })) => {
                let accepted = (status == 0).then_some((time, uid));
                self.sent(message, events, code, accepted);
            }
            Some((_, Pending::UltraGroup(call))) => {
                self.ultra_group_answered(now, call.taken_at(time), code, &Bytes::new());
            }
            Some((_, Pending::Expansion { uid: message, change })) => {
                self.expansion_answered(&message, &change, code, &uid);
            }
            Some((_, Pending::Signal(signal))) => {
                self.signal_answered(signal, code, (status == 0).then_some(uid));
            }
            Some((_, pending)) => self.failed(now, pending, code),
            None => {}
        }
    }
}
