//! Read times and unread counts: reckoned when somebody asks, never kept for each member (UGUNREAD, UGREAD).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Request, ServerFrame, Topic, UnixMillis,
    body::{QryRemindListReq, QryRemindListResp, SessionMsgReadInput, UnreadMsgInfo},
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        ids::Uid,
        io::ConnId,
        message::Posted,
    },
    ultra_group::{Channel, UltraGroup, UltraGroups, log::Entry},
};

/// The largest count that is told (UGUNREAD-005, UGUNREAD-006).
const MOST: usize = 999;
/// Mentions that one query brings.
const MOST_DIGESTS: usize = 50;

/// What a member has done with a channel; kept only for those who have done something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mark {
    /// Read up to and including this.
    pub(crate) read: UnixMillis,
    /// Nothing up to this is shown to it any more (UGDEL-009, UGDEL-010).
    pub(crate) cleared: UnixMillis,
    pub(crate) deleted: BTreeSet<Uid>,
}

/// Marks of a group, by member and channel.
pub(super) type Marks = BTreeMap<UserIx, BTreeMap<Arc<str>, Mark>>;

/// A channel's unread messages as one member counts them.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread {
    pub(super) count: usize,
    /// Mentions of all and of the member.
    pub(super) mentions: usize,
    /// Mentions of the member.
    pub(super) mentions_of_me: usize,
    pub(super) first: Option<UnreadMsgInfo>,
}

impl UltraGroup {
    pub(super) fn mark(&self, user: UserIx, channel: &str) -> Option<&Mark> {
        self.marks.get(&user)?.get(channel)
    }

    pub(super) fn mark_mut(&mut self, user: UserIx, channel: &Arc<str>) -> &mut Mark {
        self.marks.entry(user).or_default().entry(channel.clone()).or_default()
    }

    /// From when on a member's messages in a channel are unread.
    fn unread_since(&self, user: UserIx, channel: &str, since: UnixMillis) -> UnixMillis {
        let mark = self.mark(user, channel);
        mark.map_or(since, |mark| since.max(mark.read).max(mark.cleared))
    }

    /// Unread mentions of a member, newest first.
    fn unread_mentions<'a>(
        &'a self,
        channel: &'a Channel,
        user: UserIx,
        since: UnixMillis,
    ) -> impl Iterator<Item = (&'a Entry, i32)> {
        let times = channel.times.mentions.iter().rev().take_while(move |time| **time > since);
        let entries = times.filter_map(|time| self.log.at(*time));
        let entries = entries.filter(move |entry| entry.by != user && self.is_for(entry, user));
        entries.filter_map(move |entry| Some((entry, entry.reminded.of(user)?)))
    }

    /// Counts what is unread since a member sees a channel.
    pub(super) fn unread(&self, id: &str, channel: &Channel, user: UserIx, since: UnixMillis) -> Unread {
        let since = self.unread_since(user, id, since);
        let others = channel.times.counted.iter().rev().take_while(|(time, _)| *time > since);
        let others = others.filter(|(_, by)| *by != user);
        // Directed ones are rare, and looked up only where there are any.
        let mine = |time: UnixMillis| self.log.at(time).is_some_and(|entry| self.is_for(entry, user));
        let count = others.filter(|(time, _)| mine(*time)).take(MOST).count();
        let (mut mentions, mut mentions_of_me) = (0, 0);
        for (_, kind) in self.unread_mentions(channel, user, since).take(MOST) {
            mentions += 1;
            mentions_of_me += usize::from(kind == 2);
        }
        let start = channel.times.counted.partition_point(|(time, _)| *time <= since);
        let mut first = channel.times.counted.range(start..).filter(|(_, by)| *by != user);
        let first = first.find_map(|(time, _)| self.log.at(*time).filter(|entry| self.is_for(entry, user)));
        Unread { count, mentions, mentions_of_me, first: first.map(|entry| digest(entry, user)) }
    }
}

fn digest(entry: &Entry, user: UserIx) -> UnreadMsgInfo {
    UnreadMsgInfo {
        msg_id: entry.message.uid.to_string(),
        msg_time: entry.message.time.0,
        remind_type: entry.reminded.of(user),
        class_name: Some(entry.classname.to_string()),
    }
}

