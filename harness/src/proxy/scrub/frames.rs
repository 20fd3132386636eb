//! Frames of both directions.

use bytes::{Bytes, BytesMut};
use recording::Said;
use service::{ConnId, Login, Transport};
use std::collections::BTreeMap;
use wire::{ClientFrame, Connect, Request, ServerFrame, Topic, native, reflect, websocket};

use super::{
    allow,
    names::Names,
    texts::{Fields, token},
};

/// Queries of a connection whose answers are awaited, at most.
const AWAITED: usize = 4096;

/// What is known of a connection: how its frames are written, and what it has asked.
#[derive(Debug, Default)]
pub(super) struct Conn {
    transport: Transport,
    layout_v4: bool,
    asked: BTreeMap<u16, Topic>,
}

impl Conn {
    pub(super) fn new(login: &Login) -> Self {
        Self { transport: login.transport, layout_v4: login.protocol_version == 4, asked: BTreeMap::new() }
    }
}

pub(super) fn login(names: &mut Names, login: Login) -> Login {
    let platform =
        if allow::platform(&login.platform) { login.platform } else { names.of("platform", &login.platform) };
    let sdk_version = if allow::version(&login.sdk_version) {
        login.sdk_version
    } else {
        names.of("version", &login.sdk_version)
    };
    Login {
        transport: login.transport,
        token: token(names, &login.token),
        platform,
        sdk_version,
        protocol_version: login.protocol_version,
        device_id: names.of("device", &login.device_id),
        reconnect: login.reconnect,
        give_way: login.give_way,
        label: names.of("label", &login.label),
        address: names.of("address", &login.address),
        origin: names.of("host", &login.origin),
    }
}

/// A client's frame.
pub(super) fn client(names: &mut Names, conn: Option<&mut Conn>, frame: ClientFrame) -> ClientFrame {
    match frame {
        ClientFrame::Connect(connect) => ClientFrame::Connect(Connect {
            version: connect.version,
            flags: connect.flags,
            keep_alive: connect.keep_alive,
            device_id: names.of("device", &connect.device_id),
            client: names.of("text", &connect.client),
            client_info: names.of("text", &connect.client_info),
            app_key: names.of("app", &connect.app_key),
            token: token(names, &connect.token),
            rest: Bytes::new(),
        }),
        ClientFrame::Publish(request) => ClientFrame::Publish(asked(names, request)),
        ClientFrame::Query(request) => {
            if let Some(conn) = conn {
                while conn.asked.len() >= AWAITED {
                    conn.asked.pop_first();
                }
                conn.asked.insert(request.id, request.topic.clone());
            }
            ClientFrame::Query(asked(names, request))
        }
        ClientFrame::Unknown { header, body } => ClientFrame::Unknown { header, body: zeros(body.len()) },
        plain => plain,
    }
}

fn asked(names: &mut Names, request: Request) -> Request {
    let body = body(names, request.topic.request(), &request.body);
    Request {
        qos: request.qos,
        dup: request.dup,
        retain: request.retain,
        target: names.of("target", &request.target),
        topic: topic(names, request.topic),
        id: request.id,
        body,
        // It is made of what it signs.
        signature: [0; 8],
    }
}

/// What a server said on a connection: bytes of a frame that can be read again, or zeros.
pub(super) fn server(names: &mut Names, known: Option<&mut Conn>, conn: ConnId, raw: &Bytes) -> Said {
    let mut nobody = Conn::default();
    let known = known.unwrap_or(&mut nobody);
    let frame = match known.transport {
        Transport::Tcp => native::decode_server(&mut BytesMut::from(&raw[..]), usize::MAX).ok().flatten(),
        Transport::WebSocket | Transport::Comet => {
            websocket::decode_server(raw.clone(), known.layout_v4).ok()
        }
    };
    let Some(frame) = frame else { return Said::DownRaw { conn, raw: zeros(raw.len()) } };
    let frame = said(names, known, frame);
    let mut raw = BytesMut::new();
    match known.transport {
        Transport::Tcp => native::encode_server(&frame, &mut raw),
        Transport::WebSocket | Transport::Comet => websocket::encode_server(&frame, &mut raw),
    }
    Said::Down { conn, raw: raw.freeze() }
}

fn said(names: &mut Names, known: &mut Conn, frame: ServerFrame) -> ServerFrame {
    match frame {
        ServerFrame::ConnAck(mut ack) => {
            if let Some(accepted) = &mut ack.accepted {
                accepted.user_id = names.of("user", &accepted.user_id);
                accepted.session_id = names.of("session", &accepted.session_id);
            }
            ServerFrame::ConnAck(ack)
        }
        ServerFrame::Publish { dup, qos, seconds, topic: about, target, id, body: told } => {
            let body = body(names, about.push(dup), &told);
            let (topic, target) = (topic(names, about), names.of("target", &target));
            ServerFrame::Publish { dup, qos, seconds, topic, target, id, body }
        }
        ServerFrame::PubAck { id, status, time, message_uid } => {
            ServerFrame::PubAck { id, status, time, message_uid: names.of("uid", &message_uid) }
        }
        ServerFrame::QueryAck { id, qos, seconds, status, body: told } => {
            let topic = known.asked.remove(&id);
            let body = body(names, topic.as_ref().and_then(Topic::answer), &told);
            ServerFrame::QueryAck { id, qos, seconds, status, body }
        }
        ServerFrame::Disconnect { status, rest } => {
            ServerFrame::Disconnect { status, rest: zeros(rest.len()) }
        }
        ServerFrame::Unknown { header, body } => ServerFrame::Unknown { header, body: zeros(body.len()) },
        plain => plain,
    }
}

/// A body of that message, or zeros where that is not known or it is none.
fn body(names: &mut Names, message: Option<&'static str>, body: &Bytes) -> Bytes {
    let anew = message.and_then(|message| reflect::rewrite(message, body, &mut Fields(names)).ok());
    anew.map_or_else(|| zeros(body.len()), Bytes::from)
}

fn topic(names: &mut Names, topic: Topic) -> Topic {
    if allow::topic(&topic) { topic } else { Topic::from(names.of("topic", topic.as_str()).as_str()) }
}

pub(super) fn zeros(length: usize) -> Bytes {
    vec![0; length].into()
}
