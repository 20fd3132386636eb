//! `/message/recall.json` and `/message/expansion/*`: messages that were sent are recalled or expanded (RECALL, EXP).

use std::sync::Arc;

use serde_json::{Value, json};
use wire::{UnixMillis, body::UpStreamMessage, code::status, flags};

use crate::{
    core::{
        account::UserIx,
        expansion,
        ids::Uid,
        message::{COMMAND, Conversation, Posted},
    },
    doors::{
        frames::recall,
        server_api::{
            Answer, Api, ApiError, Call,
            endpoints::{Row, Takes::Form},
            error,
            history::conversation,
            ultra_group_message::api_recall_in_ultra_group,
            user::LONGEST_ID,
        },
    },
    mail::{
        expansion::expand,
        post::{Delivery, Outgoing},
    },
};

/// Pairs or keys of one call.
pub(super) const MOST_PAIRS: usize = 100;

/// Pairs of a page of `/message/expansion/query.json`.
pub(super) const PAGE: usize = 300;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/message/recall.json", Form, api_recall),
    ("/message/expansion/set.json", Form, api_expansion_set),
    ("/message/expansion/delete.json", Form, api_expansion_delete),
    ("/message/expansion/query.json", Form, api_expansion_query),
];

/// Recalls a message in its sender's name; the rule about own messages binds clients only. The sender's own devices
/// carry the command out too: those that are online, later ones with multi-device sync.
fn api_recall(api: &mut Api<'_>, call: &Call) -> Answer {
    let kind = call.number("conversationType", 1..=10)?;
    if kind == Conversation::UltraGroup as i64 {
        return api_recall_in_ultra_group(api, call);
    }
    let in_room = kind == Conversation::Chatroom as i64;
    let conversation = if in_room { Conversation::Chatroom } else { conversation(call, &[1, 3, 6])? };
    let from = call.id("fromUserId")?;
    let target = call.id("targetId")?;
    let uid = call.required("messageUID", 64)?;
    let sent = call.number("sentTime", 0..=i64::MAX)?;
    let command = recall_command(call, conversation, target, uid, sent);
    let by = if in_room { sender_in_room(api, target, from, uid)? } else { sender_of(api, from, uid)? };
    api_recall_by(api, call.now, by, command).map(|_| json!({}))
}

/// The command that clients carry out.
pub(super) fn recall_command(
    call: &Call,
    conversation: Conversation,
    target: &str,
    uid: &str,
    sent: i64,
) -> UpStreamMessage {
    let content = json!({
        "conversationType": conversation as i32, "targetId": target, "messageUId": uid, "sentTime": sent,
        "isAdmin": call.flag("isAdmin"), "isDelete": call.flag("isDelete"),
        "extra": call.optional("extra").unwrap_or_default(),
    });
    let silent = if call.flag("disablePush") { flags::up::SILENT } else { 0 };
    UpStreamMessage {
        session_id: flags::up::PERSIST | silent,
        classname: COMMAND.to_owned(),
        content: content.to_string().into(),
        option_bits: call.flag("disableUpdateLastMsg").then_some(flags::option::NOT_LAST),
        ..UpStreamMessage::default()
    }
}

/// Who sent a message, which has to be `from`.
pub(super) fn sender_of(api: &Api<'_>, from: &str, uid: &str) -> Result<UserIx, ApiError> {
    let entry = Uid::parse(uid).and_then(|uid| api.world.mail.archive.find(uid));
    let own = entry.filter(|entry| *entry.message.from == *from);
    own.and_then(|_| api.world.core.accounts.find(from))
        .ok_or_else(|| error(1002, format!("`{from}` sent no message `{uid}`")))
}

/// The same of a message of a room.
fn sender_in_room(api: &Api<'_>, room: &str, from: &str, uid: &str) -> Result<UserIx, ApiError> {
    let said = Uid::parse(uid).and_then(|uid| api.world.chatrooms.said(room, uid));
    let own = said.filter(|message| *message.from == *from);
    own.and_then(|_| api.world.core.accounts.find(from))
        .ok_or_else(|| error(1002, format!("`{from}` sent no message `{uid}` in the chatroom `{room}`")))
}

