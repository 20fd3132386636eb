//! Who may speak in rooms and who may enter them: `/chatroom/user/gag/*` (in a room), `/chatroom/ban/*` (a room as a
//! whole), `/chatroom/user/ban/*` (in all rooms, and who may speak in a muted one), `/chatroom/user/block/*` (CHRM-027
//! to CHRM-032). With `needNotify` clients are told.

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    chatroom::Mute,
    core::{
        account::UserIx,
        calendar::{date_text, minutes_long},
        caps::LONGEST_BAN,
        refusal::Gate,
    },
    doors::server_api::{
        Answer, ApiError, Call,
        chatroom::no_room,
        endpoints::{Row, Takes::Form},
    },
    service::Service,
};

/// Most users in one call.
const MOST: usize = 20;
/// Object names of what clients are told.
const BAN: &str = "RC:ChrmBanMsg";
const BLOCK: &str = "RC:ChrmBlockMsg";

pub(super) const ENDPOINTS: &[Row] = &[
    ("/chatroom/user/gag/add.json", Form, Service::api_room_mute_users),
    ("/chatroom/user/gag/rollback.json", Form, Service::api_room_unmute_users),
    ("/chatroom/user/gag/list.json", Form, Service::api_room_muted_users),
    ("/chatroom/ban/add.json", Form, Service::api_room_mute),
    ("/chatroom/ban/rollback.json", Form, Service::api_room_unmute),
    ("/chatroom/ban/query.json", Form, Service::api_muted_rooms),
    ("/chatroom/ban/check.json", Form, Service::api_room_is_muted),
    ("/chatroom/user/ban/whitelist/add.json", Form, Service::api_room_speakers_add),
    ("/chatroom/user/ban/whitelist/rollback.json", Form, Service::api_room_speakers_remove),
    ("/chatroom/user/ban/whitelist/query.json", Form, Service::api_room_speakers),
    ("/chatroom/user/ban/add.json", Form, Service::api_mute_in_all_rooms),
    ("/chatroom/user/ban/remove.json", Form, Service::api_unmute_in_all_rooms),
    ("/chatroom/user/ban/query.json", Form, Service::api_muted_in_all_rooms),
    ("/chatroom/user/block/add.json", Form, Service::api_room_block),
    ("/chatroom/user/block/rollback.json", Form, Service::api_room_unblock),
    ("/chatroom/user/block/list.json", Form, Service::api_room_blocked),
];

/// `operateType` of what clients are told of mutes.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Operation {
    UnmuteUsers = 0,
    MuteUsers = 1,
    UnmuteRoom = 2,
    MuteRoom = 3,
    RemoveSpeakers = 4,
    AddSpeakers = 5,
    UnmuteEverywhere = 6,
    MuteEverywhere = 7,
}

impl Service {
    fn room_users(&mut self, call: &Call) -> Result<Vec<UserIx>, ApiError> {
        let ids = call.ids("userId", MOST)?;
        Ok(ids.into_iter().map(|id| self.core.accounts.find_or_add(id)).collect())
    }

    fn room_id(&self, call: &Call) -> Result<std::sync::Arc<str>, ApiError> {
        Ok(self.room_of(call)?.id.clone())
    }

    /// What clients are told of a mute or a ban.
    fn ban_content(&self, call: &Call, room: &str, operation: u8, users: &[UserIx]) -> Value {
        let users: Vec<&str> = users.iter().map(|user| &*self.core.accounts[*user].id).collect();
        let minutes = call.optional("minute").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        json!({
            "chatroomId": room, "operateType": operation, "durationTime": minutes * 60_000,
            "operateTime": call.now.0, "userList": users, "extra": call.optional("extra").unwrap_or_default(),
        })
    }

    fn tell_of_mute(&mut self, call: &Call, room: &str, operation: Operation, users: &[UserIx]) {
        if call.flag("needNotify") {
            let content = self.ban_content(call, room, operation as u8, users);
            self.chatrooms().tell_of_ban(call.now, room, users, BAN, &content);
        }
    }

