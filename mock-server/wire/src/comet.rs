//! The polling transport (comet) of web SDKs up to engine 5.3: frames as JSON over plain HTTP.
//!
//! A client's frame is a POST: header byte, message id, topic and target stand in the query, the protobuf message's
//! fields in a JSON body. The server's frames are *signals*, JSON objects in an array, whose `data` is a text that holds
//! the message as JSON again. Names are those of `im.proto`; there are no defaults, so what is absent is undefined to
//! the client.

mod signals;

pub use signals::{answered_query, read_open_answer, read_signal};

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, Value};
use serde_json::{Map, Value as Json, json};

use crate::{
    ClientFrame, ConnAck, Header, Kind, Request, ServerFrame, Topic,
    reflect::{descriptor, embedded},
};

/// What is added to the numbers of pushes. Clients take any signal that has the number of a request of theirs for its
/// answer (seen with engine 5.2.5), so the server's numbers must be others than the client's; acknowledgements give the
/// lower 16 bits back.
const PUSHES: u32 = 1 << 30;
/// Deepest nesting of a body: more is no message of ours.
const MAX_DEPTH: u32 = 16;

/// What a POST's query says of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The frame's first byte, decimal on the wire.
    pub header: u8,
    /// The client's running number. Clients count on beyond 16 bits: the lower ones are taken.
    pub id: u16,
    /// Empty for acknowledgements.
    pub topic: String,
    /// As the topic wants it.
    pub target: String,
}

/// Reads a client's frame.
///
/// # Errors
/// What is wrong with it: the body is no JSON object, a field has another type, the topic's message is not known.
pub fn decode_client(head: &Head, body: &[u8]) -> Result<ClientFrame, String> {
    let header = Header::from_byte(head.header);
    let id = head.id;
    Ok(match Kind::from_number(header.kind) {
        Some(Kind::PubAck) => ClientFrame::PubAck { id },
        Some(Kind::QueryCon) => ClientFrame::QueryCon { id },
        Some(Kind::Ping) => ClientFrame::Ping,
        Some(kind @ (Kind::Publish | Kind::Query)) => {
            let topic = Topic::from(head.topic.as_str());
            let request = Request {
                qos: header.qos,
                dup: header.dup,
                retain: header.retain,
                body: request_body(&topic, body)?,
                target: head.target.clone(),
                id,
                signature: [0; 8],
                topic,
            };
            if kind == Kind::Publish { ClientFrame::Publish(request) } else { ClientFrame::Query(request) }
        }
        _ => return Err(format!("no frame that clients send has the header {}", head.header)),
    })
}

fn request_body(topic: &Topic, body: &[u8]) -> Result<Bytes, String> {
    let json: Json = serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let Json::Object(fields) = json else { return Err("the body is no JSON object".to_owned()) };
    let Some(message) = topic.request().and_then(descriptor) else {
        // Nothing is known of it: the service says so.
        return Ok(Bytes::new());
    };
    Ok(message_of(&message, &fields, 0)?.encode_to_vec().into())
}

fn message_of(
    descriptor: &MessageDescriptor,
    fields: &Map<String, Json>,
    depth: u32,
) -> Result<DynamicMessage, String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH}"));
    }
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, json) in fields {
        // Unknown names and nothings are passed over, as unknown fields are.
        let Some(field) = descriptor.get_field_by_name(name) else { continue };
        if json.is_null() {
            continue;
        }
        let value = if field.is_list() {
            let items = json.as_array().ok_or_else(|| format!("`{name}` is no list"))?;
            Value::List(items.iter().map(|item| value_of(&field, item, depth)).collect::<Result<_, _>>()?)
        } else {
            value_of(&field, json, depth)?
        };
        message.set_field(&field, value);
    }
    Ok(message)
}

