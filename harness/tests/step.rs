//! A recording gone through by hand: keys in, screens out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead, Cursor, Seek},
    path::{Path, PathBuf},
    time::Duration,
};

use harness::step::{Export, Model, Pace, draw};
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use recording::{Header, Reader, Tape, What, Writer, replay::Replay};
use ruzstd::encoding::CompressionLevel;
use serde_json::{Value, json};
use service::{ConnId, Endpoints, Input, Login, Service, StateKind, Taken, WorldSetup};
use wire::{ClientFrame, Request, Topic, UnixMillis};

#[path = "step/screens.rs"]
mod screens;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings").join(name);
    std::fs::read(path).unwrap()
}

fn paced(bytes: Vec<u8>, pace: Pace, export: Option<Export>) -> Model<Cursor<Vec<u8>>> {
    let size = bytes.len() as u64;
    Model::new(Reader::open(Cursor::new(bytes)).unwrap(), "session.jsonl", Some(size), pace, export)
}

fn open(bytes: Vec<u8>) -> Model<Cursor<Vec<u8>>> {
    paced(bytes, Pace::Virtual, None)
}

/// Presses keys, and lets each do what it does. `<Down>` and the like are keys with a name.
fn press<R: BufRead + Seek>(model: &mut Model<R>, keys: &str) {
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|named| named.split_once('>'));
        let code = match named {
            Some((name, behind)) => {
                rest = behind;
                match name {
                    "Down" => KeyCode::Down,
                    "Up" => KeyCode::Up,
                    "PageDown" => KeyCode::PageDown,
                    "PageUp" => KeyCode::PageUp,
                    "Enter" => KeyCode::Enter,
                    "Esc" => KeyCode::Esc,
                    "Tab" => KeyCode::Tab,
                    other => panic!("{other}"),
                }
            }
            None => {
                rest = &rest[c.len_utf8()..];
                KeyCode::Char(c)
            }
        };
        model.press(KeyEvent::new(code, KeyModifiers::NONE));
        model.finish();
    }
}

