//! When there is an attempt, and when there is none any more: `connect`, `disconnect`, losses, refusals, the network.

use std::time::Duration;

use serde_json::{Map, Value, json};
use wire::{ClientFrame, UnixMillis, code::disconnect};

use crate::{
    core::{
        bug::Bug,
        code,
        heartbeat::Beat,
        io::{CallResult, EngineOutput},
        link::Link,
        message::text,
    },
    engine::{
        Engine,
        connection::{Wanted, ladder::ladder},
    },
    mail::inbox::Inbox,
};

/// DISCONNECT status of a log-out that keeps pushes; [`disconnect::LOGOUT`] ends them (CONN-025, CONN-026).
const KEEP_PUSH: u8 = 2;

/// How long clients with deliberate bugs wait.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

impl Engine {
    /// `connect(token, timeout)`: accepted at once, answered by one `onConnected` (CONN-002, CONN-036).
    pub(crate) fn connect(&mut self, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
        let token = text(args, "token");
        let seconds = match args.get("timeout") {
            None | Some(Value::Null) => Some(0.0),
            Some(timeout) => timeout.as_f64(),
        };
        let wrong = self.core.options.wrong && !self.core.has(Bug::UnknownOptionsHold);
        let Some(seconds) = seconds.filter(|_| !token.is_empty() && !wrong) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        if self.core.link.is_online()
            && self.wanted.as_ref().is_some_and(|wanted| wanted.token == token)
            && !self.core.has(Bug::ConnectsTwice)
        {
            // Already there: the call is answered, no second session is made (CONN-024).
            let user = self.core.user.clone();
            self.core.fire("onConnected", json!({"code": 0, "userId": user}));
            return CallResult::Code(0);
        }
        // Zero and below mean: without limit (CONN-009, CONN-010).
        let mut limit =
            (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        if seconds < 0.0 && self.core.has(Bug::NegativeTimeoutEndsAtOnce) {
            limit = Some(Duration::ZERO);
        }
        if let Some(seconds) = limit.filter(|_| self.core.has(Bug::TimeoutInMilliseconds)) {
            limit = Some(seconds / 1000);
        }
        let mut owed = self.wanted.as_ref().map_or(0, |wanted| wanted.owed) + 1;
        if owed > 1 && self.core.has(Bug::SecondConnectSwallowsFirst) {
            owed = 1;
        }
        self.abandon();
        self.fail_requests(now);
        // A new session is in no room, and nothing of it is known.
        self.chatrooms().forget_all();
        self.ultra_groups().forget();
        self.wanted = Some(Wanted {
            token,
            owed,
            give_up: limit.map(|limit| now + limit),
            attempts: 0,
            established: false,
            redirected: false,
        });
        if self.network {
            self.core.change_status("connecting");
        }
        self.schedule(now);
        CallResult::Code(0)
    }

    /// `disconnect(receivePush)`: leaves for good, no attempt follows (RECON-020, RECON-021).
    pub(crate) fn disconnect(&mut self, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
        let keep_push = match args.get("receivePush") {
            None | Some(Value::Null) => true,
            Some(Value::Bool(keep_push)) => *keep_push,
            Some(_) => return CallResult::Code(code::PARAM_ERROR),
        };
        if self.wanted.is_none() {
            return CallResult::Code(0);
        }
        if matches!(self.core.link, Link::Waiting { .. }) && self.core.has(Bug::DisconnectCancelsNothing) {
            return CallResult::Code(0);
        }
        if self.core.link.is_online() && !self.core.has(Bug::ClosesWithoutAWord) {
            let kept = keep_push || self.core.has(Bug::AlwaysKeepsPush);
            let status = if kept { KEEP_PUSH } else { disconnect::LOGOUT };
            self.core.write(ClientFrame::Disconnect { status });
        }
        self.end(now, code::NOT_CONNECTED, Some(if keep_push { "unconnected" } else { "sign_out" }));
        CallResult::Code(0)
    }

    /// Drops whatever connection or request there is, without a word.
    fn abandon(&mut self) {
        if let Some(conn) = self.core.link.conn()
            && !self.core.has(Bug::LeavesConnectionsOpen)
        {
            self.core.output(EngineOutput::Close { conn });
        }
        self.core.link = Link::Idle;
        self.mail.inbox = Inbox::default();
        self.mirrors.clear();
        self.chatrooms().disconnected();
        self.ultra_groups().disconnected();
    }

    /// Connecting is over for good; whoever waits for `onConnected` is told (CONN-003, RECON-019).
    pub(crate) fn end(&mut self, now: UnixMillis, code: i64, status: Option<&'static str>) {
        self.abandon();
        let owed = self.wanted.take().map_or(0, |wanted| wanted.owed);
        self.fail_requests(now);
        self.chatrooms().forget_all();
        self.ultra_groups().forget();
        if let Some(status) = status {
            self.core.change_status(status);
        }
        for _ in 0..owed {
            let named = !self.core.user.is_empty() && self.core.has(Bug::FailureNamesUser);
            let user = if named { self.core.user.clone() } else { String::new() };
            self.core.fire("onConnected", json!({"code": code, "userId": user}));
        }
    }

    /// An attempt failed or the connection broke: wait for the next attempt (RECON-001).
    pub(super) fn lost(&mut self, now: UnixMillis) {
        let success = match &self.core.link {
            Link::Online { heartbeat, .. } => Some(heartbeat.was_a_success(now)),
            _ => None,
        };
        self.abandon();
        self.fail_requests(now);
        if success == Some(true)
            && !self.core.has(Bug::LadderNeverResets)
            && let Some(wanted) = &mut self.wanted
        {
            wanted.attempts = 0;
        }
        if success.is_some() && self.network && !self.core.has(Bug::HidesSuspend) {
            self.core.change_status("suspend");
        }
        self.schedule(now);
    }

    /// Plans the next attempt: its delay runs from now, or from when there is a network again (RECON-017, RECON-018).
    fn schedule(&mut self, now: UnixMillis) {
        let Some(wanted) = &mut self.wanted else { return };
        if !self.network && !self.core.has(Bug::TriesWithoutNetwork) {
            self.core.link = Link::Waiting { until: None };
            self.core.change_status("network_unavailable");
            return;
        }
        let delay = ladder(wanted.attempts);
        wanted.attempts += 1;
        self.core.link = Link::Waiting { until: Some(now + delay) };
        if self.wanted.as_ref().is_some_and(|wanted| wanted.attempts > 10)
            && self.core.has(Bug::GivesUpAfterTen)
        {
            self.core.link = Link::Waiting { until: None };
        }
    }

    /// Begins the ladder anew: the app came to the foreground, or the network changed (RECON-012, RECON-013). An
    /// attempt under way goes on; if it fails, the next one follows at once.
    pub(crate) fn restart_ladder(&mut self, now: UnixMillis) {
        let Some(wanted) = &mut self.wanted else { return };
        wanted.attempts = 0;
        if matches!(self.core.link, Link::Waiting { .. }) {
            self.schedule(now);
        }
    }

    pub(crate) fn network_changed(&mut self, now: UnixMillis, available: bool) {
        self.network = available;
        if available {
            if self.core.has(Bug::NetworkChangeKeepsLadder) {
                if matches!(self.core.link, Link::Waiting { .. }) {
                    self.schedule(now);
                }
                return;
            }
            self.restart_ladder(now);
        } else if self.wanted.is_some() {
            self.lost(now);
        }
    }

    /// When a first connection is given up.
    pub(crate) fn give_up(&self) -> Option<UnixMillis> {
        let wanted = self.wanted.as_ref().filter(|wanted| wanted.give_up.is_some())?;
        let pending = !wanted.established || self.core.has(Bug::TimeoutEndsSessions);
        wanted.give_up.filter(|_| pending)
    }

    pub(crate) fn connection_due(&mut self, now: UnixMillis) {
        if self.give_up().is_some_and(|give_up| give_up <= now) {
            return self.end(now, code::CONNECT_TIMEOUT, Some("timeout"));
        }
        if self.core.link.deadline().is_none_or(|due| due > now) {
            return;
        }
        match &mut self.core.link {
            Link::Waiting { .. } => self.attempt(now),
            Link::Navigating { until, .. } if self.core.env.bugs.has(Bug::WaitsForNavi) => {
                *until = now + FOR_EVER;
            }
            Link::Navigating { .. } => self.next_navi(now),
            Link::Opening { until, .. } if self.core.env.bugs.has(Bug::WaitsForAddresses) => {
                *until = now + FOR_EVER;
            }
            Link::Opening { .. } => self.next_address(now),
            Link::Greeting { until, .. } if self.core.env.bugs.has(Bug::WaitsForGreeting) => {
                *until = now + FOR_EVER;
            }
            Link::Greeting { .. } => self.lost(now),
            Link::Online { heartbeat, .. } => match heartbeat.on_deadline(now) {
                Beat::Ping => {
                    self.core.write(ClientFrame::Ping);
                    if self.core.has(Bug::PingsTwice) {
                        self.core.write(ClientFrame::Ping);
                    }
                }
                Beat::Lost => self.lost(now),
            },
            Link::Idle => {}
        }
    }

    pub(crate) fn closed(&mut self, now: UnixMillis, conn: u64) {
        match &self.core.link {
            Link::Opening { conn: opening, .. } if *opening == conn => self.next_address(now),
            link if link.conn() == Some(conn) => self.lost(now),
            _ => {}
        }
    }

    /// DISCONNECT: a kick, a ban, a redirect … (KICK-001, KICK-003, CONN-031).
    pub(crate) fn told_to_leave(&mut self, now: UnixMillis, status: u8) {
        match status {
            disconnect::KICKED if self.core.has(Bug::KickedComesBack) => {
                // Later each time: two devices would kick each other without end at one instant.
                self.abandon();
                self.fail_requests(now);
                self.core.change_status("suspend");
                self.schedule(now);
            }
            disconnect::KICKED if self.core.has(Bug::HidesKicks) => {
                self.end(now, code::KICKED, Some("unconnected"));
            }
            disconnect::KICKED => self.end(now, code::KICKED, Some("kicked_offline_by_other_client")),
            disconnect::USER_BLOCKED | 5 if self.core.has(Bug::BannedComesBack) => self.lost(now),
            disconnect::USER_BLOCKED | 5 => self.end(now, code::BANNED_ONLINE, Some("conn_user_blocked")),
            disconnect::TOKEN_EXPIRED if self.core.has(Bug::ExpiryOnlineKeepsTrying) => self.lost(now),
            disconnect::TOKEN_EXPIRED => self.end(now, code::TOKEN_INCORRECT, Some("token_incorrect")),
            disconnect::LOGOUT => self.end(now, code::NOT_CONNECTED, Some("sign_out")),
            8 => self.end(now, code::PROTOCOL_VERSION, Some("unconnected")),
            disconnect::ACCOUNT_CANCELLED => self.end(now, code::ACCOUNT_CANCELLED, Some("unconnected")),
            disconnect::REDIRECT | 0 if self.core.has(Bug::RedirectOnlineKeepsAddress) => self.lost(now),
            disconnect::REDIRECT | 0 => {
                // Somewhere else: navi is asked anew.
                self.core.navi = None;
                self.lost(now);
            }
            _ => self.lost(now),
        }
    }
}
