//! Recordings with a secret in every field, and the search for them.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::{Bytes, BytesMut};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value as Field};
use recording::{Answer, Decoder, Said, Seen, Webhook, What};
use serde_json::json;
use service::{CallbackKind, Close, ConnId, Endpoints, HttpId, HttpRequest, Input, Login, Taken, Transport};
use wire::{
    Accepted, ClientFrame, ConnAck, ConnAckLayout, Connect, Request, ServerFrame, Topic, UnixMillis, native,
    reflect, websocket,
};

use super::entries;

/// What every secret holds: letters that stand nowhere else, and what encodings change.
pub(crate) const MARK: &str = "ZQXJKVWYHUBNMP";
pub(crate) const CHINESE: &str = "秘密之语";

/// Makes secrets, numbered.
#[derive(Default)]
pub(crate) struct Secrets(pub(crate) usize);

impl Secrets {
    pub(crate) fn next(&mut self) -> String {
        self.0 += 1;
        format!("{}{MARK}{}+& {CHINESE}", self.0, self.0)
    }

    pub(crate) fn json(&mut self) -> String {
        let (key, value, deep) = (self.next(), self.next(), self.next());
        json!({key: value, "content": [{"user": {"id": deep}}]}).to_string()
    }
}

/// The marks as they could stand in a file: as they are, escaped, in percent-encoding; and all of it in base64, once and twice, from any
/// of the three positions at which it could begin.
pub(crate) fn encodings() -> BTreeSet<String> {
    let in_base64 = |text: &String| {
        let encoded = (0..3_usize).map(|shift| {
            let encoded = STANDARD_NO_PAD.encode([&vec![0; shift][..], text.as_bytes()].concat());
            // The first characters hold bits of what stands before it, the last one of what stands behind it.
            encoded[(shift * 8).div_ceil(6)..encoded.len() - 1].to_owned()
        });
        encoded.collect::<Vec<_>>()
    };
    let percent: String = url::form_urlencoded::byte_serialize(CHINESE.as_bytes()).collect();
    let escaped: String = CHINESE.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let bytes: String = CHINESE.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let plain: Vec<String> =
        vec![MARK.to_owned(), MARK.to_lowercase(), CHINESE.to_owned(), percent, escaped, bytes];
    let once: Vec<String> = plain.iter().flat_map(in_base64).collect();
    let twice: Vec<String> = once.iter().flat_map(in_base64).collect();
    plain.into_iter().chain(once).chain(twice).collect()
}

/// A recording as its file, and all that can be read out of it.
pub(crate) fn haystack(bytes: &[u8]) -> String {
    let mut all = String::from_utf8_lossy(bytes).into_owned();
    let mut decoder = Decoder::default();
    for entry in entries(bytes) {
        all += &decoder.decode(&entry).to_string();
        all += &format!("{:?}", entry.what);
        if let What::Said(Said::Down { raw, .. } | Said::DownRaw { raw, .. }) = &entry.what {
            all += &String::from_utf8_lossy(raw);
            // Native bodies begin behind three to six bytes, and have a pad.
            for begin in 3..=6.min(raw.len()) {
                let mut clear = raw[begin..].to_vec();
                native::apply_pad(&mut clear);
                all += &String::from_utf8_lossy(&clear);
            }
        }
    }
    all
}

pub(crate) fn assert_gone(bytes: &[u8]) {
    let haystack = haystack(bytes);
    for encoding in encodings() {
        let at = haystack.find(&encoding);
        let around = at.map(|at| {
            String::from_utf8_lossy(&haystack.as_bytes()[at.saturating_sub(200)..at + 60]).into_owned()
        });
        assert_eq!(around, None, "as {encoding:?}");
    }
}

/// Before scrubbing every secret is found: it was planted.
pub(crate) fn assert_planted(bytes: &[u8], secrets: &Secrets) {
    let haystack = haystack(bytes);
    let found: BTreeSet<&str> =
        haystack.split(MARK).skip(1).filter_map(|behind| behind.split(['+', '%']).next()).collect();
    let missing: Vec<usize> = (1..=secrets.0).filter(|n| !found.contains(n.to_string().as_str())).collect();
    assert!(missing.is_empty(), "{} of {} were not planted: {missing:?}", missing.len(), secrets.0);
    // Also in other forms, and those are found.
    let forms = encodings().iter().filter(|encoding| haystack.contains(encoding.as_str())).count();
    assert!(forms >= 8, "{forms} forms");
}

