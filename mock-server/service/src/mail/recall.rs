//! Recalls: the command to all who have the message, and a notice in its place (RECALL).

use std::sync::Arc;

use wire::{UnixMillis, body::UpStreamMessage, code::status};

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        message::{Conversation, Message, Posted, Recall, notice_of},
    },
    mail::{
        Mail,
        post::{Delivery, Mirror, Outgoing},
    },
};

impl Mail<'_> {
    /// Carries a recall out: whoever else has the message is told, history and mailboxes lose its content (RECALL-004 to
    /// RECALL-008).
    pub(crate) fn recall_mail(
        &mut self,
        now: UnixMillis,
        recall: &Recall,
        up: UpStreamMessage,
        mirror: Option<Mirror<'_>>,
    ) -> Result<Posted, u16> {
        let Recall { by, uid, .. } = *recall;
        let entry =
            self.state.archive.find(uid).filter(|entry| !entry.recalled).ok_or(status::RECALL_FAILED)?;
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
        self.put_notice(now, &original, recall);
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
        let notice = notice_of(&self.core.accounts, now, original, recall);
        let Some(entry) = self.state.archive.find_mut(recall.uid) else { return };
        let viewers = entry.viewers.clone();
        match &notice {
            Some(notice) => {
                entry.message = notice.clone();
                entry.recalled = true;
            }
            None => self.state.archive.remove(recall.uid),
        }
        for user in viewers.iter() {
            self.state.mailboxes[*user].rewrite(recall.uid, original.time, notice.as_ref());
        }
    }
}
