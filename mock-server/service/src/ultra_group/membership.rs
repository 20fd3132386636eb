//! Groups and who is in them (UG-003, UG-007, UG-018, UG-019). Only the Server API changes that (UG-006).

use std::sync::Arc;

use wire::UnixMillis;

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        io::{ConnId, PlatformClass},
    },
    ultra_group::{LONG_AGO, UltraGroup, UltraGroups, UltraGroupsState},
};

/// What came of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The user is a member now, or was one already.
    Yes,
    /// There is no such group.
    NoGroup,
    /// The user is in as many groups as it may be.
    TooMany,
}

impl UltraGroupsState {
    fn leave(&mut self, user: UserIx, group: &str) {
        if let Some(groups) = self.joined.get_mut(&user) {
            groups.retain(|id| **id != *group);
            if groups.is_empty() {
                self.joined.remove(&user);
            }
        }
    }
}

impl UltraGroups<'_> {
    /// Creates a group without members; one that exists gets the name.
    pub(crate) fn create_ultra_group(&mut self, now: UnixMillis, id: &str, name: &str) {
        match self.state.get_mut(id) {
            Some(group) => name.clone_into(&mut group.name),
            None => {
                let group = UltraGroup::new(id, name, now);
                self.state.by_id.insert(group.id.clone(), group);
                self.ensure_default_channel(id);
            }
        }
    }

    /// Whether a user may join one more group (UG-003).
    pub(crate) fn may_join_ultra_group(&self, id: &str, user: UserIx) -> bool {
        let most = self.core.limits.ultra_groups_of_user;
        let known = self.state.get(id).is_some_and(|group| group.has_member(user));
        known || most == 0 || self.state.of(user).len() < most || self.core.has(Bug::NoUltraGroupLimit)
    }

    /// Takes a user in; without a time, it has always been a member.
    pub(crate) fn join_ultra_group(&mut self, id: &str, user: UserIx, now: Option<UnixMillis>) -> Joined {
        if !self.may_join_ultra_group(id, user) {
            return Joined::TooMany;
        }
        let Some(group) = self.state.by_id.get_mut(id) else { return Joined::NoGroup };
        if group.members.contains_key(&user) {
            return Joined::Yes;
        }
        // Between the newest message and the next one, whatever the clock says.
        let since = now.map_or(LONG_AGO, |now| self.state.clock.tick(now));
        group.members.insert(user, since);
        let account = &self.core.accounts[user];
        group.online.extend(&account.connections);
        if account.connections.is_empty() && has_phone(account) {
            group.absent.insert(user);
        }
        let id = group.id.clone();
        self.state.joined.entry(user).or_default().push(id);
        Joined::Yes
    }

    /// Ends a membership; what the member set in the group goes with it (assumed). `false`: it was none.
    pub(crate) fn quit_ultra_group(&mut self, id: &str, user: UserIx) -> bool {
        let keeps = self.core.has(Bug::QuittersStay);
        let Some(group) = self.state.by_id.get_mut(id) else { return false };
        if !group.members.contains_key(&user) {
            return false;
        }
        if keeps {
            return true;
        }
        group.members.remove(&user);
        for channel in group.channels.values_mut() {
            channel.listed.remove(&user);
        }
        for members in group.user_groups.values_mut() {
            members.remove(&user);
        }
        group.marks.remove(&user);
        group.pushed.remove(&user);
        group.forget_mutes(user);
        group.absent.remove(&user);
        for conn in &self.core.accounts[user].connections {
            group.online.remove(conn);
        }
        self.state.leave(user, id);
        true
    }

    /// Ends every membership, and the group (UG-019). `false`: there is none.
    pub(crate) fn dissolve_ultra_group(&mut self, id: &str) -> bool {
        if self.core.has(Bug::DissolvedGroupsStay) {
            return self.state.get(id).is_some();
        }
        let Some(group) = self.state.by_id.remove(id) else { return false };
        for user in group.members.keys() {
            self.state.leave(*user, id);
        }
        true
    }

    /// A login: the user's groups tell that connection from now on.
    pub(crate) fn came_to_ultra_groups(&mut self, user: UserIx, conn: ConnId) {
        for id in self.groups_of(user) {
            if let Some(group) = self.state.get_mut(&id) {
                group.online.insert(conn);
                group.absent.remove(&user);
            }
        }
    }

    /// A connection is over.
    pub(crate) fn lost_by_ultra_groups(&mut self, user: UserIx, conn: ConnId) {
        let account = &self.core.accounts[user];
        let absent = account.connections.is_empty() && has_phone(account);
        for id in self.groups_of(user) {
            if let Some(group) = self.state.get_mut(&id) {
                group.online.remove(&conn);
                if absent {
                    group.absent.insert(user);
                }
            }
        }
    }

    fn groups_of(&self, user: UserIx) -> Vec<Arc<str>> {
        self.state.of(user).to_vec()
    }
}

/// Whether pushes may reach a user at all.
fn has_phone(account: &crate::core::account::Account) -> bool {
    account.devices.iter().any(|device| device.class == PlatformClass::Mobile)
}
