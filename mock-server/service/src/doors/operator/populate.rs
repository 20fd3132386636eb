//! What a new world begins with, but for the messages that wait in it (`bulk`).

use std::{sync::Arc, time::Duration};

use wire::UnixMillis;

use crate::{
    chatroom,
    core::{account::UserIx, calendar::minutes_long},
    doors::operator::{
        setup::{TokenKind, WorldSetup},
        tokens::with_hosts,
    },
    ultra_group,
    world::World,
};

pub(crate) fn populate(world: &mut World, setup: &WorldSetup, now: UnixMillis) {
    for user in &setup.users {
        let index = world.core.accounts.register(&user.id);
        let account = &mut world.core.accounts[index];
        account.name = user.name.clone().unwrap_or_else(|| user.id.clone());
        account.portrait = user.portrait.clone().unwrap_or_default();
        account.banned_until = user.banned_minutes.map(|minutes| now + minutes_long(minutes));
        account.deactivated = user.deactivated;
        account.created = Some(now);
    }
    for (name, token) in &setup.tokens {
        let user = world.core.accounts.register(&token.user);
        let opaque = world.core.ids.token();
        match (token.kind, token.lifetime_ms) {
            (TokenKind::Valid, lifetime) => {
                world.core.tokens.issue(opaque.clone(), user, now, lifetime.map(Duration::from_millis));
            }
            (TokenKind::Expired, _) => {
                let hour = Duration::from_secs(3600);
                world.core.tokens.issue_until(opaque.clone(), user, now - hour, now);
            }
            (TokenKind::Unknown | TokenKind::OtherApp, _) => {}
        }
        let text = with_hosts(world, &opaque, "");
        world.core.named_tokens.insert(name.clone(), text);
    }
    for (group, members) in &setup.groups {
        let members: Vec<UserIx> = members.iter().map(|id| world.core.accounts.find_or_add(id)).collect();
        // Members of long ago; the limit was checked.
        world.mail.groups.join(group, &members, 0, UnixMillis(i64::MIN));
    }
    chatroom::setup::populate(&mut world.chatrooms(), &setup.chatrooms, &setup.chatroom_join_types, now);
    ultra_group::setup::populate(&mut world.ultra_groups(), &setup.ultra_groups, now);
    for (owner, refused) in &setup.blacklists {
        let ids = ids_of(world, refused);
        let owner = world.core.accounts.find_or_add(owner);
        world.core.accounts[owner].blacklist.extend(ids);
    }
    for (owner, allowed) in &setup.whitelists {
        let ids = ids_of(world, allowed);
        let owner = world.core.accounts.find_or_add(owner);
        world.core.accounts[owner].whitelist.extend(ids);
        world.core.accounts[owner].whitelist_on = true;
    }
}

pub(crate) fn ids_of(world: &mut World, users: &[String]) -> Vec<Arc<str>> {
    users
        .iter()
        .map(|id| {
            let user = world.core.accounts.find_or_add(id);
            world.core.accounts[user].id.clone()
        })
        .collect()
}
