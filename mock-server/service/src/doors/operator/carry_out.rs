//! Carrying out server-side acts; what is messages by the thousand stands in `bulk`.

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
        act::{Act, ActError, Ban, CutHow, OnUser},
        bulk::push_piece,
    },
    preferences::{conversation_tags::ConversationTags, settings::Settings},
    world::World,
};

/// An act whose arguments are within their ranges, all at once.
pub(crate) fn carry_out(world: &mut World, now: UnixMillis, act: &Act) -> Result<Value, ActError> {
    match act {
        Act::Kick(on) => Ok(disconnect_all(world, now, on, disconnect::KICKED, "kicked")),
        Act::Redirect(on) => Ok(disconnect_all(world, now, on, disconnect::REDIRECT, "sent elsewhere")),
        Act::Ban(Ban { user, minutes }) => ban(world, now, user, *minutes),
        Act::Unban(OnUser { user, .. }) => {
            let user = world.core.accounts.find_or_add(user);
            world.core.accounts[user].banned_until = None;
            Ok(json!({}))
        }
        Act::Deactivate(OnUser { user, .. }) => Ok(deactivate(world, now, user)),
        Act::Reactivate(OnUser { user, .. }) => {
            let user = world.core.accounts.find_or_add(user);
            world.core.accounts[user].deactivated = false;
            Ok(json!({}))
        }
        Act::InvalidateTokens(OnUser { user, .. }) => {
            let user = world.core.accounts.find_or_add(user);
            world.core.accounts[user].tokens_from = now.next();
            Ok(json!({}))
        }
        Act::Cut(cut) => {
            let how = if cut.how == CutHow::Rst { Close::Reset } else { Close::Cut };
            let conns = connections_named(world, &cut.user, cut.platform.as_deref());
            for conn in &conns {
                world.core.cut(now, *conn, how);
            }
            Ok(json!({"connections": conns.len()}))
        }
        // Mostly carried out piece by piece, in `bulk`.
        Act::Push(push) => {
            let mut all = crate::doors::operator::bulk::Progress::default();
            push_piece(world, now, push, &mut all, u32::MAX).map(|()| json!({}))
        }
        Act::ResetChatroom(on) => {
            if world.chatrooms.get(&on.chatroom).is_none() {
                return Err(ActError::Argument(format!("there is no chatroom `{}`", on.chatroom)));
            }
            world.chatrooms().destroy_room(now, &on.chatroom, Gone::Reset);
            Ok(json!({}))
        }
        Act::Blacklist(entry) => {
            let owner = world.core.accounts.find_or_add(&entry.owner);
            world.core.add_black(owner, &entry.user).map(|_| json!({})).map_err(|code| {
                ActError::Argument(format!("the blacklist of `{}` is full ({code})", entry.owner))
            })
        }
        Act::Unblacklist(entry) => {
            let owner = world.core.accounts.find_or_add(&entry.owner);
            world.core.accounts[owner].blacklist.shift_remove(entry.user.as_str());
            Ok(json!({}))
        }
        Act::SetSwitch(set) => {
            if world.core.switches.set(&set.name, set.value) {
                return Ok(json!({}));
            }
            let known = Switches::NAMES.join(", ");
            Err(ActError::Argument(format!("there is no switch `{}`; switches are {known}", set.name)))
        }
        Act::SetAppLevel(set) => {
            world.outward.app_level = set.level;
            Ok(json!({}))
        }
        Act::Misbehave(misbehave) => {
            world.core.bugs.set(misbehave.bug, misbehave.on);
            Ok(json!({}))
        }
        Act::Fault(_) if world.core.faults.len() >= caps::ARMED => {
            let most = caps::ARMED;
            let remedy = "`clearFaults`, or disarm those that are not needed";
            Err(ActError::Argument(format!("{most} faults are armed, which is the most: {remedy}")))
        }
        Act::Fault(fault) => match fault.on.mistake() {
            Some(mistake) => Err(ActError::Argument(format!("this fault never takes effect: {mistake}"))),
            None => Ok(json!({"id": world.core.faults.arm(fault.clone())})),
        },
        Act::ClearFaults(_) => {
            world.core.faults.clear();
            Ok(json!({}))
        }
    }
}

pub(crate) fn connections_named(world: &World, user: &str, platform: Option<&str>) -> Vec<ConnId> {
    world.core.accounts.find(user).map(|user| world.core.connections_of(user, platform)).unwrap_or_default()
}

pub(crate) fn disconnect_all(
    world: &mut World,
    now: UnixMillis,
    on: &OnUser,
    status: u8,
    why: &'static str,
) -> Value {
    let conns = connections_named(world, &on.user, on.platform.as_deref());
    for conn in &conns {
        world.core.disconnect(now, *conn, status, why);
    }
    json!({"connections": conns.len()})
}

/// Bans from now on; a connected user is cut at once (CONN-031).
pub(crate) fn ban(world: &mut World, now: UnixMillis, user: &str, minutes: u32) -> Result<Value, ActError> {
    if !(1..=LONGEST_BAN).contains(&minutes) {
        return Err(ActError::Argument(format!("a ban lasts 1 to {LONGEST_BAN} minutes, not {minutes}")));
    }
    let index = world.core.accounts.find_or_add(user);
    world.core.accounts[index].banned_until = Some(now + minutes_long(minutes));
    if world.core.has(crate::core::bug::Bug::BanKeepsConnection) {
        return Ok(json!({"connections": 0}));
    }
    let on = OnUser { user: user.to_owned(), platform: None };
    Ok(disconnect_all(world, now, &on, disconnect::USER_BLOCKED, "banned"))
}

/// Cancels an account and removes its data (USER-005).
pub(crate) fn deactivate(world: &mut World, now: UnixMillis, user: &str) -> Value {
    let index = world.core.accounts.find_or_add(user);
    for room in world.chatrooms.of(index) {
        world.chatrooms().leave_room(now, &room, index, Left::ByItself);
    }
    remove_data(world, index);
    let on = OnUser { user: user.to_owned(), platform: None };
    disconnect_all(world, now, &on, disconnect::ACCOUNT_CANCELLED, "deactivated")
}

pub(crate) fn remove_data(world: &mut World, user: UserIx) {
    world.mail.conversations.forget(user);
    world.mail.mailboxes[user].clear();
    world.preferences.settings[user] = Settings::default();
    world.preferences.tags[user] = ConversationTags::default();
    let account = &mut world.core.accounts[user];
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
