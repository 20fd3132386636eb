//! Recordings that are not what was written: each says what it is, and what is intact is used.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use bytes::Bytes;
use recording::{
    Damage, End, FORMAT, Header, NoRecording, Reader, Tape, ended, last_line, replay::replay, span,
};
use service::{ConnId, Endpoints, Input, Login, Transport, WorldSetup};
use wire::{ClientFrame, Request, Topic};

/// A session of two devices: a login, a few pings, a query that is refused, and an end.
fn recording() -> Vec<u8> {
    let world = WorldSetup::default();
    let header = Header {
        recording: FORMAT,
        made_by: "test 1".into(),
        app_key: "app".into(),
        client: String::new(),
        start: world.start(),
        offset: None,
        seed: 3,
        said: true,
        proxy: None,
        ends: false,
        from: 1,
        open: Vec::new(),
        endpoints: Endpoints::default(),
        world,
    };
    let mut service = header.world().unwrap();
    let mut tape = Tape::begin(&header, &mut service);
    let mut now = header.start;
    let token = service.issue_token(now, "alice");
    let mut inputs = Vec::new();
    for (n, transport) in [Transport::WebSocket, Transport::Tcp].into_iter().enumerate() {
        let conn = ConnId(n as u64 + 1);
        let login = Login { transport, token: token.clone(), platform: "PC".into(), ..Login::default() };
        inputs.push(Input::Open { conn, login: Box::new(login) });
        let query = Request::new(Topic::from("noSuch"), "alice", 7, Bytes::from_static(b"\x08\x01"));
        inputs.push(Input::Frame { conn, frame: ClientFrame::Query(query) });
        inputs.extend((0..5).map(|_| Input::Frame { conn, frame: ClientFrame::Ping }));
    }
    inputs.push(Input::Closed { conn: ConnId(2) });
    for input in inputs {
        now += std::time::Duration::from_millis(7);
        service.handle(now, input);
        tape.taken(&mut service);
        while let Some(output) = service.poll_output() {
            tape.said(now, &output);
        }
    }
    tape.bytes().to_vec()
}

/// How many entries can be read, and what ends them.
fn read(bytes: &[u8]) -> (u64, End) {
    let mut reader = Reader::open(bytes).unwrap();
    while reader.next_entry().unwrap().is_some() {}
    (reader.last(), reader.end().cloned().unwrap())
}

#[test]
fn a_whole_one_replays_and_its_bytes_are_all_intact() {
    let bytes = recording();
    let mut reader = Reader::open(&*bytes).unwrap();
    let replayed = replay(&mut reader).unwrap();
    assert_eq!(replayed.difference, None);
    assert!(replayed.entries > 20, "{replayed:?}");
    assert_eq!((reader.intact(), reader.end()), (bytes.len() as u64, Some(&End::Whole)));
}

/// One with a last line that is promised: no cut goes unseen, not even one between two lines.
#[test]
fn where_a_last_line_is_promised_every_cut_is_seen() {
    let plain = recording();
    let bytes = ended(&plain).unwrap();
    let entries = read(&plain).0;
    assert_eq!(read(&bytes), (entries, End::Whole));
    let mut reader = Reader::open(&*bytes).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
    // Who goes on with it does so behind its last entry.
    let last_line = last_line(entries, None);
    assert_eq!(reader.intact(), (bytes.len() - last_line.len()) as u64);
    let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in header..bytes.len() {
        let cut = &bytes[..length];
        let expected = if cut.ends_with(b"\n") { End::Open } else { End::Cut };
        assert_eq!(read(cut).1, expected, "{length} bytes");
    }
    let begins: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    // A line is missing before it, or there is one behind it.
    let missing = [&bytes[..begins[entries as usize - 1]], &last_line[..]].concat();
    let what = format!("it ends behind entry {entries}, and the last one before it is {}", entries - 1);
    assert_eq!(read(&missing), (entries - 1, End::Damaged(Damage { line: entries + 1, what })));
    let more = [&bytes[..], &plain[begins[0]..]].concat();
    let what = "it stands behind the line that says that it ends".to_owned();
    assert_eq!(read(&more), (entries, End::Damaged(Damage { line: entries + 3, what })));
    // A part of it promises nothing, and ends as it does if it reaches that far.
    let part = |recording: &[u8], entries| {
        let mut part = Vec::new();
        let keep = |line: &[u8]| {
            part.extend_from_slice(line);
            true
        };
        span(&mut Reader::open(recording).unwrap(), entries, keep).unwrap();
        read(&part)
    };
    assert_eq!(part(&bytes, 5..=9).1, End::Whole);
    assert_eq!(part(&bytes, 5..=u64::MAX), (entries, End::Whole));
    let full = [&plain[..], &recording::last_line(entries, Some("it is full"))].concat();
    assert_eq!(part(&full, 5..=u64::MAX), (entries, End::Ended("it is full".to_owned())));
    assert_eq!(part(&full, 5..=9).1, End::Whole);
}

