//! Push notifications as the vendor's push service would have seen them: one record a message and user without a
//! device online, with the rule that decided (CONN-025, CONN-026).

use std::collections::VecDeque;

use serde_json::{Value, json};
use wire::UnixMillis;

use crate::{
    account::UserIx, bug::Bug, ids::Uid, io::PlatformClass, journal::What, message::Message, push_content,
    world::Service,
};

/// How many records are kept.
const KEPT: usize = 1024;

/// The latest push records, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    records: VecDeque<Record>,
}

#[derive(Debug)]
struct Record {
    at: UnixMillis,
    user: UserIx,
    message_uid: Uid,
    title: String,
    content: String,
    sent: bool,
    why: &'static str,
}

impl Service {
    pub(crate) fn record_push(&mut self, now: UnixMillis, user: UserIx, message: &Message) {
        let account = &self.accounts[user];
        // Only phones have a push service; a user who never had one gets none.
        let phones = || account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        let (sent, why) = if message.silent {
            (false, "the message asks for no notification")
        } else if !message.counted {
            (false, "the message is not counted")
        } else if phones().next().is_none() {
            (false, "the user has no mobile device")
        } else if phones().all(|device| device.no_push) {
            (false, "logged out without pushes")
        } else {
            (true, "offline")
        };
        let id = account.id.to_string();
        // The sender's display name as registered, or as changed since (USER-012).
        let title = self
            .accounts
            .find(&message.from)
            .map(|from| self.accounts[from].name.clone())
            .unwrap_or_default();
        let content = push_content::of(message, self.has(Bug::PushIgnoresMention));
        let records = &mut self.pushes.records;
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(Record { at: now, user, message_uid: message.uid, title, content, sent, why });
        self.journal.record(now, || What::Push { user: id, message_uid: message.uid.to_string(), sent, why });
    }

    pub(crate) fn pushes_json(&self, user: Option<UserIx>) -> Value {
        let records = self.pushes.records.iter().filter(|record| user.is_none_or(|user| record.user == user));
        records
            .map(|record| {
                json!({
                    "at": record.at.0, "user": &*self.accounts[record.user].id,
                    "messageUId": record.message_uid.as_str(), "title": record.title, "content": record.content, "sent": record.sent, "why": record.why,
                })
            })
            .collect()
    }
}
