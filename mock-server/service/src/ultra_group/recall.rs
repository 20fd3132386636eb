//! Recalled messages (UGRECALL): a notice in their place, or nothing.

use wire::{UnixMillis, code::status};

use crate::{
    core::{
        bug::Bug,
        message::{NOTICE, Posted, Recall, notice_of},
    },
    ultra_group::{UltraGroups, change::Kind},
};

/// A client's recall: whoever sees the channel may, under the same rule as elsewhere.
pub(crate) fn by_member(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    recall: &Recall,
) -> Result<Posted, u16> {
    groups.ultra_groups_on()?;
    let known = groups.state.get(group).ok_or(status::NO_ULTRA_GROUP)?;
    if !known.has_member(recall.by) {
        return Err(status::NOT_IN_ULTRA_GROUP);
    }
    let entry = known.log.find(recall.uid).filter(|entry| entry.is_for(recall.by));
    let entry = entry.ok_or(status::RECALL_FAILED)?;
    let (own, channel) = (entry.by == recall.by, entry.channel.clone());
    groups.channel_for(group, recall.by, &channel)?;
    if !own && groups.core.switches.recall_own_only && !groups.core.has(Bug::IgnoresRecallRule) {
        return Err(status::NOT_THE_SENDER);
    }
    in_channel(groups, now, group, recall)
}

/// Takes a message's content away, and tells who has it (UGRECALL-004, UGRECALL-007).
pub(crate) fn in_channel(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    recall: &Recall,
) -> Result<Posted, u16> {
    let operator = groups.core.accounts[recall.by].id.to_string();
    let known = groups.state.get(group).ok_or(status::NO_ULTRA_GROUP)?;
    let entry = known.log.find(recall.uid).filter(|entry| !entry.recalled).ok_or(status::RECALL_FAILED)?;
    let (audience, mut what) = entry.change(Kind::Recalled);
    let notice = notice_of(&groups.core.accounts, now, &entry.message.clone(), recall);
    what.operator_id = Some(operator);
    what.is_admin = Some(recall.admin);
    what.is_del = Some(recall.delete);
    let uid = groups.core.ids.message_uid(now);
    if groups.core.has(Bug::DropsRecall) {
        return Ok(Posted { uid, time: now });
    }
    if !groups.core.has(Bug::KeepsRecalled)
        && let Some(known) = groups.state.get_mut(group)
    {
        known.uncount(recall.uid);
        match notice {
            None => known.remove_entry(recall.uid),
            Some(notice) => {
                if let Some(entry) = known.log.find_mut(recall.uid) {
                    (entry.message, entry.recalled) = (notice, true);
                    entry.classname = NOTICE.into();
                }
            }
        }
    }
    let time = groups.note_change(now, group, audience, what);
    Ok(Posted { uid, time })
}
