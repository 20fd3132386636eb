//! Recordings by the control API: how far they are, and any part of one while the world goes on.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

use std::path::Path;

use mock_server::{Config, Record, Server};
use recording::{Decoder, End, Reader, What, replay::replay};
use serde_json::Value;
use service::{Input, Taken};
use support::{APP, Native, Web, control, http, query, setup};

fn recorded(folder: &Path, limit: u64) -> Server {
    let to = Record::To { folder: folder.to_path_buf(), limit, outputs: true };
    Server::start(Config { world: Some(setup()), record: Some(to), ..Config::default() }).unwrap()
}

fn push(server: &Server) {
    let act = r#"{"push": {"from": "u2", "to": "u1", "message": {"text": "hello"}}}"#;
    assert_eq!(control(server, "POST", &format!("/apps/{APP}/act"), act).0, 200);
}

fn export(server: &Server, span: &str) -> String {
    let answer = http(server, "GET", &format!("/control/v1/apps/{APP}/recording{span}"), &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")), "{span}");
    joined(&answer.body)
}

/// A body without the lengths of its pieces.
fn joined(mut chunked: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunked.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body.push_str(&rest[..length]);
        chunked = rest[length..].trim_start_matches("\r\n");
    }
    body
}

#[test]
fn any_part_of_a_recording_can_be_had_while_the_world_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = recorded(folder.path(), 1 << 20);
    let mut native = Native::login(&server, "u1");
    native.send(&query("noSuchTopic", 9));
    native.read();
    push(&server);
    // All of it is the file.
    let whole = export(&server, "");
    let file = std::fs::read_to_string(folder.path().join(format!("{APP}.jsonl"))).unwrap();
    assert!(file.starts_with(&whole), "{whole}");
    let mut reader = Reader::open(whole.as_bytes()).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
    assert_eq!(reader.end(), Some(&End::Whole));
    let last = reader.last();
    // What begins with the first entry can be replayed, wherever it ends.
    let mut reader = Reader::open(whole.as_bytes()).unwrap();
    let mut opened = 0;
    while let Some(entry) = reader.next_entry().unwrap() {
        if let What::Taken(Taken::Input(Input::Open { .. })) = entry.what {
            opened = entry.n;
        }
    }
    let head = export(&server, &format!("?to={opened}"));
    let mut reader = Reader::open(head.as_bytes()).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None, "with what was said of its last entry");
    assert!(reader.last() > opened && reader.last() < last);
    // One from the middle has the lines of the whole, and knows who was connected and how.
    let from = opened + 2;
    let tail = export(&server, &format!("?from={from}&to={}", last - 1));
    let lines: Vec<&str> = whole.lines().collect();
    let copied: Vec<&str> = tail.lines().skip(1).collect();
    assert_eq!(copied, lines[usize::try_from(from).unwrap()..][..copied.len()]);
    assert!(copied.len() as u64 >= last - from);
    let mut reader = Reader::open(tail.as_bytes()).unwrap();
    assert_eq!((reader.header().from, reader.header().open.len()), (from, 1));
    let mut decoder = Decoder::of(reader.header());
    let mut told = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        told.push(decoder.decode(&entry));
    }
    assert_eq!(reader.end(), Some(&End::Whole));
    assert!(told.iter().any(|told| told["is"] == "up" && told["topic"] == "noSuchTopic"), "{told:?}");
    let refused = replay(&mut Reader::open(tail.as_bytes()).unwrap()).unwrap_err();
    assert!(
        refused.contains(&format!("begins with entry {from}")) && refused.contains("harness show"),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_had_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = recorded(folder.path(), 1 << 20);
    push(&server);
    let refused = |server: &Server, span: &str| {
        let (status, answer) = control(server, "GET", &format!("/apps/{APP}/recording{span}"), "");
        (status, answer["error"]["message"].as_str().unwrap().to_owned())
    };
    for (span, what) in [
        ("?from=0", "from 1"),
        ("?from=99", "entries so far"),
        ("?from=2&to=1", "lies before"),
        ("?from=x", "is no number"),
        ("?form=1", "did you mean `from`?"),
    ] {
        let (status, message) = refused(&server, span);
        assert!(status == 400 && message.contains(what), "{span}: {status} {message}");
    }
    let plain = Server::start(Config { world: Some(setup()), ..Config::default() }).unwrap();
    let (status, message) = refused(&plain, "");
    assert!(status == 409 && message.contains("--record DIR"), "{status} {message}");
}

fn state(server: &Server) -> Value {
    let overview = control(server, "GET", "/", "").1;
    let told = overview["apps"][0]["recording"].clone();
    assert_eq!(control(server, "GET", &format!("/apps/{APP}"), "").1["recording"], told);
    told
}

#[test]
fn the_overview_tells_how_far_a_recording_is_and_why_not_farther() {
    let folder = tempfile::tempdir().unwrap();
    let server = recorded(folder.path(), 16 << 10);
    let before = state(&server);
    let mut web = Web::login(&server, "u1");
    web.ping();
    push(&server);
    let after = state(&server);
    assert!(before["entries"].as_u64() < after["entries"].as_u64(), "{before} {after}");
    let length = || std::fs::metadata(folder.path().join(format!("{APP}.jsonl"))).unwrap().len();
    assert_eq!((after["bytes"].as_u64(), &after["ended"]), (Some(length()), &Value::Null));
    (0..100).for_each(|_| push(&server));
    let ended = state(&server);
    assert!(ended["ended"].as_str().unwrap().contains("--record-limit"), "{ended}");
    assert_eq!(ended["bytes"].as_u64(), Some(length()));
    // What is there can still be had, and is as long as it says.
    let whole = export(&server, "");
    let mut reader = Reader::open(whole.as_bytes()).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
    assert_eq!(Some(reader.last()), ended["entries"].as_u64());
    assert!(
        matches!(reader.end(), Some(End::Ended(why)) if why.contains("--record-limit")),
        "{:?}",
        reader.end()
    );
    // It begins and ends as a file does; what is between them is no different.
    assert_eq!(whole.lines().count() as u64, reader.last() + 2);
    // Nobody records: there is nothing to tell.
    let plain = Server::start(Config { world: Some(setup()), ..Config::default() }).unwrap();
    assert_eq!(state(&plain), Value::Null);
}
