//! Rooms as the control API and scenarios see them.

use serde_json::{Value, json};

use crate::{chatroom::Room, service::Service};

impl Service {
    /// One room, or all of them by id.
    pub(crate) fn rooms_json(&self, id: Option<&str>) -> Option<Value> {
        match id {
            Some(id) => self.rooms.get(id).map(|room| self.room_json(room)),
            None => Some(self.rooms.iter().map(|room| (room.id.to_string(), self.room_json(room))).collect()),
        }
    }

    fn room_json(&self, room: &Room) -> Value {
        let id_of = |user: &usize| self.core.accounts[*user].id.to_string();
        let members: Vec<String> = room.by_join_time().iter().map(|(user, _)| id_of(user)).collect();
        let offline: Vec<String> = room.offline.keys().map(id_of).collect();
        let entries: serde_json::Map<String, Value> =
            room.entries.live().map(|(key, entry)| (key.to_owned(), entry.value.as_str().into())).collect();
        json!({
            "id": &*room.id, "name": room.name, "sessionId": room.session, "created": room.created.0,
            "activity": room.activity.0, "members": members, "offline": offline, "entries": entries,
            "messages": room.messages.len(), "muted": room.bans.muted,
        })
    }
}
