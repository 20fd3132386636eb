//! History of channels: read by page or by UID, and taken away for one member (UGHIST, UGDEL, UG-016, UG-017, UG-023,
//! UG-026).

use std::sync::Arc;

use bytes::Bytes;
use wire::{
    Request, UnixMillis,
    body::{
        CleanHisMsgInput, DeleteMsgInput, DownStreamMessage, HistoryMsgInput, HistoryMsgOuput, MsgQuery,
        MsgQueryAck,
    },
    code::status,
};

use crate::{
    core::{
        Core,
        account::{Accounts, UserIx},
        answer::{Answer, read, write},
        bug::Bug,
        calendar,
        ids::Uid,
        message::Side,
        page::Page,
    },
    ultra_group::{UltraGroup, UltraGroups, UltraGroupsState, log::Entry},
};

/// Messages of a page when the client names no number, and the most it gets.
const PAGE: i32 = 20;
const LARGEST_PAGE: i32 = 100;
/// Messages that one query asks for by UID (UGHIST-009).
const MOST_ASKED: usize = 20;

/// What a member may read of a channel.
struct Shown<'a> {
    group: &'a UltraGroup,
    channel: &'a str,
    user: UserIx,
    /// Later than this.
    since: UnixMillis,
}

impl Entry {
    /// The message as a member reads it.
    pub(super) fn seen_by(&self, user: UserIx, accounts: &Accounts) -> DownStreamMessage {
        self.message.body(Side::of(self.by == user), &accounts[user].id)
    }
}

impl<'a> Shown<'a> {
    fn has(&self, entry: &Entry) -> bool {
        let mark = self.group.mark(self.user, self.channel);
        entry.kept
            && self.group.is_for(entry, self.user)
            && entry.message.time > self.since
            && mark.is_none_or(|mark| {
                entry.message.time > mark.cleared && !mark.deleted.contains(&entry.message.uid)
            })
    }

    /// Entries between two times, both excluded, oldest first.
    fn between(
        &self,
        after: UnixMillis,
        before: UnixMillis,
    ) -> impl DoubleEndedIterator<Item = &'a Entry> + use<'a, '_> {
        let group = self.group;
        let times = group.channels.get(self.channel).map(|channel| &channel.times.kept);
        let times = times.into_iter().flat_map(move |times| {
            let first = times.partition_point(|time| *time <= after);
            let end = times.partition_point(|time| *time < before).max(first);
            times.range(first..end)
        });
        times.filter_map(|time| group.log.at(*time)).filter(|entry| self.has(entry))
    }
}

/// How long messages are kept where no months are ordered (UGHIST-005).
const SEVEN_DAYS: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

impl UltraGroupsState {
    /// Who sent a message that can still be recalled.
    pub(crate) fn said(&self, group: &str, uid: Uid) -> Option<&crate::ultra_group::log::Entry> {
        self.get(group)?.log.find(uid).filter(|entry| !entry.recalled)
    }

    /// What is kept of a channel between two times, both excluded, oldest first, whoever may see it.
    pub(crate) fn channel_log(
        &self,
        core: &Core,
        now: UnixMillis,
        group: &str,
        channel: &str,
        (after, before): (UnixMillis, UnixMillis),
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        let since = UnixMillis(history_since(core, now).0.saturating_sub(1));
        let known = self.get(group);
        let found = known.and_then(|group| Some((group, &group.channels.get(channel)?.times.kept)));
        found.into_iter().flat_map(move |(group, times)| {
            let first = times.partition_point(|time| *time <= after.max(since));
            let end = times.partition_point(|time| *time < before).max(first);
            times.range(first..end).filter_map(|time| group.log.at(*time))
        })
    }
}

/// Since when messages are kept.
pub(crate) fn history_since(core: &Core, now: UnixMillis) -> UnixMillis {
    if core.has(Bug::HistoryForEver) {
        return UnixMillis(i64::MIN);
    }
    match core.limits.ultra_group_history_months {
        0 => now - SEVEN_DAYS,
        months => calendar::months_ago(now, months),
    }
}

