//! The way through a connection's states: what the engine does at each step.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use wire::{
    ClientFrame, ConnAck, Connect, UnixMillis,
    code::{connack, disconnect},
};

use crate::{
    code,
    connection::{Beat, Heartbeat, Link, NAVI_LIFE, Navi, STEP_LIMIT, Wanted, ladder},
    engine::Engine,
    io::{CallResult, EngineOutput, HttpAnswer, Route},
};

/// Where navigation is asked for when the app names no server (NAVI-001).
const DEFAULT_NAVI: &str = "https://nav.cn.ronghub.com";
/// The version this engine presents itself with.
const VERSION: &str = "5.2.5";
/// DISCONNECT status of a log-out that keeps pushes.
const KEEP_PUSH: u8 = 2;

impl Engine {
    pub(crate) fn connect(&mut self, now: UnixMillis, token: &str, timeout_s: i64) -> CallResult {
        if token.is_empty() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        if self.link.online().is_some() {
            // Already there: the call is answered, no second session is made (CONN-024).
            let user = self.user.clone();
            self.fire("onConnected", json!({"code": 0, "userId": user}));
            return CallResult::Code(0);
        }
        // Zero and below mean: without limit (CONN-009, CONN-010).
        let limit = u64::try_from(timeout_s).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let owed = self.wanted.as_ref().map_or(0, |wanted| wanted.owed) + 1;
        self.abandon();
        self.wanted = Some(Wanted {
            token: token.to_owned(),
            owed,
            give_up: limit.map(|limit| now + limit),
            attempts: 0,
            established: false,
        });
        self.change_status("connecting");
        self.schedule(now);
        CallResult::Code(0)
    }

    pub(crate) fn disconnect(&mut self, now: UnixMillis, keep_push: bool) -> CallResult {
        let status = if keep_push { KEEP_PUSH } else { disconnect::LOGOUT };
        self.leave(now, Some(status));
        self.change_status(if keep_push { "unconnected" } else { "sign_out" });
        CallResult::Code(0)
    }

    /// Leaves for good: no attempt follows (RECON-020, RECON-021).
    pub(crate) fn leave(&mut self, now: UnixMillis, status: Option<u8>) {
        if self.link.online().is_some()
            && let Some(status) = status
        {
            self.write(ClientFrame::Disconnect { status });
        }
        self.abandon();
        self.wanted = None;
        self.fail_pending(now, code::NOT_CONNECTED);
    }

    /// Drops whatever connection or request there is, without a word.
    fn abandon(&mut self) {
        if let Some(conn) = self.link.conn() {
            self.output(EngineOutput::Close { conn });
        }
        self.link = Link::Idle;
        self.inbox.disconnected();
    }

    fn fail_pending(&mut self, now: UnixMillis, code: i64) {
        for (_, (_, pending)) in std::mem::take(&mut self.pending) {
            self.failed(now, pending, code);
        }
    }

    /// Plans the next attempt: its delay runs from now, or from when there is a network again (RECON-017).
    fn schedule(&mut self, now: UnixMillis) {
        let Some(wanted) = &mut self.wanted else { return };
        if !self.network {
            self.link = Link::Waiting { until: None };
            self.change_status("network_unavailable");
            return;
        }
        let delay = ladder(wanted.attempts);
        wanted.attempts += 1;
        self.link = Link::Waiting { until: Some(now + delay) };
    }

    /// Begins the ladder anew: the app came to the foreground, or the network changed (RECON-012, RECON-013).
    pub(crate) fn restart_ladder(&mut self, now: UnixMillis) {
        if let (Link::Waiting { .. }, Some(wanted)) = (&self.link, &mut self.wanted) {
            wanted.attempts = 0;
            self.schedule(now);
        }
    }

    pub(crate) fn network_changed(&mut self, now: UnixMillis, available: bool) {
        self.network = available;
        if available {
            self.restart_ladder(now);
        } else if self.wanted.is_some() {
            self.lost(now);
        }
    }

