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

mod batch;
mod change;
mod channel_list;
mod coverage;
mod delete;
mod expansion;
mod history;
mod level;
mod modify;
mod read;
mod recall;
mod receive;
mod sync;
mod typing;
mod unread;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use wire::UnixMillis;

use self::coverage::Coverage;
use crate::{
    core::{
        io::CallResult,
        message::{Object, text},
        store::Key,
    },
    engine::Engine,
    mail::expansion::Change,
};

/// The wire number of ultra groups among conversation types.
const NUMBER: i32 = 10;
/// Where messages without a channel go, in apps that have such a channel (UG-020, UG-022).
const DEFAULT_CHANNEL: &str = "RCDefault";

/// A group and one of its channels.
type Channel = (String, String);

/// What an engine knows of ultra groups beside its store, for as long as the app stays connected.
#[derive(Debug, Default)]
pub(crate) struct UltraGroups {
    stage: Stage,
    /// The list was read to its end since the app connected.
    listed: bool,
    /// The newest item of the list that was seen.
    list_version: i64,
    /// Every message up to here was fetched.
    watermark: UnixMillis,
    pulling: bool,
    /// Something was announced while a pull ran.
    noticed: bool,
    /// The newest time that was announced.
    announced: UnixMillis,
    /// Every change up to here was listed.
    changes: i64,
    /// Every change up to here is in the store: what a lost connection or an end of the app falls back to.
    changes_kept: i64,
    /// Changed messages that are being fetched.
    fetching: usize,
    pulling_changes: bool,
    changes_noticed: bool,
    /// Up to when another device has read a channel.
    read_until: BTreeMap<Channel, i64>,
    /// Of which times the store has all that a channel has.
    coverage: Coverage,
    /// The server's clock less ours, in milliseconds.
    server_ahead: i64,
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
#[derive(Debug, Clone)]
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
    /// Whether it goes up as a PUBLISH.
    pub(crate) fn is_published(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Typing { .. } | Self::Recall { .. })
    }

    /// The same, now that the server tells when it took it over: all that was said in a channel until then is read.
    pub(crate) fn taken_at(self, time: UnixMillis) -> Self {
        match self {
            Self::Read { of, read_at, echo } => Self::Read { of, read_at: read_at.max(time.0), echo },
            other => other,
        }
    }
}

impl Engine {
    /// A call about ultra groups that the server has a part in; `None`: it is another's.
    pub(crate) fn ultra_group_call(
        &mut self,
        now: UnixMillis,
        method: &str,
        args: &Object,
    ) -> Option<CallResult> {
        let asks_for = method.strip_prefix("load").or_else(|| method.strip_prefix("get"));
        Some(match (method, asks_for) {
            ("syncUltraGroupReadStatus", _) => self.read_channel(now, args),
            ("sendUltraGroupTypingStatus", _) => self.send_channel_typing(now, args),
            ("modifyUltraGroupMessage", _) => self.modify_message(now, args),
            ("recallUltraGroupMessage", _) => self.recall_channel_message(now, args),
            ("clearUltraGroupMessages", _) => self.clear_channel(now, args),
            ("clearUltraGroupMessagesForAllChannel", _) => self.clear_all_channels(args),
            ("updateUltraGroupMessageExpansion", _) => self.update_channel_expansion(now, args),
            ("removeUltraGroupMessageExpansionForKeys", _) => self.remove_channel_expansion(now, args),
            (_, Some("BatchRemoteUltraGroupMessages")) => self.load_batch(now, args),
            ("changeUltraGroupDefaultNotificationLevel", _) => self.set_default_level(now, args, false),
            ("changeUltraGroupChannelDefaultNotificationLevel", _) => self.set_default_level(now, args, true),
            (_, Some("UltraGroupDefaultNotificationLevel")) => self.load_default_level(now, args, false),
            (_, Some("UltraGroupChannelDefaultNotificationLevel")) => {
                self.load_default_level(now, args, true)
            }
            _ => return None,
        })
    }

    /// A request was answered, or was not: a code and perhaps a body.
    pub(crate) fn ultra_group_answered(&mut self, now: UnixMillis, call: Call, code: i64, body: &Bytes) {
        match call {
            Call::Start => self.ultra_groups_started(now, code, body),
            Call::List => self.channels_listed(now, code, body),
            Call::Messages => self.channel_package(now, code, body),
            Call::Changes => self.changes_arrived(now, code, body),
            Call::Changed(fetch) => self.changed_fetched(now, fetch, code, body),
            Call::History(load) => self.channel_history_answered(now, &load, code, body),
            Call::Batch(asked) => self.batch_loaded(asked, code, body),
            Call::Read { of, read_at, echo } => self.channel_read(of, read_at, echo, code),
            Call::Typing { echo } => self.fire("onUltraGroupTypingStatusSent", with_code(code, echo)),
            Call::Modify(modify) => self.modified(&modify, code, body),
            Call::Expansion { uid, change } => self.channel_expansion_answered(&uid, &change, code),
            Call::Recall { message, delete } => self.channel_recall_answered(now, message, delete, code),
            Call::Clear(clear) => self.channel_cleared(clear, code),
            Call::SetLevel { event, echo } => self.fire(event, with_code(code, echo)),
            Call::LoadLevel { event, echo } => self.default_level_loaded(event, echo, code, body),
        }
    }

    /// The connection is gone: the next one goes on where this one ended.
    pub(crate) fn ultra_groups_disconnected(&mut self) {
        let state = &mut self.ultra_groups;
        state.stage = Stage::Off;
        state.pulling = false;
        state.noticed = false;
        state.pulling_changes = false;
        state.changes_noticed = false;
    }

    /// The session is over: the next one begins anew.
    pub(crate) fn forget_ultra_groups(&mut self) {
        self.ultra_groups = UltraGroups::default();
    }

    /// The channel a message is sent to, where the app names none (UG-022, UG-025).
    pub(crate) fn choose_channel(&self, message: &mut Object) {
        let nowhere =
            text(message, "conversationType") == "ultra_group" && text(message, "channelId").is_empty();
        if nowhere && self.has_default_channel() {
            message.insert("channelId".into(), DEFAULT_CHANNEL.into());
        }
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
    group(args).zip(crate::local::channel(args))
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
