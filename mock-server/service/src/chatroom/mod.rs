//! Chatrooms (CHRM, CHHIST, CHKICK, CHST, CHKV): rooms that exist while something happens in them, whose members get
//! messages while they are online and nothing afterwards.
//!
//! Here: what the service remembers of rooms. What happens in them stands in the modules by name. A room's members
//! are users; each device that joined has a seat, and a member without a seat is offline.

pub(crate) mod auto_exit;
pub(crate) mod ban;
pub(crate) mod broadcast;
pub(crate) mod callback;
pub(crate) mod destroy;
pub(crate) mod entries;
pub(crate) mod entry_calls;
pub(crate) mod history;
pub(crate) mod join;
pub(crate) mod load;
pub(crate) mod message;
pub(crate) mod notice;
pub(crate) mod recall;
pub(crate) mod returned;
pub(crate) mod setup;
pub(crate) mod view;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use wire::UnixMillis;

use crate::{
    core::{
        Core,
        account::{DeviceIx, UserIx},
        by_user::ByUser,
        feed::{Notified, SharedAnswer},
        io::ConnId,
        message::Message,
    },
    mail::mailbox::Mailbox,
    outward::{Outward, OutwardState},
    preferences::PreferencesState,
};

pub use self::setup::ChatroomSetup;
use self::{auto_exit::Offline, ban::Bans, entries::Entries, load::Window};
pub(crate) use self::{
    ban::Mute,
    destroy::{Gone, Life},
    entries::{Changed, by_app_server},
    join::{LONGEST_ID, Left},
};

/// Chatrooms, and what they may touch.
pub(crate) struct Chatrooms<'w> {
    pub(crate) state: &'w mut ChatroomsState,
    /// For the one bug that keeps messages for who is away.
    pub(crate) mailboxes: &'w mut ByUser<Mailbox>,
    pub(crate) outward: &'w mut OutwardState,
    pub(crate) preferences: &'w PreferencesState,
    pub(crate) core: &'w mut Core,
}

impl Chatrooms<'_> {
    fn outward(&mut self) -> Outward<'_> {
        Outward { state: self.outward, preferences: self.preferences, core: self.core }
    }
}

/// Every room of a world, and what holds for all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChatroomsState {
    by_id: BTreeMap<Arc<str>, Room>,
    /// The rooms each user is in, in the order it joined them: what a login or a loss concerns costs no look at others.
    joined: BTreeMap<UserIx, Vec<Arc<str>>>,
    /// Users that may speak in no room, and until when; for ever without a time.
    pub(crate) muted_everywhere: BTreeMap<UserIx, Mute>,
    /// Object names that are given up first when a room is overloaded.
    pub(crate) low_level: BTreeSet<String>,
    /// Object names that are never given up.
    pub(crate) kept_types: BTreeSet<String>,
    /// Rooms that do not end by themselves; they need not exist yet.
    pub(crate) kept_alive: BTreeSet<Arc<str>>,
    /// What the cloud keeps, by room: it outlives the room.
    history: BTreeMap<Arc<str>, VecDeque<Arc<Message>>>,
    /// The only object names that joining brings; empty: any.
    pub(crate) join_types: BTreeSet<String>,
    next_timer: u64,
}

impl ChatroomsState {
    pub(crate) fn get(&self, id: &str) -> Option<&Room> {
        self.by_id.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Room> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.by_id.values()
    }

    pub(crate) fn ids(&self) -> Vec<Arc<str>> {
        self.by_id.keys().cloned().collect()
    }

    /// The rooms a user is in.
    pub(crate) fn of(&self, user: UserIx) -> Vec<Arc<str>> {
        self.joined.get(&user).cloned().unwrap_or_default()
    }

    fn enter(&mut self, user: UserIx, room: &Arc<str>) {
        let rooms = self.joined.entry(user).or_default();
        if !rooms.contains(room) {
            rooms.push(room.clone());
        }
    }

    fn quit(&mut self, user: UserIx, room: &str) {
        if let Some(rooms) = self.joined.get_mut(&user) {
            rooms.retain(|id| **id != *room);
            if rooms.is_empty() {
                self.joined.remove(&user);
            }
        }
    }

    fn timer(&mut self) -> u64 {
        self.next_timer += 1;
        self.next_timer
    }
}

