//! Ultra groups (UG and the areas that begin so): groups of channels, whose messages are pulled behind one watermark.
//!
//! ```text
//!           login                 pullUgMsg 0           pullUgSes, page by page
//!   Off ──────────────▶ Starting ────────────▶ Listing ─────────────────────────▶ Synced
//!    ▲    again: Listing   │                      │                                 │
//!    └─────────────────────┴── refused, lost ─────┴─────────────────────────────────┘
//! ```
//!
//! A login makes the state of every channel known: its last message and how much is unread. What was written before it is
//! read from the history; no message of that time is handed over (AMB-13, OFFL-021). After an automatic reconnect the
//! pulls go on where they ended, so that an outage loses nothing (SEND-022).

pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod channel_list;
pub(crate) mod coverage;
pub(crate) mod delete;
pub(crate) mod expansion;
pub(crate) mod history;
pub(crate) mod level;
pub(crate) mod modify;
pub(crate) mod read;
pub(crate) mod recall;
pub(crate) mod receive;
pub(crate) mod sync;
pub(crate) mod typing;
pub(crate) mod unread;

use std::collections::BTreeMap;

use serde_json::Value;
use wire::{Topic, UnixMillis};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        feed::Feed,
        message::{Object, text},
        requests::{Asked, Reply, Way},
        store::Key,
    },
    mail::expansion::Change,
};

use self::coverage::Coverage;

/// The wire number of ultra groups among conversation types.
const NUMBER: i32 = 10;

/// A group and one of its channels.
type Channel = (String, String);

/// What an engine knows of ultra groups beside its store, for as long as the app stays connected.
#[derive(Debug, Default)]
pub(crate) struct UltraGroupState {
    stage: Stage,
    /// The list was read to its end since the app connected.
    listed: bool,
    /// The newest item of the list that was seen.
    list_version: i64,
    messages: Feed,
    /// Changes, as far as they were listed.
    changes: Feed,
    /// Every change up to here is in the store: what a lost connection or an end of the app falls back to.
    changes_kept: UnixMillis,
    /// Changed messages that are being fetched.
    fetching: usize,
    /// Up to when another device has read a channel.
    read_until: BTreeMap<Channel, i64>,
    /// Of which times the store has all that a channel has.
    coverage: Coverage,
    /// The server's clock less ours, in milliseconds.
    server_ahead: i64,
    pub(crate) asked: Asked<Call>,
}

/// Ultra groups, and what they may touch.
pub(crate) struct UltraGroups<'e> {
    pub(crate) core: &'e mut Core,
    pub(crate) state: &'e mut UltraGroupState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Offline, or the server refused to begin.
    #[default]
    Off,
    /// Asking the server for its time.
    Starting,
    Listing,
    Synced,
}

/// What an unanswered request is about.
#[derive(Debug)]
pub(crate) enum Call {
    /// The server's time.
    Start,
    /// A page of the channel list.
    List,
    /// New messages.
    Messages,
    /// Changes of messages and channels.
    Changes,
    /// Messages that were changed.
    Changed(change::Fetch),
    /// A page of a channel's history.
    History(Box<history::Load>),
    /// Certain messages.
    Batch(Vec<Object>),
    /// A channel is read.
    Read { of: Channel, read_at: i64, echo: Object },
    /// The user types.
    Typing { echo: Object },
    /// A message's content.
    Modify(modify::Modify),
    /// A message's expansion.
    Expansion { uid: String, change: Change },
    /// A recall.
    Recall { message: Object, delete: bool },
    /// The server's history of a channel is cleared.
    Clear(delete::Clear),
    /// A default level is set.
    SetLevel { event: &'static str, echo: Object },
    /// A default level is asked for.
    LoadLevel { event: &'static str, echo: Object },
}

impl Call {
    fn way(&self) -> Way {
        match self {
            Self::Read { .. } | Self::Typing { .. } | Self::Recall { .. } => Way::Publish,
            _ => Way::Query,
        }
    }
}

impl UltraGroups<'_> {
    /// Sends a request, or ends it at once where there is no connection.
    fn ask(&mut self, now: UnixMillis, topic: Topic, target: &str, body: Vec<u8>, call: Call) {
        match self.core.ask(now, topic, target, body, call.way()) {
            Some(id) => self.state.asked.keep(id, call),
            None => self.answered(now, call, &Reply::none(code::NOT_CONNECTED)),
        }
    }

    /// The same of what concerns the user alone.
    fn ask_own(&mut self, now: UnixMillis, topic: Topic, body: Vec<u8>, call: Call) {
        let me = self.core.user.clone();
        self.ask(now, topic, &me, body, call);
    }

    /// A request has ended.
    pub(crate) fn answered(&mut self, now: UnixMillis, call: Call, reply: &Reply) {
        let Reply { code, body, time, .. } = reply;
        let code = *code;
        match call {
            Call::Start => self.started(now, code, body),
            Call::List => self.listed(now, code, body),
            Call::Messages => self.package(now, code, body),
            Call::Changes => self.changes_arrived(now, code, body),
            Call::Changed(fetch) => self.changed_fetched(now, fetch, code, body),
            Call::History(load) => self.history_answered(now, &load, code, body),
            Call::Batch(asked) => batch::loaded(self.core, asked, code, body),
            // All that was said in the channel until the server took it over is read.
            Call::Read { of, read_at, echo } => self.channel_read(of, read_at.max(time.0), echo, code),
            Call::Typing { echo } => self.core.fire("onUltraGroupTypingStatusSent", with_code(code, echo)),
            Call::Modify(modify) => modify::modified(self.core, &modify, code, body),
            Call::Expansion { uid, change } => expansion::answered(self.core, &uid, &change, code),
            Call::Recall { message, delete } => recall::answered(self.core, now, message, delete, code),
            Call::Clear(clear) => delete::cleared(self.core, clear, code),
            Call::SetLevel { event, echo } => self.core.fire(event, with_code(code, echo)),
            Call::LoadLevel { event, echo } => level::loaded(self.core, event, echo, code, body),
        }
    }

    /// The connection is gone: the next one goes on where this one ended.
    pub(crate) fn disconnected(&mut self) {
        let state = &mut *self.state;
        if state.changes.is_pulling() && self.core.has(Bug::CutEndsChangeList) {
            let until = state.messages.watermark();
            state.changes.reached(until);
        }
        state.stage = Stage::Off;
        state.messages.disconnected();
        state.changes.disconnected();
    }

    /// The session is over: the next one begins anew.
    pub(crate) fn forget(&mut self) {
        *self.state = UltraGroupState::default();
    }
}

/// A channel as a conversation of the store.
fn key((group, channel): &Channel) -> Key {
    Key { kind: "ultra_group".to_owned(), target: group.clone(), channel: channel.clone() }
}

/// `targetId`; `None`: it names no group.
fn group(args: &Object) -> Option<String> {
    Some(text(args, "targetId")).filter(|id| !id.is_empty())
}

/// `targetId` and `channelId`; `None`: no group, or no channel's name.
fn channel(args: &Object) -> Option<Channel> {
    group(args).zip(crate::core::arguments::channel(args))
}

/// Arguments of a call that its callback repeats; a missing channel is an empty one.
fn echo(args: &Object, names: &[&str]) -> Object {
    let given = |name: &str| args.get(name).filter(|value| !value.is_null()).cloned();
    names.iter().map(|name| ((*name).to_owned(), given(name).unwrap_or_else(|| "".into()))).collect()
}

fn with_code(code: i64, echo: Object) -> Value {
    let mut args = Object::new();
    args.insert("code".into(), code.into());
    args.extend(echo);
    Value::Object(args)
}
