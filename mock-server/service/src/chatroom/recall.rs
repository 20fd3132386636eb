//! Recalls in rooms (RECALL-010): the room and the cloud lose the content, the members are told.

use std::sync::Arc;

use prost::Message as _;
use wire::{
    UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
    code::status,
    flags,
};

use super::message::Speaker;
use crate::{
    account::UserIx,
    bug::Bug,
    ids::Uid,
    io::ConnId,
    message::Message,
    recall::{NOTICE, notice},
    send::Posted,
    timeline::DeviceIx,
    world::Service,
};

/// A recall of a room's message.
pub(crate) struct RoomRecall<'a> {
    pub(crate) room: &'a str,
    pub(crate) uid: Uid,
    pub(crate) by: UserIx,
    /// Absent for the app's server, which recalls in the sender's name from outside the room.
    pub(crate) from: Option<(DeviceIx, ConnId)>,
    pub(crate) admin: bool,
    /// Nothing stays in its place.
    pub(crate) delete: bool,
    /// The command as members get it.
    pub(crate) command: UpStreamMessage,
}

impl Service {
    /// A message that the room still holds or the cloud keeps, unless it was recalled already.
    pub(crate) fn room_message(&self, room: &str, uid: Uid) -> Option<Arc<Message>> {
        let held = self.rooms.get(room).into_iter().flat_map(|room| &room.messages).map(|said| &said.message);
        let kept = self.rooms.history.get(room).into_iter().flatten();
        let message = held.chain(kept).find(|message| message.uid == uid)?;
        let down = DownStreamMessage::decode(message.received.clone()).ok()?;
        (down.classname != NOTICE).then(|| message.clone())
    }

    /// Carries it out.
    ///
    /// # Errors
    /// The client is not in the room, the message is unknown or recalled, or only its sender may.
    pub(crate) fn recall_in_room(&mut self, now: UnixMillis, recall: RoomRecall<'_>) -> Result<Posted, u16> {
        let RoomRecall { room: id, uid, by, from, admin, delete, mut command } = recall;
        if let Some((_, conn)) = from {
            let room = self.rooms.get_mut(id).ok_or(status::NO_ROOM)?;
            room.seat(by, conn).ok_or(status::NOT_IN_ROOM)?;
        }
        let original = self.room_message(id, uid).ok_or(status::RECALL_FAILED)?;
        let own = original.from == self.accounts[by].id;
        if !own && self.switches.recall_own_only && !self.has(Bug::IgnoresRecallRule) {
            return Err(status::NOT_THE_SENDER);
        }
        let nothing_told = Posted { uid: self.ids.message_uid(now), time: now };
        if self.has(Bug::DropsRecall) {
            return Ok(nothing_told);
        }
        if !self.has(Bug::KeepsRecalled) {
            let operator = self.accounts[by].id.clone();
            let notice = (!delete).then(|| Arc::new(notice(&original, &operator, now, admin, delete)));
            self.replace_in_room(id, uid, notice.as_ref());
        }
        // Who joins later finds the notice and needs no command.
        command.session_id &= !flags::up::PERSIST;
        let speaker = Speaker { user: by, from, is_service: false, to_speaker: true };
        Ok(self.say(now, id, &speaker, command).unwrap_or(nothing_told))
    }

    fn replace_in_room(&mut self, id: &str, uid: Uid, notice: Option<&Arc<Message>>) {
        if let Some(log) = self.rooms.history.get_mut(id) {
            match notice {
                Some(notice) => {
                    log.iter_mut().filter(|kept| kept.uid == uid).for_each(|kept| *kept = notice.clone())
                }
                None => log.retain(|kept| kept.uid != uid),
            }
        }
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.answer = None;
        match notice {
            Some(notice) => {
                for said in room.messages.iter_mut().filter(|said| said.message.uid == uid) {
                    said.message = notice.clone();
                    said.classname = NOTICE.into();
                }
            }
            None => room.messages.retain(|said| said.message.uid != uid),
        }
    }
}
