//! Looking at bodies without trusting them: unknown fields shown, missing required fields named.
//!
//! Typed decoding fills a missing `required` with a default and forgets unknown fields; a conformance lab must
//! see both. The descriptors are the ones the types are generated from.

use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    SerializeOptions, Value,
};

use crate::{Topic, body::DownStreamMessage};

/// The message that users send each other, as a server writes it.
const DOWN: &str = "DownStreamMessage";

/// Messages of `im.proto` lie in each other, but not deeper.
const MAX_DEPTH: u32 = 16;

mod required;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/im.descriptors")).as_ref())
        .expect("the descriptor set was written by the build script of this crate")
});

/// The message of that name in `im.proto`.
pub(crate) fn descriptor(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(&format!("im.{name}"))
}

/// The message that stands encoded in a bytes field: what reads the outer message reads it next.
pub(crate) fn embedded(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match (field.parent_message().name(), field.name()) {
        ("ChrmDownStreamMessages", "list") => descriptor("DownStreamMessage"),
        _ => None,
    }
}

/// A body as a person reads it, and what is odd about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The message's name in `im.proto`.
    pub message: &'static str,
    /// The fields by name; bytes that are JSON text appear as text.
    pub json: serde_json::Value,
    /// Required fields that are not there, by their paths: `syncTime`, `list[3].dataTime`.
    pub missing: Vec<String>,
    /// Numbers of fields the descriptors do not know.
    pub unknown: Vec<u32>,
}

/// Decodes `body` as the message `name` of `im.proto`.
///
/// # Errors
/// What makes it undecodable, or that there is no such message.
pub fn judge(name: &'static str, body: &[u8]) -> Result<Judged, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    let message = DynamicMessage::decode(descriptor.clone(), body).map_err(|error| error.to_string())?;
    let missing = required::missing(&descriptor, body)?;
    let unknown = message.unknown_fields().map(prost_reflect::UnknownField::number).collect();
    let json = shown(&message)?;
    Ok(Judged { message: name, json, missing, unknown })
}

/// The fields by name, and what bytes fields hold where it is text or a message.
fn shown(message: &DynamicMessage) -> Result<serde_json::Value, String> {
    let options = SerializeOptions::new().stringify_64_bit_integers(false).use_proto_field_name(true);
    let mut json = message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| error.to_string())?;
    show_content(message, &mut json);
    Ok(json)
}

/// The required fields that `body` lacks as the message `name`, nested ones by their paths. Cheaper than [`judge`]: nothing
/// is decoded.
///
/// # Errors
/// What makes it unreadable, or that there is no such message.
pub fn missing(name: &str, body: &[u8]) -> Result<Vec<String>, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    required::missing(&descriptor, body)
}

/// The messages that users sent each other in a body of the message `name`, however deep, in the order of its fields.
///
/// # Errors
/// What makes it undecodable, or that `im.proto` has no such message.
pub fn messages_in(name: &str, body: &[u8]) -> Result<Vec<DownStreamMessage>, String> {
    let descriptor = descriptor(name).ok_or_else(|| format!("im.proto has no message {name}"))?;
    let message = DynamicMessage::decode(descriptor, body).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    collect(&message, &mut found)?;
    Ok(found)
}

