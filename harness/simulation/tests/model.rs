//! Random sessions of two users on three devices, with connections that break at any frame, against a small model:
//! no message lost, none doubled, order kept, one result a call, unread counts as what was received and not read, recalled
//! or deleted. A failure shrinks to the shortest session.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

#[path = "model/reading.rs"]
mod reading;
mod support;

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use reading::Reading;
use reference_client::{CallResult, ClientEnv};
use serde_json::{Value, json};
use simulation::{Event, LinkState, NAVI, NetworkEvent, Simulation};
use support::{config, found, frame, link, object};

/// Sessions a property tries; two properties make ten thousand.
const CASES: u32 = 5_000;

/// The devices: name, user, platform.
const DEVICES: [(&str, &str, &str); 3] =
    [("phone", "alice", "Android"), ("desktop", "alice", "PC"), ("peer", "bob", "iOS")];

/// What may happen.
#[derive(Debug, Clone)]
enum Op {
    /// A device writes to the other user.
    Send(usize),
    /// The app server writes to a user.
    Push(usize),
    /// The connection breaks.
    Cut(usize),
    /// The connection will break at the nth frame of that kind.
    CutAt {
        user: usize,
        up: bool,
        kind: &'static str,
        nth: u32,
        after: bool,
    },
    /// The acknowledgement of a push will be lost.
    LoseAck(usize),
    /// The device loses its network, or has it again.
    Network(usize, LinkState),
    /// The app is killed and started again, its store kept.
    Restart(usize),
    /// The user logs out, or in again.
    Out(usize),
    In(usize),
    /// A device has read up to one of the messages it received.
    Clear(usize, u32),
    /// The same, told to the user's other devices.
    SyncRead(usize, u32),
    /// A device recalls one of the messages it sent.
    Recall(usize, u32),
    /// A device deletes one of the messages it received, for itself.
    Delete(usize, u32),
    /// Time passes, milliseconds.
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let device = 0..DEVICES.len();
    prop_oneof![
        8 => device.clone().prop_map(Op::Send),
        2 => (0..2usize).prop_map(Op::Push),
        2 => device.clone().prop_map(Op::Cut),
        3 => (0..2usize, frame(), 1..4u32, any::<bool>())
            .prop_map(|(user, (up, kind), nth, after)| Op::CutAt { user, up, kind, nth, after }),
        1 => (0..2usize).prop_map(Op::LoseAck),
        3 => (device.clone(), link()).prop_map(|(device, link)| Op::Network(device, link)),
        1 => device.clone().prop_map(Op::Restart),
        1 => device.clone().prop_map(Op::Out),
        2 => device.clone().prop_map(Op::In),
        1 => (device.clone(), any::<u32>()).prop_map(|(device, nth)| Op::Clear(device, nth)),
        2 => (device.clone(), any::<u32>()).prop_map(|(device, nth)| Op::SyncRead(device, nth)),
        2 => (device.clone(), any::<u32>()).prop_map(|(device, nth)| Op::Recall(device, nth)),
        1 => (device, any::<u32>()).prop_map(|(device, nth)| Op::Delete(device, nth)),
        6 => prop_oneof![1..50u64, 200..2_000u64, 5_000..90_000u64].prop_map(Op::Pass),
    ]
}

/// A message somebody tried to send, by its text.
#[derive(Debug)]
struct Sent {
    from: &'static str,
    to: &'static str,
    /// The device, or none for the app server.
    device: Option<usize>,
}

struct Session {
    simulation: Simulation,
    sync: bool,
    sent: Vec<Sent>,
    reading: Reading,
    /// Accepted calls of `sendMessage`, by device.
    accepted: [usize; 3],
    connected: [bool; 3],
    /// A restart forgets which sends were under way.
    restarted: [bool; 3],
}

impl Session {
    fn begin(sync: bool, seed: u64) -> Self {
        let setup = json!({
            "users": ["alice", "bob"], "switches": {"multiDeviceSync": sync}, "limits": {"sendPerSecond": 0, "package": 3},
        });
        let setup: service::WorldSetup = serde_json::from_value(setup).unwrap();
        let mut simulation = Simulation::new(seed, setup.start());
        simulation.add_world("app", &setup).unwrap();
        for (name, _, platform) in DEVICES {
            let env = ClientEnv {
                app_key: "app".into(),
                platform: platform.into(),
                device_id: format!("device-of-{name}"),
                seed,
                options: object(json!({"naviServer": NAVI})),
                ..ClientEnv::default()
            };
            simulation.add_client(name, env).unwrap();
        }
        let mut session = Self {
            simulation,
            sync,
            sent: Vec::new(),
            reading: Reading::default(),
            accepted: [0; 3],
            connected: [false; 3],
            restarted: [false; 3],
        };
        (0..3).for_each(|device| session.connect(device));
        session.pass(2_000);
        session
    }

