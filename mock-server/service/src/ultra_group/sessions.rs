//! `pullUgSes`: the user's channels with their last messages and counts, which clients keep up by themselves afterwards
//! (UGUNREAD, UGREAD-003).

use wire::{
    Request, UnixMillis,
    body::{RelationInfo, RelationsOutput, UltraGrpPullSes},
};

use crate::{
    core::{
        account::{Accounts, UserIx},
        answer::{Answer, read, write},
        bug::Bug,
        message::Conversation,
        refusal::Gate,
    },
    ultra_group::{Channel, UltraGroup, UltraGroups, history::history_since, log::Entry},
};

/// A channel that a member has messages in.
struct Session<'a> {
    group: &'a UltraGroup,
    id: &'a str,
    channel: &'a Channel,
    last: &'a Entry,
    since: UnixMillis,
    /// When it last changed; clients page by it.
    version: UnixMillis,
}

/// Channels that changed after `syncTime`, by the time they did.
pub(crate) fn list(groups: &UltraGroups<'_>, now: UnixMillis, user: UserIx, request: &Request) -> Answer {
    let asked: UltraGrpPullSes = read(request)?;
    let mut sessions: Vec<Session<'_>> = Vec::new();
    // What the list names is no news of a pull: the bug leaves all of it to the pull.
    if groups.core.shows(Gate::UltraGroups) && !groups.core.has(Bug::UltraGroupsGiveOffline) {
        let mine = groups.state.of(user).iter().filter_map(|id| groups.state.get(id));
        let kept = UnixMillis(history_since(groups.core, now).0.saturating_sub(1));
        sessions.extend(mine.flat_map(|group| group.sessions(user, kept)));
    }
    sessions.retain(|session| session.version.0 > asked.sync_time);
    sessions.sort_by_key(|session| session.version);
    let finished = sessions.len() <= groups.core.limits.package;
    sessions.truncate(groups.core.limits.package);
    let info = sessions.iter().map(|session| session.info(user, &groups.core.accounts)).collect();
    write(&RelationsOutput { info, is_finished: Some(finished), ..RelationsOutput::default() })
}

impl UltraGroup {
    fn sessions(&self, user: UserIx, kept: UnixMillis) -> impl Iterator<Item = Session<'_>> {
        self.channels.iter().filter_map(move |(id, channel)| {
            let since = self.seen_since(channel, user)?.max(kept);
            let last = self.last_seen(id, channel, user, since)?;
            let read = self.mark(user, id).map(|mark| mark.read).unwrap_or_default();
            let version = last.message.time.max(read);
            Some(Session { group: self, id, channel, last, since, version })
        })
    }
}

impl Session<'_> {
    fn info(&self, user: UserIx, accounts: &Accounts) -> RelationInfo {
        let unread = self.group.unread(self.id, self.channel, user, self.since);
        RelationInfo {
            r#type: Conversation::UltraGroup as i32,
            user_id: self.group.id.to_string(),
            msg: Some(self.last.seen_by(user, accounts)),
            read_msg_time: Some(self.group.mark(user, self.id).map(|mark| mark.read.0).unwrap_or_default()),
            unread_count: Some(unread.count as i64),
            bus_channel: Some(self.id.to_owned()),
            version_time: Some(self.version.0),
            remind_count: Some(unread.mentions as i64),
            bus_channel_type: Some(i32::from(self.channel.private)),
            msg_info: unread.first,
            remind_me_count: Some(unread.mentions_of_me as i32),
            ..RelationInfo::default()
        }
    }
}
