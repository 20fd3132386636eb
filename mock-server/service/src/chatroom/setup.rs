//! Chatrooms that a world begins with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::UnixMillis;

use crate::chatroom::Chatrooms;

/// A room of the set-up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChatroomSetup {
    /// Name; the id if not given.
    pub name: Option<String>,
    /// Entries, owned by the app's server.
    pub entries: std::collections::BTreeMap<String, String>,
}

pub(crate) fn populate(
    rooms: &mut Chatrooms<'_>,
    given: &BTreeMap<String, ChatroomSetup>,
    join_types: &[String],
    now: UnixMillis,
) {
    rooms.state.join_types = join_types.iter().cloned().collect();
    for (id, room) in given {
        rooms.create_room(now, id);
        if let Some(name) = &room.name
            && let Some(room) = rooms.state.get_mut(id)
        {
            room.name.clone_from(name);
        }
        for (key, value) in &room.entries {
            let entry = crate::chatroom::by_app_server(key, value, false);
            // Wrong keys were told by the set-up's mistakes.
            let _ = rooms.change_entries(now, id, "", vec![entry]);
        }
    }
}
