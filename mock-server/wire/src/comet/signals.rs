//! Answers and signals of a server, read back into frames: for who stands between, and sees JSON alone.

use prost::Message as _;
use serde_json::Value as Json;

use super::{integer, message_of};
use crate::{
    Accepted, ConnAck, ConnAckLayout, Header, Kind, ServerFrame, Topic, UnixMillis, reflect::descriptor,
};

/// Reads the answer to a login: the frame that it stands for, and the session's id.
///
/// # Errors
/// It is no such answer: a sentence.
pub fn read_open_answer(body: &[u8]) -> Result<(ConnAck, String), String> {
    let answer: Json =
        serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let status = small(&answer, "status")?;
    let session = text(&answer, "sessionid");
    let accepted = (status == 0).then(|| Accepted {
        user_id: text(&answer, "userId"),
        session_id: session.clone(),
        time: UnixMillis(integer(&answer["timestamp"]).unwrap_or(0)),
    });
    Ok((ConnAck { status, accepted, layout: ConnAckLayout::V3 }, session))
}

/// Reads a signal. `answers` is the topic of the query that a QUERYACK answers.
///
/// # Errors
/// It is none, or its message is not known: a sentence.
pub fn read_signal(signal: &Json, answers: Option<&Topic>) -> Result<ServerFrame, String> {
    let header = Header::from_byte(small(signal, "headerCode")?);
    // Pushes are numbered beyond what a frame can say.
    let id = integer(&signal["messageId"]).ok_or("it has no `messageId`")? as u16;
    let seconds = || integer(&signal["date"]).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let status =
        || integer(&signal["status"]).and_then(|n| u16::try_from(n).ok()).ok_or("it has no `status`");
    Ok(match Kind::from_number(header.kind) {
        Some(Kind::PubAck) => ServerFrame::PubAck {
            id,
            status: status()?,
            time: UnixMillis(integer(&signal["timestamp"]).unwrap_or(0)),
            message_uid: text(signal, "messageUId"),
        },
        Some(Kind::QueryAck) => {
            let body = body(signal, answers.and_then(Topic::answer))?;
            ServerFrame::QueryAck { id, qos: header.qos, seconds: seconds(), status: status()?, body }
        }
        Some(Kind::Publish) => {
            let topic = Topic::from(text(signal, "topic").as_str());
            let body = body(signal, topic.push(header.dup))?;
            let (dup, qos, target) = (header.dup, header.qos, text(signal, "targetId"));
            ServerFrame::Publish { dup, qos, seconds: seconds(), topic, target, id, body }
        }
        Some(Kind::Disconnect) => {
            ServerFrame::Disconnect { status: small(signal, "status")?, rest: bytes::Bytes::new() }
        }
        _ => return Err(format!("no signal has the header {}", header.to_byte())),
    })
}

/// The id of a signal's query, if it answers one.
#[must_use]
pub fn answered_query(signal: &Json) -> Option<u16> {
    let header = Header::from_byte(small(signal, "headerCode").ok()?);
    (Kind::from_number(header.kind) == Some(Kind::QueryAck))
        .then(|| integer(&signal["messageId"]).map(|id| id as u16))?
}

fn body(signal: &Json, message: Option<&'static str>) -> Result<bytes::Bytes, String> {
    let data = match &signal["data"] {
        Json::String(text) if !text.is_empty() => text,
        _ => return Ok(bytes::Bytes::new()),
    };
    let json: Json = serde_json::from_str(data).map_err(|error| format!("its `data` is no JSON: {error}"))?;
    let Json::Object(fields) = json else { return Err("its `data` is no JSON object".to_owned()) };
    let Some(message) = message.and_then(descriptor) else {
        return if fields.is_empty() {
            Ok(bytes::Bytes::new())
        } else {
            Err("its message is not known".to_owned())
        };
    };
    Ok(message_of(&message, &fields, 0)?.encode_to_vec().into())
}

