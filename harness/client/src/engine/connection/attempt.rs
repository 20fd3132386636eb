//! One attempt: an address, an open connection, the login, the greeting (CONN-004, CONN-011 to CONN-014, CONN-030).

use serde_json::json;
use wire::{ClientFrame, ConnAck, Connect, UnixMillis, code::connack};

use crate::{
    core::{
        bug::Bug,
        code,
        heartbeat::Heartbeat,
        io::{EngineOutput, Route},
        link::Link,
    },
    engine::{
        Engine,
        connection::{STEP_LIMIT, VERSION},
    },
};

impl Engine {
    pub(super) fn attempt(&mut self, now: UnixMillis) {
        self.core.change_status("connecting");
        if let Some(wanted) = &mut self.wanted {
            wanted.redirected = false;
        }
        if self.core.navi.is_some() && self.core.has(Bug::AsksNaviEveryTime) {
            self.core.navi = None;
        }
        self.open(now, 0);
    }

    /// Opens a connection to the address of that index. No answer of navi at hand: it is asked. No such address: the
    /// attempt has failed.
    pub(super) fn open(&mut self, now: UnixMillis, address: usize) {
        let Some(found) = self.navi_address(now, address) else {
            return if address == 0 { self.ask_navi(now, 0) } else { self.lost(now) };
        };
        let conn = self.core.next_id();
        self.core.link = Link::Opening { conn, address, until: now + STEP_LIMIT };
        let route = if self.core.speaks_tcp() {
            Route::Tcp
        } else {
            Route::WebSocket { path_and_query: self.upgrade_path() }
        };
        self.core.output(EngineOutput::Open { conn, address: found, route });
    }

    /// The address did not answer: the next one is tried in the same attempt.
    pub(super) fn next_address(&mut self, now: UnixMillis) {
        if let Link::Opening { conn, address, .. } = self.core.link {
            self.core.output(EngineOutput::Close { conn });
            self.core.link = Link::Idle;
            if self.navi_address(now, address + 1).is_some() && self.core.has(Bug::OneAddressOnly) {
                return self.lost(now);
            }
            self.open(now, address + 1);
        }
    }

    /// The token as it goes to the server: what follows the `@` named addresses and stays here.
    fn short_token(&self) -> String {
        let token = self.wanted.as_ref().map(|wanted| wanted.token.as_str()).unwrap_or_default();
        if token.split_once('@').is_some_and(|(_, hosts)| !hosts.is_empty())
            && self.core.has(Bug::SendsWholeToken)
        {
            return token.to_owned();
        }
        token.split_once('@').map_or_else(|| token.to_owned(), |(opaque, _)| format!("{opaque}@"))
    }

    /// Whether this is a reconnect, and whether it gives way to a device that came online (RECON-022 to RECON-027).
    /// `kickReconnectDevice` counts for reconnects only: a first login always kicks.
    fn marks(&self) -> (u8, u8) {
        let reconnect = self.wanted.as_ref().is_some_and(|wanted| wanted.established);
        let gives_way = self.core.options.kick_reconnect_device;
        let reconnect = reconnect || (gives_way && self.core.has(Bug::AlwaysReconnects));
        let gives_way = gives_way && !self.core.has(Bug::NeverGivesWay);
        (u8::from(reconnect), u8::from(gives_way))
    }

    fn device_id(&self) -> String {
        let id = &self.core.env.device_id;
        match self.core.link.conn() {
            Some(conn) if self.core.has(Bug::DeviceIdChanges) => format!("{id}-{conn}"),
            _ => id.clone(),
        }
    }

