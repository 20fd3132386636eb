//! Clearing history by time: of a channel, here and on the server, or here in every channel (UGDEL). It is this user's
//! history alone (UGDEL-010).

use prost::Message as _;
use wire::{Topic, UnixMillis, body::CleanHisMsgInput};

use crate::{
    core::{
        Core,
        arguments::number,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    ultra_group::{Call, Channel, NUMBER, UltraGroups, channel, echo, group, with_code},
};

/// A call of `clearUltraGroupMessages` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Clear {
    of: Channel,
    timestamp: i64,
    with_local: bool,
    echo: Object,
}

/// `clearUltraGroupMessages(targetId, channelId, timestamp, policy)` follows its policy (AMB-14). As elsewhere, 0
/// stands for all.
pub(crate) fn clear(groups: &mut UltraGroups<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let policy = text(args, "policy");
    let known = matches!(policy.as_str(), "local" | "remote" | "local_remote");
    let (Some(of), Some(timestamp), true) = (channel(args), number(args, "timestamp", 0..=i64::MAX), known)
    else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let echo = echo(args, &["targetId", "channelId", "timestamp", "policy"]);
    let clear = Clear { of, timestamp, with_local: policy != "remote", echo };
    if policy == "local" {
        cleared(groups.core, clear, 0);
        return CallResult::Code(0);
    }
    let ask = CleanHisMsgInput {
        target_id: Some(clear.of.0.clone()),
        data_time: Some(timestamp),
        conversation_type: Some(NUMBER),
        bus_channel: Some(clear.of.1.clone()),
    };
    groups.ask_own(now, Topic::CleanGMsg, ask.encode_to_vec(), Call::Clear(clear));
    CallResult::Code(0)
}

/// What the server refuses is not done here either.
pub(super) fn cleared(core: &mut Core, clear: Clear, mut code: i64) {
    let Clear { of: (group, channel), timestamp, with_local, echo } = clear;
    if (code == 0 || core.has(Bug::RefusedChannelClearingClears)) && with_local {
        let of = ("ultra_group", group.as_str(), channel.as_str());
        let done = match core.has(Bug::ClearsEveryChannel) {
            false => core.store.forget_until(of, timestamp),
            true => core.store.forget_group_until(&group, timestamp),
        };
        if code == 0 {
            (code, ()) = core.store.outcome(done);
        }
    }
    core.fire("onUltraGroupMessagesCleared", with_code(code, echo));
}

/// `clearUltraGroupMessagesForAllChannel(targetId, timestamp)`: here alone (UGDEL-002).
pub(crate) fn clear_all(core: &mut Core, args: &Object) -> CallResult {
    let (Some(group), Some(timestamp)) = (group(args), number(args, "timestamp", 0..=i64::MAX)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let (code, ()) = core.store.outcome(core.store.forget_group_until(&group, timestamp));
    let echo = echo(args, &["targetId", "timestamp"]);
    core.fire("onUltraGroupMessagesClearedForAllChannel", with_code(code, echo));
    CallResult::Code(0)
}
