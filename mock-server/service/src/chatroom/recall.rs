//! Recalls in rooms: the command to who is there, and a notice in the message's place for who comes later (RECALL-010).

use std::sync::Arc;

use wire::{UnixMillis, body::UpStreamMessage, code::status, flags};

use crate::{
    chatroom::{Chatrooms, message::Speaker},
    core::{
        account::DeviceIx,
        bug::Bug,
        io::ConnId,
        message::{Message, NOTICE, Posted, Recall, notice_of},
    },
};

/// Carries a recall out. A client must be in the room; whoever is may recall, under the same rule as elsewhere.
pub(crate) fn in_room(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    id: &str,
    recall: &Recall,
    from: Option<(DeviceIx, ConnId)>,
    mut up: UpStreamMessage,
) -> Result<Posted, u16> {
    // Who comes later finds the notice and needs no command.
    up.session_id &= !flags::up::PERSIST;
    let room = rooms.state.get_mut(id).ok_or(status::NO_ROOM)?;
    if let Some((_, conn)) = from {
        room.seat(recall.by, conn).ok_or(status::NOT_IN_ROOM)?;
    }
    let original = rooms.state.said(id, recall.uid).cloned().ok_or(status::RECALL_FAILED)?;
    let own = original.from == rooms.core.accounts[recall.by].id;
    if !own && rooms.core.switches.recall_own_only && !rooms.core.has(Bug::IgnoresRecallRule) {
        return Err(status::NOT_THE_SENDER);
    }
    if rooms.core.has(Bug::DropsRecall) {
        return Ok(Posted { uid: rooms.core.ids.message_uid(now), time: now });
    }
    if !rooms.core.has(Bug::KeepsRecalled) {
        let notice = notice_of(&rooms.core.accounts, now, &original, recall);
        replace_in_room(rooms, id, &original, notice.as_ref());
    }
    let speaker = Speaker { user: recall.by, from, is_service: false, to_speaker: true };
    rooms.say(now, id, &speaker, up).ok_or(status::NO_ROOM)
}

fn replace_in_room(rooms: &mut Chatrooms<'_>, id: &str, original: &Message, notice: Option<&Arc<Message>>) {
    if let Some(room) = rooms.state.get_mut(id) {
        room.answer.forget();
        match notice {
            None => room.messages.retain(|said| said.message.uid != original.uid),
            Some(notice) => {
                for said in room.messages.iter_mut().filter(|said| said.message.uid == original.uid) {
                    said.message = notice.clone();
                    said.classname = NOTICE.into();
                }
            }
        }
    }
    let Some(log) = rooms.state.history.get_mut(id) else { return };
    match notice {
        None => log.retain(|message| message.uid != original.uid),
        Some(notice) => {
            for message in log.iter_mut().filter(|message| message.uid == original.uid) {
                *message = notice.clone();
            }
        }
    }
}
