//! How long ids and names may be, at every door: logins, frames, set-ups and acts. (The Server API's calls say so
//! themselves, with their own codes.)
//!
//! What is documented is 64 bytes for ids of users, groups, chatrooms and ultra groups, and 20 characters for channels
//! (MSG-002); the rest is assumed, far above what clients use.

use wire::{ClientFrame, Request, Topic, code::status};

use crate::{
    core::io::Login,
    doors::operator::{
        act::Act,
        setup::{BacklogSetup, WorldSetup},
    },
};

/// Bytes of the id of a user, a group, a chatroom or an ultra group.
pub(crate) const LONGEST_ID: usize = 64;
/// Bytes of a device's id. Assumed; phones have 32 to 40.
const LONGEST_DEVICE: usize = 128;
/// Bytes of what a client calls itself, its platform and its version. Assumed.
const LONGEST_NAME: usize = 128;
/// Bytes of a token: 256 are documented, and navigation hosts may follow.
const LONGEST_TOKEN: usize = 2048;
/// Bytes of a topic. Assumed; the longest that is known has far less.
const LONGEST_TOPIC: usize = 64;

/// Whether a text is short enough for an id; it may be empty.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID
}

/// Whether a text is short enough for a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME
}

/// Whether a client calls itself what it may.
pub(crate) fn is_login(login: &Login) -> bool {
    login.device_id.len() <= LONGEST_DEVICE
        && [&login.platform, &login.sdk_version, &login.label, &login.address]
            .into_iter()
            .all(|name| is_name(name))
}

/// Whether a token is short enough to be one.
pub(crate) fn is_token(token: &str) -> bool {
    token.len() <= LONGEST_TOKEN
}

/// What a request is refused with that names its topic or its target as none may be named.
pub(crate) fn refusal(frame: &ClientFrame) -> Option<u16> {
    let (ClientFrame::Publish(request) | ClientFrame::Query(request)) = frame else { return None };
    let Request { topic, target, .. } = request;
    if is_id(target) && topic.as_str().len() <= LONGEST_TOPIC {
        return None;
    }
    Some(match topic {
        Topic::ChatMsg
        | Topic::ChatMsgS
        | Topic::JoinChrm
        | Topic::JoinChrmR
        | Topic::ExitChrm
        | Topic::QueryChrmI
        | Topic::ChrmPull
        | Topic::QryChMsg
        | Topic::SetKv
        | Topic::SetKvs
        | Topic::DelKv
        | Topic::DelKvs
        | Topic::PullKv => status::ROOM_PARAMETER,
        _ => status::BAD_PARAMETER,
    })
}

/// The ids of a set-up that are too long, a sentence each.
pub(crate) fn mistakes(setup: &WorldSetup) -> Vec<String> {
    let users = setup.users.iter().map(|user| ("users", user.id.as_str()));
    let tokens = setup.tokens.values().map(|token| ("tokens", token.user.as_str()));
    let lists =
        [("groups", &setup.groups), ("blacklists", &setup.blacklists), ("whitelists", &setup.whitelists)];
    let listed = lists.into_iter().flat_map(|(name, lists)| {
        let ids = lists.iter().flat_map(|(owner, ids)| std::iter::once(owner).chain(ids));
        ids.map(move |id| (name, id.as_str()))
    });
    let rooms = setup.chatrooms.keys().map(|id| ("chatrooms", id.as_str()));
    let ultra_groups = setup.ultra_groups.iter().flat_map(|(id, group)| {
        let ids = std::iter::once(id).chain(&group.members).chain(group.channels.keys());
        ids.map(|id| ("ultraGroups", id.as_str()))
    });
    let backlog = setup
        .backlog
        .iter()
        .flat_map(|BacklogSetup { from, to, .. }| [from.as_str(), to.as_str()].map(|id| ("backlog", id)));
    let all = users.chain(tokens).chain(listed).chain(rooms).chain(ultra_groups).chain(backlog);
    all.filter(|(_, id)| !is_id(id)).map(|(place, id)| too_long(place, id)).collect()
}

/// The first id of an act that is too long, as a sentence.
pub(crate) fn mistake_of_act(act: &Act) -> Option<String> {
    let ids: Vec<&str> = match act {
        Act::Kick(on)
        | Act::Unban(on)
        | Act::Deactivate(on)
        | Act::Reactivate(on)
        | Act::InvalidateTokens(on)
        | Act::Redirect(on) => vec![&on.user],
        Act::Ban(ban) => vec![&ban.user],
        Act::Cut(cut) => vec![&cut.user],
        Act::Push(push) => vec![&push.from, &push.to, &push.channel],
        Act::ResetChatroom(on) => vec![&on.chatroom],
        Act::Blacklist(entry) | Act::Unblacklist(entry) => vec![&entry.owner, &entry.user],
        Act::SetSwitch(_) | Act::SetAppLevel(_) | Act::Misbehave(_) | Act::Fault(_) | Act::ClearFaults(_) => {
            Vec::new()
        }
    };
    ids.into_iter().find(|id| !is_id(id)).map(|id| too_long("the act", id))
}

fn too_long(place: &str, id: &str) -> String {
    let begins: String = id.chars().take(20).collect();
    format!("{place}: the id `{begins}…` has {} bytes; at most {LONGEST_ID} are allowed", id.len())
}
