//! What a world holds, as JSON for the control API and for scenarios that look inside.

use serde_json::{Value, json};

use crate::{
    core::{
        account::{Account, UserIx},
        bug::Bug,
    },
    mail::mailbox::Mailbox,
    world::World,
};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $wire:literal,)*) => {
        /// What can be looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum StateKind {
            $($(#[doc = $doc])* $name,)*
        }

        impl StateKind {
            /// Every kind with its name and meaning.
            pub const ALL: &[(StateKind, &str, &str)] = &[$((StateKind::$name, $wire, concat!($($doc),*))),*];
        }
    };
}

kinds! {
    /// Accounts with their lists and settings.
    Users = "users",
    /// Connections of each user.
    Devices = "devices",
    /// Members of groups.
    Groups = "groups",
    /// Rooms with members, entries and bans.
    Chatrooms = "chatrooms",
    /// Ultra groups with members and channels.
    UltraGroups = "ultragroups",
    /// Uploaded files.
    Files = "files",
    /// Messages that wait for each user.
    Mailboxes = "mailboxes",
    /// Notifications that went out or did not, and why.
    Pushes = "pushes",
    /// Every switch with its value and meaning.
    Switches = "switches",
    /// Every limit with its value and meaning.
    Limits = "limits",
    /// Every deliberate bug, whether it is on, and its meaning.
    Bugs = "bugs",
}

impl StateKind {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }
}

/// What the world holds of a kind ([`StateKind`]); `id` narrows it to one of it. `None`: no such kind or id.
#[must_use]
pub(crate) fn state(world: &World, kind: &str, id: Option<&str>) -> Option<Value> {
    let user = || id.map(|id| world.core.accounts.find(id));
    let of_users = |view: &dyn Fn(UserIx) -> Value| match user() {
        Some(user) => Some(view(user?)),
        None => Some(
            world.core.accounts.iter().enumerate().map(|(user, a)| (a.id.to_string(), view(user))).collect(),
        ),
    };
    match StateKind::named(kind)? {
        StateKind::Users => of_users(&|user| user_json(world, user)),
        StateKind::Devices => of_users(&|user| devices_json(world, &world.core.accounts[user])),
        StateKind::Mailboxes => of_users(&|user| mailbox_json(&world.mail.mailboxes[user])),
        StateKind::Groups => groups_json(world, id),
        StateKind::Chatrooms => world.chatrooms.to_json(&world.core.accounts, id),
        StateKind::UltraGroups => world.ultra_groups.to_json(&world.core.accounts, id),
        StateKind::Files => Some(world.files.to_json(&world.core.accounts)),
        StateKind::Pushes => match user() {
            Some(user) => Some(world.outward.pushes.to_json(&world.core, Some(user?))),
            None => Some(world.outward.pushes.to_json(&world.core, None)),
        },
        StateKind::Switches => one_or_all(switches_json(world), id),
        StateKind::Limits => one_or_all(limits_json(world), id),
        StateKind::Bugs => one_or_all(bugs_json(world), id),
    }
}

pub(crate) fn user_json(world: &World, user: UserIx) -> Value {
    let account = &world.core.accounts[user];
    json!({
        "userId": &*account.id, "name": account.name, "portrait": account.portrait,
        "registered": account.registered, "deactivated": account.deactivated,
        "bannedUntil": account.banned_until.map(|until| until.0),
        "online": !account.connections.is_empty(),
        "blacklist": account.blacklist.iter().map(|id| id.to_string()).collect::<Vec<_>>(),
        "whitelist": account.whitelist.iter().map(|id| id.to_string()).collect::<Vec<_>>(),
        "whitelistOn": account.whitelist_on, "tags": account.tags, "remarks": account.remarks.iter()
            .map(|(id, remark)| (id.to_string(), json!(remark))).collect::<Value>(),
        "settings": world.preferences.settings[user].to_json(),
    })
}

pub(crate) fn groups_json(world: &World, id: Option<&str>) -> Option<Value> {
    let member_ids = |members: &Vec<usize>| -> Value {
        members.iter().map(|user| json!(&*world.core.accounts[*user].id)).collect()
    };
    match id {
        Some(id) => world.mail.groups.get(id).map(member_ids),
        None => {
            let groups = world.mail.groups.iter();
            Some(groups.map(|(id, group)| (id.to_string(), member_ids(group.members()))).collect())
        }
    }
}

pub(crate) fn switches_json(world: &World) -> Value {
    let row = |(name, value, meaning): (&str, bool, String)| {
        (name.to_owned(), json!({"value": value, "meaning": meaning}))
    };
    world.core.switches.describe().into_iter().map(row).collect()
}

pub(crate) fn limits_json(world: &World) -> Value {
    let rows = world.core.limits.describe().into_iter();
    rows.map(|(name, value, meaning)| (name, json!({"value": value, "meaning": meaning}))).collect()
}

pub(crate) fn bugs_json(world: &World) -> Value {
    let row = |(bug, name): &(Bug, &str)| {
        ((*name).to_owned(), json!({"on": world.core.bugs.is_on(*bug), "meaning": bug.meaning()}))
    };
    Bug::ALL.iter().map(row).collect()
}

pub(crate) fn devices_json(world: &World, account: &Account) -> Value {
    account
        .connections
        .iter()
        .filter_map(|id| {
            let connection = world.core.connections.get(id)?;
            let device = &account.devices[usize::from(connection.device)];
            Some(json!({
                "conn": id.0, "class": connection.class, "deviceId": device.id, "label": &*connection.label,
                "since": connection.since.0, "read": connection.read, "written": connection.written,
                "transport": format!("{:?}", connection.transport),
            }))
        })
        .collect()
}

fn one_or_all(all: Value, id: Option<&str>) -> Option<Value> {
    match id {
        Some(id) => all.get(id).cloned(),
        None => Some(all),
    }
}

fn mailbox_json(mailbox: &Mailbox) -> Value {
    let uids: Vec<&str> = mailbox.items().map(|item| item.message.uid.as_str()).collect();
    json!({"count": mailbox.len(), "last": mailbox.last().0, "messageUIds": uids})
}
