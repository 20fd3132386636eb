//! A user's settings, kept by the service and the same on every device: pinned conversations, do-not-disturb by
//! conversation and type, quiet hours (TOP-006, DND-047, QUIET-025).
//!
//! The wire forms are those of the vendor's web SDKs: `setSeAtt` and `setTypeUnpush` change, `s_cmd` of type 3 tells the
//! user's other devices, `pullSeAtts` brings everything newer than a version. A state without a target is that of a
//! whole type.

use indexmap::IndexMap;
use prost::Message as _;
use wire::code::notify;
use wire::{
    ServerFrame, Topic, UnixMillis,
    body::{
        AddUnpushPeriodInput, NotifyMsg, QueryUnpushPeriodOutput, SessionState, SessionStateItem,
        SessionStateModifyReq, SessionStateModifyResp, SessionStates, SessionTagItem, TypeUnpushInput,
        TypeUnpushOutput,
    },
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        io::ConnId,
        length::{is_id, is_name},
    },
    preferences::{Preferences, conversation_tags::TAGS, quiet::QuietHours},
};

/// `sessionStateType` of do-not-disturb; its value is a level as text.
pub(crate) const SILENT: i32 = 1;
/// `sessionStateType` of a pin, "1" or "0".
pub(crate) const TOP: i32 = 2;
/// Conversation types that have settings: private, group, system, ultra group.
const TYPES: [i32; 4] = [1, 3, 6, 10];
/// Levels as the service counts them: all, unset, mentions, mentions of the user, mentions of all, none.
pub(crate) const LEVELS: [i32; 6] = [-1, 0, 1, 2, 4, 5];

/// A conversation: type, target, channel. With an empty target it stands for all of its type.
pub(crate) type Place = (i32, String, String);

/// One user's settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The newest change's.
    version: i64,
    /// Items by their type, each with the version that set it.
    places: IndexMap<Place, Vec<(i64, SessionStateItem)>>,
    pub(crate) quiet: Option<QuietHours>,
}

impl Settings {
    /// A setting's text; empty if it was never set.
    fn value(&self, place: &Place, kind: i32) -> &str {
        let items = self.places.get(place).into_iter().flatten();
        let mut found = items.filter(|(_, item)| item.session_state_type == kind);
        found.next().map_or("", |(_, item)| item.value.as_str())
    }

    /// No conversation has any setting.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The do-not-disturb level; 0 is unset.
    pub(crate) fn level(&self, place: &Place) -> i32 {
        self.value(place, SILENT).parse().unwrap_or(0)
    }

    pub(crate) fn is_top(&self, place: &Place) -> bool {
        self.value(place, TOP) == "1"
    }

    /// The ids of the tags that a conversation bears.
    pub(crate) fn tags(&self, place: &Place) -> Vec<String> {
        self.tag_items(place).map(|tag| tag.tag_id.clone()).collect()
    }

    /// The tags that a conversation bears, each with its pin.
    pub(crate) fn tag_items(&self, place: &Place) -> impl Iterator<Item = &SessionTagItem> {
        let items = self.places.get(place).into_iter().flatten();
        let tags = items.filter(|(_, item)| item.session_state_type == TAGS);
        tags.flat_map(|(_, item)| &item.tags)
    }

    /// Conversations with tags, and the tags' ids.
    pub(crate) fn tagged(&self) -> Vec<(Place, Vec<String>)> {
        let all = self.places.keys().map(|place| (place.clone(), self.tags(place)));
        all.filter(|(_, tags)| !tags.is_empty()).collect()
    }

    /// What answers a change: the change's version, and whether a client that knew of changes up to `asked` before now knows
    /// of all (assumed from its use).
    pub(crate) fn changed(&self, asked: i64, before: i64) -> SessionStateModifyResp {
        SessionStateModifyResp { version: self.version, update_version: Some(asked >= before) }
    }

    /// The newest change's version.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// Versions are times that always grow.
    fn next_version(&mut self, now: UnixMillis) -> i64 {
        self.version = now.0.max(self.version + 1);
        self.version
    }