    fn connect(&mut self, device: usize) {
        let (name, user, _) = DEVICES[device];
        if !std::mem::replace(&mut self.connected[device], true) {
            let args = object(json!({"token": format!("test:{user}"), "timeout": 0}));
            self.simulation.call(name, "connect", &args).unwrap();
        }
    }

    fn pass(&mut self, ms: u64) {
        self.simulation.advance(Duration::from_millis(ms)).unwrap();
    }

    fn act(&mut self, act: Value) {
        self.simulation.act("app", &serde_json::from_value(act).unwrap()).unwrap();
        self.simulation.settle().unwrap();
    }

    fn other(user: &str) -> &'static str {
        if user == "alice" { "bob" } else { "alice" }
    }

    fn run(&mut self, op: &Op) {
        let users = ["alice", "bob"];
        match *op {
            Op::Send(device) => {
                let (name, from, _) = DEVICES[device];
                let to = Self::other(from);
                let message = json!({
                    "conversationType": "private", "targetId": to, "channelId": "", "messageType": "text",
                    "text": self.sent.len().to_string(),
                });
                let args = object(json!({"message": message}));
                if self.simulation.call(name, "sendMessage", &args).unwrap() == CallResult::Code(0) {
                    self.accepted[device] += 1;
                    self.sent.push(Sent { from, to, device: Some(device) });
                }
            }
            Op::Push(user) => {
                let (to, from) = (users[user], Self::other(users[user]));
                let text = self.sent.len().to_string();
                self.sent.push(Sent { from, to, device: None });
                self.act(json!({"push": {"from": from, "to": to, "message": {"text": text}}}));
            }
            Op::Cut(device) => self.simulation.network(DEVICES[device].0, NetworkEvent::Cut).unwrap(),
            Op::CutAt { user, up, kind, nth, after } => {
                let direction = if up { "up" } else { "down" };
                let effect = if after { "cutAfter" } else { "cut" };
                let on = json!({"user": users[user], "direction": direction, "kind": kind, "nth": nth});
                self.act(json!({"fault": {"on": on, "effect": effect}}));
            }
            Op::LoseAck(user) => {
                let on = json!({"user": users[user], "direction": "up", "kind": "pubAck"});
                self.act(json!({"fault": {"on": on, "effect": "drop"}}));
            }
            Op::Network(device, state) => {
                self.simulation.network(DEVICES[device].0, NetworkEvent::Link(state)).unwrap();
            }
            Op::Restart(device) => {
                self.simulation.restart(DEVICES[device].0, true).unwrap();
                self.connected[device] = false;
                self.restarted[device] = true;
                self.connect(device);
            }
            Op::Out(device) => {
                let args = object(json!({"receivePush": true}));
                self.simulation.call(DEVICES[device].0, "disconnect", &args).unwrap();
                self.connected[device] = false;
            }
            Op::In(device) => self.connect(device),
            Op::Clear(device, nth) => self.clear(device, nth),
            Op::SyncRead(device, nth) => self.sync_read(device, nth),
            Op::Recall(device, nth) => self.recall(device, nth),
            Op::Delete(device, nth) => self.delete(device, nth),
            Op::Pass(ms) => self.pass(ms),
        }
    }

    /// Everything is mended and everybody is back; then enough time passes for every wait to end.
    fn mend(&mut self) {
        self.act(json!({"clearFaults": {}}));
        for (device, (name, _, _)) in DEVICES.iter().enumerate() {
            self.simulation.network(name, NetworkEvent::Link(LinkState::Up)).unwrap();
            self.connect(device);
        }
        self.pass(600_000);
    }

    fn events<'a>(&'a self, device: usize, name: &'a str) -> impl Iterator<Item = &'a Event> {
        let client = DEVICES[device].0;
        self.simulation.events().iter().filter(move |event| event.client == client && event.name == name)
    }

    /// Texts a device was handed, with the sending user, in order.
    fn received(&self, device: usize) -> Vec<(String, usize, i64)> {
        self.events(device, "onMessageReceived")
            .map(|event| {
                let message = &event.args["message"];
                (
                    message["senderUserId"].as_str().unwrap().to_owned(),
                    message["text"].as_str().unwrap().parse().unwrap(),
                    message["sentTime"].as_i64().unwrap(),
                )
            })
            .collect()
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.check_unread_counts()?;
        self.check_messages()
    }

    fn check_messages(&self) -> Result<(), TestCaseError> {
        // How each message ended for its sender: the code, if it was told.
        let mut codes: BTreeMap<usize, i64> = BTreeMap::new();
        for (device, (name, _, _)) in DEVICES.iter().enumerate() {
            let mut results = 0;
            for event in self.events(device, "onMessageSent") {
                results += 1;
                let text: usize = event.args["message"]["text"].as_str().unwrap().parse().unwrap();
                let before = codes.insert(text, event.args["code"].as_i64().unwrap());
                prop_assert_eq!(before, None, "message {} has two results", text);
            }
            if !self.restarted[device] {
                prop_assert_eq!(results, self.accepted[device], "results of {}", name);
            }
        }
        for (text, sent) in self.sent.iter().enumerate() {
            let code = if sent.device.is_some() { codes.get(&text).copied() } else { Some(0) };
            let gets =
                |device: usize| self.received(device).iter().filter(|(_, got, _)| *got == text).count();
            // The receiver's devices; with sync also the sender's others.
            let copies: Vec<(usize, usize)> = (0..3)
                .filter(|device| {
                    let (_, user, _) = DEVICES[*device];
                    user == sent.to || (self.sync && user == sent.from && Some(*device) != sent.device)
                })
                // The app server's messages are not mirrored to their sender.
                .filter(|device| sent.device.is_some() || DEVICES[*device].1 == sent.to)
                .map(|device| (device, gets(device)))
                .collect();
            for (device, count) in &copies {
                prop_assert!(*count <= 1, "message {} came {} times to {}", text, count, DEVICES[*device].0);
            }
            let total: usize = copies
                .iter()
                .filter(|(device, _)| DEVICES[*device].1 == sent.to)
                .map(|(_, count)| count)
                .sum();
            if self.recalls_of(text).0 {
                // Its recall may have come before it.
            } else if code == Some(0) {
                if self.sync {
                    for (device, count) in &copies {
                        prop_assert_eq!(*count, 1, "message {} is missing on {}", text, DEVICES[*device].0);
                    }
                } else {
                    prop_assert_eq!(total, 1, "message {} reached {} devices", text, total);
                }
            } else if !self.sync {
                prop_assert!(total <= 1, "message {} reached {} devices", text, total);
            }
            // A sender that was not told gets its own message back with sync; nobody else has it.
            let untold = |device: usize| self.sync && sent.device == Some(device) && code != Some(0);
            for device in (0..3).filter(|device| copies.iter().all(|(copy, _)| copy != device)) {
                let most = usize::from(untold(device));
                prop_assert!(gets(device) <= most, "message {} came to {}", text, DEVICES[device].0);
            }
        }
        for (device, (name, _, _)) in DEVICES.iter().enumerate() {
            let mut last: BTreeMap<String, i64> = BTreeMap::new();
            for (from, text, time) in self.received(device) {
                let before = last.insert(from, time).unwrap_or_default();
                prop_assert!(before < time, "message {} came late to {}", text, name);
            }
        }
        Ok(())
    }
}

