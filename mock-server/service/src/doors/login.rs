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
    service::Service,
};

/// When a client that has not pulled since its login is told that messages wait, milliseconds. Old web SDKs
/// (engine 4.2) pull by themselves at their first login only, not when they come back.
const REMIND_MS: u64 = 1_000;

impl Service {
    /// A client presents itself: accepted with a CONNACK, or refused with one.
    pub(crate) fn open(&mut self, now: UnixMillis, conn: ConnId, login: &Login) {
        let class = PlatformClass::of(&login.platform);
        if self.core.has(Bug::KicksBeforeLogin)
            && let Some(user) = self
                .core
                .tokens
                .owner(&login.token)
                .or_else(|| self.core.accounts.find(test_user(&login.token)))
        {
            self.make_room(now, user, class, conn, login);
        }
        match self.admit(now, login, class) {
            Ok(user) => self.accept(now, conn, login, user, class),
            Err(status) => self.refuse(now, conn, login, status),
        }
    }

    /// Who the login is for, or the CONNACK status that refuses it.
    fn admit(&mut self, now: UnixMillis, login: &Login, class: PlatformClass) -> Result<UserIx, u8> {
        if !length::is_login(login) {
            return Err(connack::IDENTIFIER);
        }
        if !length::is_token(&login.token) {
            return Err(self.wrong_token());
        }
        let user = match self.core.tokens.check(&self.core.accounts, &login.token, now) {
            Ok(user) => user,
            // The documentation knows one code for both (CONN-014); newer SDKs have one of their own for status 10.
            Err(TokenFault::Expired) if self.core.switches.expired_token_status => {
                return Err(connack::TOKEN_EXPIRED);
            }
            Err(TokenFault::Expired) => return Err(self.wrong_token()),
            Err(TokenFault::Incorrect) => self.test_token(&login.token)?,
        };
        let account = &self.core.accounts[user];
        if account.deactivated {
            return Err(connack::ACCOUNT_CANCELLED);
        }
        if account.is_banned(now) && !self.core.has(Bug::BanIsNotChecked) {
            return Err(connack::USER_BLOCKED);
        }
        // Only a reconnect gives way; a first login always comes through (RECON-027).
        let gives_way = login.reconnect && login.give_way && self.core.switches.reconnect_kick;
        if gives_way && class == PlatformClass::Mobile && !self.same_class(user, class, login).is_empty() {
            return Err(connack::ALREADY_ONLINE);
        }
        Ok(user)
    }

    /// `test:USERID` stands for a token where the switch allows it.
    fn test_token(&mut self, token: &str) -> Result<UserIx, u8> {
        let id = test_user(token);
        let named = crate::core::account::opaque(token);
        if !length::is_id(named.strip_prefix("test:").unwrap_or(named)) {
            return Err(self.wrong_token());
        }
        if !id.is_empty() && self.core.switches.test_tokens {
            return Ok(self.core.accounts.register(id));
        }
        if self.core.has(Bug::AcceptsAnyToken) {
            return Ok(self.core.accounts.register(crate::core::account::opaque(token)));
        }
        Err(self.wrong_token())
    }

    fn wrong_token(&self) -> u8 {
        if self.core.has(Bug::WrongTokenCode) { connack::NOT_AUTHORIZED } else { connack::TOKEN }
    }

    fn accept(&mut self, now: UnixMillis, conn: ConnId, login: &Login, user: UserIx, class: PlatformClass) {
        let account = &mut self.core.accounts[user];
        let device = account.device(class, &login.device_id, &login.platform);
        account.devices[usize::from(device)].no_push = false;
        // Whatever waits was sent before this instant, or clients would take it for live.
        let time = now.max(self.mail.mailboxes[user].next_time(UnixMillis(0)));
        let user_id = account.id.to_string();
        let session_id = self.core.ids.session();
        let layout = match login.protocol_version {
            4 => ConnAckLayout::V4 { first_message_id: 0 },
            _ => ConnAckLayout::V3,
        };
        self.core.journal.record(now, || What::Open {
            conn,
            user: Some(user_id.clone()),
            platform: login.platform.clone(),
            status: connack::ACCEPTED,
            label: login.label.clone(),
        });
        let origin = match login.transport {
            Transport::Tcp => self.core.asked.by(&login.token),
            Transport::WebSocket | Transport::Comet => None,
        };
        let origin = origin.unwrap_or_else(|| self.core.asked.shared(&login.origin));
        self.core.connections.insert(conn, Connection::new(user, device, class, login, origin, now));
        let accepted = Some(Accepted { user_id, session_id: session_id.clone(), time });
        self.core.send(now, conn, ServerFrame::ConnAck(ConnAck { status: 0, accepted, layout }), None);
        // Others are disturbed only once this login has succeeded (KICK-002).
        self.make_room(now, user, class, conn, login);
        // Who was online before is told as offline before this one is told as online.
        self.settle(now);
        self.core.accounts[user].connections.push(conn);
        self.ultra_groups().came_to_ultra_groups(user, conn);
        self.outward().came_online(now, conn, &session_id, &login.address);
        if login.transport == Transport::Comet {
            self.expect_poll(now, conn);
        }
        if self.mail.mailboxes[user].waits_for(device) {
            self.core.remind_later(now, conn, REMIND_MS);
        }
    }