/// What stands on a terminal of that size.
fn shown<R: BufRead + Seek>(model: &mut Model<R>, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let screen = model.screen(width, height);
    terminal.draw(|frame| draw(frame, screen.as_ref().map_err(String::as_str))).unwrap();
    let lines = terminal.backend().to_string();
    // Its lines are quoted.
    lines.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

/// All that a service holds.
fn held(service: &Service) -> Value {
    StateKind::ALL.iter().map(|(_, kind, _)| ((*kind).to_owned(), service.state(kind, None))).collect()
}

/// A long session: two users who write to each other.
fn long(messages: u16) -> Vec<u8> {
    let setup = WorldSetup::default();
    let start = setup.start();
    let header = Header {
        recording: recording::FORMAT,
        made_by: "a test".to_owned(),
        app_key: "key".to_owned(),
        client: String::new(),
        start,
        offset: None,
        seed: 7,
        said: true,
        proxy: None,
        ends: false,
        from: 1,
        open: Vec::new(),
        endpoints: Endpoints::default(),
        world: setup,
    };
    let mut service = header.world().unwrap();
    let mut tape = Tape::begin(&header, &mut service);
    let mut now = start;
    let told = |service: &mut Service, tape: &mut Tape, now: UnixMillis| {
        tape.taken(service);
        while let Some(output) = service.poll_output() {
            tape.said(now, &output);
        }
    };
    for (conn, user) in [(1, "ann"), (2, "ben")] {
        let token = service.issue_token(now, user);
        let login =
            Login { token, platform: "Android".into(), label: format!("{user}/1"), ..Login::default() };
        service.handle(now, Input::Open { conn: ConnId(conn), login: Box::new(login) });
        told(&mut service, &mut tape, now);
    }
    for id in 1..=messages {
        now += Duration::from_millis(20);
        let (conn, to) = if id % 2 == 0 { (1, "ben") } else { (2, "ann") };
        let body = wire::body::UpStreamMessage {
            session_id: 1,
            classname: "RC:TxtMsg".to_owned(),
            content: json!({"content": format!("message {id}")}).to_string().into(),
            ..Default::default()
        };
        let body = prost::Message::encode_to_vec(&body).into();
        let request = Request { qos: 1, ..Request::new(Topic::PpMsgP, to, id, body) };
        service.handle(now, Input::Frame { conn: ConnId(conn), frame: ClientFrame::Publish(request) });
        told(&mut service, &mut tape, now);
    }
    tape.bytes().to_vec()
}

/// A compressed recording is gone through as the one that is in it, back and forth, up to where it is damaged.
#[test]
fn a_compressed_recording_is_gone_through_as_any() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.jsonl.zst");
    let whole = long(4_000);
    // Of two pieces, as who goes on with one has it.
    let (one, other) = whole.split_at(whole.len() / 2);
    let packed = [one, other].map(|part| ruzstd::encoding::compress_to_vec(part, CompressionLevel::Fastest));
    let keys = ["jjj", ":2345<Enter>", "/message 77<Enter>", "<PageUp>", "G", "g", "G<PageUp>k2"];
    let unpacked = || {
        let (file, size) = harness::recorded::Aside::open(&path).unwrap();
        assert_eq!(size, None);
        Model::new(Reader::open(file).unwrap(), "session.jsonl", size, Pace::Virtual, None)
    };
    std::fs::write(&path, packed.concat()).unwrap();
    let (mut plain, mut model) = (open(whole), unpacked());
    for keys in keys {
        press(&mut plain, keys);
        press(&mut model, keys);
        assert_eq!(model.at(), plain.at(), "{keys}");
        // How much of it was read nobody knows.
        let rest = |screen: String| screen.split_once('\n').unwrap().1.to_owned();
        assert_eq!(rest(shown(&mut model, 80, 24)), rest(shown(&mut plain, 80, 24)), "{keys}");
    }
    // The second piece is damaged.
    let mut damaged = packed.concat();
    damaged.truncate(packed[0].len() + packed[1].len() / 2);
    std::fs::write(&path, damaged).unwrap();
    let mut model = unpacked();
    press(&mut model, "Ggk:3000<Enter>G");
    assert!(model.at() > 4_000, "{}", model.at());
    let screen = shown(&mut model, 80, 24);
    assert!(screen.contains("DAMAGED") && screen.contains("it ends here"), "{screen}");
}

/// Behind every entry, however one came to it, the world is what it was.
#[test]
fn going_back_is_replaying_up_to_the_entry_before() {
    for name in ["native@5.46.1/recall.jsonl", "web-sdk@5.38.0/chatroom-with-entries.jsonl"] {
        let mut model = open(fixture(name));
        let mut forward = vec![held(model.world().service().unwrap())];
        loop {
            let before = model.at();
            press(&mut model, "j");
            if model.at() == before {
                break;
            }
            forward.push(held(model.world().service().unwrap()));
        }
        assert!(forward.len() > 50);
        for n in (0..forward.len() - 1).rev() {
            press(&mut model, "k");
            assert_eq!(model.at(), n as u64);
            assert_eq!(held(model.world().service().unwrap()), forward[n], "{name} {n}");
        }
        assert!(model.world().differences().is_empty());
    }
}

/// The same in a session that is longer than what lies between two states that are kept, against a replay from the beginning.
#[test]
fn states_that_are_kept_are_what_they_were() {
    let bytes = long(3_000);
    let mut model = open(bytes.clone());
    press(&mut model, "G");
    let last = model.at();
    assert!(last > 6_000, "{last}");
    assert!(model.world().kept() > 4, "{}", model.world().kept());
    for n in [last - 1, last - 2, 5_000, 4_999, 1_024, 1_023, 5_777, 1, 0] {
        press(&mut model, &format!(":{n}<Enter>"));
        assert_eq!(model.at(), n);
        let mut reader = Reader::open(&*bytes).unwrap();
        let mut replay = Replay::begin(reader.header()).unwrap();
        for _ in 0..n {
            replay.go_on(reader.next_entry().unwrap().unwrap());
        }
        assert_eq!(held(model.world().service().unwrap()), held(replay.service()), "entry {n}");
    }
}

