//! Recordings over real sockets: they replay, worlds go on from them, and nothing that was acknowledged is missing.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/process.rs"]
mod process;
mod support;

use std::{collections::BTreeSet, fs, process::Command};

use bytes::Bytes;
use mock_server::{Config, Record, Server};
use process::Process;
use recording::{End, Reader, last_line, replay::replay};
use support::{APP, Native, Web, connect, control, http, query, send_http, setup};
use wire::{ClientFrame, Request, ServerFrame, Topic};

/// Message ids are of 16 bits.
const ROUNDS: u16 = 50;

fn text(id: u16) -> ClientFrame {
    // An UpStreamMessage: its class name, and its content.
    let mut body = vec![0x08, 3, 0x12, 9];
    body.extend_from_slice(b"RC:TxtMsg");
    let content = format!("{{\"content\":\"{id}\"}}");
    body.extend_from_slice(&[0x1a, u8::try_from(content.len()).unwrap()]);
    body.extend_from_slice(content.as_bytes());
    ClientFrame::Publish(Request::new(Topic::from("ppMsgP"), "u2", id, Bytes::from(body)))
}

#[test]
fn what_real_clients_did_replays_byte_for_byte() {
    let config = Config {
        world: Some(setup()),
        record: Some(Record::InMemory { client: String::new() }),
        ..Config::default()
    };
    let server = Server::start(config).unwrap();
    let (mut native, mut web) = (Native::login(&server, "u1"), Web::login(&server, "u2"));
    native.send(&text(1));
    let ServerFrame::PubAck { status: 0, .. } = native.read() else { panic!("not sent") };
    assert!(matches!(web.read(), ServerFrame::Publish { .. }));
    web.send(&query("noSuchTopic", 9));
    assert!(matches!(web.read(), ServerFrame::QueryAck { status: 20606, .. }));
    assert_eq!(control(&server, "POST", &format!("/apps/{APP}/clock/advance"), r#"{"ms": 3600000}"#).0, 200);
    assert_eq!(
        control(
            &server,
            "POST",
            &format!("/apps/{APP}/act"),
            r#"{"push": {"from": "u3", "to": "u1", "count": 40, "message": {"text": "{n}"}}}"#
        )
        .0,
        200
    );
    // Not signed: refused, and a part of the session all the same.
    assert_eq!(
        http(&server, "POST", "/user/getToken.json", &[&format!("App-Key: {APP}")], "userId=u9").status,
        401
    );
    drop(web);
    native.send(&ClientFrame::Disconnect { status: 4 });
    while native.next().is_some() {}
    let bytes = server.recording(APP).unwrap().unwrap();
    let mut reader = Reader::open(&*bytes).unwrap();
    let replayed = replay(&mut reader).unwrap();
    assert_eq!(replayed.difference, None);
    assert_eq!(reader.end(), Some(&End::Whole));
    let told = String::from_utf8(bytes).unwrap();
    for is in ["open", "up", "down", "clock", "act", "request", "response"] {
        assert!(told.contains(&format!("\"is\":\"{is}\"")), "{is}");
    }
}

#[test]
fn killed_at_any_moment_a_world_goes_on_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    // The same moments in every run: how many answers are waited for, with more under way.
    let mut drawn: u32 = 7;
    for round in 1..=ROUNDS {
        let server = Process::resume(folder.path());
        let missing: Vec<_> = acknowledged.difference(&server.waiting("u2")).cloned().collect();
        assert!(missing.is_empty(), "round {round}: {missing:?} of {}", acknowledged.len());
        // Several at a time: what they say is kept together.
        let mut senders: Vec<_> = ["u1", "u3", "u4"].iter().map(|user| server.login(user)).collect();
        drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let answers = 1 + (drawn >> 16) % 40;
        for id in 1..=60 {
            senders.iter_mut().for_each(|sender| sender.send(&text(id)));
        }
        for sender in &mut senders {
            for _ in 0..answers {
                let ServerFrame::PubAck { status: 0, message_uid, .. } = sender.read() else {
                    panic!("not sent")
                };
                assert!(acknowledged.insert(message_uid), "a UID came twice");
            }
        }
        server.kill();
    }
    assert!(acknowledged.len() > 500, "{}", acknowledged.len());
    let server = Process::resume(folder.path());
    assert!(acknowledged.is_subset(&server.waiting("u2")));
    server.kill();
    // All lives of the world are one recording.
    let file = fs::read(folder.path().join(format!("{APP}.jsonl"))).unwrap();
    let mut reader = Reader::open(&*file).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
}

/// A kill may leave a part of what was written at once: what was done, and not all that was said of it. Nobody heard that, and the
/// recording is whole again when the world goes on.
#[test]
fn a_recording_that_ends_in_the_midst_of_a_batch_replays_when_it_was_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{APP}.jsonl"));
    let server = Process::resume(folder.path());
    let mut native = server.login("u1");
    native.send(&text(1));
    assert!(matches!(native.read(), ServerFrame::PubAck { status: 0, .. }));
    server.kill();
    let whole = fs::read(&path).unwrap();
    let mut ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    // From the login on.
    let login = String::from_utf8_lossy(&whole).find("\"is\":\"open\"").unwrap();
    for end in ends.by_ref().filter(|end| *end > login) {
        fs::write(&path, &whole[..end]).unwrap();
        Process::resume(folder.path()).kill();
        let file = fs::read(&path).unwrap();
        let mut reader = Reader::open(&*file).unwrap();
        assert_eq!(replay(&mut reader).unwrap().difference, None, "cut behind byte {end} of {}", whole.len());
    }
}