fn value_of(field: &FieldDescriptor, json: &Json, depth: u32) -> Result<Value, String> {
    let wrong = || format!("`{}` is not of its type: {json}", field.name());
    let small = || integer(json).and_then(|n| i32::try_from(n).ok()).ok_or_else(wrong);
    Ok(match field.kind() {
        FieldKind::Bool if is_number(field) => Value::Bool(integer(json).ok_or_else(wrong)? != 0),
        FieldKind::Bool => Value::Bool(json.as_bool().ok_or_else(wrong)?),
        FieldKind::Int32 | FieldKind::Sint32 | FieldKind::Sfixed32 => Value::I32(small()?),
        FieldKind::Enum(_) => Value::EnumNumber(small()?),
        FieldKind::Uint32 | FieldKind::Fixed32 => {
            Value::U32(integer(json).and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong)?)
        }
        FieldKind::Int64 | FieldKind::Sint64 | FieldKind::Sfixed64 => {
            Value::I64(integer(json).ok_or_else(wrong)?)
        }
        FieldKind::Uint64 | FieldKind::Fixed64 => {
            Value::U64(integer(json).and_then(|n| u64::try_from(n).ok()).ok_or_else(wrong)?)
        }
        FieldKind::String => Value::String(json.as_str().ok_or_else(wrong)?.to_owned()),
        FieldKind::Bytes if json.is_object() => {
            let inner = embedded(field).ok_or_else(wrong)?;
            let fields = json.as_object().ok_or_else(wrong)?;
            Value::Bytes(message_of(&inner, fields, depth + 1)?.encode_to_vec().into())
        }
        FieldKind::Bytes => Value::Bytes(json.as_str().ok_or_else(wrong)?.to_owned().into_bytes().into()),
        FieldKind::Message(inner) => {
            let fields = json.as_object().ok_or_else(wrong)?;
            Value::Message(message_of(&inner, fields, depth + 1)?)
        }
        FieldKind::Float | FieldKind::Double => return Err(wrong()),
    })
}

/// A whole number, also as a `{low, high}` pair of 32 bits each or as text.
fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64().or_else(|| {
            // 1e3 and 5.0 are whole numbers to JavaScript.
            number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| n as i64)
        }),
        Json::String(text) => text.parse().ok(),
        Json::Object(halves) => {
            let half = |name: &str| halves.get(name).and_then(Json::as_i64);
            Some((half("high")? << 32) | (half("low")? & 0xFFFF_FFFF))
        }
        _ => None,
    }
}

/// The answer to a login: one object, without a space, for clients compare it with their own way of writing it.
#[must_use]
pub fn open_answer(ack: &ConnAck, session: &str) -> String {
    match &ack.accepted {
        Some(accepted) => json!({
            "status": ack.status, "userId": accepted.user_id, "sessionid": session, "timestamp": accepted.time.0,
        }),
        None => json!({"status": ack.status}),
    }
    .to_string()
}

/// A signal: a frame of the server as JSON. `answers` is the topic of the query that a QUERYACK answers.
/// `None`: there is no signal for it.
#[must_use]
pub fn signal(frame: &ServerFrame, answers: Option<&Topic>) -> Option<Json> {
    let code = frame.header().to_byte();
    Some(match frame {
        ServerFrame::PubAck { id, status, time, message_uid } => json!({
            "headerCode": code, "messageId": id, "status": status, "timestamp": time.0, "messageUId": message_uid,
        }),
        ServerFrame::QueryAck { id, seconds, status, body, .. } => {
            let data = data(answers.and_then(Topic::answer), body);
            json!({"headerCode": code, "messageId": id, "status": status, "date": seconds, "data": data})
        }
        ServerFrame::Publish { dup, seconds, topic, target, id, body, .. } => {
            let data = data(topic.push(*dup), body);
            json!({
                "headerCode": code, "messageId": PUSHES + u32::from(*id), "topic": topic.as_str(), "targetId": target, "date": seconds,
                "data": data,
            })
        }
        ServerFrame::Disconnect { status, .. } => {
            json!({"headerCode": code, "messageId": 0, "status": status})
        }
        ServerFrame::ConnAck(_) | ServerFrame::Pong | ServerFrame::Unknown { .. } => return None,
    })
}

/// Lists that these clients walk through without a look whether there is one.
const LISTS: [(&str, &str); 4] = [
    ("ChrmDownStreamMessages", "list"),
    ("ChrmKVOutput", "entries"),
    ("HistoryMsgOuput", "list"),
    ("QueryChatRoomInfoOutput", "userInfos"),
];

