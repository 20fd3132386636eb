//! A message to all rooms at once (CHRM-033): pushed to who is in some room at that moment, once, kept nowhere. It is
//! no activity of any room.

use wire::{ServerFrame, Topic, UnixMillis, body::UpStreamMessage};

use crate::{
    chatroom::Chatrooms,
    core::{
        bug::Bug,
        message::{Conversation, Message, Side},
    },
};

pub(crate) fn broadcast_to_rooms(
    rooms: &mut Chatrooms<'_>,
    now: UnixMillis,
    from: &str,
    up: &UpStreamMessage,
    to_sender: bool,
) {
    let sender = rooms.core.accounts.find_or_add(from);
    let from = rooms.core.accounts[sender].id.clone();
    let uid = rooms.core.ids.message_uid(now);
    // The room that a user joined first stands for all of them: the message is encoded once a room.
    for id in rooms.state.ids() {
        let up = up.clone();
        let message = Message::new(uid, now, Conversation::Chatroom, from.clone(), id.clone(), up, false);
        let Some(room) = rooms.state.get(&id) else { continue };
        let conns: Vec<_> = room
            .members
            .iter()
            .filter(|(user, _)| to_sender || **user != sender)
            .filter(|(user, _)| rooms.state.of(**user).first() == Some(&id))
            .flat_map(|(_, member)| member.seats.iter().map(|seat| seat.conn))
            .collect();
        for conn in conns {
            let frame = ServerFrame::Publish {
                dup: false,
                qos: 0,
                seconds: now.seconds(),
                topic: Topic::SMsg,
                target: id.to_string(),
                id: 0,
                body: message.room_bytes(Side::Inbox),
            };
            rooms.core.send(now, conn, frame, None);
        }
        if rooms.core.has(Bug::BroadcastReachesOneRoom) {
            break;
        }
    }
}
