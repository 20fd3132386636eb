//! Rooms as the control API and scenarios see them.

use serde_json::{Value, json};

use crate::{
    chatroom::{ChatroomsState, Room},
    core::account::Accounts,
};

impl ChatroomsState {
    /// One room, or all of them by id.
    pub(crate) fn to_json(&self, accounts: &Accounts, id: Option<&str>) -> Option<Value> {
        match id {
            Some(id) => self.get(id).map(|room| room.to_json(accounts)),
            None => Some(self.iter().map(|room| (room.id.to_string(), room.to_json(accounts))).collect()),
        }
    }
}

impl Room {
    fn to_json(&self, accounts: &Accounts) -> Value {
        let id_of = |user: &usize| accounts[*user].id.to_string();
        let members: Vec<String> = self.by_join_time().iter().map(|(user, _)| id_of(user)).collect();
        let offline: Vec<String> = self.offline.keys().map(id_of).collect();
        let entries: serde_json::Map<String, Value> =
            self.entries.live().map(|(key, entry)| (key.to_owned(), entry.value.as_str().into())).collect();
        json!({
            "id": &*self.id, "name": self.name, "sessionId": self.session, "created": self.created.0,
            "activity": self.activity.0, "members": members, "offline": offline, "entries": entries,
            "messages": self.messages.len(), "muted": self.bans.muted,
        })
    }
}
