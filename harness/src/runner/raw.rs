//! `wire` steps: frames of one's own making on a raw connection, for tests of the protocol itself.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use service::{
    ConnId,
    journal::{Entry as JournalEntry, What},
};
use wire::{ClientFrame, Connect, Request, ServerFrame, Topic, UnixMillis};

use super::case::{Run, Stop};
use crate::{
    scenario::{Matching, Place, Transport, Wire, WireAct, resolve_map},
    verdict::FindingKind,
};

/// A raw connection of a case.
#[derive(Debug, Clone)]
pub(super) struct RawConnection {
    transport: Transport,
    /// Frames that earlier steps have looked at.
    passed: usize,
    /// What was last asked under a message id: an answer names no more than that.
    asked: BTreeMap<u16, Topic>,
}

/// What came on a raw connection.
#[derive(Debug, Default, Clone)]
pub struct RawView {
    /// The frames so far with their times.
    pub frames: Vec<(UnixMillis, ServerFrame)>,
    /// The service has closed it.
    pub closed: bool,
}

impl Run<'_> {
    pub(super) fn wire(&mut self, wire: &Wire, at: Place) -> Result<(), Stop> {
        let name = wire.name.as_str();
        match &wire.act {
            WireAct::Open { world, transport, query } => {
                let query = resolve_map(query, &|name: &str| self.lookup(name));
                let query = query.map_err(|unresolved| self.unresolved(&unresolved))?;
                let query = match transport {
                    Transport::Tcp => None,
                    Transport::WebSocket => Some(encode(&query)),
                };
                let connection = RawConnection { transport: *transport, passed: 0, asked: BTreeMap::new() };
                self.raws.insert(name.to_owned(), connection);
                let app_key = self.app_key(world);
                Ok(self.driver.raw_open(name, &app_key, query.as_deref())?)
            }
            WireAct::SendHex(bytes) => Ok(self.driver.raw_send(name, Bytes::copy_from_slice(bytes))?),
            WireAct::Send { kind, fields } => {
                let fields = resolve_map(fields, &|name: &str| self.lookup(name));
                let fields = fields.map_err(|unresolved| self.unresolved(&unresolved))?;
                let frame = frame(kind, &fields).map_err(|why| self.wrong(at, &why))?;
                let mut bytes = BytesMut::new();
                match self.raws.get(name).map(|raw| raw.transport) {
                    Some(Transport::WebSocket) => wire::websocket::encode_client(&frame, &mut bytes),
                    _ => wire::native::encode_client(&frame, &mut bytes),
                }
                if let ClientFrame::Query(request) | ClientFrame::Publish(request) = frame
                    && let Some(raw) = self.raws.get_mut(name)
                {
                    raw.asked.insert(request.id, request.topic);
                }
                Ok(self.driver.raw_send(name, bytes.freeze())?)
            }
            WireAct::Close => Ok(self.driver.raw_close(name)?),
            WireAct::Closed { within } => {
                let view = self.raw_until(name, *within, |view| view.closed)?;
                if view.closed {
                    return Ok(());
                }
                let expected = format!("{name}: closed by the service");
                Err(self.found(FindingKind::Expectation, at, expected, "still open".to_owned()))
            }
            WireAct::Expect { frames, within } => {
                let passed = self.raws.get(name).map_or(0, |raw| raw.passed);
                let reach = passed + frames.len();
                let view = self.raw_until(name, *within, |view| view.frames.len() >= reach)?;
                if let Some(raw) = self.raws.get_mut(name) {
                    raw.passed = reach.min(view.frames.len());
                }
                let asked = self.raws.get(name).map(|raw| raw.asked.clone()).unwrap_or_default();
                for (n, matcher) in frames.iter().enumerate() {
                    let seen = view.frames.get(passed + n).map(|(at, frame)| shown(*at, frame, &asked));
                    let scope = |name: &str| self.lookup(name);
                    let outcome = matcher.check(seen.as_ref(), &Matching { scope: &scope, index: 0 });
                    let why = match outcome {
                        Ok(captures) => {
                            self.keep(captures);
                            continue;
                        }
                        Err(why) => why.to_string(),
                    };
                    let seen = match seen {
                        Some(frame) => frame.to_string(),
                        None if view.closed => "no further frame: the service has closed".to_owned(),
                        None => "no further frame".to_owned(),
                    };
                    let expected = format!("{name}: frame {} of {}: {why}", n + 1, frames.len());
                    return Err(self.found(FindingKind::Expectation, at, expected, seen));
                }
                Ok(())
            }
        }
    }

    fn raw_until(
        &mut self,
        name: &str,
        within: Option<std::time::Duration>,
        enough: impl Fn(&RawView) -> bool,
    ) -> Result<RawView, Stop> {
        let until = self.driver.now() + within.unwrap_or_default();
        self.driver.settle()?;
        loop {
            let view = self.driver.raw_view(name)?;
            if enough(&view) || !self.driver.step(until)? {
                // The last step may have brought it.
                return Ok(self.driver.raw_view(name)?);
            }
        }
    }
}

