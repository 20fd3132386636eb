//! Recordings are compared by what they mean: nothing that differs by nature is a difference, whatever else does is one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::{
    cli::files,
    recorded::{beside, meaning::Rules},
    runner::{Options, SimDriver, run_case},
    scenario::Scenario,
};
use recording::Reader;

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
                if let Some(first) = found.compared.differences.first() {
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
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), compared.into_inner(), wrong.join("\n"));
}
