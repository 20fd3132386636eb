//! Entries as JSON: frames by hand, because they are most of a recording, the rest by `serde`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::{
    CallbackKind, Close, ConnId, Endpoints, HttpId, HttpRequest, Input, Login, Taken, Transport, act::Act,
};
use wire::{ClientFrame, native, websocket};

use crate::entry::{Answer, Said, Seen, Webhook, What};

/// Whatever is no frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line {
    Open {
        conn: u64,
        login: Box<Login>,
    },
    Poll {
        conn: u64,
    },
    Garbage {
        conn: u64,
        error: String,
    },
    Closed {
        conn: u64,
    },
    Request(Box<Request>),
    Due,
    Act {
        act: Box<Act>,
        done: u32,
        most: u32,
    },
    GivenUp {
        act: Box<Act>,
        done: u32,
    },
    Token {
        user: String,
    },
    Disarm {
        fault: u64,
    },
    Endpoints {
        endpoints: Endpoints,
    },
    Note {
        conn: u64,
        text: String,
    },
    Clock {
        offset: Option<i64>,
    },
    Close {
        conn: u64,
        how: Close,
    },
    PollAnswered {
        conn: u64,
    },
    Response(Response),
    Webhook(Called),
    Call {
        client: String,
        method: String,
        args: Map<String, Value>,
        #[serde(default, skip_serializing_if = "Value::is_null")]
        returned: Value,
    },
    Callback {
        client: String,
        name: String,
        args: Map<String, Value>,
    },
    Step {
        client: String,
        name: String,
        args: Map<String, Value>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    id: u64,
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    query: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    origin: String,
}

/// Without a status the connection is closed without an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    content_type: String,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Called {
    kind: CallbackKind,
    url: String,
    content_type: String,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
}

/// A body: as it is where it is text, or else `{"base64": …}`.
#[derive(Debug, Default)]
struct Body(Bytes);

impl Body {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BodyJson {
    Text(String),
    Bytes { base64: String },
}

impl Serialize for Body {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => to.serialize_str(text),
            Err(_) => BodyJson::Bytes { base64: STANDARD.encode(&self.0) }.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match BodyJson::deserialize(from)? {
            BodyJson::Text(text) => Ok(Self(text.into())),
            BodyJson::Bytes { base64 } => {
                let bytes = STANDARD.decode(base64).map_err(serde::de::Error::custom)?;
                Ok(Self(bytes.into()))
            }
        }
    }
}

/// Writes what an entry tells, behind its number and time, without the bracket that closes it. A client's frame is
/// [`raw`], by whoever knows its connection's transport.
pub(crate) fn write(what: &What, out: &mut Vec<u8>) {
    match what {
        What::Said(Said::Down { conn, raw: bytes }) => raw("down", *conn, bytes, out),
        What::Said(Said::DownRaw { conn, raw: bytes }) => raw("downRaw", *conn, bytes, out),
        other => {
            if let Some(line) = line(other) {
                let from = out.len();
                // Writing to memory cannot fail, and every key is a text.
                let _ = serde_json::to_writer(&mut *out, &line);
                // Its own brackets are those of the line.
                out.remove(from);
                out.pop();
            }
        }
    }
}

/// Writes that bytes went over a connection.
pub(crate) fn raw(is: &str, conn: ConnId, bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"is\":\"");
    out.extend_from_slice(is.as_bytes());
    out.extend_from_slice(b"\",\"conn\":");
    crate::write::number(conn.0, out);
    out.extend_from_slice(b",\"raw\":\"");
    base64_simd::STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

fn line(what: &What) -> Option<Line> {
    Some(match what {
        What::Taken(taken) => match taken.clone() {
            Taken::Input(input) => match input {
                Input::Open { conn, login } => Line::Open { conn: conn.0, login },
                // Written by hand.
                Input::Frame { .. } => return None,
                Input::Poll { conn } => Line::Poll { conn: conn.0 },
                Input::Garbage { conn, error } => Line::Garbage { conn: conn.0, error },
                Input::Closed { conn } => Line::Closed { conn: conn.0 },
                Input::Http { id, request } => {
                    let HttpRequest { method, path, query, headers, body, origin } = *request;
                    let request =
                        Request { id: id.0, method, path, query, headers, body: Body(body), origin };
                    Line::Request(Box::new(request))
                }
            },
            Taken::Due => Line::Due,
            Taken::Act { act, done, most } => Line::Act { act, done, most },
            Taken::GivenUp { act, done } => Line::GivenUp { act, done },
            Taken::Token { user } => Line::Token { user },
            Taken::Disarm { fault } => Line::Disarm { fault },
            Taken::Endpoints(endpoints) => Line::Endpoints { endpoints },
            Taken::Note { conn, text } => Line::Note { conn: conn.0, text },
        },
        What::Said(said) => match said.clone() {
            // Written by hand.
            Said::Down { .. } | Said::DownRaw { .. } => return None,
            Said::Close { conn, how } => Line::Close { conn: conn.0, how },
            Said::PollAnswered { conn } => Line::PollAnswered { conn: conn.0 },
            Said::Response { id, answer: None } => {
                let (headers, content_type, body) = Default::default();
                Line::Response(Response { id: id.0, status: None, headers, content_type, body })
            }
            Said::Response { id, answer: Some(Answer { status, headers, content_type, body }) } => {
                let (id, status, body) = (id.0, Some(status), Body(body));
                Line::Response(Response { id, status, headers, content_type, body })
            }
            Said::Webhook(Webhook { kind, url, content_type, body }) => {
                Line::Webhook(Called { kind, url, content_type, body: Body(body) })
            }
        },
        What::Clock(offset) => Line::Clock { offset: *offset },
        What::Seen(seen) => match seen.clone() {
            Seen::Call { client, method, args, returned } => Line::Call { client, method, args, returned },
            Seen::Callback { client, name, args } => Line::Callback { client, name, args },
            Seen::Step { client, name, args } => Line::Step { client, name, args },
        },
    })
}

