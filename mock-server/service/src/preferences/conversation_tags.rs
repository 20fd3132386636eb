//! Tags that a user puts on conversations, the same on every device: the tags themselves are user settings (`pullUS`,
//! `addSeTag`, `delSeTag`, told by `s_us`), which conversation bears which is a setting of the conversation (`addTag`,
//! `delTag`, told like a pin).
//!
//! The wire forms are those of the vendor's web SDKs. The engine of the documentation has no tags; the Server API and
//! web clients do.

use bytes::Bytes;
use indexmap::IndexMap;
use prost::Message as _;
use serde_json::{Value, json};
use wire::{
    ServerFrame, Topic, UnixMillis,
    body::{
        PullUserSettingOutput, SessionStateItem, SessionStateModifyReq, SessionStateModifyResp,
        SessionTagItem, SetUserSettingOutput, UserSettingItem, UserSettingNotification,
    },
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        io::ConnId,
        length::{is_id, is_name},
    },
    preferences::{Preferences, settings::Place},
};

/// `sessionStateType` of a conversation's tags.
pub(crate) const TAGS: i32 = 3;
/// Tags of a user (the vendor's number for its clients).
pub(crate) const MOST_TAGS: usize = 20;
/// Key of the user setting that holds all tags.
const KEY: &str = "Tag";

/// A tag by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    name: String,
    created: UnixMillis,
}

/// A user's tags.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConversationTags {
    /// The newest change's; a time that always grows.
    version: i64,
    tags: IndexMap<String, Tag>,
}

impl ConversationTags {
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.tags.contains_key(id)
    }

    /// As the Server API tells them: all, or those named.
    pub(crate) fn to_json(&self, named: Option<&[String]>) -> Value {
        let shown = self.tags.iter().filter(|(id, _)| named.is_none_or(|named| named.contains(id)));
        shown
            .map(|(id, tag)| json!({"tagId": id, "tagName": tag.name, "createTime": tag.created.0}))
            .collect()
    }

    fn items(&self) -> Vec<SessionTagItem> {
        let item = |(id, tag): (&String, &Tag)| SessionTagItem {
            tag_id: id.clone(),
            name: Some(tag.name.clone()),
            created_time: Some(tag.created.0),
            is_top: None,
        };
        self.tags.iter().map(item).collect()
    }
}