    fn version(&self) -> &'static str {
        let reconnect = self.wanted.as_ref().is_some_and(|wanted| wanted.established);
        if reconnect && self.core.has(Bug::VersionChanges) { "5.2.6" } else { VERSION }
    }

    fn platform(&self) -> &str {
        let platform = self.core.env.platform.as_str();
        if platform != "Android" && self.core.has(Bug::ForgetsPlatform) { "Android" } else { platform }
    }

    fn upgrade_path(&self) -> String {
        let (reconnect, gives_way) = self.marks();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("appId", &self.core.env.app_key)
            .append_pair("token", &self.short_token())
            .append_pair("sdkVer", self.version())
            .append_pair("deviceId", &self.device_id())
            .append_pair("platform", self.platform())
            .append_pair("protocolVer", "3")
            .append_pair("reconnect", &reconnect.to_string())
            .append_pair("kickReconnectDevice", &gives_way.to_string())
            .finish();
        format!("/websocket?{query}")
    }

    pub(crate) fn opened(&mut self, now: UnixMillis, conn: u64) {
        if !matches!(self.core.link, Link::Opening { conn: opening, .. } if opening == conn) {
            return;
        }
        self.core.link = Link::Greeting { conn, until: now + STEP_LIMIT };
        self.core.requests.restart();
        if self.core.speaks_tcp() {
            let (reconnect, gives_way) = self.marks();
            let facts = format!("session:reconnect={reconnect},kickReconnectDevice={gives_way}");
            let mut rest = bytes::BytesMut::new();
            wire::encode_text(&facts, &mut rest);
            self.core.write(ClientFrame::Connect(Connect {
                version: 3,
                flags: 0xC6,
                keep_alive: 10,
                device_id: self.device_id(),
                client: "ReferenceClient".to_owned(),
                client_info: format!("{}--{}", self.platform(), self.version()),
                app_key: self.core.env.app_key.clone(),
                token: self.short_token(),
                rest: rest.freeze(),
            }));
        }
    }

    /// CONNACK. A busy server is tried again; every other refusal is final, for the app to handle (AMB-25, RECON-019).
    pub(crate) fn greeted(&mut self, now: UnixMillis, ack: ConnAck) {
        let Link::Greeting { conn, .. } = self.core.link else { return };
        let code = i64::from(connack::to_code(ack.status));
        match (ack.status, ack.accepted) {
            (connack::ACCEPTED, Some(accepted)) => self.accepted(now, conn, &accepted),
            (connack::REDIRECT, _) if self.core.has(Bug::RedirectKeepsAddress) => self.lost(now),
            (connack::REDIRECT, _) => self.redirected(now),
            (connack::ACCEPTED | connack::UNAVAILABLE, _) => self.lost(now),
            (connack::TOKEN_EXPIRED, _) if self.core.has(Bug::ExpiredTokenKeepsTrying) => self.lost(now),
            (connack::TOKEN | connack::TOKEN_EXPIRED, _) => {
                self.end(now, code::TOKEN_INCORRECT, Some("token_incorrect"));
            }
            (connack::USER_BLOCKED, _) if self.core.has(Bug::BannedKeepsTrying) => self.lost(now),
            (connack::USER_BLOCKED, _) => self.end(now, code, Some("conn_user_blocked")),
            (connack::ALREADY_ONLINE, _) if self.core.has(Bug::KickedWhileReconnectingKeepsTrying) => {
                self.lost(now);
            }
            (connack::ALREADY_ONLINE, _) => self.end(now, code, Some("kicked_offline_by_other_client")),
            _ if self.core.has(Bug::HidesRefusals) => {
                self.end(now, code::NOT_CONNECTED, Some("unconnected"));
            }
            _ => self.end(now, code, Some("unconnected")),
        }
    }

    fn accepted(&mut self, now: UnixMillis, conn: u64, accepted: &wire::Accepted) {
        self.core.link = Link::Online { conn, heartbeat: Heartbeat::started(now) };
        self.core.user.clone_from(&accepted.user_id);
        self.core.store.open_for(&self.core.env.app_key, &accepted.user_id);
        if self.chatrooms.is_empty() {
            // What an engine that was killed left behind (CHRM-015).
            self.chatrooms().forget_all();
        }
        let owed = self.wanted.as_mut().map_or(0, |wanted| {
            wanted.established = true;
            std::mem::take(&mut wanted.owed)
        });
        self.core.write(ClientFrame::Ping);
        // The local database is a user's: it opens once the user is known, before the app hears of it (CONN-021).
        let late = owed > 0 && self.core.has(Bug::ConnectedBeforeDatabase);
        if owed > 0 && !late {
            self.core.fire("onDatabaseOpened", json!({"code": 0}));
        }
        self.core.change_status("connected");
        let user = self.core.user.clone();
        for _ in 0..owed {
            self.core.fire("onConnected", json!({"code": 0, "userId": user}));
        }
        if late {
            self.core.fire("onDatabaseOpened", json!({"code": 0}));
        }
        self.mail().begin_sync(now, accepted.time);
        self.preferences().pull(now);
        if self.core.has(Bug::PullsSettingsTwice) {
            self.preferences().pull(now);
        }
        self.chatrooms().rejoin(now);
        self.ultra_groups().begin(now, accepted.time);
    }

    /// The server sends us elsewhere: navi is asked anew, at once the first time, then as after a failure.
    fn redirected(&mut self, now: UnixMillis) {
        self.core.navi = None;
        match (&mut self.wanted, self.core.link.conn()) {
            (Some(wanted), Some(conn)) if !wanted.redirected => {
                wanted.redirected = true;
                self.core.output(EngineOutput::Close { conn });
                self.core.link = Link::Idle;
                self.ask_navi(now, 0);
            }
            _ => self.lost(now),
        }
    }
}
