//! History as clients ask for it and delete it: `qryPMsg` and its kin, `qryMsg`, `delMsg`, `cleanPMsg` and its kin
//! (HIST, DEL, COMP-016 to COMP-018).

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use wire::{
    Request, Topic, UnixMillis,
    body::{CleanHisMsgInput, DeleteMsgInput, HistoryMsgInput, MsgQuery, MsgQueryAck},
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        calendar,
        ids::Uid,
        message::{Conversation, Message},
        page::Page,
        refusal::Gate,
    },
    mail::{
        Mail,
        archive::{Entry, Kept, Place, Range},
        keeping::syncs,
    },
};

/// Messages of a page when the client names no number, and the most it gets.
const PAGE: i32 = 20;
const LARGEST_PAGE: i32 = 100;

impl Mail<'_> {
    /// A time for a message that none of its conversation has yet: history is paged by time (HIST-013).
    pub(crate) fn archive_time(
        &self,
        conversation: Conversation,
        from: &str,
        target: &str,
        time: UnixMillis,
    ) -> UnixMillis {
        if !self.core.switches.roaming_history {
            return time;
        }
        let place = match conversation {
            Conversation::System => Place::of(conversation, target, from),
            _ => Place::of(conversation, from, target),
        };
        self.state.archive.free_time(&place, time)
    }

    /// Keeps a message that was sent: as history where the service is on, for recalls and expansions in any case.
    pub(crate) fn archive(
        &mut self,
        now: UnixMillis,
        sender: UserIx,
        receivers: &[UserIx],
        message: Arc<Message>,
        directed: bool,
    ) {
        let mut viewers = receivers.to_vec();
        if message.conversation != Conversation::System && !viewers.contains(&sender) {
            viewers.push(sender);
        }
        viewers.sort_unstable();
        let directed_too = message.conversation == Conversation::Group
            && (self.core.switches.directed_history || self.core.has(Bug::KeepsDirected));
        let kept = self.core.switches.roaming_history && (!directed || directed_too);
        self.state.archive.record(message, viewers, Kept { kept, directed });
        if kept {
            self.state.archive.forget(self.history_since(now));
        } else {
            self.state.archive.remember(self.core.limits.remembered);
        }
    }

    /// Since when history is kept (HIST-015).
    pub(crate) fn history_since(&self, now: UnixMillis) -> UnixMillis {
        if self.core.has(Bug::HistoryForEver) {
            return UnixMillis(i64::MIN);
        }
        calendar::months_ago(now, self.core.limits.history_months)
    }

    fn history_on(&self) -> Result<(), u16> {
        self.core.ordered(Gate::History)
    }

    /// The conversation that a request is about; the body names it, or the frame's target where an old client's body
    /// does not.
    fn place(&self, user: UserIx, request: &Request, named: Option<&str>) -> Result<Place, u16> {
        let me = &self.core.accounts[user].id;
        let target = named.filter(|id| !id.is_empty()).unwrap_or(&request.target);
        if target.is_empty() {
            return Err(status::BAD_PARAMETER);
        }
        let conversation = match request.topic {
            Topic::QryGMsg | Topic::CleanGMsg => Conversation::Group,
            Topic::QrySMsg | Topic::CleanSMsg => Conversation::System,
            _ => Conversation::Private,
        };
        Ok(Place::of(conversation, me, target))
    }

    /// A page of history: order 0 older than the time, newest first; order 1 newer, oldest first (HIST-003, HIST-004).
    pub(crate) fn history(&mut self, now: UnixMillis, user: UserIx, request: &Request) -> Answer {
        self.history_on()?;
        let asked: HistoryMsgInput = read(request)?;
        let place = self.place(user, request, asked.target_id.as_deref())?;
        let count = match asked.count() {
            ..=0 => PAGE,
            count => count.min(LARGEST_PAGE),
        };
        let count = if self.core.has(Bug::ShortHistoryPages) { count.min(10) } else { count };
        let newer = asked.order() == 1 && !self.core.has(Bug::IgnoresHistoryOrder);
        let slack = i64::from(self.core.has(Bug::HistoryIncludesBound));
        let since = UnixMillis(self.history_since(now).0.saturating_sub(1));
        let range = Range {
            after: if newer { UnixMillis(asked.time().saturating_sub(slack)).max(since) } else { since },
            before: match asked.time() {
                time if time > 0 && !newer => UnixMillis(time.saturating_add(slack)),
                _ => UnixMillis(i64::MAX),
            },
            ascending: newer,
            most: count as usize,
        };
        // Who joined later reads what came before like everybody, but for what was for some alone (GRP-007).
        let members = place.group().and_then(|group| self.state.groups.get(group));
        let everything = (self.core.switches.new_member_history || self.core.has(Bug::NewMembersReadAll))
            && members.is_some_and(|members| members.contains(&user));
        let (page, more) = self.state.archive.page(&place, user, &range, everything);
        let omitted = |entry: &&Entry| {
            self.core.has(Bug::HistoryOmitsOwn) && entry.message.from == self.core.accounts[user].id
        };
        let page = page.into_iter().filter(|entry| !omitted(entry));
        let list: Vec<_> = page.map(|entry| entry.seen_by(&self.core.accounts[user].id)).collect();
        if self.core.has(Bug::HistoryConsumesOffline) {
            self.state.mailboxes[user].clear();
        }
        Page { asked: asked.time(), newer, list, more, since: self.history_since(now) }.answer(now)
    }

    /// Messages by UID; recalled and unknown ones are told apart from those.
    pub(crate) fn messages_by_uid(&self, now: UnixMillis, user: UserIx, asked: MsgQuery) -> Answer {
        self.history_on()?;
        // As many as a page of history has: each may be a large one.
        if asked.query.len() > LARGEST_PAGE as usize {
            return Err(status::BAD_PARAMETER);
        }
        let since = self.history_since(now);
        let mut answer = MsgQueryAck::default();
        for one in asked.query {
            let uid = one.msg_uid.unwrap_or_default();
            let entry = Uid::parse(&uid).and_then(|uid| self.state.archive.find(uid));
            match entry.filter(|e| !e.recalled && e.message.time >= since && e.viewers.contains(&user)) {
                Some(entry) => answer.list.push(entry.seen_by(&self.core.accounts[user].id)),
                None => answer.not_exist_msg_id.push(uid),
            }
        }
        write(&answer)
    }

    /// Deletes messages from the user's own history, and from what compensation would bring (DEL-006, DEL-018,
    /// COMP-018).
    pub(crate) fn delete_messages(&mut self, user: UserIx, request: &Request) -> Answer {
        self.history_on()?;
        let asked: DeleteMsgInput = read(request)?;
        let topic = match asked.r#type() {
            1 => Topic::QryPMsg,
            3 => Topic::QryGMsg,
            6 => Topic::QrySMsg,
            _ => return Err(status::BAD_PARAMETER),
        };
        let of_kind = Request { topic, ..request.clone() };
        let place = self.place(user, &of_kind, asked.conversation_id.as_deref())?;
        if self.core.has(Bug::IgnoresDeletion) {
            return Ok(Bytes::new());
        }
        for message in asked.msgs {
            let Some(uid) = Uid::parse(message.msg_id()) else { continue };
            for user in self.deleting(user, &place) {
                self.state.archive.delete(&place, user, uid);
                if !self.core.has(Bug::CompensatesDeleted) {
                    self.take_from_mailbox(user, uid);
                }
            }
        }
        Ok(Bytes::new())
    }

    /// Clears the user's own history up to and including a time; 0 is all of it (DEL-010, DEL-011).
    pub(crate) fn clear_messages(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        request: &Request,
        asked: &CleanHisMsgInput,
    ) -> Answer {
        self.history_on()?;
        let place = self.place(user, request, asked.target_id.as_deref())?;
        self.clear_place(now, user, &place, asked)
    }

    /// The conversation that one of several to clear names.
    ///
    /// # Errors
    /// It names none that has history here, or the app has no such service.
    pub(crate) fn clearable(&self, user: UserIx, asked: &CleanHisMsgInput) -> Result<Place, u16> {
        self.history_on()?;
        let kinds = [Conversation::Private, Conversation::Group, Conversation::System];
        let kind = kinds.into_iter().find(|kind| *kind as i32 == asked.conversation_type());
        let kind = kind.filter(|_| !asked.target_id().is_empty()).ok_or(status::BAD_PARAMETER)?;
        Ok(Place::of(kind, &self.core.accounts[user].id, asked.target_id()))
    }

    /// Clears one of several, which is named by its kind.
    pub(crate) fn clear_named(&mut self, now: UnixMillis, user: UserIx, asked: &CleanHisMsgInput) -> Answer {
        let place = self.clearable(user, asked)?;
        self.clear_place(now, user, &place, asked)
    }

    fn clear_place(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        place: &Place,
        asked: &CleanHisMsgInput,
    ) -> Answer {
        let until = match asked.data_time() {
            // Messages of one millisecond have times ahead of the clock.
            ..=0 => now.max(self.state.archive.newest(place)),
            time => UnixMillis(time - i64::from(self.core.has(Bug::ClearsOnlyOlder))),
        };
        if !self.core.has(Bug::IgnoresDeletion) {
            self.clear_history(user, place, until);
        }
        Ok(Bytes::new())
    }

    /// Clears a user's history of a conversation, and the copies of its compensation where that was ordered (COMP-016,
    /// COMP-017).
    pub(crate) fn clear_history(&mut self, user: UserIx, place: &Place, until: UnixMillis) {
        let with_copies = self.core.switches.delete_compensation || self.core.has(Bug::ClearsCompensation);
        for user in self.deleting(user, place) {
            let uids = self.state.archive.clear(place, user, until);
            for uid in uids.into_iter().filter(|_| with_copies) {
                self.take_from_mailbox(user, uid);
            }
        }
    }

    /// Whose history a deletion touches: the user's own.
    fn deleting(&self, user: UserIx, place: &Place) -> BTreeSet<UserIx> {
        if self.core.has(Bug::DeletesForAll) {
            self.state.archive.participants(place)
        } else {
            BTreeSet::from([user])
        }
    }

    fn take_from_mailbox(&mut self, user: UserIx, uid: Uid) {
        if let Some(time) = self.state.archive.find(uid).map(|entry| entry.message.time) {
            self.state.mailboxes[user].rewrite(uid, time, None);
        }
    }

    /// A client confirmed a package: with sync its messages need not wait as offline messages any longer.
    pub(crate) fn pull_confirmed(&mut self, now: UnixMillis, conn: crate::core::io::ConnId, id: u16) {
        let sync = syncs(self.core);
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        if connection.pull_confirmed(now, id) && sync {
            let (user, device, up_to) = (connection.user, connection.device, connection.pulled_to);
            self.state.mailboxes[user].had(device, up_to);
        }
    }
}
