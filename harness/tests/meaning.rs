//! Recordings are compared by what they mean: nothing that differs by nature is a difference, whatever else does is one.

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
    cli::{exit, files, run_with},
    recorded::{beside, meaning::Rules},
    runner::{Options, SimDriver, run_case},
    scenario::Scenario,
};
use recording::{Header, Reader, What, Writer};
use reference_client::{CallResult, ClientEnv};
use serde_json::json;
use service::{Input, Taken, bug::Bug, setup::WorldSetup};
use simulation::{NAVI, Simulation};
use wire::{ClientFrame, UnixMillis};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn suite(folder: &str) -> Vec<Scenario> {
    let found = files::read(&[root().join("scenarios").join(folder)]).unwrap();
    found.into_iter().map(|file| file.scenario.unwrap()).collect()
}

fn options(seed: u64) -> Options {
    Options { seed, record: Some("none is written".into()), ..Options::default() }
}

/// Every session of the suite twice, with two seeds: other ids, other tokens, another order of what is concurrent.
#[test]
fn another_seed_means_the_same() {
    let suite = suite("");
    let cases: Vec<_> =
        suite.iter().flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case))).collect();
    let (next, compared, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let mut driver = SimDriver::default();
        loop {
            let Some((scenario, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            let [one, other] = [1, 7]
                .map(|seed| run_case(scenario, case, 0, &options(seed), &mut driver).recordings.unwrap());
            for (a, b) in one.iter().zip(&other) {
                let open = |bytes| Reader::open(bytes).unwrap();
                let found = beside(&mut open(&a[..]), &mut open(&b[..]), Rules::default()).unwrap();
                compared.fetch_add(1, Ordering::Relaxed);
                // Of like requests that are under way at once the answers come in an order that the seed draws.
                let is_drawn = scenario.path().contains("-apart.yaml");
                if let Some(first) = found.compared.differences.first().filter(|_| !is_drawn) {
                    let place = format!("{} {}: {}", scenario.path(), case.label(), first.words());
                    wrong.lock().unwrap().push(place);
                }
            }
        }
    };
    thread::scope(|scope| {
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        (0..jobs).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    let compared = compared.into_inner();
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 2_400, "{compared}");
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures/recordings").join(name)).unwrap()
}

/// Every difference of two recordings, a sentence each.
fn differences(a: &[u8], b: &[u8], rules: Rules) -> Vec<String> {
    let open = |bytes| Reader::open(bytes).unwrap();
    let found = beside(&mut open(a), &mut open(b), rules).unwrap();
    found.compared.differences.iter().map(harness::recorded::meaning::Difference::words).collect()
}

/// A private message and what came of it, in a world of that App Key, with that seed, from that instant on.
fn conversation(app_key: &str, seed: u64, start: i64) -> Vec<u8> {
    let object = |value: serde_json::Value| value.as_object().unwrap().clone();
    let mut simulation = Simulation::new(seed, UnixMillis(start)).recorded();
    simulation.add_world(app_key, &WorldSetup::default()).unwrap();
    for user in ["alice", "bob"] {
        let options = object(json!({"naviServer": NAVI}));
        let env = ClientEnv {
            app_key: app_key.into(),
            platform: "Android".into(),
            options,
            ..ClientEnv::default()
        };
        simulation.add_client(user, env).unwrap();
        let connect = object(json!({"token": format!("test:{user}"), "timeout": 30}));
        simulation.call(user, "connect", &connect).unwrap();
        simulation.advance(Duration::from_secs(1)).unwrap();
    }
    let text = object(json!({"type": "private", "targetId": "bob", "channelId": "", "text": "hi"}));
    let CallResult::Value(message) = simulation.call("alice", "createTextMessage", &text).unwrap() else {
        panic!("a message was to be made");
    };
    simulation.call("alice", "sendMessage", &object(json!({"message": message}))).unwrap();
    simulation.advance(Duration::from_secs(1)).unwrap();
    simulation.recording(app_key).unwrap().to_vec()
}

#[test]
fn another_world_another_day_means_the_same() {
    let (one, other) =
        (conversation("one", 1, 1_767_225_600_000), conversation("another-key", 77, 1_772_323_200_000));
    assert_eq!(differences(&one, &other, Rules::default()), [""; 0]);
    // What differs by nature is seen by whoever wants to.
    let strict = Rules::changed(&[], &["instants".to_owned()]).unwrap();
    assert!(!differences(&one, &other, strict).is_empty());
}

/// What a bug of the service changes is what differs, and nothing else.
#[test]
fn the_difference_is_the_bugs() {
    let scenarios = suite("recall");
    let scenario = scenarios.iter().find(|scenario| scenario.path().ends_with("in-a-chatroom.yaml")).unwrap();
    let recorded = |bugs: Vec<Bug>, seed| {
        let bugs = bugs.into_iter().map(Into::into).collect();
        let options = Options { bugs, ..options(seed) };
        let ran = run_case(scenario, &scenario.cases[0], 0, &options, &mut SimDriver::default());
        ran.recordings.unwrap().remove(0)
    };
    let ignore = Rules::changed(&["acts".to_owned()], &[]).unwrap();
    let found = differences(&recorded(vec![], 1), &recorded(vec![Bug::DropsRecall], 7), ignore);
    let first = found.first().unwrap();
    // The notice of the recall, which everybody in the room is told of.
    assert!(first.starts_with("bob (frames): <- PUBLISH s_ntf: - alone has it"), "{first}");
    insta::assert_snapshot!("drops_recall", found.join("\n"));
}

/// Generations of the vendor's SDKs do the same in their own ways: what each does otherwise is told, read and kept.
#[test]
fn generations_differ_in_what_they_are_known_for() {
    for (name, a, b) in [
        ("recall_4_6_and_5_38", "web-sdk@4.6.4/recall.jsonl", "web-sdk@5.38.0/recall.jsonl"),
        ("recall_5_38_and_native", "web-sdk@5.38.0/recall.jsonl", "native@5.46.1/recall.jsonl"),
    ] {
        let http = Rules::changed(&["http".to_owned(), "qos".to_owned()], &[]).unwrap();
        insta::assert_snapshot!(name, differences(&fixture(a), &fixture(b), http).join("\n"));
    }
}

/// A missing entry is one difference, wherever it is.
#[test]
fn what_is_missing_is_one_difference() {
    let bytes = fixture("web-sdk@5.38.0/sign-in-and-messages.jsonl");
    let mut reader = Reader::open(&*bytes).unwrap();
    let (header, mut all) = (reader.header().clone(), Vec::new());
    while let Some(entry) = reader.next_entry().unwrap() {
        all.push(entry);
    }
    for left_out in 0..all.len() {
        let mut without = Vec::new();
        let mut writer = Writer::begin(&header, &mut without);
        for entry in all.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, entry)| entry) {
            writer.add(header.start + entry.after, &entry.what, &mut without);
        }
        let found = differences(&bytes, &without, Rules::default());
        // Without its beginning a connection's other entries are another's; without its question an answer answers nothing.
        let most = match &all[left_out].what {
            What::Taken(Taken::Input(Input::Open { .. } | Input::Http { .. })) => continue,
            What::Taken(Taken::Input(Input::Frame { frame: ClientFrame::Query(_), .. })) => 3,
            _ => 1,
        };
        assert!(found.len() <= most, "without entry {}: {found:#?}", left_out + 1);
    }
}