    pub(crate) fn connection_due(&mut self, now: UnixMillis) {
        if let Some(wanted) = &self.wanted
            && !wanted.established
            && wanted.give_up.is_some_and(|give_up| give_up <= now)
        {
            self.end(now, code::CONNECT_TIMEOUT, "timeout");
            return;
        }
        if self.link.deadline().is_none_or(|due| due > now) {
            return;
        }
        match &mut self.link {
            Link::Waiting { .. } => self.attempt(now),
            Link::Navigating { .. } => self.next_navi(now),
            Link::Opening { .. } | Link::Greeting { .. } => self.lost(now),
            Link::Online { heartbeat, .. } => match heartbeat.on_deadline(now) {
                Beat::Ping => self.write(ClientFrame::Ping),
                Beat::Lost => self.lost(now),
            },
            Link::Idle => {}
        }
    }

    fn attempt(&mut self, now: UnixMillis) {
        self.change_status("connecting");
        let Some(wanted) = &self.wanted else { return };
        let cached = self.navi.as_ref().filter(|navi| navi.token == wanted.token && navi.until > now);
        match cached.and_then(|navi| navi.addresses.first().cloned()) {
            Some(address) => self.open(now, address),
            None => self.ask_navi(now, 0),
        }
    }

    /// Navi hosts: those behind the token's `@` first, then the app's own, then the default.
    fn navi_hosts(&self) -> Vec<String> {
        let token = self.wanted.as_ref().map(|wanted| wanted.token.as_str()).unwrap_or_default();
        let named = token.split_once('@').map(|(_, hosts)| hosts).unwrap_or_default();
        let named = named.split(';').filter(|host| !host.is_empty()).map(str::to_owned);
        let own = self.env.options.get("naviServer").and_then(Value::as_str).map(str::to_owned);
        let mut hosts: Vec<String> = match own {
            // A server the app names is asked and no other (NAVI-002).
            Some(own) => vec![own],
            None => named.collect(),
        };
        if hosts.is_empty() {
            hosts.push(DEFAULT_NAVI.to_owned());
        }
        hosts
            .into_iter()
            .map(|host| if host.contains("://") { host } else { format!("https://{host}") })
            .map(|host| host.trim_end_matches('/').to_owned())
            .collect()
    }

    fn ask_navi(&mut self, now: UnixMillis, host: usize) {
        let Some(base) = self.navi_hosts().get(host).cloned() else { return self.lost(now) };
        let Some(wanted) = &self.wanted else { return };
        let token: String = url::form_urlencoded::byte_serialize(wanted.token.as_bytes()).collect();
        let connections = if self.speaks_tcp() { "1" } else { "5" };
        let id = self.next_id();
        self.link = Link::Navigating { http: id, host, until: now + STEP_LIMIT };
        let headers = [
            ("RC-Appkey", self.env.app_key.clone()),
            ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
            ("RC-Negotiate", format!("conn={connections}")),
        ];
        self.output(EngineOutput::Http {
            id,
            method: "POST",
            url: format!("{base}/v2/navi.json"),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: format!("token={token}&v={VERSION}&platfrom={}", self.env.platform).into(),
        });
    }

    fn next_navi(&mut self, now: UnixMillis) {
        if let Link::Navigating { host, .. } = self.link {
            self.ask_navi(now, host + 1);
        }
    }

    pub(crate) fn navi_answered(&mut self, now: UnixMillis, id: u64, answer: Option<HttpAnswer>) {
        if !matches!(self.link, Link::Navigating { http, .. } if http == id) {
            return;
        }
        match read_navi(answer.as_ref()) {
            NaviOutcome::Addresses(addresses) => {
                let Some(wanted) = &self.wanted else { return };
                let address = addresses[0].clone();
                self.navi = Some(Navi { token: wanted.token.clone(), addresses, until: now + NAVI_LIFE });
                self.open(now, address);
            }
            NaviOutcome::Refused => self.end(now, code::TOKEN_INCORRECT, "token_incorrect"),
            NaviOutcome::Failed => self.next_navi(now),
        }
    }

    fn speaks_tcp(&self) -> bool {
        !matches!(self.env.platform.as_str(), "Web" | "MiniProgram")
    }

