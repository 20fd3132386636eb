//! Do-not-disturb levels for all members: of a group, of a channel. The server keeps them (UGDND-048 to UGDND-055).

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Topic, UnixMillis,
    body::{GroupUnpushQuery, GroupUnpushResult, GroupUnpushSet},
    code::status,
};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        level::{level_name, level_number},
        message::Object,
    },
    ultra_group::{Call, UltraGroups, channel, echo, with_code},
};

const OF_GROUP: &[&str] = &["targetId"];
const OF_CHANNEL: &[&str] = &["targetId", "channelId"];

pub(crate) fn set(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    args: &Object,
    of_channel: bool,
) -> CallResult {
    let (Some((group, mut channel)), Some(level)) = (place(args, of_channel), level_number(args)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    if channel.is_some() && groups.core.has(Bug::ChannelDefaultsOfGroups) {
        channel = None;
    }
    let (event, names): (_, &[&str]) = if of_channel {
        ("onUltraGroupChannelDefaultNotificationLevelChanged", &["targetId", "channelId", "level"])
    } else {
        ("onUltraGroupDefaultNotificationLevelChanged", &["targetId", "level"])
    };
    let body = GroupUnpushSet { bus_channel: channel, unpush_level: level };
    let call = Call::SetLevel { event, echo: echo(args, names) };
    groups.ask(now, Topic::UgUnpushSet, &group, body.encode_to_vec(), call);
    CallResult::Code(0)
}

pub(crate) fn load(
    groups: &mut UltraGroups<'_>,
    now: UnixMillis,
    args: &Object,
    of_channel: bool,
) -> CallResult {
    let Some((group, channel)) = place(args, of_channel) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let (event, names) = if of_channel {
        ("onUltraGroupChannelDefaultNotificationLevelLoaded", OF_CHANNEL)
    } else {
        ("onUltraGroupDefaultNotificationLevelLoaded", OF_GROUP)
    };
    let body = GroupUnpushQuery { bus_channel: channel };
    let call = Call::LoadLevel { event, echo: echo(args, names) };
    groups.ask(now, Topic::UgUnpushQuery, &group, body.encode_to_vec(), call);
    CallResult::Code(0)
}

pub(super) fn loaded(core: &mut Core, event: &'static str, mut echo: Object, code: i64, body: &Bytes) {
    let (code, level) = match GroupUnpushResult::decode(body.clone()) {
        Ok(result) if code == 0 => (0, result.unpush_level),
        Err(_) if code == 0 => (i64::from(status::BAD_PARAMETER), 0),
        _ => (code, 0),
    };
    echo.insert("level".into(), level_name(level).into());
    core.fire(event, with_code(code, echo));
}

/// The group, and its channel if the call is about one. A group has no `busChannel`.
fn place(args: &Object, of_channel: bool) -> Option<(String, Option<String>)> {
    if of_channel {
        channel(args).map(|(group, channel)| (group, Some(channel)))
    } else {
        crate::ultra_group::group(args).map(|group| (group, None))
    }
}
