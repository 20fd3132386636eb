//! What is read: here, by `syncUltraGroupReadStatus`, and on the user's other devices (UGREAD).

use prost::Message as _;
use serde_json::json;
use wire::{Topic, UnixMillis, body::SessionMsgReadInput};

use crate::{
    core::{arguments::number, bug::Bug, code, io::CallResult, message::Object},
    ultra_group::{Call, Channel, NUMBER, UltraGroups, channel, echo, key, with_code},
};

impl UltraGroups<'_> {
    /// `syncUltraGroupReadStatus(targetId, channelId, timestamp)`: all of the channel, whatever the time (UGREAD-007).
    pub(crate) fn read_channel(&mut self, now: UnixMillis, args: &Object) -> CallResult {
        let (Some(of), Some(_)) = (channel(args), number(args, "timestamp", 0..=i64::MAX)) else {
            return CallResult::Code(code::PARAM_ERROR);
        };
        // In the server's time, and no earlier than what was fetched.
        let state = &*self.state;
        let read_at = now.0.saturating_add(state.server_ahead).max(state.messages.watermark().0);
        let body = SessionMsgReadInput {
            r#type: Some(NUMBER),
            msg_time: Some(read_at),
            channel_id: Some(of.0.clone()),
            bus_channel: Some(of.1.clone()),
        };
        let call = Call::Read { of, read_at, echo: echo(args, &["targetId", "channelId", "timestamp"]) };
        self.ask_own(now, Topic::UpdUgRTime, body.encode_to_vec(), call);
        CallResult::Code(0)
    }

    /// Read here once the server has it (UGREAD-003). This device hears of its own state by the result alone (UGREAD-009).
    pub(super) fn channel_read(&mut self, of: Channel, read_at: i64, echo: Object, code: i64) {
        if code == 0 || self.core.has(Bug::RefusedReadingReads) {
            if let Some(until) = echo.get("timestamp").and_then(serde_json::Value::as_i64)
                && self.core.has(Bug::ReadTimestampCounts)
            {
                self.channel_read_until(&of, until);
                return self.core.fire("onUltraGroupReadStatusSynced", with_code(code, echo));
            }
            if self.core.has(Bug::ReadsWholeGroup) {
                for (other, _) in self.core.store.unread_counts(false).unwrap_or_default() {
                    if other.target == of.0 && other.kind == "ultra_group" {
                        let _ = self.core.store.clear_unread(&other, i64::MAX);
                    }
                }
            }
            self.channel_read_until(&of, read_at);
            // What came while the call was under way is read, too: the call names no time.
            let _ = self.core.store.mark_read(&key(&of), i64::MAX);
            let _ = self.core.store.clear_unread(&key(&of), i64::MAX);
        }
        self.core.fire("onUltraGroupReadStatusSynced", with_code(code, echo));
    }

    /// Another device of the user's has read a channel. The documentation tells of it by the callback of all
    /// conversations, which names no channel (AMB-65); the vendor's engines have one of its own beside it.
    pub(crate) fn read_elsewhere(&mut self, body: &[u8], at: UnixMillis) {
        let Ok(read) = SessionMsgReadInput::decode(body) else { return };
        let (group, channel, time) = (read.channel_id(), read.bus_channel(), read.msg_time());
        if !self.core.has(Bug::ReadingElsewhereCountsNothing) {
            self.channel_read_until(&(group.to_owned(), channel.to_owned()), time.max(at.0));
        }
        self.core.fire(
            "onUltraGroupReadTimeReceived",
            json!({"targetId": group, "channelId": channel, "timestamp": time}),
        );
        self.core.fire(
            "onConversationReadStatusSyncMessageReceived",
            json!({"type": "ultra_group", "targetId": group, "timestamp": time}),
        );
    }

    /// Everything of a channel up to that time is read, also what is still to be fetched.
    pub(super) fn channel_read_until(&mut self, of: &Channel, time: i64) {
        let known = self.state.read_until.entry(of.clone()).or_insert(time);
        *known = time.max(*known);
        // The app is told even if the store cannot keep it.
        let _ = self.core.store.mark_read(&key(of), time);
        let _ = self.core.store.clear_unread(&key(of), time);
    }
}
