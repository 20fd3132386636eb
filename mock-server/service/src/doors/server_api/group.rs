//! `/group/*` without mutes, and `/user/group/query`: groups and who is in them (GRP-001, GRP-002, GRP-010, GRP-025).

use serde_json::{Value, json};

use crate::{
    core::{account::UserIx, bug::Bug, message::Conversation},
    doors::server_api::{Answer, ApiError, Call, error, user::LONGEST_ID},
    mail::post::FromApi,
    service::Service,
};

/// Most users in one call.
const MOST_USERS: usize = 1000;

impl Service {
    fn group_users(&mut self, call: &Call) -> Result<Vec<UserIx>, ApiError> {
        let ids = call.ids("userId", MOST_USERS)?;
        Ok(ids.into_iter().map(|id| self.core.accounts.find_or_add(id)).collect())
    }

    /// An id that exists already takes the users in.
    pub(super) fn api_group_create(&mut self, call: &Call) -> Answer {
        call.required("groupName", 64)?;
        self.take_in(call)
    }

    /// A group that does not exist begins with its first member (assumed).
    pub(super) fn api_group_join(&mut self, call: &Call) -> Answer {
        self.take_in(call)
    }

    fn take_in(&mut self, call: &Call) -> Answer {
        let group = call.required("groupId", LONGEST_ID)?;
        self.check_notice(call)?;
        let own_limit = match call.optional("maxMember") {
            Some(_) => Some(call.number("maxMember", 1..=100_000)? as usize),
            None => self.mail.groups.group(group).and_then(|group| group.most),
        };
        let users = self.group_users(call)?;
        let (known, most) =
            (self.mail.groups.contains_key(group), own_limit.unwrap_or(self.core.limits.group_members));
        let before = self.mail.groups.group(group).and_then(|group| group.most);
        self.mail.groups.create(group).most = own_limit;
        let most = if self.core.has(Bug::NoMemberLimit) { 0 } else { most };
        if self.core.has(Bug::NoMemberLimit) {
            self.mail.groups.create(group).most = None;
        }
        if !self.mail.groups.join(group, &users, most, call.now) {
            if known {
                self.mail.groups.create(group).most = before;
            } else {
                self.mail.groups.dismiss(group);
            }
            return Err(error(405, format!("a group holds {most} members (GRP-002)")));
        }
        if let Some(name) = call.optional("groupName") {
            name.clone_into(&mut self.mail.groups.create(group).name);
        }
        let mut answer = self.notice(call, group)?;
        answer["memberCount"] = self.mail.groups.get(group).map_or(0, Vec::len).into();
        Ok(answer)
    }

    pub(super) fn api_group_quit(&mut self, call: &Call) -> Answer {
        let group = call.required("groupId", LONGEST_ID)?;
        self.check_notice(call)?;
        let users = self.group_users(call)?;
        // Who leaves still sees the notice of it (assumed).
        let mut answer = self.notice(call, group)?;
        if !self.core.has(Bug::QuitKeepsMember) {
            self.mail.groups.quit(group, &users);
        }
        answer["memberCount"] = self.mail.groups.get(group).map_or(0, Vec::len).into();
        Ok(answer)
    }

    pub(super) fn api_group_dismiss(&mut self, call: &Call) -> Answer {
        call.required("userId", LONGEST_ID)?;
        let group = call.required("groupId", LONGEST_ID)?;
        self.check_notice(call)?;
        let answer = self.notice(call, group)?;
        if !self.core.has(Bug::QuitKeepsMember) {
            self.mail.groups.dismiss(group);
        }
        Ok(answer)
    }

    pub(super) fn api_group_refresh(&mut self, call: &Call) -> Answer {
        let group = call.required("groupId", LONGEST_ID)?;
        let name = call.required("groupName", 64)?;
        self.check_notice(call)?;
        let known = self.mail.groups.group_mut(group);
        known.ok_or_else(|| no_group(group))?.name = name.to_owned();
        self.notice(call, group)
    }

