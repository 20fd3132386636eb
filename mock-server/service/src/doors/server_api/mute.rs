//! Mutes: members (`/group/user/gag/*`), groups (`/group/ban/*`), who may speak all the same
//! (`/group/user/ban/whitelist/*`), private chats (`/user/chat/fb/*`). Messages of the Server API are not concerned
//! (GRP-011 to GRP-014).

use serde_json::{Value, json};

use crate::{
    core::{
        account::UserIx,
        calendar::{date_text, minutes_long},
        caps::LONGEST_BAN,
    },
    doors::server_api::{Answer, ApiError, Call, error, group::no_group, user::LONGEST_ID},
    mail::group::Mute,
    service::Service,
};

/// Most users or groups in one call.
const MOST: usize = 20;

impl Service {
    fn muted_users(&mut self, call: &Call) -> Result<Vec<UserIx>, ApiError> {
        let ids = call.ids("userId", MOST)?;
        Ok(ids.into_iter().map(|id| self.core.accounts.find_or_add(id)).collect())
    }

    /// In a group, or without `groupId` in all; 0 minutes are for ever.
    pub(super) fn api_mute_members(&mut self, call: &Call) -> Answer {
        let minutes = call.number("minute", 0..=i64::from(LONGEST_BAN))? as u32;
        let until = (minutes > 0).then(|| call.now + minutes_long(minutes));
        let users = self.muted_users(call)?;
        let mutes = match call.optional("groupId") {
            None => &mut self.mail.groups.mutes_everywhere,
            Some(id) => &mut self.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
        };
        for user in users {
            mutes.insert(user, Mute { since: call.now, until });
        }
        Ok(json!({}))
    }

    pub(super) fn api_unmute_members(&mut self, call: &Call) -> Answer {
        let users = self.muted_users(call)?;
        let mutes = match call.optional("groupId") {
            None => &mut self.mail.groups.mutes_everywhere,
            Some(id) => &mut self.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.mutes,
        };
        for user in users {
            mutes.shift_remove(&user);
        }
        Ok(json!({}))
    }

    pub(super) fn api_muted_members(&mut self, call: &Call) -> Answer {
        let mutes = match call.optional("groupId") {
            None => &self.mail.groups.mutes_everywhere,
            Some(id) => &self.mail.groups.group(id).ok_or_else(|| no_group(id))?.mutes,
        };
        let holding = mutes.iter().filter(|(_, mute)| mute.holds(call.now));
        let users: Vec<Value> = holding
            .map(|(user, mute)| {
                json!({
                    "userId": &*self.core.accounts[*user].id, "startTime": date_text(mute.since),
                    "time": mute.until.map(date_text).unwrap_or_default(),
                })
            })
            .collect();
        Ok(json!({"users": users}))
    }

    pub(super) fn api_mute_groups(&mut self, call: &Call) -> Answer {
        self.set_groups_muted(call, true)
    }

    pub(super) fn api_unmute_groups(&mut self, call: &Call) -> Answer {
        self.set_groups_muted(call, false)
    }

    fn set_groups_muted(&mut self, call: &Call, muted: bool) -> Answer {
        let ids = call.ids("groupId", MOST)?;
        if let Some(unknown) = ids.iter().find(|id| !self.mail.groups.contains_key(id)) {
            return Err(no_group(unknown));
        }
        for id in ids {
            self.mail.groups.create(id).muted = muted;
        }
        Ok(json!({}))
    }

    /// The groups named, or a page of those that are muted. `stat` is a number: one SDK refuses anything else.
    pub(super) fn api_muted_groups(&mut self, call: &Call) -> Answer {
        let stat = |muted: bool| i32::from(muted);
        let paged = call.optional("page").is_some() || call.optional("groupId").is_none();
        let info: Vec<Value> = if paged {
            let page = if call.has("page") { call.number("page", 1..=1_000_000)? as usize } else { 1 };
            let size = if call.has("size") { call.number("size", 1..=200)? as usize } else { 50 };
            let muted = self.mail.groups.iter().filter(|(_, group)| group.muted);
            let rows = muted.skip((page - 1) * size).take(size);
            rows.map(|(id, _)| json!({"groupId": &**id, "stat": 1})).collect()
        } else {
            let ids = call.ids("groupId", MOST)?;
            let muted = |id: &str| self.mail.groups.group(id).is_some_and(|group| group.muted);
            ids.into_iter().map(|id| json!({"groupId": id, "stat": stat(muted(id))})).collect()
        };
        Ok(json!({"groupinfo": info}))
    }

    pub(super) fn api_speakers_add(&mut self, call: &Call) -> Answer {
        let users = self.muted_users(call)?;
        let id = call.required("groupId", LONGEST_ID)?;
        self.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?.whitelist.extend(users);
        Ok(json!({}))
    }

    pub(super) fn api_speakers_remove(&mut self, call: &Call) -> Answer {
        let users = self.muted_users(call)?;
        let id = call.required("groupId", LONGEST_ID)?;
        let group = self.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?;
        group.whitelist.retain(|user| !users.contains(user));
        Ok(json!({}))
    }

    pub(super) fn api_speakers(&mut self, call: &Call) -> Answer {
        let id = call.required("groupId", LONGEST_ID)?;
        let group = self.mail.groups.group(id).ok_or_else(|| no_group(id))?;
        let ids: Vec<&str> = group.whitelist.iter().map(|user| &*self.core.accounts[*user].id).collect();
        Ok(json!({"userIds": ids}))
    }

    /// `PERSON` is the only kind of chat that users are muted in here.
    fn check_person(call: &Call) -> Result<(), ApiError> {
        match call.required("type", 16)? {
            "PERSON" => Ok(()),
            other => Err(error(1002, format!("parameter `type` is `{other}`; `PERSON` is expected"))),
        }
    }

    pub(super) fn api_mute_private(&mut self, call: &Call) -> Answer {
        Self::check_person(call)?;
        let muted = call.number("state", 0..=1)? == 1;
        for id in call.ids("userId", 1000)? {
            let user = self.core.accounts.find_or_add(id);
            self.core.accounts[user].muted_private = muted;
        }
        Ok(json!({}))
    }

    pub(super) fn api_muted_private(&mut self, call: &Call) -> Answer {
        Self::check_person(call)?;
        let count = if call.has("num") { call.number("num", 1..=200)? as usize } else { 100 };
        let from = if call.has("offset") { call.number("offset", 0..=i64::MAX)? as usize } else { 0 };
        let muted = || self.core.accounts.iter().filter(|account| account.muted_private);
        let users: Vec<&str> = muted().skip(from).take(count).map(|account| &*account.id).collect();
        Ok(json!({"total": muted().count(), "users": users}))
    }
}
