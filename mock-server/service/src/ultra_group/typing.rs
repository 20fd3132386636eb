//! Typing (UGTYPE): the service collects who types for a while, and tells the others at once (UGTYPE-004, AMB-67).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Request, ServerFrame, Topic, UnixMillis,
    body::{OperateInfo, OperateStatus, OperateStatusNotify, OperateSummary},
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        answer::read,
        bug::Bug,
        io::ConnId,
        message::{Conversation, Posted},
        timers::{Delayed, Due},
    },
    ultra_group::UltraGroups,
};

/// `notifyType`: both lists count.
const BOTH: i64 = 3;

/// Who types where, since when; told together when the time is over.
pub(super) type Typing = BTreeMap<Arc<str>, BTreeMap<UserIx, UnixMillis>>;

/// What a connection is told of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct View<'a> {
    channels: BTreeSet<&'a Arc<str>>,
    /// Whom it is not told of: itself.
    but: Option<UserIx>,
}

/// `operate`: the first one of a period starts it.
pub(crate) fn types_in_channel(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    user: UserIx,
    request: &Request,
) -> Result<Posted, u16> {
    let asked: OperateStatus = read(request)?;
    let id = if asked.target_id().is_empty() { &request.target } else { asked.target_id() }.to_owned();
    if asked.r#type() != Conversation::UltraGroup as i32 || asked.op_type() != 0 {
        return Err(status::ULTRA_GROUP_PARAMETER);
    }
    let channel = groups.channel_for(&id, user, asked.bus_channel())?;
    let posted = Posted { uid: groups.core.ids.message_uid(now), time: now };
    let period = u64::from(groups.core.limits.ultra_group_typing_seconds) * 1000;
    let at_once = groups.core.has(Bug::TellsTypingAtOnce);
    let Some(group) = groups.state.get_mut(&id) else { return Err(status::NO_ULTRA_GROUP) };
    let starts = group.typing.is_empty();
    group.typing.entry(channel).or_default().insert(user, now);
    let id = group.id.clone();
    if at_once {
        tell_of_typing(groups, now, &id);
    } else if starts {
        groups.core.delay(now, period, Delayed::Topic(Due::UltraTyping(id)));
    }
    Ok(posted)
}

/// The period is over: members are told who types in the channels they see, but not of themselves.
pub(crate) fn tell_of_typing(groups: &mut UltraGroups<'_>, now: UnixMillis, id: &str) {
    let Some(group) = groups.state.get_mut(id) else { return };
    let typing = std::mem::take(&mut group.typing);
    if groups.core.has(Bug::TypingIsNotForwarded) {
        return;
    }
    let Some(group) = groups.state.get(id) else { return };
    // By what they get: most get the same.
    let mut told: BTreeMap<ConnId, BTreeSet<&Arc<str>>> = BTreeMap::new();
    for channel in typing.keys() {
        let Some(known) = group.channels.get(channel) else { continue };
        for conn in group.audience(groups.core, known) {
            told.entry(conn).or_default().insert(channel);
        }
    }
    let typists: BTreeSet<UserIx> = typing.values().flat_map(BTreeMap::keys).copied().collect();
    let mut bodies: BTreeMap<View<'_>, Option<Bytes>> = BTreeMap::new();
    let mut frames = Vec::new();
    for (conn, channels) in told {
        let Some(connection) = groups.core.connections.get(&conn) else { continue };
        let own = typists.contains(&connection.user).then_some(connection.user);
        let view = View { channels, but: own };
        if !bodies.contains_key(&view) {
            let body = typing_body(groups, id, &typing, &view);
            bodies.insert(view.clone(), body);
        }
        let body = bodies.get(&view).and_then(Option::as_ref);
        if let Some(body) = body {
            frames.push((conn, groups.core.accounts[connection.user].id.to_string(), body.clone()));
        }
    }
    for (conn, target, body) in frames {
        let seconds = now.seconds();
        let topic = Topic::SOpNtf;
        let frame = ServerFrame::Publish { dup: false, qos: 0, seconds, topic, target, id: 0, body };
        groups.core.send(now, conn, frame, None);
    }
}

/// Who types, as far as it is told; `None`: nobody.
fn typing_body(
    groups: &UltraGroups<'_>,
    group: &str,
    typing: &Typing,
    View { channels, but }: &View<'_>,
) -> Option<Bytes> {
    let mut notify = OperateStatusNotify {
        r#type: Some(Conversation::UltraGroup as i32),
        notify_type: Some(BOTH),
        ..OperateStatusNotify::default()
    };
    for (channel, users) in typing.iter().filter(|(channel, _)| channels.contains(channel)) {
        let others = || users.iter().filter(|(user, _)| Some(**user) != *but);
        notify.info.extend(others().map(|(user, time)| OperateInfo {
            target_id: Some(group.to_owned()),
            bus_channel: Some(channel.to_string()),
            user_id: Some(groups.core.accounts[*user].id.to_string()),
            op_type: Some(0),
            optime: Some(time.0),
        }));
        if others().next().is_some() {
            notify.summary.push(OperateSummary {
                target_id: Some(group.to_owned()),
                bus_channel: Some(channel.to_string()),
                count: i32::try_from(others().count()).ok(),
                op_type: Some(0),
            });
        }
    }
    (!notify.info.is_empty()).then(|| notify.encode_to_vec().into())
}
