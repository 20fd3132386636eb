//! Channels: public ones are for every member, private ones for the members on their list (UG-009 to UG-015).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wire::{UnixMillis, code::status};

use crate::{
    core::{account::UserIx, bug::Bug, refusal::Gate},
    ultra_group::{
        LONG_AGO, UltraGroup, UltraGroups,
        change::{Audience, ChannelChange},
        log::{Entry, Times},
        mute::Mutes,
    },
};

/// The channel that a message without one goes to (UG-020 to UG-023).
pub(crate) const DEFAULT_CHANNEL: &str = "RCDefault";
/// Characters of a channel's id.
pub(crate) const LONGEST_CHANNEL: usize = 20;

/// One channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Channel {
    pub(crate) created: UnixMillis,
    pub(crate) private: bool,
    /// Who may use it while it is private, and since when (UG-013).
    pub(crate) listed: BTreeMap<UserIx, UnixMillis>,
    /// User groups whose members may use it as well, and since when.
    pub(crate) bound: BTreeMap<Arc<str>, UnixMillis>,
    pub(crate) mutes: Mutes,
    pub(super) times: Times,
}

impl Channel {
    pub(crate) fn new(created: UnixMillis, private: bool) -> Self {
        Self { created, private, ..Self::default() }
    }
}

impl UltraGroup {
    /// Since when a member has been able to see a channel; `None`: it cannot.
    pub(crate) fn seen_since(&self, channel: &Channel, user: UserIx) -> Option<UnixMillis> {
        let joined = *self.members.get(&user)?;
        if !channel.private {
            return Some(joined);
        }
        self.inside_since(channel, user).map(|inside| joined.max(inside))
    }

    /// Since when a member has been on a channel's list, by itself or with a user group.
    fn inside_since(&self, channel: &Channel, user: UserIx) -> Option<UnixMillis> {
        let with_group =
            |(id, bound): (&Arc<str>, &UnixMillis)| Some(*self.user_groups.get(id)?.get(&user)?.max(bound));
        let bound = channel.bound.iter().filter_map(with_group);
        channel.listed.get(&user).copied().into_iter().chain(bound).min()
    }

    /// Whether a message is for a member who sees its channel: what was said while the channel was private stays with
    /// those who were on its list.
    pub(super) fn is_for(&self, entry: &Entry, user: UserIx) -> bool {
        let inside = || {
            let channel = self.channels.get(&entry.channel);
            let since = channel.and_then(|channel| self.inside_since(channel, user));
            since.is_some_and(|since| entry.message.time > since)
        };
        entry.is_for(user) && (!entry.closed || entry.by == user || inside())
    }

    /// Members who see a private channel.
    pub(super) fn listed(&self, channel: &Channel) -> Vec<UserIx> {
        let bound = channel.bound.keys().filter_map(|id| self.user_groups.get(id)).flat_map(BTreeMap::keys);
        let users: BTreeSet<UserIx> = channel.listed.keys().chain(bound).copied().collect();
        users.into_iter().filter(|user| self.has_member(*user)).collect()
    }

    fn listed_set(&self, id: &str) -> Arc<BTreeSet<UserIx>> {
        let channel = self.channels.get(id);
        Arc::new(channel.map(|channel| self.listed(channel).into_iter().collect()).unwrap_or_default())
    }
}

