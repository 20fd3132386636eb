//! Ultra groups as the control API and scenarios see them.

use serde_json::{Value, json};

use crate::{core::account::UserIx, service::Service, ultra_group::UltraGroup};

impl Service {
    /// One group, or all of them by id.
    pub(crate) fn ultra_groups_json(&self, id: Option<&str>) -> Option<Value> {
        match id {
            Some(id) => self.ultra_groups.get(id).map(|group| self.ultra_group_json(group)),
            None => Some(
                self.ultra_groups
                    .iter()
                    .map(|group| (group.id.to_string(), self.ultra_group_json(group)))
                    .collect(),
            ),
        }
    }

    fn ultra_group_json(&self, group: &UltraGroup) -> Value {
        let ids = |users: &mut dyn Iterator<Item = &UserIx>| -> Vec<String> {
            users.map(|user| self.core.accounts[*user].id.to_string()).collect()
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
}