/// What is compared entry by entry is the same in all of them.
#[test]
fn no_session_of_a_real_sdk_differs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings");
    let paths = harness::recorded::find(&[root]).unwrap();
    assert!(paths.len() > 40);
    for path in paths {
        let mut model = open(std::fs::read(&path).unwrap());
        press(&mut model, "G");
        assert!(model.at() > 3 && model.world().differences().is_empty(), "{}", path.display());
        assert_eq!(model.message(), None, "{}", path.display());
    }
}

#[test]
fn a_run_stops_at_each_breakpoint() {
    let mut model = open(fixture("native@5.46.1/recall.jsonl"));
    press(&mut model, "r");
    assert_eq!((model.at(), model.message()), (0, Some("there is no breakpoint: b sets one")));
    press(&mut model, "btopic ppMsgP<Enter>bcallback onConnected<Enter>btime 5<Enter>");
    let mut stopped = Vec::new();
    for _ in 0..5 {
        press(&mut model, "r");
        stopped.push(format!("{} {}", model.at(), model.message().unwrap()));
    }
    assert_eq!(
        stopped,
        [
            "23 entry 23: callback onConnected",
            "43 entry 43: callback onConnected",
            "46 entry 46: topic ppMsgP",
            "53 entry 53: time +5.000",
            "65 no breakpoint up to the last entry",
        ]
        .map(str::to_owned)
    );
    // One of them is removed: the others stop.
    press(&mut model, "g5Jxr");
    assert_eq!(model.message(), Some("entry 46: topic ppMsgP"));
    press(&mut model, "buser ben<Enter>gr");
    assert_eq!(model.message(), Some("entry 2: user ben"));
    press(&mut model, "bcolour red<Enter>");
    assert!(
        model.message().unwrap().starts_with("`colour` is nothing to stop at: topic"),
        "{:?}",
        model.message()
    );
}

#[test]
fn a_search_goes_both_ways_over_pages() {
    let mut model = open(long(600));
    press(&mut model, "/message 599<Enter>");
    let last = model.at();
    assert!(last > 1_300, "{last}");
    press(&mut model, "\\message 5\\\"<Enter>");
    let fifth = model.at();
    assert!(fifth > 10 && fifth < 30, "{fifth}");
    press(&mut model, "\\CONNACK<Enter>");
    assert_eq!(model.at(), 6);
    press(&mut model, "N");
    assert_eq!(model.at(), 3);
    press(&mut model, "N");
    assert_eq!(model.message(), Some("`CONNACK` is in no entry before this one"));
    press(&mut model, "/message 601<Enter>");
    assert_eq!(model.message(), Some("`message 601` is in no entry behind this one"));
}

#[test]
fn marked_entries_are_written_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let bytes = fixture("native@5.46.1/recall.jsonl");
    let mut model = open(bytes.clone());
    press(&mut model, &format!("w{}<Enter>", file("none.txt")));
    assert!(model.message().unwrap().starts_with("nothing is marked"));
    press(&mut model, ":46<Enter>v:48<Enter>v:50<Enter>m");
    assert_eq!(model.marks().ranges(), [(46, 48), (50, 50)]);
    press(&mut model, &format!("w{}<Enter>", file("some.txt")));
    let text = std::fs::read_to_string(file("some.txt")).unwrap();
    let firsts: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(firsts, ["46", "47", "48", "50"]);
    assert!(text.contains("-> one/1        PUBLISH ppMsgP (ben) #8"), "{text}");
    press(&mut model, &format!("w{}<Enter>", file("some.jsonl")));
    let lines = std::fs::read_to_string(file("some.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["recording"], &lines[4]["n"]), (5, &json!(1), &json!(50)));
    press(&mut model, &format!("w{}<Enter>", file("some.txt")));
    assert!(model.message().unwrap().ends_with("is there already: it is left alone"));
    // Who drafts no scenario says so, and writes text.
    press(&mut model, &format!("w{}<Enter>", file("draft.yaml")));
    assert!(model.message().unwrap().starts_with("this build drafts no scenarios: 4 entries as text in"));
    assert!(!Path::new(&file("draft.yaml")).exists() && Path::new(&file("draft.txt")).exists());
    // Who drafts one is given the file and what is marked.
    let export: Export =
        Box::new(|path, ranges| Ok((format!("# {} {ranges:?}\n", path.display()), "drafted".to_owned())));
    let mut model = paced(bytes, Pace::Virtual, Some(export));
    press(&mut model, &format!(":3<Enter>mw{}<Enter>", file("draft.yaml")));
    assert_eq!(std::fs::read_to_string(file("draft.yaml")).unwrap(), "# session.jsonl [(3, 3)]\n");
}

/// What is marked becomes a scenario that the reference client passes.
#[test]
fn marked_entries_become_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings/native@5.46.1/recall.jsonl");
    let reader = Reader::open(std::io::BufReader::new(std::fs::File::open(&path).unwrap())).unwrap();
    let name = path.display().to_string();
    let mut model = Model::new(reader, &name, None, Pace::Virtual, Some(harness::step::drafts()));
    let to = folder.path().join("recalled.yaml");
    press(&mut model, &format!(":45<Enter>v:58<Enter>vw{}<Enter>", to.display()));
    let told = model.message().unwrap_or_default();
    assert!(told.ends_with("it passes with the reference client"), "{told}");
    let text = std::fs::read_to_string(to).unwrap();
    assert!(text.contains("recallMessage") && text.contains("expect"), "{text}");
}

