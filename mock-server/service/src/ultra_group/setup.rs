//! Ultra groups that a world begins with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::UnixMillis;

use crate::{core::account::UserIx, ultra_group::UltraGroups};

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

pub(crate) fn populate(
    groups: &mut UltraGroups<'_>,
    given: &BTreeMap<String, UltraGroupSetup>,
    now: UnixMillis,
) {
    for (id, group) in given {
        groups.create_ultra_group(now, id, group.name.as_deref().unwrap_or(id));
        for member in users_named(groups, &group.members) {
            groups.join_ultra_group(id, member, None);
        }
        for (channel, setup) in &group.channels {
            groups.create_channel(now, id, channel, false);
            let members = users_named(groups, &setup.members);
            groups.list_in_channel(now, id, channel, &members);
            if setup.r#type == ChannelType::Private {
                groups.set_channel_type(now, id, channel, true);
            }
        }
    }
}

fn users_named(groups: &mut UltraGroups<'_>, ids: &[String]) -> Vec<UserIx> {
    ids.iter().map(|id| groups.core.accounts.find_or_add(id)).collect()
}
