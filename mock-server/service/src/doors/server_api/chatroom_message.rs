//! `/message/chatroom/*`, `/v3/message/chatroom/query`, and what keeps messages of rooms from being discarded: white
//! lists and low-level types (CHRM-022 to CHRM-026, CHRM-033).

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    chatroom::broadcast,
    core::refusal::Gate,
    doors::server_api::{
        Answer, Api, Call,
        chatroom::{no_room, room_of},
        compose::api_message,
        endpoints::{
            Row,
            Takes::{Form, Json},
        },
        error,
        once::once,
        rate::{Rated, within_rates},
        user::LONGEST_ID,
    },
};

/// Most rooms that one call names.
const MOST_ROOMS: usize = 10;
/// Most object names in one call.
const MOST_TYPES: usize = 20;
/// Most users on a room's white list.
const MOST_KEPT_USERS: usize = 5;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/chatroom/publish.json", Form, api_publish_chatroom),
    ("/message/chatroom/broadcast.json", Form, api_broadcast_chatrooms),
    ("/v3/message/chatroom/query.json", Json, api_query_chatroom),
    ("/chatroom/whitelist/add.json", Form, api_kept_types_add),
    ("/chatroom/whitelist/delete.json", Form, api_kept_types_remove),
    ("/chatroom/whitelist/query.json", Form, api_kept_types),
    ("/chatroom/user/whitelist/add.json", Form, api_kept_users_add),
    ("/chatroom/user/whitelist/remove.json", Form, api_kept_users_remove),
    ("/chatroom/user/whitelist/query.json", Form, api_kept_users),
    ("/chatroom/message/priority/add.json", Form, api_low_level_add),
    ("/chatroom/message/priority/remove.json", Form, api_low_level_remove),
    ("/chatroom/message/priority/query.json", Form, api_low_level),
    ("/chatroom/message/stopDistribution.json", Form, api_stop_spreading),
    ("/chatroom/message/resumeDistribution.json", Form, api_resume_spreading),
];

/// To the members who are online; mutes do not concern it, and the sender need not be a member.
fn api_publish_chatroom(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.required("fromUserId", LONGEST_ID)?;
    let rooms: Vec<String> = call.ids("toChatroomId", MOST_ROOMS)?.into_iter().map(str::to_owned).collect();
    let message = api_message(api, call)?;
    if let Some(unknown) = rooms.iter().find(|id| api.world.chatrooms.get(id).is_none()) {
        return Err(no_room(unknown));
    }
    once(api, call, from, |api| {
        let rates: Vec<Rated<'_>> = rooms.iter().map(|room| Rated::Room(room)).collect();
        within_rates(api, call.now, &rates, 1)?;
        let mut uids: Vec<Value> = Vec::new();
        for room in rooms {
            let to_sender = call.flag("isIncludeSender");
            let posted = api.world.chatrooms().say_for_app(call.now, &room, from, message.clone(), to_sender);
            if let Some(posted) = posted {
                uids.push(json!({"chatroomId": room, "messageUID": posted.uid.as_str()}));
            }
        }
        Ok(json!({"messageUIDs": uids}))
    })
}

fn api_broadcast_chatrooms(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomBroadcast)?;
    let from = call.required("fromUserId", LONGEST_ID)?;
    let message = api_message(api, call)?;
    broadcast::broadcast_to_rooms(
        &mut api.world.chatrooms(),
        call.now,
        from,
        &message,
        call.flag("isIncludeSender"),
    );
    Ok(json!({}))
}

/// What the cloud keeps of a room between two times, from the first that is named to the second.
fn api_query_chatroom(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomHistory)?;
    call.required("userId", LONGEST_ID)?;
    let id = call.required("targetId", LONGEST_ID)?;
    let span = call.span()?;
    let size = if call.has("pageSize") { call.number("pageSize", 1..=100)? } else { 20 };
    let page = span
        .first(api.world.chatrooms.log(&api.world.core, call.now, id), size as usize, |message| message.time);
    let data: Vec<Value> = page
        .into_iter()
        .map(|message| {
            let down = message.as_sent();
            json!({
                "targetId": id, "fromUserId": &*message.from, "busChannel": "", "messageUID": down.msg_id(),
                "msgTime": down.data_time, "objectName": down.classname,
                "content": String::from_utf8_lossy(&down.content), "expansion": false, "extraContent": "{}",
            })
        })
        .collect();
    Ok(json!({"data": data}))
}

