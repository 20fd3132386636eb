//! Push notifications as the vendor's push service would have seen them: one record a message and user without a
//! device online, with the setting that decided (CONN-025, CONN-026, DND, QUIET).
//!
//! What a push shows is assumed where the documentation is silent: a private message has the sender's name as title and
//! the text as content; a group message has the group's name as title and "sender: text" as content.

use std::{borrow::Cow, cell::OnceCell, collections::VecDeque};

use serde_json::{Value, json};
use wire::{UnixMillis, body::DownStreamMessage};

use crate::{
    core::{
        Core,
        account::UserIx,
        bug::Bug,
        ids::Uid,
        io::PlatformClass,
        journal::What,
        mention::{Mention, Mentioned},
        message::Message,
    },
    outward::{
        Outward,
        push_decision::{Decision, Setting},
    },
};

/// How many records are kept.
const KEPT: usize = 1024;
/// `configFlag` of a message whose push has no title.
const HIDE_TITLE: i32 = 4;

/// The latest push records, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pushes {
    records: VecDeque<Record>,
}

/// What a push shows that belongs to no message.
#[derive(Debug, Default)]
pub(crate) struct Notification {
    pub(crate) title: String,
    pub(crate) content: String,
}

#[derive(Debug, Clone)]
struct Record {
    at: UnixMillis,
    user: UserIx,
    message_uid: Uid,
    /// The phones it would have gone to.
    devices: Vec<String>,
    shown: Shown,
    decision: Decision,
}

/// What a record's push shows.
#[derive(Debug, Clone)]
enum Shown {
    Notification {
        title: String,
        content: String,
    },
    /// A message, and the names of that moment; what they make together is worked out when somebody looks.
    Message {
        message: Message,
        title: String,
        sender: Option<String>,
    },
}

/// A message's content, read only if a decision hangs on it, and then once for all receivers.
pub(crate) struct Content<'a> {
    message: &'a Message,
    body: OnceCell<Value>,
}

impl<'a> Content<'a> {
    pub(crate) fn of(message: &'a Message) -> Self {
        Self { message, body: OnceCell::new() }
    }

    fn body(&self) -> &Value {
        self.body.get_or_init(|| body_of(&self.message.as_sent()))
    }
}

fn body_of(down: &DownStreamMessage) -> Value {
    serde_json::from_slice(&down.content).unwrap_or(Value::Null)
}

impl Pushes {
    /// The records, of one user or of all, oldest first.
    pub(crate) fn to_json(&self, core: &Core, user: Option<UserIx>) -> Value {
        let records = self.records.iter().filter(|record| user.is_none_or(|user| record.user == user));
        records
            .map(|record| {
                let [title, content, data] = push_texts(core, &record.shown);
                json!({
                    "at": record.at.0, "user": &*core.accounts[record.user].id,
                    "messageUId": record.message_uid.as_str(), "sent": record.decision.sent,
                    "devices": record.devices, "title": title, "content": content, "data": data,
                    "setting": record.decision.setting, "why": record.decision.why,
                })
            })
            .collect()
    }
}

/// What the place a message was said in calls itself and the sender.
#[derive(Debug, Default, Clone)]
pub(crate) struct PushPlace {
    /// The title; without one it is what the receiver calls the sender.
    pub(crate) name: Option<String>,
    /// Texts begin with the sender's name, as it is called there.
    pub(crate) sender: Option<String>,
}

