//! Recalled messages (UGRECALL): a notice in their place, or nothing.

use wire::{UnixMillis, code::status};

use crate::{
    core::{
        bug::Bug,
        message::{NOTICE, Posted, Recall, notice_of},
    },
    ultra_group::{UltraGroups, change::Kind},
};

impl UltraGroups<'_> {
    /// A client's recall: whoever sees the channel may, under the same rule as elsewhere.
    pub(crate) fn recall_by_member(
        &mut self,
        now: UnixMillis,
        group: &str,
        recall: &Recall,
    ) -> Result<Posted, u16> {
        self.ultra_groups_on()?;
        let known = self.ultra_groups.get(group).ok_or(status::NO_ULTRA_GROUP)?;
        if !known.has_member(recall.by) {
            return Err(status::NOT_IN_ULTRA_GROUP);
        }
        let entry = known.log.find(recall.uid).filter(|entry| entry.is_for(recall.by));
        let entry = entry.ok_or(status::RECALL_FAILED)?;
        let (own, channel) = (entry.by == recall.by, entry.channel.clone());
        self.channel_for(group, recall.by, &channel)?;
        if !own && self.core.switches.recall_own_only && !self.core.has(Bug::IgnoresRecallRule) {
            return Err(status::NOT_THE_SENDER);
        }
        self.recall_in_channel(now, group, recall)
    }

    /// Takes a message's content away, and tells who has it (UGRECALL-004, UGRECALL-007).
    pub(crate) fn recall_in_channel(
        &mut self,
        now: UnixMillis,
        group: &str,
        recall: &Recall,
    ) -> Result<Posted, u16> {
        let operator = self.core.accounts[recall.by].id.to_string();
        let known = self.ultra_groups.get(group).ok_or(status::NO_ULTRA_GROUP)?;
        let entry =
            known.log.find(recall.uid).filter(|entry| !entry.recalled).ok_or(status::RECALL_FAILED)?;
        let (audience, mut what) = entry.change(Kind::Recalled);
        let notice = notice_of(&self.core.accounts, now, &entry.message.clone(), recall);
        what.operator_id = Some(operator);
        what.is_admin = Some(recall.admin);
        what.is_del = Some(recall.delete);
        let uid = self.core.ids.message_uid(now);
        if self.core.has(Bug::DropsRecall) {
            return Ok(Posted { uid, time: now });
        }
        if !self.core.has(Bug::KeepsRecalled)
            && let Some(known) = self.ultra_groups.get_mut(group)
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
        let time = self.note_change(now, group, audience, what);
        Ok(Posted { uid, time })
    }
}