/// Reads what an entry tells. `transport` tells that of a connection.
pub(crate) fn read(fields: Value, transport: impl Fn(ConnId) -> Transport) -> Result<What, String> {
    let is = fields["is"].as_str().unwrap_or_default();
    if let "up" | "down" | "downRaw" = is {
        let conn = ConnId(fields["conn"].as_u64().ok_or("it names no connection (`conn`)")?);
        let text = fields["raw"].as_str().ok_or("it has no bytes (`raw`)")?;
        let raw =
            base64_simd::STANDARD.decode_to_vec(text).map_err(|_| "its `raw` is no base64".to_owned())?;
        let raw = Bytes::from(raw);
        return Ok(match is {
            "down" => What::Said(Said::Down { conn, raw }),
            "downRaw" => What::Said(Said::DownRaw { conn, raw }),
            _ => What::Taken(Taken::Input(Input::Frame { conn, frame: frame(raw, transport(conn))? })),
        });
    }
    let line: Line = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    Ok(what(line))
}

fn frame(raw: Bytes, transport: Transport) -> Result<ClientFrame, String> {
    match transport {
        Transport::Tcp => {
            let mut raw = BytesMut::from(&raw[..]);
            let whole = raw.len();
            match native::decode_client(&mut raw, usize::MAX) {
                Ok(Some(frame)) if raw.is_empty() => Ok(frame),
                Ok(Some(_)) => Err("its `raw` is more than one frame".to_owned()),
                Ok(None) => Err(format!("its `raw` is a part of a frame: {whole} bytes of it")),
                Err(error) => Err(error.to_string()),
            }
        }
        Transport::WebSocket | Transport::Comet => {
            websocket::decode_client(raw).map_err(|error| error.to_string())
        }
    }
}

fn what(line: Line) -> What {
    let taken = match line {
        Line::Open { conn, login } => Taken::Input(Input::Open { conn: ConnId(conn), login }),
        Line::Poll { conn } => Taken::Input(Input::Poll { conn: ConnId(conn) }),
        Line::Garbage { conn, error } => Taken::Input(Input::Garbage { conn: ConnId(conn), error }),
        Line::Closed { conn } => Taken::Input(Input::Closed { conn: ConnId(conn) }),
        Line::Request(request) => {
            let Request { id, method, path, query, headers, body: Body(body), origin } = *request;
            let request = Box::new(HttpRequest { method, path, query, headers, body, origin });
            Taken::Input(Input::Http { id: HttpId(id), request })
        }
        Line::Due => Taken::Due,
        Line::Act { act, done, most } => Taken::Act { act, done, most },
        Line::GivenUp { act, done } => Taken::GivenUp { act, done },
        Line::Token { user } => Taken::Token { user },
        Line::Disarm { fault } => Taken::Disarm { fault },
        Line::Endpoints { endpoints } => Taken::Endpoints(endpoints),
        Line::Note { conn, text } => Taken::Note { conn: ConnId(conn), text },
        Line::Clock { offset } => return What::Clock(offset),
        Line::Close { conn, how } => return What::Said(Said::Close { conn: ConnId(conn), how }),
        Line::PollAnswered { conn } => return What::Said(Said::PollAnswered { conn: ConnId(conn) }),
        Line::Response(Response { id, status, headers, content_type, body: Body(body) }) => {
            let answer = status.map(|status| Answer { status, headers, content_type, body });
            return What::Said(Said::Response { id: HttpId(id), answer });
        }
        Line::Webhook(Called { kind, url, content_type, body: Body(body) }) => {
            return What::Said(Said::Webhook(Webhook { kind, url, content_type, body }));
        }
        Line::Call { client, method, args, returned } => {
            return What::Seen(Seen::Call { client, method, args, returned });
        }
        Line::Callback { client, name, args } => return What::Seen(Seen::Callback { client, name, args }),
        Line::Step { client, name, args } => return What::Seen(Seen::Step { client, name, args }),
    };
    What::Taken(taken)
}