/// A file that cannot grow: what was written of it is whole, the server says so once and goes on, and the world can be resumed.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_recording_with_a_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new("sh");
    // Blocks of 512 or 1,024 bytes. Without the signal the write fails, as on a full disk.
    program.args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_mock-server")]);
    let server = Process::start(program, &["--record", folder.path().to_str().unwrap()]);
    let mut native = server.login("u1");
    for id in 1..=400 {
        native.send(&text(id));
        assert!(matches!(native.read(), ServerFrame::PubAck { status: 0, .. }), "{id}");
    }
    let said = server.kill();
    assert_eq!(said.matches("cannot be written").count(), 1, "{said}");
    assert!(said.contains("whole up to there"), "{said}");
    let file = fs::read(folder.path().join(format!("{APP}.jsonl"))).unwrap();
    assert!(file.ends_with(b"}\n"));
    let mut reader = Reader::open(&*file).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
    // Where there is still room for a line it says so itself, and so it does to the last byte: where there is none it just ends.
    let (entries, is_told) = match reader.end() {
        Some(End::Ended(why)) if why.contains("cannot be written") => {
            (file[..file.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1, true)
        }
        Some(End::Whole) => (file.len(), false),
        other => panic!("{other:?}"),
    };
    let limit = [40 * 512, 40 * 1024].into_iter().find(|limit| entries <= *limit).unwrap();
    let last = file[..entries].iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    let why = std::io::Error::from_raw_os_error(27);
    let line = last_line(last, Some(&format!("it cannot be written: {why}")));
    assert_eq!(
        is_told,
        entries + line.len() <= limit,
        "{entries} of {limit} bytes, and a line of {}",
        line.len()
    );
    assert!(Process::resume(folder.path()).waiting("u2").len() > 10);
}

#[test]
fn a_recording_has_a_limit_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_mock-server"));
    let path = folder.path().to_str().unwrap();
    let server = Process::start(program, &["--record", path, "--record-limit", "8K"]);
    let mut native = server.login("u1");
    for id in 1..=100 {
        native.send(&text(id));
        assert!(matches!(native.read(), ServerFrame::PubAck { status: 0, .. }), "{id}");
    }
    let said = server.kill();
    assert_eq!(said.matches("--record-limit").count(), 1, "{said}");
    let file = fs::read(folder.path().join(format!("{APP}.jsonl"))).unwrap();
    assert!(file.len() <= 8 << 10 && file.ends_with(b"}\n"), "{}", file.len());
    // It does not look as if that were all.
    let mut reader = Reader::open(&*file).unwrap();
    assert_eq!(replay(&mut reader).unwrap().difference, None);
    let why = "it is as long as --record-limit allows (8192 bytes)".to_owned();
    assert_eq!(reader.end(), Some(&End::Ended(why)));
    assert!(file.len() > 7 << 10, "{}", file.len());
}

#[test]
fn what_is_no_recording_keeps_a_server_from_starting_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("k.jsonl"), "something else\n").unwrap();
    let resume = ["--resume", folder.path().to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_mock-server")).args(resume).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("k.jsonl") && said.contains("it is no recording"), "{said}");
}

/// A clock that was put forward stays so, without anything else happening.
#[test]
fn a_clock_that_was_put_forward_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::resume(folder.path());
    let year = "31536000000";
    let told = server.control("POST", &format!("/apps/{APP}/clock/advance"), &format!("{{\"ms\": {year}}}"));
    assert!(told.contains(&format!("\"offsetMs\":{year}")), "{told}");
    server.kill();
    let server = Process::resume(folder.path());
    let told = server.control("GET", &format!("/apps/{APP}/clock"), "");
    assert!(told.contains(&format!("\"offsetMs\":{year}")), "{told}");
}

