//! `wire`: steps on raw connections.

use super::{Node, Reader};
use crate::scenario::{
    step::{StepAct, Transport, Wire, WireAct},
    tree::Data,
};

/// What can be done with a raw connection: the second key of a `wire` step.
const ACTS: &[&str] = &["open", "send_hex", "send", "expect", "closed", "close"];

/// Frames that can be built.
pub(crate) const FRAMES: &[&str] =
    &["CONNECT", "PUBLISH", "PUBACK", "QUERY", "QUERYCON", "PINGREQ", "DISCONNECT"];

impl Reader<'_> {
    pub(super) fn wire(&mut self, step: &Node, target: &Node) -> Option<StepAct> {
        let entries = self.entries(
            step,
            "`wire`",
            &["wire", "open", "send_hex", "send", "expect", "closed", "close", "within", "world"],
        );
        let name = self.text(target, "a name for the raw connection")?;
        let within = step.get("within").and_then(|node| self.duration(node));
        let world = self.world_name(step.get("world"));
        let acts: Vec<_> = entries.iter().filter(|entry| ACTS.contains(&entry.key.value.as_str())).collect();
        let [entry] = acts.as_slice() else {
            let help = Some("one of `open`, `send_hex`, `send`, `expect`, `closed`, `close`".to_owned());
            self.wrong(target.at, "wrong_wire", "a `wire` step does one thing", "what is done?", help);
            return None;
        };
        let value = &entry.value;
        if entry.key.value == "open" {
            self.raw_connections.insert(name.clone());
        } else if !self.raw_connections.contains(&name) {
            let known: Vec<String> = self.raw_connections.iter().cloned().collect();
            self.unknown(
                target.at,
                "unknown_connection",
                "raw connection",
                &name,
                known.iter().map(String::as_str),
            );
        }
        let act = match entry.key.value.as_str() {
            "open" => {
                let transports = [("tcp", Transport::Tcp), ("websocket", Transport::WebSocket)];
                let (transport, query) = match &value.data {
                    Data::Map(_) => {
                        self.entries(value, "`open`", &["transport", "query"]);
                        self.required(value, &["transport"]);
                        let query =
                            value.get("query").map(|query| self.values(query, "query parameters: a mapping"));
                        (value.get("transport")?, query.unwrap_or_default())
                    }
                    _ => (value, indexmap::IndexMap::new()),
                };
                let transport = self.choice(transport, "transport", &transports)?;
                WireAct::Open { world, transport, query }
            }
            "send_hex" => WireAct::SendHex(self.hex(value)?),
            "send" => self.frame(value)?,
            "expect" => {
                let items = self.items(value, "frames", true);
                WireAct::Expect {
                    frames: items.iter().map(|item| self.journal_entry(item)).collect(),
                    within,
                }
            }
            "closed" => WireAct::Closed { within },
            _ => WireAct::Close,
        };
        if within.is_some() && !matches!(act, WireAct::Expect { .. } | WireAct::Closed { .. }) {
            self.wrong(target.at, "wrong_wire", "`within` goes with `expect` and `closed`", "here", None);
        }
        Some(StepAct::Wire(Wire { name, act }))
    }

    fn hex(&mut self, node: &Node) -> Option<Vec<u8>> {
        let text = self.text(node, "bytes in hex: `\"d0 00\"`")?;
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| match pair {
                [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
                _ => None,
            })
            .collect();
        if bytes.is_none() {
            let help = Some("two hex digits a byte, spaces where you like; in quotes".to_owned());
            self.wrong(node.at, "wrong_hex", format!("`{text}` is no hex"), "here", help);
        }
        bytes
    }

    /// `PINGREQ`, or `PUBLISH: {…}`
    fn frame(&mut self, node: &Node) -> Option<WireAct> {
        let (kind, at, fields) = match &node.data {
            Data::Scalar { text, .. } if !node.is_null() => (text.clone(), node.at, None),
            Data::Map(entries) if entries.len() == 1 => {
                (entries[0].key.value.clone(), entries[0].key.at, Some(&entries[0].value))
            }
            _ => {
                self.expected(node, "a frame: `PINGREQ`, or `PUBLISH: {…}`");
                return None;
            }
        };
        if !FRAMES.contains(&kind.as_str()) {
            self.unknown(at, "unknown_value", "frame", &kind, FRAMES.iter().copied());
        }
        let fields = fields.map(|node| self.values(node, "fields: a mapping")).unwrap_or_default();
        Some(WireAct::Send { kind, fields })
    }
}
