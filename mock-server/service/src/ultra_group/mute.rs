//! Who may speak in a channel: mutes of members and of the whole channel, and the white list of a muted one.
//!
//! A mute without a channel is one of the default channel, as everything without a channel is (assumed; UG-027).

use std::{collections::BTreeSet, sync::Arc};

use wire::code::status;

use crate::{
    core::{account::UserIx, bug::Bug},
    ultra_group::{UltraGroup, UltraGroups},
};

/// Mutes of a channel; without an end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mutes {
    pub(crate) users: BTreeSet<UserIx>,
    /// Nobody but the white list may speak.
    pub(crate) everyone: bool,
    pub(crate) speakers: BTreeSet<UserIx>,
}

impl UltraGroup {
    /// Who left is forgotten (assumed).
    pub(super) fn forget_mutes(&mut self, user: UserIx) {
        for channel in self.channels.values_mut() {
            channel.mutes.users.remove(&user);
            channel.mutes.speakers.remove(&user);
        }
    }
}

/// The white list lifts the channel's mute, not the member's own (assumed, like groups).
pub(super) fn may_speak_in_channel(
    groups: &UltraGroups<'_>,
    group: &str,
    channel: &Arc<str>,
    user: UserIx,
) -> Result<(), u16> {
    let mutes = groups.state.get(group).and_then(|group| group.channels.get(channel));
    let muted = mutes.is_some_and(|channel| {
        let mutes = &channel.mutes;
        mutes.users.contains(&user) || mutes.everyone && !mutes.speakers.contains(&user)
    });
    if muted && !groups.core.has(Bug::IgnoresMutes) { Err(status::MUTED_IN_ULTRA_GROUP) } else { Ok(()) }
}