impl Preferences<'_> {
    /// `pullUS`: all tags, if any changed since the version.
    pub(crate) fn user_settings_since(&self, user: UserIx, version: i64) -> PullUserSettingOutput {
        let own = &self.state.tags[user];
        if own.version <= version {
            return PullUserSettingOutput { items: Vec::new(), version };
        }
        let item = UserSettingItem {
            target_id: self.core.accounts[user].id.to_string(),
            r#type: 0,
            key: KEY.to_owned(),
            value: Bytes::new(),
            version: own.version,
            status: 0,
            tags: own.items(),
        };
        PullUserSettingOutput { items: vec![item], version: own.version }
    }

    /// `addSeTag`: makes tags, or names them anew.
    ///
    /// # Errors
    /// A tag has no id or no name, or there would be too many; then nothing changes.
    pub(crate) fn add_tags(
        &mut self,
        now: UnixMillis,
        by: Option<ConnId>,
        user: UserIx,
        tags: Vec<SessionTagItem>,
    ) -> Result<SetUserSettingOutput, u16> {
        let own = &self.state.tags[user];
        let named = |tag: &SessionTagItem| {
            let given = !tag.tag_id.is_empty() && !tag.name().is_empty();
            given && is_id(&tag.tag_id) && is_name(tag.name())
        };
        if tags.is_empty() || !tags.iter().all(named) {
            return Err(status::BAD_PARAMETER);
        }
        let mut all = own.tags.clone();
        for tag in tags {
            let name = tag.name.unwrap_or_default();
            all.entry(tag.tag_id).or_insert(Tag { name: String::new(), created: now }).name = name;
        }
        if all.len() > MOST_TAGS {
            return Err(status::TOO_MANY_TAGS);
        }
        self.state.tags[user].tags = all;
        Ok(self.tags_changed(now, by, user))
    }

    /// `delSeTag`: takes tags away, off all conversations too.
    pub(crate) fn remove_tags(
        &mut self,
        now: UnixMillis,
        by: Option<ConnId>,
        user: UserIx,
        ids: &[String],
    ) -> SetUserSettingOutput {
        self.state.tags[user].tags.retain(|id, _| !ids.contains(id));
        let settings = &self.state.settings[user];
        let changes: Vec<(Place, SessionStateItem)> = settings
            .tagged()
            .into_iter()
            .filter(|(_, tags)| tags.iter().any(|tag| ids.contains(tag)))
            .map(|(place, _)| {
                let left = settings.tag_items(&place).filter(|tag| !ids.contains(&tag.tag_id)).cloned();
                let left = item(left.collect());
                (place, left)
            })
            .collect();
        if !changes.is_empty() {
            // Who removes a tag has said nothing of conversations: web SDKs keep it on them until they are told (seen with
            // 4.6.4, 5.28.0).
            self.apply_settings(now, user, None, changes);
        }
        self.tags_changed(now, by, user)
    }

    fn tags_changed(&mut self, now: UnixMillis, by: Option<ConnId>, user: UserIx) -> SetUserSettingOutput {
        let own = &mut self.state.tags[user];
        own.version = now.0.max(own.version + 1);
        let version = own.version;
        for conn in self.core.connections_of(user, None).into_iter().filter(|conn| Some(*conn) != by) {
            let Some(connection) = self.core.connections.get_mut(&conn) else { continue };
            let id = connection.next_push_id();
            let frame = ServerFrame::Publish {
                dup: false,
                qos: 1,
                seconds: now.seconds(),
                topic: Topic::SUs,
                target: self.core.accounts[user].id.to_string(),
                id,
                body: UserSettingNotification { version, reserve: false }.encode_to_vec().into(),
            };
            self.core.send(now, conn, frame, None);
        }
        SetUserSettingOutput { version, reserve: false, update_version: Some(true) }
    }

    /// `addTag` and `delTag`: puts tags on conversations, with or without a pin within the tag, or takes them off. Up to
    /// engine 5.7 nobody looks at the answer; from 5.28 on it is decoded like that of `setSeAtt` (seen with 5.7.3, 5.28.0,
    /// 5.38.0).
    ///
    /// # Errors
    /// A conversation or a tag is not named, or there is no such tag; then nothing changes.
    pub(crate) fn tag_conversations(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        asked: SessionStateModifyReq,
        on: bool,
    ) -> Result<SessionStateModifyResp, u16> {
        let before = self.state.settings[user].version();
        let version = asked.version();
        let mut changes = Vec::new();
        for state in asked.state {
            let items = state.state_item.into_iter().filter(|item| item.session_state_type == TAGS);
            let tags: Vec<SessionTagItem> = items.flat_map(|item| item.tags).collect();
            let place = (state.r#type, state.channel_id, state.bus_channel.unwrap_or_default());
            if place.1.is_empty() || tags.is_empty() || !is_id(&place.1) || !is_id(&place.2) {
                return Err(status::BAD_PARAMETER);
            }
            changes.push((place, tags));
        }
        let known = |tag: &SessionTagItem| self.state.tags[user].contains(&tag.tag_id);
        if on && (changes.is_empty() || !changes.iter().flat_map(|(_, tags)| tags).all(known)) {
            return Err(status::BAD_PARAMETER);
        }
        // 5.28.0 takes a tag off conversations without naming them (seen): there is nothing to do, and nothing wrong.
        if !changes.is_empty() {
            self.tag_places(now, Some(conn), user, &changes, on);
        }
        Ok(self.state.settings[user].changed(version, before))
    }

    /// Puts known tags on conversations, or takes them off, and tells the user's devices.
    pub(crate) fn tag_places(
        &mut self,
        now: UnixMillis,
        by: Option<ConnId>,
        user: UserIx,
        places: &[(Place, Vec<SessionTagItem>)],
        on: bool,
    ) {
        let settings = &self.state.settings[user];
        let changes = places.iter().map(|(place, tags)| {
            let named = |id: &str| tags.iter().find(|tag| tag.tag_id == id);
            let mut all: Vec<SessionTagItem> =
                settings.tag_items(place).filter(|tag| on || named(&tag.tag_id).is_none()).cloned().collect();
            for tag in tags.iter().filter(|_| on) {
                match all.iter_mut().find(|known| known.tag_id == tag.tag_id) {
                    // Without a word about the pin it stays as it is.
                    Some(known) => known.is_top = tag.is_top.or(known.is_top),
                    None => all.push(on_conversation(&tag.tag_id, tag.is_top)),
                }
            }
            (place.clone(), item(all))
        });
        let changes = changes.collect();
        self.apply_settings(now, user, by, changes);
    }
}

/// A tag as a conversation bears it: its name is a user setting. Pinned within the tag, not, or without a word about it.
pub(crate) fn on_conversation(id: &str, is_top: Option<bool>) -> SessionTagItem {
    SessionTagItem { tag_id: id.to_owned(), is_top, ..SessionTagItem::default() }
}

/// A conversation's tags as an item of its settings.
fn item(tags: Vec<SessionTagItem>) -> SessionStateItem {
    let told = |tag: &SessionTagItem| match tag.is_top {
        None => json!({"tagId": tag.tag_id}),
        Some(top) => json!({"tagId": tag.tag_id, "isTop": top}),
    };
    let value = json!(tags.iter().map(told).collect::<Vec<_>>()).to_string();
    SessionStateItem { session_state_type: TAGS, value, tags, ..SessionStateItem::default() }
}
