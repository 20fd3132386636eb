//! `loadMessages` of a channel: what is here, and from the server what is missing (UGHIST-001 to UGHIST-004).

use bytes::Bytes;
use prost::Message as _;
use serde_json::Value;
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, HistoryMsgInput, HistoryMsgOuput},
    code::status,
};

use crate::{
    core::{
        Core,
        bug::Bug,
        message::{Object, text},
    },
    mail::history,
    ultra_group::{Call, Channel, Stage, UltraGroups, receive},
};

/// A page that the server was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// The app's call.
    call: history::Load,
    of: Channel,
    /// Where the page begins: earlier than this, or later; 0: at the end, or at the beginning.
    from: i64,
    count: usize,
}

impl UltraGroups<'_> {
    /// A call whose policy names the server. Where the store is known to have all that was asked for, nobody is asked.
    pub(crate) fn load_messages(&mut self, now: UnixMillis, call: history::Load) {
        let of: Channel = (call.target.clone(), call.channel.clone());
        let wanted = usize::try_from(call.count).unwrap_or(0);
        let mut load = Load { from: call.time, count: wanted, of, call };
        if load.call.with_local {
            let before = load.call.is_before();
            let point = match (before, load.call.time) {
                (true, 0) => i64::MAX,
                (true, time) => time.saturating_sub(1),
                (false, time) => time.saturating_add(1),
            };
            if self.core.has(Bug::FullChannelPageHidesHoles) {
                let (code, here) = history::local(self.core, &load.call);
                if here.len() == wanted {
                    return history::loaded(self.core, &load.call, code, here);
                }
            }
            if let Some((low, high)) = self.state.coverage.around(&load.of, point, self.live_until()) {
                let (code, local) = history::local(self.core, &load.call);
                let inside = |message: &&Object| {
                    let time = sent_time(message);
                    low < time && time <= high
                };
                let here = local.iter().filter(inside).count();
                let whole = if before { low == i64::MIN } else { high == i64::MAX };
                if (here >= wanted || whole) && !self.core.has(Bug::AsksForWhatIsHere) {
                    return history::loaded(self.core, &load.call, code, local);
                }
                load.count = wanted.saturating_sub(here).max(1);
                load.from = if before { low.saturating_add(1) } else { high };
            }
        }
        let ask = HistoryMsgInput {
            target_id: Some(load.of.0.clone()),
            time: Some(load.from),
            count: i32::try_from(load.count).ok(),
            order: Some(i32::from(!load.call.is_before())),
            bus_channel: Some(load.of.1.clone()),
            ..HistoryMsgInput::default()
        };
        self.ask_own(now, Topic::QryUgMsg, ask.encode_to_vec(), Call::History(Box::new(load)));
    }

    /// Up to when everything was fetched: nothing is announced and not here yet.
    fn live_until(&self) -> i64 {
        let state = &*self.state;
        let all = state.stage == Stage::Synced && state.messages.is_complete();
        if all { i64::MAX } else { state.messages.watermark().0 }
    }

    /// The server's part is kept if the call was about the local store, too; exactly one callback either way.
    pub(super) fn history_answered(&mut self, now: UnixMillis, load: &Load, code: i64, body: &Bytes) {
        let call = &load.call;
        let page = match HistoryMsgOuput::decode(body.clone()) {
            Ok(page) if code == 0 => page,
            other => {
                let code = if code == 0 && other.is_err() { i64::from(status::BAD_PARAMETER) } else { code };
                let local = if call.with_local { history::local(self.core, call).1 } else { Vec::new() };
                return history::loaded(self.core, call, code, local);
            }
        };
        self.core.store.begin();
        let mut messages: Vec<Object> =
            page.list.iter().map(|down| of_history(self.core, now, load, down)).collect();
        self.core.store.commit();
        let mut code = 0;
        if call.with_local {
            self.note_page(load, &messages, page.has_msg != 0);
            let local;
            (code, local) = history::local(self.core, call);
            for message in local {
                let uid = text(&message, "messageUId");
                if uid.is_empty() || !messages.iter().any(|other| text(other, "messageUId") == uid) {
                    messages.push(message);
                }
            }
        }
        messages.sort_by_key(sent_time);
        if call.is_before() {
            messages.reverse();
        }
        messages.truncate(usize::try_from(call.count).unwrap_or(0));
        history::loaded(self.core, &load.call, code, messages);
    }

    /// The store now has everything between where the page began and where it ended.
    fn note_page(&mut self, load: &Load, page: &[Object], more: bool) {
        let times = page.iter().map(sent_time);
        let span = if load.call.is_before() {
            let high = if load.from == 0 { self.live_until() } else { load.from.saturating_sub(1) };
            let low = times.min().filter(|_| more).map_or(i64::MIN, |oldest| oldest.saturating_sub(1));
            (low, high)
        } else {
            let Some(newest) = times.max() else { return };
            (if load.from == 0 { i64::MIN } else { load.from }, newest)
        };
        self.state.coverage.add(&load.of, span);
    }
}

/// A message of the server's history as the app gets it: with what the store knows of it.
fn of_history(core: &Core, now: UnixMillis, load: &Load, down: &DownStreamMessage) -> Object {
    let mut message = receive::channel_received(core, down);
    message.insert("targetId".into(), load.of.0.as_str().into());
    message.insert("channelId".into(), load.of.1.as_str().into());
    if load.call.with_local {
        message.insert("receivedTime".into(), now.0.into());
        if !core.has(Bug::FetchedHistoryNotKept) {
            keep_fetched(core, &message);
        }
    }
    add_local_state(core, &mut message);
    message
}

/// Stores a message that was fetched; if it is here already, with its newest content (UGMOD-006).
fn keep_fetched(core: &Core, message: &Object) {
    let uid = text(message, "messageUId");
    let stored = core.store.by_uid(&uid).ok().flatten().filter(|_| !uid.is_empty());
    let Some(stored) = stored else {
        // Told even if the store cannot keep it.
        let _ = core.store.insert(message);
        let _ = core.store.list_conversation(message);
        return;
    };
    let id = stored.get("messageId").and_then(Value::as_i64);
    let fresh = crate::ultra_group::change::renewed(&stored, message);
    if let Some(id) = id.filter(|_| fresh != stored) {
        let _ = core.store.update(id, &fresh);
    }
}

/// What only this device knows of a message.
pub(super) fn add_local_state(core: &Core, message: &mut Object) {
    let Ok(Some(stored)) = core.store.by_uid(&text(message, "messageUId")) else { return };
    for name in ["messageId", "receivedTime", "receivedStatus"] {
        if let Some(value) = stored.get(name) {
            message.insert(name.into(), value.clone());
        }
    }
}

fn sent_time(message: &Object) -> i64 {
    message.get("sentTime").and_then(Value::as_i64).unwrap_or_default()
}
