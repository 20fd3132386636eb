//! Carrying out server-side acts, and filling a new world; what is messages by the thousand stands in `bulk`.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wire::{UnixMillis, code::disconnect};

use crate::{
    chatroom::{Gone, Left},
    core::{
        account::UserIx,
        calendar::minutes_long,
        caps::{self, LONGEST_BAN},
        io::{Close, ConnId},
        switch::Switches,
    },
    doors::operator::{
        act::{Act, Ban, CutHow, OnUser},
        setup::{TokenKind, WorldSetup},
    },
    preferences::{conversation_tags::ConversationTags, settings::Settings},
    service::{ActError, Service},
};

impl Service {
    pub(crate) fn populate(&mut self, setup: &WorldSetup, now: UnixMillis) {
        for user in &setup.users {
            let index = self.core.accounts.register(&user.id);
            let account = &mut self.core.accounts[index];
            account.name = user.name.clone().unwrap_or_else(|| user.id.clone());
            account.portrait = user.portrait.clone().unwrap_or_default();
            account.banned_until = user.banned_minutes.map(|minutes| now + minutes_long(minutes));
            account.deactivated = user.deactivated;
            account.created = Some(now);
        }
        for (name, token) in &setup.tokens {
            let user = self.core.accounts.register(&token.user);
            let opaque = self.core.ids.token();
            match (token.kind, token.lifetime_ms) {
                (TokenKind::Valid, lifetime) => {
                    self.core.tokens.issue(opaque.clone(), user, now, lifetime.map(Duration::from_millis));
                }
                (TokenKind::Expired, _) => {
                    let hour = Duration::from_secs(3600);
                    self.core.tokens.issue_until(opaque.clone(), user, now - hour, now);
                }
                (TokenKind::Unknown | TokenKind::OtherApp, _) => {}
            }
            let text = self.with_hosts(&opaque, "");
            self.named_tokens.insert(name.clone(), text);
        }
        for (group, members) in &setup.groups {
            let members: Vec<UserIx> = members.iter().map(|id| self.core.accounts.find_or_add(id)).collect();
            // Members of long ago; the limit was checked.
            self.mail.groups.join(group, &members, 0, UnixMillis(i64::MIN));
        }
        self.chatrooms().populate_rooms(&setup.chatrooms, &setup.chatroom_join_types, now);
        self.ultra_groups().populate_ultra_groups(&setup.ultra_groups, now);
        for (owner, refused) in &setup.blacklists {
            let ids = self.ids_of(refused);
            let owner = self.core.accounts.find_or_add(owner);
            self.core.accounts[owner].blacklist.extend(ids);
        }
        for (owner, allowed) in &setup.whitelists {
            let ids = self.ids_of(allowed);
            let owner = self.core.accounts.find_or_add(owner);
            self.core.accounts[owner].whitelist.extend(ids);
            self.core.accounts[owner].whitelist_on = true;
        }
    }

    fn ids_of(&mut self, users: &[String]) -> Vec<Arc<str>> {
        users
            .iter()
            .map(|id| {
                let user = self.core.accounts.find_or_add(id);
                self.core.accounts[user].id.clone()
            })
            .collect()
    }

    /// Issues a token for a user, registering it if need be. It names the configured address.
    pub fn issue_token(&mut self, now: UnixMillis, user: &str) -> String {
        self.issue_token_at(now, user, "")
    }

