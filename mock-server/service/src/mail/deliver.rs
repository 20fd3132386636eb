//! Bringing a stored message to its receiver's devices: pushed, announced, or left for later.

use std::{sync::Arc, time::Duration};
use wire::code::notify;

use prost::Message as _;
use wire::{ServerFrame, Topic, UnixMillis, body::NotifyMsg};

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        io::ConnId,
        message::{Message, Side},
    },
    mail::{Mail, keeping::syncs},
};

/// For so long after a package was confirmed, messages are announced instead of pushed: web SDKs drop a pushed message
/// while they work on a pull, counting on the pull to bring it.
const QUIET_AFTER_PULL: Duration = Duration::from_secs(1);

impl Mail<'_> {
    /// Brings a message to whoever of the receiver's devices is online; records the push notification otherwise.
    pub(crate) fn deliver(
        &mut self,
        now: UnixMillis,
        receiver: UserIx,
        message: &Arc<Message>,
        status_message: bool,
    ) {
        let mut devices = self.core.connections_of(receiver, None);
        if !syncs(self.core) && devices.len() > 1 {
            // Without sync exactly one device receives (AMB-30): the one that logged in last.
            devices.drain(..devices.len() - 1);
        }
        if devices.is_empty() {
            if !status_message {
                let place = self.push_place(message);
                self.outward().record_push(now, receiver, message, place);
            }
            return;
        }
        for conn in devices {
            if status_message {
                self.push_body(now, conn, message, true);
            } else if self.core.switches.direct_push && self.is_quiet(now, conn) {
                self.push_body(now, conn, message, false);
            } else {
                self.announce(now, conn, message.time);
            }
        }
    }

    /// Shows a message of the app server to the devices of the user it is sent for, as sent by it. With multi-device sync
    /// it waits for them (SYNC-017); without, it is for the device that is online, and gone with its connection (SYNC-016).
    ///
    /// Who pulls what the user sent is told to pull: a body that is pushed is no message to engine 5.28 but a reason to
    /// pull, and moves no watermark of what was sent (seen with 4.6.4 to 5.38.0).
    pub(crate) fn show_to_sender(
        &mut self,
        now: UnixMillis,
        sender: UserIx,
        message: &Arc<Message>,
        stored: bool,
    ) {
        let waits = stored && (syncs(self.core) || self.core.has(Bug::KeepsForSender));
        if waits {
            self.state.mailboxes[sender].push(message.clone(), Side::Outbox, None);
        } else {
            self.state.mailboxes[sender].stamped(message.time);
        }
        let syncs = syncs(self.core);
        let mut devices = self.core.connections_of(sender, None);
        if !syncs && devices.len() > 1 {
            devices.drain(..devices.len() - 1);
        }
        for conn in devices {
            let Some(connection) = self.core.connections.get_mut(&conn) else { continue };
            let pulls = connection.pulls_sent || !connection.has_pulled;
            if stored && pulls {
                if !syncs {
                    let device = connection.device;
                    self.state.mailboxes[sender].show(message.clone(), device);
                }
                connection.sent_told.get_or_insert(message.time.previous());
                self.announce(now, conn, message.time);
                continue;
            }
            let id = connection.next_push_id();
            let frame = ServerFrame::Publish {
                dup: false,
                qos: 1,
                seconds: message.time.seconds(),
                topic: Topic::SMsg,
                target: message.from.to_string(),
                id,
                body: message.bytes(Side::Outbox, &message.from),
            };
            self.core.send(now, conn, frame, None);
        }
    }

    /// Whether the client takes a body: it has pulled to the end, has the last package, and not just now. A pushed body
    /// that overtakes a package would be dropped (imlib-v4) or shown before older messages (imlib-next).
    fn is_quiet(&self, now: UnixMillis, conn: ConnId) -> bool {
        self.core.connections.get(&conn).is_some_and(|connection| {
            !connection.awaits_pull
                && connection.unconfirmed_pull.is_none()
                && connection.pulled.is_some_and(|pulled| now.since(pulled) >= QUIET_AFTER_PULL)
        })
    }

    fn push_body(&mut self, now: UnixMillis, conn: ConnId, message: &Arc<Message>, status_message: bool) {
        let sync = self.core.switches.multi_device_sync;
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        let (user, device) = (connection.user, connection.device);
        let id = connection.next_push_id();
        if !status_message {
            connection.pushes(id, message.time);
            if !sync {
                self.state.mailboxes[user].hand_to(message.time, device);
            }
        }
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: message.time.seconds(),
            topic: Topic::SMsg,
            target: self.core.accounts[user].id.to_string(),
            id,
            body: message.bytes(Side::Inbox, &self.core.accounts[user].id),
        };
        self.core.send(now, conn, frame, None);
    }

    /// Tells a client that its mailbox has something new up to that time.
    pub(super) fn announce(&mut self, now: UnixMillis, conn: ConnId, time: UnixMillis) {
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        connection.announced = connection.announced.max(time);
        connection.awaits_pull = true;
        let id = connection.next_push_id();
        let user = connection.user;
        let notify = NotifyMsg { r#type: notify::MAILBOX, time: Some(time.0), ..NotifyMsg::default() };
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: now.seconds(),
            topic: Topic::SNtf,
            target: self.core.accounts[user].id.to_string(),
            id,
            body: notify.encode_to_vec().into(),
        };
        self.core.send(now, conn, frame, None);
    }

    /// A client that has not pulled since its login is told to, once.
    pub(crate) fn remind(&mut self, now: UnixMillis, conn: ConnId) {
        let Some(connection) = self.core.connections.get(&conn).filter(|connection| !connection.has_pulled)
        else {
            return;
        };
        let last = self.state.mailboxes[connection.user].last();
        self.announce(now, conn, last);
    }

    /// A client acknowledged a push.
    pub(crate) fn push_acknowledged(&mut self, conn: ConnId, id: u16) {
        let keep = syncs(self.core) || self.core.has(Bug::DuplicatesAfterReconnect);
        let Some(connection) = self.core.connections.get_mut(&conn) else { return };
        let (user, device) = (connection.user, connection.device);
        if let Some((time, has_it)) = connection.acknowledged(id) {
            let mailbox = &mut self.state.mailboxes[user];
            if has_it && !keep { mailbox.done(time) } else { mailbox.acknowledge(time, device, keep) }
        }
    }
}
