//! What waits for its time: one queue a world, in order of time and then of when it was put in.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wire::{ClientFrame, ServerFrame, Topic, UnixMillis};

use crate::core::{
    Core,
    account::UserIx,
    ids::Uid,
    io::{ConnId, HttpId, HttpRequest, HttpResponse, Login},
    refusal::Hint,
};

/// What waits for its time.
#[derive(Debug, Clone)]
pub(crate) enum Delayed {
    Open(ConnId, Box<Login>),
    Up(ConnId, ClientFrame),
    /// With the topic that an answer answers, and its hint for the journal.
    Down(ConnId, ServerFrame, Option<Topic>, Option<Hint>),
    Http(HttpId, Box<HttpRequest>),
    /// The file server takes its time.
    Respond(HttpId, Box<HttpResponse>),
    /// A polling client's poll has waited long enough, or the client is gone.
    Poll {
        conn: ConnId,
        poll: u32,
        gone: bool,
    },
    /// Something of a topic's.
    Topic(Due),
}

/// What a topic has to do at its time.
#[derive(Debug, Clone)]
pub(crate) enum Due {
    /// A client that has not pulled since its login is told that something waits.
    Remind(ConnId),
    /// A message waits for nobody any longer.
    Withdraw(Uid, UnixMillis),
    /// A chatroom may have to end.
    Room(Arc<str>, u64),
    /// A chatroom's member has been offline for a while.
    RoomExit(Arc<str>, UserIx),
    /// A device that came back into a chatroom may not have asked for what is new in it.
    RemindReturned(Arc<str>, ConnId),
    /// Members of an ultra group are told who types.
    UltraTyping(Arc<str>),
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timers {
    waiting: BTreeMap<(UnixMillis, u64), Delayed>,
    next: u64,
}

impl Timers {
    /// When the first is due.
    pub(crate) fn first(&self) -> Option<UnixMillis> {
        self.waiting.keys().next().map(|(at, _)| *at)
    }

    /// The first, if it is due.
    pub(crate) fn due(&mut self, now: UnixMillis) -> Option<Delayed> {
        let entry = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    fn put(&mut self, at: UnixMillis, what: Delayed) {
        self.next += 1;
        self.waiting.insert((at, self.next), what);
    }
}

impl Core {
    /// Looks after a login whether the client has pulled.
    pub(crate) fn remind_later(&mut self, now: UnixMillis, conn: ConnId, ms: u64) {
        self.delay(now, ms, Delayed::Topic(Due::Remind(conn)));
    }

    /// Looks after a chatroom in so many milliseconds.
    pub(crate) fn end_later(&mut self, now: UnixMillis, ms: u64, room: Arc<str>, timer: u64) {
        self.delay(now, ms, Delayed::Topic(Due::Room(room, timer)));
    }

    /// Looks after a chatroom's member.
    pub(crate) fn exit_later(
        &mut self,
        now: UnixMillis,
        wait: std::time::Duration,
        room: Arc<str>,
        user: UserIx,
    ) {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.delay(now, ms, Delayed::Topic(Due::RoomExit(room, user)));
    }

    /// Takes a message of that time out of all mailboxes it still waits in, after a while.
    pub(crate) fn withdraw_later(&mut self, now: UnixMillis, after: Duration, uid: Uid, time: UnixMillis) {
        let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.delay(now, ms, Delayed::Topic(Due::Withdraw(uid, time)));
    }

    pub(crate) fn delay(&mut self, now: UnixMillis, ms: u64, what: Delayed) {
        self.timers.put(now + Duration::from_millis(ms), what);
    }
}
