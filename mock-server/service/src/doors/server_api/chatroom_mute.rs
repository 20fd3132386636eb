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
        Answer, Api, ApiError, Call,
        chatroom::{no_room, room_of},
        endpoints::{Row, Takes::Form},
    },
};

/// Most users in one call.
const MOST: usize = 20;
/// Object names of what clients are told.
const BAN: &str = "RC:ChrmBanMsg";
const BLOCK: &str = "RC:ChrmBlockMsg";

pub(super) const ENDPOINTS: &[Row] = &[
    ("/chatroom/user/gag/add.json", Form, api_room_mute_users),
    ("/chatroom/user/gag/rollback.json", Form, api_room_unmute_users),
    ("/chatroom/user/gag/list.json", Form, api_room_muted_users),
    ("/chatroom/ban/add.json", Form, api_room_mute),
    ("/chatroom/ban/rollback.json", Form, api_room_unmute),
    ("/chatroom/ban/query.json", Form, api_muted_rooms),
    ("/chatroom/ban/check.json", Form, api_room_is_muted),
    ("/chatroom/user/ban/whitelist/add.json", Form, api_room_speakers_add),
    ("/chatroom/user/ban/whitelist/rollback.json", Form, api_room_speakers_remove),
    ("/chatroom/user/ban/whitelist/query.json", Form, api_room_speakers),
    ("/chatroom/user/ban/add.json", Form, api_mute_in_all_rooms),
    ("/chatroom/user/ban/remove.json", Form, api_unmute_in_all_rooms),
    ("/chatroom/user/ban/query.json", Form, api_muted_in_all_rooms),
    ("/chatroom/user/block/add.json", Form, api_room_block),
    ("/chatroom/user/block/rollback.json", Form, api_room_unblock),
    ("/chatroom/user/block/list.json", Form, api_room_blocked),
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

fn room_users(api: &mut Api<'_>, call: &Call) -> Result<Vec<UserIx>, ApiError> {
    let ids = call.ids("userId", MOST)?;
    Ok(ids.into_iter().map(|id| api.world.core.accounts.find_or_add(id)).collect())
}

fn room_id(api: &Api<'_>, call: &Call) -> Result<std::sync::Arc<str>, ApiError> {
    Ok(room_of(api, call)?.id.clone())
}

/// What clients are told of a mute or a ban.
fn ban_content(api: &Api<'_>, call: &Call, room: &str, operation: u8, users: &[UserIx]) -> Value {
    let users: Vec<&str> = users.iter().map(|user| &*api.world.core.accounts[*user].id).collect();
    let minutes = call.optional("minute").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    json!({
        "chatroomId": room, "operateType": operation, "durationTime": minutes * 60_000,
        "operateTime": call.now.0, "userList": users, "extra": call.optional("extra").unwrap_or_default(),
    })
}

fn tell_of_mute(api: &mut Api<'_>, call: &Call, room: &str, operation: Operation, users: &[UserIx]) {
    if call.flag("needNotify") {
        let content = ban_content(api, call, room, operation as u8, users);
        api.world.chatrooms().tell_of_ban(call.now, room, users, BAN, &content);
    }
}

fn mute_of(call: &Call) -> Result<Mute, ApiError> {
    let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))? as u32;
    Ok(Mute { since: call.now, until: Some(call.now + minutes_long(minutes)) })
}

fn api_room_mute_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let (mute, id) = (mute_of(call)?, room_id(api, call)?);
    let users = room_users(api, call)?;
    let room = api.world.chatrooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
    room.bans.mutes.extend(users.iter().map(|user| (*user, mute)));
    tell_of_mute(api, call, &id, Operation::MuteUsers, &users);
    Ok(json!({}))
}

fn api_room_unmute_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = room_id(api, call)?;
    let users = room_users(api, call)?;
    let room = api.world.chatrooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
    room.bans.mutes.retain(|user, _| !users.contains(user));
    tell_of_mute(api, call, &id, Operation::UnmuteUsers, &users);
    Ok(json!({}))
}

fn users_until(api: &Api<'_>, list: impl Iterator<Item = (UserIx, UnixMillis)>) -> Value {
    let row = |(user, until): (UserIx, UnixMillis)| json!({"userId": &*api.world.core.accounts[user].id, "time": date_text(until)});
    json!({"users": list.map(row).collect::<Vec<Value>>()})
}

fn api_room_muted_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let mutes = room_of(api, call)?.bans.mutes.iter();
    let holding = mutes.filter(|(_, mute)| mute.holds(call.now));
    Ok(users_until(api, holding.map(|(user, mute)| (*user, mute.until.unwrap_or_default()))))
}

fn api_room_mute(api: &mut Api<'_>, call: &Call) -> Answer {
    set_room_muted(api, call, true, Operation::MuteRoom)
}

fn api_room_unmute(api: &mut Api<'_>, call: &Call) -> Answer {
    set_room_muted(api, call, false, Operation::UnmuteRoom)
}