/// A session as a proxy would have recorded it: nothing of how its world was made or run, another App Key, an earlier beginning, and
/// nobody who told of the apps.
fn from_elsewhere(bytes: &[u8]) -> Vec<u8> {
    let mut reader = Reader::open(bytes).unwrap();
    let earlier = Duration::from_secs(3600);
    let start = UnixMillis(reader.header().start.0 - 3_600_000);
    let header = Header {
        proxy: Some(recording::Proxy { upstream: "https://im.example".to_owned(), scrubbed: false }),
        app_key: "their-key".to_owned(),
        made_by: "a proxy".to_owned(),
        seed: 0,
        start,
        world: WorldSetup::default(),
        ..reader.header().clone()
    };
    let mut out = Vec::new();
    let mut writer = Writer::begin(&header, &mut out);
    while let Some(mut entry) = reader.next_entry().unwrap() {
        // Nobody has named the connections.
        if let What::Taken(Taken::Input(Input::Open { login, .. })) = &mut entry.what {
            login.label.clear();
        }
        if let What::Taken(Taken::Input(_)) | What::Said(_) = entry.what {
            writer.add(start + earlier + entry.after, &entry.what, &mut out);
        }
    }
    out
}

/// The program, with what it wrote.
fn program(args: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("harness").chain(args.iter().copied()).map(Into::into);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8([out, err].concat()).unwrap())
}

