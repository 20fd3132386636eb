//! How long messages wait, and for whom.

use std::sync::Arc;

use wire::UnixMillis;

use crate::{
    core::{
        Core,
        account::UserIx,
        bug::Bug,
        by_user::ByUser,
        calendar,
        message::{Conversation, Message, Side},
    },
    mail::mailbox::Mailbox,
};

/// Whether messages are for all of a user's devices (SYNC-001 to SYNC-004).
pub(crate) fn syncs(core: &Core) -> bool {
    (core.switches.multi_device_sync && !core.has(Bug::NeverSyncs)) || core.has(Bug::SyncsWithoutSwitch)
}

/// Since when private and group messages are kept.
pub(crate) fn retention(core: &Core, now: UnixMillis) -> (UnixMillis, UnixMillis) {
    if core.has(Bug::KeepsForEver) {
        return (UnixMillis(i64::MIN), UnixMillis(i64::MIN));
    }
    (now - core.limits.private_offline(), now - core.limits.group_offline())
}

/// Since when messages of a user's other devices are compensated; beyond all time while sync is off.
pub(crate) fn compensated_since(core: &Core, now: UnixMillis) -> UnixMillis {
    if !syncs(core) || core.has(Bug::NoCompensation) {
        return UnixMillis(i64::MAX);
    }
    if core.has(Bug::CompensatesEverything) {
        return UnixMillis(i64::MIN);
    }
    let before_today = core.limits.compensation_days.saturating_sub(1);
    calendar::day_start(now, before_today, core.limits.time_zone_hours)
}

/// Puts a message into a mailbox, and takes out of it what is too old or too much.
pub(crate) fn store(
    mailboxes: &mut ByUser<Mailbox>,
    core: &Core,
    now: UnixMillis,
    receiver: UserIx,
    message: Arc<Message>,
) {
    if core.has(Bug::DropsOffline) && core.accounts[receiver].connections.is_empty() {
        return;
    }
    let (private, group) = retention(core, now);
    let compensated = compensated_since(core, now);
    let most = core.limits.group_offline_count;
    let group_message = message.conversation == Conversation::Group;
    let mailbox = &mut mailboxes[receiver];
    // With sync the mailbox also is what compensation is taken from.
    mailbox.expire(private.min(compensated), group.min(compensated));
    mailbox.push(message, Side::Inbox, None);
    if most > 0 && group_message {
        mailbox.keep_group(most);
    }
}