impl UltraGroups<'_> {
    /// `updUgRTime`: everything in the channel is read, whatever time the client names (UGREAD-003, UGREAD-005 to
    /// UGREAD-007). The user's other devices are told (UGREAD-004).
    pub(crate) fn read_channel(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        request: &Request,
    ) -> Result<Posted, u16> {
        let asked: SessionMsgReadInput = read(request)?;
        if asked.r#type() != crate::core::message::Conversation::UltraGroup as i32 {
            return Err(status::ULTRA_GROUP_PARAMETER);
        }
        let group = asked.channel_id().to_owned();
        let channel = self.channel_for(&group, user, asked.bus_channel())?;
        let time = self.state.clock.tick(now);
        let up_to = if self.core.has(Bug::TakesReadTimestamp) { UnixMillis(asked.msg_time()) } else { time };
        let whole = self.core.has(Bug::ReadsEveryChannel);
        if !self.core.has(Bug::ForgetsReadTimes)
            && let Some(group) = self.state.get_mut(&group)
        {
            let channels = group.channels.keys().filter(|id| whole || **id == channel);
            for id in channels.cloned().collect::<Vec<Arc<str>>>() {
                let mark = group.mark_mut(user, &id);
                mark.read = mark.read.max(up_to);
            }
        }
        let uid = self.core.ids.message_uid(time);
        if !self.core.has(Bug::NoReadSync) {
            let read = SessionMsgReadInput {
                msg_time: Some(up_to.0),
                bus_channel: Some(channel.to_string()),
                ..asked
            };
            self.tell_own_devices(now, conn, user, &read, &Posted { uid, time });
        }
        Ok(Posted { uid, time })
    }

    /// What was read, and its acknowledgement: nothing happens before that. The time is ours: what a client takes for it may
    /// be before the newest message, and some devices read up to that time only.
    fn tell_own_devices(
        &mut self,
        now: UnixMillis,
        but: ConnId,
        user: UserIx,
        read: &SessionMsgReadInput,
        posted: &Posted,
    ) {
        let body: Bytes = read.encode_to_vec().into();
        let target = self.core.accounts[user].id.to_string();
        for conn in self.core.connections_of(user, None).into_iter().filter(|conn| *conn != but) {
            let Some(connection) = self.core.connections.get_mut(&conn) else { continue };
            let id = connection.next_push_id();
            let frame = ServerFrame::Publish {
                dup: true,
                qos: 1,
                seconds: now.seconds(),
                topic: Topic::UpdUgRTime,
                target: target.clone(),
                id,
                body: body.clone(),
            };
            self.core.send(now, conn, frame, None);
            let message_uid = posted.uid.to_string();
            self.core.send(
                now,
                conn,
                ServerFrame::PubAck { id, status: 0, time: posted.time, message_uid },
                None,
            );
        }
    }

    /// `qryUgUal`: unread mentions of the user in a channel, later than a time, oldest first. Which way a page goes is
    /// assumed.
    pub(crate) fn unread_mention_digests(&mut self, user: UserIx, request: &Request) -> Answer {
        let asked: QryRemindListReq = read(request)?;
        let id = self.channel_for(&asked.group_id, user, asked.bus_channel())?;
        let size = usize::try_from(asked.size()).ok().filter(|size| *size > 0).unwrap_or(MOST_DIGESTS);
        let found = self.state.get(&asked.group_id).and_then(|group| {
            let channel = group.channels.get(&id)?;
            let since = group.unread_since(user, &id, group.seen_since(channel, user)?);
            let since = since.max(UnixMillis(asked.msg_time()));
            Some(group.unread_mentions(channel, user, since).map(|(entry, _)| digest(entry, user)).collect())
        });
        let mut msg_info: Vec<UnreadMsgInfo> = found.unwrap_or_default();
        msg_info.reverse();
        msg_info.truncate(size.min(MOST_DIGESTS));
        write(&QryRemindListResp { msg_info })
    }
}
