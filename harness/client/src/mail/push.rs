//! What the server says of the mailbox on its own: announcements, messages, what the user's other devices sent (RECV-008,
//! SYNC).

use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessage, UpStreamMessage},
    flags,
};

use crate::core::bug::Bug;
use crate::mail::Mail;

impl Mail<'_> {
    /// There is something up to that time; an announcement without a time tells of something new all the same.
    pub(crate) fn noticed(&mut self, now: UnixMillis, time: Option<UnixMillis>) {
        if self.state.inbox.feed.is_pulling() && self.core.has(Bug::DeafDuringPulls) {
            return;
        }
        if time.is_none() && self.core.has(Bug::DeafToTimelessNotices) {
            return;
        }
        if self.state.inbox.feed.announce(time) {
            self.pull(now);
        }
    }

    /// A message as it is.
    pub(crate) fn message_pushed(&mut self, now: UnixMillis, down: &DownStreamMessage) {
        let status_message = down.ext_status() & flags::ext::STATUS != 0;
        let time = UnixMillis(down.data_time);
        let inbox = &self.state.inbox;
        if !status_message
            && (inbox.feed.is_pulling() || !inbox.synced)
            && !self.core.has(Bug::PushesOvertakePulls)
        {
            // A pull brings it in its place. Taken now, it would lift the watermark over what is still to come.
            return self.noticed(now, Some(time));
        }
        if let Some(arrival) = self.take_in(now, down) {
            self.hand_over(arrival, 0, false);
        }
        if !status_message && !down.is_own() {
            self.state.inbox.feed.reached(time);
            self.save_watermarks();
            if self.core.has(Bug::PullsPushedMessages) {
                self.pull(now);
            }
        }
    }

    /// What another device of the user's sent to `target`, with the time and the UID the server gave it.
    pub(crate) fn mirrored(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: String,
        up: UpStreamMessage,
        (time, uid): (UnixMillis, String),
    ) {
        let down = DownStreamMessage {
            // As in a pull: an own private message names the peer as its sender.
            from_user_id: target.clone(),
            r#type: if topic == Topic::PgMsgP { 3 } else { 1 },
            group_id: Some(target),
            classname: up.classname,
            content: up.content,
            data_time: time.0,
            status: flags::up_to_down(up.session_id),
            msg_id: Some(uid),
            direction: Some(true),
            extra_content: up.extra_content,
            ..DownStreamMessage::default()
        };
        if let Some(arrival) = self.take_in(now, &down) {
            self.hand_over(arrival, 0, false);
        }
        let inbox = &mut self.state.inbox;
        if inbox.synced && !inbox.feed.is_pulling() {
            inbox.sent = inbox.sent.max(time);
            self.save_watermarks();
        }
    }
}
