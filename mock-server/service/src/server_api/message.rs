//! `/message/*`: messages an app's server sends (RECV-009, BLK-007, BLK-008, SEND-025).

use serde_json::{Value, json};
use wire::{body::UpStreamMessage, flags};

use super::{
    Answer, Call, error,
    rate::Rated,
    user::{LONGEST_ID, MOST_IDS},
};
use crate::{bug::Bug, message::Conversation, world::Service};

impl Service {
    /// Ignores blacklists unless `verifyBlacklist` is 1.
    pub(super) fn api_publish_private(&mut self, call: &Call) -> Answer {
        let verify = call.flag("verifyBlacklist") && !self.has(Bug::IgnoresBlacklist);
        self.publish_to_users(call, Conversation::Private, verify)
    }

    pub(super) fn api_publish_system(&mut self, call: &Call) -> Answer {
        self.publish_to_users(call, Conversation::System, false)
    }

    fn publish_to_users(&mut self, call: &Call, conversation: Conversation, verify: bool) -> Answer {
        let from = call.required("fromUserId", LONGEST_ID)?;
        let to: Vec<String> = call.ids("toUserId", MOST_IDS)?.into_iter().map(str::to_owned).collect();
        let message = self.api_message(call)?;
        if conversation == Conversation::Private {
            self.within_rate(call.now, &Rated::Private, to.len())?;
        }
        let sender = self.accounts.find_or_add(from);
        let mut uids: Vec<Value> = Vec::new();
        for user in to {
            let receiver = self.accounts.find_or_add(&user);
            if verify && self.may_write(sender, receiver).is_err() {
                continue;
            }
            let posted = self.publish_from_api(call.now, from, &user, conversation, message.clone());
            uids.push(json!({"userId": user, "messageUID": posted.uid.as_str()}));
        }
        Ok(json!({"messageUIDs": uids}))
    }

    /// To the members of up to three groups, or to some of one group. Mutes do not concern it, and the sender need not be
    /// a member (GRP-004, GRP-015). `isIncludeSender` changes nothing yet: the sender gets no copy.
    pub(super) fn api_publish_group(&mut self, call: &Call) -> Answer {
        let from = call.required("fromUserId", LONGEST_ID)?;
        let groups: Vec<String> = call.ids("toGroupId", 3)?.into_iter().map(str::to_owned).collect();
        let mut message = self.api_message(call)?;
        if call.optional("toUserId").is_some() {
            if groups.len() > 1 {
                return Err(error(1002, "a directed message goes to one group"));
            }
            message.user_id = call.ids("toUserId", 1000)?.into_iter().map(str::to_owned).collect();
        }
        for group in &groups {
            self.within_rate(call.now, &Rated::Group(group), 1)?;
        }
        let mut uids: Vec<Value> = Vec::new();
        for group in groups {
            let posted = self.publish_from_api(call.now, from, &group, Conversation::Group, message.clone());
            uids.push(json!({"groupId": group, "messageUID": posted.uid.as_str()}));
        }
        Ok(json!({"messageUIDs": uids}))
    }

    /// The message a call describes.
    pub(super) fn api_message(&self, call: &Call) -> Result<UpStreamMessage, super::ApiError> {
        let name = call.required("objectName", 32)?;
        let content = call.required("content", self.limits.message_bytes)?;
        // SDKs show a body that is not an object to nobody, and one of them never recovers from `null`.
        if !matches!(serde_json::from_str(content), Ok(Value::Object(_))) {
            return Err(error(1002, "parameter `content` must be a JSON object"));
        }
        let (persisted, counted) =
            (call.optional("isPersisted") != Some("0"), call.optional("isCounted") != Some("0"));
        let bits = [
            (persisted, flags::up::PERSIST),
            (counted, flags::up::COUNT),
            (call.flag("disablePush"), flags::up::SILENT),
            (call.flag("isMentioned"), flags::up::MENTION),
            (call.flag("expansion"), flags::up::EXPANSION),
        ];
        Ok(UpStreamMessage {
            session_id: bits.iter().filter(|(on, _)| *on).fold(0, |word, (_, bit)| word | bit),
            classname: name.to_owned(),
            content: content.to_owned().into(),
            push_text: call.optional("pushContent").map(str::to_owned),
            app_data: call.optional("pushData").map(str::to_owned),
            extra_content: call.optional("extraContent").map(str::to_owned),
            ..UpStreamMessage::default()
        })
    }
}
