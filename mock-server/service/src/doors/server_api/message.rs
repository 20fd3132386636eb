//! `/message/*/publish` and `/statusmessage/*`: messages an app's server sends (RECV-009, BLK-007, BLK-008, SEND-025,
//! SYNC-010, SYNC-016 to SYNC-018).

use serde_json::{Value, json};
use wire::body::UpStreamMessage;

use crate::{
    core::{bug::Bug, message::Conversation},
    doors::server_api::{
        Answer, Api, Call,
        compose::api_message,
        endpoints::{Row, Takes::Form},
        error,
        once::once,
        rate::{Rated, within_rate, within_rates},
    },
    mail::post::FromApi,
};

/// The most users that one private message is for.
pub(super) const MOST_RECEIVERS: usize = 1000;
/// The most users that one system message is for.
pub(super) const MOST_SYSTEM_RECEIVERS: usize = 100;
/// The most groups that one call names.
const MOST_GROUPS: usize = 3;
/// The most members that a message is for alone.
const MOST_MEMBERS: usize = 1000;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/discussion/publish.json", Form, api_publish_discussion),
    ("/message/group/publish.json", Form, api_publish_group),
    ("/statusmessage/private/publish.json", Form, api_publish_status_private),
    ("/statusmessage/group/publish.json", Form, api_publish_status_group),
    ("/message/private/publish.json", Form, api_publish_private),
    ("/message/system/publish.json", Form, api_publish_system),
];

/// Ignores blacklists unless `verifyBlacklist` is 1.
fn api_publish_private(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_to_users(api, call, Conversation::Private, false)
}

fn api_publish_system(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_to_users(api, call, Conversation::System, false)
}

/// A message of whatever kind for who is online now.
fn api_publish_status_private(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_to_users(api, call, Conversation::Private, true)
}

/// To the members of up to three groups, or to some of one group. Mutes do not concern it, and the sender need not be
/// a member (GRP-004, GRP-015).
fn api_publish_group(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_to_groups(api, call, false)
}

/// The same for members who are online now.
fn api_publish_status_group(api: &mut Api<'_>, call: &Call) -> Answer {
    publish_to_groups(api, call, true)
}

/// Discussion groups are retired: no client knows them any more.
fn api_publish_discussion(api: &mut Api<'_>, call: &Call) -> Answer {
    call.id("fromUserId")?;
    call.ids("toDiscussionId", MOST_GROUPS)?;
    api_message(api, call)?;
    Err(error(1009, "discussion groups are retired; send to a group"))
}

fn publish_to_groups(api: &mut Api<'_>, call: &Call, status_message: bool) -> Answer {
    let from = call.id("fromUserId")?;
    let to: Vec<String> = call.ids("toGroupId", MOST_GROUPS)?.into_iter().map(str::to_owned).collect();
    let how = &how(call, status_message, to.len());
    let mut message = api_message(api, call)?;
    if call.optional("toUserId").is_some() {
        if to.len() > 1 {
            return Err(error(1002, "with `toUserId` a message goes to one group, not to several"));
        }
        message.user_id = call.ids("toUserId", MOST_MEMBERS)?.into_iter().map(str::to_owned).collect();
    }
    once(api, call, from, |api| {
        // All or nothing: a group whose rate is used up keeps the message from the others too.
        let rates: Vec<Rated> = to.iter().map(|group| Rated::Group(group)).collect();
        within_rates(api, call.now, &rates, 1)?;
        let mut uids: Vec<Value> = Vec::new();
        for group in &to {
            let up = message.clone();
            let posted =
                api.world.mail().publish_from_api(call.now, from, group, Conversation::Group, up, how);
            uids.push(json!({"groupId": group, "messageUID": posted.uid.as_str()}));
        }
        Ok(json!({"messageUIDs": uids}))
    })
}

fn publish_to_users(
    api: &mut Api<'_>,
    call: &Call,
    conversation: Conversation,
    status_message: bool,
) -> Answer {
    let from = call.id("fromUserId")?;
    let most = most_receivers(conversation);
    let message = api_message(api, call)?;
    let to: Vec<(String, UpStreamMessage)> =
        call.ids("toUserId", most)?.into_iter().map(|user| (user.to_owned(), message.clone())).collect();
    let mut how = how(call, status_message, to.len());
    how.with_sender &= conversation == Conversation::Private;
    once(api, call, from, |api| publish_each(api, call, conversation, from, to, &how))
}

/// Sends each user its message. With `verifyBlacklist` those who refuse the sender get none, and are not among the
/// answers.
pub(super) fn publish_each(
    api: &mut Api<'_>,
    call: &Call,
    conversation: Conversation,
    from: &str,
    to: Vec<(String, UpStreamMessage)>,
    how: &FromApi,
) -> Answer {
    let private = conversation == Conversation::Private;
    within_rate(api, call.now, if private { &Rated::Private } else { &Rated::System }, to.len())?;
    let verify = private && call.flag("verifyBlacklist") && !api.world.core.has(Bug::IgnoresBlacklist);
    let sender = api.world.core.accounts.find_or_add(from);
    let mut uids: Vec<Value> = Vec::new();
    for (user, message) in to {
        let receiver = api.world.core.accounts.find_or_add(&user);
        if verify && api.world.mail().may_write(sender, receiver).is_err() {
            continue;
        }
        let posted = api.world.mail().publish_from_api(call.now, from, &user, conversation, message, how);
        uids.push(json!({"userId": user, "messageUID": posted.uid.as_str()}));
    }
    Ok(json!({"messageUIDs": uids}))
}

/// How many users one call may name.
pub(super) fn most_receivers(conversation: Conversation) -> usize {
    if conversation == Conversation::System { MOST_SYSTEM_RECEIVERS } else { MOST_RECEIVERS }
}

/// With several targets nobody's message includes its sender.
fn how(call: &Call, status_message: bool, targets: usize) -> FromApi {
    FromApi { status_message, with_sender: targets == 1 && call.flag("isIncludeSender") }
}