/// A world that is still being made has no recording that goes on: the one before it has, until it is there.
#[test]
fn a_world_that_is_never_there_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let names = || -> BTreeSet<String> {
        let all = fs::read_dir(folder.path()).unwrap();
        all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let is_being_made = || names().iter().any(|name| name.ends_with(".new"));
    let server = Process::resume(folder.path());
    let push = r#"{"push": {"from": "u1", "to": "u2", "message": {"text": "kept"}}}"#;
    assert!(server.control("POST", &format!("/apps/{APP}/act"), push).contains("messageUIds"));
    // A put that goes on for long: asked for at all, it has a file of its own, under no name of a world's.
    let begin = || {
        let mut stream = server.socket();
        let backlog = r#"{"backlog": [{"from": "a", "to": "b", "count": 200000, "text": "{n}"}]}"#;
        send_http(&mut stream, "PUT", &format!("/control/v1/apps/{APP}"), &[], backlog);
        asked_until(&server, is_being_made, "it is made at once, or not at all");
        stream
    };
    let old: BTreeSet<String> = [".lock".to_owned(), format!("{APP}.jsonl")].into();
    let asked = begin();
    let beside: BTreeSet<String> = names().difference(&old).cloned().collect();
    assert!(beside.len() == 1 && beside.iter().all(|name| name.ends_with(".new")), "{beside:?}");
    // Who asked for it goes away, and it with him: the old one is there, and goes on being recorded.
    drop(asked);
    asked_until(&server, || !is_being_made(), "it is still being made");
    assert_eq!(names(), old);
    assert!(server.control("POST", &format!("/apps/{APP}/act"), push).contains("messageUIds"));
    // Or the server goes, in the midst of it.
    let asked = begin();
    assert_eq!(server.waiting("u2").len(), 2);
    assert!(is_being_made(), "it was made before the server was killed");
    server.kill();
    drop(asked);
    let server = Process::resume(folder.path());
    assert_eq!(server.waiting("u2").len(), 2);
    assert_eq!(names(), old);
}

/// Asks the server for something again and again, until the other thing is so.
fn asked_until(server: &Process, is_so: impl Fn() -> bool, or_else: &str) {
    for _ in 0..5_000 {
        if is_so() {
            return;
        }
        server.control("GET", &format!("/apps/{APP}/clock"), "");
    }
    panic!("{or_else}");
}

/// What its limit has kept from a recording is missing in the world that goes on: whoever starts it is told so.
#[test]
fn whoever_goes_on_with_a_recording_that_is_at_its_limit_is_warned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let program = || Command::new(env!("CARGO_BIN_EXE_mock-server"));
    let server = Process::start(program(), &["--record", path, "--record-limit", "8K"]);
    let mut native = server.login("u1");
    for id in 1..=100 {
        native.send(&text(id));
        assert!(matches!(native.read(), ServerFrame::PubAck { status: 0, .. }), "{id}");
    }
    server.kill();
    let said_by = |limit: &str| {
        let server = Process::start(program(), &["--resume", path, "--record-limit", limit, "--log", "off"]);
        let waiting = server.waiting("u2").len();
        assert!((1..100).contains(&waiting), "{waiting}");
        server.kill()
    };
    let is_warned = |said: &str| {
        let warning = said.lines().find(|line| line.starts_with("mock-server: "));
        warning.is_some_and(|line| {
            line.contains("missing")
                && line.contains("--record-limit")
                && line.contains(&format!("{APP}.jsonl"))
        })
    };
    let said = said_by("8K");
    assert!(is_warned(&said), "{said}");
    let said = said_by("1K");
    assert!(is_warned(&said) && said.contains("nothing is kept"), "{said}");
    // With room enough it is said once what is missing.
    let said = said_by("1G");
    assert!(is_warned(&said) && said.contains("the world goes on from there"), "{said}");
    assert_eq!(said_by("1G"), "");
}

