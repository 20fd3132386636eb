//! Push notifications as the vendor's push service would have seen them: one record a message and user without a
//! device online, with the setting that decided (CONN-025, CONN-026, DND, QUIET).
//!
//! What a push shows is assumed where the documentation is silent: a private message has the sender's name as title and
//! the text as content; a group message has the group's name as title and "sender: text" as content.

use std::collections::VecDeque;

use prost::Message as _;
use serde_json::{Value, json};
use wire::{UnixMillis, body::DownStreamMessage};

use crate::{
    account::UserIx,
    bug::Bug,
    disturb::{Decision, Mention},
    ids::Uid,
    io::PlatformClass,
    journal::What,
    message::{Conversation, Message},
    world::Service,
};

/// How many records are kept.
const KEPT: usize = 1024;
/// `configFlag` of a message whose push has no title.
const HIDE_TITLE: i32 = 4;
/// Prefix of the vendor's own object names. Pushes of others show only what their sender wrote for them.
const OWN_PREFIX: &str = "RC:";

/// The latest push records, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    records: VecDeque<Record>,
}

/// What a push shows that belongs to no message.
#[derive(Debug, Default)]
pub(crate) struct Notification {
    pub(crate) title: String,
    pub(crate) content: String,
}

#[derive(Debug)]
struct Record {
    at: UnixMillis,
    user: UserIx,
    message_uid: Uid,
    /// The phones it would have gone to.
    devices: Vec<String>,
    title: String,
    content: String,
    data: String,
    decision: Decision,
}

impl Service {
    pub(crate) fn record_push(&mut self, now: UnixMillis, user: UserIx, message: &Message) {
        // Own bytes decode; were they ever not to, there would be nothing to show.
        let down = DownStreamMessage::decode(message.received.clone()).unwrap_or_default();
        let body: Value = serde_json::from_slice(&down.content).unwrap_or(Value::Null);
        self.record_push_of(now, user, message, &down, &body);
    }

    /// The same for a message that is decoded already, its content too.
    pub(crate) fn record_push_of(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        message: &Message,
        down: &DownStreamMessage,
        body: &Value,
    ) {
        let decision = self.push_decision(now, user, message, down, body);
        let decision = self.not_too_often(now, user, message, decision);
        let account = &self.accounts[user];
        let phones = account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        let devices = phones.filter(|_| decision.sent).filter(|device| !device.no_push);
        let devices = devices.map(|device| device.id.clone()).collect();
        let id = account.id.to_string();
        let title = self.push_title(user, message, down);
        let content = self.push_content(message, down, body).unwrap_or_default();
        let data = message.push_data.as_deref().unwrap_or_default().to_owned();
        let records = &mut self.pushes.records;
        if records.len() == KEPT {
            records.pop_front();
        }
        let uid = message.uid;
        records.push_back(Record {
            at: now,
            user,
            message_uid: uid,
            devices,
            title,
            content,
            data,
            decision,
        });
        let Decision { sent, why, .. } = decision;
        self.journal.record(now, || What::Push { user: id, message_uid: uid.to_string(), sent, why });
    }

    /// A notification of the app's server, for the phones of a user whether online or not; `id` names the call.
    pub(crate) fn record_notification(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        id: Uid,
        shown: &Notification,
    ) {
        let account = &self.accounts[user];
        let phones = account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        let devices: Vec<String> =
            phones.filter(|device| !device.no_push).map(|device| device.id.clone()).collect();
        let decision = if devices.is_empty() {
            Decision::no("device", "the user has no mobile device that takes pushes")
        } else {
            Decision::yes("default", "a notification of the app's server")
        };
        let who = account.id.to_string();
        let Decision { sent, why, .. } = decision;
        let records = &mut self.pushes.records;
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(Record {
            at: now,
            user,
            message_uid: id,
            devices,
            title: shown.title.clone(),
            content: shown.content.clone(),
            data: String::new(),
            decision,
        });
        self.journal.record(now, || What::Push { user: who, message_uid: id.to_string(), sent, why });
    }

