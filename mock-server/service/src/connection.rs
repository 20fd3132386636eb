//! A connection of an accepted client, as the world remembers it. Kept small: there may be many idle ones.

use std::{collections::VecDeque, time::Duration};

use wire::UnixMillis;

use crate::{
    account::UserIx,
    io::{Login, PlatformClass, Transport},
    presence::Told,
    timeline::DeviceIx,
};

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) user: UserIx,
    pub(crate) class: PlatformClass,
    pub(crate) device: DeviceIx,
    pub(crate) transport: Transport,
    /// Empty for most; a name for journals and fences.
    pub(crate) label: Box<str>,
    pub(crate) since: UnixMillis,
    pub(crate) written: u64,
    pub(crate) read: u64,
    /// The newest time announced by `s_ntf`: no finished pull may answer less.
    pub(crate) announced: UnixMillis,
    /// There is more to pull: announced, or behind the last package.
    pub(crate) awaits_pull: bool,
    /// The answered pull that the client has not confirmed: its package may still be on the way.
    pub(crate) unconfirmed_pull: Option<u16>,
    /// The watermark that the last pull was answered with.
    pub(crate) pulled_to: UnixMillis,
    /// When the last pull was answered or confirmed: pushes close behind it are announced instead.
    pub(crate) pulled: Option<UnixMillis>,
    /// The client already pulled on this connection.
    pub(crate) has_pulled: bool,
    /// Pushes that are not yet acknowledged, with the times of their messages.
    pub(crate) in_flight: VecDeque<(u16, UnixMillis)>,
    /// Times of the latest sendings, as many as the rate allows a second.
    pub(crate) sent_at: VecDeque<UnixMillis>,
    next_push: u16,
    /// How often it has polled.
    pub(crate) polls: u32,
    /// A fault cut it after the frame being handled: nothing more gets out.
    pub(crate) silenced: bool,
    /// When it was told of messages of ultra groups that it has not pulled since.
    pub(crate) told_of_ultra: Option<UnixMillis>,
    /// What the app's server was told when it came.
    pub(crate) told: Option<Box<Told>>,
}

impl Connection {
    pub(crate) fn new(
        user: UserIx,
        device: DeviceIx,
        class: PlatformClass,
        login: &Login,
        now: UnixMillis,
    ) -> Self {
        Self {
            user,
            class,
            device,
            transport: login.transport,
            label: login.label.as_str().into(),
            since: now,
            written: 0,
            read: 0,
            announced: UnixMillis(0),
            awaits_pull: false,
            unconfirmed_pull: None,
            pulled_to: UnixMillis(0),
            pulled: None,
            has_pulled: false,
            in_flight: VecDeque::new(),
            sent_at: VecDeque::new(),
            next_push: 0,
            polls: 0,
            silenced: false,
            told_of_ultra: None,
            told: None,
        }
    }

    /// The next message id of the server's own counter, 1 to 65,535 and round again.
    pub(crate) fn next_push_id(&mut self) -> u16 {
        self.next_push = self.next_push.checked_add(1).unwrap_or(1);
        self.next_push
    }

    /// The message time that an acknowledged push carried.
    pub(crate) fn acknowledged(&mut self, id: u16) -> Option<UnixMillis> {
        let index = self.in_flight.iter().position(|(push, _)| *push == id)?;
        self.in_flight.remove(index).map(|(_, time)| time)
    }

    /// The client has a package: from a moment later on it takes bodies. `false`: it is not the last one that was given.
    pub(crate) fn pull_confirmed(&mut self, now: UnixMillis, id: u16) -> bool {
        let confirmed = self.unconfirmed_pull == Some(id);
        if confirmed {
            self.unconfirmed_pull = None;
            self.pulled = Some(now);
        }
        confirmed
    }

    /// Whether one more message fits into `per_second` (0 = any number), and counts it if it does (SEND-001).
    pub(crate) fn may_send(&mut self, now: UnixMillis, per_second: u32) -> bool {
        if per_second == 0 {
            return true;
        }
        while self.sent_at.front().is_some_and(|at| now.since(*at) >= Duration::from_secs(1)) {
            self.sent_at.pop_front();
        }
        let fits = self.sent_at.len() < per_second as usize;
        if fits {
            self.sent_at.push_back(now);
        }
        fits
    }
}