/// A world whose recording somebody has compressed would be made anew, without a past.
#[test]
fn a_compressed_recording_is_not_gone_on_with_and_says_how_it_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let resume = || {
        let args = ["--resume", folder.path().to_str().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_mock-server")).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let path = folder.path().join(format!("{APP}.jsonl.zst"));
    fs::write(&path, recording::ZSTD).unwrap();
    let said = resume();
    assert!(said.contains(&format!("{APP}.jsonl.zst")) && said.contains("zstd -d"), "{said}");
    fs::rename(&path, folder.path().join(format!("{APP}.jsonl"))).unwrap();
    let said = resume();
    assert!(said.contains("it is compressed") && said.contains("zstd -d"), "{said}");
}

/// A damaged recording is gone on with up to the damage, and kept whole beside.
#[test]
fn what_lies_behind_a_damage_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::resume(folder.path());
    let push = r#"{"push": {"from": "u1", "to": "u2", "message": {"text": "kept"}}}"#;
    for _ in 0..20 {
        assert!(server.control("POST", &format!("/apps/{APP}/act"), push).contains("messageUIds"));
    }
    server.kill();
    let path = folder.path().join(format!("{APP}.jsonl"));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let server = Process::resume(folder.path());
    assert!((1..20).contains(&server.waiting("u2").len()));
    let said = server.kill();
    assert!(said.contains("is damaged") && said.contains("damaged-1.jsonl"), "{said}");
    assert_eq!(fs::read(folder.path().join(format!("{APP}.damaged-1.jsonl"))).unwrap(), bytes);
    // Under another name it would be a second world of the same App Key.
    fs::copy(&path, folder.path().join("copy.jsonl")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_mock-server"));
    let output = program.args(["--resume", folder.path().to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("copy.jsonl: it is of App Key"), "{said}");
}

/// Whoever goes on with worlds is told which, and gets no other.
#[test]
fn the_ready_line_names_the_worlds_that_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let program = || Command::new(env!("CARGO_BIN_EXE_mock-server"));
    Process::start(program(), &["--record", path, "--app", "mine:own"]).kill();
    let server = Process::resume(folder.path());
    assert_eq!(server.apps, serde_json::json!([{"appKey": "mine", "appSecret": "own"}]));
    server.kill();
    let output = program().args(["--resume", path, "--app", "mine:another"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("another App Secret"), "{said}");
    // With nothing to go on with there is the usual one.
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(Process::resume(empty.path()).apps[0]["appKey"], APP);
    let described = tempfile::tempdir().unwrap();
    let world = described.path().join("world.yaml");
    fs::write(&world, "appSecret: told\n").unwrap();
    let nothing = described.path().join("nothing");
    let args = ["--resume", nothing.to_str().unwrap(), "--world", world.to_str().unwrap()];
    assert_eq!(
        Process::start(program(), &args).apps,
        serde_json::json!([{"appKey": APP, "appSecret": "told"}])
    );
}

/// Whoever records without `--strict` may go on with it.
#[test]
fn a_strict_server_holds_worlds_that_go_on_to_it() {
    let folder = tempfile::tempdir().unwrap();
    Process::resume(folder.path()).kill();
    let program = Command::new(env!("CARGO_BIN_EXE_mock-server"));
    let server = Process::start(program, &["--resume", folder.path().to_str().unwrap(), "--strict"]);
    let mut native = Native::on(server.socket());
    native.send(&ClientFrame::Connect(connect("test:u1")));
    let ServerFrame::ConnAck(ack) = native.read() else { panic!("no CONNACK") };
    assert!(ack.accepted.is_none(), "{ack:?}");
}

/// Two servers that write into one folder would make none of either's worlds.
#[test]
fn a_folder_is_one_servers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::resume(folder.path());
    for option in ["--record", "--resume"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_mock-server"));
        let output = program.args([option, folder.path().to_str().unwrap()]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains("another server records there"), "{said}");
    }
    server.kill();
    Process::resume(folder.path()).kill();
}

/// A world that was deleted or replaced does not come back; its recording is kept under a number.
#[test]
fn only_worlds_that_were_there_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let to = Record::To { folder: folder.path().to_path_buf(), limit: 1 << 20, outputs: true };
    let config = Config { record: Some(to), ..Config::default() };
    let names = || {
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".lock")
            .collect();
        names.sort();
        names
    };
    {
        let server = Server::start(config.clone()).unwrap();
        assert_eq!(control(&server, "PUT", "/apps/gone", "users: [a]").0, 201);
        assert_eq!(control(&server, "PUT", "/apps/made.anew", "users: [a]").0, 201);
        assert_eq!(control(&server, "PUT", "/apps/made.anew", "users: [b]").0, 200);
        assert_eq!(
            control(
                &server,
                "POST",
                "/apps/gone/act",
                r#"{"push": {"from": "a", "to": "b", "message": {"text": "x"}}}"#
            )
            .0,
            200
        );
        assert_eq!(control(&server, "DELETE", "/apps/gone", "").0, 200);
    }
    assert_eq!(names(), ["gone.1.jsonl", "made%2Eanew.1.jsonl", "made%2Eanew.jsonl", "mock-app-key.jsonl"]);
    let server = Server::start(Config { resume: true, ..config }).unwrap();
    let users = control(&server, "GET", "/apps/made.anew/state/users", "").1;
    assert!(users.to_string().contains("\"b\"") && !users.to_string().contains("\"a\""), "{users}");
    assert_eq!(control(&server, "GET", "/apps/gone/state/users", "").0, 404);
}
