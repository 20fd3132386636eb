//! Groups: members, names, mutes and their white lists (GRP-001 to GRP-015).
//!
//! Only the Server API changes them (GRP-001). The service's own numbers for refusals to clients: 22406 outside the
//! group, 22408 muted; both are the codes that vendor SDKs name so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use indexmap::{IndexMap, IndexSet};
use wire::{UnixMillis, code::status};

use crate::{
    core::{
        account::UserIx,
        message::{Conversation, Message},
    },
    mail::Mail,
    outward::push::PushPlace,
};

/// A member's mute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mute {
    pub(crate) since: UnixMillis,
    /// Absent: for ever.
    pub(crate) until: Option<UnixMillis>,
}

impl Mute {
    pub(crate) fn holds(&self, now: UnixMillis) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// One group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// What pushes show.
    pub(crate) name: String,
    /// In the order they joined.
    members: Vec<UserIx>,
    joined: BTreeMap<UserIx, UnixMillis>,
    /// Most members, where it differs from the world's limit.
    pub(crate) most: Option<usize>,
    pub(crate) mutes: IndexMap<UserIx, Mute>,
    /// Nobody but the white list may send (GRP-012, GRP-013).
    pub(crate) muted: bool,
    pub(crate) whitelist: IndexSet<UserIx>,
    /// What pushes call a member in this group.
    pub(crate) remarks: BTreeMap<UserIx, String>,
}

impl Group {
    pub(crate) fn members(&self) -> &Vec<UserIx> {
        &self.members
    }

    /// Since when a user has been a member.
    pub(crate) fn joined(&self, user: UserIx) -> Option<UnixMillis> {
        self.joined.get(&user).copied()
    }

    fn leave(&mut self, user: UserIx) {
        self.members.retain(|member| *member != user);
        self.joined.remove(&user);
        self.mutes.shift_remove(&user);
        self.whitelist.shift_remove(&user);
        self.remarks.remove(&user);
    }
}

/// All groups of a world, in the order they were created.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    by_id: IndexMap<Arc<str>, Group>,
    /// Mutes in all groups at once (GRP-011).
    pub(crate) mutes_everywhere: IndexMap<UserIx, Mute>,
}

impl Groups {
    /// The members of a group.
    pub(crate) fn get(&self, id: &str) -> Option<&Vec<UserIx>> {
        self.by_id.get(id).map(Group::members)
    }

    pub(crate) fn contains_key(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.by_id.get(id)
    }

    pub(crate) fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Group)> {
        self.by_id.iter()
    }

    pub(crate) fn create(&mut self, id: &str) -> &mut Group {
        self.by_id.entry(id.into()).or_default()
    }

    /// Takes new members in, all or none: `false` if there is no room for all of them (GRP-002).
    pub(crate) fn join(&mut self, id: &str, users: &[UserIx], most: usize, now: UnixMillis) -> bool {
        let group = self.create(id);
        let new: IndexSet<UserIx> =
            users.iter().filter(|user| !group.joined.contains_key(user)).copied().collect();
        let most = group.most.unwrap_or(most);
        if most > 0 && group.members.len() + new.len() > most {
            return false;
        }
        for user in new {
            group.joined.insert(user, now);
            group.members.push(user);
        }
        true
    }

    /// What a member leaves behind goes with it: its mute, its place on the white list (assumed).
    pub(crate) fn quit(&mut self, id: &str, users: &[UserIx]) {
        if let Some(group) = self.by_id.get_mut(id) {
            for user in users {
                group.leave(*user);
            }
        }
    }

    /// Ends every membership (GRP-010); `false` if there is no such group.
    pub(crate) fn dismiss(&mut self, id: &str) -> bool {
        self.by_id.shift_remove(id).is_some()
    }

    /// Makes a user's groups exactly those named.
    pub(crate) fn sync(&mut self, user: UserIx, named: &[(String, String)], most: usize, now: UnixMillis) {
        let kept: BTreeSet<&str> = named.iter().map(|(id, _)| id.as_str()).collect();
        for (id, group) in &mut self.by_id {
            if !kept.contains(&**id) {
                group.leave(user);
            }
        }
        for (id, name) in named {
            if self.join(id, &[user], most, now) && !name.is_empty() {
                self.create(id).name.clone_from(name);
            }
        }
    }

    /// Whether a user may send in a group; mutes do not count with `mutes` false.
    ///
    /// # Errors
    /// The status its client gets: no member, or muted.
    pub(crate) fn may_send(&self, id: &str, user: UserIx, now: UnixMillis, mutes: bool) -> Result<(), u16> {
        let group = self.by_id.get(id).ok_or(status::NOT_IN_GROUP)?;
        if !group.joined.contains_key(&user) {
            return Err(status::NOT_IN_GROUP);
        }
        let own = [group.mutes.get(&user), self.mutes_everywhere.get(&user)];
        let muted = own.into_iter().flatten().any(|mute| mute.holds(now));
        // The white list lifts the group's mute, not the member's own (assumed).
        let silenced = group.muted && !group.whitelist.contains(&user);
        if mutes && (muted || silenced) { Err(status::MUTED_IN_GROUP) } else { Ok(()) }
    }
}

