//! Settings that the server keeps for all of a user's devices: pinned conversations and do-not-disturb (TOP, DND).
//!
//! What is loaded comes from the local store, which follows the server: everything newer is pulled after each login and
//! whenever the server says that another device changed something. What is changed is asked of the server first, and
//! kept once it agrees.

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{
    Topic, UnixMillis,
    body::{
        SessionReq, SessionState, SessionStateItem, SessionStateModifyReq, SessionStateModifyResp,
        SessionStates, TypeUnpushInput, TypeUnpushOutput,
    },
};

use crate::{
    core::{
        bug::Bug,
        code,
        conversation::describe,
        io::CallResult,
        level::{is_do_not_disturb, level_name, level_number},
        message::{Object, conversation_name, conversation_number, text},
        store::{Key, Place, Setting},
    },
    preferences::{Call, Preferences},
};

/// `sessionStateType` of do-not-disturb.
const SILENT: i32 = 1;
/// `sessionStateType` of a pin.
const TOP: i32 = 2;

/// A setting the server was asked for, to be kept once it agrees.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    event: &'static str,
    /// The call's own arguments, which the callback repeats.
    echo: Object,
    place: Place,
    setting: Setting,
}

/// The conversation a call names; `None`: no such type, a chatroom, which has no settings (DND-043), or no target.
fn place(args: &Object) -> Option<Place> {
    let target = Some(text(args, "targetId")).filter(|target| !target.is_empty())?;
    let kind = Some(text(args, "type")).filter(|kind| kind != "chatroom")?;
    conversation_number(&kind)?;
    Some(Place { kind, target, channel: text(args, "channelId") })
}

/// The types a call lists, of which there must be one at least; chatrooms have no settings.
fn kinds(args: &Object) -> Option<Vec<String>> {
    let list = args.get("conversationTypes")?.as_array().filter(|list| !list.is_empty())?;
    let known = |kind: &str| kind != "chatroom" && conversation_number(kind).is_some();
    list.iter().map(|kind| kind.as_str().filter(|kind| known(kind)).map(str::to_owned)).collect()
}

fn echo(args: &Object, names: &[&str]) -> Object {
    names.iter().map(|name| ((*name).to_owned(), args.get(*name).cloned().unwrap_or(Value::Null))).collect()
}

fn with_code(code: i64, echo: Object) -> Value {
    let mut args = Map::new();
    args.insert("code".into(), code.into());
    args.extend(echo);
    Value::Object(args)
}

