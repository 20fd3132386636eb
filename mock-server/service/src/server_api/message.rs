//! `/message/*` and `/statusmessage/*`: messages an app's server sends (RECV-009, BLK-007, BLK-008, SEND-025, SYNC-010,
//! SYNC-016 to SYNC-018).

use serde_json::{Value, json};
use wire::{body::UpStreamMessage, flags};

use super::{
    Answer, Call, error,
    rate::Rated,
    user::{LONGEST_ID, MOST_IDS},
};
use crate::{bug::Bug, message::Conversation, send::FromApi, world::Service};

/// The most groups that one call names.
const MOST_GROUPS: usize = 3;
/// The most members that a message is for alone.
const MOST_MEMBERS: usize = 1000;

impl Service {
    /// Ignores blacklists unless `verifyBlacklist` is 1.
    pub(super) fn api_publish_private(&mut self, call: &Call) -> Answer {
        let verify = call.flag("verifyBlacklist") && !self.has(Bug::IgnoresBlacklist);
        let how = FromApi { with_sender: call.flag("isIncludeSender"), ..FromApi::default() };
        self.publish_to_users(call, Conversation::Private, verify, &how)
    }

    pub(super) fn api_publish_system(&mut self, call: &Call) -> Answer {
        self.publish_to_users(call, Conversation::System, false, &FromApi::default())
    }

    /// A message of whatever kind for who is online now.
    pub(super) fn api_publish_status_private(&mut self, call: &Call) -> Answer {
        let verify = call.flag("verifyBlacklist") && !self.has(Bug::IgnoresBlacklist);
        let how = status_message(call);
        self.publish_to_users(call, Conversation::Private, verify, &how)
    }

    /// To the members of up to three groups, or to some of one group. Mutes do not concern it, and the sender need not be
    /// a member (GRP-004, GRP-015).
    pub(super) fn api_publish_group(&mut self, call: &Call) -> Answer {
        let how = FromApi { with_sender: call.flag("isIncludeSender"), ..FromApi::default() };
        self.publish_to_groups(call, &how)
    }

    /// The same for members who are online now.
    pub(super) fn api_publish_status_group(&mut self, call: &Call) -> Answer {
        let how = status_message(call);
        self.publish_to_groups(call, &how)
    }

    fn publish_to_groups(&mut self, call: &Call, how: &FromApi) -> Answer {
        let from = call.required("fromUserId", LONGEST_ID)?;
        let to: Vec<String> = call.ids("toGroupId", MOST_GROUPS)?.into_iter().map(str::to_owned).collect();
        let mut message = self.api_message(call)?;
        if call.optional("toUserId").is_some() {
            if to.len() > 1 {
                return Err(error(1002, "with `toUserId` a message goes to one group, not to several"));
            }
            message.user_id = call.ids("toUserId", MOST_MEMBERS)?.into_iter().map(str::to_owned).collect();
        }
        for group in &to {
            self.within_rate(call.now, &Rated::Group(group), 1)?;
        }
        let mut uids: Vec<Value> = Vec::new();
        for group in to {
            let up = message.clone();
            let posted = self.publish_from_api(call.now, from, &group, Conversation::Group, up, how);
            uids.push(json!({"groupId": group, "messageUID": posted.uid.as_str()}));
        }
        Ok(json!({"messageUIDs": uids}))
    }

    fn publish_to_users(
        &mut self,
        call: &Call,
        conversation: Conversation,
        verify: bool,
        how: &FromApi,
    ) -> Answer {
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
            let posted = self.publish_from_api(call.now, from, &user, conversation, message.clone(), how);
            uids.push(json!({"userId": user, "messageUID": posted.uid.as_str()}));
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

fn status_message(call: &Call) -> FromApi {
    FromApi { status_message: true, with_sender: call.flag("isIncludeSender") }
}
