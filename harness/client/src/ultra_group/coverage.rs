//! For which times the store has every message of a channel, so that reading history asks the server only for what is
//! missing (UGHIST-001 to UGHIST-003).
//!
//! Pulls make a channel complete from the beginning of the session, or from the first message met in it, to the watermark;
//! pages of history add spans of their own. It is kept for the session: afterwards more is asked than need be.

use std::collections::BTreeMap;

use crate::ultra_group::Channel;

/// Later than the first number, up to and including the second.
type Span = (i64, i64);

#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// When the session began; what is met before is no part of it.
    began: i64,
    channels: BTreeMap<Channel, Spans>,
}

#[derive(Debug, Default)]
struct Spans {
    /// Complete later than this, up to the watermark.
    live: Option<i64>,
    /// Disjoint, ascending.
    past: Vec<Span>,
}

impl Coverage {
    /// The session begins, for every channel known so far.
    pub(super) fn begin(&mut self, time: i64) {
        self.began = time;
        for spans in self.channels.values_mut() {
            spans.live = Some(time);
        }
    }

    /// A channel of the list.
    pub(super) fn know(&mut self, channel: &Channel) {
        self.channels.entry(channel.clone()).or_default();
    }

    /// A message that was pulled: what comes after it in its channel will be, too.
    pub(super) fn meet(&mut self, channel: &Channel, time: i64) {
        let spans = self.channels.entry(channel.clone()).or_default();
        let since = time.saturating_sub(1).max(self.began);
        spans.live.get_or_insert(since);
    }

    /// What the user may see of a channel has changed.
    pub(super) fn forget(&mut self, channel: &Channel) {
        self.channels.remove(channel);
    }

    /// A page of history has brought everything of that span.
    pub(super) fn add(&mut self, channel: &Channel, span: Span) {
        let spans = self.channels.entry(channel.clone()).or_default();
        spans.past.push(span);
        spans.past.sort_unstable();
        let mut merged: Vec<Span> = Vec::new();
        for (low, high) in spans.past.drain(..).filter(|(low, high)| low < high) {
            match merged.last_mut() {
                Some(last) if low <= last.1 => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        spans.past = merged;
    }

    /// The complete span that holds that time; `until` is where the live one ends.
    pub(super) fn around(&self, channel: &Channel, time: i64, until: i64) -> Option<Span> {
        let spans = self.channels.get(channel)?;
        let live = spans.live.map(|low| (low, until)).filter(|(low, high)| low < high);
        let all = || spans.past.iter().copied().chain(live);
        let (mut low, mut high) = all().find(|(low, high)| *low < time && time <= *high)?;
        // Spans that touch are one.
        while let Some(span) =
            all().find(|span| (span.0 < low && low <= span.1) || (span.0 <= high && high < span.1))
        {
            (low, high) = (low.min(span.0), high.max(span.1));
        }
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        ("g".to_owned(), "c".to_owned())
    }

    #[test]
    fn spans_that_touch_are_one_and_others_leave_a_gap() {
        let mut coverage = Coverage::default();
        coverage.know(&channel());
        coverage.begin(100);
        assert_eq!(coverage.around(&channel(), 150, 200), Some((100, 200)));
        assert_eq!(coverage.around(&channel(), 100, 200), None);
        coverage.add(&channel(), (50, 100));
        coverage.add(&channel(), (10, 30));
        assert_eq!(coverage.around(&channel(), 150, 200), Some((50, 200)));
        assert_eq!(coverage.around(&channel(), 40, 200), None);
        coverage.add(&channel(), (20, 60));
        assert_eq!(coverage.around(&channel(), 150, i64::MAX), Some((10, i64::MAX)));
    }

    #[test]
    fn a_channel_first_met_in_the_session_is_complete_from_there() {
        let mut coverage = Coverage::default();
        coverage.begin(100);
        assert_eq!(coverage.around(&channel(), 150, 200), None);
        coverage.meet(&channel(), 150);
        coverage.meet(&channel(), 170);
        assert_eq!(coverage.around(&channel(), 160, 200), Some((149, 200)));
        coverage.forget(&channel());
        assert_eq!(coverage.around(&channel(), 160, 200), None);
    }
}
