//! Notification levels for all members of a group or of one of its channels (UGDND-040 to UGDND-055, UGDND-066). What a
//! user sets for itself stands in its settings and comes first.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use wire::{
    Request,
    body::{GroupUnpushQuery, GroupUnpushResult, GroupUnpushSet},
    code::status,
};

use crate::{
    core::{
        account::UserIx,
        answer::{Answer, read, write},
        bug::Bug,
        message::Message,
    },
    outward::push_decision::Setting,
    preferences::settings::LEVELS,
    ultra_group::UltraGroups,
};

/// The defaults of a group; 0 is unset.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultLevels {
    group: i32,
    /// Channels with a default of their own.
    channels: BTreeMap<Arc<str>, i32>,
}

impl DefaultLevels {
    /// The default of a channel, or of the whole group.
    pub(crate) fn get(&self, channel: Option<&str>) -> i32 {
        match channel {
            Some(channel) => self.channels.get(channel).copied().unwrap_or(0),
            None => self.group,
        }
    }

    /// The group's level, and those of channels.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let channels: serde_json::Map<String, serde_json::Value> =
            self.channels.iter().map(|(id, level)| (id.to_string(), (*level).into())).collect();
        serde_json::json!({"group": self.group, "channels": channels})
    }

    /// A level of [`LEVELS`]; 0 takes the default away.
    pub(crate) fn set(&mut self, channel: Option<&str>, level: i32) {
        match channel {
            Some(channel) if level == 0 => {
                self.channels.remove(channel);
            }
            Some(channel) => {
                self.channels.insert(channel.into(), level);
            }
            None => self.group = level,
        }
    }
}

/// The group of a client's request, and the channel if it names one that the client may use.
fn level_place(
    groups: &mut UltraGroups<'_>,
    user: UserIx,
    request: &Request,
    channel: Option<&str>,
) -> Result<Option<Arc<str>>, u16> {
    // Being in the group is asked for even where no channel is named.
    let named = channel.filter(|channel| !channel.is_empty());
    let id = groups.channel_for(&request.target, user, named.unwrap_or(""))?;
    Ok(named.map(|_| id))
}

/// `ugUnpushSet`: every member may set the default of the group or of a channel.
pub(crate) fn set_default_level(groups: &mut UltraGroups<'_>, user: UserIx, request: &Request) -> Answer {
    let asked: GroupUnpushSet = read(request)?;
    let channel = level_place(groups, user, request, asked.bus_channel.as_deref())?;
    if !LEVELS.contains(&asked.unpush_level) {
        return Err(status::ULTRA_GROUP_PARAMETER);
    }
    if !groups.core.has(Bug::ForgetsDefaultLevels)
        && let Some(group) = groups.state.get_mut(&request.target)
    {
        group.levels.set(channel.as_deref(), asked.unpush_level);
    }
    Ok(Bytes::new())
}

/// `ugUnpushQuery`: the default itself, not what decides in the end.
pub(crate) fn default_level(groups: &mut UltraGroups<'_>, user: UserIx, request: &Request) -> Answer {
    let asked: GroupUnpushQuery = read(request)?;
    let channel = level_place(groups, user, request, asked.bus_channel.as_deref())?;
    let group = groups.state.get(&request.target).ok_or(status::NO_ULTRA_GROUP)?;
    write(&GroupUnpushResult {
        group_id: request.target.clone(),
        bus_channel: asked.bus_channel,
        unpush_level: group.levels.get(channel.as_deref()),
    })
}

/// The levels that decide of a message in an ultra group behind the receiver's quiet hours, the first that is set
/// before the others: for the user the channel's, the conversation's and its type's, then for all the channel's and
/// the group's (UGDND-034 to UGDND-038).
pub(crate) fn ultra_group_levels(groups: &UltraGroups<'_>, user: UserIx, message: &Message) -> [Setting; 5] {
    let settings = &groups.preferences.settings[user];
    let kind = message.conversation as i32;
    let (group, channel) = (&*message.target, message.channel.as_deref().unwrap_or(""));
    let level = |group: &str, channel: &str| settings.level(&(kind, group.to_owned(), channel.to_owned()));
    let of_channel = if channel.is_empty() { 0 } else { level(group, channel) };
    // Before 2022-09-01 a setting without a channel was for messages without one (UGDND-045).
    let covers = groups.core.switches.ultra_group_levels_cover_channels || channel.is_empty();
    let conversation = if covers { level(group, "") } else { 0 };
    let levels = groups.state.get(group).map(|group| &group.levels);
    let for_all = |channel| {
        levels.filter(|_| !groups.core.has(Bug::IgnoresDefaultLevels)).map_or(0, |levels| levels.get(channel))
    };
    let mut chain = [
        ("channel", of_channel, "the user's level of the channel"),
        ("conversation", conversation, "the user's level of the ultra group"),
        ("type", level("", ""), "the user's level of the conversation type"),
        ("channelDefault", for_all(Some(channel)), "the channel's level for all members"),
        ("groupDefault", for_all(None), "the ultra group's level for all members"),
    ];
    if groups.core.has(Bug::DefaultLevelsFirst) {
        chain.rotate_left(3);
    }
    if groups.core.has(Bug::GroupLevelsFirst) {
        chain.swap(0, 1);
    }
    chain
}
