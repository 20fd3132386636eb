//! Joining and leaving: by call, by joining elsewhere, by losing the connection (CHRM-007 to CHRM-013, CHRM-018 to
//! CHRM-020, CHRM-037).

use std::sync::Arc;

use bytes::Bytes;
use wire::{
    Request, UnixMillis,
    body::{ChrmMember, ChrmOutput, QueryChatRoomInfoInput, QueryChatRoomInfoOutput},
    code::status,
};

use crate::{
    chatroom::{
        Chatrooms, Life, Member, Room, Seat, auto_exit,
        callback::{self, Event},
        returned,
    },
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        connection::Connection,
        io::ConnId,
    },
};

/// The longest id of a room, in bytes.
pub(crate) const LONGEST_ID: usize = 64;
/// The most members that a client may ask for.
const MOST_MEMBERS: i32 = 20;

/// Why a member is one no longer, with its number in the app server's callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Left {
    /// It left, or joined another room.
    ByCall = 0,
    /// It was offline for too long.
    ByItself = 1,
    /// It was banned.
    Banned = 2,
}

impl Chatrooms<'_> {
    /// `joinChrm` creates a room that is missing, `joinChrmR` does not (CHRM-007 to CHRM-009).
    pub(crate) fn join_room(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        user: UserIx,
        request: &Request,
        create: bool,
    ) -> Answer {
        let id = request.target.as_str();
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(status::ROOM_PARAMETER);
        }
        if self.state.get(id).is_none() && !create && !self.core.has(Bug::JoinsUnknownRooms) {
            return Err(status::NO_ROOM);
        }
        let banned = self.state.get(id).is_some_and(|room| room.bans.is_banned(user, now));
        if banned && !self.core.has(Bug::RoomBanIsNotChecked) {
            return Err(status::BANNED_FROM_ROOM);
        }
        if self.state.get(id).is_none() {
            self.create_room(now, id);
        } else if create && self.core.has(Bug::CreatesRoomsAnew) {
            self.forget_room(id);
            self.create_room(now, id);
        }
        let several = self.core.switches.chatroom_multi_join && !self.core.has(Bug::OneRoomAlways);
        if !several && !self.core.has(Bug::KeepsFormerRoom) {
            for other in self.state.of(user).into_iter().filter(|other| **other != *id) {
                self.leave_room(now, &other, user, Left::ByCall);
            }
        }
        let restarts = !self.core.has(Bug::JoinsAreNoActivity);
        let device = self.core.connections.get(&conn).map(|connection| connection.device);
        let room = self.state.get_mut(id).ok_or(status::NO_ROOM)?;
        room.clock = room.clock.max(now);
        if restarts {
            room.activity = now;
        }
        let since = room.clock;
        let is_new = !room.members.contains_key(&user);
        let member = room.members.entry(user).or_insert_with(|| Member::new(since));
        // Of who comes back by itself, when it came first: the vendor's native client pulls what was said since then.
        let joined = if create { since } else { member.joined };
        let had = device.and_then(|device| member.away.remove(&device));
        // Who joins by a call of the app begins anew.
        let had = had.filter(|_| !create);
        let seat_of = |since| had.as_ref().map_or(Seat::new(conn, since), |had| had.seat(conn, since));
        match member.seat(conn) {
            Some(seat) => *seat = seat_of(seat.since),
            None => member.seats.push(seat_of(since)),
        }
        room.offline.remove(&user);
        let room_id = room.id.clone();
        self.state.enter(user, &room_id);
        if !create {
            returned::remind_later(self, now, &room_id, conn);
        }
        if is_new {
            self.tell_members(now, &room_id, &[user], true);
            callback::tell_app_server(self, now, &room_id, Event::Joined, &[user]);
        }
        let room = self.state.get(id).ok_or(status::NO_ROOM)?;
        write(&ChrmOutput {
            nothing: 0,
            session_id: Some(room.session.clone()),
            join_time: Some(joined.0),
            create_time: Some(room.created.0),
            member_count: i32::try_from(room.members.len()).ok(),
            chatroom_ban_state: Some(self.ban_state(room, user, now)),
            white_list_state: Some(i32::from(room.bans.speakers.contains(&user))),
        })
    }

    /// `exitChrm`: the device leaves; with its last one, the user.
    pub(crate) fn exit_room(&mut self, now: UnixMillis, conn: ConnId, user: UserIx, id: &str) -> Answer {
        let room = self.state.get_mut(id).ok_or(status::NO_ROOM)?;
        let member = room.members.get_mut(&user).ok_or(status::NOT_IN_ROOM)?;
        if self.core.has(Bug::LeavingKeepsMember) {
            return Ok(Bytes::new());
        }
        member.seats.retain(|seat| seat.conn != conn);
        if member.seats.is_empty() {
            self.leave_room(now, id, user, Left::ByCall);
        }
        Ok(Bytes::new())
    }

    /// A member is one no longer: its entries go (CHKV-023), the others and the app server are told.
    pub(crate) fn leave_room(&mut self, now: UnixMillis, id: &str, user: UserIx, why: Left) {
        let Some(room) = self.state.get_mut(id) else { return };
        if room.members.remove(&user).is_none() {
            return;
        }
        room.offline.remove(&user);
        // What keeps a room alive: leaving does too (AMB-04).
        room.activity = now;
        let id = room.id.clone();
        self.state.quit(user, &id);
        self.entries_go_with(now, &id, user);
        self.tell_members(now, &id, &[user], false);
        callback::tell_app_server(self, now, &id, Event::Left(why), &[user]);
    }

    /// A connection ended: the seats it had are free; who has none left is offline (CHKICK).
    pub(crate) fn lost_by_rooms(&mut self, now: UnixMillis, lost: &Connection, conn: ConnId) {
        let user = lost.user;
        for id in self.state.of(user) {
            let Some(member) = self.state.get_mut(&id).and_then(|room| room.members.get_mut(&user)) else {
                continue;
            };
            member.lose(conn, lost.device);
            if member.seats.is_empty() {
                auto_exit::member_dropped(self, now, &id, user);
            }
        }
    }

    pub(crate) fn create_room(&mut self, now: UnixMillis, id: &str) -> Arc<str> {
        let life = Life::Idle { minutes: self.core.limits.chatroom_idle_minutes };
        let room = Room::new(id, self.core.ids.session(), life, now);
        let id = room.id.clone();
        self.state.by_id.insert(id.clone(), room);
        self.watch_room(now, &id);
        callback::tell_app_server(self, now, &id, Event::Created, &[]);
        id
    }

    /// `queryChrmI`: how many members there are, and the first or last of them to join.
    pub(crate) fn room_info(&self, request: &Request) -> Answer {
        let asked: QueryChatRoomInfoInput = read(request)?;
        let room = self.state.get(&request.target).ok_or(status::NO_ROOM)?;
        let count = usize::try_from(asked.count.clamp(0, MOST_MEMBERS)).unwrap_or(0);
        let mut members = match asked.order() {
            1 | 2 if count > 0 => room.by_join_time(),
            _ => Vec::new(),
        };
        if asked.order() == 2 {
            members.reverse();
        }
        members.truncate(count);
        write(&QueryChatRoomInfoOutput {
            user_total_nums: i32::try_from(room.members.len()).ok(),
            user_infos: members
                .into_iter()
                .map(|(user, joined)| ChrmMember {
                    time: joined.0,
                    id: self.core.accounts[user].id.to_string(),
                })
                .collect(),
        })
    }
}