    fn mute_of(call: &Call) -> Result<Mute, ApiError> {
        let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))? as u32;
        Ok(Mute { since: call.now, until: Some(call.now + minutes_long(minutes)) })
    }

    fn api_room_mute_users(&mut self, call: &Call) -> Answer {
        let (mute, id) = (Self::mute_of(call)?, self.room_id(call)?);
        let users = self.room_users(call)?;
        let room = self.rooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
        room.bans.mutes.extend(users.iter().map(|user| (*user, mute)));
        self.tell_of_mute(call, &id, Operation::MuteUsers, &users);
        Ok(json!({}))
    }

    fn api_room_unmute_users(&mut self, call: &Call) -> Answer {
        let id = self.room_id(call)?;
        let users = self.room_users(call)?;
        let room = self.rooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
        room.bans.mutes.retain(|user, _| !users.contains(user));
        self.tell_of_mute(call, &id, Operation::UnmuteUsers, &users);
        Ok(json!({}))
    }

    fn users_until(&self, list: impl Iterator<Item = (UserIx, UnixMillis)>) -> Value {
        let row = |(user, until): (UserIx, UnixMillis)| json!({"userId": &*self.core.accounts[user].id, "time": date_text(until)});
        json!({"users": list.map(row).collect::<Vec<Value>>()})
    }

    fn api_room_muted_users(&mut self, call: &Call) -> Answer {
        let mutes = self.room_of(call)?.bans.mutes.iter();
        let holding = mutes.filter(|(_, mute)| mute.holds(call.now));
        Ok(self.users_until(holding.map(|(user, mute)| (*user, mute.until.unwrap_or_default()))))
    }

    fn api_room_mute(&mut self, call: &Call) -> Answer {
        self.set_room_muted(call, true, Operation::MuteRoom)
    }

    fn api_room_unmute(&mut self, call: &Call) -> Answer {
        self.set_room_muted(call, false, Operation::UnmuteRoom)
    }

    fn set_room_muted(&mut self, call: &Call, muted: bool, operation: Operation) -> Answer {
        let id = self.room_id(call)?;
        if let Some(room) = self.rooms.get_mut(&id) {
            room.bans.muted = muted;
        }
        self.tell_of_mute(call, &id, operation, &[]);
        Ok(json!({}))
    }

    fn api_muted_rooms(&mut self, call: &Call) -> Answer {
        let page = if call.has("page") { call.number("page", 1..=1_000_000)? as usize } else { 1 };
        let size = if call.has("size") { call.number("size", 1..=200)? as usize } else { 50 };
        let muted = self.rooms.iter().filter(|room| room.bans.muted);
        let ids: Vec<&str> = muted.skip((page - 1) * size).take(size).map(|room| &*room.id).collect();
        Ok(json!({"chatroomIds": ids}))
    }

    fn api_room_is_muted(&mut self, call: &Call) -> Answer {
        Ok(json!({"status": u8::from(self.room_of(call)?.bans.muted)}))
    }

    fn api_room_speakers_add(&mut self, call: &Call) -> Answer {
        let id = self.room_id(call)?;
        let users = self.room_users(call)?;
        let room = self.rooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
        room.bans.speakers.extend(&users);
        self.tell_of_mute(call, &id, Operation::AddSpeakers, &users);
        Ok(json!({}))
    }

    fn api_room_speakers_remove(&mut self, call: &Call) -> Answer {
        let id = self.room_id(call)?;
        let users = self.room_users(call)?;
        let room = self.rooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
        room.bans.speakers.retain(|user| !users.contains(user));
        self.tell_of_mute(call, &id, Operation::RemoveSpeakers, &users);
        Ok(json!({}))
    }

    fn api_room_speakers(&mut self, call: &Call) -> Answer {
        let room = self.room_of(call)?;
        let ids: Vec<&str> = room.bans.speakers.iter().map(|user| &*self.core.accounts[*user].id).collect();
        Ok(json!({"userIds": ids}))
    }

    fn api_mute_in_all_rooms(&mut self, call: &Call) -> Answer {
        self.api_ordered(Gate::RoomGlobalMute)?;
        let mute = Self::mute_of(call)?;
        let users = self.room_users(call)?;
        self.rooms.muted_everywhere.extend(users.iter().map(|user| (*user, mute)));
        self.tell_muted_users(call, Operation::MuteEverywhere, &users);
        Ok(json!({}))
    }

    fn api_unmute_in_all_rooms(&mut self, call: &Call) -> Answer {
        self.api_ordered(Gate::RoomGlobalMute)?;
        let users = self.room_users(call)?;
        self.rooms.muted_everywhere.retain(|user, _| !users.contains(user));
        self.tell_muted_users(call, Operation::UnmuteEverywhere, &users);
        Ok(json!({}))
    }

    /// Those whom it concerns, and nobody else.
    fn tell_muted_users(&mut self, call: &Call, operation: Operation, users: &[UserIx]) {
        for user in users.iter().filter(|_| call.flag("needNotify")) {
            let room = self.rooms.of(*user).first().cloned().unwrap_or_default();
            let content = self.ban_content(call, &room, operation as u8, std::slice::from_ref(user));
            self.chatrooms().tell_user(call.now, &room, *user, BAN, &content);
        }
    }

    fn api_muted_in_all_rooms(&mut self, call: &Call) -> Answer {
        let mutes = self.rooms.muted_everywhere.iter();
        let holding = mutes.filter(|(_, mute)| mute.holds(call.now));
        Ok(self.users_until(holding.map(|(user, mute)| (*user, mute.until.unwrap_or_default()))))
    }

    /// Taken out at once, and kept out.
    fn api_room_block(&mut self, call: &Call) -> Answer {
        let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))? as u32;
        let id = self.room_id(call)?;
        let users = self.room_users(call)?;
        self.chatrooms().ban_from_room(call.now, &id, &users, call.now + minutes_long(minutes));
        self.tell_of_block(call, &id, 1, &users);
        Ok(json!({}))
    }

    fn api_room_unblock(&mut self, call: &Call) -> Answer {
        let id = self.room_id(call)?;
        let users = self.room_users(call)?;
        let room = self.rooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
        room.bans.banned.retain(|user, _| !users.contains(user));
        self.tell_of_block(call, &id, 0, &users);
        Ok(json!({}))
    }

    fn tell_of_block(&mut self, call: &Call, room: &str, operation: u8, users: &[UserIx]) {
        if call.flag("needNotify") {
            let content = self.ban_content(call, room, operation, users);
            self.chatrooms().tell_of_ban(call.now, room, users, BLOCK, &content);
        }
    }

    fn api_room_blocked(&mut self, call: &Call) -> Answer {
        let banned = self.room_of(call)?.bans.banned.iter();
        let holding = banned.filter(|(_, until)| call.now < **until);
        Ok(self.users_until(holding.map(|(user, until)| (*user, *until))))
    }
}
