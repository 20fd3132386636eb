//! Read receipts of groups (GRR): the sender of a message asks for them, members who read it respond, and only the
//! sender learns who. Every stored message keeps what is known in `groupReadReceiptInfo`.

use serde_json::{Map, Value, json};
use wire::{Topic, UnixMillis, body::DownStreamMessage};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, text},
    },
    mail::{
        Mail, send as sending,
        signal::{self, Signal, Then, Told, channel, up},
    },
};

/// Object name of a request for receipts.
pub(crate) const REQUEST: &str = "RC:RRReqMsg";
/// Object name of a response.
pub(crate) const RESPONSE: &str = "RC:RRRspMsg";

const INFO: &str = "groupReadReceiptInfo";

/// `sendGroupReadReceiptRequest(message)`: for a message of a group that this user has sent (GRR-003, GRR-004).
pub(crate) fn request(mail: &mut Mail<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let passed = args.get("message").cloned().unwrap_or_default();
    let Some(message) = sending::instance(mail.core, &passed) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let (group, uid) = (text(&message, "targetId"), text(&message, "messageUId"));
    let own = text(&message, "senderUserId") == mail.core.user && text(&message, "direction") != "receive";
    let of_group = text(&message, "conversationType") == "group" && !group.is_empty();
    if !own || !of_group || uid.is_empty() {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let mut repeated = Object::new();
    repeated.insert("message".into(), passed);
    let content = json!({"messageUId": uid});
    let signal =
        Signal { event: "onGroupReadReceiptRequestSent", args: repeated, then: Then::Requested(uid) };
    signal::send(mail, now, Topic::PgMsgP, &group, &up(REQUEST, &content, Vec::new()), signal);
    CallResult::Code(0)
}

/// `sendGroupReadReceiptResponse(targetId, channelId, messages)`: messages of one group that others have sent
/// (GRR-008, GRR-013).
pub(crate) fn respond(mail: &mut Mail<'_>, now: UnixMillis, args: &Object) -> CallResult {
    let group = text(args, "targetId");
    let given = args.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    // By sender, in the order of the call.
    let mut read = Object::new();
    let mut uids = Vec::new();
    for message in &given {
        let message = sending::instance(mail.core, message).filter(|message| {
            text(message, "conversationType") == "group" && text(message, "targetId") == group
        });
        let Some(message) = message else { return CallResult::Code(code::PARAM_ERROR) };
        let (sender, uid) = (text(&message, "senderUserId"), text(&message, "messageUId"));
        if sender.is_empty() || sender == mail.core.user || uid.is_empty() {
            return CallResult::Code(code::PARAM_ERROR);
        }
        uids.push(uid.clone());
        if let Value::Array(of_sender) = read.entry(sender).or_insert_with(|| json!([])) {
            of_sender.push(uid.into());
        }
    }
    if group.is_empty() || read.is_empty() {
        return CallResult::Code(code::PARAM_ERROR);
    }
    let only_to = read.keys().cloned().collect();
    let mut repeated = Object::new();
    repeated.insert("targetId".into(), group.as_str().into());
    repeated.insert("channelId".into(), channel(args));
    repeated.insert("messages".into(), given.into());
    let signal =
        Signal { event: "onGroupReadReceiptResponseSent", args: repeated, then: Then::Responded(uids) };
    let content = json!({"receiptMessageDic": read});
    signal::send(mail, now, Topic::PgMsgP, &group, &up(RESPONSE, &content, only_to), signal);
    CallResult::Code(0)
}

/// Somebody wants to know who has read a message (GRR-005); asked by another device of ours, only the store
/// learns of it.
pub(crate) fn requested(core: &Core, down: &DownStreamMessage, content: &Object) -> Vec<Told> {
    let uid = text(content, "messageUId");
    let known = core.store.by_uid(&uid).ok().flatten();
    let own = down.is_own();
    let sender = if own { &core.user } else { &down.from_user_id };
    // Only who sent a message may ask (GRR-003).
    if uid.is_empty() || known.is_some_and(|message| text(&message, "senderUserId") != *sender) {
        return Vec::new();
    }
    note_request(core, &uid);
    if own {
        return Vec::new();
    }
    vec![(
        "onGroupMessageReadReceiptRequestReceived",
        json!({"targetId": down.group_id(), "messageUId": uid}),
    )]
}

/// A member has read messages of ours: one callback a message, each with all who have so far (GRR-009 to
/// GRR-011, AMB-45). What nobody asked for is nothing to the app (GRR-014).
pub(crate) fn received(core: &Core, down: &DownStreamMessage, content: &Object) -> Vec<Told> {
    let Some(Value::Object(read)) = content.get("receiptMessageDic") else { return Vec::new() };
    let uids = |uids: &Value| -> Vec<String> {
        uids.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if down.is_own() {
        read.values().flat_map(uids).for_each(|uid| note_response(core, &uid));
        return Vec::new();
    }
    let mine = read.get(&core.user).map(uids).unwrap_or_default();
    let most = if mine.len() > 1 && core.has(Bug::OneMessageAResponse) { 1 } else { mine.len() };
    mine.iter().take(most).filter_map(|uid| responded(core, down, uid)).collect()
}

fn responded(core: &Core, down: &DownStreamMessage, uid: &str) -> Option<Told> {
    let mut users = Map::new();
    change_info(core, uid, |info| {
        if info.get("readReceiptMessage") != Some(&Value::Bool(true))
            && !core.has(Bug::UnrequestedResponsesTold)
        {
            return false;
        }
        let known = info.entry("respondUserIds").or_insert_with(|| json!({}));
        let Value::Object(known) = known else { return false };
        if !known.is_empty() && core.has(Bug::OneResponder) {
            known.clear();
        }
        // Somebody who responds again has read it when first said.
        known.entry(down.from_user_id.clone()).or_insert_with(|| down.data_time.into());
        users.clone_from(known);
        true
    })
    .then(|| {
        (
            "onGroupMessageReadReceiptResponseReceived",
            json!({"targetId": down.group_id(), "messageUId": uid, "respondUserIds": users}),
        )
    })
}

/// Receipts were asked for, for the message of that UID.
pub(crate) fn note_request(core: &Core, uid: &str) {
    change_info(core, uid, |info| {
        info.insert("readReceiptMessage".into(), true.into());
        true
    });
}

/// This user has given a receipt for the message of that UID.
pub(crate) fn note_response(core: &Core, uid: &str) {
    change_info(core, uid, |info| {
        info.insert("hasRespond".into(), true.into());
        true
    });
}

/// Changes what a stored message knows of its receipts; `false`: it is not stored, or `change` wants none.
fn change_info(core: &Core, uid: &str, change: impl FnOnce(&mut Object) -> bool) -> bool {
    let Some(mut message) = core.store.by_uid(uid).ok().flatten() else { return false };
    let mut info = match message.get(INFO) {
        Some(Value::Object(info)) => info.clone(),
        _ => Map::from_iter([
            ("readReceiptMessage".to_owned(), Value::Bool(false)),
            ("hasRespond".to_owned(), Value::Bool(false)),
            ("respondUserIds".to_owned(), json!({})),
        ]),
    };
    if !change(&mut info) {
        return false;
    }
    message.insert(INFO.into(), info.into());
    let id = message.get("messageId").and_then(Value::as_i64).unwrap_or_default();
    core.store.update(id, &message).unwrap_or(false)
}
