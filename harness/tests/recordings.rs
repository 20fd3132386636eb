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
    cli::files,
    runner::{Options, SimDriver, run_case},
    scenario::Scenario,
};
use recording::{End, Reader, replay::replay};

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
