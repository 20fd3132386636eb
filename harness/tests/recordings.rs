//! A world is a pure machine: whatever happened in it happens again from its recording, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::{
    cli::{exit, files, run_with},
    runner::{Options, SimDriver, run_case},
    scenario::Scenario,
};
use recording::{End, Reader, What, Writer, replay::replay};
use service::Taken;

fn suite() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    files::read(&[root]).unwrap().into_iter().map(|file| file.scenario.unwrap()).collect()
}

/// Every session that the suite has, of any kind: replayed from its recording it says the same.
#[test]
fn every_scenario_replays_from_its_recording_byte_for_byte() {
    let suite = suite();
    let cases: Vec<_> =
        suite.iter().flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case))).collect();
    // With any seed but 1, what happens at one instant happens in an order that it draws.
    let options =
        [1, 7].map(|seed| Options { seed, record: Some("none is written".into()), ..Options::default() });
    let (next, replayed, entries) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong = Mutex::new(Vec::new());
    let work = || {
        let mut driver = SimDriver::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, case)) = cases.get(index) else { return };
            let ran = run_case(scenario, case, 0, &options[index % 2], &mut driver);
            for bytes in ran.recordings.unwrap() {
                let place = format!("{} {}", scenario.path(), case.label());
                let mut reader = Reader::open(&*bytes).unwrap();
                let outcome = replay(&mut reader).unwrap();
                if outcome.difference.is_some() || reader.end() != Some(&End::Whole) {
                    let what = format!("{place}: {:?}, {:?}", outcome.difference, reader.end());
                    wrong.lock().unwrap().push(what);
                }
                replayed.fetch_add(1, Ordering::Relaxed);
                entries.fetch_add(usize::try_from(outcome.entries).unwrap(), Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        (0..jobs).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} sessions: {}", wrong.len(), wrong.join("\n"));
    let (replayed, entries) = (replayed.into_inner(), entries.into_inner());
    println!("{replayed} worlds, {entries} entries");
    assert!(replayed > 2_400 && entries > 100_000, "{replayed} worlds, {entries} entries");
}

/// The program, with what it wrote.
fn program(args: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("harness").chain(args.iter().copied()).map(Into::into);
    let code = run_with(args, &mut out, &mut err, false);
    (code, String::from_utf8([out, err].concat()).unwrap())
}

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings")
}

/// Sessions of the vendor's SDKs: what the service says otherwise than when they were recorded was wanted by nobody.
#[test]
fn sessions_of_real_sdks_replay_byte_for_byte() {
    let (code, told) = program(&["replay", fixtures().to_str().unwrap()]);
    assert_eq!(code, exit::CONFORMS, "{told}");
    assert!(
        told.ends_with("43 replayed: 43 the same, 0 differ, 0 not to their end, or not compared\n"),
        "{told}"
    );
}

