//! A page of history as it is answered, whatever the conversation.

use wire::{
    UnixMillis,
    body::{DownStreamMessage, HistoryMsgOuput},
};

use crate::core::answer::{Answer, write};

/// What was found for a question.
pub(crate) struct Page {
    /// The time that was asked from; 0 or less is now, for what is older.
    pub(crate) asked: i64,
    /// Newer than that time, oldest first; otherwise older, newest first.
    pub(crate) newer: bool,
    /// Up to the first message that did not fit.
    pub(crate) list: Vec<DownStreamMessage>,
    /// There are others beyond.
    pub(crate) more: bool,
    /// How far back this history goes.
    pub(crate) since: UnixMillis,
}

impl Page {
    /// The answer, with where the next page begins (`syncTime`) and between which times this one leaves nothing out
    /// (`credibleStartTime`, `credibleEndTime`, bounds included).
    ///
    /// Web SDKs look at neither; the vendor's native client shows nothing of a page that does not say for which times it
    /// stands (seen with 5.46.1). That the ends are those of the question and of what was found is assumed.
    pub(crate) fn answer(self, now: UnixMillis) -> Answer {
        let times = || self.list.iter().map(|message| message.data_time);
        let last = times().last();
        let reached = last.filter(|_| self.more);
        let since = self.since.0.max(0);
        // Messages of one millisecond have times ahead of the clock; what is later than they is not known of yet, though
        // a client asks from the end of time.
        let newest = times().fold(now.0, i64::max);
        let (start, end) = if self.newer {
            (self.asked.max(since), reached.unwrap_or(newest))
        } else {
            (reached.unwrap_or(since), if self.asked > 0 { self.asked.min(newest) } else { newest })
        };
        write(&HistoryMsgOuput {
            sync_time: last.unwrap_or(self.asked),
            has_msg: i32::from(self.more),
            list: self.list,
            credible_start_time: Some(start.min(end)),
            credible_end_time: Some(end),
            ..HistoryMsgOuput::default()
        })
    }
}
