//! Sending: attached, then sent, with exactly one outcome (SEND-005 to SEND-013, ERR-008).
//!
//! Status messages wait for the server's answer like all others, so that a refusal is heard. The rate limit is the
//! server's (AMB-23).

use prost::Message as _;
use serde_json::{Map, Value, json};
use wire::{Topic, UnixMillis};

use crate::{
    core::{
        Core,
        bug::Bug,
        code,
        io::CallResult,
        message::{Object, Outgoing, media_kind, outgoing, text},
    },
    mail::{Call, Mail},
};

/// Where messages of ultra groups go that name no channel, in apps that have such a channel (UG-020, UG-022).
const DEFAULT_CHANNEL: &str = "RCDefault";

/// The callbacks that tell of a sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SendEvents {
    attached: &'static str,
    sent: &'static str,
}

const ORDINARY: SendEvents = SendEvents { attached: "onMessageAttached", sent: "onMessageSent" };
/// Of media messages.
pub(crate) const MEDIA: SendEvents =
    SendEvents { attached: "onMediaMessageAttached", sent: "onMediaMessageSent" };
const DESIGNATED: SendEvents = SendEvents {
    attached: "onGroupMessageToDesignatedUsersAttached",
    sent: "onGroupMessageToDesignatedUsersSent",
};

/// `sendMessage(message)`.
pub(crate) fn ordinary(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    send(mail, now, args, Vec::new(), ORDINARY)
}

