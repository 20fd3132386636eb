//! Logging in and out: tokens, bans, multi-login classes, kicks (CONN, KICK, RECON-022 to RECON-027).

use wire::{
    Accepted, ConnAck, ConnAckLayout, ServerFrame, UnixMillis,
    code::{connack, disconnect},
};

use crate::{
    core::{
        account::{TokenFault, UserIx},
        bug::Bug,
        connection::{Connection, Presence},
        io::{Close, ConnId, Login, Output, PlatformClass, Transport},
        journal::What,
        length,
    },
    doors::polling::expect_poll,
    world::World,
};

/// When a client that has not pulled since its login is told that messages wait, milliseconds. Old web SDKs
/// (engine 4.2) pull by themselves at their first login only, not when they come back.
const REMIND_MS: u64 = 1_000;

/// A client presents itself: accepted with a CONNACK, or refused with one.
pub(crate) fn open(world: &mut World, now: UnixMillis, conn: ConnId, login: &Login) {
    let class = PlatformClass::of(&login.platform);
    if world.core.has(Bug::KicksBeforeLogin)
        && let Some(user) = world
            .core
            .tokens
            .owner(&login.token)
            .or_else(|| world.core.accounts.find(test_user(&login.token)))
    {
        make_room(world, now, user, class, conn, login);
    }
    match admit(world, now, login, class) {
        Ok(user) => accept(world, now, conn, login, user, class),
        Err(status) => refuse(world, now, conn, login, status),
    }
}

/// Who the login is for, or the CONNACK status that refuses it.
pub(crate) fn admit(
    world: &mut World,
    now: UnixMillis,
    login: &Login,
    class: PlatformClass,
) -> Result<UserIx, u8> {
    if !length::is_login(login) {
        return Err(connack::IDENTIFIER);
    }
    if !length::is_token(&login.token) {
        return Err(wrong_token(world));
    }
    let user = match world.core.tokens.check(&world.core.accounts, &login.token, now) {
        Ok(user) => user,
        // The documentation knows one code for both (CONN-014); newer SDKs have one of their own for status 10.
        Err(TokenFault::Expired) if world.core.switches.expired_token_status => {
            return Err(connack::TOKEN_EXPIRED);
        }
        Err(TokenFault::Expired) => return Err(wrong_token(world)),
        Err(TokenFault::Incorrect) => test_token(world, &login.token)?,
    };
    let account = &world.core.accounts[user];
    if account.deactivated {
        return Err(connack::ACCOUNT_CANCELLED);
    }
    if account.is_banned(now) && !world.core.has(Bug::BanIsNotChecked) {
        return Err(connack::USER_BLOCKED);
    }
    // Only a reconnect gives way; a first login always comes through (RECON-027).
    let gives_way = login.reconnect && login.give_way && world.core.switches.reconnect_kick;
    if gives_way && class == PlatformClass::Mobile && !same_class(world, user, class, login).is_empty() {
        return Err(connack::ALREADY_ONLINE);
    }
    Ok(user)
}

/// `test:USERID` stands for a token where the switch allows it.
pub(crate) fn test_token(world: &mut World, token: &str) -> Result<UserIx, u8> {
    let id = test_user(token);
    let named = crate::core::account::opaque(token);
    if !length::is_id(named.strip_prefix("test:").unwrap_or(named)) {
        return Err(wrong_token(world));
    }
    if !id.is_empty() && world.core.switches.test_tokens {
        return Ok(world.core.accounts.register(id));
    }
    if world.core.has(Bug::AcceptsAnyToken) {
        return Ok(world.core.accounts.register(crate::core::account::opaque(token)));
    }
    Err(wrong_token(world))
}

pub(crate) fn wrong_token(world: &World) -> u8 {
    if world.core.has(Bug::WrongTokenCode) { connack::NOT_AUTHORIZED } else { connack::TOKEN }
}