    /// The same for somebody who reached us by that origin: the token names it.
    pub(crate) fn issue_token_at(&mut self, now: UnixMillis, user: &str, origin: &str) -> String {
        let user = self.core.accounts.register(user);
        let opaque = self.core.ids.token();
        let minutes = self.core.limits.token_lifetime_minutes;
        let lifetime = (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)));
        self.core.tokens.issue(opaque.clone(), user, now, lifetime);
        self.with_hosts(&opaque, origin)
    }

    /// The token that the set-up's `tokens:` names.
    #[must_use]
    pub fn named_token(&self, name: &str) -> Option<&str> {
        self.named_tokens.get(name).map(String::as_str)
    }

    /// `OPAQUE@HOST;HOST`: an SDK that is given nothing but the token finds the server.
    fn with_hosts(&self, opaque: &str, origin: &str) -> String {
        format!("{opaque}@{}", self.core.found_at(origin).navi)
    }

    /// An act whose arguments are within their ranges, all at once.
    pub(crate) fn carry_out(&mut self, now: UnixMillis, act: &Act) -> Result<Value, ActError> {
        match act {
            Act::Kick(on) => Ok(self.disconnect_all(now, on, disconnect::KICKED, "kicked")),
            Act::Redirect(on) => Ok(self.disconnect_all(now, on, disconnect::REDIRECT, "sent elsewhere")),
            Act::Ban(Ban { user, minutes }) => self.ban(now, user, *minutes),
            Act::Unban(OnUser { user, .. }) => {
                let user = self.core.accounts.find_or_add(user);
                self.core.accounts[user].banned_until = None;
                Ok(json!({}))
            }
            Act::Deactivate(OnUser { user, .. }) => Ok(self.deactivate(now, user)),
            Act::Reactivate(OnUser { user, .. }) => {
                let user = self.core.accounts.find_or_add(user);
                self.core.accounts[user].deactivated = false;
                Ok(json!({}))
            }
            Act::InvalidateTokens(OnUser { user, .. }) => {
                let user = self.core.accounts.find_or_add(user);
                self.core.accounts[user].tokens_from = now.next();
                Ok(json!({}))
            }
            Act::Cut(cut) => {
                let how = if cut.how == CutHow::Rst { Close::Reset } else { Close::Cut };
                let conns = self.connections_named(&cut.user, cut.platform.as_deref());
                for conn in &conns {
                    self.core.cut(now, *conn, how);
                }
                Ok(json!({"connections": conns.len()}))
            }
            // Mostly carried out piece by piece, in `bulk`.
            Act::Push(push) => {
                let mut all = crate::doors::operator::bulk::Progress::default();
                self.push_piece(now, push, &mut all, u32::MAX).map(|()| json!({}))
            }
            Act::ResetChatroom(on) => {
                if self.rooms.get(&on.chatroom).is_none() {
                    return Err(ActError::Argument(format!("there is no chatroom `{}`", on.chatroom)));
                }
                self.chatrooms().destroy_room(now, &on.chatroom, Gone::Reset);
                Ok(json!({}))
            }
            Act::Blacklist(entry) => {
                let owner = self.core.accounts.find_or_add(&entry.owner);
                self.core.add_black(owner, &entry.user).map(|_| json!({})).map_err(|code| {
                    ActError::Argument(format!("the blacklist of `{}` is full ({code})", entry.owner))
                })
            }
            Act::Unblacklist(entry) => {
                let owner = self.core.accounts.find_or_add(&entry.owner);
                self.core.accounts[owner].blacklist.shift_remove(entry.user.as_str());
                Ok(json!({}))
            }
            Act::SetSwitch(set) => {
                if self.core.switches.set(&set.name, set.value) {
                    return Ok(json!({}));
                }
                let known = Switches::NAMES.join(", ");
                Err(ActError::Argument(format!("there is no switch `{}`; switches are {known}", set.name)))
            }
            Act::SetAppLevel(set) => {
                self.outward.app_level = set.level;
                Ok(json!({}))
            }
            Act::Misbehave(misbehave) => {
                if misbehave.on {
                    self.core.bugs.insert(misbehave.bug);
                } else {
                    self.core.bugs.remove(&misbehave.bug);
                }
                Ok(json!({}))
            }
            Act::Fault(_) if self.core.faults.len() >= caps::ARMED => {
                let most = caps::ARMED;
                let remedy = "`clearFaults`, or disarm those that are not needed";
                Err(ActError::Argument(format!("{most} faults are armed, which is the most: {remedy}")))
            }
            Act::Fault(fault) => match fault.on.mistake() {
                Some(mistake) => Err(ActError::Argument(format!("this fault never takes effect: {mistake}"))),
                None => Ok(json!({"id": self.core.faults.arm(fault.clone())})),
            },
            Act::ClearFaults(_) => {
                self.core.faults.clear();
                Ok(json!({}))
            }
        }
    }

    fn connections_named(&self, user: &str, platform: Option<&str>) -> Vec<ConnId> {
        self.core.accounts.find(user).map(|user| self.core.connections_of(user, platform)).unwrap_or_default()
    }

    fn disconnect_all(&mut self, now: UnixMillis, on: &OnUser, status: u8, why: &'static str) -> Value {
        let conns = self.connections_named(&on.user, on.platform.as_deref());
        for conn in &conns {
            self.core.disconnect(now, *conn, status, why);
        }
        json!({"connections": conns.len()})
    }

    /// Bans from now on; a connected user is cut at once (CONN-031).
    pub(crate) fn ban(&mut self, now: UnixMillis, user: &str, minutes: u32) -> Result<Value, ActError> {
        if !(1..=LONGEST_BAN).contains(&minutes) {
            return Err(ActError::Argument(format!("a ban lasts 1 to {LONGEST_BAN} minutes, not {minutes}")));
        }
        let index = self.core.accounts.find_or_add(user);
        self.core.accounts[index].banned_until = Some(now + minutes_long(minutes));
        if self.core.has(crate::core::bug::Bug::BanKeepsConnection) {
            return Ok(json!({"connections": 0}));
        }
        let on = OnUser { user: user.to_owned(), platform: None };
        Ok(self.disconnect_all(now, &on, disconnect::USER_BLOCKED, "banned"))
    }

    /// Cancels an account and removes its data (USER-005).
    pub(crate) fn deactivate(&mut self, now: UnixMillis, user: &str) -> Value {
        let index = self.core.accounts.find_or_add(user);
        for room in self.rooms.of(index) {
            self.chatrooms().leave_room(now, &room, index, Left::ByItself);
        }
        self.remove_data(index);
        let on = OnUser { user: user.to_owned(), platform: None };
        self.disconnect_all(now, &on, disconnect::ACCOUNT_CANCELLED, "deactivated")
    }

    fn remove_data(&mut self, user: UserIx) {
        self.mail.conversations.forget(user);
        self.mail.mailboxes[user].clear();
        self.preferences.settings[user] = Settings::default();
        self.preferences.tags[user] = ConversationTags::default();
        let account = &mut self.core.accounts[user];
        account.deactivated = true;
        account.blacklist.clear();
        account.whitelist.clear();
        account.whitelist_on = false;
        account.muted_private = false;
        account.tags.clear();
        account.remarks.clear();
        account.name = account.id.to_string();
        account.portrait.clear();
    }
}
