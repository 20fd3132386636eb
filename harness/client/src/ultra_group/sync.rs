//! The start of a session, and the pulls after it.

use bytes::Bytes;
use prost::Message as _;
use wire::{
    Topic, UnixMillis,
    body::{DownStreamMessages, QueryMsgChange, RelationsOutput, UltraGrpPullMsg, UltraGrpPullSes},
};

use crate::ultra_group::{Call, Stage};
use crate::{
    core::{code, request::Pending},
    engine::Engine,
};

impl Engine {
    pub(super) fn ask_ultra_group(
        &mut self,
        now: UnixMillis,
        topic: Topic,
        target: &str,
        body: Vec<u8>,
        call: Call,
    ) {
        self.ask(now, topic, target, body.into(), Pending::UltraGroup(Box::new(call)));
    }

    /// The same of what concerns the user alone.
    pub(super) fn ask_own(&mut self, now: UnixMillis, topic: Topic, body: Vec<u8>, call: Call) {
        let me = self.user.clone();
        self.ask_ultra_group(now, topic, &me, body, call);
    }

    /// After a login. In apps without ultra groups nothing is asked.
    pub(crate) fn begin_ultra_groups(&mut self, now: UnixMillis, server_time: UnixMillis) {
        self.ultra_groups.server_ahead = server_time.0.saturating_sub(now.0);
        self.start_ultra_groups(now);
    }

    fn start_ultra_groups(&mut self, now: UnixMillis) {
        if !self.has_ultra_groups() {
            return;
        }
        if self.ultra_groups.listed {
            return self.list_channels(now);
        }
        self.ultra_groups.stage = Stage::Starting;
        let ask = UltraGrpPullMsg { sync_time: 0, compressio_enabled: None };
        self.ask_own(now, Topic::PullUgMsg, ask.encode_to_vec(), Call::Start);
    }

    /// Only the time counts: messages of the answer were written before the session.
    pub(super) fn ultra_groups_started(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(package) = DownStreamMessages::decode(body.clone()).ok().filter(|_| code == 0) else {
            return self.ultra_groups_not_started(now, code);
        };
        self.ultra_groups.watermark = UnixMillis(package.sync_time);
        self.list_channels(now);
    }

    fn list_channels(&mut self, now: UnixMillis) {
        self.ultra_groups.stage = Stage::Listing;
        let sync_time = self.ultra_groups.list_version;
        let ask = UltraGrpPullSes { sync_time, is_erase_msg_content: Some(false) };
        self.ask_own(now, Topic::PullUgSes, ask.encode_to_vec(), Call::List);
    }

    pub(super) fn channels_listed(&mut self, now: UnixMillis, code: i64, body: &Bytes) {
        let Some(page) = RelationsOutput::decode(body.clone()).ok().filter(|_| code == 0) else {
            return self.ultra_groups_not_started(now, code);
        };
        let before = self.ultra_groups.list_version;
        self.store.begin();
        for info in &page.info {
            self.channel_listed(now, info);
        }
        self.store.commit();
        // A server that promises more and gives nothing would be asked for ever.
        if page.is_finished != Some(true) && self.ultra_groups.list_version > before {
            return self.list_channels(now);
        }
        let state = &mut self.ultra_groups;
        if !state.listed {
            state.listed = true;
            state.watermark = state.watermark.max(UnixMillis(state.list_version));
            // Changes of the time before the first login of this installation are in what is read from now on.
            let kept = self.store.changes_until().ok().flatten();
            state.changes = kept.unwrap_or(state.watermark.0);
            state.changes_kept = state.changes;
            // Kept at once: a session that hears of no change still has messages which later ones are about.
            let _ = self.store.set_changes_until(state.changes);
            state.coverage.begin(state.watermark.0);
        }
        state.stage = Stage::Synced;
        self.pull_channels(now);
        self.pull_changes(now);
    }

    /// An answer that got lost is asked for again; a refusal stands until the server announces something.
    fn ultra_groups_not_started(&mut self, now: UnixMillis, code: i64) {
        self.ultra_groups.stage = Stage::Off;
        if code == code::NO_ANSWER && self.link.is_online() {
            self.start_ultra_groups(now);
        }
    }

    /// There are messages up to that time.
    pub(crate) fn ultra_groups_noticed(&mut self, now: UnixMillis, time: Option<i64>) {
        let state = &mut self.ultra_groups;
        let time = time.map_or(UnixMillis(state.watermark.0.saturating_add(1)), UnixMillis);
        state.announced = state.announced.max(time);
        match state.stage {
            Stage::Off => self.start_ultra_groups(now),
            // What is announced meanwhile is fetched at its end.
            Stage::Starting | Stage::Listing => {}
            Stage::Synced if state.pulling => state.noticed = true,
            Stage::Synced if state.announced > state.watermark => self.pull_channels(now),
            Stage::Synced => {}
        }
    }

    /// Messages or channels have changed.
    pub(crate) fn changes_noticed(&mut self, now: UnixMillis) {
        let state = &mut self.ultra_groups;
        match state.stage {
            Stage::Off => self.start_ultra_groups(now),
            Stage::Starting | Stage::Listing => {}
            Stage::Synced if state.pulling_changes => state.changes_noticed = true,
            Stage::Synced => self.pull_changes(now),
        }
    }

    pub(super) fn pull_channels(&mut self, now: UnixMillis) {
        let state = &mut self.ultra_groups;
        state.pulling = true;
        state.noticed = false;
        let ask = UltraGrpPullMsg { sync_time: state.watermark.0, compressio_enabled: None };
        self.ask_own(now, Topic::PullUgMsg, ask.encode_to_vec(), Call::Messages);
    }

    pub(super) fn pull_changes(&mut self, now: UnixMillis) {
        let state = &mut self.ultra_groups;
        state.pulling_changes = true;
        state.changes_noticed = false;
        let ask = QueryMsgChange { sync_time: Some(state.changes), ..QueryMsgChange::default() };
        self.ask_own(now, Topic::QryMsgChange, ask.encode_to_vec(), Call::Changes);
    }
}
