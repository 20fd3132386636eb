//! Ultra groups as the control API and scenarios see them.

use serde_json::{Value, json};

use crate::{
    core::account::{Accounts, UserIx},
    ultra_group::{UltraGroup, UltraGroupsState},
};

impl UltraGroupsState {
    /// One group, or all of them by id.
    pub(crate) fn to_json(&self, accounts: &Accounts, id: Option<&str>) -> Option<Value> {
        match id {
            Some(id) => self.get(id).map(|group| described(group, accounts)),
            None => {
                Some(self.iter().map(|group| (group.id.to_string(), described(group, accounts))).collect())
            }
        }
    }
}

fn described(group: &UltraGroup, accounts: &Accounts) -> Value {
    let ids = |users: &mut dyn Iterator<Item = &UserIx>| -> Vec<String> {
        users.map(|user| accounts[*user].id.to_string()).collect()
    };
    let channels: serde_json::Map<String, Value> = group
        .channels
        .iter()
        .map(|(id, channel)| {
            let kind = if channel.private { "private" } else { "public" };
            let members = ids(&mut channel.listed.keys());
            (id.to_string(), json!({"type": kind, "members": members}))
        })
        .collect();
    json!({
        "id": &*group.id, "name": group.name, "members": ids(&mut group.members.keys()),
        "channels": channels, "levels": group.levels.to_json(), "online": group.online.len(),
        "messages": group.log.len(),
    })
}
