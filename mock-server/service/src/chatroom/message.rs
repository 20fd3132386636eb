//! Messages of rooms: stored, announced, pulled (CHRM-001 to CHRM-006, CHRM-013, CHRM-016, CHRM-017, CHRM-039).
//!
//! A member that was told and has not pulled yet is not told again: a burst costs one notice a member. Members pull
//! much the same, so an answer is encoded once and given to all who ask for it.

use std::sync::Arc;

use bytes::Bytes;
use wire::{
    Request, UnixMillis,
    body::{ChrmPullMsg, UpStreamMessage},
    code::status,
    flags,
};

use crate::{
    chatroom::{Chatrooms, Room, Said, auto_exit, load},
    core::{
        account::{DeviceIx, UserIx},
        answer::{Answer, read},
        bug::Bug,
        feed::{self, is_from_the_future},
        io::ConnId,
        message::{Conversation, Message, Posted, Side},
    },
};

/// What joining brings when the client leaves it to the server (CHRM-003).
const DEFAULT_COUNT: usize = 10;
/// The most that joining brings (CHRM-005).
const MOST: usize = 50;
/// Who says something in a room.
pub(crate) struct Speaker {
    pub(crate) user: UserIx,
    /// Absent for the app server, and for what the service itself says.
    pub(crate) from: Option<(DeviceIx, ConnId)>,
    /// What the service itself says keeps no room alive and counts for nothing.
    pub(crate) is_service: bool,
    /// The speaker's devices get it too; of a client's message, the others.
    pub(crate) to_speaker: bool,
}

