//! Messages that clients send: private, group, status messages (SEND, BLK).

use std::{collections::BTreeSet, sync::Arc};

use wire::{Request, ServerFrame, Topic, UnixMillis, body::UpStreamMessage, code::status, flags};

use crate::{
    core::{
        account::{DeviceIx, UserIx},
        bug::Bug,
        expansion,
        io::{ConnId, Transport},
        message::{Conversation, Message, Posted, Side, is_archived},
    },
    mail::{
        Mail,
        expansion::expand,
        keeping::{store, syncs},
        receipt::{GROUP_RESPONSE, PRIVATE_RECEIPT, READ_SYNC, TYPING},
    },
};

/// Who gets a message.
pub(crate) struct Delivery {
    pub(crate) conversation: Conversation,
    pub(crate) receivers: Vec<UserIx>,
}

/// A message on its way into the mailboxes.
pub(crate) struct Outgoing<'a> {
    pub(crate) sender: UserIx,
    pub(crate) target: Arc<str>,
    pub(crate) delivery: Delivery,
    pub(crate) up: UpStreamMessage,
    pub(crate) status_message: bool,
    /// Absent for messages of the app server.
    pub(crate) mirror: Option<Mirror<'a>>,
    /// The app server wants it on its sender's devices too (SYNC-016, SYNC-017).
    pub(crate) with_sender: bool,
}

/// How the app server wants a message delivered; by default like any other, to all but its sender.
#[derive(Debug, Default)]
pub(crate) struct FromApi {
    /// Shown to who is online, never stored (SYNC-010).
    pub(crate) status_message: bool,
    /// `isIncludeSender`.
    pub(crate) with_sender: bool,
}