impl Mail<'_> {
    /// What a group says of itself and of the sender in pushes; nothing for a message to one user.
    pub(crate) fn push_place(&self, message: &Message) -> PushPlace {
        if message.conversation != Conversation::Group {
            return PushPlace::default();
        }
        let group = self.state.groups.group(&message.target);
        let name = group.map(|group| group.name.as_str()).filter(|name| !name.is_empty());
        let sender = self.core.accounts.find(&message.from);
        let remark = sender.and_then(|user| group?.remarks.get(&user).cloned());
        PushPlace {
            name: Some(name.unwrap_or(&message.target).to_owned()),
            sender: Some(remark.unwrap_or_else(|| self.core.accounts.name_of(&message.from))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000);

    #[test]
    fn a_group_takes_as_many_as_fit_and_all_or_none() {
        let mut groups = Groups::default();
        assert!(groups.join("g", &(0..2999).collect::<Vec<_>>(), 3000, NOW));
        assert!(!groups.join("g", &[2999, 3000], 3000, NOW));
        assert!(groups.join("g", &[2999, 2999, 5], 3000, NOW));
        assert!(!groups.join("g", &[3000], 3000, NOW));
        groups.quit("g", &[7]);
        assert!(groups.join("g", &[3000], 3000, NOW));
        assert_eq!(groups.get("g").map(Vec::len), Some(3000));
    }

    #[test]
    fn mutes_end_and_the_white_list_lifts_the_groups_mute_alone() {
        let mut groups = Groups::default();
        groups.join("g", &[1, 2], 0, NOW);
        let until = Some(UnixMillis(2_000));
        groups.create("g").mutes.insert(1, Mute { since: NOW, until });
        let muted = Err(status::MUTED_IN_GROUP);
        assert_eq!(groups.may_send("g", 1, UnixMillis(1_999), true), muted);
        assert_eq!(groups.may_send("g", 1, UnixMillis(2_000), true), Ok(()));
        groups.create("g").muted = true;
        groups.create("g").whitelist.insert(2);
        assert_eq!(groups.may_send("g", 1, UnixMillis(2_000), true), muted);
        assert_eq!(groups.may_send("g", 2, NOW, true), Ok(()));
        groups.mutes_everywhere.insert(2, Mute { since: NOW, until: None });
        assert_eq!(groups.may_send("g", 2, NOW, true), muted);
        assert_eq!(groups.may_send("g", 3, NOW, true), Err(status::NOT_IN_GROUP));
    }

    #[test]
    fn a_sync_makes_a_users_groups_exactly_those_named() {
        let mut groups = Groups::default();
        groups.join("a", &[1, 2], 0, NOW);
        groups.join("b", &[1], 0, NOW);
        groups.sync(1, &[("b".into(), "Bees".into()), ("c".into(), "Seas".into())], 0, NOW);
        assert_eq!(
            (groups.get("a"), groups.get("b"), groups.get("c")),
            (Some(&vec![2]), Some(&vec![1]), Some(&vec![1]))
        );
        assert_eq!(groups.group("b").map(|group| group.name.as_str()), Some("Bees"));
    }
}
