//! Who may speak in a channel: `/ultragroup/userbanned/*` (members), `/ultragroup/globalbanned/*` (everybody),
//! `/ultragroup/banned/whitelist/*` (who may speak all the same). Without a channel, the default one is meant (assumed).

use serde_json::{Value, json};

use crate::{
    core::account::UserIx,
    doors::server_api::{
        Answer, ApiError, Call,
        endpoints::{Row, Takes::Form},
        ultra_group_channel::{MOST_USERS, no_channel},
    },
    service::Service,
    ultra_group::{Channel, LONGEST_CHANNEL},
};

pub(super) const ENDPOINTS: &[Row] = &[
    ("/ultragroup/userbanned/add.json", Form, Service::api_channel_mute_users),
    ("/ultragroup/userbanned/del.json", Form, Service::api_channel_unmute_users),
    ("/ultragroup/userbanned/get.json", Form, Service::api_channel_muted_users),
    ("/ultragroup/globalbanned/set.json", Form, Service::api_channel_mute),
    ("/ultragroup/globalbanned/get.json", Form, Service::api_channel_is_muted),
    ("/ultragroup/banned/whitelist/add.json", Form, Service::api_channel_speakers_add),
    ("/ultragroup/banned/whitelist/del.json", Form, Service::api_channel_speakers_remove),
    ("/ultragroup/banned/whitelist/get.json", Form, Service::api_channel_speakers),
];

impl Service {
    /// The group and the channel a call is about.
    fn muted_place(&mut self, call: &Call) -> Result<(String, String), ApiError> {
        let group = self.ultra_group_of(call)?;
        let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
        let channel = self.ultra_groups().channel_id(channel).to_owned();
        self.known_channel(group, &channel)?;
        Ok((group.to_owned(), channel))
    }

    fn muted_channel(&mut self, (group, channel): &(String, String)) -> Result<&mut Channel, ApiError> {
        let found =
            self.ultra_groups.get_mut(group).and_then(|group| group.channels.get_mut(channel.as_str()));
        found.ok_or_else(|| no_channel(channel, group))
    }

    fn users_to_free(&self, call: &Call) -> Result<Vec<UserIx>, ApiError> {
        let ids = call.ids("userIds", MOST_USERS)?;
        Ok(ids.into_iter().filter_map(|id| self.core.accounts.find(id)).collect())
    }

    fn page_of_users(&self, call: &Call, users: impl Iterator<Item = UserIx>) -> Answer {
        let (skipped, size) = call.page("page", "pageSize", 200, 50)?;
        let rows = users.skip(skipped).take(size).map(|user| json!({"id": &*self.core.accounts[user].id}));
        Ok(json!({"users": rows.collect::<Vec<Value>>()}))
    }

    pub(super) fn api_channel_mute_users(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.ultra_group_members(call, &place.0)?;
        self.muted_channel(&place)?.mutes.users.extend(users);
        Ok(json!({}))
    }

    pub(super) fn api_channel_unmute_users(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.users_to_free(call)?;
        self.muted_channel(&place)?.mutes.users.retain(|user| !users.contains(user));
        Ok(json!({}))
    }

    pub(super) fn api_channel_muted_users(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.muted_channel(&place)?.mutes.users.clone();
        self.page_of_users(call, users.into_iter())
    }

    pub(super) fn api_channel_mute(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        call.required("status", 8)?;
        self.muted_channel(&place)?.mutes.everyone = call.flag("status");
        Ok(json!({}))
    }

    pub(super) fn api_channel_is_muted(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        Ok(json!({"status": self.muted_channel(&place)?.mutes.everyone}))
    }

    pub(super) fn api_channel_speakers_add(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.ultra_group_members(call, &place.0)?;
        self.muted_channel(&place)?.mutes.speakers.extend(users);
        Ok(json!({}))
    }

    pub(super) fn api_channel_speakers_remove(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.users_to_free(call)?;
        self.muted_channel(&place)?.mutes.speakers.retain(|user| !users.contains(user));
        Ok(json!({}))
    }

    pub(super) fn api_channel_speakers(&mut self, call: &Call) -> Answer {
        let place = self.muted_place(call)?;
        let users = self.muted_channel(&place)?.mutes.speakers.clone();
        self.page_of_users(call, users.into_iter())
    }
}
