//! Pushes of ultra groups: for members who are offline and have a phone, no more often than ordered (UG-029).

use std::{collections::BTreeSet, time::Duration};

use wire::UnixMillis;

use crate::{
    core::{account::UserIx, bug::Bug, message::Message},
    outward::{
        push::{Content, PushPlace},
        push_decision::Decision,
    },
    ultra_group::{UltraGroups, levels},
};

/// Members who are offline and have a phone get a push.
pub(super) fn push_to_absent_members(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    channel: &str,
    only: Option<&BTreeSet<UserIx>>,
    message: &Message,
    by: UserIx,
) {
    let Some(users) = groups.state.get(group).and_then(|group| {
        let channel = group.channels.get(channel)?;
        let seeing = |user: &UserIx| *user != by && only.is_none_or(|only| only.contains(user));
        Some(group.absent_of(channel).filter(seeing).collect::<Vec<UserIx>>())
    }) else {
        return;
    };
    if users.is_empty() {
        return;
    }
    let place = PushPlace {
        name: groups.state.get(group).map(|group| group.name.clone()),
        sender: Some(groups.core.accounts.name_of(&message.from)),
    };
    let content = Content::of(message);
    for user in users {
        let levels = levels::ultra_group_levels(groups, user, message);
        let decision = groups.outward().push_decision(now, user, &content, Some(levels));
        let decision = not_too_often(groups, now, user, message, decision);
        groups.outward().record_decided(now, user, &content, decision, place.clone());
    }
}

/// Whether a push that nothing else keeps back comes too soon after the member's last one of the group.
fn not_too_often(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    user: UserIx,
    message: &Message,
    decision: Decision,
) -> Decision {
    let seconds = u64::from(groups.core.limits.ultra_group_push_seconds);
    if !decision.sent || seconds == 0 || message.channel.is_none() || groups.core.has(Bug::PushesTooOften) {
        return decision;
    }
    let Some(group) = groups.state.get_mut(&message.target) else { return decision };
    let window = Duration::from_secs(seconds);
    if group.pushed.get(&user).is_some_and(|last| now.since(*last) < window) {
        return Decision::no("frequency", "the ultra group has disturbed the user a moment ago");
    }
    group.pushed.insert(user, now);
    decision
}