    /// `group[ID]=NAME` for each group of the user; it is in no others afterwards.
    pub(super) fn api_group_sync(&mut self, call: &Call) -> Answer {
        let user = self.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
        let mut named = call.bracketed("group");
        if self.core.has(Bug::LimitsGroupsOfAUser) {
            named.truncate(500);
        }
        if named.is_empty() {
            return Err(error(1002, "parameter `group[GROUPID]` is missing"));
        }
        if let Some((id, _)) = named.iter().find(|(id, _)| id.len() > LONGEST_ID) {
            return Err(error(1005, format!("the group id `{id}` has more than {LONGEST_ID} bytes")));
        }
        let most = self.core.limits.group_members;
        // All or nothing: a group that is full keeps the user out of the others too.
        let full = |id: &str| {
            let group = self.mail.groups.group(id)?;
            let most = group.most.unwrap_or(most);
            (group.joined(user).is_none() && most > 0 && group.members().len() >= most).then_some(most)
        };
        if let Some(most) = named.iter().find_map(|(id, _)| full(id)) {
            return Err(error(405, format!("a group holds {most} members (GRP-002)")));
        }
        if self.core.has(Bug::SyncOnlyJoins) {
            for (id, _) in &named {
                self.mail.groups.join(id, &[user], most, call.now);
            }
            return Ok(json!({}));
        }
        self.mail.groups.sync(user, &named, most, call.now);
        Ok(json!({}))
    }

    pub(super) fn api_group_members(&mut self, call: &Call) -> Answer {
        let group = call.required("groupId", LONGEST_ID)?;
        let members = self.mail.groups.get(group).into_iter().flatten();
        let users: Vec<Value> = members.map(|user| json!({"id": &*self.core.accounts[*user].id})).collect();
        Ok(json!({"users": users}))
    }

    pub(super) fn api_groups_of_user(&mut self, call: &Call) -> Answer {
        let user = self.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
        let mine = self.mail.groups.iter().filter(|(_, group)| group.joined(user).is_some());
        let groups: Vec<Value> = mine.map(|(id, group)| json!({"id": &**id, "name": group.name})).collect();
        Ok(json!({"groups": groups}))
    }

    pub(super) fn api_group_remark_set(&mut self, call: &Call) -> Answer {
        let remark = call.required("remark", 256)?.to_owned();
        self.remark(call, Some(remark))
    }

    pub(super) fn api_group_remark_remove(&mut self, call: &Call) -> Answer {
        self.remark(call, None)
    }

    fn remark(&mut self, call: &Call, remark: Option<String>) -> Answer {
        let user = self.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
        let id = call.required("groupId", LONGEST_ID)?;
        let group = self.mail.groups.group_mut(id).ok_or_else(|| no_group(id))?;
        match remark {
            Some(remark) => group.remarks.insert(user, remark),
            None => group.remarks.remove(&user),
        };
        Ok(json!({}))
    }

    pub(super) fn api_group_remark(&mut self, call: &Call) -> Answer {
        let user = self.core.accounts.find_or_add(call.required("userId", LONGEST_ID)?);
        let group = self.mail.groups.group(call.required("groupId", LONGEST_ID)?);
        let remark = group.and_then(|group| group.remarks.get(&user)).cloned().unwrap_or_default();
        Ok(json!({"remark": remark}))
    }

    /// What `bindNotifyMsg` needs is checked before anything changes.
    fn check_notice(&self, call: &Call) -> Result<(), ApiError> {
        if call.flag("bindNotifyMsg") {
            call.required("fromUserId", LONGEST_ID)?;
            self.api_message(call)?;
        }
        Ok(())
    }

    /// The message that a call with `bindNotifyMsg` describes, sent to the group.
    fn notice(&mut self, call: &Call, group: &str) -> Answer {
        if !call.flag("bindNotifyMsg") {
            return Ok(json!({}));
        }
        let from = call.required("fromUserId", LONGEST_ID)?;
        let message = self.api_message(call)?;
        let how = FromApi { with_sender: call.flag("isIncludeSender"), ..FromApi::default() };
        let posted = self.mail().publish_from_api(call.now, from, group, Conversation::Group, message, &how);
        Ok(json!({"messageUID": posted.uid.as_str()}))
    }
}

pub(super) fn no_group(id: &str) -> ApiError {
    error(1002, format!("there is no group `{id}`"))
}
