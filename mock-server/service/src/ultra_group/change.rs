//! The list of changes: expanded, modified and recalled messages, channels, user groups. Members are told that there is
//! something (`s_cmd` 7) and ask for what is newer than their watermark (`qryMsgChange`).

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};
use wire::code::notify;

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Request, UnixMillis,
    body::{MsgChange, MsgChangeList, NotifyMsg, QueryMsgChange},
    code::status,
};

use crate::{
    core::{
        Core,
        account::UserIx,
        answer::{Answer, read, write},
        feed::is_from_the_future,
        io::ConnId,
        message::Conversation,
        refusal::Gate,
    },
    ultra_group::{UltraGroup, UltraGroups, history::history_since, log::Entry, notice},
};

/// `changeType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Kind {
    Expanded = 1,
    Modified = 2,
    Recalled = 3,
    Channel = 4,
    UserGroup = 5,
}

/// `subChangeType` of a channel's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum ChannelChange {
    Deleted = 1,
    MadePrivate = 2,
    MadePublic = 3,
    Joined = 4,
    Removed = 5,
    /// It became private, and the member is not on its list.
    Closed = 6,
}

/// Which members a change concerns.
#[derive(Debug, Clone)]
pub(super) enum Audience {
    Everyone,
    /// Who sees the channel when it asks.
    Channel(Arc<str>),
    Only(Arc<BTreeSet<UserIx>>),
    But(Arc<BTreeSet<UserIx>>),
}

#[derive(Debug, Clone)]
struct Change {
    time: UnixMillis,
    audience: Audience,
    what: MsgChange,
}

/// The changes of a group, by time.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(VecDeque<Change>);

impl Audience {
    fn has(&self, group: &UltraGroup, user: UserIx) -> bool {
        match self {
            Self::Everyone => true,
            Self::Channel(id) => {
                group.channels.get(id).is_some_and(|channel| group.seen_since(channel, user).is_some())
            }
            Self::Only(users) => users.contains(&user),
            Self::But(users) => !users.contains(&user),
        }
    }

    fn connections(&self, core: &Core, group: &UltraGroup) -> Vec<ConnId> {
        match self {
            Self::Everyone => group.online.iter().copied().collect(),
            Self::Channel(id) => {
                group.channels.get(id).map(|channel| group.audience(core, channel)).unwrap_or_default()
            }
            Self::Only(users) => group.connections(core, users.iter().copied()),
            Self::But(users) => {
                let but: BTreeSet<ConnId> =
                    group.connections(core, users.iter().copied()).into_iter().collect();
                group.online.difference(&but).copied().collect()
            }
        }
    }
}

impl Entry {
    /// A change of this message, for those who have it.
    pub(super) fn change(&self, kind: Kind) -> (Audience, MsgChange) {
        let audience = match &self.only {
            None => Audience::Channel(self.channel.clone()),
            Some(only) => {
                let mut users = only.clone();
                users.insert(self.by);
                Audience::Only(Arc::new(users))
            }
        };
        let what = MsgChange {
            change_type: kind as i32,
            msg_uid: self.message.uid.to_string(),
            msg_time: self.message.time.0,
            bus_channel: Some(self.channel.to_string()),
            ..MsgChange::default()
        };
        (audience, what)
    }
}

impl UltraGroups<'_> {
    /// Notes a change and tells whom it concerns; gives its time.
    pub(super) fn note_change(
        &mut self,
        now: UnixMillis,
        group: &str,
        audience: Audience,
        what: MsgChange,
    ) -> UnixMillis {
        let since = history_since(self.core, now);
        let time = self.state.clock.tick(now);
        let Some(group) = self.state.get_mut(group) else { return time };
        let what = MsgChange {
            target_id: group.id.to_string(),
            r#type: Conversation::UltraGroup as i32,
            time: time.0,
            ..what
        };
        let changes = &mut group.changes.0;
        while changes.front().is_some_and(|oldest| oldest.time < since) {
            changes.pop_front();
        }
        changes.push_back(Change { time, audience: audience.clone(), what });
        let id = group.id.clone();
        let conns =
            self.state.get(&id).map(|group| audience.connections(self.core, group)).unwrap_or_default();
        let notify =
            NotifyMsg { r#type: notify::ULTRA_GROUP_CHANGES, time: Some(time.0), ..NotifyMsg::default() };
        let body: Bytes = notify.encode_to_vec().into();
        for conn in conns {
            notice::command(self, now, conn, body.clone());
        }
        time
    }

    /// Notes a change of a channel.
    pub(super) fn note_channel_change(
        &mut self,
        now: UnixMillis,
        group: &str,
        channel: &str,
        audience: Audience,
        change: ChannelChange,
        operator: Option<UserIx>,
    ) {
        let what = MsgChange {
            change_type: Kind::Channel as i32,
            sub_change_type: Some(change as i32),
            bus_channel: Some(channel.to_owned()),
            bus_channel_type: Some(self.channel_type(group, channel)),
            operator_id: operator.map(|user| self.core.accounts[user].id.to_string()),
            ..MsgChange::default()
        };
        self.note_change(now, group, audience, what);
    }

    /// `busChannelType`: 1 private, 0 public.
    pub(super) fn channel_type(&self, group: &str, channel: &str) -> i32 {
        let channel = self.state.get(group).and_then(|group| group.channels.get(channel));
        i32::from(channel.is_some_and(|channel| channel.private))
    }

    /// `qryMsgChange`: what changed for the user after its watermark, in all its groups; without one, since it connected.
    pub(crate) fn ultra_group_changes(
        &self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        request: &Request,
    ) -> Answer {
        let asked: QueryMsgChange = read(request)?;
        if is_from_the_future(now, asked.sync_time()) {
            return Err(status::ULTRA_GROUP_PARAMETER);
        }
        let connected = self.core.connections.get(&conn).map_or(now, |connection| connection.since);
        let after = if asked.sync_time() > 0 { UnixMillis(asked.sync_time()) } else { connected };
        let most = self.core.limits.package;
        let mut changes: Vec<(&UltraGroup, &Change)> = Vec::new();
        let on = self.core.shows(Gate::UltraGroups);
        for id in self.state.of(user).iter().filter(|_| on) {
            let Some(group) = self.state.get(id) else { continue };
            let list = &group.changes.0;
            let joined = group.members.get(&user).copied().unwrap_or_default();
            let first = list.partition_point(|change| change.time <= after.max(joined));
            let mine = list.range(first..).filter(|change| change.audience.has(group, user));
            changes.extend(mine.take(most + 1).map(|change| (group, change)));
        }
        changes.sort_by_key(|(_, change)| change.time);
        let more = changes.len() > most;
        changes.truncate(most);
        let end = after.max(self.state.clock.0).max(now.previous());
        let sync_time = changes.last().filter(|_| more).map_or(end, |(_, change)| change.time);
        let list = changes.into_iter().map(|(group, change)| group.seen_change(change, user)).collect();
        write(&MsgChangeList { list, sync_time: sync_time.0, has_next: Some(more) })
    }
}

impl UltraGroup {
    /// A change as one member gets it: with whether the message mentions it.
    fn seen_change(&self, change: &Change, user: UserIx) -> MsgChange {
        let entry = crate::core::ids::Uid::parse(&change.what.msg_uid).and_then(|uid| self.log.find(uid));
        let kind = entry.and_then(|entry| entry.reminded.of(user));
        MsgChange { remind_type: kind, is_remind_me: kind.map(|kind| kind == 2), ..change.what.clone() }
    }
}
