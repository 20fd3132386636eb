//! `/message/broadcast.json`, `/message/online/broadcast.json`, `/message/broadcast/recall.json`: system messages for
//! every user of the App Key.
//!
//! A broadcast is one message under one UID. It is delivered like any other, and no history on the server has it
//! (documented: it is stored on the client). "Every user" is read as every registered one that is not deactivated.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wire::body::UpStreamMessage;

use crate::{
    core::{
        account::UserIx,
        bug::Bug,
        io::PlatformClass,
        message::{COMMAND, Conversation, Message},
    },
    doors::server_api::{
        Answer, Api, ApiError, Call,
        compose::api_message,
        endpoints::{Row, Takes::Form},
        error,
        once::once,
        rate::{Rated, within_rates},
        recall::{api_recall_by, recall_command, sender_of},
    },
    mail::{
        keeping::store,
        post::{Delivery, Outgoing},
    },
};

/// How long who comes online still gets an online broadcast.
const ONLINE_WINDOW: Duration = Duration::from_secs(600);

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/broadcast.json", Form, api_broadcast),
    ("/message/online/broadcast.json", Form, api_broadcast_online),
    ("/message/broadcast/recall.json", Form, api_broadcast_recall),
];

/// To all users, or to those with a device of one system.
fn api_broadcast(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.id("fromUserId")?;
    let message = api_message(api, call)?;
    let os = call.optional("os").map(system).transpose()?;
    // One SDK recalls a broadcast by broadcasting the command.
    if message.classname == COMMAND {
        let command: Value = serde_json::from_slice(&message.content).unwrap_or_default();
        let uid = command["messageUId"].as_str().unwrap_or_default().to_owned();
        return recall_broadcast(api, call, from, &uid, message);
    }
    once(api, call, from, |api| {
        within_rates(api, call.now, &[Rated::BroadcastHour, Rated::BroadcastDay], 1)?;
        let mut receivers = everybody(api, os);
        if api.world.core.has(Bug::BroadcastMissesOffline) {
            receivers.retain(|user| !api.world.core.accounts[*user].connections.is_empty());
        }
        let uid = post_to_all(api, call, from, receivers, message);
        Ok(json!({"messageUID": uid, "id": uid}))
    })
}

/// To who is online now or comes online within ten minutes. It is no message of an offline user: it is not pushed,
/// does not wait longer, and cannot be recalled.
fn api_broadcast_online(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.id("fromUserId")?;
    let message = api_message(api, call)?;
    once(api, call, from, |api| {
        let sender = api.world.core.accounts.find_or_add(from);
        let from = api.world.core.accounts[sender].id.clone();
        let receivers = everybody(api, None);
        let times = receivers.iter().map(|user| api.world.mail.mailboxes[*user].next_time(call.now));
        let time = times.max().unwrap_or(call.now);
        let uid = api.world.core.ids.message_uid(time);
        let message =
            Arc::new(Message::new(uid, time, Conversation::System, from, Arc::from(""), message, false));
        for user in &receivers {
            store(&mut api.world.mail.mailboxes, &api.world.core, call.now, *user, message.clone());
            if !api.world.core.accounts[*user].connections.is_empty() {
                api.world.mail().deliver(call.now, *user, &message, false);
            }
        }
        api.world.core.withdraw_later(call.now, ONLINE_WINDOW, uid, time);
        Ok(json!({"messageUID": uid.as_str()}))
    })
}

fn api_broadcast_recall(api: &mut Api<'_>, call: &Call) -> Answer {
    let from = call.id("fromUserId")?;
    let uid = call.required("messageUID", 64)?;
    let sent = call.number_or("sentTime", 0..=i64::MAX, 0)?;
    let command = recall_command(call, Conversation::System, "", uid, sent);
    recall_broadcast(api, call, from, uid, command)
}

fn recall_broadcast(api: &mut Api<'_>, call: &Call, from: &str, uid: &str, up: UpStreamMessage) -> Answer {
    let by = sender_of(api, from, uid)?;
    within_rates(api, call.now, &[Rated::BroadcastHour, Rated::BroadcastDay], 1)?;
    let posted = api_recall_by(api, call.now, by, up)?;
    Ok(json!({"messageUID": posted.uid.as_str()}))
}

/// Registered users, or those with a phone of one system.
pub(super) fn everybody(api: &Api<'_>, os: Option<&str>) -> Vec<UserIx> {
    let known = api.world.core.accounts.iter().enumerate();
    let has = |user: UserIx, os: &str| {
        let mut devices = api.world.core.accounts[user].devices.iter();
        devices
            .any(|device| device.class == PlatformClass::Mobile && device.platform.eq_ignore_ascii_case(os))
    };
    known
        .filter(|(_, account)| account.registered && !account.deactivated)
        .map(|(user, _)| user)
        .filter(|user| os.is_none_or(|os| has(*user, os)))
        .collect()
}

/// One system message for all of them.
pub(super) fn post_to_all(
    api: &mut Api<'_>,
    call: &Call,
    from: &str,
    receivers: Vec<UserIx>,
    up: UpStreamMessage,
) -> String {
    let sender = api.world.core.accounts.find_or_add(from);
    let delivery = Delivery { conversation: Conversation::System, receivers };
    let outgoing = Outgoing {
        sender,
        // Without a receiver of its own it belongs to nobody's history.
        target: Arc::from(""),
        delivery,
        up,
        status_message: false,
        mirror: None,
        with_sender: false,
    };
    api.world.mail().post(call.now, outgoing).uid.to_string()
}

/// A system of phones by its name.
pub(super) fn system(os: &str) -> Result<&'static str, ApiError> {
    match os.to_ascii_lowercase().as_str() {
        "ios" => Ok("iOS"),
        "android" => Ok("Android"),
        "harmonyos" => Ok("HarmonyOS"),
        _ => {
            Err(error(1002, format!("`{os}` is no system of phones; iOS, Android or HarmonyOS is expected")))
        }
    }
}
