//! `/chatroom/*`: rooms themselves and who is in them (CHRM-035, CHST-003, CHST-009, CHST-010). What else concerns
//! rooms stands in the modules beside this one.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    chatroom::{Gone, LONGEST_ID, Life, Room, by_app_server},
    core::{
        calendar::{date_text, minutes_long},
        refusal::Gate,
    },
    doors::server_api::{
        Answer, Api, ApiError, Call,
        endpoints::{Row, Takes::Form},
        error,
    },
};

/// Most rooms in one call.
const MOST_ROOMS: usize = 100;
/// Most rooms that one query asks about.
const MOST_ASKED: usize = 20;
/// Most members that one call asks about.
const MOST_USERS: usize = 1000;
/// Most members that a query answers (CHRM-035).
const MOST_MEMBERS: i64 = 500;
/// Most speakers of a muted room.
const MOST_SPEAKERS: usize = 20;

/// Endpoints that are about them; the modules beside this one have more.
pub(super) const ENDPOINTS: &[Row] = &[
    ("/chatroom/create.json", Form, api_rooms_create),
    ("/chatroom/create_new.json", Form, api_room_create),
    ("/chatroom/destroy.json", Form, api_room_destroy),
    ("/chatroom/destroy/set.json", Form, api_room_life),
    ("/chatroom/get.json", Form, api_room_get),
    ("/chatroom/query.json", Form, api_rooms_query),
    ("/chatroom/user/query.json", Form, api_room_members),
    ("/chatroom/user/exist.json", Form, api_room_has_user),
    ("/chatroom/users/exist.json", Form, api_room_has_users),
    ("/chatroom/keepalive/add.json", Form, api_keep_alive_add),
    ("/chatroom/keepalive/remove.json", Form, api_keep_alive_remove),
    ("/chatroom/keepalive/query.json", Form, api_keep_alive),
];

pub(super) fn no_room(id: &str) -> ApiError {
    error(23410, format!("there is no chatroom `{id}`"))
}

/// The room a call names; it must exist.
pub(super) fn room_of<'s>(api: &'s Api<'_>, call: &Call) -> Result<&'s Room, ApiError> {
    let id = call.required("chatroomId", LONGEST_ID)?;
    api.world.chatrooms.get(id).ok_or_else(|| no_room(id))
}

/// `chatroom[ID]=NAME` for each; one that exists keeps what it has but its name.
fn api_rooms_create(api: &mut Api<'_>, call: &Call) -> Answer {
    let named = call.bracketed("chatroom");
    if named.is_empty() {
        return Err(call.missing("chatroom[ROOMID]"));
    }
    if let Some((id, _)) = named.iter().find(|(id, _)| id.len() > LONGEST_ID) {
        return Err(error(1005, format!("the id `{id}` is longer than {LONGEST_ID} bytes")));
    }
    for (id, name) in named {
        if api.world.chatrooms.get(&id).is_none() {
            api.world.chatrooms().create_room(call.now, &id);
        }
        if let Some(room) = api.world.chatrooms.get_mut(&id) {
            room.name = name;
        }
    }
    Ok(json!({}))
}

fn api_room_create(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("chatroomId", LONGEST_ID)?;
    let life = life(api, call)?;
    let speakers =
        if call.has("whiteUserIds") { call.ids("whiteUserIds", MOST_SPEAKERS)? } else { Vec::new() };
    let entries = match call.optional("entryInfo") {
        None => Vec::new(),
        Some(text) => crate::doors::server_api::chatroom_entry::pairs(text)?,
    };
    let owner = call.optional("entryOwnerId").unwrap_or_default().to_owned();
    let speakers: Vec<usize> =
        speakers.into_iter().map(|id| api.world.core.accounts.find_or_add(id)).collect();
    if api.world.chatrooms.get(id).is_none() {
        api.world.chatrooms().create_room(call.now, id);
    }
    if let Some(room) = api.world.chatrooms.get_mut(id) {
        room.bans.muted = call.flag("isBan");
        room.bans.speakers.extend(speakers);
    }
    api.world.chatrooms().set_room_life(call.now, id, life);
    if !entries.is_empty() {
        let entries = entries.iter().map(|(key, value)| by_app_server(key, value, false)).collect();
        // Keys that are none are left out, as in a batch.
        let _ = api.world.chatrooms().change_entries(call.now, id, &owner, entries);
    }
    Ok(json!({}))
}

/// `destroyType` 0: so many idle minutes; 1: so many minutes from now.
fn life(api: &Api<'_>, call: &Call) -> Result<Life, ApiError> {
    let timed = call.has("destroyType") && call.number("destroyType", 0..=1)? == 1;
    let most = if timed { 10_080 } else { 24 * 60 };
    let minutes = match call.optional("destroyTime") {
        None => api.world.core.limits.chatroom_idle_minutes,
        Some(_) => call.number("destroyTime", 60..=most)? as u32,
    };
    Ok(if timed {
        Life::Until { minutes, at: call.now + minutes_long(minutes) }
    } else {
        Life::Idle { minutes }
    })
}

