//! What the cloud keeps of rooms, for `qryCHMsg` and the Server API (CHHIST).

use std::{collections::VecDeque, sync::Arc};

use wire::{Request, UnixMillis, body::HistoryMsgInput, code::status};

use crate::{
    core::{
        answer::{Answer, read},
        bug::Bug,
        calendar,
        message::{Message, Side},
        page::Page,
        refusal::Gate,
    },
    service::Service,
};

/// The most messages of one page.
const MOST: usize = 50;

impl Service {
    pub(super) fn keep_room_history(&mut self, now: UnixMillis, id: &Arc<str>, message: &Arc<Message>) {
        if !self.core.switches.chatroom_history {
            return;
        }
        let since = self.room_history_since(now);
        let log = self.rooms.history.entry(id.clone()).or_default();
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
        if let Some(log) = self.rooms.history.get_mut(id) {
            log.retain(|message| message.time > until);
        }
    }

    fn room_history_since(&self, now: UnixMillis) -> UnixMillis {
        if self.core.has(Bug::HistoryForEver) {
            return UnixMillis(i64::MIN);
        }
        calendar::months_ago(now, self.core.limits.chatroom_history_months)
    }

    /// What is kept of a room, oldest first.
    pub(crate) fn room_history(
        &self,
        now: UnixMillis,
        id: &str,
    ) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        static NOTHING: VecDeque<Arc<Message>> = VecDeque::new();
        let log = self.rooms.history.get(id).unwrap_or(&NOTHING);
        let since = self.room_history_since(now);
        log.iter().skip(log.partition_point(|message| message.time < since))
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
        let log = self.room_history(now, id);
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
        let list = page.iter().map(|message| message.body(Side::of(message.from == *me))).collect();
        let since = self.room_history_since(now);
        Page { asked: time.0, newer: after, list, more, since }.answer(now)
    }
}