/// A message with a secret in every field that can hold one, at any depth.
pub(crate) fn full(descriptor: &MessageDescriptor, secrets: &mut Secrets, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let value = match field.kind() {
            Kind::String => Field::String(secrets.next()),
            Kind::Bytes if field.name() == "list" => {
                let inner = reflect::descriptor("DownStreamMessage").unwrap();
                Field::Bytes(full(&inner, secrets, depth + 1).encode_to_vec().into())
            }
            Kind::Bytes => Field::Bytes(secrets.json().into_bytes().into()),
            Kind::Message(inner) if depth < 2 => Field::Message(full(&inner, secrets, depth + 1)),
            Kind::Message(_) => continue,
            Kind::Bool => Field::Bool(true),
            Kind::Int64 => Field::I64(17),
            _ => Field::I32(1),
        };
        message.set_field(&field, if field.is_list() { Field::List(vec![value]) } else { value });
    }
    message
}

/// The bytes of one, with a field behind it that nobody knows.
pub(crate) fn body(message: Option<&'static str>, secrets: &mut Secrets) -> Bytes {
    let Some(message) = message else { return secrets.next().into() };
    let mut bytes = full(&reflect::descriptor(message).unwrap(), secrets, 0).encode_to_vec();
    let unknown = secrets.next();
    // Field 500, a text of less than 128 bytes.
    bytes.extend([0xA2, 0x1F, u8::try_from(unknown.len()).unwrap()]);
    bytes.extend(unknown.as_bytes());
    bytes.into()
}

/// Everything that a connection can carry.
pub(crate) fn connection(conn: ConnId, transport: Transport, secrets: &mut Secrets) -> Vec<What> {
    let mut all = Vec::new();
    let login = Login {
        transport,
        token: format!("{}@{}", secrets.next(), secrets.next()),
        platform: secrets.next(),
        sdk_version: secrets.next(),
        protocol_version: 3,
        device_id: secrets.next(),
        label: secrets.next(),
        address: secrets.next(),
        origin: secrets.next(),
        ..Login::default()
    };
    let up = |frame| What::Taken(Taken::Input(Input::Frame { conn, frame }));
    let down = |frame: &ServerFrame| {
        let mut raw = BytesMut::new();
        match transport {
            Transport::Tcp => native::encode_server(frame, &mut raw),
            _ => websocket::encode_server(frame, &mut raw),
        }
        What::Said(Said::Down { conn, raw: raw.freeze() })
    };
    all.push(What::Taken(Taken::Input(Input::Open { conn, login: Box::new(login) })));
    let accepted = Accepted { user_id: secrets.next(), session_id: secrets.next(), time: UnixMillis(17) };
    all.push(down(&ServerFrame::ConnAck(ConnAck {
        status: 0,
        accepted: Some(accepted),
        layout: ConnAckLayout::V3,
    })));
    all.push(up(ClientFrame::Connect(Connect {
        version: 3,
        device_id: secrets.next(),
        client: secrets.next(),
        client_info: secrets.next(),
        app_key: secrets.next(),
        token: secrets.next(),
        rest: secrets.next().into(),
        ..Connect::default()
    })));
    let strange = Topic::from(secrets.next().as_str());
    for (id, topic) in Topic::KNOWN.iter().chain([&strange]).enumerate() {
        let id = u16::try_from(id).unwrap();
        let request = |secrets: &mut Secrets| Request {
            signature: *b"ZQXJKVWY",
            ..Request::new(topic.clone(), &secrets.next(), id, body(topic.request(), secrets))
        };
        all.push(up(ClientFrame::Publish(request(secrets))));
        all.push(up(ClientFrame::Query(request(secrets))));
        all.push(down(&ServerFrame::QueryAck {
            id,
            qos: 1,
            seconds: 1,
            status: 0,
            body: body(topic.answer(), secrets),
        }));
        for dup in [false, true] {
            let (topic, target, body) = (topic.clone(), secrets.next(), body(topic.push(dup), secrets));
            all.push(down(&ServerFrame::Publish { dup, qos: 1, seconds: 1, topic, target, id, body }));
        }
    }
    let message_uid = secrets.next();
    all.push(down(&ServerFrame::PubAck { id: 1, status: 0, time: UnixMillis(17), message_uid }));
    // An answer to what was never asked, and frames of unknown types.
    all.push(down(&ServerFrame::QueryAck {
        id: 9999,
        qos: 0,
        seconds: 1,
        status: 0,
        body: secrets.next().into(),
    }));
    let header = wire::Header { kind: 9, ..wire::Header::default() };
    all.push(down(&ServerFrame::Unknown { header, body: secrets.next().into() }));
    all.push(up(ClientFrame::Unknown { header, body: secrets.next().into() }));
    all.push(down(&ServerFrame::Disconnect { status: 1, rest: secrets.next().into() }));
    all.push(What::Said(Said::Down { conn, raw: format!("\u{30}{}", secrets.next()).into() }));
    all.push(What::Said(Said::DownRaw { conn, raw: secrets.next().into() }));
    all.push(What::Taken(Taken::Input(Input::Garbage { conn, error: secrets.next() })));
    all.push(What::Taken(Taken::Note { conn, text: secrets.next() }));
    all.push(What::Said(Said::Close { conn, how: Close::Clean }));
    all
}