fn encode(map: &Map<String, Json>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in map {
        form.append_pair(key, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    form.finish()
}

/// A frame as the journal shows it.
fn shown(at: UnixMillis, frame: &ServerFrame, asked: &BTreeMap<u16, Topic>) -> Json {
    let answers = match frame {
        ServerFrame::QueryAck { id, .. } => asked.get(id).cloned(),
        _ => None,
    };
    let what = What::Down { conn: ConnId(0), frame: frame.clone(), answers };
    let entry = JournalEntry::new(0, at, what);
    let mut json = entry.to_json();
    if let Json::Object(fields) = &mut json {
        for key in ["n", "conn", "kind", "direction"] {
            fields.shift_remove(key);
        }
    }
    json
}

/// A client's frame from its kind and fields.
fn frame(kind: &str, fields: &Map<String, Json>) -> Result<ClientFrame, String> {
    let fields: IndexMap<&str, &Json> = fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let known: &[&str] = match kind {
        "CONNECT" => {
            &["version", "flags", "keepAlive", "deviceId", "client", "clientInfo", "appKey", "token"]
        }
        "PUBLISH" | "QUERY" => &["topic", "target", "qos", "id", "body", "dup", "retain"],
        "PUBACK" | "QUERYCON" => &["id"],
        "DISCONNECT" => &["status"],
        _ => &[],
    };
    if let Some(field) = fields.keys().find(|field| !known.contains(field)) {
        return Err(format!("{kind} has no field `{field}`; it has {}", known.join(", ")));
    }
    let text = |key: &str| fields.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let number =
        |key: &str, default: u64| fields.get(key).and_then(|value| value.as_u64()).unwrap_or(default);
    let flag = |key: &str| fields.get(key).and_then(|value| value.as_bool()).unwrap_or(false);
    let id = u16::try_from(number("id", 1)).map_err(|_| "an id has 16 bits".to_owned())?;
    let request = || -> Result<Request, String> {
        let body = hex(&text("body")).ok_or("the body is written in hex")?;
        let topic = Topic::from(text("topic").as_str());
        let mut request = Request::new(topic, &text("target"), id, body.into());
        request.qos = number("qos", 1) as u8 & 3;
        request.dup = flag("dup");
        request.retain = flag("retain");
        Ok(request)
    };
    Ok(match kind {
        "CONNECT" => ClientFrame::Connect(Connect {
            version: number("version", 3) as u8,
            flags: number("flags", 0xC6) as u8,
            keep_alive: number("keepAlive", 10) as u16,
            device_id: text("deviceId"),
            client: text("client"),
            client_info: text("clientInfo"),
            app_key: text("appKey"),
            token: text("token"),
            rest: Bytes::new(),
        }),
        "PUBLISH" => ClientFrame::Publish(request()?),
        "QUERY" => ClientFrame::Query(request()?),
        "PUBACK" => ClientFrame::PubAck { id },
        "QUERYCON" => ClientFrame::QueryCon { id },
        "DISCONNECT" => ClientFrame::Disconnect { status: number("status", 4) as u8 },
        _ => ClientFrame::Ping,
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| match pair {
        [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_is_built_from_its_fields_and_wrong_ones_are_named() {
        let fields = json!({"topic": "ppMsgP", "target": "bob", "id": 7, "body": "0a 00"});
        let ClientFrame::Publish(request) = frame("PUBLISH", fields.as_object().unwrap()).unwrap() else {
            panic!("a PUBLISH was asked for");
        };
        assert_eq!((request.topic, request.id, &request.body[..]), (Topic::PpMsgP, 7, &[10, 0][..]));
        let wrong = json!({"tpoic": "ppMsgP"});
        assert!(frame("PUBLISH", wrong.as_object().unwrap()).unwrap_err().contains("`tpoic`"));
        assert!(frame("PUBLISH", json!({"body": "0"}).as_object().unwrap()).is_err());
    }
}
