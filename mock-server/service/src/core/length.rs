//! How long ids and names may be, at every door: logins, frames, set-ups and acts. (The Server API's calls say so
//! themselves, with their own codes.)
//!
//! What is documented is 64 bytes for ids of users, groups, chatrooms and ultra groups, and 20 characters for channels
//! (MSG-002); the rest is assumed, far above what clients use.

use wire::{ClientFrame, Request, Topic, code::status};

use crate::core::io::Login;

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
