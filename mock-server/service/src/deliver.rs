//! Bringing a stored message to its receiver's devices: pushed, announced, or left for later.

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use wire::{ServerFrame, Topic, UnixMillis, body::NotifyMsg};

use crate::{account::UserIx, bug::Bug, io::ConnId, message::Message, world::Service};

/// For so long after a package was confirmed, messages are announced instead of pushed: web SDKs drop a pushed message
/// while they work on a pull, counting on the pull to bring it.
const QUIET_AFTER_PULL: Duration = Duration::from_secs(1);

impl Service {
    /// Brings a message to whoever of the receiver's devices is online; records the push notification otherwise.
    pub(crate) fn deliver(
        &mut self,
        now: UnixMillis,
        receiver: UserIx,
        message: &Arc<Message>,
        status_message: bool,
    ) {
        let mut devices = self.connections_of(receiver, None);
        if !self.switches.multi_device_sync && devices.len() > 1 {
            // Without sync exactly one device receives (AMB-30): the one that logged in last.
            devices.drain(..devices.len() - 1);
        }
        if devices.is_empty() {
            if !status_message {
                self.record_push(now, receiver, message);
            }
            return;
        }
        for conn in devices {
            if status_message {
                self.push_body(now, conn, message, true);
            } else if self.switches.direct_push && self.is_quiet(now, conn) {
                self.push_body(now, conn, message, false);
            } else {
                self.announce(now, conn, message.time);
            }
        }
    }

    /// Whether the client takes a body: it has pulled to the end, has the last package, and not just now. A pushed body
    /// that overtakes a package would be dropped (imlib-v4) or shown before older messages (imlib-next).
    fn is_quiet(&self, now: UnixMillis, conn: ConnId) -> bool {
        self.connections.get(&conn).is_some_and(|connection| {
            !connection.awaits_pull
                && connection.unconfirmed_pull.is_none()
                && connection.pulled.is_some_and(|pulled| now.since(pulled) >= QUIET_AFTER_PULL)
        })
    }

    fn push_body(&mut self, now: UnixMillis, conn: ConnId, message: &Arc<Message>, status_message: bool) {
        let sync = self.switches.multi_device_sync;
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let (user, device) = (connection.user, connection.device);
        let id = connection.next_push_id();
        if !status_message {
            connection.in_flight.push_back((id, message.time));
            if !sync {
                self.accounts[user].mailbox.hand_to(message.time, device);
            }
        }
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: message.time.seconds(),
            topic: Topic::SMsg,
            target: self.accounts[user].id.to_string(),
            id,
            body: message.received.clone(),
        };
        self.send(now, conn, frame, None);
    }

    /// Tells a client that its mailbox has something new up to that time.
    fn announce(&mut self, now: UnixMillis, conn: ConnId, time: UnixMillis) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.announced = connection.announced.max(time);
        connection.awaits_pull = true;
        let id = connection.next_push_id();
        let user = connection.user;
        let notify = NotifyMsg { r#type: 1, time: Some(time.0), ..NotifyMsg::default() };
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: now.seconds(),
            topic: Topic::SNtf,
            target: self.accounts[user].id.to_string(),
            id,
            body: notify.encode_to_vec().into(),
        };
        self.send(now, conn, frame, None);
    }

    /// A client that has not pulled since its login is told to, once.
    pub(crate) fn remind(&mut self, now: UnixMillis, conn: ConnId) {
        let Some(connection) = self.connections.get(&conn).filter(|connection| !connection.has_pulled) else {
            return;
        };
        let last = self.accounts[connection.user].mailbox.last();
        self.announce(now, conn, last);
    }

    /// A client acknowledged a push.
    pub(crate) fn push_acknowledged(&mut self, conn: ConnId, id: u16) {
        let keep = self.switches.multi_device_sync || self.has(Bug::DuplicatesAfterReconnect);
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let (user, device) = (connection.user, connection.device);
        if let Some(time) = connection.acknowledged(id) {
            self.accounts[user].mailbox.acknowledge(time, device, keep);
        }
    }
}