impl Chatrooms<'_> {
    /// A client's message. It must be in the room, and free to speak.
    pub(crate) fn publish_to_room(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        (user, device): (UserIx, DeviceIx),
        request: &Request,
        up: UpStreamMessage,
    ) -> Result<Posted, u16> {
        let room = self.state.get_mut(&request.target).ok_or(status::NO_ROOM)?;
        room.seat(user, conn).ok_or(status::NOT_IN_ROOM)?;
        self.may_speak(&request.target, user, now)?;
        let speaker = Speaker { user, from: Some((device, conn)), is_service: false, to_speaker: true };
        self.say(now, &request.target, &speaker, up).ok_or(status::NO_ROOM)
    }

    /// Stores a message and tells the members. `None`: there is no such room.
    pub(crate) fn say(
        &mut self,
        now: UnixMillis,
        id: &str,
        speaker: &Speaker,
        up: UpStreamMessage,
    ) -> Option<Posted> {
        let from = self.core.accounts[speaker.user].id.clone();
        let room = self.state.get_mut(id)?;
        let room_id = room.id.clone();
        let time = room.tick(now);
        let uid = self.core.ids.message_uid(time);
        if !speaker.is_service && load::is_shed(self, now, &room_id, speaker.user, &up.classname) {
            // Discarded, and nobody is told: that is what overload looks like (CHRM-022).
            return Some(Posted { uid, time });
        }
        let classname = up.classname.as_str().into();
        let kept = up.session_id & flags::up::PERSIST != 0;
        let message =
            Arc::new(Message::new(uid, time, Conversation::Chatroom, from, room_id.clone(), up, false));
        let said = Said {
            message: message.clone(),
            classname,
            by: speaker.user,
            from: speaker.from,
            kept,
            but_speaker: !speaker.to_speaker,
        };
        if kept {
            self.keep_room_history(now, &room_id, &message);
        }
        let restarts = !speaker.is_service && !self.core.has(Bug::MessagesAreNoActivity);
        let most = self.core.limits.chatroom_retained.max(MOST);
        if let Some(room) = self.state.get_mut(&room_id) {
            room.answer.forget();
            room.messages.push_back(said);
            if room.messages.len() > most {
                room.messages.pop_front();
            }
            if restarts {
                room.activity = room.activity.max(now);
            }
        }
        self.announce_in_room(now, &room_id, speaker, time);
        if self.core.has(Bug::KeepsRoomMessages) {
            self.keep_for_absent(now, &room_id, &message);
        }
        if self.core.has(Bug::PushesRoomMessages) {
            self.push_to_absent(now, &room_id, &message);
        }
        if !speaker.is_service {
            auto_exit::count_for_offline(self, now, &room_id);
            let platform = speaker.from.map(|(device, _)| self.core.platform_of(speaker.user, device));
            self.outward().route(now, &message, platform.as_deref(), &[]);
        }
        Some(Posted { uid: message.uid, time })
    }

    /// A message of the app's server: mutes do not concern it, and its sender need not be a member.
    pub(crate) fn say_for_app(
        &mut self,
        now: UnixMillis,
        id: &str,
        from: &str,
        up: UpStreamMessage,
        to_speaker: bool,
    ) -> Option<Posted> {
        let user = self.core.accounts.find_or_add(from);
        self.say(now, id, &Speaker { user, from: None, is_service: false, to_speaker }, up)
    }

    /// Tells every seat but the speaker's that has not been told already.
    fn announce_in_room(&mut self, now: UnixMillis, id: &str, speaker: &Speaker, time: UnixMillis) {
        let one_only = self.core.has(Bug::TellsOneMember);
        let Some(room) = self.state.get_mut(id) else { return };
        let mut conns: Vec<ConnId> = Vec::new();
        let but = speaker.from.map(|(_, conn)| conn);
        let told = room.members.iter_mut().filter(|(user, _)| speaker.to_speaker || **user != speaker.user);
        for seat in told.flat_map(|(_, member)| &mut member.seats) {
            if Some(seat.conn) != but && seat.notified.notify(now) {
                conns.push(seat.conn);
            }
        }
        if one_only {
            conns.truncate(1);
        }
        if self.core.has(Bug::RoomReachesEveryone) {
            conns = self.core.connections.keys().copied().filter(|conn| Some(*conn) != but).collect();
            return self.show_to_everyone(now, id, &conns);
        }
        self.notify_seats(now, id, &conns, time);
    }

    /// `chrmPull`: what was said since the watermark; at first the newest `count`. Never lower than asked.
    pub(crate) fn pull_room(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        request: &Request,
    ) -> Answer {
        let asked: ChrmPullMsg = read(request)?;
        let (any_count, no_types) =
            (self.core.has(Bug::IgnoresJoinCount), self.core.has(Bug::IgnoresJoinTypes));
        let types = (!no_types && !self.state.join_types.is_empty()).then(|| self.state.join_types.clone());
        let device = self.core.connections.get(&conn).map(|connection| connection.device);
        let room = self.state.get_mut(&request.target).ok_or(status::NO_ROOM)?;
        let clock = room.clock;
        let seat = room.seat(user, conn).ok_or(status::NOT_IN_ROOM)?;
        // Such a watermark never came from us, and would keep its client deaf until then.
        if is_from_the_future(now, asked.sync_time) {
            return Err(status::ROOM_PARAMETER);
        }
        seat.notified.pulled();
        seat.pulled_messages = true;
        let (since, after) = (seat.since, UnixMillis(asked.sync_time));
        let sync_time = after.max(clock);
        seat.has_messages = sync_time;
        if after.0 <= 0 {
            let count = match asked.count {
                _ if any_count => MOST,
                0 => DEFAULT_COUNT,
                count => usize::try_from(count).unwrap_or(0).min(MOST),
            };
            let mine =
                |said: &Said| said.from.is_some_and(|(_, from)| from == conn) && said.message.time > since;
            let wanted = |said: &&Said| {
                said.kept
                    && !mine(said)
                    && types.as_ref().is_none_or(|types| types.contains(&*said.classname))
            };
            let mut list: Vec<&Said> = room.messages.iter().rev().filter(wanted).take(count).collect();
            list.reverse();
            return Ok(encode(&list, user, sync_time));
        }
        let first = room.messages.partition_point(|said| said.message.time <= after);
        let is_own = |said: &Said| {
            said.but_speaker && said.by == user
                || said.from.is_some_and(|(by_device, from)| {
                    from == conn
                        || said.by == user
                            && Some(by_device) == device
                            && !self.core.connections.contains_key(&from)
                })
        };
        let due = room.messages.range(first..);
        if due.clone().any(|said| said.by == user) {
            let list: Vec<&Said> = due.filter(|said| !is_own(said)).collect();
            return Ok(encode(&list, user, sync_time));
        }
        Ok(room.shared_answer(first, user, sync_time))
    }
}

/// No third field: it means one thing to old engines and another to new ones.
fn encode(list: &[&Said], user: UserIx, sync_time: UnixMillis) -> Bytes {
    let bytes = list.iter().map(|said| said.message.len() + feed::AROUND).sum();
    feed::package(
        list.iter().map(|said| said.message.room_bytes(Side::of(said.by == user))),
        bytes,
        sync_time,
        None,
    )
}

impl Room {
    /// The same bytes for everyone who asks for the same messages.
    fn shared_answer(&mut self, first: usize, user: UserIx, sync_time: UnixMillis) -> Bytes {
        let Some(begin) = self.messages.get(first).map(|said| said.message.time) else {
            return encode(&[], user, sync_time);
        };
        if let Some(body) = self.answer.get(&(begin, sync_time)) {
            return body;
        }
        let list: Vec<&Said> = self.messages.range(first..).collect();
        let body = encode(&list, user, sync_time);
        self.answer.keep((begin, sync_time), &body);
        body
    }
}
