//! The start of a session, and the pulls after it.

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessages, QueryMsgChange, RelationsOutput, UltraGrpPullMsg, UltraGrpPullSes},
};

use crate::core::bug::Bug;
use crate::ultra_group::{Call, Stage, UltraGroups};

impl UltraGroups<'_> {
    /// After a login. In apps without ultra groups nothing is asked.
    pub(crate) fn begin(&mut self, now: UnixMillis, server_time: UnixMillis) {
        self.state.server_ahead = server_time.0.saturating_sub(now.0);
        self.start(now);
    }

    fn start(&mut self, now: UnixMillis) {
        if !self.core.app_has(|navi| navi.ultra_groups) {
            return;
        }
        if self.state.listed {
            if self.core.has(Bug::OutageIsSkipped) {
                self.state.messages.reached(UnixMillis(now.0.saturating_add(self.state.server_ahead)));
            }
            return self.list_channels(now);
        }
        self.state.stage = Stage::Starting;
        let ask = UltraGrpPullMsg { sync_time: 0, compressio_enabled: None };
        self.ask_own(now, Topic::PullUgMsg, ask.encode_to_vec(), Call::Start);
    }

    /// Only the time counts: messages of the answer were written before the session.
    pub(super) fn started(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(package) = DownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0) else {
            return self.not_started(now, code);
        };
        self.state.messages.restart_from(UnixMillis(package.sync_time));
        self.list_channels(now);
    }

    fn list_channels(&mut self, now: UnixMillis) {
        self.state.stage = Stage::Listing;
        let sync_time = self.state.list_version;
        let ask = UltraGrpPullSes { sync_time, is_erase_msg_content: Some(false) };
        self.ask_own(now, Topic::PullUgSes, ask.encode_to_vec(), Call::List);
    }

    pub(super) fn listed(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(page) = RelationsOutput::decode(body.clone()).ok().filter(|_| code == 0) else {
            return self.not_started(now, code);
        };
        let before = self.state.list_version;
        self.core.store.begin();
        for info in &page.info {
            self.channel_listed(now, info);
        }
        self.core.store.commit();
        // A server that promises more and gives nothing would be asked for ever.
        if page.is_finished != Some(true)
            && !self.core.has(Bug::OnePageOfChannels)
            && self.state.list_version > before
        {
            return self.list_channels(now);
        }
        let state = &mut *self.state;
        if !state.listed {
            state.listed = true;
            state.messages.reached(UnixMillis(state.list_version));
            let watermark = state.messages.watermark();
            // Changes of the time before the first login of this installation are in what is read from now on.
            let kept = self.core.store.changes_until().ok().flatten();
            let kept = kept.filter(|_| !self.core.has(Bug::ChangesBeginAnew));
            let from = kept.map_or(watermark, UnixMillis);
            state.changes.restart_from(from);
            state.changes_kept = from;
            // Kept at once: a session that hears of no change still has messages which later ones are about.
            let _ = self.core.store.set_changes_until(from.0);
            state.coverage.begin(watermark.0);
        }
        state.stage = Stage::Synced;
        self.pull_channels(now);
        self.pull_changes(now);
    }

    /// An answer that got lost is asked for again; a refusal stands until the server announces something.
    fn not_started(&mut self, now: UnixMillis, code: i64) {
        self.state.stage = Stage::Off;
        if self.core.asks_again(code) {
            self.start(now);
        }
    }

    /// There are messages up to that time, or up to one that is not told.
    pub(crate) fn noticed(&mut self, now: UnixMillis, time: Option<UnixMillis>) {
        if self.state.messages.is_pulling() && self.core.has(Bug::DeafDuringChannelPulls) {
            return;
        }
        let pull = self.state.messages.announce(time);
        match self.state.stage {
            Stage::Off => self.start(now),
            // What is announced meanwhile is fetched at its end.
            Stage::Starting | Stage::Listing => {}
            Stage::Synced if pull => self.pull_channels(now),
            Stage::Synced => {}
        }
    }

    /// Messages or channels have changed.
    pub(crate) fn changes_noticed(&mut self, now: UnixMillis) {
        match self.state.stage {
            Stage::Off => self.start(now),
            Stage::Starting | Stage::Listing => {}
            Stage::Synced => {
                if self.state.changes.is_pulling() && self.core.has(Bug::DeafDuringChangePulls) {
                    return;
                }
                if self.state.changes.announce(None) {
                    self.pull_changes(now);
                }
            }
        }
    }

    pub(super) fn pull_channels(&mut self, now: UnixMillis) {
        let from = self.state.messages.begin();
        let ask = UltraGrpPullMsg { sync_time: from.0, compressio_enabled: None };
        self.ask_own(now, Topic::PullUgMsg, ask.encode_to_vec(), Call::Messages);
    }

    pub(super) fn pull_changes(&mut self, now: UnixMillis) {
        let from = self.state.changes.begin();
        let ask = QueryMsgChange { sync_time: Some(from.0), ..QueryMsgChange::default() };
        self.ask_own(now, Topic::QryMsgChange, ask.encode_to_vec(), Call::Changes);
    }
}
