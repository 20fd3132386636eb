//! Users: registration, bans, deactivation, black and white lists, devices, tokens.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use indexmap::{IndexMap, IndexSet};
use wire::{UnixMillis, code::status};

use crate::core::{
    Core,
    answer::Answer,
    io::{ConnId, PlatformClass},
};

/// A user's place in [`Accounts`]; never changes.
pub(crate) type UserIx = usize;

/// A device as its logins name it: web pages of old SDKs have no id of their own and count as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) class: PlatformClass,
    pub(crate) id: String,
    /// Platform name as its latest login gave it.
    pub(crate) platform: String,
    /// Logged out with "no pushes" (CONN-026).
    pub(crate) no_push: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    pub(crate) portrait: String,
    /// Registered through the Server API or the set-up; others are known only as somebody's target.
    pub(crate) registered: bool,
    pub(crate) banned_until: Option<UnixMillis>,
    pub(crate) deactivated: bool,
    /// Tokens issued before this are invalid (CONN-020).
    pub(crate) tokens_from: UnixMillis,
    pub(crate) blacklist: IndexSet<Arc<str>>,
    pub(crate) whitelist: IndexSet<Arc<str>>,
    /// Only users of the white list may write (USER-008).
    pub(crate) whitelist_on: bool,
    pub(crate) created: Option<UnixMillis>,
    pub(crate) devices: Vec<Device>,
    /// Open connections, oldest first.
    pub(crate) connections: Vec<ConnId>,
    /// Private messages of its clients are refused (20106).
    pub(crate) muted_private: bool,
    /// Labels that the app's server gave it.
    pub(crate) tags: Vec<String>,
    /// What pushes to this user call others.
    pub(crate) remarks: IndexMap<Arc<str>, String>,
}

impl Account {
    fn new(id: Arc<str>) -> Self {
        Self {
            name: id.to_string(),
            id,
            portrait: String::new(),
            registered: false,
            banned_until: None,
            deactivated: false,
            tokens_from: UnixMillis(i64::MIN),
            blacklist: IndexSet::new(),
            whitelist: IndexSet::new(),
            whitelist_on: false,
            created: None,
            devices: Vec::new(),
            connections: Vec::new(),
            muted_private: false,
            tags: Vec::new(),
            remarks: IndexMap::new(),
        }
    }

    pub(crate) fn is_banned(&self, now: UnixMillis) -> bool {
        self.banned_until.is_some_and(|until| now < until)
    }

    /// The number of a device, new or known.
    pub(crate) fn device(&mut self, class: PlatformClass, id: &str, platform: &str) -> DeviceIx {
        let known = self.devices.iter().position(|device| device.class == class && device.id == id);
        let index = known.unwrap_or_else(|| {
            let (id, platform) = (id.to_owned(), String::new());
            self.devices.push(Device { class, id, platform, no_push: false });
            self.devices.len() - 1
        });
        platform.clone_into(&mut self.devices[index].platform);
        index as DeviceIx
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts {
    by_id: IndexMap<Arc<str>, Account>,
    registered: usize,
}

impl Accounts {
    pub(crate) fn find(&self, id: &str) -> Option<UserIx> {
        self.by_id.get_index_of(id)
    }

    /// The user of that id, made if it was never heard of.
    pub(crate) fn find_or_add(&mut self, id: &str) -> UserIx {
        if let Some(index) = self.find(id) {
            return index;
        }
        let id: Arc<str> = id.into();
        self.by_id.insert_full(id.clone(), Account::new(id)).0
    }

    /// The display name of a user; empty if nobody is known by that id.
    pub(crate) fn name_of(&self, id: &str) -> String {
        self.find(id).map(|user| self[user].name.clone()).unwrap_or_default()
    }

    pub(crate) fn register(&mut self, id: &str) -> UserIx {
        let user = self.find_or_add(id);
        if !std::mem::replace(&mut self[user].registered, true) {
            self.registered += 1;
        }
        user
    }

    /// The user is as if nobody had ever registered it.
    pub(crate) fn unregister(&mut self, user: UserIx) {
        let account = &mut self[user];
        let was = std::mem::replace(&mut account.registered, false);
        (account.deactivated, account.created, account.banned_until) = (false, None, None);
        self.registered -= usize::from(was);
    }

    pub(crate) fn registered(&self) -> usize {
        self.registered
    }

    /// Users ever heard of.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Forgets those heard of since there were `known` users. Nothing else may know them yet.
    pub(crate) fn forget_from(&mut self, known: usize) {
        let registered = self.by_id.values().skip(known).filter(|account| account.registered).count();
        self.registered -= registered;
        self.by_id.truncate(known);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.by_id.values()
    }
}

impl std::ops::Index<UserIx> for Accounts {
    type Output = Account;
    fn index(&self, user: UserIx) -> &Account {
        &self.by_id[user]
    }
}

impl std::ops::IndexMut<UserIx> for Accounts {
    fn index_mut(&mut self, user: UserIx) -> &mut Account {
        &mut self.by_id[user]
    }
}

/// A token that was issued.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) user: UserIx,
    pub(crate) issued: UnixMillis,
    pub(crate) expires: Option<UnixMillis>,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// Never issued here, or invalidated.
    Incorrect,
    /// Its lifetime is over.
    Expired,
}

/// All tokens of a world, by their opaque part. Earlier ones stay valid beside later ones (CONN-019).
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    issued: BTreeMap<String, Token>,
}