fn session(sync: bool, seed: u64, ops: &[Op], bug: Option<&str>) -> Result<(), TestCaseError> {
    let mut session = Session::begin(sync, seed);
    if let Some(bug) = bug {
        session.act(json!({"misbehave": {"bug": bug, "on": true}}));
    }
    ops.iter().for_each(|op| session.run(op));
    session.mend();
    session.check()
}

#[test]
fn the_model_finds_bugs_out() {
    let bugs = [
        "drops_offline",
        "doubles_message",
        "skips_last_of_package",
        "swaps_order",
        "duplicates_after_reconnect",
    ];
    for bug in bugs {
        assert!(found_with(bug, None, 0).is_some(), "{bug}");
    }
}

/// Bugs that no message shows, only an unread count: found, and shrunk to what a person would write.
#[test]
fn the_model_finds_bugs_of_unread_counts_and_shrinks_them() {
    for bug in ["read_sync_reaches_peer", "drops_recall"] {
        let Some((reason, ops)) = found_with(bug, Some(true), 2_000) else { panic!("{bug} is not found") };
        assert!(reason.contains("counts Some"), "{bug}: {reason}");
        assert!(ops.len() <= 3, "{bug}: {ops:?}");
    }
}

fn found_with(bug: &str, with_sync: Option<bool>, shrinks: u32) -> Option<(String, Vec<Op>)> {
    let sessions = (any::<u64>(), any::<bool>(), prop::collection::vec(op(), 1..25));
    let run = |(seed, sync, ops): (u64, bool, Vec<Op>), bug: &str| {
        session(with_sync.unwrap_or(sync), seed, &ops, Some(bug))
    };
    found(bug, (1_000, shrinks), &sessions, run).map(|(reason, (_, _, ops))| (reason, ops))
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn with_sync_every_device_has_everything_once_and_in_order(
        seed in any::<u64>(), ops in prop::collection::vec(op(), 1..25),
    ) {
        session(true, seed, &ops, None)?;
    }

    #[test]
    fn without_sync_one_device_has_it_once_and_in_order(
        seed in any::<u64>(), ops in prop::collection::vec(op(), 1..25),
    ) {
        session(false, seed, &ops, None)?;
    }
}
