//! The loop against cases from outside (`fixtures/websocket/rfc6455.txt`), and against tungstenite's own loop.

use std::io::{Cursor, Read, Write};

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    protocol::{Role, WebSocketConfig},
};

use super::{Incoming, WsError, head, head_size, next};

const CASES: &str = include_str!("../../../fixtures/websocket/rfc6455.txt");
const MAX: usize = 1 << 20;

/// `"text"`, hex digits, or `N*HH`.
fn payload(text: &str) -> Vec<u8> {
    if let Some(text) = text.strip_prefix('"') {
        return text.strip_suffix('"').unwrap().into();
    }
    if let Some((times, byte)) = text.split_once('*') {
        return vec![u8::from_str_radix(byte, 16).unwrap(); times.parse().unwrap()];
    }
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// A frame of a client with that first byte.
fn masked(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; head_size(payload.len())];
    head(&mut bytes, 0, payload.len());
    bytes[0] = first;
    bytes[1] |= 0x80;
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// What is read of bytes that arrive in portions of that size, and why no more is.
fn read(bytes: &[u8], portion: usize) -> (Vec<Incoming>, Option<WsError>) {
    let (mut buffer, mut pieces, mut all) = (BytesMut::new(), None, Vec::new());
    for portion in bytes.chunks(portion.max(1)) {
        buffer.put_slice(portion);
        loop {
            match next(&mut buffer, &mut pieces, MAX) {
                Ok(Some(message)) => {
                    let last = matches!(message, Incoming::Close(_));
                    all.push(message);
                    if last {
                        return (all, None);
                    }
                }
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            }
        }
    }
    (all, None)
}

/// The same in the words of the file.
fn told((messages, error): (Vec<Incoming>, Option<WsError>)) -> Vec<(&'static str, Vec<u8>, u16)> {
    let mut told: Vec<_> = messages
        .into_iter()
        .map(|message| match message {
            Incoming::Binary(bytes) => ("binary", bytes.to_vec(), 0),
            Incoming::Text => ("text", Vec::new(), 0),
            Incoming::Ping(bytes) => ("ping", bytes.to_vec(), 0),
            Incoming::Pong => ("pong", Vec::new(), 0),
            Incoming::Close(code) => ("close", Vec::new(), code.map_or(0, |code| code.number())),
        })
        .collect();
    told.extend(error.map(|error| ("refused", Vec::new(), error.code().number())));
    told
}

#[test]
fn every_case_is_read_as_the_rfc_has_it_however_its_bytes_are_cut() {
    let mut cases = 0;
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [case, frames, outcome] = line.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        // A payload of text may have spaces.
        let mut bytes = Vec::new();
        let mut rest = frames;
        while let Some((first, behind)) = rest.trim_start().split_once(':') {
            let end = match behind.strip_prefix('"') {
                Some(text) => text.find('"').unwrap() + 2,
                None => behind.find(' ').unwrap_or(behind.len()),
            };
            let first = u8::from_str_radix(first, 16).unwrap();
            bytes.extend(masked(first, [0x37, 0xFA, 0x21, 0x3D], &payload(&behind[..end])));
            rest = &behind[end..];
        }
        let mut expected = Vec::new();
        let mut rest = outcome;
        while !rest.is_empty() {
            let word = ["binary", "text", "ping", "pong", "close", "refused"]
                .into_iter()
                .find(|word| rest.starts_with(word))
                .unwrap();
            let behind = &rest[word.len()..];
            // Texts in quotes may have commas.
            let end = match behind.strip_prefix(" \"") {
                Some(text) => text.find('"').unwrap() + 3,
                None => behind.find(',').unwrap_or(behind.len()),
            };
            let value = behind[..end].trim();
            expected.push(match word {
                "close" | "refused" => (word, Vec::new(), value.parse().unwrap_or(0)),
                _ => (word, payload(value), 0),
            });
            rest = behind[end..].trim_start_matches([',', ' ']);
        }
        for portion in [bytes.len(), if bytes.len() > 2000 { 997 } else { 1 }] {
            assert_eq!(told(read(&bytes, portion)), expected, "case {case}, {portion} bytes at a time");
        }
        cases += 1;
    }
    assert!(cases > 150, "{cases}");
}

/// What tungstenite's loop reads from, and its answers, which nobody looks at.
struct Peer(Cursor<Vec<u8>>);

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Peer {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What tungstenite reads of the bytes, and whether it refuses what comes next.
fn theirs(bytes: &[u8]) -> (Vec<Incoming>, bool) {
    let config = WebSocketConfig::default().max_message_size(Some(MAX)).max_frame_size(Some(MAX));
    let mut socket =
        WebSocket::from_raw_socket(Peer(Cursor::new(bytes.to_vec())), Role::Server, Some(config));
    let mut all = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Binary(bytes)) => all.push(Incoming::Binary(bytes)),
            Ok(Message::Text(_)) => all.push(Incoming::Text),
            Ok(Message::Ping(bytes)) => all.push(Incoming::Ping(bytes)),
            Ok(Message::Pong(_)) => all.push(Incoming::Pong),
            // It tells of a code that must not be sent in words of its own.
            Ok(Message::Close(Some(frame))) if frame.reason.as_str() == "Protocol violation" => {
                return (all, true);
            }
            Ok(Message::Close(frame)) => {
                let payload = frame.map(|frame| u16::from(frame.code).to_be_bytes().to_vec());
                all.push(Incoming::Close(super::close::read(&payload.unwrap_or_default()).unwrap()));
                return (all, false);
            }
            Ok(Message::Frame(_)) => unreachable!("only raw writes give frames"),
            // The bytes are over.
            Err(Error::Io(_) | Error::ConnectionClosed) => return (all, false),
            Err(Error::Protocol(
                tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return (all, false),
            Err(_) => return (all, true),
        }
    }
}

/// Frames that are mostly right: their first byte, and what they hold.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => prop::sample::select(vec![0x01_u8, 0x02, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8A]),
        1 => prop::sample::select(vec![0x88_u8, 0x09, 0x83, 0xC2]),
        1 => any::<u8>(),
    ];
    let held = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..20),
        4 => "[a-zé€]{0,40}".prop_map(String::into_bytes),
        2 => (100_usize..300).prop_map(|size| vec![0x61; size]),
        1 => (65_500_usize..65_600).prop_map(|size| vec![0x62; size]),
    ];
    (first, any::<[u8; 4]>(), held).prop_map(|(first, mask, held)| masked(first, mask, &held))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// More of it: `PROPTEST_CASES=1000000 cargo test --release -p mock-server --lib ws::`.
    #[test]
    fn it_reads_what_tungstenite_reads_and_refuses_what_it_refuses(
        frames in prop::collection::vec(frame(), 0..12),
        garbage in prop::collection::vec(any::<u8>(), 0..12),
        portion in 1_usize..400,
    ) {
        let mut bytes = frames.concat();
        bytes.extend(&garbage);
        let (ours, error) = read(&bytes, portion);
        let (theirs, refused) = theirs(&bytes);
        prop_assert_eq!(ours, theirs);
        // A frame that is not whole is refused by its head here; tungstenite waits for the rest.
        prop_assert!(error.is_some() == refused || error.is_some() && !garbage.is_empty(), "{:?}", error);
    }

    /// Whatever comes, and however it is cut: no panic, and the same is read.
    #[test]
    fn bytes_of_no_meaning_end_in_a_message_a_refusal_or_a_wait(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        portion in 1_usize..60,
    ) {
        prop_assert_eq!(read(&bytes, portion), read(&bytes, bytes.len()));
    }
}