impl Tokens {
    pub(crate) fn issue(&mut self, text: String, user: UserIx, now: UnixMillis, lifetime: Option<Duration>) {
        self.issued
            .insert(text, Token { user, issued: now, expires: lifetime.map(|lifetime| now + lifetime) });
    }

    pub(crate) fn issue_until(
        &mut self,
        text: String,
        user: UserIx,
        issued: UnixMillis,
        expires: UnixMillis,
    ) {
        self.issued.insert(text, Token { user, issued, expires: Some(expires) });
    }

    /// Whose token it is; everything from `@` on names addresses and does not count.
    pub(crate) fn check(
        &self,
        accounts: &Accounts,
        text: &str,
        now: UnixMillis,
    ) -> Result<UserIx, TokenFault> {
        let token = self.issued.get(opaque(text)).ok_or(TokenFault::Incorrect)?;
        if token.issued < accounts[token.user].tokens_from {
            return Err(TokenFault::Incorrect);
        }
        if token.expires.is_some_and(|expires| now >= expires) {
            return Err(TokenFault::Expired);
        }
        Ok(token.user)
    }

    /// Invalidates every token of a user for good.
    pub(crate) fn revoke(&mut self, user: UserIx) {
        self.issued.retain(|_, token| token.user != user);
    }

    /// Whose token it is, valid or not.
    pub(crate) fn owner(&self, text: &str) -> Option<UserIx> {
        self.issued.get(opaque(text)).map(|token| token.user)
    }
}

/// The part of a token in front of its `@`.
pub(crate) fn opaque(token: &str) -> &str {
    token.split_once('@').map_or(token, |(opaque, _)| opaque)
}

/// `os` of a platform, as callbacks write it.
pub(crate) fn os_of(platform: &str) -> &'static str {
    match PlatformClass::of(platform) {
        PlatformClass::Web => "Websocket",
        PlatformClass::Desktop => "PC",
        PlatformClass::MiniProgram => "MiniProgram",
        PlatformClass::Mobile if platform.eq_ignore_ascii_case("ios") => "iOS",
        PlatformClass::Mobile if platform.eq_ignore_ascii_case("harmonyos") => "HarmonyOS",
        PlatformClass::Mobile => "Android",
    }
}

/// A user's device, numbered a user.
pub(crate) type DeviceIx = u16;

impl Core {
    /// The platform of a user's device.
    pub(crate) fn platform_of(
        &self,
        user: crate::core::account::UserIx,
        device: crate::core::account::DeviceIx,
    ) -> String {
        let device = self.accounts[user].devices.get(usize::from(device));
        device.map(|device| device.platform.clone()).unwrap_or_default()
    }

    pub(crate) fn add_black(&mut self, owner: UserIx, user: &str) -> Answer {
        let user = self.accounts.find_or_add(user);
        let id = self.accounts[user].id.clone();
        let limit = self.limits.blacklist;
        let list = &mut self.accounts[owner].blacklist;
        if !list.contains(&id) && list.len() >= limit {
            return Err(status::BLACKLIST_FULL);
        }
        list.insert(id);
        Ok(Bytes::new())
    }

    pub(crate) fn remove_black(&mut self, owner: UserIx, user: &str) -> Answer {
        self.accounts[owner].blacklist.shift_remove(user);
        Ok(Bytes::new())
    }
}