    fn set(&mut self, place: Place, item: SessionStateItem, version: i64) {
        let items = self.places.entry(place).or_default();
        items.retain(|(_, known)| known.session_state_type != item.session_state_type);
        items.push((version, item));
    }

    /// Every place with something newer than a version, whole: imlib-v4 takes an item that is missing for one that was
    /// reset, and would unpin a conversation whose level changed (seen with 4.6.4).
    fn since(&self, version: i64) -> SessionStates {
        let newer = self.places.iter().filter_map(|(place, items)| {
            let time = items.iter().map(|(set, _)| *set).max().filter(|time| *time > version)?;
            Some((place, items, time))
        });
        let state = newer.map(|((kind, target, channel), items, time)| SessionState {
            r#type: *kind,
            channel_id: target.clone(),
            time: Some(time),
            state_item: items.iter().map(|(_, item)| item.clone()).collect(),
            bus_channel: Some(channel.clone()),
        });
        // Never lower than asked: newer SDKs take that for a broken server.
        SessionStates { state: state.collect(), version: self.version.max(version) }
    }

    /// What the world's state shows: places with their level and pin, and the quiet hours.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let places: Vec<serde_json::Value> = self
            .places
            .keys()
            .map(|place| {
                serde_json::json!({
                    "type": place.0, "targetId": place.1, "channelId": place.2,
                    "level": self.level(place), "top": self.is_top(place), "tags": self.tags(place),
                })
            })
            .collect();
        serde_json::json!({"conversations": places, "quietHours": self.quiet.as_ref().map(QuietHours::to_json)})
    }
}