fn api_room_destroy(api: &mut Api<'_>, call: &Call) -> Answer {
    for id in call.ids("chatroomId", MOST_ROOMS)? {
        api.world.chatrooms().destroy_room(call.now, id, Gone::Manual);
    }
    Ok(json!({}))
}

fn api_room_life(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = room_of(api, call)?.id.clone();
    let life = life(api, call)?;
    api.world.chatrooms().set_room_life(call.now, &id, life);
    Ok(json!({}))
}

fn api_room_get(api: &mut Api<'_>, call: &Call) -> Answer {
    let room = room_of(api, call)?;
    let (kind, minutes) = match room.life {
        Life::Idle { minutes } => (0, minutes),
        Life::Until { minutes, .. } => (1, minutes),
    };
    Ok(json!({
        "chatroomId": &*room.id, "createTime": room.created.0, "memberCount": room.members.len(),
        "destroyType": kind, "destroyTime": minutes, "ban": room.bans.muted,
    }))
}

/// Rooms that do not exist are left out.
fn api_rooms_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let ids = call.ids("chatroomId", MOST_ASKED)?;
    let rooms: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| api.world.chatrooms.get(id))
        .map(|room| json!({"chrmId": &*room.id, "name": room.name, "time": date_text(room.created)}))
        .collect();
    Ok(json!({"chatRooms": rooms}))
}

/// Members in the order they joined, or the other way round; `total` counts all of them.
fn api_room_members(api: &mut Api<'_>, call: &Call) -> Answer {
    let count = call.number("count", 0..=i64::MAX)?.min(MOST_MEMBERS);
    let order = call.number("order", 1..=2)?;
    let id = call.required("chatroomId", LONGEST_ID)?;
    let mut members = api.world.chatrooms.get(id).map(Room::by_join_time).unwrap_or_default();
    let total = members.len();
    if order == 2 {
        members.reverse();
    }
    members.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    let user = |(user, joined): (usize, UnixMillis)| json!({"id": &*api.world.core.accounts[user].id, "time": date_text(joined)});
    let users: Vec<Value> = members.into_iter().map(user).collect();
    Ok(json!({"total": total, "users": users}))
}

fn is_in_room(api: &Api<'_>, room: &str, user: &str) -> bool {
    let user = api.world.core.accounts.find(user);
    user.is_some_and(|user| {
        api.world.chatrooms.get(room).is_some_and(|room| room.members.contains_key(&user))
    })
}

fn api_room_has_user(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("chatroomId", LONGEST_ID)?;
    let user = call.required("userId", LONGEST_ID)?;
    Ok(json!({"isInChrm": is_in_room(api, id, user)}))
}

/// A number where the call above has a truth value.
fn api_room_has_users(api: &mut Api<'_>, call: &Call) -> Answer {
    let id = call.required("chatroomId", LONGEST_ID)?;
    let users = call.ids("userId", MOST_USERS)?;
    let result: Vec<Value> = users
        .into_iter()
        .map(|user| json!({"userId": user, "isInChrm": u8::from(is_in_room(api, id, user))}))
        .collect();
    Ok(json!({"result": result}))
}

fn api_keep_alive_add(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomKeepAlive)?;
    let ids = call.ids("chatroomId", MOST_ROOMS)?;
    let most = api.world.core.limits.chatrooms_kept_alive;
    let new: BTreeSet<&str> =
        ids.iter().copied().filter(|id| !api.world.chatrooms.kept_alive.contains(*id)).collect();
    if most > 0 && api.world.chatrooms.kept_alive.len() + new.len() > most {
        return Err(error(1016, format!("at most {most} chatrooms are kept alive")));
    }
    api.world.chatrooms.kept_alive.extend(ids.into_iter().map(Into::into));
    Ok(json!({}))
}

/// All of them, or none if one is not on the list (assumed).
fn api_keep_alive_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomKeepAlive)?;
    let ids = call.ids("chatroomId", MOST_ROOMS)?;
    if let Some(unknown) = ids.iter().find(|id| !api.world.chatrooms.kept_alive.contains(**id)) {
        return Err(error(1015, format!("the chatroom `{unknown}` is not kept alive")));
    }
    for id in ids {
        api.world.chatrooms().keep_no_longer(call.now, id);
    }
    Ok(json!({}))
}

fn api_keep_alive(api: &mut Api<'_>, _call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomKeepAlive)?;
    let ids: Vec<&str> = api.world.chatrooms.kept_alive.iter().map(|id| &**id).collect();
    Ok(json!({"chatroomIds": ids}))
}
