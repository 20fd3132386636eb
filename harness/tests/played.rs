//! The service's half of a recording, played to clients: what they tell their apps is what was told when it was recorded.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use harness::{
    bug::Bug,
    cli::{exit, files, run_with},
    played::{Played, Playing, play},
    recorded::{line, meaning::Rules},
    runner::{Interrupt, Options, SimDriver, run_case},
    scenario,
    step::Pace,
};
use recording::{Decoder, End, Entry, Header, Reader, Said, Seen, What};
use service::{Input, Taken};
use wire::{ClientFrame, Request, Topic};

fn playing() -> Playing {
    Playing {
        pace: Pace::Virtual,
        interrupt: Interrupt::default(),
        rules: Rules::default(),
        all: false,
        requests: false,
        bugs: Vec::new(),
    }
}

fn read(bytes: &[u8]) -> (Header, Vec<Entry>) {
    let mut reader = Reader::open(bytes).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        entries.push(entry);
    }
    (reader.header().clone(), entries)
}

/// Of the suite's sessions one in so many: all of them are right, and take long.
const ONE_IN: usize = 5;

/// The reference client, in sessions of every area, is told what it was told.
#[test]
fn sessions_of_the_suite_are_told_again() {
    let suite: Vec<_> = files::read(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")]).unwrap();
    let suite: Vec<_> = suite.into_iter().map(|file| file.scenario.unwrap()).collect();
    let cases: Vec<_> =
        suite.iter().flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case))).collect();
    let cases: Vec<_> = cases.into_iter().step_by(ONE_IN).collect();
    let options = Options { record: Some("none is written".into()), ..Options::default() };
    let (next, told, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let mut driver = SimDriver::default();
        loop {
            let Some((scenario, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            let recordings = run_case(scenario, case, 0, &options, &mut driver).recordings.unwrap();
            // A client of two worlds meets one of them alone here.
            if recordings.len() != 1 {
                continue;
            }
            let (header, entries) = read(&recordings[0]);
            if !entries.iter().any(|entry| matches!(entry.what, What::Seen(Seen::Call { .. }))) {
                continue;
            }
            let played = play(&header, &entries, &End::Whole, &mut driver, &playing()).unwrap();
            told.fetch_add(1, Ordering::Relaxed);
            if let Some(lines) = played.outcome.difference {
                wrong.lock().unwrap().push(format!("{} {}: {}", scenario.path(), case.label(), lines[0]));
            }
        }
    };
    thread::scope(|scope| {
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        (0..jobs).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    let told = told.into_inner();
    assert!(wrong.is_empty(), "{} of {told}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(told > 2_300 / ONE_IN, "{told}");
}

/// A client that does something wrong tells its app something else, or asks otherwise: each bug of the reference client that a scenario
/// names is seen in the sessions of that scenario, recorded without it.
#[test]
fn a_client_with_a_bug_is_found_out() {
    let suite: Vec<_> = files::read(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")]).unwrap();
    let options = Options { record: Some("none is written".into()), ..Options::default() };
    let (mut driver, mut tried, mut unnoticed) = (SimDriver::default(), 0, Vec::new());
    for scenario in suite.into_iter().map(|file| file.scenario.unwrap()) {
        let bugs: Vec<_> = scenario.breaks_when.iter().filter_map(|named| Bug::named(&named.value)).collect();
        for bug in Bug::of_client(&bugs) {
            let noticed = scenario.cases.iter().any(|case| {
                let recordings = run_case(&scenario, case, 0, &options, &mut driver).recordings.unwrap();
                let (header, entries) = read(&recordings[0]);
                let with_it = Playing { requests: true, bugs: vec![bug], ..playing() };
                let right = play(&header, &entries, &End::Whole, &mut driver, &playing()).unwrap();
                assert_eq!(right.outcome.difference, None, "{}", case.label());
                play(&header, &entries, &End::Whole, &mut driver, &with_it)
                    .unwrap()
                    .outcome
                    .difference
                    .is_some()
            });
            tried += 1;
            if !noticed {
                unnoticed.push(format!("{bug:?}"));
            }
        }
    }
    assert!(tried > 10, "{tried}");
    // Played is one service with one address, and of what clients send only requests are looked at.
    assert_eq!(unnoticed, ["RedirectOnlineKeepsAddress", "AcknowledgesTwice", "PingsTwice"]);
}

const SESSION: &str = "
scenario: x
service: {users: [alice, bob]}
clients: {one: {user: alice}}
steps:
  - call: one.connect
    with: {token: $alice.token, timeout: 10}
  - advance: 5s
  - service: {push: {from: bob, to: alice, message: {text: first}}}
  - service: {push: {from: bob, to: alice, message: {text: second}}}
  - advance: 1m
  - call: one.getUnreadCount
    with: {type: private, targetId: bob, channelId: ''}
";

fn session() -> (Header, Vec<Entry>) {
    let scenario = scenario::parse(Path::new("x.yaml"), SESSION).unwrap();
    let options = Options { record: Some("none is written".into()), ..Options::default() };
    let ran = run_case(&scenario, &scenario.cases[0], 0, &options, &mut SimDriver::default());
    read(&ran.recordings.unwrap().remove(0))
}

fn played(header: &Header, entries: &[Entry]) -> Played {
    play(header, entries, &End::Whole, &mut SimDriver::default(), &playing()).unwrap()
}

/// Callbacks of that name, each with when it came and its text.
fn received(entries: &[Entry]) -> Vec<(Duration, String)> {
    let text = |entry: &Entry| match &entry.what {
        What::Seen(Seen::Callback { name, args, .. }) if name == "onMessageReceived" => {
            Some((entry.after, args["message"]["text"].as_str().unwrap().to_owned()))
        }
        _ => None,
    };
    entries.iter().filter_map(text).collect()
}

/// What the app is told otherwise is named, with what led to it.
#[test]
fn what_is_told_otherwise_is_named() {
    let (header, mut entries) = session();
    assert_eq!(played(&header, &entries).outcome.difference, None);
    for entry in &mut entries {
        if let What::Seen(Seen::Callback { name, args, .. }) = &mut entry.what
            && name == "onMessageReceived"
            && args["message"]["text"] == "second"
        {
            args["message"]["text"] = "another".into();
        }
    }
    let told = played(&header, &entries).outcome.difference.unwrap();
    assert_eq!(
        told[0],
        "one (app): onMessageReceived: args.message.text is \"another\" in -, \"second\" in +"
    );
    let led = told.iter().filter(|line| line.contains("+5.000 .. one          onMessageReceived")).count();
    assert_eq!(led, 4, "{told:#?}");
    // One that is not told at all.
    let is_second = |entry: &Entry| matches!(&entry.what, What::Seen(Seen::Callback { args, .. }) if args.get("message").is_some_and(|message| message["text"] == "another"));
    entries.retain(|entry| !is_second(entry));
    let told = played(&header, &entries).outcome.difference.unwrap();
    assert_eq!(told[0], "one (app): onMessageReceived: + alone has it");
}

/// What a client does not ask is waited for, and not for ever; what nobody asked is refused. Both are told of.
#[test]
fn requests_that_are_missing_or_new_keep_nobody() {
    let (header, recorded) = session();
    let first = received(&recorded)[0].0;
    // The recorded client asked something before the first message came.
    let push = recorded
        .iter()
        .position(|entry| entry.after == first && matches!(entry.what, What::Said(Said::Down { .. })))
        .unwrap();
    let conn = recorded.iter().rev().find_map(|entry| match &entry.what {
        What::Taken(Taken::Input(Input::Open { conn, .. })) => Some(*conn),
        _ => None,
    });
    let query = Request::new(Topic::QryUnpush, "alice", 77, "".into());
    let input = Input::Frame { conn: conn.unwrap(), frame: ClientFrame::Query(query) };
    let mut entries = recorded.clone();
    entries.insert(push, Entry { n: 0, after: first, what: What::Taken(Taken::Input(input)) });
    renumber(&mut entries);
    let again = played(&header, &entries);
    assert_eq!(again.outcome.difference, None, "{:#?}", again.notes);
    let n = push as u64 + 1;
    assert_eq!(again.notes, [format!("alice: QUERY qryUnpush of alice: not asked for again (entry {n})")]);
    // It came late by as much as was waited.
    let (_, now) = read(&again.recording);
    assert_eq!(received(&now)[0], (first + Duration::from_secs(2), "first".to_owned()));
    // Asked for strictly, that is a difference.
    let strictly = Playing { requests: true, ..playing() };
    let again = play(&header, &entries, &End::Whole, &mut SimDriver::default(), &strictly).unwrap();
    assert_eq!(
        again.outcome.difference.unwrap(),
        ["the client asks otherwise than was recorded: see the notes"]
    );

    // And the other way round: what this client asks the recorded one did not.
    let asks = |entry: &Entry| {
        matches!(&entry.what, What::Taken(Taken::Input(Input::Frame { frame: ClientFrame::Query(request), .. }))
            if request.topic == Topic::PullSeAtts)
    };
    let mut entries = recorded;
    entries.retain(|entry| !asks(entry));
    renumber(&mut entries);
    let again = played(&header, &entries);
    assert_eq!(again.outcome.difference, None, "{:#?}", again.notes);
    assert_eq!(again.notes, ["alice: QUERY pullSeAtts of alice: the recording has none: it was refused"]);
}

fn renumber(entries: &mut [Entry]) {
    for (n, entry) in (1..).zip(entries) {
        entry.n = n;
    }
}

/// A session without its apps: what they did is guessed of what their clients asked, and asked for again.
#[test]
fn what_apps_did_is_guessed_where_nobody_recorded_it() {
    let (header, mut entries) = session();
    entries.retain(|entry| !matches!(entry.what, What::Seen(_)));
    renumber(&mut entries);
    let again = played(&header, &entries);
    assert_eq!(again.outcome.difference, None, "{:#?}", again.notes);
    let (_, now) = read(&again.recording);
    let texts: Vec<String> = received(&now).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["first", "second"]);
    assert!(again.notes[0].contains("it was guessed"), "{:#?}", again.notes);
}

/// A recording of what was done alone tells what was said as well.
#[test]
fn inputs_alone_are_enough() {
    let (mut header, entries) = session();
    let mut entries = entries;
    entries.retain(|entry| !matches!(entry.what, What::Said(_)));
    renumber(&mut entries);
    header.said = false;
    let again = played(&header, &entries);
    assert_eq!(again.outcome.difference, None, "{:#?}", again.notes);
}

/// A client with a token that nobody had meets nobody, and a span is not played.
#[test]
fn what_cannot_be_played_is_said() {
    let (mut header, mut entries) = session();
    for entry in &mut entries {
        if let What::Seen(Seen::Call { method, args, .. }) = &mut entry.what
            && method == "connect"
        {
            args["token"] = "test:stranger".into();
        }
    }
    let again = played(&header, &entries);
    assert!(again.notes[0].contains("it was turned away"), "{:#?}", again.notes);
    let told = again.outcome.difference.unwrap();
    assert!(told[0].contains("onDatabaseOpened: - alone has it"), "{told:#?}");
    header.proxy = Some(recording::Proxy { upstream: String::new(), scrubbed: true });
    let why = play(&header, &entries, &End::Whole, &mut SimDriver::default(), &playing()).unwrap_err();
    assert!(why.starts_with("it is scrubbed"), "{why}");
    header.from = 5;
    let why = play(&header, &entries, &End::Whole, &mut SimDriver::default(), &playing()).unwrap_err();
    assert!(why.starts_with("it begins at entry 5"), "{why}");
}

/// Of a recording that is cut, what follows the cut nobody knows: what is told then is no difference.
#[test]
fn a_recording_that_is_cut_is_played_up_to_there() {
    let (header, entries) = session();
    for cut in 3..entries.len() {
        let played =
            play(&header, &entries[..cut], &End::Cut, &mut SimDriver::default(), &playing()).unwrap();
        assert_eq!(played.outcome.difference, None, "cut behind entry {cut}");
        assert_eq!(played.outcome.end, End::Cut);
    }
}

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings").join(name)
}

/// The program, with what it wrote.
fn program(args: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("harness").chain(args.iter().copied()).map(Into::into);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8([out, err].concat()).unwrap())
}

/// Sessions of the vendor's SDKs, played to the same SDKs as they are: virtual time, their own transport.
#[test]
fn real_sdks_are_told_again_what_they_were_told() {
    for (client, count) in [("web-sdk@4.6.4", 10), ("web-sdk@5.38.0", 10)] {
        let folder = fixtures(client);
        let (code, told) = program(&["replay", folder.to_str().unwrap(), "--to", "client", client]);
        assert_eq!(code, exit::CONFORMS, "{told}");
        let end =
            format!("{count} replayed: {count} the same, 0 differ, 0 not to their end, or not compared\n");
        assert!(told.ends_with(&end), "{told}");
    }
}

/// One session on clients of other generations and transports: what they never tell is told, and nothing else differs.
#[test]
fn a_session_of_one_client_is_played_to_others() {
    let file = fixtures("web-sdk@5.38.0/sign-in-and-messages.jsonl");
    let file = file.to_str().unwrap();
    for client in ["reference", "web-sdk@4.6.4", "native@5.46.1"] {
        let (code, told) = program(&["replay", "--to", "client", client, file]);
        assert_eq!(code, exit::CONFORMS, "{client}: {told}");
    }
}

#[test]
fn a_bug_of_the_recorded_service_reaches_the_client() {
    // A recall that nobody heard of when real SDKs were driven by hand: nobody hears of it now.
    let (header, entries) =
        read(&std::fs::read(fixtures("by-hand/a-recall-that-nobody-hears-of.jsonl")).unwrap());
    let again = played(&header, &entries);
    let (header, now) = read(&again.recording);
    let mut decoder = Decoder::of(&header);
    let told: Vec<String> =
        now.iter().map(|entry| line(entry.n, entry.after, &decoder.decode(entry), true)).collect();
    assert!(
        told.iter().any(|line| line.contains("QUERY recallMsg") || line.contains("PUBLISH recallMsg")),
        "{told:#?}"
    );
    assert!(!told.iter().any(|line| line.contains("onRemoteMessageRecalled")), "{told:#?}");
}

#[test]
fn wrong_usage_is_told() {
    let file = fixtures("web-sdk@5.38.0/recall.jsonl");
    let file = file.to_str().unwrap();
    let told = |args: &[&str]| {
        let (code, told) = program(args);
        assert_eq!(code, exit::USAGE, "{told}");
        told
    };
    assert!(told(&["replay", file, "--to", "client"]).contains("--to client wants the client"));
    assert!(told(&["replay", file, "--to", "client", "web-sdk@0.0.1"]).contains("0.0.1"));
    assert!(told(&["replay", file, "--to", "phone"]).contains("it is `service` or `client CMD`"));
    assert!(told(&["replay", file, "--requests"]).contains("are of replays to a client"));
    assert!(told(&["replay", file, "--time", "x2"]).contains("are of replays to a client"));
    assert!(
        told(&["replay", file, "--by-meaning", "--to", "client", "reference"]).contains("matched by meaning")
    );
    assert!(told(&["replay", file, "--to", "client", "dial@phone"]).contains("dial in"));
    let told_nothing = told(&["replay", file, "--to", "client", "reference", "--ignore", "callbacks"]);
    assert!(told_nothing.contains("leaves nothing to compare"));
    assert!(told(&["replay", "--to", "service"]).contains("no recording is named"));
    // What is kept is written over nothing that is played, nor over one another.
    let folder = tempfile::tempdir().unwrap();
    let (copy, kept) = (folder.path().join("recall.jsonl"), folder.path().to_str().unwrap());
    std::fs::copy(file, &copy).unwrap();
    let copied = copy.to_str().unwrap();
    let to = ["--to", "client", "reference", "--record", kept];
    assert!(
        told(&[&["replay", copied][..], &to].concat())
            .contains("recall.jsonl is one of those that are played")
    );
    assert!(
        told(&[&["replay", copied, file][..], &to].concat()).contains("would be kept as one file"),
        "two of one name"
    );
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(file).unwrap());
    // A word behind `--to service` is a recording.
    let (code, _) = program(&["replay", "--to", "service", file]);
    assert_eq!(code, exit::CONFORMS);
}