/// One room, from its creation until it is destroyed.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    /// The same for the room's life, another after it is created anew (CHRM-037).
    pub(crate) session: String,
    pub(crate) created: UnixMillis,
    /// The time of the newest message or join: every message's is later.
    clock: UnixMillis,
    /// When something last happened that keeps the room (CHST-006 to CHST-008).
    pub(crate) activity: UnixMillis,
    pub(crate) life: Life,
    /// The timer that counts; others were overtaken.
    timer: u64,
    pub(crate) members: BTreeMap<UserIx, Member>,
    /// Members without a seat: only they are looked at when a message comes.
    offline: BTreeMap<UserIx, Offline>,
    messages: VecDeque<Said>,
    /// The answer to the last pull, for the many who ask for the same.
    answer: SharedAnswer<(UnixMillis, UnixMillis)>,
    pub(crate) entries: Entries,
    pub(crate) bans: Bans,
    /// What is said is accepted, and reaches nobody.
    pub(crate) stopped: bool,
    window: Window,
}

/// Somebody in a room.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) joined: UnixMillis,
    seats: Vec<Seat>,
    /// What a device that lost its seat has: coming back, it is given what changed since then.
    away: BTreeMap<DeviceIx, returned::Had>,
}

/// A device that joined.
#[derive(Debug, Clone)]
struct Seat {
    conn: ConnId,
    since: UnixMillis,
    /// When it was told of messages that it has not pulled since.
    notified: Notified,
    /// Up to when it has the messages, from this seat or one it had before.
    has_messages: UnixMillis,
    /// It has pulled messages since it sits here.
    pulled_messages: bool,
    /// The same of entries.
    notified_of_entries: Notified,
    /// Up to when it has the entries, from this seat or one it had before: pulls bring changes only.
    has_entries: Option<UnixMillis>,
    /// It has pulled entries since it sits here.
    pulled_entries: bool,
}

impl Seat {
    fn new(conn: ConnId, since: UnixMillis) -> Self {
        Self {
            conn,
            since,
            notified: Notified::default(),
            has_messages: since,
            pulled_messages: false,
            notified_of_entries: Notified::default(),
            has_entries: None,
            pulled_entries: false,
        }
    }
}

impl Member {
    fn new(joined: UnixMillis) -> Self {
        Self { joined, seats: Vec::new(), away: BTreeMap::new() }
    }

    /// The connection ended; the device may come back.
    fn lose(&mut self, conn: ConnId, device: DeviceIx) {
        if let Some(lost) = self.seats.iter().find(|seat| seat.conn == conn) {
            self.away.insert(device, returned::Had::of(lost));
        }
        self.seats.retain(|seat| seat.conn != conn);
    }

    fn seat(&mut self, conn: ConnId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.conn == conn)
    }
}

/// A message in a room.
#[derive(Debug, Clone)]
struct Said {
    message: Arc<Message>,
    /// Its object name; a joiner may want only some.
    classname: Box<str>,
    by: UserIx,
    /// The device and connection it was sent from, to which it is not given again; absent for the app server's.
    from: Option<(DeviceIx, ConnId)>,
    /// Whether who joins later gets it.
    kept: bool,
    /// Not for the devices of who said it.
    but_speaker: bool,
}

impl Room {
    fn new(id: &str, session: String, life: Life, now: UnixMillis) -> Self {
        Self {
            id: id.into(),
            name: id.to_owned(),
            session,
            created: now,
            // The set-up may say what was said before it began.
            clock: UnixMillis(0),
            activity: now,
            life,
            timer: 0,
            members: BTreeMap::new(),
            offline: BTreeMap::new(),
            messages: VecDeque::new(),
            answer: SharedAnswer::default(),
            entries: Entries::new(now),
            bans: Bans::default(),
            stopped: false,
            window: Window::default(),
        }
    }

    /// The next message's time.
    fn tick(&mut self, now: UnixMillis) -> UnixMillis {
        self.clock = now.max(self.clock.next());
        self.clock
    }

    /// The member's seat of that connection.
    fn seat(&mut self, user: UserIx, conn: ConnId) -> Option<&mut Seat> {
        self.members.get_mut(&user)?.seat(conn)
    }

    /// Members by the time they joined.
    pub(crate) fn by_join_time(&self) -> Vec<(UserIx, UnixMillis)> {
        let mut members: Vec<_> = self.members.iter().map(|(user, member)| (*user, member.joined)).collect();
        members.sort_by_key(|(user, joined)| (*joined, *user));
        members
    }
}