/// What the service comes to say otherwise is found at the first place, and told in words with what led to it.
#[test]
fn a_change_of_the_service_is_named_with_what_led_to_it() {
    let bytes = std::fs::read(fixtures().join("native@5.46.1/recall.jsonl")).unwrap();
    let mut reader = Reader::open(&*bytes).unwrap();
    let mut changed = Vec::new();
    let mut writer = Writer::begin(reader.header(), &mut changed);
    // From now on recalls reach nobody.
    let bug = serde_json::from_str(r#"{"misbehave": {"bug": "drops_recall", "on": true}}"#).unwrap();
    let start = reader.header().start;
    let act = What::Taken(Taken::Act { act: Box::new(bug), done: 0, most: u32::MAX });
    writer.add(start, &act, &mut changed);
    while let Some(entry) = reader.next_entry().unwrap() {
        writer.add(start + entry.after, &entry.what, &mut changed);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.jsonl");
    std::fs::write(&path, changed).unwrap();
    let (code, told) = program(&["replay", path.to_str().unwrap()]);
    assert_eq!(code, exit::FAILED, "{told}");
    let led = told.lines().position(|line| line.contains("led to it") && line.contains("recallMsg"));
    let recorded = told.lines().position(|line| line.contains("recorded ") && line.contains("PUBLISH"));
    assert!(led.is_some() && led < recorded, "{told}");
    assert!(told.contains("1 replayed: 0 the same, 1 differ"), "{told}");
    // In words, from the entry before the first difference on.
    let (code, shown) = program(&["show", path.to_str().unwrap(), "--grep", "RC:RcCmd"]);
    assert_eq!(code, exit::CONFORMS);
    assert!(shown.lines().count() > 2, "{shown}");
}

/// Cut or damaged, what is intact is shown and replayed, and where it ends is said.
#[test]
fn a_damaged_recording_is_used_up_to_the_damage() {
    let bytes = std::fs::read(fixtures().join("web-sdk@4.6.4/recall.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let cut = file("cut.jsonl", &bytes[..bytes.len() - 5]);
    let (code, told) = program(&["replay", &cut]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("it is cut: its last line has no end"), "{told}");
    // What was done alone proves nothing, and is not counted as the same.
    let mut reader = Reader::open(&*bytes).unwrap();
    let header = recording::Header { said: false, ..reader.header().clone() };
    let mut inputs = Vec::new();
    let mut writer = Writer::begin(&header, &mut inputs);
    while let Some(entry) = reader.next_entry().unwrap() {
        if let What::Taken(_) = entry.what {
            writer.add(header.start + entry.after, &entry.what, &mut inputs);
        }
    }
    let (code, told) = program(&["replay", &file("inputs.jsonl", &inputs)]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("nothing was compared") && told.contains("0 the same"), "{told}");
    let mut flipped = bytes.clone();
    flipped[bytes.len() - 30] ^= 1;
    let (code, told) = program(&["show", &file("flipped.jsonl", &flipped)]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("is damaged: its checksum is another") && told.contains("are intact"), "{told}");
    let (code, told) = program(&["show", &file("other.jsonl", b"hello\n")]);
    assert_eq!(code, exit::USAGE, "{told}");
    assert!(told.contains("it is no recording"), "{told}");
}

/// A recording that its writer did not go on with, or that is cut between two lines, never looks whole.
#[test]
fn what_is_not_all_there_does_not_look_so() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(fixtures().join("web-sdk@5.38.0/recall.jsonl")).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ends: Vec<usize> =
        whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let why = "it is as long as --record-limit allows (8192 bytes)";
    let at = ends[40];
    let full = [&whole[..at], &recording::last_line(40, Some(why))].concat();
    let promised = recording::ended(&whole).unwrap();
    let newline = promised.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(40).unwrap().0;
    for (name, bytes, told) in [
        (
            "full.jsonl",
            &full[..],
            "what followed was not kept: it is as long as --record-limit allows (8192 bytes)",
        ),
        ("cut.jsonl", &promised[..=newline], "it is cut, or still being written"),
    ] {
        let file = write(name, bytes);
        let page = folder.path().join(format!("{name}.html"));
        for args in [
            &["show", &file][..],
            &["show", &file, "--format", "json"],
            &["show", &file, "--html", page.to_str().unwrap()],
            &["replay", &file],
            &["replay", &file, "--by-meaning"],
            &["replay", &file, "--to", "client", "reference"],
            &["diff", &file, &file],
            &["scenario-from", &file],
            &["scrub", &file, "-o", folder.path().join(format!("{name}.scrubbed")).to_str().unwrap()],
            // What was scrubbed is no more whole than it was.
            &["show", folder.path().join(format!("{name}.scrubbed")).to_str().unwrap()],
        ] {
            let (code, said) = program(args);
            assert!(said.contains(told), "{args:?}: {said}");
            assert_eq!(code, exit::INCOMPLETE, "{args:?}: {said}");
        }
        assert!(std::fs::read_to_string(&page).unwrap().contains(told));
    }
    // With its last line it is whole, and no different.
    let file = write("promised.jsonl", &promised);
    for args in [&["show", &file][..], &["replay", &file], &["diff", &file, &file]] {
        assert_eq!(program(args).0, exit::CONFORMS, "{args:?}");
    }
}

/// A part of a recording can be shown and gone through, and is refused where its beginning would be needed.
#[test]
fn a_span_is_shown_and_not_replayed() {
    let bytes = std::fs::read(fixtures().join("native@5.46.1/recall.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let span = |from, to, name: &str| {
        let mut lines = Vec::new();
        let mut reader = Reader::open(&*bytes).unwrap();
        let add = |line: &[u8]| {
            lines.extend_from_slice(line);
            true
        };
        recording::span(&mut reader, from..=to, add).unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, lines).unwrap();
        path.display().to_string()
    };
    let late = span(46, 52, "late.jsonl");
    let (code, shown) = program(&["show", &late]);
    assert_eq!(code, exit::CONFORMS, "{shown}");
    assert!(shown.contains("a span from entry 46 on, with 2 connected"), "{shown}");
    assert!(shown.contains("-> one/1        PUBLISH ppMsgP (ben)"), "{shown}");
    let (code, told) = program(&["replay", &late]);
    assert_eq!(code, exit::INCOMPLETE, "{told}");
    assert!(told.contains("it is a span that begins with entry 46"), "{told}");
    // Scrubbed it is a span still: its entries keep their numbers, and frames of who was connected before can be read.
    let scrubbed = folder.path().join("scrubbed.jsonl").display().to_string();
    let (code, told) = program(&["scrub", &late, "-o", &scrubbed]);
    assert!(code == exit::CONFORMS && told.contains("7 entries in"), "{told}");
    let (code, shown) = program(&["show", &scrubbed]);
    assert_eq!(code, exit::CONFORMS, "{shown}");
    assert!(shown.contains("a span from entry 46 on, with 2 connected") && !shown.contains("ben"), "{shown}");
    assert!(
        shown.lines().any(|line| line.starts_with("    46 ") && line.contains("PUBLISH ppMsgP (")),
        "{shown}"
    );
    let (code, told) = program(&["replay", &span(1, 50, "early.jsonl")]);
    assert_eq!(code, exit::CONFORMS, "{told}");
}

/// Compressed recordings are read as the others are, up to where they are damaged.
#[test]
fn compressed_recordings_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (out, reports) = (at("out"), at("reports"));
    let scenario =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/recall/recall-is-told-and-carried-out.yaml");
    let run = ["run", scenario.to_str().unwrap(), "--record", &out, "--record-zst", "--reports", &reports];
    let (code, told) = program(&run);
    assert_eq!(code, exit::CONFORMS, "{told}");
    let files = harness::recorded::find(&[out.into()]).unwrap();
    assert!(
        !files.is_empty() && files.iter().all(|file| file.to_string_lossy().ends_with(".jsonl.zst")),
        "{files:?}"
    );
    let file = files[0].to_str().unwrap();
    assert!(harness::recorded::open(&files[0]).unwrap().header().ends, "a cut between two lines is seen");
    let (code, shown) = program(&["show", file]);
    assert!(code == exit::CONFORMS && shown.contains("recallMsg"), "{shown}");
    let (code, told) = program(&["replay", file]);
    assert!(code == exit::CONFORMS && told.contains("1 the same"), "{told}");
    let (code, told) = program(&["scenario-from", file]);
    assert_eq!(code, exit::CONFORMS, "{told}");
    let packed = std::fs::read(file).unwrap();
    let cut = at("cut.jsonl.zst");
    std::fs::write(&cut, &packed[..packed.len() / 2]).unwrap();
    let (code, told) = program(&["show", &cut]);
    assert_ne!(code, exit::CONFORMS, "{told}");
    assert!(told.contains("cut or damaged"), "{told}");
}