/// Everything that HTTP can carry.
pub(crate) fn requests(secrets: &mut Secrets) -> Vec<What> {
    let form = |secrets: &mut Secrets| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair(&secrets.next(), &secrets.next());
        for key in [
            "token",
            "appId",
            "v",
            "sdkVer",
            "platform",
            "callBack",
            "r",
            "topic",
            "apiVer",
            "objectName",
            "cloud",
        ] {
            form.append_pair(key, &secrets.next());
        }
        form.finish()
    };
    let json = |secrets: &mut Secrets| {
        let (key, value) = (secrets.next(), secrets.json());
        json!({"code": 200, "token": format!("{}@{}", secrets.next(), secrets.next()), "server": secrets.next(), key: value,
            "objectName": secrets.next(), "version": secrets.next(), "list": [secrets.next()]})
        .to_string()
    };
    let mut all = Vec::new();
    let mut id = 0;
    let mut exchange = |path: String, kind: &str, body: Bytes, answer: Bytes, secrets: &mut Secrets| {
        id += 1;
        let names = [
            "host",
            "rc-appkey",
            "content-length",
            "rc-negotiate",
            "connection",
            "cookie",
            "user-agent",
            "x-harness-proxy",
        ];
        let mut headers: Vec<_> = names.into_iter().map(|name| (name.to_owned(), secrets.next())).collect();
        headers.push((secrets.next(), secrets.next()));
        headers.push(("content-type".to_owned(), format!("{kind}; boundary={}", secrets.next())));
        let (method, query, origin) = (secrets.next(), form(secrets), secrets.next());
        let request = Box::new(HttpRequest { method, path, query, headers, body, origin });
        all.push(What::Taken(Taken::Input(Input::Http { id: HttpId(id), request })));
        let headers = vec![("set-cookie".to_owned(), secrets.next()), (secrets.next(), secrets.next())];
        let answer = Answer { status: 200, headers, content_type: secrets.next(), body: answer };
        all.push(What::Said(Said::Response { id: HttpId(id), answer: Some(answer) }));
    };
    let (body, answer) = (form(secrets), format!("{}({});", secrets.next(), json(secrets)));
    exchange("/navi.js".to_owned(), "application/x-www-form-urlencoded", body.into(), answer.into(), secrets);
    let (body, answer) = (json(secrets), json(secrets));
    exchange(
        format!("/files/{}/{}", secrets.next(), secrets.next()),
        "application/json",
        body.into(),
        answer.into(),
        secrets,
    );
    let (body, answer) = (secrets.next(), [secrets.next().as_bytes(), b"\xFF"].concat());
    exchange(format!("/{}", secrets.next()), "image/png", body.into(), answer.into(), secrets);
    all
}

/// Everything else.
pub(crate) fn others(secrets: &mut Secrets) -> Vec<What> {
    let args = |secrets: &mut Secrets| {
        let (key, value) = (secrets.next(), secrets.next());
        serde_json::from_value(json!({key: value, "message": {"content": secrets.next(), "sentTime": 17}}))
            .unwrap()
    };
    let (client, method, args_of) = (secrets.next(), secrets.next(), args(secrets));
    let (caller, callback, told) = (secrets.next(), secrets.next(), args(secrets));
    let (of, step, with) = (secrets.next(), secrets.next(), args(secrets));
    let (url, content_type, body) = (secrets.next(), secrets.next(), secrets.next().into());
    let endpoints =
        Endpoints { navi: secrets.next(), websocket: secrets.next(), tcp: secrets.next(), tls: true };
    vec![
        What::Taken(Taken::Token { user: secrets.next() }),
        What::Taken(Taken::Endpoints(endpoints)),
        What::Seen(Seen::Call { client, method, args: args_of, returned: json!([secrets.next()]) }),
        What::Seen(Seen::Callback { client: caller, name: callback, args: told }),
        What::Seen(Seen::Step { client: of, name: step, args: with }),
        What::Said(Said::Webhook(Webhook { kind: CallbackKind::Messages, url, content_type, body })),
    ]
}