/// Sessions of real SDKs, as if they were from elsewhere: our service means the same in a world that is made of what they show.
#[test]
fn recordings_from_elsewhere_are_replayed_by_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let files = harness::recorded::find(&[root().join("fixtures/recordings")]).unwrap();
    // By hand are sessions with services that have bugs.
    for file in files.iter().filter(|file| !file.to_string_lossy().contains("by-hand")) {
        let name: Vec<_> = file.iter().rev().take(2).map(|part| part.to_str().unwrap()).collect();
        let file = from_elsewhere(&std::fs::read(file).unwrap());
        std::fs::write(folder.path().join(format!("{} {}", name[1], name[0])), file).unwrap();
    }
    let (_, told) = program(&["replay", folder.path().to_str().unwrap()]);
    // A conversation of three messages that nobody in the recording ever got, and a channel that only some may read.
    let others: Vec<&str> =
        told.lines().filter(|line| line.starts_with("DIFFERS") && !line.contains("ultra-group")).collect();
    assert_eq!(others, [""; 0], "{told}");
    assert!(
        told.ends_with("42 replayed: 39 the same, 3 differ, 0 not to their end, or not compared\n"),
        "{told}"
    );
}

/// What the service elsewhere did otherwise is named.
#[test]
fn a_service_that_is_unlike_ours_is_named_by_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unlike.jsonl");
    // Their service told nobody of the recall; that it was acknowledged is the other difference.
    let bytes = from_elsewhere(&fixture("web-sdk@5.38.0/recall.jsonl"));
    let mut reader = Reader::open(&*bytes).unwrap();
    let header = reader.header().clone();
    let (mut unlike, mut decoder) = (Vec::new(), recording::Decoder::default());
    let mut writer = Writer::begin(&header, &mut unlike);
    while let Some(entry) = reader.next_entry().unwrap() {
        let told = decoder.decode(&entry);
        if told["is"] != "down" || !told.to_string().contains("RC:RcCmd") {
            writer.add(header.start + entry.after, &entry.what, &mut unlike);
        }
    }
    std::fs::write(&path, unlike).unwrap();
    let (code, told) = program(&["replay", path.to_str().unwrap()]);
    assert_eq!(code, exit::FAILED, "{told}");
    assert!(told.contains("ben (frames): <- PUBLISH s_msg: + alone has it"), "{told}");
    assert!(told.contains("2 differences, in 2 places"), "{told}");
    // Byte for byte it is not compared, for there is nothing to compare it with.
    assert!(told.contains("a world made from what it shows: 2 users (2 tokens)"), "{told}");
}