impl Mail<'_> {
    /// A message of a client to a user or to a group.
    ///
    /// # Errors
    /// The code that the sender is told.
    pub(crate) fn publish_to_people(
        &mut self,
        now: UnixMillis,
        mirror: Mirror<'_>,
        sender: UserIx,
        up: UpStreamMessage,
    ) -> Result<Posted, u16> {
        let request = mirror.request;
        let status_message = request.topic.is_status();
        let delivery = match request.topic {
            Topic::PpMsgP | Topic::PgMsgP if self.is_for_own_devices(&up.classname) => {
                let group = request.topic == Topic::PgMsgP;
                let conversation = if group { Conversation::Group } else { Conversation::Private };
                Delivery { conversation, receivers: Vec::new() }
            }
            Topic::PgMsgP | Topic::PgMsgS => self.group_delivery(now, sender, &request.target, &up)?,
            _ => match self.private_delivery(sender, &request.target) {
                Err(code) if self.core.has(Bug::StoresRefused) => {
                    self.store_refused(now, sender, &request.target, up);
                    return Err(code);
                }
                delivery => delivery?,
            },
        };
        let target: Arc<str> = match delivery.receivers.first() {
            Some(peer) if delivery.conversation == Conversation::Private => {
                self.core.accounts[*peer].id.clone()
            }
            _ => request.target.as_str().into(),
        };
        if up.classname == expansion::CHANGE {
            expand(self, now, sender, &up.content, self.core.limits.expansion_update)?;
            if self.core.has(Bug::DropsExpansion) {
                let uid = self.core.ids.message_uid(now);
                return Ok(Posted { uid, time: now });
            }
        }
        let mirror = Some(mirror);
        let outgoing = Outgoing { sender, target, delivery, up, status_message, mirror, with_sender: false };
        Ok(self.post(now, outgoing))
    }

    fn private_delivery(&mut self, sender: UserIx, target: &str) -> Result<Delivery, u16> {
        if self.core.accounts[sender].muted_private && !self.core.has(Bug::IgnoresMutes) {
            return Err(status::MUTED_PRIVATE);
        }
        // A receiver nobody registered is accepted: the service only learns of users when they connect.
        let receiver = self.core.accounts.find_or_add(target);
        self.may_write(sender, receiver)?;
        Ok(Delivery { conversation: Conversation::Private, receivers: vec![receiver] })
    }

    /// [`Bug::StoresRefused`]: the receiver gets what the sender is told is refused.
    fn store_refused(&mut self, now: UnixMillis, sender: UserIx, target: &str, up: UpStreamMessage) {
        let receiver = self.core.accounts.find_or_add(target);
        let delivery = Delivery { conversation: Conversation::Private, receivers: vec![receiver] };
        let target = self.core.accounts[receiver].id.clone();
        let (status_message, with_sender) = (false, false);
        self.post(now, Outgoing { sender, target, delivery, up, status_message, mirror: None, with_sender });
    }

    /// Whether `receiver` takes private messages of `sender` (BLK-001 to BLK-004, USER-008).
    pub(crate) fn may_write(&self, sender: UserIx, receiver: UserIx) -> Result<(), u16> {
        if self.core.has(Bug::IgnoresBlacklist) {
            return Ok(());
        }
        let (from, to) = (&self.core.accounts[sender], &self.core.accounts[receiver]);
        // While the white list is on, the blacklist does not count.
        if to.whitelist_on {
            return if to.whitelist.contains(&from.id) { Ok(()) } else { Err(status::NOT_WHITELISTED) };
        }
        let refused = to.blacklist.contains(&from.id)
            || (self.core.has(Bug::BlacklistBothWays) && from.blacklist.contains(&to.id));
        if refused { Err(status::BLACKLISTED) } else { Ok(()) }
    }

    /// Members of the group but the sender, or those it names (directed message).
    fn group_delivery(
        &self,
        now: UnixMillis,
        sender: UserIx,
        group: &str,
        up: &UpStreamMessage,
    ) -> Result<Delivery, u16> {
        self.state.groups.may_send(group, sender, now, !self.core.has(Bug::IgnoresMutes))?;
        Ok(Delivery { conversation: Conversation::Group, receivers: self.group_receivers(sender, group, up) })
    }

    /// Members but the sender; of a directed message those it names alone (GRP-004, GRP-015).
    fn group_receivers(&self, sender: UserIx, group: &str, up: &UpStreamMessage) -> Vec<UserIx> {
        let to_all = self.core.has(Bug::DirectedReachesAll)
            || (up.classname == GROUP_RESPONSE && self.core.has(Bug::ReceiptResponsesReachAll));
        let directed = !up.user_id.is_empty() && !to_all;
        let listed: BTreeSet<&str> = up.user_id.iter().map(String::as_str).collect();
        let named = |user: UserIx| !directed || listed.contains(&*self.core.accounts[user].id);
        let mut members = self.state.groups.get(group).cloned().unwrap_or_default();
        if self.core.has(Bug::ServesNonMembers) {
            members = (0..self.core.accounts.iter().count()).collect();
        }
        members.retain(|user| *user != sender && named(*user));
        members
    }

    /// A message of the app server (RECV-009): the same ways, without a sender's device.
    pub(crate) fn publish_from_api(
        &mut self,
        now: UnixMillis,
        from: &str,
        to: &str,
        conversation: Conversation,
        up: UpStreamMessage,
        how: &FromApi,
    ) -> Posted {
        let sender = self.core.accounts.find_or_add(from);
        let (receivers, target) = match conversation {
            // The sender gets its copy, if any, as the one who sent it.
            Conversation::Group => (self.group_receivers(sender, to, &up), Arc::from(to)),
            _ => {
                let receiver = self.core.accounts.find_or_add(to);
                (vec![receiver], self.core.accounts[receiver].id.clone())
            }
        };
        let delivery = Delivery { conversation, receivers };
        let with_sender = (how.with_sender && !self.core.has(Bug::NeverIncludesSender))
            || self.core.has(Bug::AlwaysIncludesSender);
        let status_message = how.status_message;
        self.post(now, Outgoing { sender, target, delivery, up, status_message, mirror: None, with_sender })
    }

    /// Stamps, stores, delivers: a message is in a mailbox before its owner hears of it.
    pub(crate) fn post(&mut self, now: UnixMillis, outgoing: Outgoing<'_>) -> Posted {
        let Outgoing { sender, target, delivery, up, status_message, mirror, with_sender } = outgoing;
        let Delivery { conversation, mut receivers } = delivery;
        if self.core.has(Bug::LosesPrivateReceipts) && up.classname == PRIVATE_RECEIPT
            || self.core.has(Bug::TypingIsNotForwarded) && up.classname == TYPING
        {
            receivers.clear();
        }
        let peer_only = self.core.has(Bug::ReadSyncReachesPeer) && up.classname == READ_SYNC;
        let copies = syncs(self.core) && !self.core.has(Bug::NeverSyncsSent) && !peer_only;
        let by_client = mirror.is_some();
        let platform = mirror.as_ref().map(|mirror| self.core.platform_of(sender, mirror.device));
        let routed = !status_message && !self.is_for_own_devices(&up.classname);
        let mirror = mirror.filter(|_| copies);
        let with_sender = with_sender && !receivers.contains(&sender);
        let mut time = now;
        // The sender's mailbox counts too, copy or not: an answer is never older than what it answers (SEND-021).
        let copied = mirror.is_some() || with_sender;
        let stamped = (copied || by_client && !self.core.has(Bug::ForgetsSendersTime)).then_some(&sender);
        for user in receivers.iter().chain(stamped) {
            time = time.max(self.state.mailboxes[*user].next_time(now));
        }
        let from = self.core.accounts[sender].id.clone();
        let archived = !status_message && is_archived(&up);
        // Neither what is for some members alone nor a broadcast is history like the rest.
        let directed = match conversation {
            Conversation::Group => !up.user_id.is_empty(),
            Conversation::System => target.is_empty(),
            Conversation::Private | Conversation::Chatroom | Conversation::UltraGroup => false,
        };
        if archived {
            time = self.archive_time(conversation, &from, &target, time);
        }
        let uid = self.core.ids.message_uid(time);
        // Commands without the persist bit still wait for offline users; only status messages do not.
        let stored = !status_message || self.core.has(Bug::StoresStatusMessages);
        // The list is part of the cloud storage.
        let listed = stored && self.core.switches.roaming_history && up.session_id & flags::up::PERSIST != 0;
        let mut up = up;
        if self.core.has(Bug::StripsContent) {
            crate::core::message::strip(&mut up, &crate::core::message::BESIDE_CONTENT);
        }
        if self.core.has(Bug::StripsMedia) && crate::core::message::WITH_FILE.contains(&&*up.classname) {
            crate::core::message::strip(&mut up, &crate::core::message::OF_FILES);
        }
        if self.core.has(Bug::DropsInitialExpansion) {
            up.extra_content = None;
        }
        let named = if routed { up.user_id.clone() } else { Vec::new() };
        let message = Arc::new(Message::new(uid, time, conversation, from, target, up, status_message));
        if archived {
            self.archive(now, sender, &receivers, message.clone(), directed);
            self.message_log.write(self.core, now, &message, platform.as_deref().unwrap_or_default());
        }
        // A message to oneself is in the mailbox as received already.
        if stored
            && !receivers.contains(&sender)
            && let Some(mirror) = &mirror
        {
            self.state.mailboxes[sender].push(message.clone(), Side::Outbox, Some(mirror.device));
        }
        if listed && by_client {
            self.state.conversations.enter(sender, &message, true);
        }
        for receiver in receivers {
            let message = if self.core.has(Bug::UidPerReceiver) {
                Arc::new(message.copy_as(self.core.ids.message_uid(time), time))
            } else {
                message.clone()
            };
            if self.core.has(Bug::DropsUnpushed)
                && self.outward().keeps_from_disturbing(now, receiver, &message)
            {
                continue;
            }
            if listed {
                self.state.conversations.enter(receiver, &message, false);
            }
            if stored {
                store(&mut self.state.mailboxes, self.core, now, receiver, message.clone());
            }
            self.deliver(now, receiver, &message, status_message);
            if self.core.has(Bug::DoublesMessage) {
                self.double(now, receiver, &message);
            }
        }
        // Behind the receivers, of whom the sender may be one.
        if by_client && stored {
            self.state.mailboxes[sender].stamped(time);
        }
        if with_sender {
            self.show_to_sender(now, sender, &message, stored);
        }
        if let Some(mirror) = &mirror {
            self.mirror(now, sender, mirror, &message, stored);
        }
        if routed {
            self.outward().route(now, &message, platform.as_deref(), &named);
        }
        Posted { uid: message.uid, time }
    }

    fn double(&mut self, now: UnixMillis, receiver: UserIx, message: &Message) {
        let time = self.state.mailboxes[receiver].next_time(message.time);
        let copy = Arc::new(message.copy_as(self.core.ids.message_uid(time), time));
        store(&mut self.state.mailboxes, self.core, now, receiver, copy.clone());
        self.deliver(now, receiver, &copy, false);
    }

    /// Shows the message on the sender's other devices, as an exact copy of what was sent, followed by its
    /// acknowledgement. That is for WebSocket: the vendor's native client makes nothing of such a copy, and the answer to a
    /// poll cannot say that it is one (4.6.4). They pull what the user sent, so they are told to pull.
    fn mirror(
        &mut self,
        now: UnixMillis,
        sender: UserIx,
        mirror: &Mirror<'_>,
        message: &Message,
        stored: bool,
    ) {
        let can_pull = stored && syncs(self.core);
        let others = self.core.connections_of(sender, None);
        for conn in others.into_iter().filter(|conn| *conn != mirror.conn) {
            let Some(connection) = self.core.connections.get_mut(&conn) else { continue };
            if connection.transport != Transport::WebSocket && can_pull {
                connection.sent_told.get_or_insert(message.time.previous());
                self.announce(now, conn, message.time);
                continue;
            }
            let id = connection.next_push_id();
            let frame = ServerFrame::Publish {
                dup: true,
                qos: 1,
                seconds: message.time.seconds(),
                topic: mirror.request.topic.clone(),
                target: message.target.to_string(),
                id,
                body: mirror.request.body.clone(),
            };
            self.core.send(now, conn, frame, None);
            let ack = ServerFrame::PubAck {
                id,
                status: 0,
                time: message.time,
                message_uid: message.uid.to_string(),
            };
            self.core.send(now, conn, ack, None);
        }
    }
}

/// The sending device, for its siblings.
pub(crate) struct Mirror<'a> {
    pub(crate) conn: ConnId,
    pub(crate) device: DeviceIx,
    pub(crate) request: &'a Request,
}
