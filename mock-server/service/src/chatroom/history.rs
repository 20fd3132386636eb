//! What the cloud keeps of rooms, for `qryCHMsg` and the Server API (CHHIST).

use std::{collections::VecDeque, sync::Arc};

use wire::{Request, UnixMillis, body::HistoryMsgInput, code::status};

use crate::{
    chatroom::{Chatrooms, ChatroomsState},
    core::{
        Core,
        answer::{Answer, read},
        bug::Bug,
        calendar,
        ids::Uid,
        message::{Message, NOTICE, Side},
        page::Page,
        refusal::Gate,
    },
};

/// The most messages of one page.
const MOST: usize = 50;

impl ChatroomsState {
    /// What is kept of a room, oldest first.
    pub(crate) fn log(
        &self,
        core: &Core,
        now: UnixMillis,
        id: &str,
    ) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        static NOTHING: VecDeque<Arc<Message>> = VecDeque::new();
        let log = self.history.get(id).unwrap_or(&NOTHING);
        let since = history_since(core, now);
        log.iter().skip(log.partition_point(|message| message.time < since))
    }

    /// A message that members still find in a room and that was not recalled.
    pub(crate) fn said(&self, id: &str, uid: Uid) -> Option<&Arc<Message>> {
        let room = self.get(id)?;
        let said = room.messages.iter().find(|said| said.message.uid == uid && &*said.classname != NOTICE)?;
        Some(&said.message)
    }
}

fn history_since(core: &Core, now: UnixMillis) -> UnixMillis {
    if core.has(Bug::HistoryForEver) {
        return UnixMillis(i64::MIN);
    }
    calendar::months_ago(now, core.limits.chatroom_history_months)
}

impl Chatrooms<'_> {
    pub(super) fn keep_room_history(&mut self, now: UnixMillis, id: &Arc<str>, message: &Arc<Message>) {
        if !self.core.switches.chatroom_history {
            return;
        }
        let since = history_since(self.core, now);
        let log = self.state.history.entry(id.clone()).or_default();
        while log.front().is_some_and(|oldest| oldest.time < since) {
            log.pop_front();
        }
        // A room that was created anew may begin in the same millisecond; the log stays in order.
        if log.back().is_none_or(|newest| newest.time < message.time) {
            log.push_back(message.clone());
        }
    }

    /// Forgets what was said up to and including a time.
    pub(crate) fn clear_room_history(&mut self, id: &str, until: UnixMillis) {
        if self.core.has(Bug::IgnoresDeletion) {
            return;
        }
        if let Some(log) = self.state.history.get_mut(id) {
            log.retain(|message| message.time > until);
        }
    }

    /// A page: before a time newest first, after one oldest first; `syncTime` is where the next one begins (CHHIST-005,
    /// CHHIST-008).
    pub(crate) fn room_history_page(
        &self,
        now: UnixMillis,
        user: crate::core::account::UserIx,
        request: &Request,
    ) -> Answer {
        self.core.ordered(Gate::RoomHistory)?;
        let asked: HistoryMsgInput = read(request)?;
        let id = asked.target_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&request.target);
        let count = usize::try_from(asked.count()).ok().filter(|count| (1..=MOST).contains(count));
        let count = count.ok_or(status::ROOM_PARAMETER)?;
        let after = (asked.order() == 1) != self.core.has(Bug::IgnoresHistoryOrder);
        let time = UnixMillis(asked.time());
        let bound = self.core.has(Bug::HistoryIncludesBound);
        let log = self.state.log(self.core, now, id);
        let mut page: Vec<&Arc<Message>> = if after {
            let from = |message: &&Arc<Message>| message.time > time || bound && message.time == time;
            log.filter(from).take(count + 1).collect()
        } else {
            let until =
                |message: &&Arc<Message>| time.0 <= 0 || message.time < time || bound && message.time == time;
            log.rev().filter(until).take(count + 1).collect()
        };
        let more = page.len() > count;
        page.truncate(count);
        let me = &self.core.accounts[user].id;
        let list = page.iter().map(|message| message.body(Side::of(message.from == *me), me)).collect();
        let since = history_since(self.core, now);
        Page { asked: time.0, newer: after, list, more, since }.answer(now)
    }
}