fn small(json: &Json, name: &str) -> Result<u8, String> {
    integer(&json[name]).and_then(|n| u8::try_from(n).ok()).ok_or_else(|| format!("it has no `{name}`"))
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::{
        body::{ChrmDownStreamMessages, DownStreamMessage, DownStreamMessages},
        comet::{open_answer, signal},
    };

    fn message() -> DownStreamMessage {
        DownStreamMessage {
            from_user_id: "alice".into(),
            r#type: 1,
            classname: "RC:TxtMsg".into(),
            content: Bytes::from_static(b"{\"content\":\"hi\"}"),
            data_time: 1_700_000_000_001,
            status: 0,
            direction: Some(true),
            ..DownStreamMessage::default()
        }
    }

    #[test]
    fn frames_come_back_from_their_signals() {
        let package = DownStreamMessages {
            list: vec![message()],
            sync_time: 9,
            finished: Some(true),
            broadcast_sync_time: Some(0),
            ..DownStreamMessages::default()
        };
        let room = ChrmDownStreamMessages {
            list: vec![message().encode_to_vec().into()],
            sync_time: 9,
            ..Default::default()
        };
        let ack = |body: Vec<u8>| ServerFrame::QueryAck {
            id: 3,
            qos: 1,
            seconds: 17,
            status: 0,
            body: body.into(),
        };
        let uid = "ABCD-1".to_owned();
        let frames = [
            (ack(package.encode_to_vec()), Some(Topic::PullMsg)),
            (
                ServerFrame::PubAck {
                    id: 4,
                    status: 405,
                    time: UnixMillis(1_700_000_000_001),
                    message_uid: uid,
                },
                None,
            ),
            (
                ServerFrame::Publish {
                    dup: false,
                    qos: 1,
                    seconds: 17,
                    topic: Topic::SMsg,
                    target: "bob".to_owned(),
                    id: 5,
                    body: message().encode_to_vec().into(),
                },
                None,
            ),
            (ServerFrame::Disconnect { status: 1, rest: Bytes::new() }, None),
        ];
        for (frame, answers) in frames {
            let written = signal(&frame, answers.as_ref()).unwrap();
            assert_eq!(read_signal(&written, answers.as_ref()), Ok(frame));
        }
        // What is optional and was written for its reader's sake is there now.
        let read = read_signal(
            &signal(&ack(room.encode_to_vec()), Some(&Topic::ChrmPull)).unwrap(),
            Some(&Topic::ChrmPull),
        );
        let Ok(ServerFrame::QueryAck { body, .. }) = read else { panic!("{read:?}") };
        assert_eq!(ChrmDownStreamMessages::decode(body).unwrap().list, room.list);
    }

    #[test]
    fn logins_are_answered_with_a_session() {
        let accepted = Accepted {
            user_id: "alice".into(),
            session_id: "s.1".into(),
            time: UnixMillis(1_700_000_000_000),
        };
        let ack = ConnAck { status: 0, accepted: Some(accepted), layout: ConnAckLayout::V3 };
        assert_eq!(read_open_answer(open_answer(&ack, "s.1").as_bytes()), Ok((ack, "s.1".to_owned())));
        let refused = ConnAck { status: 4, accepted: None, layout: ConnAckLayout::V3 };
        assert_eq!(read_open_answer(b"{\"status\":4}"), Ok((refused, String::new())));
        assert!(read_open_answer(b"<html>").is_err() && read_open_answer(b"{}").is_err());
    }

    #[test]
    fn what_is_not_known_is_said() {
        let wrong = |json: Json| read_signal(&json, None).unwrap_err();
        assert_eq!(wrong(json!({})), "it has no `headerCode`");
        assert_eq!(wrong(json!({"headerCode": 208, "messageId": 1})), "no signal has the header 208");
        assert_eq!(
            wrong(json!({"headerCode": 96, "messageId": 1, "status": 0, "data": "{\"a\":1}"})),
            "its message is not known"
        );
        assert_eq!(answered_query(&json!({"headerCode": 98, "messageId": 7})), Some(7));
        assert_eq!(answered_query(&json!({"headerCode": 64, "messageId": 7})), None);
    }
}