impl Preferences<'_> {
    /// `pullSeAtts`.
    pub(crate) fn settings_since(&self, user: UserIx, version: i64) -> SessionStates {
        if self.core.has(Bug::ForgetsSettings) {
            return SessionStates { version, state: Vec::new() };
        }
        self.state.settings[user].since(version)
    }

    /// `setSeAtt`: sets what the states name.
    ///
    /// # Errors
    /// A state is of no known type, without a target, or its value cannot be read; then nothing is set.
    pub(crate) fn change_settings(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        asked: SessionStateModifyReq,
    ) -> Result<SessionStateModifyResp, u16> {
        let fits = |item: &SessionStateItem| match item.session_state_type {
            SILENT => item.value.parse().is_ok_and(|level: i32| LEVELS.contains(&level)),
            TOP => matches!(item.value.as_str(), "0" | "1"),
            // Carried, whatever it means.
            _ => {
                is_name(&item.value) && item.tags.iter().all(|tag| is_id(&tag.tag_id) && is_name(tag.name()))
            }
        };
        let known = |state: &SessionState| {
            let named =
                !state.channel_id.is_empty() && is_id(&state.channel_id) && is_id(state.bus_channel());
            TYPES.contains(&state.r#type) && named && state.state_item.iter().all(fits)
        };
        if asked.state.is_empty() || !asked.state.iter().all(known) {
            return Err(status::BAD_PARAMETER);
        }
        let before = self.state.settings[user].version;
        let changes = asked.state.into_iter().flat_map(|state| {
            let place = (state.r#type, state.channel_id, state.bus_channel.unwrap_or_default());
            state.state_item.into_iter().map(move |item| (place.clone(), item))
        });
        self.apply_settings(now, user, Some(conn), changes.collect());
        Ok(self.state.settings[user].changed(asked.version.unwrap_or(0), before))
    }

    /// `setTypeUnpush`: the level of a whole type.
    ///
    /// # Errors
    /// There is no such type or level.
    pub(crate) fn change_type_level(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        asked: &TypeUnpushInput,
    ) -> Result<TypeUnpushOutput, u16> {
        let (kind, level) = (asked.r#type(), asked.unpush_level());
        if !TYPES.contains(&kind) || !LEVELS.contains(&level) {
            return Err(status::BAD_PARAMETER);
        }
        let before = self.state.settings[user].version;
        let change = ((kind, String::new(), String::new()), level_item(level));
        let version = self.apply_settings(now, user, Some(conn), vec![change]);
        Ok(TypeUnpushOutput { version, update_version: Some(asked.version() >= before) })
    }

    /// Sets, and tells every device of the user but the one that asked (TOP-007, TOP-008, DND-048).
    pub(crate) fn apply_settings(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        by: Option<ConnId>,
        changes: Vec<(Place, SessionStateItem)>,
    ) -> i64 {
        let settings = &mut self.state.settings[user];
        let version = settings.next_version(now);
        for (place, item) in changes {
            settings.set(place, item, version);
        }
        if !self.core.has(Bug::NoSettingNotice) {
            for conn in self.core.connections_of(user, None).into_iter().filter(|conn| Some(*conn) != by) {
                self.tell_of_settings(now, conn, version);
            }
        }
        version
    }

    fn tell_of_settings(&mut self, now: UnixMillis, conn: ConnId, version: i64) {
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        let (id, user) = (connection.next_push_id(), connection.user);
        let notify = NotifyMsg { r#type: notify::SETTINGS, time: Some(version), ..NotifyMsg::default() };
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: now.seconds(),
            topic: Topic::SCmd,
            target: self.core.accounts[user].id.to_string(),
            id,
            body: notify.encode_to_vec().into(),
        };
        self.core.send(now, conn, frame, None);
    }

    /// `addUnpush`: one window a user, the latest counts (QUIET-015).
    ///
    /// # Errors
    /// Start, length, level or zone cannot be read; the earlier window stays (QUIET-008, QUIET-010).
    pub(crate) fn change_quiet_hours(
        &mut self,
        user: UserIx,
        asked: AddUnpushPeriodInput,
    ) -> Result<(), u16> {
        let span = u32::try_from(asked.span_minutes).unwrap_or(0);
        if !(1..=1439).contains(&span) {
            return Err(status::BAD_PARAMETER);
        }
        let quiet = QuietHours::new(asked.start_time, span, asked.level.unwrap_or(0), asked.timezone)?;
        self.state.settings[user].quiet = Some(quiet);
        Ok(())
    }

    /// `qryUnpush`.
    pub(crate) fn quiet_hours(&self, user: UserIx) -> QueryUnpushPeriodOutput {
        let quiet = self.state.settings[user].quiet.as_ref();
        match quiet.filter(|_| !self.core.has(Bug::HidesQuietHours)) {
            None => QueryUnpushPeriodOutput { is_unpush: 0, ..QueryUnpushPeriodOutput::default() },
            Some(quiet) => QueryUnpushPeriodOutput {
                is_unpush: 1,
                start_time: Some(quiet.start.clone()),
                span_minutes: i32::try_from(quiet.span).ok(),
                level: Some(quiet.level),
                timezone: quiet.zone.clone(),
            },
        }
    }
}

/// A do-not-disturb level as an item.
pub(crate) fn level_item(level: i32) -> SessionStateItem {
    SessionStateItem { session_state_type: SILENT, value: level.to_string(), ..SessionStateItem::default() }
}

/// A pin as an item.
pub(crate) fn top_item(top: bool) -> SessionStateItem {
    let value = if top { "1" } else { "0" };
    SessionStateItem { session_state_type: TOP, value: value.to_owned(), ..SessionStateItem::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_is_given_whole_and_never_below_the_version_asked() {
        let mut settings = Settings::default();
        let place = |target: &str| (3, target.to_owned(), String::new());
        settings.set(place("g"), top_item(true), 10);
        settings.set(place("other"), top_item(true), 11);
        settings.set(place("g"), level_item(5), 12);
        settings.version = 12;
        let given = settings.since(11);
        let kinds = |state: &SessionState| -> Vec<(i32, String)> {
            let items = state.state_item.iter();
            items.map(|item| (item.session_state_type, item.value.clone())).collect()
        };
        assert_eq!(
            given.state.iter().map(kinds).collect::<Vec<_>>(),
            [[(TOP, "1".into()), (SILENT, "5".into())]]
        );
        assert_eq!((given.version, given.state[0].time), (12, Some(12)));
        assert_eq!((settings.since(12).state.len(), settings.since(99).version), (0, 99));
        assert_eq!(settings.since(0).state.len(), 2);
    }
}
