//! Which call of an app's a client's request comes of: the table of the engine's topics, read backwards.
//!
//! For sessions that only the service saw. What an SDK asks by itself is noise; what an app asked without any request (its
//! store answered) nobody can know.

use serde_json::{Map, Value, json};
use service::HttpRequest;
use wire::Topic;

/// What a request comes of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Guess {
    /// This method with these arguments; UIDs and instants are the recording's.
    Call(&'static str, Map<String, Value>),
    /// Arguments of the call before it.
    More(Map<String, Value>),
    /// The SDK asks it by itself.
    Noise,
    /// Nobody knows.
    Unknown,
}

/// Kinds of conversations with their numbers on the wire.
const KINDS: [(i64, &str); 5] =
    [(1, "private"), (3, "group"), (4, "chatroom"), (6, "system"), (10, "ultra_group")];

/// Levels of do-not-disturb with their numbers on the wire (AMB-02).
const LEVELS: [(i64, &str); 6] = [
    (-1, "all_message"),
    (0, "none"),
    (1, "mention"),
    (2, "mention_users"),
    (4, "mention_all"),
    (5, "blocked"),
];

/// Topics that SDKs ask by themselves, or to answer what comes.
const BY_THEMSELVES: &[Topic] = &[
    Topic::PullMsg,
    Topic::PullSeAtts,
    Topic::PullUs,
    Topic::Reportsdk,
    Topic::QAppBot,
    Topic::PullEventChange,
    Topic::PullModifyMsg,
    Topic::PullSe,
    Topic::PullUgMsg,
    Topic::PullUgSes,
    Topic::QryMsgChange,
    Topic::PullUserSub,
    Topic::PullSubData,
    Topic::PullKv,
    Topic::QnTkn,
    Topic::QnUrl,
    Topic::RrList,
];