fn collect(message: &DynamicMessage, found: &mut Vec<DownStreamMessage>) -> Result<(), String> {
    if message.descriptor().name() == DOWN {
        found.push(message.transcode_to().map_err(|error| error.to_string())?);
        return Ok(());
    }
    for (field, value) in message.fields() {
        for item in value.as_list().unwrap_or(std::slice::from_ref(value)) {
            match (item, embedded(&field)) {
                (Value::Message(inner), _) => collect(inner, found)?,
                (Value::Bytes(bytes), Some(inner)) => {
                    let inner = DynamicMessage::decode(inner, bytes.as_ref());
                    collect(&inner.map_err(|error| error.to_string())?, found)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The names of all messages of `im.proto` in which [`messages_in`] may find some, in the order of that file.
#[must_use]
pub fn holders_of_messages() -> Vec<String> {
    POOL.all_messages()
        .filter(|message| may_hold(message, 0))
        .map(|message| message.name().to_owned())
        .collect()
}

fn may_hold(message: &MessageDescriptor, depth: u32) -> bool {
    message.name() == DOWN
        || depth < MAX_DEPTH
            && message.fields().any(|field| match field.kind() {
                Kind::Message(inner) => may_hold(&inner, depth + 1),
                _ => embedded(&field).is_some(),
            })
}

/// `content` is JSON text in a bytes field: shown as text, not as base64.
fn show_content(message: &DynamicMessage, json: &mut serde_json::Value) {
    for (field, value) in message.fields() {
        let name = field.name();
        match value {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    show_value(&field, item, &mut json[name][index]);
                }
            }
            value => show_value(&field, value, &mut json[name]),
        }
    }
}

fn show_value(field: &FieldDescriptor, value: &Value, json: &mut serde_json::Value) {
    match value {
        Value::Bytes(bytes) => {
            let inner = embedded(field).and_then(|inner| DynamicMessage::decode(inner, bytes.as_ref()).ok());
            if let Some(inner) = inner.and_then(|inner| shown(&inner).ok()) {
                *json = inner;
            } else if let Ok(text) = std::str::from_utf8(bytes) {
                *json = text.into();
            }
        }
        Value::Message(inner) => show_content(inner, json),
        _ => {}
    }
}

/// The message a client's PUBLISH or QUERY of that topic carries, where known.
#[must_use]
pub fn request_message(topic: &Topic) -> Option<&'static str> {
    use Topic::{
        AddBlack, AddSeTag, AddTag, BlackStat, ChatMsg, ChatMsgS, ChrmPull, CleanGMsg, CleanPMsg, CleanSMsg,
        DelMsg, DelRelation, DelRelationBatch, DelSeTag, DelTag, ExitChrm, GetBlack, JoinChrm, JoinChrmR,
        PbMsgP, PcMsgP, PgMsgP, PgMsgS, PpMsgP, PpMsgS, PullEventChange, PullModifyMsg, PullMsg, PullSe,
        PullSeAtts, PullSubData, PullUgMsg, PullUgSes, PullUs, PullUserSub, QAppBot, QnTkn, QnUrl, QryChMsg,
        QryGMsg, QryMsg, QryMsgChange, QryPMsg, QryRelation, QryRelationR, QrySMsg, RecallMsg, Reportsdk,
        RmBlack, RrList, RrMsg, SetSeAtt, UgMsg, UpdRTime, UpdUgRTime,
    };
    Some(match topic {
        PpMsgP | PpMsgS | PgMsgP | PgMsgS | ChatMsg | ChatMsgS | UgMsg | PbMsgP | PcMsgP | RecallMsg => {
            "UpStreamMessage"
        }
        UpdUgRTime | UpdRTime => "SessionMsgReadInput",
        PullMsg => "SyncRequestMsg",
        PullSeAtts => "SessionReq",
        PullUs => "PullUserSettingInput",
        Reportsdk => "ReportSDKInput",
        QAppBot => "BotInput",
        PullEventChange | QryMsgChange => "QueryMsgChange",
        PullModifyMsg => "PullModifyMsgReq",
        PullSe => "SessionQryInput",
        PullUgMsg => "UltraGrpPullMsg",
        PullUgSes => "UltraGrpPullSes",
        PullUserSub => "PullUserSubReq",
        PullSubData => "PullSubDataReq",
        QryRelationR | QryRelation => "RelationQryInput",
        DelRelation => "RelationsInput",
        DelRelationBatch | Topic::QryRlBatch => "RelationDelBatchReq",
        Topic::SetTypeUnpush => "TypeUnpushInput",
        Topic::AddUnpush => "AddUnpushPeriodInput",
        Topic::QryUnpush => "QueryUnpushPeriodInput",
        Topic::DelUnpush => "DeleteUnpushPeriodInput",
        SetSeAtt | AddTag | DelTag => "SessionStateModifyReq",
        AddSeTag => "SessionTagAddInput",
        DelSeTag => "SessionTagDelInput",
        QryPMsg | QryGMsg | QrySMsg | QryChMsg | Topic::QryUgMsg => "HistoryMsgInput",
        QryMsg => "MsgQuery",
        DelMsg | Topic::DelUgMsg => "DeleteMsgInput",
        Topic::QryUgUal => "QryRemindListReq",
        Topic::UpMsgEx | Topic::ModifyMsg => "MsgChangeReq",
        Topic::Operate => "OperateStatus",
        Topic::UgUnpushSet => "GroupUnpushSet",
        Topic::UgUnpushQuery => "GroupUnpushQuery",
        CleanPMsg | CleanGMsg | CleanSMsg => "CleanHisMsgInput",
        Topic::CleanMsgBatch => "CleanMsgBatchReq",
        RrMsg => "GrpReadReceiptMsg",
        RrList => "GrpReadReceiptQryReq",
        QnTkn => "GetQNupTokenInput",
        QnUrl => "GetDownloadUrlInput",
        AddBlack | RmBlack | BlackStat => "UserIdInput",
        GetBlack => "Nothing",
        JoinChrm | JoinChrmR => "ChrmInput",
        ExitChrm => "ChrmInput",
        ChrmPull => "ChrmPullMsg",
        Topic::QueryChrmI => "QueryChatRoomInfoInput",
        Topic::SetKv | Topic::DelKv => "SetChrmKV",
        Topic::SetKvs => "SetChrmKVS",
        Topic::DelKvs => "DeleteChrmKVS",
        Topic::PullKv => "QueryChrmKV",
        _ => return None,
    })
}

/// The message that an answer without fields is: an empty body is one.
pub const NOTHING: &str = "Nothing";

/// The message the answer to that QUERY carries when it says 0, as the strictest SDK decodes it; [`NOTHING`] where none
/// looks at it. `None`: no QUERY, or one that nobody answers.
///
/// Generations differ. `addTag` and `delTag` are not looked at up to engine 5.7 and decoded from 5.28 on; `setKV` and
/// `delKV` are decoded up to 5.7 and not looked at from 5.28 on (seen with 4.6.4, 5.3.4, 5.7.3, 5.28.0, 5.38.0).
#[must_use]
pub fn answer_message(topic: &Topic) -> Option<&'static str> {
    Some(match topic {
        Topic::PullMsg | Topic::PullUgMsg => "DownStreamMessages",
        Topic::ChrmPull => "ChrmDownStreamMessages",
        Topic::PullSeAtts => "SessionStates",
        Topic::PullUs => "PullUserSettingOutput",
        Topic::QAppBot => "BotOutput",
        Topic::PullEventChange => "EventChangeList",
        Topic::PullModifyMsg => "PullModifyMsgResp",
        Topic::PullSe => "SessionsOutput",
        Topic::PullUserSub => "PullUserSubResp",
        Topic::PullSubData => "PullSubDataResp",
        Topic::QryMsgChange => "MsgChangeList",
        Topic::PullUgSes | Topic::QryRelationR | Topic::QryRelation | Topic::QryRlBatch => "RelationsOutput",
        Topic::ModifyMsg => "ModifyMsgResp",
        Topic::QryUgUal => "QryRemindListResp",
        Topic::UgUnpushQuery => "GroupUnpushResult",
        Topic::SetSeAtt | Topic::AddTag | Topic::DelTag => "SessionStateModifyResp",
        Topic::AddSeTag | Topic::DelSeTag => "SetUserSettingOutput",
        Topic::SetTypeUnpush => "TypeUnpushOutput",
        Topic::QryUnpush => "QueryUnpushPeriodOutput",
        Topic::QryPMsg | Topic::QryGMsg | Topic::QrySMsg | Topic::QryChMsg | Topic::QryUgMsg => {
            "HistoryMsgOuput"
        }
        Topic::QryMsg => "MsgQueryAck",
        Topic::RrList => "GrpReadReceiptQryResp",
        Topic::QnTkn => "GetQNupTokenOutput",
        Topic::QnUrl => "GetDownloadUrlOutput",
        Topic::GetBlack => "QueryBlackListOutput",
        Topic::JoinChrm | Topic::JoinChrmR | Topic::SetKv | Topic::DelKv => "ChrmOutput",
        Topic::QueryChrmI => "QueryChatRoomInfoOutput",
        Topic::SetKvs | Topic::DelKvs => "ChrmKVSOutput",
        Topic::PullKv => "ChrmKVOutput",
        Topic::Reportsdk
        | Topic::AddUnpush
        | Topic::DelUnpush
        | Topic::DelRelation
        | Topic::DelRelationBatch
        | Topic::RrMsg
        | Topic::DelMsg
        | Topic::CleanPMsg
        | Topic::CleanGMsg
        | Topic::CleanSMsg
        | Topic::CleanMsgBatch
        | Topic::DelUgMsg
        | Topic::UpMsgEx
        | Topic::UgUnpushSet
        | Topic::AddBlack
        | Topic::RmBlack
        | Topic::BlackStat
        | Topic::ExitChrm => NOTHING,
        _ => return None,
    })
}

/// The message a server's PUBLISH of that topic carries, where known.
#[must_use]
pub fn push_message(topic: &Topic, dup: bool) -> Option<&'static str> {
    Some(match topic {
        Topic::UpdUgRTime if dup => "SessionMsgReadInput",
        _ if dup => "UpStreamMessage",
        Topic::SNtf | Topic::SCmd => "NotifyMsg",
        Topic::SMsg => "DownStreamMessage",
        Topic::SUs => "UserSettingNotification",
        Topic::SStat => "GetUserStatusOutput",
        Topic::SOpNtf => "OperateStatusNotify",
        _ => return None,
    })
}
