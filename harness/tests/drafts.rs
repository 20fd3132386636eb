//! Scenarios that are made of recordings: they pass, and where there was a bug they notice it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};

use harness::{
    draft::{self, Draft, Wanted},
    runner::{self, Options, SimDriver},
    scenario,
};
use recording::{Entry, Header, Reader, What};
use service::bug::Bug;

/// What a scenario's first case leaves as a recording, with a bug on.
fn recorded(scenario: &str, bug: Bug) -> (Header, Vec<Entry>) {
    let path = root().join("scenarios").join(scenario);
    let text = std::fs::read_to_string(&path).unwrap();
    let scenario = scenario::parse(&path, &text).unwrap();
    let options = Options { record: Some("nowhere".into()), bugs: vec![bug.into()], ..Options::default() };
    let ran = runner::run_case(&scenario, &scenario.cases[0], 0, &options, &mut SimDriver::default());
    let tape = ran.recordings.unwrap().remove(0);
    read(Reader::open(&tape[..]).unwrap())
}

fn read(mut reader: Reader<impl std::io::BufRead>) -> (Header, Vec<Entry>) {
    let header = reader.header().clone();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        entries.push(entry);
    }
    (header, entries)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A recording of a real SDK.
fn fixture(name: &str) -> (Header, Vec<Entry>) {
    let bytes = std::fs::read(root().join("fixtures/recordings").join(name)).unwrap();
    read(Reader::open(&bytes[..]).unwrap())
}

/// A service without callbacks and calls of the app's: what a session by hand leaves.
fn without_the_apps(entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().filter(|entry| !matches!(entry.what, What::Seen(_))).collect()
}

fn draft_of((header, entries): &(Header, Vec<Entry>), name: &str, bug: Option<Bug>) -> Draft {
    let wanted = Wanted { name: name.to_owned(), bug, ..Wanted::default() };
    draft::draft(header, entries, &wanted).unwrap()
}

fn bug(name: &str) -> Bug {
    Bug::ALL.iter().find(|(_, known)| *known == name).unwrap().0
}

/// Bugs of every kind, and a scenario that meets each: what is missing, too much or wrong at a client, and what no client hears of.
const BUGS: &[(&str, &str)] = &[
    ("drops_recall", "recall/recall-is-told-and-carried-out.yaml"),
    ("doubles_message", "user/strangers-write-to-each-other.yaml"),
    ("drops_offline", "user/newcomer-is-written-to-before-it-connects.yaml"),
    ("directed_reaches_all", "group/directed-message-reaches-the-named-alone.yaml"),
    ("ignores_blacklist", "user/server-api-respects-the-white-list-on-request.yaml"),
    ("history_omits_own", "history/needs-the-service.yaml"),
    ("duplicates_after_reconnect", "offline/delivered-once.yaml"),
    ("keeps_former_room", "chatroom/joining/one-room-at-a-time.yaml"),
    ("drops_initial_expansion", "expansion/sent-with-the-message.yaml"),
    ("ignores_do_not_disturb", "ultragroup-levels/a-level-of-a-channel.yaml"),
    ("push_ignores_mention", "mention/is-what-the-notification-says.yaml"),
    ("routes_no_group_messages", "user/app-server-gets-copies-of-messages.yaml"),
];

fn notices(draft: &Draft, name: &str) {
    assert!(draft.passes, "{name}: {:?}\n{}", draft.notes, draft.yaml);
    assert_eq!(draft.notices, [(name, true)], "{:?}\n{}", draft.notes, draft.yaml);
    assert!(draft.steps <= 12, "{name}: {} steps\n{}", draft.steps, draft.yaml);
}

#[test]
fn a_bug_that_was_on_becomes_a_short_scenario_that_notices_it() {
    for (name, scenario) in BUGS {
        // The recording itself tells which.
        notices(&draft_of(&recorded(scenario, bug(name)), "x", None), name);
    }
}

/// Recorded by the service, with two web SDKs driven by hand: 5.38.0 sends and recalls, 4.6.4 should hear of it.
#[test]
fn a_session_by_hand_of_real_sdks_becomes_a_scenario() {
    let recording = fixture("by-hand/a-recall-that-nobody-hears-of.jsonl");
    let draft = draft_of(&recording, "a-recall-that-nobody-hears-of.jsonl", None);
    notices(&draft, "drops_recall");
    insta::assert_snapshot!(draft.yaml);
}

/// Frames alone tell what the apps did, as far as they asked for something.
#[test]
fn calls_are_read_off_the_frames_where_nobody_recorded_them() {
    for (name, scenario) in &BUGS[..4] {
        let (header, entries) = recorded(scenario, bug(name));
        notices(&draft_of(&(header, without_the_apps(entries)), "x", None), name);
    }
    let (header, entries) = fixture("web-sdk@5.38.0/chatroom-with-entries.jsonl");
    let draft = draft_of(&(header, without_the_apps(entries)), "chatroom-with-entries.jsonl", None);
    assert!(draft.passes, "{:?}\n{}", draft.notes, draft.yaml);
    insta::assert_snapshot!(draft.yaml);
}

