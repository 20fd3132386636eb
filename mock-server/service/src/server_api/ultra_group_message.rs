//! `/message/ultragroup/publish.json`: messages of the app's server to ultra groups.

use serde_json::{Value, json};

use super::{
    Answer, Call, rate::Rated, ultra_group::Endpoint, ultra_group_channel::no_channel, user::LONGEST_ID,
};
use crate::{ultra_group::LONGEST_CHANNEL, world::Service};

/// Most ultra groups that one call names.
const MOST_GROUPS: usize = 3;
/// Most members that alone get a message.
const MOST_RECEIVERS: usize = 1000;

pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    Some(match path {
        "/message/ultragroup/publish.json" => Service::api_publish_ultra_group,
        _ => return None,
    })
}

impl Service {
    /// To everybody who sees the channel, the sender too; mutes do not concern it, and the sender need not be a member.
    fn api_publish_ultra_group(&mut self, call: &Call) -> Answer {
        let from = call.required("fromUserId", LONGEST_ID)?;
        let groups: Vec<String> =
            call.ids("toGroupIds", MOST_GROUPS)?.into_iter().map(str::to_owned).collect();
        let channel = call.optional_within("busChannel", LONGEST_CHANNEL)?.unwrap_or_default();
        let mut message = self.api_message(call)?;
        if call.has("toUserIds") {
            message.user_id = call.ids("toUserIds", MOST_RECEIVERS)?.into_iter().map(str::to_owned).collect();
        }
        for group in &groups {
            self.known_ultra_group(group)?;
            let channel = self.channel_id(channel).to_owned();
            self.known_channel(group, &channel)?;
        }
        self.once(call, from, |service| {
            let rates: Vec<Rated<'_>> = groups.iter().map(|group| Rated::UltraGroup(group)).collect();
            service.within_rates(call.now, &rates, 1)?;
            let mut uids: Vec<Value> = Vec::new();
            for group in groups {
                let posted = service.say_in_channel_for_app(call.now, &group, channel, from, message.clone());
                let posted = posted.ok_or_else(|| no_channel(channel, &group))?;
                uids.push(json!({"groupId": group, "messageUID": posted.uid.as_str()}));
            }
            Ok(json!({"messageUIDs": uids}))
        })
    }
}