    fn open(&mut self, now: UnixMillis, address: String) {
        let conn = self.next_id();
        self.link = Link::Opening { conn, until: now + STEP_LIMIT };
        let route = if self.speaks_tcp() {
            Route::Tcp
        } else {
            Route::WebSocket { path_and_query: self.upgrade_path() }
        };
        self.output(EngineOutput::Open { conn, address, route });
    }

    /// The token as it goes to the server: what follows the `@` named addresses and stays here.
    fn short_token(&self) -> String {
        let token = self.wanted.as_ref().map(|wanted| wanted.token.as_str()).unwrap_or_default();
        token.split_once('@').map_or_else(|| token.to_owned(), |(opaque, _)| format!("{opaque}@"))
    }

    /// The marks of a reconnect that the service's multi-login rules go by (RECON-026).
    fn marks(&self) -> (u8, u8) {
        let reconnect = self.wanted.as_ref().is_some_and(|wanted| wanted.established);
        let gives_way = self.env.options.get("kickReconnectDevice").and_then(Value::as_bool).unwrap_or(false);
        (u8::from(reconnect), u8::from(gives_way))
    }

    fn upgrade_path(&self) -> String {
        let (reconnect, gives_way) = self.marks();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("appId", &self.env.app_key)
            .append_pair("token", &self.short_token())
            .append_pair("sdkVer", VERSION)
            .append_pair("deviceId", &self.env.device_id)
            .append_pair("platform", &self.env.platform)
            .append_pair("protocolVer", "3")
            .append_pair("reconnect", &reconnect.to_string())
            .append_pair("kickReconnectDevice", &gives_way.to_string())
            .finish();
        format!("/websocket?{query}")
    }

    pub(crate) fn opened(&mut self, now: UnixMillis, conn: u64) {
        if !matches!(self.link, Link::Opening { conn: opening, .. } if opening == conn) {
            return;
        }
        self.link = Link::Greeting { conn, until: now + STEP_LIMIT };
        self.restart_message_ids();
        if self.speaks_tcp() {
            let (reconnect, gives_way) = self.marks();
            let mut rest = bytes::BytesMut::new();
            wire::encode_text(
                &format!("session:reconnect={reconnect},kickReconnectDevice={gives_way}"),
                &mut rest,
            );
            self.write(ClientFrame::Connect(Connect {
                version: 3,
                flags: 0xC6,
                keep_alive: 10,
                device_id: self.env.device_id.clone(),
                client: "ReferenceClient".to_owned(),
                client_info: format!("{}--{VERSION}", self.env.platform),
                app_key: self.env.app_key.clone(),
                token: self.short_token(),
                rest: rest.freeze(),
            }));
        }
    }

    pub(crate) fn greeted(&mut self, now: UnixMillis, ack: ConnAck) {
        let Link::Greeting { conn, .. } = self.link else { return };
        match (ack.status, ack.accepted) {
            (connack::ACCEPTED, Some(accepted)) => self.accepted(now, conn, &accepted),
            (connack::REDIRECT, _) => self.redirected(now),
            // Busy servers are tried again; everything else is final (AMB-25).
            (connack::ACCEPTED | connack::UNAVAILABLE, _) => self.lost(now),
            (connack::TOKEN | connack::TOKEN_EXPIRED, _) => {
                self.end(now, code::TOKEN_INCORRECT, "token_incorrect")
            }
            (status @ connack::USER_BLOCKED, _) => {
                self.end(now, i64::from(connack::to_code(status)), "conn_user_blocked")
            }
            (status @ connack::ALREADY_ONLINE, _) => {
                self.end(now, i64::from(connack::to_code(status)), "kicked_offline_by_other_client");
            }
            (status, _) => self.end(now, i64::from(connack::to_code(status)), "unconnected"),
        }
    }