impl Preferences<'_> {
    /// `changeConversationTopStatus` (TOP-001, TOP-002).
    pub(crate) fn change_top(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let top = args.get("top").and_then(Value::as_bool);
        let (Some(place), Some(top)) = (place(args), top) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["type", "targetId", "channelId", "top"]);
        let event = "onConversationTopStatusChanged";
        self.change(now, Change { event, echo, place, setting: Setting::Top(top) })
    }

    /// `changeConversationNotificationLevel` (DND-035, DND-036).
    pub(crate) fn change_level(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let (Some(mut place), Some(level)) = (place(args), level_number(args)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        if !place.channel.is_empty() && self.core.has(Bug::LevelsOfAllChannels) {
            place.channel.clear();
        }
        let echo = echo(args, &["type", "targetId", "channelId", "level"]);
        let event = "onConversationNotificationLevelChanged";
        self.change(now, Change { event, echo, place, setting: Setting::Level(level) })
    }

    /// `changeConversationTypeNotificationLevel` (DND-040, DND-041).
    pub(crate) fn change_type_level(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let kind = text(args, "type");
        let known = kind != "chatroom" && conversation_number(&kind).is_some();
        let Some(level) = level_number(args).filter(|_| known) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["type", "level"]);
        let event = "onConversationTypeNotificationLevelChanged";
        self.change(now, Change { event, echo, place: Place::of_type(&kind), setting: Setting::Level(level) })
    }

    fn change(&mut self, now: UnixMillis, change: Change) -> CallResult {
        let version = Some(self.known_version().unwrap_or_default());
        let kind = conversation_number(&change.place.kind).unwrap_or_default();
        let (topic, body) = match &change.setting {
            Setting::Level(level) if change.place.target.is_empty() => {
                let ask = TypeUnpushInput {
                    r#type: Some(kind),
                    version,
                    unpush_level: Some(*level),
                    ignore_version: Some(true),
                };
                (Topic::SetTypeUnpush, ask.encode_to_vec())
            }
            setting => {
                let (item, value) = match setting {
                    Setting::Level(level) => (SILENT, level.to_string()),
                    Setting::Top(top) => (TOP, i32::from(*top).to_string()),
                };
                let item =
                    SessionStateItem { session_state_type: item, value, ..SessionStateItem::default() };
                let state = SessionState {
                    r#type: kind,
                    channel_id: change.place.target.clone(),
                    time: Some(now.0),
                    state_item: vec![item],
                    bus_channel: Some(change.place.channel.clone()),
                };
                let ask = SessionStateModifyReq { version, state: vec![state], ignore_version: Some(true) };
                (Topic::SetSeAtt, ask.encode_to_vec())
            }
        };
        self.ask_own(now, topic, body, Call::Setting(Box::new(change)));
        CallResult::Code(0)
    }

    /// The server agreed, or not; exactly one callback tells.
    pub(crate) fn setting_changed(&mut self, change: Change, code: i64, body: &Bytes) {
        let refused_stays = match change.setting {
            Setting::Top(_) => Bug::RefusedPinsStay,
            Setting::Level(_) => Bug::RefusedLevelsStay,
        };
        if code != 0 && self.core.has(refused_stays) {
            let _ = self.core.store.set(&change.place, &change.setting);
        }
        if code == 0 {
            // Not kept, it comes again with the next pull, whose version stays behind then.
            let kept = self.core.store.set(&change.place, &change.setting).is_ok();
            let (version, update) = if change.place.target.is_empty() {
                let answer = TypeUnpushOutput::decode(body.clone()).unwrap_or_default();
                (answer.version, answer.update_version())
            } else {
                let answer = SessionStateModifyResp::decode(body.clone()).unwrap_or_default();
                (answer.version, answer.update_version())
            };
            // Only what the server says leaves no gap moves the version.
            if kept && (update || self.core.has(Bug::SettingsSkipGaps)) {
                let _ = self.core.store.set_settings_version(version);
            }
        }
        self.core.fire(change.event, with_code(code, change.echo));
    }

    /// A store that cannot be read is an empty one: everything then comes again.
    fn known_version(&self) -> Option<i64> {
        self.core.store.settings_version().unwrap_or_default()
    }

    /// Asks for every setting newer than those at hand.
    pub(crate) fn pull(&mut self, now: UnixMillis) {
        let time = Some(self.known_version().unwrap_or_default());
        let body = SessionReq { time }.encode_to_vec();
        self.ask_own(now, Topic::PullSeAtts, body, Call::Settings);
    }

    /// Newer settings: kept, and pins that changed are told (TOP-007). The first pull of an installation changes
    /// nothing that an app could know of, so it tells nothing.
    pub(crate) fn settings_arrived(&mut self, body: &Bytes) {
        let Ok(states) = SessionStates::decode(body.clone()) else { return };
        let known = self.known_version();
        if known.is_some_and(|known| states.version < known) {
            // Two pulls were under way, and the answer to the later one came first.
            return;
        }
        // A user without any setting has version 0, and yet hears of the first pin.
        let first = known.is_none();
        let mut synced = Vec::new();
        for state in states.state {
            let Some(kind) = conversation_name(state.r#type) else { continue };
            let channel = state.bus_channel.unwrap_or_default();
            let place = Place { kind: kind.to_owned(), target: state.channel_id, channel };
            for item in state.state_item {
                let setting = match item.session_state_type {
                    TOP if item.value != "1" && self.core.has(Bug::UnpinningElsewhereIgnored) => continue,
                    SILENT if self.core.has(Bug::LevelsElsewhereIgnored) => continue,
                    SILENT if item.value.starts_with('-') && self.core.has(Bug::AllMessagesLevelLost) => {
                        Setting::Level(0)
                    }
                    TOP => Setting::Top(item.value == "1"),
                    SILENT => Setting::Level(item.value.parse().unwrap_or(0)),
                    _ => continue,
                };
                let (_, before) = self.core.store.setting(&place).unwrap_or_default();
                if let Setting::Top(top) = setting
                    && top != before
                {
                    synced.push((place.clone(), top));
                }
                let _ = self.core.store.set(&place, &setting);
            }
        }
        let _ = self.core.store.set_settings_version(states.version);
        if !synced.is_empty() && !first && self.core.has(Bug::PinsElsewhereUntold) {
            return;
        }
        for (place, top) in synced.into_iter().filter(|_| !first) {
            let Place { kind, target, channel } = place;
            let args = json!({"type": kind, "targetId": target, "channelId": channel, "top": top});
            self.core.fire("onConversationTopStatusSynced", args);
        }
    }

    /// `loadConversationTopStatus` (TOP-003).
    pub(crate) fn load_top(&mut self, args: &Object) -> CallResult {
        let Some(place) = place(args) else { return CallResult::Code(code::PARAM_ERROR) };
        let (code, (_, top)) = self.read_store(|store| store.setting(&place));
        let mut echo = echo(args, &["type", "targetId", "channelId"]);
        echo.insert("top".into(), top.into());
        self.core.fire("onConversationTopStatusLoaded", with_code(code, echo));
        CallResult::Code(0)
    }

    /// `loadConversationNotificationLevel` (DND-037).
    pub(crate) fn load_level(&mut self, args: &Object) -> CallResult {
        let Some(place) = place(args) else { return CallResult::Code(code::PARAM_ERROR) };
        let (code, (level, _)) = self.read_store(|store| store.setting(&place));
        let mut echo = echo(args, &["type", "targetId", "channelId"]);
        echo.insert("level".into(), level_name(level).into());
        self.core.fire("onConversationNotificationLevelLoaded", with_code(code, echo));
        CallResult::Code(0)
    }

    /// `loadConversationTypeNotificationLevel`.
    pub(crate) fn load_type_level(&mut self, args: &Object) -> CallResult {
        let kind = text(args, "type");
        if kind == "chatroom" || conversation_number(&kind).is_none() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        let place = Place::of_type(&kind);
        let (code, (level, _)) = self.read_store(|store| store.setting(&place));
        let args = json!({"code": code, "type": kind, "level": level_name(level)});
        self.core.fire("onConversationTypeNotificationLevelLoaded", args);
        CallResult::Code(0)
    }

    /// `loadTopConversations` (TOP-004, TOP-005).
    pub(crate) fn load_top_conversations(&mut self, args: &Object) -> CallResult {
        self.load_conversations_with(args, "onTopConversationsLoaded", |_, top| top)
    }

    /// `loadBlockedConversations`: those with a level that holds pushes back (DND-039, DND-044, AMB-49).
    pub(crate) fn load_blocked_conversations(&mut self, args: &Object) -> CallResult {
        self.load_conversations_with(args, "onBlockedConversationsLoaded", |level, _| {
            is_do_not_disturb(level)
        })
    }

    fn load_conversations_with(
        &mut self,
        args: &Object,
        event: &'static str,
        wanted: fn(i32, bool) -> bool,
    ) -> CallResult {
        let Some(kinds) = kinds(args) else { return CallResult::Code(code::PARAM_ERROR) };
        let channel = text(args, "channelId");
        let (code, places) = self.read_store(|store| store.settings());
        let mine = places.into_iter().filter(|(place, level, top)| {
            let asked = kinds.contains(&place.kind) || self.core.has(Bug::PinnedOfAllTypes);
            let here = asked && !place.target.is_empty() && place.channel == channel;
            here && wanted(*level, *top)
        });
        let described: rusqlite::Result<Vec<Value>> = mine
            .map(|(Place { kind, target, channel }, ..)| {
                describe(&self.core.store, &Key::new(kind, target, channel))
            })
            .collect();
        let (code, conversations) = match described {
            Ok(conversations) => (code, conversations),
            Err(_) => (code::DATABASE_ERROR, Vec::new()),
        };
        let mut echo = echo(args, &["conversationTypes", "channelId"]);
        echo.insert("conversations".into(), conversations.into());
        self.core.fire(event, with_code(code, echo));
        CallResult::Code(0)
    }

    /// Something of the local store; before the first login there is no user whose store it could be.
    fn read_store<T: Default>(
        &self,
        read: impl FnOnce(&crate::core::store::Store) -> rusqlite::Result<T>,
    ) -> (i64, T) {
        self.core.store.outcome(read(&self.core.store))
    }
}