#[test]
fn a_cut_or_damaged_recording_is_gone_through_up_to_there() {
    let bytes = fixture("web-sdk@4.6.4/recall.jsonl");
    let mut model = open(bytes[..bytes.len() - 5].to_vec());
    press(&mut model, "G");
    let seen = shown(&mut model, 80, 24);
    assert!(
        seen.contains("CUT") && seen.contains("it ends here: it is cut: its last line has no end"),
        "{seen}"
    );
    let last = model.at();
    press(&mut model, "j");
    assert_eq!(model.message(), Some(&*format!("its last entry is {last}")));
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    let mut model = open(flipped);
    press(&mut model, "G");
    let line = model.at() + 2;
    let seen = shown(&mut model, 80, 24);
    assert!(seen.contains(&format!("line {line} is damaged: its checksum is another")), "{seen}");
    assert!(seen.contains("DAMAGED"), "{seen}");
    // Going back and on again is as before.
    press(&mut model, "kkk:9999<Enter>");
    assert_eq!(model.at() + 2, line);
}

/// Recalls reach nobody from the first entry on.
pub(crate) fn changed() -> Vec<u8> {
    let bytes = fixture("native@5.46.1/recall.jsonl");
    let mut reader = Reader::open(&*bytes).unwrap();
    let mut changed = Vec::new();
    let mut writer = Writer::begin(reader.header(), &mut changed);
    let bug = serde_json::from_str(r#"{"misbehave": {"bug": "drops_recall", "on": true}}"#).unwrap();
    let start = reader.header().start;
    writer.add(start, &What::Taken(Taken::Act { act: Box::new(bug), done: 0, most: u32::MAX }), &mut changed);
    while let Some(entry) = reader.next_entry().unwrap() {
        writer.add(start + entry.after, &entry.what, &mut changed);
    }
    changed
}

#[test]
fn what_differs_is_counted_and_stopped_at() {
    let mut model = open(changed());
    press(&mut model, "bdiffers<Enter>r");
    assert_eq!((model.at(), model.message()), (56, Some("entry 56: differs")));
    assert!(shown(&mut model, 80, 24).contains("now      nothing in its place"));
    press(&mut model, "gG");
    // One missing frame is one difference, and not all that follows; the other is the history, in which the message still stands.
    assert_eq!(model.world().differences().keys().copied().collect::<Vec<_>>(), [56, 63]);
    assert_eq!(model.message(), Some("2 on the way differ, the first is 56"));
}

/// Without what was said nothing is compared, and what is said now is shown. Without a world there are entries.
#[test]
fn a_recording_of_less_is_gone_through_all_the_same() {
    let bytes = fixture("web-sdk@5.3.4/recall.jsonl");
    let mut reader = Reader::open(&*bytes).unwrap();
    let header = Header { said: false, ..reader.header().clone() };
    let setup = json!({"limits": {"journal": 1_000_000_000_u64}});
    let none = Header { world: serde_json::from_value(setup).unwrap(), ..reader.header().clone() };
    let (mut inputs, mut entries) = (Vec::new(), Vec::new());
    let (mut writer, mut other) = (Writer::begin(&header, &mut inputs), Writer::begin(&none, &mut entries));
    while let Some(entry) = reader.next_entry().unwrap() {
        if let What::Taken(_) = entry.what {
            writer.add(header.start + entry.after, &entry.what, &mut inputs);
        }
        other.add(header.start + entry.after, &entry.what, &mut entries);
    }
    let mut model = open(inputs);
    assert!(model.message().unwrap().contains("nothing is compared"));
    press(&mut model, "/QUERY<Enter>");
    let seen = shown(&mut model, 80, 30);
    assert!(seen.contains("this build then says:") && seen.contains("frame: QUERYACK"), "{seen}");
    let mut model = open(entries);
    assert!(model.message().unwrap().starts_with("no state, only entries: "), "{:?}", model.message());
    press(&mut model, "GkkPgUp:20<Enter>4");
    let seen = shown(&mut model, 80, 24);
    assert!(model.at() == 20 && seen.contains("this recording has no world, only entries"), "{seen}");
}

#[test]
fn it_plays_at_the_pace_that_is_asked_for() {
    let mut model = paced(fixture("native@5.46.1/recall.jsonl"), "x2".parse().unwrap(), None);
    press(&mut model, ":28<Enter> ");
    let mut at = Vec::new();
    // Its entries 29 to 44 are one second behind the beginning, 45 to 52 four, 53 to 63 five.
    for millis in [10_000, 10_000, 11_499, 11_500, 11_999, 12_000] {
        model.work(1_000, Duration::from_millis(millis));
        at.push(model.at());
    }
    assert_eq!(at, [44, 44, 44, 52, 52, 63]);
    model.work(1_000, Duration::from_secs(60));
    assert_eq!((model.is_playing(), model.message()), (false, Some("it is at its end")));
    // A breakpoint stops it, and so does the space bar.
    let mut model = open(fixture("native@5.46.1/recall.jsonl"));
    press(&mut model, "btopic recallMsg<Enter> ");
    assert_eq!((model.at(), model.message()), (54, Some("entry 54: topic recallMsg")));
}

/// Long ways are gone in slices, which a key ends; keys that come meanwhile add up.
#[test]
fn nobody_waits_for_a_long_way() {
    let mut model = open(long(2_000));
    let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    model.press(key(KeyCode::Char('G')));
    model.work(100, Duration::ZERO);
    assert_eq!((model.at(), model.is_busy()), (100, true));
    model.press(key(KeyCode::Esc));
    assert_eq!((model.is_busy(), model.message()), (false, Some("ended here")));
    (0..3).for_each(|_| model.press(key(KeyCode::Down)));
    model.finish();
    assert_eq!(model.at(), 103);
    while model.learn() {}
    press(&mut model, "G");
    assert!(model.at() > 4_000 && model.source().known() == model.at());
}

/// Without a terminal it says what to do instead.
#[test]
fn without_a_terminal_it_points_at_the_text() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings/native@5.46.1/recall.jsonl");
    let args = ["harness", "replay", path.to_str().unwrap(), "--step"].map(Into::into);
    let mut err = Vec::new();
    let code = harness::cli::run_with(args, &mut Vec::new(), &mut err, false);
    let told = String::from_utf8(err).unwrap();
    assert_eq!(code, harness::cli::exit::USAGE);
    assert!(told.contains("--step needs a terminal") && told.contains("harness show "), "{told}");
    let args = ["harness", "replay", path.to_str().unwrap(), "--step", "--time", "fast"].map(Into::into);
    let mut err = Vec::new();
    assert_eq!(harness::cli::run_with(args, &mut Vec::new(), &mut err, false), harness::cli::exit::USAGE);
    assert!(String::from_utf8(err).unwrap().contains("`xN`"));
}