impl UltraGroups<'_> {
    /// The id of the channel that stands for none: `RCDefault`, or nothing in worlds as they were before 2022-10-13.
    pub(crate) fn default_channel(&self) -> &'static str {
        if self.core.switches.ultra_group_default_channel { DEFAULT_CHANNEL } else { "" }
    }

    /// The id under which a channel is kept that a client or the app's server calls `given`.
    pub(crate) fn channel_id<'a>(&self, given: &'a str) -> &'a str {
        if given.is_empty() { self.default_channel() } else { given }
    }

    /// The default channel exists without being created, also where an old service was moved to having one (UG-027).
    pub(crate) fn ensure_default_channel(&mut self, group: &str) {
        let id = self.default_channel();
        if let Some(group) = self.state.get_mut(group)
            && !group.channels.contains_key(id)
        {
            let channel = Channel::new(group.created, false);
            group.channels.shift_insert(0, id.into(), channel);
        }
    }

    /// A channel as a member of its group may use it.
    ///
    /// # Errors
    /// What a client is told: the service is off, there is no such group or channel, the user is outside of it.
    pub(crate) fn channel_for(&mut self, group: &str, user: UserIx, given: &str) -> Result<Arc<str>, u16> {
        self.ultra_groups_on()?;
        if given.chars().count() > LONGEST_CHANNEL {
            return Err(status::ULTRA_GROUP_PARAMETER);
        }
        self.ensure_default_channel(group);
        let id = self.channel_id(given);
        let group = self.state.get(group).ok_or(status::NO_ULTRA_GROUP)?;
        if !group.has_member(user) {
            return Err(status::NOT_IN_ULTRA_GROUP);
        }
        let (id, channel) = group.channels.get_key_value(id).ok_or(status::NO_CHANNEL)?;
        let inside = group.seen_since(channel, user).is_some();
        if inside || self.core.has(Bug::PrivateChannelsAreOpen) {
            return Ok(id.clone());
        }
        Err(status::NOT_IN_CHANNEL)
    }

    /// # Errors
    /// The service is off (UG-001).
    pub(crate) fn ultra_groups_on(&self) -> Result<(), u16> {
        self.core.ordered(Gate::UltraGroups)
    }

    /// Creates a channel; one that exists stays as it is. `false`: the group has as many as it may.
    pub(crate) fn create_channel(&mut self, now: UnixMillis, group: &str, id: &str, private: bool) -> bool {
        let (default, most) = (self.default_channel(), self.core.limits.ultra_group_channels);
        let unlimited = most == 0 || self.core.has(Bug::NoChannelLimit);
        let Some(group) = self.state.get_mut(group) else { return true };
        if id == default || group.channels.contains_key(id) {
            return true;
        }
        let count = group.channels.keys().filter(|known| ***known != *default && !known.is_empty()).count();
        if !unlimited && count >= most {
            return false;
        }
        group.channels.insert(id.into(), Channel::new(now, private));
        true
    }

    /// Deletes a channel and what was said in it; who saw it is told.
    pub(crate) fn delete_channel(&mut self, now: UnixMillis, group: &str, id: &str) {
        if self.core.has(Bug::DeletedChannelsStay) {
            return;
        }
        let Some(known) = self.state.get(group) else { return };
        let Some(channel) = known.channels.get(id) else { return };
        let audience =
            if channel.private { Audience::Only(known.listed_set(id)) } else { Audience::Everyone };
        self.note_channel_change(now, group, id, audience, ChannelChange::Deleted, None);
        if let Some(known) = self.state.get_mut(group) {
            known.channels.shift_remove(id);
            known.forget_channel(id);
        }
    }

    /// Makes a channel public or private, and tells the members (UG-012).
    pub(crate) fn set_channel_type(&mut self, now: UnixMillis, group: &str, id: &str, private: bool) {
        if self.core.has(Bug::ChannelTypesStay) {
            return;
        }
        let Some(known) = self.state.get_mut(group) else { return };
        let Some(channel) = known.channels.get_mut(id).filter(|channel| channel.private != private) else {
            return;
        };
        channel.private = private;
        known.answer.forget();
        if !private {
            let change = ChannelChange::MadePublic;
            return self.note_channel_change(now, group, id, Audience::Everyone, change, None);
        }
        let listed = known.listed_set(id);
        let inside = Audience::Only(listed.clone());
        self.note_channel_change(now, group, id, inside, ChannelChange::MadePrivate, None);
        self.note_channel_change(now, group, id, Audience::But(listed), ChannelChange::Closed, None);
    }

    /// Puts members on a channel's list. Who is put there while the channel is public has seen all of it.
    pub(crate) fn list_in_channel(&mut self, now: UnixMillis, group: &str, id: &str, users: &[UserIx]) {
        let known = self.state.by_id.get_mut(group);
        let Some(channel) = known.and_then(|group| group.channels.get_mut(id)) else { return };
        let private = channel.private;
        let since = if private { self.state.clock.tick(now) } else { LONG_AGO };
        let mut added = BTreeSet::new();
        for user in users {
            if !channel.listed.contains_key(user) {
                channel.listed.insert(*user, since);
                added.insert(*user);
            }
        }
        if private && !added.is_empty() {
            let audience = Audience::Only(Arc::new(added));
            self.note_channel_change(now, group, id, audience, ChannelChange::Joined, None);
        }
    }

    /// Takes members off a channel's list; they and those who still see it are told of each (UG-014).
    pub(crate) fn unlist_from_channel(&mut self, now: UnixMillis, group: &str, id: &str, users: &[UserIx]) {
        if self.core.has(Bug::UnlistedStay) {
            return;
        }
        let Some(known) = self.state.get_mut(group) else { return };
        let before = known.listed_set(id);
        let Some(channel) = known.channels.get_mut(id) else { return };
        let gone: Vec<UserIx> =
            users.iter().copied().filter(|user| channel.listed.remove(user).is_some()).collect();
        for user in gone.into_iter().filter(|_| channel.private).collect::<Vec<UserIx>>() {
            let audience = Audience::Only(before.clone());
            self.note_channel_change(now, group, id, audience, ChannelChange::Removed, Some(user));
        }
    }
}
