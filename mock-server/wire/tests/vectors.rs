//! Bytes we did not make, from `fixtures/vectors`: decoded, compared with what they mean, encoded again.
//!
//! A vector file is text: `#` comments (with the source), then `name | transport | direction | hex | meaning`, where
//! the meaning is the decoded frame as this test prints it.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::{fmt::Write as _, fs, path::Path};

use bytes::{Bytes, BytesMut};
use wire::{ClientFrame, ServerFrame, native, reflect, websocket};

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn judged(message: Option<&'static str>, body: &Bytes) -> String {
    match message.map(|name| reflect::judge(name, body).unwrap()) {
        Some(judged) => format!("{} {}", judged.message, judged.json),
        None => format!("{} bytes", body.len()),
    }
}

fn client(frame: &ClientFrame) -> String {
    match frame {
        ClientFrame::Publish(r) | ClientFrame::Query(r) => format!(
            "{} qos={} topic={} target={} id={} {}",
            if matches!(frame, ClientFrame::Query(_)) { "QUERY" } else { "PUBLISH" },
            r.qos,
            r.topic,
            r.target,
            r.id,
            judged(r.topic.request(), &r.body)
        ),
        other => format!("{other:?}"),
    }
}

fn server(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Publish { dup, qos, topic, target, id, body, seconds } => format!(
            "PUBLISH dup={dup} qos={qos} topic={topic} target={target} id={id} seconds={seconds} {}",
            judged(topic.push(*dup), body)
        ),
        other => format!("{other:?}"),
    }
}

/// What the bytes mean, after checking that they encode to themselves.
fn read(transport: &str, direction: &str, bytes: &[u8]) -> String {
    let (mut out, message) = (BytesMut::new(), Bytes::copy_from_slice(bytes));
    let meaning = match (transport, direction) {
        ("websocket", "up") => {
            let frame = websocket::decode_client(message).unwrap();
            websocket::encode_client(&frame, &mut out);
            client(&frame)
        }
        ("websocket", "down") => {
            let frame = websocket::decode_server(message, false).unwrap();
            websocket::encode_server(&frame, &mut out);
            server(&frame)
        }
        ("websocket-v4", "down") => {
            let frame = websocket::decode_server(message, true).unwrap();
            websocket::encode_server(&frame, &mut out);
            server(&frame)
        }
        ("native", "up") => {
            let frame = native::decode_client(&mut BytesMut::from(bytes), 1 << 20).unwrap().unwrap();
            native::encode_client(&frame, &mut out);
            client(&frame)
        }
        ("native", "down") => {
            let frame = native::decode_server(&mut BytesMut::from(bytes), 1 << 20).unwrap().unwrap();
            native::encode_server(&frame, &mut out);
            server(&frame)
        }
        other => panic!("{other:?} is no transport and direction"),
    };
    assert_eq!(&out[..], bytes, "it encodes to the same bytes");
    meaning
}

#[test]
fn every_vector_means_what_it_says_and_encodes_to_itself() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let (mut wrong, mut count) = (String::new(), 0);
    for file in &files {
        for line in fs::read_to_string(file)
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let [name, transport, direction, hex, meaning] =
                line.splitn(5, " | ").map(str::trim).collect::<Vec<_>>()[..]
            else {
                panic!("{}: five fields expected in {line}", file.display());
            };
            count += 1;
            let seen = read(transport, direction, &unhex(hex));
            if seen != meaning {
                writeln!(wrong, "{name}\n  expected {meaning}\n  seen     {seen}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 8, "only {count} vectors in {files:?}");
}
