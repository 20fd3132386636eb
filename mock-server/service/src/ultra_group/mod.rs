//! Ultra groups (UG): groups without a limit of members, divided into channels.
//!
//! Here: what the service remembers of them. What happens in them stands in the modules by name. Nothing is kept for
//! every member of a group but the time it joined: a message costs as much as there are members online, because one log a
//! group is read when somebody asks, and unread counts are reckoned then.

pub(crate) mod change;
pub(crate) mod channel;
pub(crate) mod edit;
pub(crate) mod history;
pub(crate) mod levels;
pub(crate) mod log;
pub(crate) mod membership;
pub(crate) mod message;
pub(crate) mod mute;
pub(crate) mod notice;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod recall;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod typing;
pub(crate) mod unread;
pub(crate) mod user_group;
pub(crate) mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use indexmap::IndexMap;
use wire::UnixMillis;

use crate::{
    core::{Core, account::UserIx, feed::SharedAnswer, io::ConnId},
    files::message_log::MessageLog,
    outward::{Outward, OutwardState},
    preferences::PreferencesState,
};

pub use self::setup::{ChannelSetup, ChannelType, UltraGroupSetup};
use self::{change::Changes, log::Log, typing::Typing, unread::Marks, user_group::UserGroup};
pub(crate) use self::{
    channel::{Channel, DEFAULT_CHANNEL, LONGEST_CHANNEL},
    log::Entry,
    membership::Joined,
};

/// Ultra groups, and what they may touch.
pub(crate) struct UltraGroups<'w> {
    pub(crate) state: &'w mut UltraGroupsState,
    pub(crate) message_log: &'w mut MessageLog,
    pub(crate) outward: &'w mut OutwardState,
    pub(crate) preferences: &'w PreferencesState,
    pub(crate) core: &'w mut Core,
}

impl UltraGroups<'_> {
    fn outward(&mut self) -> Outward<'_> {
        Outward { state: self.outward, preferences: self.preferences, core: self.core }
    }
}

/// Every ultra group of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct UltraGroupsState {
    by_id: BTreeMap<Arc<str>, UltraGroup>,
    /// The groups each user is in, in the order it joined them: what a login or a pull concerns costs no look at others.
    joined: BTreeMap<UserIx, Vec<Arc<str>>>,
    /// The time of the newest message or change of any group. One watermark stands for all groups of a user, so that no
    /// two of them may have the same time.
    clock: Clock,
}

/// When members of the set-up joined.
const LONG_AGO: UnixMillis = UnixMillis(i64::MIN);

/// Gives every message and change of the world's ultra groups a time of its own.
#[derive(Debug, Clone, Default)]
struct Clock(UnixMillis);

impl Clock {
    /// The next time.
    fn tick(&mut self, now: UnixMillis) -> UnixMillis {
        self.0 = now.max(self.0.next());
        self.0
    }
}

impl UltraGroupsState {
    pub(crate) fn get(&self, id: &str) -> Option<&UltraGroup> {
        self.by_id.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut UltraGroup> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &UltraGroup> {
        self.by_id.values()
    }

    /// The groups a user is in.
    pub(crate) fn of(&self, user: UserIx) -> &[Arc<str>] {
        self.joined.get(&user).map_or(&[], Vec::as_slice)
    }
}

/// One ultra group.
#[derive(Debug, Clone)]
pub(crate) struct UltraGroup {
    pub(crate) id: Arc<str>,
    /// What pushes show.
    pub(crate) name: String,
    pub(crate) created: UnixMillis,
    /// Since when each member has been one.
    pub(crate) members: BTreeMap<UserIx, UnixMillis>,
    /// In the order they were created, the default one first.
    pub(crate) channels: IndexMap<Arc<str>, Channel>,
    /// Do-not-disturb for all members.
    pub(crate) levels: levels::DefaultLevels,
    /// Connections of members: who is told.
    online: BTreeSet<ConnId>,
    /// Members without a connection who have a phone: whom pushes may reach.
    absent: BTreeSet<UserIx>,
    pub(crate) log: Log,
    /// What members have done with channels, for those who have done something.
    marks: Marks,
    changes: Changes,
    /// When members got their last pushes; kept only where pushes are limited.
    pushed: BTreeMap<UserIx, UnixMillis>,
    /// In the order they were created.
    pub(crate) user_groups: IndexMap<Arc<str>, UserGroup>,
    typing: Typing,
    /// The answer to the last pull, for the many who ask for the same.
    answer: SharedAnswer<(UnixMillis, UnixMillis, UnixMillis)>,
}

impl UltraGroup {
    fn new(id: &str, name: &str, created: UnixMillis) -> Self {
        Self {
            id: id.into(),
            name: name.to_owned(),
            created,
            members: BTreeMap::new(),
            channels: IndexMap::new(),
            levels: levels::DefaultLevels::default(),
            online: BTreeSet::new(),
            absent: BTreeSet::new(),
            log: Log::default(),
            marks: Marks::new(),
            changes: Changes::default(),
            pushed: BTreeMap::new(),
            user_groups: IndexMap::new(),
            typing: Typing::new(),
            answer: SharedAnswer::default(),
        }
    }

    pub(crate) fn has_member(&self, user: UserIx) -> bool {
        self.members.contains_key(&user)
    }
}