/// A body as the text of a JSON object; what is not known is an empty one.
fn data(message: Option<&'static str>, body: &[u8]) -> String {
    let read = message.and_then(descriptor).and_then(|message| DynamicMessage::decode(message, body).ok());
    let mut fields = read.map(|message| object(&message)).unwrap_or_default();
    for (of, list) in LISTS {
        if message == Some(of) {
            fields.entry(list).or_insert(json!([]));
        }
    }
    if matches!(message, Some("DownStreamMessages" | "ChrmDownStreamMessages")) {
        // Optional in protobuf; without them these clients stop to take messages.
        fields.entry("finished").or_insert(json!(true));
        fields.entry("broadcastSyncTime").or_insert(json!(0));
    }
    Json::Object(fields).to_string()
}

fn object(message: &DynamicMessage) -> Map<String, Json> {
    message.fields().map(|(field, value)| (field.name().to_owned(), plain(&field, value))).collect()
}

fn plain(field: &FieldDescriptor, value: &Value) -> Json {
    match value {
        Value::Bool(value) if is_number(field) => json!(u8::from(*value)),
        Value::Bool(value) => json!(value),
        Value::I32(value) | Value::EnumNumber(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::U32(value) => json!(value),
        Value::U64(value) => json!(value),
        Value::F32(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Bytes(value) => embedded(field)
            .and_then(|inner| DynamicMessage::decode(inner, value.as_ref()).ok())
            .map_or_else(|| json!(String::from_utf8_lossy(value)), |message| Json::Object(object(&message))),
        Value::Message(message) => Json::Object(object(message)),
        Value::List(items) => items.iter().map(|item| plain(field, item)).collect(),
        Value::Map(_) => Json::Null,
    }
}

/// What is yes or no to us, and a number in JSON.
fn is_number(field: &FieldDescriptor) -> bool {
    (field.parent_message().name(), field.name()) == ("DownStreamMessage", "direction")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Accepted, ConnAckLayout, UnixMillis,
        body::{DownStreamMessage, DownStreamMessages, SyncRequestMsg, UpStreamMessage},
    };

    fn head(header: u8, topic: &str) -> Head {
        Head { header, id: 7, topic: topic.to_owned(), target: "bob".to_owned() }
    }

    #[test]
    fn a_message_is_read_by_the_names_of_its_fields() {
        let body =
            br#"{"sessionId":3,"configFlag":0,"classname":"RC:TxtMsg","content":"{\"content\":\"hi\"}",
            "userId":["a","b"],"clientUniqueId":{"low":1,"high":2},"pushExt":{"title":"t"},"unknown":1}"#;
        let frame = decode_client(&head(50, "ppMsgP"), body).unwrap();
        let ClientFrame::Publish(request) = frame else { panic!("{frame:?}") };
        assert_eq!((request.qos, request.id, request.target.as_str()), (1, 7, "bob"));
        let up = UpStreamMessage::decode(request.body).unwrap();
        assert_eq!((up.session_id, up.classname.as_str()), (3, "RC:TxtMsg"));
        assert_eq!(&up.content[..], br#"{"content":"hi"}"#);
        assert_eq!(up.user_id, ["a", "b"]);
        assert_eq!(up.client_unique_id, Some((2 << 32) | 1));
        assert_eq!(up.push_ext.unwrap().title.as_deref(), Some("t"));
    }

    #[test]
    fn queries_and_acknowledgements_are_told_by_their_header() {
        let pull = decode_client(&head(80, "pullMsg"), br#"{"syncTime":5,"isPullSend":true}"#).unwrap();
        let ClientFrame::Query(request) = pull else { panic!("{pull:?}") };
        let asked = SyncRequestMsg::decode(request.body).unwrap();
        assert_eq!((asked.sync_time, asked.is_pull_send), (Some(5), Some(true)));
        assert_eq!(decode_client(&head(64, ""), b"{}"), Ok(ClientFrame::PubAck { id: 7 }));
        assert_eq!(decode_client(&head(112, ""), b"{}"), Ok(ClientFrame::QueryCon { id: 7 }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong =
            |header, topic, body: &str| decode_client(&head(header, topic), body.as_bytes()).unwrap_err();
        assert!(wrong(50, "ppMsgP", "{").starts_with("the body is no JSON"));
        assert_eq!(wrong(50, "ppMsgP", "[]"), "the body is no JSON object");
        assert_eq!(wrong(80, "pullMsg", r#"{"syncTime":"soon"}"#), "`syncTime` is not of its type: \"soon\"");
        assert_eq!(wrong(80, "pullMsg", r#"{"syncTime":1.5}"#), "`syncTime` is not of its type: 1.5");
        assert_eq!(wrong(16, "", "{}"), "no frame that clients send has the header 16");
    }

    #[test]
    fn a_login_is_answered_without_a_space() {
        let accepted =
            Accepted { user_id: "alice".into(), session_id: "s".into(), time: UnixMillis(1_700_000_000_000) };
        let ack = ConnAck { status: 0, accepted: Some(accepted), layout: ConnAckLayout::V3 };
        let answer = open_answer(&ack, "s.1");
        assert!(!answer.contains(' ') && answer.contains(r#""timestamp":1700000000000"#), "{answer}");
        let refused = ConnAck { status: 4, accepted: None, layout: ConnAckLayout::V3 };
        assert_eq!(open_answer(&refused, ""), r#"{"status":4}"#);
    }

    #[test]
    fn a_push_is_never_taken_for_an_answer() {
        let frame = ServerFrame::Publish {
            dup: false,
            qos: 1,
            seconds: 17,
            topic: Topic::SNtf,
            target: "alice".to_owned(),
            id: 5,
            body: Bytes::new(),
        };
        let signal = signal(&frame, None).unwrap();
        let id = signal["messageId"].as_u64().unwrap();
        assert!(id > u64::from(u16::MAX));
        assert_eq!(id as u16, 5, "its acknowledgement names it");
    }

    #[test]
    fn signals_hold_their_message_as_text() {
        let message = DownStreamMessage {
            from_user_id: "alice".into(),
            r#type: 1,
            classname: "RC:TxtMsg".into(),
            content: Bytes::from_static(b"{\"content\":\"hi\"}"),
            data_time: 1_700_000_000_001,
            status: 0,
            ..DownStreamMessage::default()
        };
        let package =
            DownStreamMessages { list: vec![message], sync_time: 9, ..DownStreamMessages::default() };
        let frame = ServerFrame::QueryAck {
            id: 3,
            qos: 1,
            seconds: 17,
            status: 0,
            body: package.encode_to_vec().into(),
        };
        let signal = signal(&frame, Some(&Topic::PullMsg)).unwrap();
        assert_eq!(
            (&signal["headerCode"], &signal["messageId"], &signal["date"]),
            (&json!(98), &json!(3), &json!(17))
        );
        let data: Json = serde_json::from_str(signal["data"].as_str().unwrap()).unwrap();
        assert_eq!(data["list"][0]["content"], r#"{"content":"hi"}"#);
        assert_eq!(data["list"][0]["dataTime"], 1_700_000_000_001_i64);
        assert_eq!(
            (&data["syncTime"], &data["finished"], &data["broadcastSyncTime"]),
            (&json!(9), &json!(true), &json!(0))
        );
        assert_eq!(data.get("systemTime"), None);
    }

    /// Seen with imlib-v4 4.6.4: a list that is missing ends the page's script.
    #[test]
    fn empty_lists_of_rooms_are_there() {
        for (topic, list) in
            [(Topic::ChrmPull, "list"), (Topic::PullKv, "entries"), (Topic::QryChMsg, "list")]
        {
            // Field 2, a watermark; of entries field 3.
            let body = if topic == Topic::PullKv { &b"\x18\x09"[..] } else { &b"\x10\x09\x18\x00"[..] };
            let frame = ServerFrame::QueryAck {
                id: 3,
                qos: 0,
                seconds: 17,
                status: 0,
                body: Bytes::from_static(body),
            };
            let signal = signal(&frame, Some(&topic)).unwrap();
            let data: Json = serde_json::from_str(signal["data"].as_str().unwrap()).unwrap();
            assert_eq!((&data[list], &data["syncTime"]), (&json!([]), &json!(9)), "{topic}");
        }
    }
}
