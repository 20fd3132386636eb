//! User groups: lists of members that can be bound to private channels, whose members then see them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wire::{UnixMillis, body::MsgChange};

use crate::{
    core::account::UserIx,
    ultra_group::{
        UltraGroups,
        change::{Audience, Kind},
    },
};

/// Members of a user group, and since when.
pub(crate) type UserGroup = BTreeMap<UserIx, UnixMillis>;

/// `subChangeType` of a user group's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum UserGroupChange {
    Disbanded = 1,
    Added = 2,
    Removed = 3,
    Bound = 4,
    Unbound = 5,
}

impl UltraGroups<'_> {
    fn note_user_groups(
        &mut self,
        now: UnixMillis,
        group: &str,
        users: impl IntoIterator<Item = UserIx>,
        change: UserGroupChange,
        ids: &[&str],
        channel: Option<&str>,
    ) {
        let users: BTreeSet<UserIx> = users.into_iter().collect();
        if users.is_empty() {
            return;
        }
        let what = MsgChange {
            change_type: Kind::UserGroup as i32,
            sub_change_type: Some(change as i32),
            bus_channel: channel.map(str::to_owned),
            bus_channel_type: channel.map(|channel| self.channel_type(group, channel)),
            user_group_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..MsgChange::default()
        };
        self.note_change(now, group, Audience::Only(Arc::new(users)), what);
    }

    /// Creates user groups; known ones stay as they are.
    pub(crate) fn create_user_groups(&mut self, group: &str, ids: &[String]) {
        if let Some(group) = self.state.get_mut(group) {
            for id in ids {
                group.user_groups.entry(id.as_str().into()).or_default();
            }
        }
    }

    /// Disbands user groups, and unbinds them from channels.
    pub(crate) fn disband_user_groups(&mut self, now: UnixMillis, group: &str, ids: &[&str]) {
        for id in ids {
            let Some(known) = self.state.get_mut(group) else { return };
            let Some(members) = known.user_groups.shift_remove(*id) else { continue };
            for channel in known.channels.values_mut() {
                channel.bound.remove(*id);
            }
            self.note_user_groups(now, group, members.into_keys(), UserGroupChange::Disbanded, &[id], None);
        }
    }

    /// Puts members into a user group.
    pub(crate) fn add_to_user_group(&mut self, now: UnixMillis, group: &str, id: &str, users: &[UserIx]) {
        let since = self.state.clock.tick(now);
        let known = self.state.get_mut(group).and_then(|group| group.user_groups.get_mut(id));
        let Some(members) = known else { return };
        let mut added = Vec::new();
        for user in users {
            if !members.contains_key(user) {
                members.insert(*user, since);
                added.push(*user);
            }
        }
        self.note_user_groups(now, group, added, UserGroupChange::Added, &[id], None);
    }

    /// Takes members out of a user group.
    pub(crate) fn remove_from_user_group(
        &mut self,
        now: UnixMillis,
        group: &str,
        id: &str,
        users: &[UserIx],
    ) {
        let known = self.state.get_mut(group).and_then(|group| group.user_groups.get_mut(id));
        let Some(members) = known else { return };
        let removed: Vec<UserIx> =
            users.iter().copied().filter(|user| members.remove(user).is_some()).collect();
        self.note_user_groups(now, group, removed, UserGroupChange::Removed, &[id], None);
    }

    /// Binds user groups to a channel, or unbinds them.
    pub(crate) fn bind_user_groups(
        &mut self,
        now: UnixMillis,
        group: &str,
        channel: &str,
        ids: &[&str],
        bind: bool,
    ) {
        let since = self.state.clock.tick(now);
        let Some(known) = self.state.get_mut(group) else { return };
        let mut members: BTreeSet<UserIx> = BTreeSet::new();
        let Some(bound) = known.channels.get_mut(channel).map(|channel| &mut channel.bound) else { return };
        let mut changed = Vec::new();
        for id in ids {
            let is_new = if bind {
                bound.insert(Arc::from(*id), since).is_none()
            } else {
                bound.remove(*id).is_some()
            };
            if is_new {
                changed.push(*id);
                members.extend(known.user_groups.get(*id).into_iter().flat_map(BTreeMap::keys));
            }
        }
        let change = if bind { UserGroupChange::Bound } else { UserGroupChange::Unbound };
        self.note_user_groups(now, group, members, change, &changed, Some(channel));
    }
}