    fn push_decision(
        &self,
        now: UnixMillis,
        user: UserIx,
        message: &Message,
        down: &DownStreamMessage,
        body: &Value,
    ) -> Decision {
        let account = &self.accounts[user];
        // Only phones have a push service; a user who never had one gets none (DND-046).
        let phones = || account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        if message.silent {
            Decision::no("message", "the message asks for no notification")
        } else if !message.counted {
            Decision::no("message", "the message is not counted")
        } else if phones().next().is_none() && !self.has(Bug::PushesWithoutPhone) {
            Decision::no("device", "the user has no mobile device")
        } else if phones().next().is_some() && phones().all(|device| device.no_push) {
            Decision::no("device", "logged out without pushes")
        } else if !down.classname.starts_with(OWN_PREFIX) && down.push_content().is_empty() {
            Decision::no("message", "a message of the app's own type brings no text for a push")
        } else if self.has(Bug::IgnoresDoNotDisturb) {
            Decision::yes("default", "offline")
        } else {
            let others = self.has(Bug::CountsOthersMentions) && body["mentionedInfo"].is_object();
            let mention = if others { Mention::Me } else { Mention::of(body, &account.id) };
            self.disturbs(now, user, message, mention)
        }
    }

    /// What the receiver calls the sender, or its display name as registered or changed since (USER-012); in a group the
    /// group's name.
    fn push_title(&self, receiver: UserIx, message: &Message, down: &DownStreamMessage) -> String {
        if down.config_flag() & HIDE_TITLE != 0 {
            return String::new();
        }
        if let Some(title) = down.push_ext.as_ref().map(|ext| ext.title()).filter(|title| !title.is_empty()) {
            return title.to_owned();
        }
        match message.conversation {
            Conversation::Group => {
                let name = self.groups.group(&message.target).map(|group| group.name.as_str());
                name.filter(|name| !name.is_empty()).unwrap_or(&message.target).to_owned()
            }
            Conversation::UltraGroup => {
                let group = self.ultra_groups.get(&message.target);
                group.map(|group| group.name.clone()).unwrap_or_default()
            }
            _ => {
                let remark = self.accounts[receiver].remarks.get(&message.from).cloned();
                remark.unwrap_or_else(|| self.name_of(&message.from))
            }
        }
    }

    fn name_of(&self, user: &str) -> String {
        self.accounts.find(user).map(|user| self.accounts[user].name.clone()).unwrap_or_default()
    }

    /// What a mention says comes first, then what the sender wrote for pushes, then the text (AMB-03).
    fn push_content(&self, message: &Message, down: &DownStreamMessage, body: &Value) -> Option<String> {
        let mentioned = body["mentionedInfo"]["mentionedContent"].as_str();
        let mentioned = mentioned.filter(|_| !self.has(Bug::PushIgnoresMention));
        let written = [mentioned, down.push_content.as_deref()];
        if let Some(text) = written.into_iter().flatten().find(|text| !text.is_empty()) {
            return Some(text.to_owned());
        }
        let text = match down.classname.as_str() {
            "RC:TxtMsg" | "RC:ReferenceMsg" => body["content"].as_str()?,
            "RC:ImgMsg" => "[Image]",
            "RC:GIFMsg" => "[GIF]",
            "RC:VcMsg" | "RC:HQVCMsg" => "[Voice]",
            "RC:FileMsg" => "[File]",
            "RC:SightMsg" => "[Video]",
            "RC:LBSMsg" => "[Location]",
            _ => return None,
        };
        if !matches!(message.conversation, Conversation::Group | Conversation::UltraGroup) {
            return Some(text.to_owned());
        }
        let sender = self.accounts.find(&message.from);
        let remark = sender.and_then(|user| self.groups.group(&message.target)?.remarks.get(&user).cloned());
        Some(format!("{}: {text}", remark.unwrap_or_else(|| self.name_of(&message.from))))
    }

    pub(crate) fn pushes_json(&self, user: Option<UserIx>) -> Value {
        let records = self.pushes.records.iter().filter(|record| user.is_none_or(|user| record.user == user));
        records
            .map(|record| {
                json!({
                    "at": record.at.0, "user": &*self.accounts[record.user].id,
                    "messageUId": record.message_uid.as_str(), "sent": record.decision.sent,
                    "devices": record.devices, "title": record.title, "content": record.content,
                    "data": record.data, "setting": record.decision.setting, "why": record.decision.why,
                })
            })
            .collect()
    }
}
