//! Messages that are modified or expanded after they were sent (UGMOD, UGEXP).

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use wire::{
    Request, Topic, UnixMillis,
    body::{ModifyMsgResp, MsgChangeReq},
    code::status,
    flags,
};

use crate::{
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        expansion::Rules,
        ids::Uid,
        message::{Conversation, Posted},
    },
    ultra_group::{UltraGroups, change::Kind},
};

/// A change that was carried out.
pub(crate) struct Changed {
    pub(crate) uid: Uid,
    pub(crate) time: UnixMillis,
}

/// `upMsgEx` and `modifyMsg`, asked by QUERY.
pub(crate) fn change_message(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    user: UserIx,
    request: &Request,
) -> Answer {
    let changed = try_change_message(groups, now, user, request)?;
    if request.topic == Topic::UpMsgEx {
        return Ok(Bytes::new());
    }
    let asked: MsgChangeReq = read(request)?;
    let entry = groups.state.get(target(request, &asked)).and_then(|group| group.log.find(changed.uid));
    let msg = entry.map(|entry| entry.seen_by(user, &groups.core.accounts));
    write(&ModifyMsgResp { modify_time: Some(changed.time.0), msg })
}

/// The same, asked by PUBLISH as old SDKs do.
pub(crate) fn change_message_by_publish(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    user: UserIx,
    request: &Request,
) -> Result<Posted, u16> {
    let changed = try_change_message(groups, now, user, request)?;
    Ok(Posted { uid: changed.uid, time: changed.time })
}

fn try_change_message(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    user: UserIx,
    request: &Request,
) -> Result<Changed, u16> {
    let asked: MsgChangeReq = read(request)?;
    // No other conversation has it (UGMOD-007).
    if asked.r#type() != Conversation::UltraGroup as i32 {
        return Err(status::NOT_SUPPORTED);
    }
    groups.ultra_groups_on()?;
    let group = target(request, &asked).to_owned();
    let uid = Uid::parse(asked.msg_uid()).ok_or(status::EXPANSION_NO_MESSAGE)?;
    seen_message(groups, &group, user, uid)?;
    match request.topic {
        Topic::UpMsgEx => {
            let most = groups.core.limits.expansion_update;
            expand_in_channel(groups, now, &group, uid, asked.content(), most, Some(user))
        }
        _ => {
            let own = groups.state.get(&group).and_then(|group| group.log.find(uid));
            if own.is_none_or(|entry| entry.by != user) && !groups.core.has(Bug::ModifiesAnyMessage) {
                return Err(status::EXPANSION_NO_RIGHT);
            }
            modify_in_channel(groups, now, &group, uid, asked.content(), Some(user))
        }
    }
}

/// # Errors
/// There is no such message, or it is in a channel that the user does not see.
fn seen_message(groups: &mut UltraGroups<'_>, group: &str, user: UserIx, uid: Uid) -> Result<(), u16> {
    let known = groups.state.get(group).ok_or(status::NO_ULTRA_GROUP)?;
    if !known.has_member(user) {
        return Err(status::NOT_IN_ULTRA_GROUP);
    }
    let entry = known.log.find(uid).filter(|entry| !entry.recalled && entry.is_for(user));
    let channel = entry.ok_or(status::EXPANSION_NO_MESSAGE)?.channel.clone();
    groups.channel_for(group, user, &channel).map(|_| ())
}

/// Puts another content into a message; its UID and time stay (UGMOD-005, UGMOD-006).
pub(crate) fn modify_in_channel(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    uid: Uid,
    content: &str,
    by: Option<UserIx>,
) -> Result<Changed, u16> {
    if content.is_empty() || content.len() > groups.core.limits.message_bytes {
        return Err(status::ULTRA_GROUP_PARAMETER);
    }
    let reminded = groups.reminded(content.as_bytes());
    let keeps = groups.core.has(Bug::KeepsModified);
    let Some(known) = groups.state.get_mut(group) else { return Err(status::NO_ULTRA_GROUP) };
    let entry = known.log.find_mut(uid).filter(|entry| !entry.recalled);
    let entry = entry.ok_or(status::EXPANSION_NO_MESSAGE)?;
    if !keeps {
        entry.message = Arc::new(entry.message.edited(|down| {
            down.content = content.to_owned().into();
            down.ext_status = Some(down.ext_status() | flags::ext::MODIFIED);
        }));
        entry.reminded = reminded;
    }
    let (audience, what) = entry.change(Kind::Modified);
    let message = entry.message.clone();
    known.mentions_changed(uid);
    let time = if groups.core.has(Bug::ModifiesSilently) {
        now
    } else {
        groups.note_change(now, group, audience, what)
    };
    groups.outward().route_change(now, &message, None, by);
    Ok(Changed { uid, time })
}

/// Carries a change of an expansion out: JSON with `put`, `del` or `clear` (UGEXP-005 to UGEXP-008).
pub(crate) fn expand_in_channel(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    group: &str,
    uid: Uid,
    change: &str,
    most: usize,
    by: Option<UserIx>,
) -> Result<Changed, u16> {
    let asked: Value = serde_json::from_str(change).map_err(|_| status::EXPANSION_FORMAT)?;
    let rules = Rules {
        now,
        most,
        whole: groups.core.limits.expansion_pairs,
        bound: !groups.core.has(Bug::IgnoresExpansionLimits),
    };
    let any = groups.core.has(Bug::ExpandsAny);
    let Some(known) = groups.state.get_mut(group) else { return Err(status::NO_ULTRA_GROUP) };
    let entry = known.log.find_mut(uid).filter(|entry| !entry.recalled);
    let entry = entry.ok_or(status::EXPANSION_NO_MESSAGE)?;
    if !entry.message.expandable && !any {
        return Err(status::EXPANSION_OFF);
    }
    let pairs = entry.expansion.changed(&asked, &rules)?;
    let text = pairs.on_the_wire();
    entry.expansion = pairs;
    entry.message = Arc::new(entry.message.edited(|down| down.extra_content = Some(text)));
    let (audience, what) = entry.change(Kind::Expanded);
    let message = entry.message.clone();
    known.answer.forget();
    let time = if groups.core.has(Bug::DropsExpansion) {
        now
    } else {
        groups.note_change(now, group, audience, what)
    };
    groups.outward().route_change(now, &message, Some(change), by);
    Ok(Changed { uid, time })
}

/// The group: the body names it, or the frame where it does not.
fn target<'a>(request: &'a Request, asked: &'a MsgChangeReq) -> &'a str {
    if asked.target_id().is_empty() { &request.target } else { asked.target_id() }
}