#[test]
fn cut_anywhere_it_is_used_up_to_the_last_whole_line() {
    let bytes = recording();
    let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in header..bytes.len() {
        let cut = &bytes[..length];
        let lines = cut.iter().filter(|byte| **byte == b'\n').count() as u64;
        let expected = if cut.ends_with(b"\n") { End::Whole } else { End::Cut };
        assert_eq!(read(cut), (lines - 1, expected), "{length} bytes");
        // What would have been said behind the cut nobody knows: it is no difference.
        if lines > 1 && !cut.ends_with(b"\n") {
            assert_eq!(replay(&mut Reader::open(cut).unwrap()).unwrap().difference, None, "{length} bytes");
        }
    }
}

#[test]
fn a_flipped_byte_is_told_with_its_line() {
    let bytes = recording();
    let begins: Vec<usize> = std::iter::once(0)
        .chain(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1))
        .collect();
    for line in [2, 7, begins.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[begins[line - 1] + 20] ^= 4;
        let (entries, end) = read(&flipped);
        let End::Damaged(Damage { line: told, what }) = end else { panic!("{end:?}") };
        assert_eq!((told, entries), (line as u64, line as u64 - 2));
        assert_eq!(what, "its checksum is another");
    }
    // One line less: every line is whole, and one is missing.
    let missing = [&bytes[..begins[3]], &bytes[begins[4]..]].concat();
    let what = "it is entry 4 where entry 3 belongs".to_owned();
    assert_eq!(read(&missing), (2, End::Damaged(Damage { line: 4, what })));
}

#[test]
fn what_is_no_recording_is_told_what_it_is() {
    let told = |bytes: &[u8]| Reader::open(bytes).unwrap_err().to_string();
    assert_eq!(told(b""), "it is empty: a recording begins with a line that says what it is of");
    assert_eq!(
        told(b"scenario: A text goes out\n"),
        "it is no recording: its first line is not that of one (scenario: A text goes out)"
    );
    assert!(told(b"{\"event\":\"runStarted\"}\n").contains("it is no recording"));
    assert!(told(b"\x1f\x8b\x08\x00 garbage").contains("it is no recording"));
    assert_eq!(
        told(b"\x28\xb5\x2f\xfd garbage"),
        "it is compressed: `zstd -d` it first (`harness` reads both)"
    );
    assert_eq!(
        told(b"{\"recording\":99,\"other\":{}}\n"),
        "it is a recording in format 99; this program reads up to format 1: take the program that wrote it, or a newer one"
    );
    let bytes = recording();
    assert_eq!(told(&bytes[..60]), "its first line is damaged: it is cut");
    let mut flipped = bytes.clone();
    let at = bytes.windows(6).position(|window| window == b"test 1").unwrap();
    flipped[at] = b'b';
    assert!(matches!(Reader::open(&*flipped), Err(NoRecording::Damaged(_))));
}

#[test]
fn a_change_of_the_service_is_found_at_the_first_thing_it_says_otherwise() {
    let bytes = recording();
    // The same session, of a world with another seed: the token is another, and nobody is let in.
    let header = Header { seed: 4, ..Reader::open(&*bytes).unwrap().header().clone() };
    let mut other = Vec::new();
    recording::Writer::begin(&header, &mut other);
    let entries = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    other.extend_from_slice(&bytes[entries..]);
    let mut reader = Reader::open(&*other).unwrap();
    let found = replay(&mut reader).unwrap().difference.unwrap();
    assert!(found.recorded.is_some() && found.now.is_some(), "{found:?}");
    assert_eq!(found.n, 3);
}