/// Up to and including a time, by default now; for everybody (DEL-021).
pub(super) fn api_clean_room_history(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomHistory)?;
    call.required("fromUserId", LONGEST_ID)?;
    let id = call.required("targetId", LONGEST_ID)?;
    let time = if call.has("msgTimestamp") { call.number("msgTimestamp", 0..=i64::MAX)? } else { 0 };
    api.world.chatrooms().clear_room_history(id, UnixMillis(if time == 0 { call.now.0 } else { time }));
    Ok(json!({}))
}

/// What is said from now on is accepted and reaches nobody, now or later (assumed).
fn api_stop_spreading(api: &mut Api<'_>, call: &Call) -> Answer {
    set_stopped(api, call, true)
}

fn api_resume_spreading(api: &mut Api<'_>, call: &Call) -> Answer {
    set_stopped(api, call, false)
}

fn set_stopped(api: &mut Api<'_>, call: &Call, stopped: bool) -> Answer {
    let id = room_of(api, call)?.id.clone();
    if let Some(room) = api.world.chatrooms.get_mut(&id) {
        room.stopped = stopped;
    }
    Ok(json!({}))
}

fn api_kept_types_add(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    let types = call.ids("objectnames", MOST_TYPES)?;
    api.world.chatrooms.kept_types.extend(types.into_iter().map(str::to_owned));
    Ok(json!({}))
}

fn api_kept_types_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    for name in call.ids("objectnames", MOST_TYPES)? {
        api.world.chatrooms.kept_types.remove(name);
    }
    Ok(json!({}))
}

/// The field really is called that.
fn api_kept_types(api: &mut Api<'_>, _call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    Ok(json!({"whitlistMsgType": api.world.chatrooms.kept_types}))
}

fn api_kept_users_add(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    let id = room_of(api, call)?.id.clone();
    let ids = call.ids("userId", MOST_KEPT_USERS)?;
    let users: Vec<usize> = ids.into_iter().map(|id| api.world.core.accounts.find_or_add(id)).collect();
    let Some(room) = api.world.chatrooms.get_mut(&id) else { return Err(no_room(&id)) };
    let new = users.iter().filter(|user| !room.bans.kept_users.contains(user)).count();
    if room.bans.kept_users.len() + new > MOST_KEPT_USERS {
        return Err(error(1005, format!("a room's white list holds {MOST_KEPT_USERS} users")));
    }
    room.bans.kept_users.extend(users);
    Ok(json!({}))
}

fn api_kept_users_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    let id = room_of(api, call)?.id.clone();
    let ids = call.ids("userId", MOST_KEPT_USERS)?;
    let users: Vec<usize> = ids.into_iter().filter_map(|id| api.world.core.accounts.find(id)).collect();
    if let Some(room) = api.world.chatrooms.get_mut(&id) {
        room.bans.kept_users.retain(|user| !users.contains(user));
    }
    Ok(json!({}))
}

fn api_kept_users(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    let room = room_of(api, call)?;
    let users: Vec<&str> =
        room.bans.kept_users.iter().map(|user| &*api.world.core.accounts[*user].id).collect();
    Ok(json!({"users": users}))
}

fn api_low_level_add(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    let types = call.ids("objectName", MOST_TYPES)?;
    api.world.chatrooms.low_level.extend(types.into_iter().map(str::to_owned));
    Ok(json!({}))
}

fn api_low_level_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    for name in call.ids("objectName", MOST_TYPES)? {
        api.world.chatrooms.low_level.remove(name);
    }
    Ok(json!({}))
}

fn api_low_level(api: &mut Api<'_>, _call: &Call) -> Answer {
    api.world.core.api_ordered(Gate::RoomWhiteLists)?;
    Ok(json!({"objectNames": api.world.chatrooms.low_level}))
}