    fn accepted(&mut self, now: UnixMillis, conn: u64, accepted: &wire::Accepted) {
        self.link = Link::Online { conn, heartbeat: Heartbeat::started(now) };
        self.user.clone_from(&accepted.user_id);
        let owed = self.wanted.as_mut().map_or(0, |wanted| {
            wanted.attempts = 0;
            wanted.established = true;
            std::mem::take(&mut wanted.owed)
        });
        self.write(ClientFrame::Ping);
        if owed > 0 {
            self.fire("onDatabaseOpened", json!({"code": 0}));
        }
        self.change_status("connected");
        let user = self.user.clone();
        for _ in 0..owed {
            self.fire("onConnected", json!({"code": 0, "userId": user}));
        }
        self.begin_sync(now, accepted.time);
    }

    /// The server sends us elsewhere: navi is asked anew, at once.
    fn redirected(&mut self, now: UnixMillis) {
        self.navi = None;
        self.lost(now);
    }

    pub(crate) fn closed(&mut self, now: UnixMillis, conn: u64) {
        if self.link.conn() == Some(conn) {
            self.lost(now);
        }
    }

    /// An attempt failed or the connection broke: wait for the next attempt.
    fn lost(&mut self, now: UnixMillis) {
        let was_online = self.link.online().is_some();
        self.abandon();
        self.fail_pending(now, code::CONNECTION_LOST);
        if was_online && let Some(wanted) = &mut self.wanted {
            wanted.attempts = 0;
        }
        if was_online && self.network {
            self.change_status("suspend");
        }
        self.schedule(now);
    }

    /// DISCONNECT: a kick, a ban, a redirect …
    pub(crate) fn told_to_leave(&mut self, now: UnixMillis, status: u8) {
        match status {
            disconnect::KICKED => self.end(now, 31_010, "kicked_offline_by_other_client"),
            disconnect::USER_BLOCKED | 5 => self.end(now, 31_011, "conn_user_blocked"),
            disconnect::TOKEN_EXPIRED => self.end(now, code::TOKEN_INCORRECT, "token_incorrect"),
            disconnect::LOGOUT => self.end(now, code::NOT_CONNECTED, "sign_out"),
            disconnect::ACCOUNT_CANCELLED => self.end(now, 31_029, "unconnected"),
            disconnect::REDIRECT | 0 => self.redirected(now),
            _ => self.lost(now),
        }
    }

    /// Connecting is over for good; whoever waits for `onConnected` is told (CONN-003, RECON-019).
    fn end(&mut self, now: UnixMillis, code: i64, status: &'static str) {
        let owed = self.wanted.as_ref().map_or(0, |wanted| wanted.owed);
        self.abandon();
        self.wanted = None;
        self.fail_pending(now, crate::code::CONNECTION_LOST);
        self.change_status(status);
        for _ in 0..owed {
            self.fire("onConnected", json!({"code": code, "userId": ""}));
        }
    }
}

enum NaviOutcome {
    Addresses(Vec<String>),
    /// The token is refused here already.
    Refused,
    Failed,
}

fn read_navi(answer: Option<&HttpAnswer>) -> NaviOutcome {
    let Some(HttpAnswer { status, body }) = answer else { return NaviOutcome::Failed };
    if matches!(status, 401 | 403) {
        return NaviOutcome::Refused;
    }
    let Some(json) = parse(body).filter(|_| *status == 200) else { return NaviOutcome::Failed };
    match json.get("code").and_then(Value::as_i64) {
        None | Some(200) => {}
        Some(401 | 403) => return NaviOutcome::Refused,
        Some(_) => return NaviOutcome::Failed,
    }
    let listed = json.get("serverAddr").and_then(Value::as_array).into_iter().flatten();
    let mut addresses: Vec<String> =
        listed.filter_map(|entry| entry.get("addr")?.as_str().map(str::to_owned)).collect();
    if addresses.is_empty() {
        let named = ["server", "backupServer"].into_iter().filter_map(|name| json.get(name)?.as_str());
        addresses =
            named.flat_map(|list| list.split(',')).filter(|a| !a.is_empty()).map(str::to_owned).collect();
    }
    if addresses.is_empty() { NaviOutcome::Failed } else { NaviOutcome::Addresses(addresses) }
}

fn parse(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}