fn named(table: &[(i64, &'static str)], number: Option<i64>) -> Option<&'static str> {
    table.iter().find(|(known, _)| Some(*known) == number).map(|(_, name)| *name)
}

/// The text of a message, of a request's body or a message that came.
pub(super) fn text_of(body: &Value) -> Option<String> {
    if body["classname"].as_str()? != "RC:TxtMsg" {
        return None;
    }
    content(body)["content"].as_str().map(str::to_owned)
}

fn content(body: &Value) -> Value {
    let text = body["content"].as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

fn args(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(args) => args,
        _ => Map::new(),
    }
}

/// The call of a request with its body's fields.
pub(super) fn call(topic: &Topic, target: &str, body: &Value) -> Guess {
    let channel = body["busChannel"].as_str().unwrap_or_default();
    let made = match topic {
        topic if BY_THEMSELVES.contains(topic) => return Guess::Noise,
        Topic::PpMsgP | Topic::PpMsgS => return publish("private", target, channel, body),
        Topic::PgMsgP | Topic::PgMsgS => return publish("group", target, channel, body),
        Topic::ChatMsg | Topic::ChatMsgS => return publish("chatroom", target, channel, body),
        Topic::UgMsg => return publish("ultra_group", target, channel, body),
        Topic::PbMsgP => return publish("system", target, channel, body),
        Topic::RecallMsg => return recall(body),
        Topic::JoinChrm | Topic::JoinChrmR => {
            let create = *topic == Topic::JoinChrm;
            ("joinChatRoom", json!({"targetId": target, "messageCount": -1, "autoCreate": create}))
        }
        // The first pull after joining tells how many messages the app wanted.
        Topic::ChrmPull if body["syncTime"] == 0 => {
            return Guess::More(args(json!({"messageCount": body["count"]})));
        }
        Topic::ChrmPull => return Guess::Noise,
        Topic::ExitChrm => ("leaveChatRoom", json!({"targetId": target})),
        Topic::SetKv | Topic::DelKv | Topic::SetKvs | Topic::DelKvs => entries(topic, target, body),
        Topic::QryPMsg => load("private", channel, body),
        Topic::QryGMsg => load("group", channel, body),
        Topic::QrySMsg => load("system", channel, body),
        Topic::QryUgMsg => load("ultra_group", channel, body),
        Topic::AddBlack => ("addToBlacklist", json!({"userId": person(target, body)})),
        Topic::RmBlack => ("removeFromBlacklist", json!({"userId": person(target, body)})),
        Topic::BlackStat => ("loadBlacklistStatus", json!({"userId": person(target, body)})),
        Topic::GetBlack => ("loadBlacklist", json!({})),
        Topic::SetSeAtt => return setting(body),
        Topic::SetTypeUnpush => match (kind(body), named(&LEVELS, body["unpushLevel"].as_i64())) {
            (Some(kind), Some(level)) => {
                ("changeConversationTypeNotificationLevel", json!({"type": kind, "level": level}))
            }
            _ => return Guess::Unknown,
        },
        Topic::AddUnpush => (
            "changeNotificationQuietHours",
            json!({"startTime": body["startTime"], "spanMinutes": body["spanMinutes"],
                   "level": named(&LEVELS, body["level"].as_i64()).unwrap_or("blocked")}),
        ),
        Topic::DelUnpush => ("removeNotificationQuietHours", json!({})),
        Topic::CleanPMsg => clear("private", channel, body),
        Topic::CleanGMsg => clear("group", channel, body),
        Topic::CleanSMsg => clear("system", channel, body),
        Topic::DelMsg | Topic::DelUgMsg => match kind(body) {
            Some(kind) => {
                let uids = body["msgs"].as_array().into_iter().flatten();
                let messages: Vec<Value> = uids.map(|one| json!({"messageUId": one["msgId"]})).collect();
                let target = body["conversationId"].as_str().unwrap_or(target);
                (
                    "deleteMessages",
                    json!({"type": kind, "targetId": target, "channelId": channel, "messages": messages}),
                )
            }
            None => return Guess::Unknown,
        },
        Topic::UpdUgRTime => (
            "syncUltraGroupReadStatus",
            json!({"targetId": target, "channelId": channel, "timestamp": body["msgTime"]}),
        ),
        Topic::Operate => (
            "sendUltraGroupTypingStatus",
            json!({"targetId": body["targetId"], "channelId": channel, "typingStatus": "text"}),
        ),
        Topic::UgUnpushSet => return level_of_group(target, body),
        Topic::UpMsgEx | Topic::ModifyMsg => return change(topic, body),
        _ => return Guess::Unknown,
    };
    Guess::Call(made.0, args(made.1))
}

fn kind(body: &Value) -> Option<&'static str> {
    named(&KINDS, body["type"].as_i64())
}

fn person(target: &str, body: &Value) -> String {
    body["userId"].as_str().filter(|user| !user.is_empty()).unwrap_or(target).to_owned()
}

fn publish(kind: &'static str, target: &str, channel: &str, body: &Value) -> Guess {
    let content = content(body);
    let place = json!({"targetId": target, "channelId": channel});
    let with = |more: Value| {
        let mut all = args(place.clone());
        all.extend(args(more));
        all
    };
    let name = body["classname"].as_str().unwrap_or_default();
    let made = match name {
        "RC:TypSts" => {
            ("sendTypingStatus", with(json!({"type": kind, "currentType": content["typingContentType"]})))
        }
        "RC:ReadNtf" => {
            ("sendPrivateReadReceiptMessage", with(json!({"timestamp": content["lastMessageSendTime"]})))
        }
        "RC:SRSMsg" => (
            "syncConversationReadStatus",
            with(json!({"type": kind, "timestamp": content["lastMessageSendTime"]})),
        ),
        "RC:RRReqMsg" => {
            ("sendGroupReadReceiptRequest", args(json!({"message": {"messageUId": content["messageUId"]}})))
        }
        "RC:RRRspMsg" => {
            let by_sender = content["receiptMessageDic"].as_object().into_iter().flatten();
            let uids = by_sender.flat_map(|(_, uids)| uids.as_array().cloned().unwrap_or_default());
            let messages: Vec<Value> = uids.map(|uid| json!({"messageUId": uid})).collect();
            ("sendGroupReadReceiptResponse", with(json!({"messages": messages})))
        }
        "RC:MsgExMsg" => {
            let uid = &content["mid"];
            if content["del"].is_array() {
                ("removeMessageExpansionForKeys", args(json!({"messageUId": uid, "keys": content["del"]})))
            } else {
                ("updateMessageExpansion", args(json!({"messageUId": uid, "expansion": content["put"]})))
            }
        }
        _ => {
            let sent = message(kind, name, with(json!({})), &content, body);
            match body["userId"].as_array().filter(|named| !named.is_empty()) {
                Some(named) => {
                    ("sendGroupMessageToDesignatedUsers", args(json!({"message": sent, "userIds": named})))
                }
                None => ("sendMessage", args(json!({"message": sent}))),
            }
        }
    };
    Guess::Call(made.0, made.1)
}

/// A message as calls take one.
fn message(
    kind: &str,
    name: &str,
    place: Map<String, Value>,
    content: &Value,
    body: &Value,
) -> Map<String, Value> {
    let mut message = args(json!({"conversationType": kind}));
    message.extend(place);
    if name == "RC:TxtMsg" {
        message.insert("messageType".into(), "text".into());
        message.insert("text".into(), content["content"].as_str().unwrap_or_default().into());
    } else {
        // Whatever else it is, it travels as a message of the app's own.
        message.insert("messageType".into(), "custom".into());
        message.insert("identifier".into(), name.into());
        message.insert("policy".into(), "normal".into());
        let fields = content.as_object().into_iter().flatten().map(|(key, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (key.clone(), Value::from(text))
        });
        message.insert("fields".into(), Value::Object(fields.collect()));
    }
    let pairs: Value =
        serde_json::from_str(body["extraContent"].as_str().unwrap_or_default()).unwrap_or_default();
    if let Some(pairs) = pairs.as_object() {
        let expansion = pairs.iter().map(|(key, value)| (key.clone(), value["v"].clone()));
        message.insert("expansion".into(), Value::Object(expansion.collect()));
    }
    mentions(&mut message, &content["mentionedInfo"]);
    message
}

fn mentions(message: &mut Map<String, Value>, told: &Value) {
    let kind = match told["type"].as_i64() {
        Some(1) => "all",
        Some(2) => "part",
        _ => return,
    };
    let mut info = args(json!({"type": kind, "userIdList": told["userIdList"]}));
    info.retain(|_, value| !value.is_null());
    if let Some(text) = told["mentionedContent"].as_str().filter(|text| !text.is_empty()) {
        info.insert("mentionedContent".into(), text.into());
    }
    message.insert("mentionedInfo".into(), Value::Object(info));
}

fn recall(body: &Value) -> Guess {
    let content = content(body);
    let message = json!({"messageUId": content["messageUId"]});
    if content["conversationType"] == 10 {
        let delete = content["isDelete"] == true;
        return Guess::Call(
            "recallUltraGroupMessage",
            args(json!({"message": message, "deleteRemote": delete})),
        );
    }
    Guess::Call("recallMessage", args(json!({"message": message})))
}

fn entries(topic: &Topic, room: &str, body: &Value) -> (&'static str, Value) {
    let listed: Vec<&Value> = match &body["entry"] {
        Value::Array(entries) => entries.iter().collect(),
        one => vec![one],
    };
    let status = listed.first().and_then(|entry| entry["status"].as_i64()).unwrap_or_default();
    let (leaves, overwrites) = (status & 1 != 0, status & 2 != 0);
    let first = listed.first().copied().unwrap_or(&Value::Null);
    match topic {
        Topic::SetKv => (
            "addChatRoomEntry",
            json!({"targetId": room, "key": first["key"], "value": first["value"],
                   "deleteWhenLeft": leaves, "overwrite": overwrites}),
        ),
        Topic::SetKvs => {
            let pairs = listed
                .iter()
                .map(|entry| (entry["key"].as_str().unwrap_or_default().to_owned(), entry["value"].clone()));
            let pairs: Map<String, Value> = pairs.collect();
            (
                "addChatRoomEntries",
                json!({"targetId": room, "entries": pairs, "deleteWhenLeft": leaves, "overwrite": overwrites}),
            )
        }
        Topic::DelKv => {
            ("removeChatRoomEntry", json!({"targetId": room, "key": first["key"], "force": overwrites}))
        }
        _ => {
            let keys: Vec<&Value> = listed.iter().map(|entry| &entry["key"]).collect();
            ("removeChatRoomEntries", json!({"targetId": room, "keys": keys, "force": overwrites}))
        }
    }
}

fn load(kind: &str, channel: &str, body: &Value) -> (&'static str, Value) {
    let order = if body["order"] == 1 { "after" } else { "before" };
    (
        "loadMessages",
        json!({"type": kind, "targetId": body["targetId"], "channelId": channel, "sentTime": body["time"],
               "order": order, "policy": "remote", "count": body["count"]}),
    )
}

fn clear(kind: &str, channel: &str, body: &Value) -> (&'static str, Value) {
    (
        "clearMessages",
        json!({"type": kind, "targetId": body["targetId"], "channelId": channel,
               "timestamp": body["dataTime"], "policy": "remote"}),
    )
}

fn setting(body: &Value) -> Guess {
    let state = &body["state"][0];
    let Some(kind) = kind(state) else { return Guess::Unknown };
    let place = json!({"type": kind, "targetId": state["channelId"], "channelId": state["busChannel"].as_str().unwrap_or_default()});
    let item = &state["stateItem"][0];
    let value = item["value"].as_str().unwrap_or_default();
    let mut all = args(place);
    match item["sessionStateType"].as_i64() {
        Some(1) => {
            let Some(level) = named(&LEVELS, value.parse().ok()) else { return Guess::Unknown };
            all.insert("level".into(), level.into());
            Guess::Call("changeConversationNotificationLevel", all)
        }
        Some(2) => {
            all.insert("top".into(), (value == "1").into());
            Guess::Call("changeConversationTopStatus", all)
        }
        _ => Guess::Unknown,
    }
}

fn level_of_group(group: &str, body: &Value) -> Guess {
    let Some(level) = named(&LEVELS, body["unpushLevel"].as_i64()) else { return Guess::Unknown };
    match body["busChannel"].as_str().filter(|channel| !channel.is_empty()) {
        Some(channel) => Guess::Call(
            "changeUltraGroupChannelDefaultNotificationLevel",
            args(json!({"targetId": group, "channelId": channel, "level": level})),
        ),
        None => Guess::Call(
            "changeUltraGroupDefaultNotificationLevel",
            args(json!({"targetId": group, "level": level})),
        ),
    }
}

fn change(topic: &Topic, body: &Value) -> Guess {
    let (uid, content) = (&body["msgUID"], content(body));
    if *topic == Topic::ModifyMsg {
        let message = json!({"conversationType": "ultra_group", "targetId": body["targetId"],
            "channelId": body["busChannel"].as_str().unwrap_or_default(), "messageType": "text", "text": content["content"]});
        return Guess::Call("modifyUltraGroupMessage", args(json!({"messageUId": uid, "message": message})));
    }
    if content["del"].is_array() {
        return Guess::Call(
            "removeUltraGroupMessageExpansionForKeys",
            args(json!({"messageUId": uid, "keys": content["del"]})),
        );
    }
    Guess::Call(
        "updateUltraGroupMessageExpansion",
        args(json!({"messageUId": uid, "expansion": content["put"]})),
    )
}

/// A call of the Server API as a step makes one; `None`: it is another request, or one whose outcome is in the story anyway.
pub(super) fn server_api(request: &HttpRequest) -> Option<Value> {
    let aside = ["/user/getToken.json", "/v2/navi.json", "/navi.json", "/navipush.json"];
    let is_call = request.path.ends_with(".json") && request.headers.iter().any(|(name, _)| name == "nonce");
    if !is_call || aside.contains(&request.path.as_str()) {
        return None;
    }
    let mut call = args(json!({"path": request.path}));
    if request.method != "POST" {
        call.insert("method".into(), request.method.as_str().into());
    }
    let text = std::str::from_utf8(&request.body).ok()?;
    match serde_json::from_str::<Value>(text) {
        Ok(body @ (Value::Object(_) | Value::Array(_))) => {
            call.insert("json".into(), body);
        }
        _ if text.is_empty() => {}
        _ => {
            call.insert("form".into(), form(text));
        }
    }
    // What it was answered with is another matter: whether that is right the counts of answers tell.
    call.insert("expect".into(), json!({"status": {"gt": 0}}));
    Some(json!({"api": call}))
}

/// A form's fields; of a name that comes several times all values.
fn form(text: &str) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        match fields.get_mut(&*name) {
            Some(Value::Array(values)) => values.push((*value).into()),
            Some(first) => *first = json!([first.clone(), value]),
            None => {
                fields.insert(name.into_owned(), (*value).into());
            }
        }
    }
    Value::Object(fields)
}
