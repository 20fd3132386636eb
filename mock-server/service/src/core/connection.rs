//! A connection of an accepted client, as the world remembers it. Kept small: there may be many idle ones.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use wire::UnixMillis;

use crate::core::{
    account::{DeviceIx, UserIx},
    feed::Notified,
    io::{ConnId, Login, PlatformClass, Transport},
};

#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) user: UserIx,
    pub(crate) class: PlatformClass,
    pub(crate) device: DeviceIx,
    pub(crate) transport: Transport,
    /// Empty for most; a name for journals and fences.
    pub(crate) label: Box<str>,
    /// By which origin the client reached us; empty where nothing tells.
    pub(crate) origin: Arc<str>,
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
    /// It pulls what its user sent elsewhere, too.
    pub(crate) pulls_sent: bool,
    /// It was told to pull for what its user sent after that time, and has not done so yet.
    pub(crate) sent_told: Option<UnixMillis>,
    /// To its SDK a pushed body is the message: what it has acknowledged outside a pull, it has.
    reads_bodies: bool,
    /// How often it has pulled.
    pulls: u32,
    /// Pushes that are not yet acknowledged.
    in_flight: VecDeque<InFlight>,
    /// Times of the latest sendings, as many as the rate allows a second.
    pub(crate) sent_at: VecDeque<UnixMillis>,
    next_push: u16,
    /// How often it has polled.
    pub(crate) polls: u32,
    /// A fault cut it after the frame being handled: nothing more gets out.
    pub(crate) silenced: bool,
    /// When it was told of messages of ultra groups that it has not pulled since.
    pub(crate) notified_of_ultra_groups: Notified,
    /// What the app's server was told when it came.
    pub(crate) told: Option<Box<Told>>,
}

/// A push on its way.
#[derive(Debug, Clone)]
struct InFlight {
    id: u16,
    /// Its message's time.
    time: UnixMillis,
    /// How often the client had pulled when it was pushed.
    pulls: u32,
}

/// Web engines from 5.36.7 on take a pushed body for the message and keep no watermark of it: a page that is loaded anew asks
/// for it again. To 5.28.0 it is a mere reason to pull, after the acknowledgement; older ones keep the watermark (seen). Of
/// what lies between them, and of native engines, nothing is known.
fn reads_bodies(login: &Login) -> bool {
    let mut parts = login.sdk_version.split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    login.transport == Transport::WebSocket && version >= (5, 36, 7)
}

impl Connection {
    pub(crate) fn new(
        user: UserIx,
        device: DeviceIx,
        class: PlatformClass,
        login: &Login,
        origin: Arc<str>,
        now: UnixMillis,
    ) -> Self {
        Self {
            user,
            class,
            device,
            transport: login.transport,
            label: login.label.as_str().into(),
            origin,
            since: now,
            written: 0,
            read: 0,
            announced: UnixMillis(0),
            awaits_pull: false,
            unconfirmed_pull: None,
            pulled_to: UnixMillis(0),
            pulled: None,
            has_pulled: false,
            pulls_sent: false,
            sent_told: None,
            reads_bodies: reads_bodies(login),
            pulls: 0,
            in_flight: VecDeque::new(),
            sent_at: VecDeque::new(),
            next_push: 0,
            polls: 0,
            silenced: false,
            notified_of_ultra_groups: Notified::default(),
            told: None,
        }
    }

    /// The next message id of the server's own counter, 1 to 65,535 and round again.
    /// What was sent to the client and it has not acknowledged.
    pub(crate) fn owes(&self) -> usize {
        let pull = usize::from(self.unconfirmed_pull.is_some() || self.awaits_pull);
        self.in_flight.len() + pull
    }

    pub(crate) fn next_push_id(&mut self) -> u16 {
        self.next_push = self.next_push.checked_add(1).unwrap_or(1);
        self.next_push
    }

    /// A message is being pushed.
    pub(crate) fn pushes(&mut self, id: u16, time: UnixMillis) {
        self.in_flight.push_back(InFlight { id, time, pulls: self.pulls });
    }

    /// The client pulls.
    pub(crate) fn pulls(&mut self, now: UnixMillis, sent_too: bool) {
        self.pulls = self.pulls.wrapping_add(1);
        self.pulled = Some(now);
        self.pulls_sent = sent_too;
    }

    /// The message time that an acknowledged push carried, and whether the client has it for certain. One that pulls
    /// acknowledges what is pushed meanwhile and may throw it away; what it asked before it acknowledged has come before.
    pub(crate) fn acknowledged(&mut self, id: u16) -> Option<(UnixMillis, bool)> {
        let index = self.in_flight.iter().position(|push| push.id == id)?;
        let push = self.in_flight.remove(index)?;
        Some((push.time, self.reads_bodies && push.pulls == self.pulls))
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

/// What became of a device, with its `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Presence {
    Online = 0,
    Offline = 1,
    LoggedOut = 2,
}

/// What a connection's callbacks repeat until its end; absent where nobody is told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) session: String,
    pub(crate) address: String,
}

/// A connection that is over, for the topics that have to know.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) conn: ConnId,
    pub(crate) connection: Connection,
    pub(crate) how: Presence,
}