fn set_room_muted(api: &mut Api<'_>, call: &Call, muted: bool, operation: Operation) -> Answer {
    let id = room_id(api, call)?;
    if let Some(room) = api.world.chatrooms.get_mut(&id) {
        room.bans.muted = muted;
    }
    tell_of_mute(api, call, &id, operation, &[]);
    Ok(json!({}))
}

fn api_muted_rooms(api: &mut Api<'_>, call: &Call) -> Answer {
    let page = if call.has("page") { call.number("page", 1..=1_000_000)? as usize } else { 1 };
    let size = if call.has("size") { call.number("size", 1..=200)? as usize } else { 50 };
    let muted = api.world.chatrooms.iter().filter(|room| room.bans.muted);
    let ids: Vec<&str> = muted.skip((page - 1) * size).take(size).map(|room| &*room.id).collect();
    Ok(json!({"chatroomIds": ids}))
}

fn api_room_is_muted(api: &mut Api<'_>, call: &Call) -> Answer {
    Ok(json!({"status": u8::from(room_of(api, call)?.bans.muted)}))
}

fn api_room_speakers_add(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = room_id(api, call)?;
    let users = room_users(api, call)?;
    let room = api.world.chatrooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
    room.bans.speakers.extend(&users);
    tell_of_mute(api, call, &id, Operation::AddSpeakers, &users);
    Ok(json!({}))
}

fn api_room_speakers_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = room_id(api, call)?;
    let users = room_users(api, call)?;
    let room = api.world.chatrooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
    room.bans.speakers.retain(|user| !users.contains(user));
    tell_of_mute(api, call, &id, Operation::RemoveSpeakers, &users);
    Ok(json!({}))
}

fn api_room_speakers(api: &mut Api<'_>, call: &Call) -> Answer {
    let room = room_of(api, call)?;
    let ids: Vec<&str> = room.bans.speakers.iter().map(|user| &*api.world.core.accounts[*user].id).collect();
    Ok(json!({"userIds": ids}))
}

fn api_mute_in_all_rooms(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomGlobalMute)?;
    let mute = mute_of(call)?;
    let users = room_users(api, call)?;
    api.world.chatrooms.muted_everywhere.extend(users.iter().map(|user| (*user, mute)));
    tell_muted_users(api, call, Operation::MuteEverywhere, &users);
    Ok(json!({}))
}

fn api_unmute_in_all_rooms(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomGlobalMute)?;
    let users = room_users(api, call)?;
    api.world.chatrooms.muted_everywhere.retain(|user, _| !users.contains(user));
    tell_muted_users(api, call, Operation::UnmuteEverywhere, &users);
    Ok(json!({}))
}

/// Those whom it concerns, and nobody else.
fn tell_muted_users(api: &mut Api<'_>, call: &Call, operation: Operation, users: &[UserIx]) {
    for user in users.iter().filter(|_| call.flag("needNotify")) {
        let room = api.world.chatrooms.of(*user).first().cloned().unwrap_or_default();
        let content = ban_content(api, call, &room, operation as u8, std::slice::from_ref(user));
        api.world.chatrooms().tell_user(call.now, &room, *user, BAN, &content);
    }
}

fn api_muted_in_all_rooms(api: &mut Api<'_>, call: &Call) -> Answer {
    let mutes = api.world.chatrooms.muted_everywhere.iter();
    let holding = mutes.filter(|(_, mute)| mute.holds(call.now));
    Ok(users_until(api, holding.map(|(user, mute)| (*user, mute.until.unwrap_or_default()))))
}

/// Taken out at once, and kept out.
fn api_room_block(api: &mut Api<'_>, call: &Call) -> Answer {
    let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))? as u32;
    let id = room_id(api, call)?;
    let users = room_users(api, call)?;
    api.world.chatrooms().ban_from_room(call.now, &id, &users, call.now + minutes_long(minutes));
    tell_of_block(api, call, &id, 1, &users);
    Ok(json!({}))
}

fn api_room_unblock(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = room_id(api, call)?;
    let users = room_users(api, call)?;
    let room = api.world.chatrooms.get_mut(&id).ok_or_else(|| no_room(&id))?;
    room.bans.banned.retain(|user, _| !users.contains(user));
    tell_of_block(api, call, &id, 0, &users);
    Ok(json!({}))
}

fn tell_of_block(api: &mut Api<'_>, call: &Call, room: &str, operation: u8, users: &[UserIx]) {
    if call.flag("needNotify") {
        let content = ban_content(api, call, room, operation, users);
        api.world.chatrooms().tell_of_ban(call.now, room, users, BLOCK, &content);
    }
}

fn api_room_blocked(api: &mut Api<'_>, call: &Call) -> Answer {
    let banned = room_of(api, call)?.bans.banned.iter();
    let holding = banned.filter(|(_, until)| call.now < **until);
    Ok(users_until(api, holding.map(|(user, until)| (*user, *until))))
}
