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

/// Carries a recall out: whoever else has the message is told, history and mailboxes lose its content (RECALL-004 to
/// RECALL-008).
pub(crate) fn in_mail(
    mail: &mut Mail<'_>,
    now: UnixMillis,
    recall: &Recall,
    up: UpStreamMessage,
    mirror: Option<Mirror<'_>>,
) -> Result<Posted, u16> {
    let Recall { by, uid, .. } = *recall;
    let entry = mail.state.archive.find(uid).filter(|entry| !entry.recalled).ok_or(status::RECALL_FAILED)?;
    let own = entry.message.from == mail.core.accounts[by].id;
    // Anyone who has the message may recall it, unless the customer restricts that (RECALL-006, RECALL-007).
    if !own && mail.core.switches.recall_own_only && !mail.core.has(Bug::IgnoresRecallRule) {
        return Err(status::NOT_THE_SENDER);
    }
    if !own && !entry.viewers.contains(&by) {
        return Err(status::RECALL_FAILED);
    }
    let (conversation, original) = (entry.message.conversation, entry.message.clone());
    let receivers: Vec<UserIx> = entry.viewers.iter().copied().filter(|user| *user != by).collect();
    if mail.core.has(Bug::DropsRecall) {
        return Ok(Posted { uid: mail.core.ids.message_uid(now), time: now });
    }
    // In a conversation of two the peer is the other one, whoever wrote the original.
    let target = match conversation {
        Conversation::Private if original.from != mail.core.accounts[by].id => original.from.clone(),
        _ => original.target.clone(),
    };
    put_notice(mail, now, &original, recall);
    let delivery = Delivery { conversation, receivers };
    // A recall by the app's server is carried out on the sender's own devices too; a system account has none that
    // know the conversation.
    let with_sender =
        mirror.is_none() && conversation != Conversation::System && !mail.core.has(Bug::NeverIncludesSender);
    Ok(mail
        .post(now, Outgoing { sender: by, target, delivery, up, status_message: false, mirror, with_sender }))
}

/// Puts the notice where the message stood: in everybody's history, and in mailboxes it still waits in.
fn put_notice(mail: &mut Mail<'_>, now: UnixMillis, original: &Arc<Message>, recall: &Recall) {
    if mail.core.has(Bug::KeepsRecalled) {
        return;
    }
    let notice = notice_of(&mail.core.accounts, now, original, recall);
    let Some(entry) = mail.state.archive.find_mut(recall.uid) else { return };
    let viewers = entry.viewers.clone();
    match &notice {
        Some(notice) => {
            entry.message = notice.clone();
            entry.recalled = true;
        }
        None => mail.state.archive.remove(recall.uid),
    }
    for user in viewers.iter() {
        mail.state.mailboxes[*user].rewrite(recall.uid, original.time, notice.as_ref());
    }
}
