//! What a world holds, as JSON for the control API and for scenarios that look inside.

use serde_json::{Value, json};

use crate::{account::Account, world::Service};

impl Service {
    /// What the world holds; `kind` is `users`, `devices`, `groups`, `chatrooms`, `ultragroups`, `files`, `mailboxes`, `pushes` or `switches`, `id`
    /// narrows it to one user or group. `None`: no such kind or id.
    #[must_use]
    pub fn state(&self, kind: &str, id: Option<&str>) -> Option<Value> {
        let user = id.map(|id| self.accounts.find(id));
        match kind {
            "groups" => {
                let member_ids = |members: &Vec<usize>| -> Value {
                    members.iter().map(|user| json!(&*self.accounts[*user].id)).collect()
                };
                match id {
                    Some(id) => self.groups.get(id).map(member_ids),
                    None => Some(
                        self.groups
                            .iter()
                            .map(|(id, group)| (id.to_string(), member_ids(group.members())))
                            .collect(),
                    ),
                }
            }
            "chatrooms" => self.rooms_json(id),
            "ultragroups" => self.ultra_groups_json(id),
            "files" => Some(self.files_json()),
            "switches" => Some(
                self.switches
                    .describe()
                    .into_iter()
                    .map(|(name, value, meaning)| {
                        (name.to_owned(), json!({"value": value, "meaning": meaning}))
                    })
                    .collect(),
            ),
            "pushes" => match user {
                Some(user) => Some(self.pushes_json(Some(user?))),
                None => Some(self.pushes_json(None)),
            },
            "users" | "devices" | "mailboxes" => {
                let view = |account: &Account| match kind {
                    "users" => user_json(account),
                    "devices" => self.devices_json(account),
                    _ => mailbox_json(account),
                };
                match user {
                    Some(user) => Some(view(&self.accounts[user?])),
                    None => Some(self.accounts.iter().map(|a| (a.id.to_string(), view(a))).collect()),
                }
            }
            _ => None,
        }
    }

    fn devices_json(&self, account: &Account) -> Value {
        account
            .connections
            .iter()
            .filter_map(|id| {
                let connection = self.connections.get(id)?;
                let device = &account.devices[usize::from(connection.device)];
                Some(json!({
                    "conn": id.0, "class": connection.class, "deviceId": device.id, "label": &*connection.label,
                    "since": connection.since.0, "read": connection.read, "written": connection.written,
                    "transport": format!("{:?}", connection.transport),
                }))
            })
            .collect()
    }
}

fn user_json(account: &Account) -> Value {
    json!({
        "userId": &*account.id, "name": account.name, "portrait": account.portrait,
        "registered": account.registered, "deactivated": account.deactivated,
        "bannedUntil": account.banned_until.map(|until| until.0),
        "online": !account.connections.is_empty(),
        "blacklist": account.blacklist.iter().map(|id| id.to_string()).collect::<Vec<_>>(),
        "whitelist": account.whitelist.iter().map(|id| id.to_string()).collect::<Vec<_>>(),
        "whitelistOn": account.whitelist_on, "tags": account.tags, "remarks": account.remarks.iter()
            .map(|(id, remark)| (id.to_string(), json!(remark))).collect::<Value>(),
        "settings": account.settings.to_json(),
    })
}

fn mailbox_json(account: &Account) -> Value {
    let uids: Vec<&str> = account.mailbox.items().map(|item| item.message.uid.as_str()).collect();
    json!({"count": account.mailbox.len(), "last": account.mailbox.last().0, "messageUIds": uids})
}