/// What does not apply is refused before anything is done, not counted as a recording that failed.
#[test]
fn options_that_do_not_apply_are_wrong_usage() {
    let path = |name: &str| root().join("fixtures/recordings").join(name).display().to_string();
    let (ours, folder) = (path("web-sdk@5.38.0/recall.jsonl"), path("web-sdk@5.38.0"));
    let refused = |args: &[&str], why: &str| {
        let (code, told) = program(args);
        assert_eq!(code, exit::USAGE, "{args:?}: {told}");
        assert!(told.contains(why) && !told.contains("replayed:"), "{args:?}: {told}");
    };
    let by_bytes = "are of replays by meaning, and";
    for rule in [&["--all"][..], &["--ignore", "qos"], &["--strict", "heartbeats"]] {
        refused(&[&["replay", &ours][..], rule].concat(), by_bytes);
        refused(&[&["replay", &folder][..], rule].concat(), "--by-meaning replays all of them so");
        refused(&[&["replay", "--step", &ours][..], rule].concat(), "are not of --step");
    }
    refused(&["replay", "--step", "--by-meaning", &ours], "are not of --step");
    // A proxy's is replayed by meaning in any case; beside one that is not, that is said of the other.
    let kept = tempfile::tempdir().unwrap();
    let theirs = kept.path().join("theirs.jsonl").display().to_string();
    std::fs::write(&theirs, from_elsewhere(&fixture("web-sdk@5.38.0/recall.jsonl"))).unwrap();
    assert_ne!(program(&["replay", "--all", &theirs]).0, exit::USAGE);
    refused(&["replay", "--all", &theirs, &ours], &format!("{ours} is replayed byte for byte"));
    assert_eq!(program(&["replay", "--all", "--by-meaning", &ours]).0, exit::CONFORMS);

    refused(&["diff", &ours, &ours, "--most", "5"], "--run and --most are of runs");
    refused(&["diff", &ours, &ours, "--run", "run.jsonl"], "--run and --most are of runs");
    refused(&["scenario-from", &ours, "--from", "9", "--to", "4"], "--from 9 is behind --to 4");
    refused(&["scenario-from", &ours, "--entries", "9", "--to", "4"], "give one of them");
    refused(&["show", &theirs, "--html", &theirs], "no page is written over it");
    assert!(Reader::open(&*std::fs::read(&theirs).unwrap()).is_ok());
}

#[test]
fn what_is_compared_is_told_and_what_cannot_be_is_refused() {
    let path = |name: &str| root().join("fixtures/recordings").join(name).display().to_string();
    let (a, b) = (path("web-sdk@5.38.0/recall.jsonl"), path("native@5.46.1/recall.jsonl"));
    let (code, told) = program(&["diff", &a, &a]);
    assert_eq!((code, told.lines().last().unwrap()), (exit::CONFORMS, "57 entries compared: no difference"));
    let (code, told) = program(&["diff", &a, &b]);
    assert_eq!(code, exit::FAILED);
    assert!(told.contains("one (frames): -> QUERY qAppBot: target is \"ann\" in -, \"\" in +"), "{told}");
    assert!(told.contains("  led to it in -\n") && told.contains("more with --all\n"), "{told}");
    let (_, all) = program(&["diff", &a, &b, "--all", "--ignore", "qos,callbacks"]);
    assert!(
        !all.contains("qos is") && !all.contains("onMessageAttached:") && !all.contains("--all"),
        "{all}"
    );
    let (code, json) = program(&["diff", &a, &b, "--format", "json"]);
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers = lines.last().unwrap();
    assert_eq!((code, numbers["differences"].as_u64()), (exit::FAILED, Some(lines.len() as u64 - 1)));
    let (code, told) = program(&["diff", &a, &b, "--ignore", "call"]);
    assert_eq!(code, exit::USAGE);
    assert!(told.contains("no rule is called `call`") && told.contains("did you mean `calls`?"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.jsonl");
    std::fs::write(&run, "{}\n").unwrap();
    let (code, told) = program(&["diff", &a, run.to_str().unwrap()]);
    assert_eq!(code, exit::USAGE);
    assert!(
        told.contains("is a recording, and") && told.contains("two recordings are compared, or two runs"),
        "{told}"
    );
    // Cut short, the same as far as it goes.
    let bytes = fixture("web-sdk@5.38.0/recall.jsonl");
    let cut = folder.path().join("cut.jsonl");
    std::fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
    let (code, told) = program(&["diff", &a, cut.to_str().unwrap(), "--strict", "heartbeats"]);
    assert_eq!(code, exit::FAILED, "{told}");
    let (code, told) = program(&["diff", cut.to_str().unwrap(), cut.to_str().unwrap()]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("- it is cut: its last line has no end; it was compared up to entry 64"), "{told}");
    let (code, told) = program(&["explain", "rules"]);
    assert_eq!(code, exit::CONFORMS);
    insta::assert_snapshot!("rules", told);
}