pub(crate) fn accept(
    world: &mut World,
    now: UnixMillis,
    conn: ConnId,
    login: &Login,
    user: UserIx,
    class: PlatformClass,
) {
    let account = &mut world.core.accounts[user];
    let device = account.device(class, &login.device_id, &login.platform);
    account.devices[usize::from(device)].no_push = false;
    // Whatever waits was sent before this instant, or clients would take it for live.
    let time = now.max(world.mail.mailboxes[user].next_time(UnixMillis(0)));
    let user_id = account.id.to_string();
    let session_id = world.core.ids.session();
    let layout = match login.protocol_version {
        4 => ConnAckLayout::V4 { first_message_id: 0 },
        _ => ConnAckLayout::V3,
    };
    world.core.journal.record(now, || What::Open {
        conn,
        user: Some(user_id.clone()),
        platform: login.platform.clone(),
        status: connack::ACCEPTED,
        label: login.label.clone(),
    });
    let origin = match login.transport {
        Transport::Tcp => world.core.asked.by(&login.token),
        Transport::WebSocket | Transport::Comet => None,
    };
    let origin = origin.unwrap_or_else(|| world.core.asked.shared(&login.origin));
    world.core.connections.insert(conn, Connection::new(user, device, class, login, origin, now));
    let accepted = Some(Accepted { user_id, session_id: session_id.clone(), time });
    world.core.send(now, conn, ServerFrame::ConnAck(ConnAck { status: 0, accepted, layout }), None);
    // Others are disturbed only once this login has succeeded (KICK-002).
    make_room(world, now, user, class, conn, login);
    // Who was online before is told as offline before this one is told as online.
    world.settle(now);
    world.core.accounts[user].connections.push(conn);
    world.ultra_groups().came_to_ultra_groups(user, conn);
    world.outward().came_online(now, conn, &session_id, &login.address);
    if login.transport == Transport::Comet {
        expect_poll(world, now, conn);
    }
    if world.mail.mailboxes[user].waits_for(device) {
        world.core.remind_later(now, conn, REMIND_MS);
    }
}

/// Refuses a login with a CONNACK and closes.
pub(crate) fn refuse(world: &mut World, now: UnixMillis, conn: ConnId, login: &Login, status: u8) {
    world.core.journal.record(now, || What::Open {
        conn,
        user: None,
        platform: login.platform.chars().take(64).collect(),
        status,
        label: login.label.clone(),
    });
    let layout = match login.protocol_version {
        4 => ConnAckLayout::V4 { first_message_id: 0 },
        _ => ConnAckLayout::V3,
    };
    world.core.send(now, conn, ServerFrame::ConnAck(ConnAck { status, accepted: None, layout }), None);
    world.core.output(Output::Close { conn, how: Close::Clean });
}

/// Makes the devices leave that cannot be online beside the new one.
pub(crate) fn make_room(
    world: &mut World,
    now: UnixMillis,
    user: UserIx,
    class: PlatformClass,
    conn: ConnId,
    login: &Login,
) {
    // The same device came back before its old link was noticed to be dead: it is replaced, not kicked. Web
    // pages are excepted: tabs of one browser share their device id and still count one by one (KICK-007).
    if class != PlatformClass::Web && !login.device_id.is_empty() {
        let account = &world.core.accounts[user];
        let own = account.devices.iter().position(|d| d.class == class && d.id == login.device_id);
        let old: Vec<ConnId> = world
            .core
            .of_user(user)
            .filter(|(id, c)| *id != conn && Some(usize::from(c.device)) == own)
            .map(|(id, _)| id)
            .collect();
        for old in old {
            world.core.lose(now, old, "replaced by the same device");
            world.core.output(Output::Close { conn: old, how: Close::Cut });
        }
    }
    if world.core.has(Bug::NoKick) {
        return;
    }
    let mut others = same_class(world, user, class, login);
    others.retain(|other| *other != conn);
    let allowed = match class {
        PlatformClass::Mobile if world.core.switches.mobile_multi_device => usize::MAX,
        PlatformClass::MiniProgram if world.core.switches.mini_program_multi_device => usize::MAX,
        PlatformClass::Web if world.core.switches.multi_device_sync => world.core.limits.web_pages,
        _ => 1,
    };
    let surplus = (others.len() + 1).saturating_sub(allowed);
    for other in others.into_iter().take(surplus) {
        world.core.disconnect(now, other, disconnect::KICKED, "kicked by a later login");
    }
}

/// Connections of the user in that class, oldest first, without those of the same device.
pub(crate) fn same_class(world: &World, user: UserIx, class: PlatformClass, login: &Login) -> Vec<ConnId> {
    let devices = &world.core.accounts[user].devices;
    world
        .core
        .of_user(user)
        .filter(|(_, connection)| {
            let device = &devices[usize::from(connection.device)];
            let same =
                class != PlatformClass::Web && !login.device_id.is_empty() && device.id == login.device_id;
            connection.class == class && !same
        })
        .map(|(id, _)| id)
        .collect()
}

/// The client logs out: 4 asks for no more pushes (CONN-025, CONN-026).
pub(crate) fn logged_out(world: &mut World, now: UnixMillis, conn: ConnId, status: u8) {
    if let Some(connection) = world.core.connections.get(&conn)
        && status == disconnect::LOGOUT
    {
        let (user, device) = (connection.user, usize::from(connection.device));
        world.core.accounts[user].devices[device].no_push = true;
    }
    let how = if status == disconnect::LOGOUT { Presence::LoggedOut } else { Presence::Offline };
    world.core.lose_as(now, conn, "logged out", how);
    world.core.output(Output::Close { conn, how: Close::Clean });
}

/// The user that a `test:` token names, or "".
fn test_user(token: &str) -> &str {
    crate::core::account::opaque(token).strip_prefix("test:").unwrap_or("")
}
