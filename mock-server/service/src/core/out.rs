//! The way out: frames past the faults that wait for them, the journal, the counters; and the end of connections. Nothing in here
//! calls a topic: who has to know of a lost connection learns of it after the input ([`Core::next_lost`]).

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use wire::{ServerFrame, Topic, UnixMillis};

use crate::core::{
    Core,
    account::UserIx,
    bug::Bug,
    connection::{Connection, Lost, Presence},
    fault::{Direction, Effect, FaultKind, armed::Passing},
    io::{Close, ConnId, Output, PlatformClass},
    journal::What,
    misdirect::misdirected,
    timers::Delayed,
};

impl Core {
    /// Sends a frame past the faults that wait for it; `topic` is the request's for answers.
    pub(crate) fn send(&mut self, now: UnixMillis, conn: ConnId, frame: ServerFrame, topic: Option<&Topic>) {
        let frame =
            if self.has(Bug::ReceivedMessagesSayDirection) { misdirected(frame, topic) } else { frame };
        if self.faults.is_empty() {
            return self.write(now, conn, frame, topic);
        }
        // Whom a topic has not heard of as lost yet: no fault counts what nobody gets.
        if !self.connections.contains_key(&conn) && !matches!(frame, ServerFrame::ConnAck(_)) {
            return;
        }
        let user = self.user_id(conn);
        let kind = down_kind(&frame);
        let answers = topic;
        let topic = match &frame {
            ServerFrame::Publish { topic, .. } => Some(topic),
            _ => topic,
        };
        let met = kind.and_then(|kind| {
            self.meet(now, &Passing { kind, direction: Direction::Down, topic, user: user.as_deref() })
        });
        match met {
            None => self.write(now, conn, frame, answers),
            Some(Effect::Drop) => {}
            Some(Effect::Cut) => self.cut(now, conn, Close::Cut),
            Some(Effect::CutAfter) => {
                self.write(now, conn, frame, answers);
                self.cut(now, conn, Close::Clean);
            }
            Some(Effect::DelayMs(ms)) => {
                let hint = self.hint.take();
                self.delay(now, ms, Delayed::Down(conn, frame, answers.cloned(), hint));
            }
            Some(Effect::Duplicate) => {
                self.write(now, conn, frame.clone(), answers);
                self.write(now, conn, frame, answers);
            }
            Some(Effect::Answer(_) | Effect::Body(_)) => self.write(now, conn, frame, answers),
        }
    }

    pub(crate) fn meet(&mut self, now: UnixMillis, passing: &Passing<'_>) -> Option<Effect> {
        let (id, effect) = self.faults.meet(passing)?;
        self.journal
            .record(now, || What::Fault { id, effect: serde_json::to_value(&effect).unwrap_or(Value::Null) });
        Some(effect)
    }

    /// Writes a frame: journal, counters, output. To a connection that is gone, nothing. `answers`: the topic of the
    /// request that the frame answers.
    pub(crate) fn write(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        frame: ServerFrame,
        answers: Option<&Topic>,
    ) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            if connection.silenced {
                return;
            }
            connection.written += 1;
        } else if !matches!(frame, ServerFrame::ConnAck(_)) {
            return;
        }
        if matches!(frame, ServerFrame::QueryAck { .. } | ServerFrame::PubAck { .. }) {
            self.journal.hint(self.hint.take());
        }
        self.journal.record(now, || {
            let answers = answers.filter(|_| matches!(frame, ServerFrame::QueryAck { .. })).cloned();
            What::Down { conn, frame: frame.clone(), answers }
        });
        self.out.push_back(Output::Send { conn, frame });
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Breaks a connection and forgets it.
    pub(crate) fn cut(&mut self, now: UnixMillis, conn: ConnId, how: Close) {
        self.lose(now, conn, "cut");
        self.out.push_back(Output::Close { conn, how });
    }

    /// Says why, closes, forgets.
    pub(crate) fn disconnect(&mut self, now: UnixMillis, conn: ConnId, status: u8, why: &'static str) {
        self.send(now, conn, ServerFrame::Disconnect { status, rest: Bytes::new() }, None);
        self.lose(now, conn, why);
        // Some clients never close after a DISCONNECT: the server does.
        self.output(Output::Close { conn, how: Close::Clean });
    }

    /// Takes a connection out of the world. Topics are told of it later: see [`next_lost`](Self::next_lost).
    pub(crate) fn lose(&mut self, now: UnixMillis, conn: ConnId, why: &'static str) {
        self.lose_as(now, conn, why, Presence::Offline);
    }

    pub(crate) fn lose_as(&mut self, now: UnixMillis, conn: ConnId, why: &'static str, how: Presence) {
        let Some(connection) = self.connections.remove(&conn) else { return };
        self.accounts[connection.user].connections.retain(|other| *other != conn);
        self.journal.record(now, || What::Closed { conn, why });
        self.lost.push_back(Lost { conn, connection, how });
    }

    /// Connections of a user, of one platform's class if given.
    pub(crate) fn connections_of(&self, user: UserIx, platform: Option<&str>) -> Vec<ConnId> {
        let class = platform.map(PlatformClass::of);
        self.of_user(user)
            .filter(|(_, c)| class.is_none_or(|class| c.class == class))
            .map(|(id, _)| id)
            .collect()
    }

    pub(crate) fn of_user(&self, user: UserIx) -> impl Iterator<Item = (ConnId, &Connection)> {
        self.accounts[user].connections.iter().filter_map(|id| Some((*id, self.connections.get(id)?)))
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bugs.has(bug)
    }

    pub(crate) fn user_id(&self, conn: ConnId) -> Option<Arc<str>> {
        self.connections.get(&conn).map(|connection| self.accounts[connection.user].id.clone())
    }
}

fn down_kind(frame: &ServerFrame) -> Option<FaultKind> {
    Some(match frame {
        ServerFrame::ConnAck(_) => FaultKind::ConnAck,
        ServerFrame::Publish { .. } => FaultKind::Publish,
        ServerFrame::PubAck { .. } => FaultKind::PubAck,
        ServerFrame::QueryAck { .. } => FaultKind::QueryAck,
        ServerFrame::Pong => FaultKind::Pong,
        ServerFrame::Disconnect { .. } => FaultKind::Disconnect,
        _ => return None,
    })
}
