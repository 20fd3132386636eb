//! Clearing history by time: of a channel, here and on the server, or here in every channel (UGDEL). It is this user's
//! history alone (UGDEL-010).

use prost::Message as _;
use wire::{Topic, UnixMillis, body::CleanHisMsgInput};

use crate::ultra_group::{Call, Channel, NUMBER, channel, echo, group, with_code};
use crate::{
    core::{
        code,
        io::CallResult,
        message::{Object, text},
    },
    engine::Engine,
    local::number,
};

/// A call of `clearUltraGroupMessages` on its way.
#[derive(Debug, Clone)]
pub(crate) struct Clear {
    of: Channel,
    timestamp: i64,
    with_local: bool,
    echo: Object,
}

impl Engine {
    /// `clearUltraGroupMessages(targetId, channelId, timestamp, policy)` follows its policy (AMB-14). As elsewhere, 0
    /// stands for all.
    pub(super) fn clear_channel(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let policy = text(args, "policy");
        let known = matches!(policy.as_str(), "local" | "remote" | "local_remote");
        let (Some(of), Some(timestamp), true) =
            (channel(args), number(args, "timestamp", 0..=i64::MAX), known)
        else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let echo = echo(args, &["targetId", "channelId", "timestamp", "policy"]);
        let clear = Clear { of, timestamp, with_local: policy != "remote", echo };
        if policy == "local" {
            self.channel_cleared(clear, 0);
            return CallResult::Code(0);
        }
        let ask = CleanHisMsgInput {
            target_id: Some(clear.of.0.clone()),
            data_time: Some(timestamp),
            conversation_type: Some(NUMBER),
            bus_channel: Some(clear.of.1.clone()),
        };
        self.ask_own(now, Topic::CleanGMsg, ask.encode_to_vec(), Call::Clear(clear));
        CallResult::Code(0)
    }

    /// What the server refuses is not done here either.
    pub(super) fn channel_cleared(&mut self, clear: Clear, mut code: i64) {
        let Clear { of: (group, channel), timestamp, with_local, echo } = clear;
        if code == 0 && with_local {
            let of = ("ultra_group", group.as_str(), channel.as_str());
            (code, ()) = self.of_database(self.store.forget_until(of, timestamp));
        }
        self.fire("onUltraGroupMessagesCleared", with_code(code, echo));
    }

    /// `clearUltraGroupMessagesForAllChannel(targetId, timestamp)`: here alone (UGDEL-002).
    pub(super) fn clear_all_channels(&mut self, args: &Object) -> CallResult {
        let (Some(group), Some(timestamp)) = (group(args), number(args, "timestamp", 0..=i64::MAX)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        let (code, ()) = self.of_database(self.store.forget_group_until(&group, timestamp));
        let echo = echo(args, &["targetId", "timestamp"]);
        self.fire("onUltraGroupMessagesClearedForAllChannel", with_code(code, echo));
        CallResult::Code(0)
    }
}