impl UltraGroups<'_> {
    fn shown<'a>(
        &'a self,
        now: UnixMillis,
        group: &str,
        channel: &'a str,
        user: UserIx,
    ) -> Result<Shown<'a>, u16> {
        let group = self.state.get(group).ok_or(status::NO_ULTRA_GROUP)?;
        let known = group.channels.get(channel).ok_or(status::NO_CHANNEL)?;
        let earlier = self.core.switches.ultra_group_earlier_history || self.core.has(Bug::NewMembersReadAll);
        let seen =
            if earlier { UnixMillis(i64::MIN) } else { group.seen_since(known, user).unwrap_or_default() };
        let kept = UnixMillis(history_since(self.core, now).0.saturating_sub(1));
        Ok(Shown { group, channel, user, since: seen.max(kept) })
    }

    /// `qryUgMsg`: order 0 older than the time, newest first; order 1 newer, oldest first.
    pub(crate) fn channel_history(&mut self, now: UnixMillis, user: UserIx, request: &Request) -> Answer {
        let asked: HistoryMsgInput = read(request)?;
        let group = asked.target_id();
        let channel = self.channel_for(group, user, asked.bus_channel())?;
        if asked.bus_channel().is_empty() && !channel.is_empty() {
            // The history of the default channel has to be asked for by its name (UG-023).
            return write(&HistoryMsgOuput { sync_time: asked.time(), ..HistoryMsgOuput::default() });
        }
        let shown = self.shown(now, group, &channel, user)?;
        let count = if asked.count() <= 0 { PAGE } else { asked.count().min(LARGEST_PAGE) } as usize;
        let newer = asked.order() == 1 && !self.core.has(Bug::IgnoresHistoryOrder);
        let (bound, slack) = (asked.time(), i64::from(self.core.has(Bug::HistoryIncludesBound)));
        let mut page: Vec<&Entry> = if newer {
            shown
                .between(UnixMillis(bound.saturating_sub(slack)), UnixMillis(i64::MAX))
                .take(count + 1)
                .collect()
        } else {
            let before = if bound > 0 { bound.saturating_add(slack) } else { i64::MAX };
            shown.between(UnixMillis(i64::MIN), UnixMillis(before)).rev().take(count + 1).collect()
        };
        let more = page.len() > count;
        page.truncate(count);
        let list: Vec<DownStreamMessage> =
            page.into_iter().map(|entry| entry.seen_by(user, &self.core.accounts)).collect();
        let since = history_since(self.core, now);
        Page { asked: bound, newer, list, more, since }.answer(now)
    }

    /// `qryMsg` of ultra groups: by UID alone, whatever time is named. Recalled ones are not there: old SDKs would show
    /// them as expanded.
    pub(crate) fn channel_messages_by_uid(&self, now: UnixMillis, user: UserIx, asked: &MsgQuery) -> Answer {
        self.ultra_groups_on()?;
        let group = self.state.get(asked.target_id()).ok_or(status::NO_ULTRA_GROUP)?;
        if !group.has_member(user) {
            return Err(status::NOT_IN_ULTRA_GROUP);
        }
        if asked.query.len() > MOST_ASKED {
            return Err(status::ULTRA_GROUP_PARAMETER);
        }
        let mut answer = MsgQueryAck::default();
        for one in &asked.query {
            let entry = Uid::parse(one.msg_uid()).and_then(|uid| group.log.find(uid));
            let entry = entry.filter(|entry| {
                let inside = group.channels.get(&entry.channel).and_then(|c| group.seen_since(c, user));
                let shown = self.shown(now, asked.target_id(), &entry.channel, user);
                inside.is_some() && !entry.recalled && shown.is_ok_and(|shown| shown.has(entry))
            });
            match entry {
                Some(entry) => answer.list.push(entry.seen_by(user, &self.core.accounts)),
                None => answer.not_exist_msg_id.push(one.msg_uid().to_owned()),
            }
        }
        write(&answer)
    }

    /// `delUgMsg`: the user sees these messages no more (UGDEL-010).
    pub(crate) fn delete_channel_messages(&mut self, user: UserIx, request: &Request) -> Answer {
        let asked: DeleteMsgInput = read(request)?;
        let id = asked.conversation_id().to_owned();
        let channel = self.channel_for(&id, user, asked.bus_channel())?;
        let (ignored, for_all) = (self.core.has(Bug::IgnoresDeletion), self.core.has(Bug::DeletesForAll));
        let Some(group) = self.state.get_mut(&id).filter(|_| !ignored) else {
            return Ok(Bytes::new());
        };
        for uid in asked.msgs.iter().filter_map(|message| Uid::parse(message.msg_id())) {
            if for_all {
                group.remove_entry(uid);
            }
            group.mark_mut(user, &channel).deleted.insert(uid);
        }
        Ok(Bytes::new())
    }

    /// `cleanGMsg` of a channel: up to and including a time; 0 is all of it (UGDEL-009).
    pub(crate) fn clear_channel(&mut self, user: UserIx, asked: &CleanHisMsgInput) -> Answer {
        let id = asked.target_id().to_owned();
        let channel = self.channel_for(&id, user, asked.bus_channel())?;
        self.clear_channel_for(user, &id, &channel, asked.data_time());
        Ok(Bytes::new())
    }

    /// The same for the app's server.
    pub(crate) fn clear_channel_for(&mut self, user: UserIx, group: &str, channel: &Arc<str>, time: i64) {
        let slack = i64::from(self.core.has(Bug::ClearsOnlyOlder));
        let until = if time <= 0 { self.state.clock.0 } else { UnixMillis(time - slack) };
        let (ignored, for_all) = (self.core.has(Bug::IgnoresDeletion), self.core.has(Bug::DeletesForAll));
        let Some(group) = self.state.get_mut(group).filter(|_| !ignored) else { return };
        let users: Vec<UserIx> = if for_all { group.members.keys().copied().collect() } else { vec![user] };
        for user in users {
            let mark = group.mark_mut(user, channel);
            mark.cleared = mark.cleared.max(until);
        }
    }
}
