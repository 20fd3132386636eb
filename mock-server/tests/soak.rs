//! A soak: two healthy clients talk all the while others do everything that clients should not. Nothing of what the two say
//! is lost, and the server, a process of its own, stays small.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "soak/client.rs"]
mod client;
#[path = "soak/crowd.rs"]
mod crowd;
#[path = "soak/process.rs"]
mod process;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use client::{Talk, WORLD};
use process::Process;
use serde_json::{Value, json};

/// Frames that go over the wires at least.
const FRAMES: u64 = 300_000;
/// No soak takes longer.
const LIMIT: Duration = Duration::from_secs(170);
/// Memory of the server at most, bytes.
const MOST_MEMORY: u64 = 200 << 20;

/// What all who take part share.
pub(crate) struct Soak {
    pub(crate) address: String,
    pub(crate) frames: AtomicU64,
    pub(crate) begun: Instant,
    over: AtomicBool,
}

impl Soak {
    pub(crate) fn is_over(&self) -> bool {
        assert!(self.begun.elapsed() < LIMIT, "the soak takes too long");
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
    }
}

/// What one of the crowd does.
type Work = fn(&Soak);

fn setup() -> Value {
    let text = "x".repeat(4000);
    let backlog = |to: &str| json!({"from": "app", "to": to, "count": 200, "text": text});
    let pulling: Vec<Value> = (0..8).map(|n| backlog(&format!("pulls-{n}"))).collect();
    json!({
        "users": ["alice", "bob"],
        "limits": {"sendPerSecond": 0},
        "backlog": pulling,
    })
}

#[test]
fn three_hundred_thousand_frames_among_clients_that_misbehave() {
    let process =
        Process::start(&["--bound", "unreadTime=3", "--bound", "headTime=3", "--bound", "loginTime=3"]);
    let soak = Arc::new(Soak {
        address: process.address.clone(),
        frames: AtomicU64::new(0),
        begun: Instant::now(),
        over: AtomicBool::new(false),
    });
    client::put(&soak.address, WORLD, &setup());
    let crowd: [(&str, Work); 9] = [
        ("deaf", crowd::pull_and_never_read),
        ("storm", crowd::pull_and_read),
        ("pings 1", |soak| crowd::flood_with_pings(soak, "flood-1")),
        ("pings 2", |soak| crowd::flood_with_pings(soak, "flood-2")),
        ("replaced", crowd::replace_worlds),
        ("pollers", crowd::poll_and_vanish),
        ("dawdlers", crowd::dawdle),
        ("posts", crowd::post_large_bodies),
        ("app keys", crowd::invent_app_keys),
    ];
    let talk = thread::scope(|scope| {
        let pair = thread::Builder::new().name("pair".into());
        let pair = pair.spawn_scoped(scope, || Talk::run(&soak)).unwrap();
        let crowd = crowd.map(|(name, work)| {
            let soak = &soak;
            let begun = Instant::now();
            (name, begun, scope.spawn(move || work(soak)))
        });
        for (name, begun, work) in crowd {
            work.join().unwrap();
            println!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
        }
        soak.over.store(true, Ordering::Relaxed);
        pair.join().unwrap()
    });
    let counters = client::counters(&soak.address);
    let frames = soak.frames.load(Ordering::Relaxed);
    let took = soak.begun.elapsed();
    println!("frames: {frames} in {:.1} s; messages of the pair: {}", took.as_secs_f64(), talk.sent);
    println!("latency of the pair: median {:?}, worst {:?}", talk.median, talk.worst);
    println!("counters: {counters}");
    assert!(frames >= FRAMES, "{frames} frames");
    assert!(talk.sent >= 200, "the pair hardly came to speak: {}", talk.sent);
    for (did, bound) in
        [("cut", "unreadTime"), ("cut", "headTime"), ("cut", "loginTime"), ("dropped", "maxWorlds")]
    {
        assert!(counters[did][bound].as_u64().unwrap_or_default() > 0, "{did} {bound}: {counters}");
    }
    match process.peak_memory() {
        Some(peak) => {
            println!("peak memory: {} MB", peak >> 20);
            assert!(peak < MOST_MEMORY, "peak memory {peak}");
        }
        None => println!("PEAK MEMORY WAS NOT CHECKED: this system does not tell it"),
    }
    process.stop();
}