/// `sendGroupMessageToDesignatedUsers(message, userIds)`: an ordinary group message that only some members get.
pub(crate) fn to_designated(mail: &mut Mail<'_>, now: UnixMillis, args: &Map<String, Value>) -> CallResult {
    let ids = args.get("userIds").and_then(Value::as_array).into_iter().flatten();
    let users: Vec<String> =
        ids.filter_map(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let group = args.get("message").and_then(|message| message.get("conversationType"))
        == Some(&Value::from("group"));
    // Media belong to `sendMediaMessage`, which names no receivers (GRP-019).
    let media =
        args.get("message").and_then(Value::as_object).is_some_and(|message| media_kind(message).is_some());
    if users.is_empty() || !group || media {
        return CallResult::Code(code::PARAM_ERROR);
    }
    send(mail, now, args, users, DESIGNATED)
}

fn send(
    mail: &mut Mail<'_>,
    now: UnixMillis,
    args: &Map<String, Value>,
    mut only_to: Vec<String>,
    events: SendEvents,
) -> CallResult {
    let Some(mut message) = args.get("message").and_then(|message| instance(mail.core, message)) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    choose_channel(mail.core, &mut message);
    spoil(mail.core, &mut message);
    let target = text(&message, "targetId");
    let Some(Outgoing { mut up, stored, status }) = outgoing(&message).filter(|_| !target.is_empty()) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    let status = status && !mail.core.has(Bug::StatusMessagesAreKept);
    let Some(topic) = topic(&text(&message, "conversationType"), status) else {
        return CallResult::Code(code::PARAM_ERROR);
    };
    if !only_to.is_empty() && mail.core.has(Bug::DirectedToAll) {
        only_to.clear();
    }
    up.user_id = only_to;
    if up.session_id & wire::flags::up::MENTION != 0 && mail.core.has(Bug::MentionsUnmarked) {
        up.session_id &= !wire::flags::up::MENTION;
    }
    if up.push_ext.is_some() && mail.core.has(Bug::DropsPushOptions) {
        (up.push_ext, up.push_text, up.app_data, up.config_flag) = (None, None, None, None);
    }
    if up.extra_content.is_some() && mail.core.has(Bug::DropsInitialExpansion) {
        up.extra_content = None;
    }
    if matches!(topic, Topic::PpMsgP | Topic::PpMsgS) {
        mail.state.typing.sent(&target);
    }
    message.insert("direction".into(), "send".into());
    message.insert("senderUserId".into(), mail.core.user.as_str().into());
    message.insert("sentTime".into(), now.0.into());
    message.insert("sentStatus".into(), "sending".into());
    // Before the first login there is no user whose store it could be.
    if stored && mail.core.store.is_open() {
        if !attach(mail.core, &mut message) {
            // What cannot be stored is not sent (SEND-012).
            return CallResult::Code(code::PARAM_ERROR);
        }
        let mut told = message.clone();
        if mail.core.has(Bug::AttachedWithoutNumber) {
            told.remove("messageId");
        }
        mail.core.fire(events.attached, json!({"message": told}));
    } else if !stored && mail.core.has(Bug::AttachesUnstored) {
        mail.core.fire(events.attached, json!({"message": message}));
    }
    mail.ask(now, topic, &target, up.encode_to_vec(), Call::Send { message, events });
    CallResult::Code(0)
}

/// What deliberate bugs make of a message before it is sent.
fn spoil(core: &Core, message: &mut Object) {
    let said = text(message, "text");
    if said.chars().count() > 1000 && core.has(Bug::LongTextsCut) {
        message.insert("text".into(), said.chars().take(1000).collect::<String>().into());
    } else if said.trim() != said && core.has(Bug::TrimsTexts) {
        message.insert("text".into(), said.trim().into());
    }
    let target = text(message, "targetId");
    if target.to_lowercase() != target && core.has(Bug::LowersIds) {
        message.insert("targetId".into(), target.to_lowercase().into());
    }
}

/// The message as the app holds it. A bare `messageId` names one that is stored; properties given with it count.
pub(crate) fn instance(core: &Core, given: &Value) -> Option<Object> {
    let given = given.as_object()?;
    let Some(id) = given.get("messageId").and_then(Value::as_i64) else { return Some(given.clone()) };
    let mut message = core.store.by_id(id).ok()??;
    message.extend(given.clone());
    Some(message)
}

/// Stores the message: anew, or in its old place when the same instance is sent again (SEND-010).
pub(crate) fn attach(core: &mut Core, message: &mut Object) -> bool {
    if let Some(id) = message.get("messageId").and_then(Value::as_i64)
        && !core.has(Bug::ResendingDoubles)
    {
        let _ = core.store.list_conversation(message);
        return core.store.update(id, message).unwrap_or(false);
    }
    match core.store.insert(message) {
        Ok(Some(id)) => {
            message.insert("messageId".into(), id.into());
            // A message that is kept is sent, whether the list shows it or not.
            let _ = core.store.list_conversation(message);
            true
        }
        _ => false,
    }
}

/// Ends a sending: the stored message learns its outcome, the app hears of it once (SEND-007, SEND-008).
pub(crate) fn sent(
    core: &mut Core,
    mut message: Object,
    events: SendEvents,
    code: i64,
    accepted: Option<(UnixMillis, String)>,
) {
    let went = code == 0 || (code < 30_000 && core.has(Bug::RefusedIsSent));
    message.insert("sentStatus".into(), if went { "sent" } else { "failed" }.into());
    let stored = message.get("messageId").and_then(Value::as_i64);
    if let Some((time, uid)) = accepted {
        if !core.has(Bug::KeepsOwnTime) {
            message.insert("sentTime".into(), time.0.into());
        }
        if stored.is_none() {
            // The mailbox may give our own message back; it is known.
            let _ = core.store.see(&uid);
        }
        message.insert("messageUId".into(), uid.into());
    }
    if let Some(id) = stored
        && !(code != 0 && core.has(Bug::FailedStaySending))
    {
        if code == 0 && core.has(Bug::ForgetsUids) {
            let mut without = message.clone();
            without.remove("messageUId");
            let _ = core.store.update(id, &without);
            return core.fire(events.sent, json!({"code": code, "message": message}));
        }
        // The app hears the outcome even if the store cannot keep it.
        let _ = core.store.update(id, &message);
    }
    core.fire(events.sent, json!({"code": code, "message": message}));
}

/// The channel a message is sent to, where the app names none (UG-022, UG-025).
pub(crate) fn choose_channel(core: &Core, message: &mut Object) {
    let nowhere = text(message, "conversationType") == "ultra_group" && text(message, "channelId").is_empty();
    if nowhere && core.app_has(|navi| navi.default_channel) {
        message.insert("channelId".into(), DEFAULT_CHANNEL.into());
    }
}

/// The topic of an ordinary or a status message; `None`: no app may send there.
pub(crate) fn topic(conversation: &str, status: bool) -> Option<Topic> {
    match (conversation, status) {
        ("private", false) => Some(Topic::PpMsgP),
        ("private", true) => Some(Topic::PpMsgS),
        ("group", false) => Some(Topic::PgMsgP),
        ("group", true) => Some(Topic::PgMsgS),
        ("chatroom", _) => Some(Topic::ChatMsg),
        ("ultra_group", _) => Some(Topic::UgMsg),
        _ => None,
    }
}
