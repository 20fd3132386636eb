//! Ultra groups that a world begins with.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::UnixMillis;

use crate::{
    core::account::UserIx,
    doors::operator::setup::{BacklogSetup, WorldSetup},
    ultra_group::{LONGEST_CHANNEL, UltraGroups},
};

/// An ultra group of the set-up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UltraGroupSetup {
    /// Name that pushes show; the id if not given.
    pub name: Option<String>,
    /// Members; they joined long before the start.
    pub members: Vec<String>,
    /// Channels beside the default one.
    pub channels: BTreeMap<String, ChannelSetup>,
}

/// A channel of an ultra group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChannelSetup {
    /// Whom it is for.
    pub r#type: ChannelType,
    /// Who may use it while it is private; they have to be members of the group.
    pub members: Vec<String>,
}

/// Whom a channel is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChannelType {
    /// All members of the group (UG-009).
    #[default]
    Public,
    /// The members on its list (UG-010).
    Private,
}

impl WorldSetup {
    /// What is wrong with the ultra groups, a sentence each.
    #[must_use]
    pub fn ultra_group_mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (id, group) in &self.ultra_groups {
            if id.is_empty() {
                mistakes.push("`ultraGroups` has an entry with an empty id".to_owned());
            }
            let known: BTreeSet<&String> = group.members.iter().collect();
            for (channel, setup) in &group.channels {
                if channel.is_empty() || channel.chars().count() > LONGEST_CHANNEL {
                    mistakes.push(format!(
                        "channel `{channel}` of ultra group `{id}`: an id has 1 to {LONGEST_CHANNEL} characters"
                    ));
                }
                if channel == crate::ultra_group::DEFAULT_CHANNEL && setup.r#type == ChannelType::Private {
                    mistakes.push(format!("channel `{channel}` of `{id}` cannot be private (UG-021)"));
                }
                for user in setup.members.iter().filter(|user| !known.contains(user)) {
                    mistakes.push(format!(
                        "`{user}` is on the list of channel `{channel}`, and no member of ultra group `{id}`"
                    ));
                }
            }
            let most = self.limits.ultra_group_channels;
            if most > 0 && group.channels.len() > most {
                let count = group.channels.len();
                mistakes.push(format!(
                    "ultra group `{id}` has {count} channels; `ultraGroupChannels` allows {most} (UG-004)"
                ));
            }
        }
        mistakes
    }
}

impl WorldSetup {
    /// Where waiting messages cannot go.
    #[must_use]
    pub fn ultra_backlog_mistake(&self, backlog: &BacklogSetup) -> Option<String> {
        let (to, channel) = (&backlog.to, &backlog.channel);
        let Some(group) = self.ultra_groups.get(to) else {
            return Some(format!("`backlog` goes to ultra group `{to}`, which `ultraGroups` does not name"));
        };
        let default = channel.is_empty() || channel == crate::ultra_group::DEFAULT_CHANNEL;
        (!default && !group.channels.contains_key(channel))
            .then(|| format!("`backlog` goes to channel `{channel}`, which ultra group `{to}` does not have"))
    }
}

impl UltraGroups<'_> {
    pub(crate) fn populate_ultra_groups(&mut self, setup: &WorldSetup, now: UnixMillis) {
        for (id, group) in &setup.ultra_groups {
            self.create_ultra_group(now, id, group.name.as_deref().unwrap_or(id));
            for member in self.users_named(&group.members) {
                self.join_ultra_group(id, member, None);
            }
            for (channel, setup) in &group.channels {
                self.create_channel(now, id, channel, false);
                let members = self.users_named(&setup.members);
                self.list_in_channel(now, id, channel, &members);
                if setup.r#type == ChannelType::Private {
                    self.set_channel_type(now, id, channel, true);
                }
            }
        }
    }

    fn users_named(&mut self, ids: &[String]) -> Vec<UserIx> {
        ids.iter().map(|id| self.core.accounts.find_or_add(id)).collect()
    }
}