    /// Refuses a login with a CONNACK and closes.
    pub(crate) fn refuse(&mut self, now: UnixMillis, conn: ConnId, login: &Login, status: u8) {
        self.core.journal.record(now, || What::Open {
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
        self.core.send(now, conn, ServerFrame::ConnAck(ConnAck { status, accepted: None, layout }), None);
        self.core.output(Output::Close { conn, how: Close::Clean });
    }

    /// Makes the devices leave that cannot be online beside the new one.
    fn make_room(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        class: PlatformClass,
        conn: ConnId,
        login: &Login,
    ) {
        // The same device came back before its old link was noticed to be dead: it is replaced, not kicked. Web
        // pages are excepted: tabs of one browser share their device id and still count one by one (KICK-007).
        if class != PlatformClass::Web && !login.device_id.is_empty() {
            let account = &self.core.accounts[user];
            let own = account.devices.iter().position(|d| d.class == class && d.id == login.device_id);
            let old: Vec<ConnId> = self
                .core
                .of_user(user)
                .filter(|(id, c)| *id != conn && Some(usize::from(c.device)) == own)
                .map(|(id, _)| id)
                .collect();
            for old in old {
                self.core.lose(now, old, "replaced by the same device");
                self.core.output(Output::Close { conn: old, how: Close::Cut });
            }
        }
        if self.core.has(Bug::NoKick) {
            return;
        }
        let mut others = self.same_class(user, class, login);
        others.retain(|other| *other != conn);
        let allowed = match class {
            PlatformClass::Mobile if self.core.switches.mobile_multi_device => usize::MAX,
            PlatformClass::MiniProgram if self.core.switches.mini_program_multi_device => usize::MAX,
            PlatformClass::Web if self.core.switches.multi_device_sync => self.core.limits.web_pages,
            _ => 1,
        };
        let surplus = (others.len() + 1).saturating_sub(allowed);
        for other in others.into_iter().take(surplus) {
            self.core.disconnect(now, other, disconnect::KICKED, "kicked by a later login");
        }
    }

    /// Connections of the user in that class, oldest first, without those of the same device.
    fn same_class(&self, user: UserIx, class: PlatformClass, login: &Login) -> Vec<ConnId> {
        let devices = &self.core.accounts[user].devices;
        self.core
            .of_user(user)
            .filter(|(_, connection)| {
                let device = &devices[usize::from(connection.device)];
                let same = class != PlatformClass::Web
                    && !login.device_id.is_empty()
                    && device.id == login.device_id;
                connection.class == class && !same
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// The client logs out: 4 asks for no more pushes (CONN-025, CONN-026).
    pub(crate) fn logged_out(&mut self, now: UnixMillis, conn: ConnId, status: u8) {
        if let Some(connection) = self.core.connections.get(&conn)
            && status == disconnect::LOGOUT
        {
            let (user, device) = (connection.user, usize::from(connection.device));
            self.core.accounts[user].devices[device].no_push = true;
        }
        let how = if status == disconnect::LOGOUT { Presence::LoggedOut } else { Presence::Offline };
        self.core.lose_as(now, conn, "logged out", how);
        self.core.output(Output::Close { conn, how: Close::Clean });
    }
}

/// The user that a `test:` token names, or "".
fn test_user(token: &str) -> &str {
    crate::core::account::opaque(token).strip_prefix("test:").unwrap_or("")
}