pub(super) fn api_recall_by(
    api: &mut Api<'_>,
    now: UnixMillis,
    by: UserIx,
    up: UpStreamMessage,
) -> Result<Posted, ApiError> {
    recall(api.world, now, by, up, None)
        .map_err(|code| error(1002, format!("the message cannot be recalled ({code})")))
}

fn api_expansion_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let pairs = parsed(call, "extraKeyVal")?;
    let Value::Object(pairs) = pairs else {
        return Err(error(1002, "parameter `extraKeyVal` must be a JSON object of texts"));
    };
    change_expansion(api, call, &json!({"put": pairs}))
}

fn api_expansion_delete(api: &mut Api<'_>, call: &Call) -> Answer {
    match parsed(call, "extraKey")? {
        Value::Array(keys) if keys.len() <= MOST_PAIRS => change_expansion(api, call, &json!({"del": keys})),
        Value::Array(_) => {
            Err(error(1005, format!("parameter `extraKey` names more than {MOST_PAIRS} keys")))
        }
        _ => Err(error(1002, "parameter `extraKey` must be a JSON list of keys")),
    }
}

/// Carries a change out and tells the other participants, and the operator's own devices if that is asked for.
fn change_expansion(api: &mut Api<'_>, call: &Call, change: &Value) -> Answer {
    let conversation = conversation(call, &[1, 3])?;
    let operator = call.required("userId", LONGEST_ID)?;
    let target = call.required("targetId", LONGEST_ID)?;
    let uid = call.required("msgUID", 64)?;
    let mut change = change.clone();
    change["mid"] = uid.into();
    let content = change.to_string();
    let user = api.world.core.accounts.find_or_add(operator);
    expand(&mut api.world.mail(), call.now, user, content.as_bytes(), MOST_PAIRS).map_err(refusal)?;
    let up = UpStreamMessage {
        classname: expansion::CHANGE.to_owned(),
        content: content.into(),
        ..UpStreamMessage::default()
    };
    let viewers =
        Uid::parse(uid).and_then(|uid| api.world.mail.archive.find(uid)).map(|entry| entry.viewers.clone());
    let with_operator = call.flag("isSyncSender");
    let receivers: Vec<UserIx> = viewers
        .iter()
        .flat_map(|viewers| viewers.iter().copied())
        .filter(|viewer| *viewer != user || with_operator)
        .collect();
    let target: Arc<str> = match conversation {
        Conversation::Private => {
            let peer = api.world.core.accounts.find_or_add(target);
            api.world.core.accounts[peer].id.clone()
        }
        _ => target.into(),
    };
    let delivery = Delivery { conversation, receivers };
    let outgoing = Outgoing {
        sender: user,
        target,
        delivery,
        up,
        status_message: false,
        mirror: None,
        with_sender: false,
    };
    api.world.mail().post(call.now, outgoing);
    Ok(json!({}))
}

fn api_expansion_query(api: &mut Api<'_>, call: &Call) -> Answer {
    let uid = call.required("msgUID", 64)?;
    let page = match call.optional("pageNo") {
        None => 1,
        Some(_) => call.number("pageNo", 1..=i64::from(u32::MAX))?,
    };
    let entry = Uid::parse(uid)
        .and_then(|uid| api.world.mail.archive.find(uid))
        .filter(|entry| entry.message.expandable)
        .ok_or_else(|| refusal(status::EXPANSION_NO_MESSAGE))?;
    Ok(json!({"extraContent": entry.expansion.page((page - 1) as usize, PAGE)}))
}

pub(super) fn parsed(call: &Call, name: &str) -> Result<Value, ApiError> {
    let text = call.required(name, 1 << 20)?;
    serde_json::from_str(text)
        .map_err(|fault| error(1002, format!("parameter `{name}` is not JSON: {fault}")))
}

pub(super) fn refusal(code: u16) -> ApiError {
    let why = match code {
        status::EXPANSION_NO_MESSAGE => "there is no such message that can be expanded",
        status::EXPANSION_OFF => "the message was not sent as one that can be expanded",
        status::EXPANSION_NO_RIGHT => "`userId` is no participant of the message's conversation",
        _ => {
            "an expansion has up to 100 pairs a call and 300 in all, keys of 1 to 32 and values of up to 4096 characters"
        }
    };
    error(1002, format!("{why} ({code})"))
}