/// What the service said follows from what was done.
#[test]
fn a_recording_of_what_was_done_alone_is_enough() {
    let (mut header, mut entries) = fixture("by-hand/a-recall-that-nobody-hears-of.jsonl");
    header.said = false;
    entries.retain(|entry| matches!(entry.what, What::Taken(_)));
    notices(&draft_of(&(header, entries), "x", None), "drops_recall");
}

/// Without a bug: what happened, and what came of it.
#[test]
fn every_session_of_a_real_sdk_becomes_a_scenario_that_passes() {
    let folder = root().join("fixtures/recordings");
    let mut drafted = 0;
    for client in
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for path in std::fs::read_dir(client).unwrap().map(|entry| entry.unwrap().path()) {
            let bytes = std::fs::read(&path).unwrap();
            let draft = draft_of(&read(Reader::open(&bytes[..]).unwrap()), &path.display().to_string(), None);
            assert!(draft.passes, "{}: {:?}\n{}", path.display(), draft.notes, draft.yaml);
            drafted += 1;
        }
    }
    assert!(drafted > 40, "{drafted}");
}

/// A client that loses its connection and comes back was offline, and what waited for it meanwhile it gets then.
#[test]
fn a_lost_connection_is_carried_over() {
    let recorded = fixture("web-sdk@4.6.4/reconnect.jsonl");
    let draft = draft_of(&recorded, "x", None);
    assert!(draft.passes, "{:?}\n{}", draft.notes, draft.yaml);
    assert!(draft.yaml.contains("do: refuse") && draft.yaml.contains("do: allow"), "{}", draft.yaml);
    // Where nobody took down what was done to its network.
    let (header, mut entries) = recorded;
    entries.retain(|entry| !matches!(entry.what, What::Seen(recording::Seen::Step { .. })));
    let guessed = (header, entries);
    let draft = draft_of(&guessed, "x", None);
    assert!(draft.passes, "{:?}\n{}", draft.notes, draft.yaml);
    assert!(draft.yaml.contains("do: offline") && draft.yaml.contains("do: online"), "{}", draft.yaml);
    notices(&draft_of(&guessed, "x", Some(bug("drops_offline"))), "drops_offline");
}

/// Whoever is logged out elsewhere is told so.
#[test]
fn a_kick_is_expected() {
    let draft = draft_of(&fixture("web-sdk@4.6.4/kick-by-login.jsonl"), "x", None);
    assert!(draft.yaml.contains("status: kicked_offline_by_other_client"), "{}", draft.yaml);
}

/// What looks like a name of a scenario's in a message is what it says.
#[test]
fn texts_with_names_in_them_stay_what_they_are() {
    let texts = ["see ${alice.id}", "$5 and ${i}", "${", "a $${x} b", "plain"];
    let steps: String = texts
        .iter()
        .map(|text| {
            let named = || text.replace("${", "${dollar}{");
            let text = if text.starts_with("$5") { format!("${text}") } else { named() };
            format!("  - service: {{push: {{from: bob, to: alice, message: {{text: \"{text}\"}}}}}}\n")
        })
        .collect();
    let yaml = format!(
        "scenario: x\nservice: {{users: [alice, bob]}}\nclients: {{a: {{user: alice}}}}\nsteps:\n  - let: {{$dollar: $$}}\n  - call: a.connect\n    with: {{token: $alice.token, timeout: 10}}\n{steps}"
    );
    let scenario = scenario::parse(Path::new("x.yaml"), &yaml).unwrap();
    let options = Options { record: Some("nowhere".into()), ..Options::default() };
    let ran = runner::run_case(&scenario, &scenario.cases[0], 0, &options, &mut SimDriver::default());
    let recording = read(Reader::open(&ran.recordings.unwrap().remove(0)[..]).unwrap());
    let said = |entries: &[Entry]| -> Vec<String> {
        let told = entries.iter().filter_map(|entry| match &entry.what {
            What::Seen(recording::Seen::Callback { name, args, .. }) if name == "onMessageReceived" => {
                Some(args["message"]["text"].as_str().unwrap().to_owned())
            }
            _ => None,
        });
        told.collect()
    };
    assert_eq!(said(&recording.1), texts);
    let draft = draft_of(&recording, "x", None);
    assert!(draft.passes, "{:?}\n{}", draft.notes, draft.yaml);
    let again = scenario::parse(Path::new("x.yaml"), &draft.yaml).unwrap();
    let ran = runner::run_case(&again, &again.cases[0], 0, &options, &mut SimDriver::default());
    assert_eq!(
        said(&read(Reader::open(&ran.recordings.unwrap().remove(0)[..]).unwrap()).1),
        texts,
        "{}",
        draft.yaml
    );
}

#[test]
fn only_what_is_asked_for_is_carried_over() {
    let (header, entries) = fixture("web-sdk@5.38.0/recall.jsonl");
    let wanted = Wanted { name: "x".to_owned(), entries: [46].into(), ..Wanted::default() };
    let draft = draft::draft(&header, &entries, &wanted).unwrap();
    let calls: Vec<&str> =
        draft.yaml.lines().filter_map(|line| line.trim().strip_prefix("- call: ")).collect();
    assert_eq!(calls, ["one.connect", "other.connect", "one.sendMessage"]);
    assert!(draft.passes);
}
