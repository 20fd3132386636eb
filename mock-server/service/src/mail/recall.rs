//! Recalls: the command to all who have the message, and a notice in its place (RECALL).

use std::sync::Arc;

use prost::Message as _;
use serde_json::{Value, json};
use wire::{Request, UnixMillis, body::UpStreamMessage, code::status};

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        ids::Uid,
        io::ConnId,
        message::{Conversation, Message, NOTICE, Posted, Recall},
    },
    mail::post::{Delivery, Mirror, Outgoing},
    service::Service,
};

impl Service {
    /// A PUBLISH `recallMsg`: the JSON names the message, the frame only who recalls.
    pub(crate) fn recall_by_client(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        request: &Request,
    ) -> Result<Option<Posted>, u16> {
        let up = UpStreamMessage::decode(request.body.clone()).map_err(|_| status::BAD_PARAMETER)?;
        let Some(connection) = self.core.connections.get(&conn) else { return Ok(None) };
        let (user, device) = (connection.user, connection.device);
        self.recall(now, user, up, Some(Mirror { conn, device, request })).map(Some)
    }

    /// Carries a recall out: whoever else has the message is told, history and mailboxes lose its content (RECALL-004 to
    /// RECALL-008).
    pub(crate) fn recall(
        &mut self,
        now: UnixMillis,
        by: UserIx,
        up: UpStreamMessage,
        mirror: Option<Mirror<'_>>,
    ) -> Result<Posted, u16> {
        let Ok(Value::Object(command)) = serde_json::from_slice(&up.content) else {
            return Err(status::BAD_PARAMETER);
        };
        let text = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default();
        let flag = |name: &str| command.get(name) == Some(&Value::Bool(true));
        let uid = Uid::parse(text("messageUId")).ok_or(status::RECALL_FAILED)?;
        let kind = command.get("conversationType").and_then(Value::as_i64);
        let recall = Recall { by, uid, admin: flag("isAdmin"), delete: flag("isDelete") };
        if kind == Some(Conversation::UltraGroup as i64) {
            return self.recall_by_member(now, text("targetId"), &recall);
        }
        if kind == Some(Conversation::Chatroom as i64) {
            let from = mirror.map(|mirror| (mirror.device, mirror.conn));
            return self.recall_in_room(now, text("targetId"), &recall, from, up);
        }
        let entry = self.archive.find(uid).filter(|entry| !entry.recalled).ok_or(status::RECALL_FAILED)?;
        let own = entry.message.from == self.core.accounts[by].id;
        // Anyone who has the message may recall it, unless the customer restricts that (RECALL-006, RECALL-007).
        if !own && self.core.switches.recall_own_only && !self.core.has(Bug::IgnoresRecallRule) {
            return Err(status::NOT_THE_SENDER);
        }
        if !own && !entry.viewers.contains(&by) {
            return Err(status::RECALL_FAILED);
        }
        let (conversation, original) = (entry.message.conversation, entry.message.clone());
        let receivers: Vec<UserIx> = entry.viewers.iter().copied().filter(|user| *user != by).collect();
        if self.core.has(Bug::DropsRecall) {
            return Ok(Posted { uid: self.core.ids.message_uid(now), time: now });
        }
        // In a conversation of two the peer is the other one, whoever wrote the original.
        let target = match conversation {
            Conversation::Private if original.from != self.core.accounts[by].id => original.from.clone(),
            _ => original.target.clone(),
        };
        self.put_notice(now, &original, &recall);
        let delivery = Delivery { conversation, receivers };
        // A recall by the app's server is carried out on the sender's own devices too; a system account has none that
        // know the conversation.
        let with_sender = mirror.is_none()
            && conversation != Conversation::System
            && !self.core.has(Bug::NeverIncludesSender);
        Ok(self.post(
            now,
            Outgoing { sender: by, target, delivery, up, status_message: false, mirror, with_sender },
        ))
    }

    /// Puts the notice where the message stood: in everybody's history, and in mailboxes it still waits in.
    fn put_notice(&mut self, now: UnixMillis, original: &Arc<Message>, recall: &Recall) {
        if self.core.has(Bug::KeepsRecalled) {
            return;
        }
        let notice = self.notice_of(now, original, recall);
        let Some(entry) = self.archive.find_mut(recall.uid) else { return };
        let viewers = entry.viewers.clone();
        match &notice {
            Some(notice) => {
                entry.message = notice.clone();
                entry.recalled = true;
            }
            None => self.archive.remove(recall.uid),
        }
        for user in viewers.iter() {
            self.core.accounts[*user].mailbox.rewrite(recall.uid, original.time, notice.as_ref());
        }
    }

    /// The notice for a message; none where nothing stays in its place.
    pub(crate) fn notice_of(
        &self,
        now: UnixMillis,
        original: &Message,
        recall: &Recall,
    ) -> Option<Arc<Message>> {
        let operator = self.core.accounts[recall.by].id.clone();
        (!recall.delete).then(|| {
            Arc::new(original.edited(|down| {
                let content = json!({
                    "operatorId": &*operator, "recallTime": original.time.0, "recallActionTime": now.0,
                    "originalObjectName": down.classname, "admin": recall.admin, "delete": recall.delete,
                });
                down.classname = NOTICE.to_owned();
                down.content = content.to_string().into();
                down.extra_content = None;
                down.push_content = None;
            }))
        })
    }
}