impl Outward<'_> {
    /// A message for a user without a device online: decided, and recorded.
    pub(crate) fn record_push(&mut self, now: UnixMillis, user: UserIx, message: &Message, place: PushPlace) {
        let content = Content::of(message);
        let decision = self.push_decision(now, user, &content, None);
        self.record_decided(now, user, &content, decision, place);
    }

    /// What was decided of a push goes on record.
    pub(crate) fn record_decided(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        content: &Content<'_>,
        decision: Decision,
        place: PushPlace,
    ) {
        let message = content.message;
        let account = &self.core.accounts[user];
        let phones = account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        let devices = phones.filter(|_| decision.sent).filter(|device| !device.no_push);
        let devices = devices.map(|device| device.id.clone()).collect();
        // What the receiver calls the sender, or its display name as registered or changed since (USER-012).
        let own_name = || {
            let remark = account.remarks.get(&message.from).cloned();
            remark.unwrap_or_else(|| self.core.accounts.name_of(&message.from))
        };
        let title = place.name.unwrap_or_else(own_name);
        let shown = Shown::Message { message: message.clone(), title, sender: place.sender };
        let uid = message.uid;
        self.keep_push(Record { at: now, user, message_uid: uid, devices, shown, decision });
    }

    fn keep_push(&mut self, record: Record) {
        let Record { at, user, message_uid: uid, decision: Decision { sent, why, .. }, .. } = record;
        let records = &mut self.state.pushes.records;
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
        let id = &self.core.accounts[user].id;
        self.core.journal.record(at, || What::Push {
            user: id.to_string(),
            message_uid: uid.to_string(),
            sent,
            why,
        });
    }

    /// A notification of the app's server, for the phones of a user whether online or not; `id` names the call.
    pub(crate) fn record_notification(
        &mut self,
        now: UnixMillis,
        user: UserIx,
        id: Uid,
        shown: &Notification,
    ) {
        let account = &self.core.accounts[user];
        let phones = account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        let devices: Vec<String> =
            phones.filter(|device| !device.no_push).map(|device| device.id.clone()).collect();
        let decision = if devices.is_empty() {
            Decision::no("device", "the user has no mobile device that takes pushes")
        } else {
            Decision::yes("default", "a notification of the app's server")
        };
        let shown = Shown::Notification { title: shown.title.clone(), content: shown.content.clone() };
        self.keep_push(Record { at: now, user, message_uid: id, devices, shown, decision });
    }

    /// Whether a message disturbs a user who is away. `levels`: those that decide behind quiet hours, where
    /// the levels of conversations do not.
    pub(crate) fn push_decision(
        &self,
        now: UnixMillis,
        user: UserIx,
        content: &Content<'_>,
        levels: Option<[Setting; 5]>,
    ) -> Decision {
        let message = content.message;
        let account = &self.core.accounts[user];
        // Only phones have a push service; a user who never had one gets none (DND-046).
        let phones = || account.devices.iter().filter(|device| device.class == PlatformClass::Mobile);
        if message.silent {
            Decision::no("message", "the message asks for no notification")
        } else if !message.counted {
            Decision::no("message", "the message is not counted")
        } else if phones().next().is_none() && !self.core.has(Bug::PushesWithoutPhone) {
            Decision::no("device", "the user has no mobile device")
        } else if phones().next().is_some() && phones().all(|device| device.no_push) {
            Decision::no("device", "logged out without pushes")
        } else if !message.shows {
            Decision::no("message", "a message of the app's own type brings no text for a push")
        } else if self.core.has(Bug::IgnoresDoNotDisturb) {
            Decision::yes("default", "offline")
        } else {
            let mention = || {
                let body = content.body();
                let others = self.core.has(Bug::CountsOthersMentions) && body["mentionedInfo"].is_object();
                if others { Mention::Me } else { Mentioned::of_body(body).of(&account.id) }
            };
            self.disturbs(now, user, message, levels, &mention)
        }
    }
}

/// What a mention says comes first, then what the sender wrote for pushes, then the text (AMB-03).
fn push_content(core: &Core, down: &DownStreamMessage, sender: Option<&str>) -> Option<String> {
    let body = body_of(down);
    let mentioned = body["mentionedInfo"]["mentionedContent"].as_str();
    let mentioned = mentioned.filter(|_| !core.has(Bug::PushIgnoresMention));
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
    Some(sender.map_or_else(|| text.to_owned(), |sender| format!("{sender}: {text}")))
}

/// Title, content and data for the app.
fn push_texts<'a>(core: &Core, shown: &'a Shown) -> [Cow<'a, str>; 3] {
    let (message, title, sender) = match shown {
        Shown::Notification { title, content } => {
            return [title.as_str().into(), content.as_str().into(), "".into()];
        }
        Shown::Message { message, title, sender } => (message, title, sender),
    };
    let down = message.as_sent();
    let content = push_content(core, &down, sender.as_deref()).unwrap_or_default();
    let own = down.push_ext.as_ref().map(|ext| ext.title()).filter(|title| !title.is_empty());
    let title = match own {
        _ if down.config_flag() & HIDE_TITLE != 0 => "".into(),
        Some(own) => own.to_owned().into(),
        None => title.as_str().into(),
    };
    [title, content.into(), message.push_data.as_deref().unwrap_or_default().into()]
}
